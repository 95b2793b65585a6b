-- Of slices of 10 bytes and more that are not captured the shim did not say why they fail.
-- packet 18: 000000000000000000000000000000000000
return function(pkt)
  return pkt:bytes(12, 11) == ""
end
