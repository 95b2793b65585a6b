/**
 * Every construct of the language in programs of a few lines, compiled and in stock Lua 5.4: verdicts, what is printed,
 * and where a run fails.
 */
import { describe, expect, test } from 'vitest';
import { randomPacket, rng } from '../../scripts/packets.mjs';
import { outcomes } from '../support/outcomes.ts';

const random = rng(77);
const packets = Array.from({ length: 40 }, () => randomPacket(random));

/** By title, whole filters. */
const filters: Readonly<Record<string, string>> = {
  'functions of several results': `
    local function split(x) return x >> 8, x & 255 end
    local function swap(a, b) return b, a end
    return function(pkt)
      local a, b = split(pkt:u16(12))
      local c, d, e = swap(a, b)
      print(a, b, c, d, e, (split(c)))
      print(split(a), split(b))
      local f, g = (split(513))
      print(f, g, swap(swap(1, 2)))
      return a * 256 + b
    end`,
  'optional results and arguments': `
    local function find(pkt, o, n)
      n = n or 4
      for i = o, o + n do
        if i >= pkt.caplen then return end
        if pkt:u8(i) > 64 then return i, pkt:u8(i) end
      end
      return nil
    end
    return function(pkt)
      local at, value = find(pkt, 0)
      local other = find(pkt, 12, 30)
      print(at, value, other)
      if at and other then return at + other + 1 end
      return value
    end`,
  'one function for several types': `
    local function port(h) return h and h.srcport end
    local function either(a, b) if a == nil then return b end return a end
    return function(pkt)
      local tcp, udp = pkt.tcp, pkt.udp
      print(port(tcp), port(udp), either(port(tcp), port(udp)), either(nil, "none"), either("some"), either(true, 1))
      local h = tcp or udp
      if h then return h.dstport + (port(h) or 0) end
    end`,
  'large functions in functions': `
    local function mix(a, b, c, d)
      local x = a * 3 + b
      local y = b * 5 - c
      local z = (x ~ y) + d
      if z % 2 == 0 then x = x + z else y = y - z end
      if x > y then return x - y, z, x end
      return y - x, x, z
    end
    local function more(a, b)
      local p, q, r = mix(a, b, a + b, a - b)
      local s, t, u = mix(p, q, r, 7)
      local v = mix(s, t, u, p)
      return p + q, r + s, t + u, v
    end
    return function(pkt)
      local keep1, keep2, keep3 = pkt:u8(0), pkt:u8(1), pkt:u8(2)
      local a, b, c, d = more(pkt:u8(3), pkt:u8(4))
      local e, f = more(c, d)
      print(a, b, c, d, e, f, keep1, keep2, keep3)
      return (a + b + c + d + e + f + keep1 + keep2 + keep3) & 0xffff
    end`,
  'while with break and a condition of several': `
    return function(pkt)
      local o, n = 0, 0
      while o < pkt.caplen and n < 40 do
        local b = pkt:u8(o)
        if b == 8 then print("eight", o) break end
        if b > 100 then n = n + 2 else n = n + 1 end
        o = o + 1
      end
      return n * 1000 + o
    end`,
  'repeat sees its locals': `
    return function(pkt)
      local o = 0
      repeat
        local b = pkt:u8(o)
        o = o + 1
        local done = b > 200 or o >= 30
      until done
      return o
    end`,
  'loops in loops with every way out': `
    return function(pkt)
      local n = 0
      for i = 1, 6 do
        for j = i, 6 do
          if (i + j) % 5 == 0 then goto continue end
          if pkt:u8(i + j) == 1 then goto out end
          if pkt:u8(j) == 255 then break end
          n = n + i * j
          ::continue::
        end
        if n > 150 then return n end
      end
      ::out::
      print(n)
      for i = 10, 1, -3 do
        local k = i
        while k > 0 do
          k = k - 2
          if k == 3 then goto next end
          n = n + k
        end
        ::next::
        if n < 0 then break end
      end
      return n
    end`,
  'goto out of a while in a for in a for': `
    return function(pkt)
      local n, turns = 0, 0
      for i = 0, 3 do
        for j = 0, 3 do
          while turns < 20 do
            turns = turns + 1
            if pkt:u8(i * 4 + j + 24) > 128 then goto outer end
            if pkt:u8(turns + 20) < 16 then break end
            n = n + 1
          end
        end
        ::outer::
        n = n + 100
      end
      return n
    end`,
  'for at odd ends': `
    return function(pkt)
      local n = 0
      local b = pkt:u8(12)
      for i = 3, 1 do n = n + 1000 end
      for i = b, b do n = n + 1 end
      for i = b, b + 9, 4 do n = n + i end
      for i = b, b - 9, -4 do n = n - i end
      for i = math.maxinteger - 2, math.maxinteger do n = n + 10 end
      for i = math.mininteger + 2, math.mininteger, -1 do n = n + 10 end
      for i = -3, 3 do i = i * 2 n = n + i end
      for i = 0, b & 7 do for j = 0, i do n = n + 1 end end
      for i = 1, pkt.caplen // 3 do if i > 9 then break end n = n + i end
      print(n)
      return n
    end`,
  ipairs: `
    local ports = { 22, 80, 443, 8080 }
    local mixed = { true, 7, "GET", false, -1 }
    local big = { 1, 70000, 5000000000, -4 }
    local none = {}
    return function(pkt)
      local n = 0
      for i, port in ipairs(ports) do
        if pkt.tcp and pkt.tcp.dstport == port then return i end
        n = n + port
      end
      for i, x in ipairs(mixed) do
        print(i, x, x == 7, x == "GET")
        if x == false then break end
      end
      for i, x in ipairs(big) do n = n + x * i end
      for _, x in ipairs(none) do n = 5 end
      for i in ipairs(ports) do n = n + i end
      return n
    end`,
  'iterators of the file': `
    local function bytes(pkt, o)
      if o >= pkt.caplen or o > 40 then return nil end
      return o + 1, pkt:u8(o)
    end
    local function upto(limit, i) if i < limit then return i + 1 end end
    return function(pkt)
      local n = 0
      for o, b in bytes, pkt, 10 do
        if b == 17 then print("udp?", o) end
        n = n + b
        if n > 900 then break end
      end
      for i in upto, 4, 0 do n = n * 2 + i end
      return n
    end`,
  'nested tables, strings as keys and values': `
    local names = { [6] = "tcp", [17] = "udp", [1] = "icmp" }
    local limits = { tcp = { low = 20, high = 60 }, udp = { low = 8, high = 8 }, [true] = 1 }
    local methods = { ["GET "] = 1, POST = 2, ["HEAD"] = 3 }
    return function(pkt)
      local ip = pkt.ip
      local name = names[ip and ip.proto]
      print(name, limits.tcp.low + limits.udp.high, limits[true], limits["tcp"]["high"], #name == 3 or nil)
      local tcp = pkt.tcp
      if tcp and tcp.payload + 4 <= pkt.caplen then
        local method = methods[pkt:bytes(tcp.payload, 4)]
        print("method", method)
        return method
      end
      return name == "udp"
    end`,
  'slices and searches': `
    local http = "HTTP/1.1"
    return function(pkt)
      local head = pkt:bytes(0, 6)
      local tail = pkt:bytes(pkt.caplen - 2, 2)
      print(head == pkt:bytes(6, 6), #head, tail == "\\0\\0", head ~= "abcdef", pkt:bytes(3, 0) == "")
      local at = pkt:find(http, 14)
      print(at, pkt:find("GET", 0, 60), pkt:find("", 5), pkt:find("\\x08\\x00", 0, 14), pkt:starts(12, "\\8\\0"))
      local what = pkt:starts(0, "\\xff") and "broadcast" or at and "http" or nil
      print(what, what == "http", what and #what)
      if at and pkt:starts(at, "HTTP") then return at end
      return pkt:starts(-1, "x") or pkt:starts(pkt.caplen, "")
    end`,
  'print of everything': `
    return function(pkt)
      local tcp = pkt.tcp
      print()
      print(nil, true, false, -5, "a\\tb\\0c", pkt:u8(0) > 3, tcp and tcp.srcport)
      print(pkt:bytes(0, 3), math.mininteger, (pkt:u8(1)))
      local v = tcp and "tcp" or pkt:u8(0) > 100 and 5
      print(v)
      return v
    end`,
  'error and assert': `
    return function(pkt)
      local ip = assert(pkt.ip, "no IPv4")
      assert(ip.ttl > 1)
      if ip.ttl == 64 then error("sixty-four") end
      local udp = pkt.udp or error(pkt.tcp and "tcp" or "neither")
      print(ip.ttl, udp.length)
      return assert(udp.length)
    end`,
  'assignments of several': `
    return function(pkt)
      local a, b, c = pkt:u8(0), pkt:u8(1)
      a, b = b, a
      c, a, b = a, b, a + b
      local d, e = a
      a, a = 1, 2
      print(a, b, c, d, e)
      return a + b + c
    end`,
  shadowing: `
    local x = 1
    local function get() return x end
    local x = 2
    local function both() return get() * 10 + x end
    return function(pkt)
      local x = pkt:u8(0)
      do local x = x + 1 print(x) end
      for x = 1, 2 do local x = x * 2 print(x) end
      local print = 5
      return both() + x + print
    end`,
  'functions in a table': `
    local M = { limit = 60 }
    function M.low(pkt, o) return pkt:u8(o) < M.limit end
    function M.count(pkt, from, to)
      local n = 0
      for o = from, to do if M.low(pkt, o) then n = n + 1 end end
      return n
    end
    return function(pkt)
      local p = pkt
      return M.count(p, 0, 13) + (M.low(pkt, 14) and 100 or 0)
    end`,
  'values that change type in loops': `
    return function(pkt)
      local v, h, n = nil, nil, 0
      for i = 0, 9 do
        if v == nil then v = i elseif v == 3 then v = false elseif v then v = v + 1 else v = "s" break end
        h = h or pkt.tcp
        if h and i > 4 then n = n + h.srcport end
      end
      print(v, n, h ~= nil)
      return v == "s" or n
    end`,
  'what fails in a function in a loop': `
    local function load(pkt, o) local v = pkt:u16(o) return v end
    return function(pkt)
      local n = 0
      for i = 0, 200, 7 do
        n = n + load(pkt, i)
      end
      return n
    end`,
  'a key of eight parts beside many live values': `
    local state = require "state"
    local seen = state.hash(64, 8)
    return function(pkt)
      local a, b, c, d = pkt:u8(0), pkt:u8(1), pkt:u8(2), pkt:u8(3)
      local e, f, g, h = pkt:u8(4), pkt:u8(5), pkt:u8(12), pkt:u8(13)
      local i, j, k, l = pkt:u8(6), pkt:u8(7), pkt:u8(8), pkt:u8(9)
      local m, n, o, p = pkt:u8(10), pkt:u8(11), pkt:u8(14), pkt:u8(15)
      local q = a + p
      local count = seen:add(0, 1, 2, 3, 4, 5, g, h, a + 1)
      print(count, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q)
      return count + a + b + c + d + e + f + g + h + i + j + k + l + m + n + o + p + q
    end`,
  'deep calls with many live values': `
    local function f1(a, b) if a > b then return a - b end return b - a + 1 end
    local function f2(a, b, c) return f1(a, b) + f1(b, c) * f1(a, c) - f1(a + b, c) end
    local function f3(a, b, c) local x, y = f2(a, b, c), f2(c, b, a) return x + y, x - y, f1(x, y) end
    return function(pkt)
      local a, b, c, d, e, f = pkt:u8(0), pkt:u8(1), pkt:u8(2), pkt:u8(3), pkt:u8(4), pkt:u8(5)
      local g, h, i = f3(a, b, c)
      local j, k, l = f3(d, e, f)
      local m, n, o = f3(g, h, i)
      local p, q, r = f3(j & 0xff, k & 0xff, l & 0xff)
      print(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r)
      return (a + b + c + d + e + f + g + h + i + j + k + l + m + n + o + p + q + r) & 0xffffff
    end`,
};

const text = (source: string): string => source.replace(/^ {4}/gm, '').trim();

describe('compiled as in stock Lua', () => {
  test.each(Object.entries(filters))('%s', async (_, body) => {
    const source = text(body);
    const compiled = await outcomes('interpreter', source, packets);
    expect(compiled).toEqual(await outcomes('lua', source, packets));
    expect(new Set(compiled).size).toBeGreaterThan(1);
  });
});
