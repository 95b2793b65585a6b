/** The page that stands beside the shim's files. */

export const shimReadme = `# luabpf under stock Lua

With this folder on \`LUA_PATH\`, filters for luabpf load in any Lua 5.3 or later, and can be tested with any test
runner:

\`\`\`lua
-- arp.lua
return function(pkt)
  return pkt.eth and pkt.eth.type == 0x0806
end
\`\`\`

\`\`\`lua
-- arp_test.lua
local luabpf = require "luabpf"
local filter = dofile "arp.lua"

local request = luabpf.packet(luabpf.hex "ff ff ff ff ff ff  00 00 5e 00 53 01  08 06")
assert(filter(request))
assert(luabpf.verdict(filter, request) == 4294967295)
assert(luabpf.verdict(filter, luabpf.packet "") == 0)
\`\`\`

\`\`\`sh
LUA_PATH="shim/?.lua;;" lua arp_test.lua
\`\`\`

| call | gives |
|---|---|
| \`luabpf.packet(bytes)\` | a packet, of a string of its captured bytes |
| \`luabpf.packet(bytes, { wirelen = 1500, time = 0, linktype = 1, writable = true })\` | the same with its length on the wire, its time in nanoseconds since 1970, its LINKTYPE_ number (1, Ethernet, if absent), and whether a filter may store to it |
| \`luabpf.bytes_of(pkt)\` | its captured bytes, with what a filter has stored |
| \`luabpf.hex "ff ff …"\` | the bytes that hexadecimal digits stand for |
| \`luabpf.verdict(filter, pkt)\` | the bytes of the packet that the filter keeps: 0, it rejects, to 4294967295, all. Where it ends in an error, 0, the error's class and its message |

\`require "state"\` and \`require "net"\` are what luabpf's are. \`require "args"\` is an empty table: a test fills it
before it loads the filter.

\`\`\`lua
require("args").port = 8080
local filter = dofile "port.lua"
\`\`\`

A filter's own modules must be on \`LUA_PATH\` too. State begins anew each time the filter is loaded. Whether luabpf
accepts a filter, \`luabpf check\` says: stock Lua runs much that it does not.

These files are the work of \`luabpf shim\`, which writes them anew.
`;
