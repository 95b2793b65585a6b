/**
 * Lua's edges in statements: scopes, assignments, loops, jumps, calls, the order of what happens. Each three ways, as in
 * edges.test.ts.
 */
import { describe, expect, test } from 'vitest';
import { compile } from '../../compiler/index.ts';
import { ethernet, ipv4, tcp } from '../../scripts/packets.mjs';
import type { ErrorClass, OraclePacket, Verdict } from '../oracle/lua.ts';
import { runCompiled } from '../support/run.ts';
import { filter, lua, same, whole } from './edges.ts';

const ends = { src: '192.0.2.1', dst: '198.51.100.10' };
const frame = ethernet({ type: 0x0800 }, ipv4({ ...ends, proto: 6 }, tcp({ ...ends, srcport: 1234, dstport: 80 })));
const packet: OraclePacket = { bytes: frame, wirelen: 1500 };

const cases: Readonly<Record<string, readonly (readonly [body: string, verdict: number | ErrorClass])[]>> = {
  'adjustment of values': [
    ['local a, b = 1 return b == nil and a or 9', 1],
    ['local a, b, c = 1, nil return (b == nil and c == nil) and a or 9', 1],
    ['local a = 7, pkt:u8(0) return a', 7],
    ['local a = 7, pkt:u8(10000) return a', 'bounds'],
    ['local a = 7, 1 // 0 return a', 'zero'],
    ['local a a = 7, pkt:u8(10000) return a', 'bounds'],
    ['local a, b = pkt:u8(12), pkt:u8(13) a, b = b, a return a * 256 + b', 8],
    ['local a, b, c = 1, 2, 3 a, b, c = c, a, b return a * 100 + b * 10 + c', 312],
    ['local a a, a = 1, 2 return a', 1],
    ['local a, b = 5, 6 a, a, b = b, a return (a == 6 and b == nil) and 1 or 2', 1],
    ['local a, a = 1, 2 return a', 2],
    ['local a = 1 local a = a + 1 local b = a return b', 2],
    ['local x = 3 local x, y = 4, x return y', 3],
    ['local a, b = 1, 2 a, b = b return (b == nil) and a or 9', 2],
    ['local a = pkt.tcp and 5 or nil local b = false a, b = b, a return (a == false) and b or 9', 5],
    ['local a, b = pkt.tcp, pkt.udp a, b = b, a return (a == nil) and b.dstport or 9', 80],
  ],
  scopes: [
    ['local x = 1 do local x = 2 end return x', 1],
    ['local x = 1 do x = 2 end return x', 2],
    ['local x = 1 if x then local x = 5 end return x', 1],
    ['local x = 1 if x == 1 then x = 5 local x = 6 x = 7 end return x', 5],
    ['local x = 1 local y = x local x = 2 return y', 1],
    ['local math = pkt:u8(12) return math', 8],
    ['local math = pkt.ip return math.ttl', 64],
    ['local print, assert = 1, 2 return print + assert', 3],
    ['local tcp = pkt.tcp local pkt = 5 return pkt + tcp.dstport', 85],
    ['do local pkt = nil end return pkt.tcp.dstport', 80],
    ['do local math = 3 end return math.max(1, 2)', 2],
    ['do return 4 end', 4],
    ['do do do end end return 1 end return 2', 1],
    [';;; local a = 1; ; return a;', 1],
  ],
  'branches and joins': [
    ['local x if pkt.tcp then x = 1 else x = 2 end return x', 1],
    ['local x if pkt.udp then x = 1 else x = 2 end return x', 2],
    ['local x if pkt.udp then x = 1 end return x == nil and 3 or x', 3],
    ['local x = pkt.tcp if not x then x = pkt.udp end return x.dstport', 80],
    ['local x = pkt.udp if not x then x = 5 end return x', 5],
    ['local x = pkt.udp if not x then x = pkt.tcp end return x.srcport', 1234],
    ['local x = true if pkt.udp then x = 1 elseif pkt.tcp then x = nil else x = false end return x == nil', whole],
    ['local x = 1 if pkt.udp then x = nil elseif x == 1 then x = 2 end if x then return x + 1 end return 9', 3],
    [
      'local a, b = pkt.tcp, pkt.ip if not a then return 1 elseif not b then return 2 end return a.dstport + b.ttl',
      144,
    ],
    ['if pkt.udp then return 1 end if pkt.tcp then return 2 end', 2],
    ['local n = 0 if n then return 1 end return 2', 1],
    ['if 0 then return 1 else return 2 end', 1],
    ['local h = pkt.udp if h and h.length then return 1 end return h == nil and 2', 2],
    ['local h, x = pkt.udp, 5 if h and h.length then return 1 end if x then h = x end return h == 5', whole],
    ['if nil then return 1 elseif false then return 2 else return 3 end', 3],
    ['if true then return 1 elseif 1 // 0 == 1 then return 2 end', 1],
    ['if false then return 1 // 0 end return 2', 2],
    ['local h = pkt.udp return h.dstport', 'type'],
    ['local h = pkt.tcp or pkt.udp return h.dstport', 80],
    ['local h = pkt.udp or pkt.tcp or 5 if h == nil then return 1 end return 2', 2],
    ['if not pkt.udp then return pkt.udp.dstport end return 1', 'type'],
    ['local x = nil if pkt.tcp then x = 5 end return x + 1', 6],
    ['local x = nil if pkt.udp then x = 5 end return x + 1', 'type'],
    ['local x = nil if pkt.udp then x = 5 end return x < 1', 'type'],
    ['local x = nil if pkt.udp then x = 5 end return pkt:u8(x)', 'type'],
    ['local x = false if pkt.udp then x = 5 end return -x', 'type'],
    ['local x = nil if pkt.udp then x = 5 end return x // 0', 'type'],
    ['local x = nil if pkt.udp then x = 5 end return math.max(1, x)', 'type'],
  ],
  'order of evaluation': [
    ['return pkt.udp and 1 // 0', 0],
    ['return pkt.tcp or 1 // 0', whole],
    ['return pkt:u8(10000) + 1 // 0', 'bounds'],
    ['return 1 // 0 + pkt:u8(10000)', 'zero'],
    ['return 1, pkt:u8(10000)', 'bounds'],
    ['return pkt:u8(10000), 1 // 0', 'bounds'],
    ['local x = nil if pkt.udp then x = 1 end return x + pkt:u8(10000)', 'bounds'],
    ['local x = nil if pkt.udp then x = 1 end return pkt:u8(10000) < x', 'bounds'],
    ['return 1 // 0 == 1 and false', 'zero'],
    ['return (1 // 0) and nil', 'zero'],
    ['local a, b = 1 // 0, pkt:u8(10000) return a', 'zero'],
    ['return math.max(pkt:u8(10000), 1 % 0)', 'bounds'],
  ],
  'what hides what': [
    ['local pkt_ = pkt local pkt = 3 return pkt_:u8(12) + pkt', 11],
    ['local u8 = 5 return pkt:u8(12) + u8', 13],
    ['local tcp = pkt.udp return tcp == nil and pkt.tcp.dstport', 80],
    ['local max = 9 return math.max(max, 3)', 9],
    ['local i = 5 for i = 1, 3 do i = i + 1 end return i', 5],
    ['local n = 0 for i = 1, 3 do local i = i * 2 n = n + i end return n', 12],
    ['local n = 0 for i = 1, 3 do for i = i, 3 do n = n + i end end return n', 14],
    ['local i = 3 local n = 0 for i = i, i + 1 do n = n + i end return n', 7],
    ['local x = 1 repeat local x = 2 until x == 2 return x', 1],
    ['local x = 1 while x do local x = nil break end return x', 1],
    ['local x = 1 if x then local x = nil end return x', 1],
    ['local t = 4 return t', 4],
    ['do local t = nil end return t[80]', 1],
    ['local s = t[80] return s', 1],
    ['local x = x + 1 return x', 7],
    ['local error, ipairs, require = 1, 2, 3 return error + ipairs + require', 6],
    ['for _, print in ipairs(s) do if print == 20 then return print end end', 20],
    ['for pkt = 1, 2 do if pkt == 2 then return pkt end end', 2],
    ['local self = pkt return self:u8(12)', 8],
    ['return over', 7],
    ['return hidden()', 12],
    ['return plus(1) * 10 + x', 66],
  ],
  goto: [
    ['goto out do return 1 end ::out:: return 2', 2],
    ['do goto out end do return 1 end ::out:: return 2', 2],
    ['local n = 0 for i = 1, 5 do if i % 2 == 0 then goto continue end n = n + i ::continue:: end return n', 9],
    [
      'local n, i = 0, 0 while i < 5 do i = i + 1 if i == 3 then goto continue end n = n + i ::continue:: end return n',
      12,
    ],
    [
      'local n, i = 0, 0 repeat i = i + 1 if i == 3 then goto continue end n = n + i ::continue:: until i == 5 return n',
      12,
    ],
    ['for i = 1, 9 do for j = 1, 9 do if i * j == 42 then goto out end end end do return 1 end ::out:: return 42', 42],
    [
      'local n = 0 for i = 1, 3 do for j = 1, 3 do if j == 2 then goto next end n = n + i end ::next:: n = n + 10 end return n',
      36,
    ],
    [
      'local i = 0 while true do i = i + 1 for j = 1, 9 do if i == 4 and j == 5 then goto out end end end ::out:: return i',
      4,
    ],
    [
      'local n = 0 for i = 1, 3 do for j = 1, 3 do for k = 1, 3 do if k == 2 then goto next end n = n + 1 end end ::next:: end return n',
      3,
    ],
    [
      'local n = 0 for i = 1, 2 do for j = 1, 2 do if i == j then goto a end n = n + 1 goto b ::a:: n = n + 10 ::b:: end end return n',
      22,
    ],
    ['do goto x ::x:: end do goto x ::x:: end return 1', 1],
    ['if pkt.tcp then goto x ::x:: else goto x ::x:: end return 1', 1],
    ['goto a ::a:: goto b ::b:: goto c ::c:: return 3', 3],
    ['do local a = 1 goto x local b = 2 ::x:: end return 4', 4],
    ['do local a = 1 goto x local b = 2 ::x:: ; ; ::y:: end return 4', 4],
    ['local n = 0 for i = 1, 3 do goto continue local n = 5 ::continue:: end return n', 0],
    ['local x = 1 do goto e x = 2 ::e:: end return x', 1],
    ['local x if pkt.tcp then x = 5 goto e end x = nil ::e:: return x', 5],
    ['local x = pkt.udp if x then goto e end x = 7 ::e:: return x', 7],
    ['goto continue local a ::continue::', 0],
    ['local goto_ = 1 ::a:: ::b:: return goto_', 1],
  ],
  'ends of the range': [
    ['local n = 0 for i = math.maxinteger, math.maxinteger do n = n + 1 end return n', 1],
    ['local n = 0 for i = math.mininteger, math.mininteger do n = n + 1 end return n', 1],
    ['local n = 0 for i = math.mininteger, math.mininteger, -1 do n = n + 1 end return n', 1],
    ['local n = 0 for i = math.maxinteger - 2, math.maxinteger do n = n + 1 end return n', 3],
    ['local n = 0 for i = math.mininteger + 2, math.mininteger, -1 do n = n + 1 end return n', 3],
    ['local n = 0 for i = math.maxinteger - 5, math.maxinteger, 4 do n = n + 1 end return n', 2],
    ['local n = 0 for i = math.mininteger + 5, math.mininteger, -4 do n = n + 1 end return n', 2],
    ['local n = 0 for i = math.mininteger, math.maxinteger, math.maxinteger do n = n + 1 end return n', 3],
    ['local n = 0 for i = 0, math.maxinteger, math.maxinteger do n = n + 1 end return n', 2],
    ['local n = 0 for i = 1, math.maxinteger, math.maxinteger do n = n + 1 end return n', 1],
    ['local n = 0 for i = math.maxinteger, math.mininteger, -math.maxinteger do n = n + 1 end return n', 3],
    ['local n = 0 for i = math.maxinteger, math.mininteger, math.mininteger do n = n + 1 end return n', 2],
    ['local n = 0 for i = -1, math.mininteger, math.mininteger do n = n + 1 end return n', 1],
    ['local n = 0 for i = 0, math.mininteger, math.mininteger do n = n + 1 end return n', 2],
    ['for i = math.maxinteger, math.mininteger do return 1 end return 2', 2],
    ['for i = math.mininteger, math.maxinteger, -1 do return 1 end return 2', 2],
    ['for i = 1, 0 do return 1 end return 2', 2],
    ['for i = 0, 1, -1 do return 1 end return 2', 2],
    ['local l for i = math.maxinteger - 1, math.maxinteger do l = i end return l == math.maxinteger', whole],
    ['local l for i = math.mininteger, math.maxinteger, math.maxinteger do l = i end return l', whole],
    ['local b = pkt:u64(0) | math.mininteger local n = 0 for i = b, b + 2 do n = n + 1 end return n', 3],
    ['local b = math.maxinteger - (pkt:u8(12) - 8) local n = 0 for i = b - 1, b do n = n + 1 end return n', 2],
    ['local b = math.maxinteger - (pkt:u8(12) - 8) local n = 0 for i = b, b - 1, -1 do n = n + 1 end return n', 2],
    ['local b = math.mininteger + (pkt:u8(12) - 8) local n = 0 for i = b + 1, b, -1 do n = n + 1 end return n', 2],
    ['local b = math.mininteger + (pkt:u8(12) - 8) local n = 0 for i = b, b + 6, 3 do n = n + 1 end return n', 3],
    ['local b = math.mininteger + (pkt:u8(12) - 8) for i = b, b - 1, -1 do return 1 end return 2', 2],
    [
      'local b = math.mininteger + (pkt:u8(12) - 8) local n = 0 for i = b, -b - 1, math.maxinteger do n = n + 1 end return n',
      3,
    ],
    ['local x = pkt.udp and 1 for i = 1, x do return 1 end return 2', 'type'],
    ['local x = pkt.udp and 1 for i = x, 2 do return 1 end return 2', 'type'],
    ['local x = pkt.udp and 1 for i = x, 1 // 0 do return 1 end return 2', 'zero'],
    ['local n = 3 local c = 0 for i = 1, n do n = 9 c = c + 1 end return c', 3],
    ['local c = 0 for i = 1, 3 do i = 10 c = c + 1 end return c', 3],
  ],
  'functions and their values': [
    ['return one()', 1],
    ['return (three())', 1],
    ['local a, b, c = three() return a * 100 + b * 10 + c', 123],
    ['local a, b, c, d = three() return d == nil and c', 3],
    ['local a, b = three() return a * 10 + b', 12],
    ['local a, b, c = three(), 7 return c == nil and a * 10 + b', 17],
    ['local a, b, c, d = 7, three() return a * 1000 + b * 100 + c * 10 + d', 7123],
    ['local a, b = (three()) return b == nil and a', 1],
    ['local a, b = nothing() return (a == nil and b == nil) and 4', 4],
    ['return nothing()', 0],
    ['return nothing(), 5', 0],
    ['return three(), 5', 1],
    ['return second(three())', 2],
    ['return second(9, three())', 1],
    ['return second((three())) == nil and 6', 6],
    ['return second(7) == nil and 6', 6],
    ['return second(three(), 8)', 8],
    ['return math.max((three()), 2)', 2],
    ['return maybe(pkt, true)', 5],
    ['return maybe(pkt, false) == nil and 6', 6],
    ['return maybe(pkt) == nil and 6', 6],
    ['local a, b = maybe(pkt, true) return a * 10 + b', 56],
    ['local a, b = maybe(pkt, false) return (a == nil and b == nil) and 3', 3],
    ['three() return 1', 1],
    ['assert((three())) return 1', 1],
    ['assert(pkt.udp, "none") return 1', 'error'],
    ['return (assert(7, "none"))', 7],
    ['return defaults()', 11],
    ['return defaults(5)', 6],
    ['return defaults(5, 6)', 11],
    ['return defaults(nil, 6)', 16],
    ['local p = pkt return width(p) + width(pkt)', 108],
    ['return sum(pkt, 12, 13) + sum(pkt, 14, 13)', 8],
  ],
  'offsets of loads': [
    ['return pkt:u8(53)', 0],
    ['return pkt:u8(54)', 'bounds'],
    ['return pkt:u16(53)', 'bounds'],
    ['return pkt:u64(46) == 0x5010faf0c3820000', whole],
    ['return pkt:u64(47)', 'bounds'],
    ['return pkt:u8(-1)', 'bounds'],
    ['return pkt:u8(4294967296 + 12)', 'bounds'],
    ['return pkt:u8(math.mininteger)', 'bounds'],
    ['return pkt:u8(math.maxinteger)', 'bounds'],
    ['local o = #pkt return pkt:u8(o - 1488)', 8],
    ['local o = #pkt return pkt:u8(o - 1501)', 'bounds'],
    ['local o = #pkt return pkt:u8(o + 4294965808)', 'bounds'],
    ['local o = #pkt return pkt:u8(o + 4294967295)', 'bounds'],
    ['local o = #pkt * 4294967296 return pkt:u8(o + 12)', 'bounds'],
    ['local o = #pkt << 32 return pkt:u8(12 + o)', 'bounds'],
    ['local o = pkt:u64(0) | math.mininteger return pkt:u8(o)', 'bounds'],
    ['local o = #pkt - 1500 + math.maxinteger return pkt:u8(o + 13)', 'bounds'],
    ['local o = pkt:u8(12) return pkt:u8(o + 4)', 0x08],
    ['return pkt:u16(pkt:u8(12) + 4)', 0x0800],
    ['return pkt:u16le(12)', 8],
    ['return pkt:i8(0) & 0xff == pkt:u8(0)', whole],
    ['return pkt:u8(pkt.caplen - 1)', 0],
    ['return pkt:u8(pkt.caplen)', 'bounds'],
  ],
  'constant tables': [
    ['return t[80]', 1],
    ['return t[81] == nil', whole],
    ['return t[nil] == nil', whole],
    ['return t[pkt.tcp.dstport]', 1],
    ['return t[pkt.tcp.srcport] == nil', whole],
    // Not `t[x == 80]`: up to Lua 5.4.6 a comparison as the key of an upvalue's index compiles to wrong code.
    ['local k = pkt.tcp.dstport == 80 return t[k]', 3],
    ['local k = pkt.tcp.dstport ~= 80 return t[k]', 4],
    ['local k = pkt.tcp.dstport == 80 or nil return t[k]', 3],
    ['return t[pkt.udp] == nil', whole],
    ['return t[pkt.tcp] == nil', whole],
    ['return t[t[80] - 2]', 5],
    ['return t[pkt:u8(12) - 9]', 5],
    ['local k = nil if pkt.tcp then k = 80 end return t[k]', 1],
    ['local k = nil if pkt.udp then k = 80 end return t[k] == nil', whole],
    ['local k = pkt.tcp if pkt.ip then k = 80 end return t[k]', 1],
    ['return t[math.mininteger + (pkt:u8(12) - 8)]', 6],
    ['return t[math.maxinteger - (pkt:u8(12) - 8)]', 7],
    ['return t[(#pkt << 32) + 80] == nil', whole],
    ['return s[pkt:u8(12) - 7]', 10],
    ['return s[pkt:u8(12) - 5] == false', whole],
    ['return s[pkt:u8(12) - 8] == nil', whole],
    ['return none[pkt:u8(12)] == nil', whole],
    ['return none[pkt:u8(10000)] == nil', 'bounds'],
  ],
  verdicts: [
    ['return nil', 0],
    ['return false', 0],
    ['return true', whole],
    ['return 0', 0],
    ['return -1', 0],
    ['return 1', 1],
    ['return 0xfffffffe', 0xffff_fffe],
    ['return 0xffffffff', whole],
    ['return 0x100000000', whole],
    ['return math.maxinteger', whole],
    ['return math.mininteger', 0],
    ['return pkt.tcp', whole],
    ['return pkt.udp', 0],
    ['return pkt.udp or pkt.tcp', whole],
    ['return 5, 6', 5],
    ['return nil, 6', 0],
    ['return', 0],
    ['', 0],
    ['return;', 0],
    ['local x = pkt.tcp', 0],
    ['return not pkt.udp', whole],
    ['return pkt.tcp and 0', 0],
    ['return pkt.tcp and pkt.tcp.dstport', 80],
    ['return pkt.udp and 5 or pkt.tcp', whole],
    ['return #pkt', 1500],
    ['return -#pkt', 0],
    ['return #pkt << 31', whole],
    ['return (#pkt << 62) - 1', 0],
    ['local x = 5 if pkt.udp then x = pkt.tcp end return x', 5],
    ['local x = 5 if pkt.tcp then x = pkt.tcp end return x', whole],
    ['local x = -5 if pkt.udp then x = true end return x', 0],
    ['local x = 1 << 40 if pkt.udp then x = false end return x', whole],
    ['return pkt.tcp.flags.syn', 0],
    ['return pkt.tcp.dstport == 80 and pkt.tcp.srcport', 1234],
  ],
};

describe.each(Object.entries(cases))('%s', (_, rows) => {
  const tables = `local t = {
  [80] = 1, [81 + 1] = 2, [true] = 3, [false] = 4, [-1] = 5, [math.mininteger] = 6, [math.maxinteger] = 7,
}
local s = { 10, 20, false }
local none = {}
local over = 4
local x = 5
local function plus(y) return x + y end
local x = 6
local over = over + 3
local function hidden() local over = over + 5 return over end
local function one() return 1 end
local function three() return 1, 2, 3 end
local function nothing() return end
local function second(a, b) return b end
local function maybe(pkt, wanted) if wanted then return 5, 6 end end
local function defaults(a, b) return (a or 10) + (b or 1) end
local function width(p) return p.caplen end
local function sum(p, from, to) local n = 0 for o = from, to do n = n + p:u8(o) end return n end
`;
  test.each(rows)('%s → %s', async (body, verdict) => {
    await same(tables + filter(body), [packet], [verdict]);
  });
});

/** What is printed shows in which order values are calculated; `say` prints what it gives. */
const prints: readonly (readonly [body: string, printed: string])[] = [
  ['print(say(1) + say(2) * say(3))', '1 2 3 7'],
  ['print((say(1) + say(2)) * (say(3) - say(4)))', '1 2 3 4 -3'],
  ['print(say(1) < say(2), say(1) > say(2), say(1) >= say(2))', '1 2 1 2 1 2 true\tfalse\tfalse'],
  ['print(say(1) == say(2), say(1) ~= say(2))', '1 2 1 2 false\ttrue'],
  ['print(say(false) and say(1), say(2) and say(3))', 'false 2 3 false\t3'],
  ['print(say(nil) or say(1), say(2) or say(3))', 'nil 1 2 1\t2'],
  ['print(not (say(1) and say(nil)) or say(2))', '1 nil true'],
  ['print(math.max(say(3), say(1), say(2)))', '3 1 2 3'],
  ['print(-say(1), ~say(2), #say("abc"))', '1 2 abc -1\t-3\t3'],
  ['print(pair(say(1), say(2)))', '1 2 2\t1'],
  ['print(pair(pair(say(1), say(2)), say(3)))', '1 2 3 3\t2'],
  ['print(pair(pair(say(1), say(2))))', '1 2 1\t2'],
  ['local a, b, c = say(1), say(2) print(a, b, c)', '1 2 1\t2\tnil'],
  ['local a = say(1), say(2), say(3) print(a)', '1 2 3 1'],
  ['local a, b, c = 0, 0, 0 a, b, c = say(1), say(2), say(3), say(4) print(a, b, c)', '1 2 3 4 1\t2\t3'],
  ['local a = 0 a, a, a = say(1), say(2), say(3) print(a)', '1 2 3 1'],
  ['local a, b = 1, 2 a, b = pair(a, b) print(a, b)', '2\t1'],
  ['local a, b = 1, 2 a, b = b, say(a) print(a, b)', '1 2\t1'],
  ['local a, b, c = 1, 2, 3 a, b, c = pair(a, b) print(a, b, c)', '2\t1\tnil'],
  ['slots[say(1)] = say(2) print(slots[1])', '1 2 2'],
  ['slots[say(1)], slots[say(2)] = say(3), say(4) print(slots[1], slots[2])', '1 2 3 4 3\t4'],
  ['slots[say(1)], slots[say(1)] = say(3), say(4) print(slots[1])', '1 1 3 4 3'],
  ['local i = 1 i, slots[i] = i + 1, 20 print(i, slots[1], slots[2])', '2\t20\t0'],
  ['slots[1] = 5 slots[1], slots[slots[1]] = 2, 9 print(slots[1], slots[5])', '2\t9'],
  ['for i = say(1), say(3), 2 do print(i) end', '1 3 1 3'],
  ['for i = say(2), say(1) do print(i) end print("end")', '2 1 end'],
  ['local x = pkt.udp and 1 for i = x, say(3) do print(i) end', 'type 3'],
  ['local x = pkt.udp and 1 for i = say(1), x do print(i) end', 'type 1'],
  ['local i = 0 while say(i) < 2 do i = i + 1 end', '0 1 2'],
  ['local i = 0 repeat i = i + 1 local last = say(i) == 2 until last', '1 2'],
  ['if say(false) then print(1) elseif say(true) then print(2) elseif say(true) then print(3) end', 'false true 2'],
  ['print((pair(say(1), say(2))), pair(say(3), say(4)))', '1 2 3 4 2\t4\t3'],
  ['print(say(1) + (pkt:u8(12) + say(2)) - say(3))', '1 2 3 8'],
  ['local x = 1 local function_ = say(x) x = 2 print(function_, say(x))', '1 2 1\t2'],
  ['print(assert(say(5)), (assert(say(6), "m")))', '5 6 5\t6'],
  ['print(pkt:starts(say(0), "z"), pkt:find("\\8", say(12), say(14)))', '0 12 14 false\t12'],
  ['print(pkt:bytes(say(12), say(2)) == "\\8\\0")', '12 2 true'],
];

test.each(prints)('%s prints %j', async (body, printed) => {
  const source = `local state = require "state"
local slots = state.array(8)
local function say(x) print(x) return x end
local function pair(a, b) return b, a end
${filter(body)}`;
  const shown = ({ printed: text = '', error }: Verdict): string =>
    (error === undefined ? '' : `${error} `) + text.replace(/\n$/, '').replaceAll('\n', ' ');
  expect((await lua().run(source, [packet])).map(shown), 'Lua').toEqual([printed]);
  expect(runCompiled(source, [packet]).map(shown), 'compiled').toEqual([printed]);
});

/** What Lua takes, or not, and filters never do. */
test.each([
  ['9223372036854775808', 'integer-literal'],
  ['18446744073709551616', 'integer-literal'],
  ['00009223372036854775808', 'integer-literal'],
  ['1.0', 'float'],
  ['1e2', 'float'],
  ['0x1p4', 'float'],
  ['-2 ^ 2', 'power'],
  ['2 ^ -1', 'power'],
  ['7 / 2', 'division'],
  ['1 .. 2', 'concatenation'],
  ['1 < 2 < 3', 'type-order'],
  ['1 < #pkt <= 3', 'type-order'],
  ['1 == 1 == 1', 'type-equal'],
  ['not 1 == 2', 'type-equal'],
  ['"a" < "b"', 'type-order'],
  ['"10" + 1', 'type-text'],
  ['"\\u{110000}"', 'syntax'],
  ['"\\q"', 'syntax'],
  ['"\\256"', 'syntax'],
  ['"\\x4"', 'syntax'],
] as const)('%s is rejected: %s', (text, code) => {
  const { diagnostics } = compile(filter(`return ${text}`));
  expect(diagnostics?.map((each) => each.code)).toEqual([code]);
});

/** Labels and jumps that are none, each to its message. */
test.each([
  ['::a:: goto a', 'goto-backward'],
  ['goto a', 'syntax'],
  ['do ::a:: end goto a', 'syntax'],
  ['for i = 1, 2 do ::a:: end goto a', 'syntax'],
  ['goto a local x = 1 ::a:: print(x)', 'syntax'],
  ['goto a local x = 1 ::a:: ::b:: print(x)', 'syntax'],
  ['repeat goto a local x = 1 ::a:: until x', 'syntax'],
  ['::a:: ::a::', 'syntax'],
  ['::a:: do ::a:: end', 'label-shadow'],
  ['do ::a:: end ::a::', 'label-shadow'],
  ['break', 'break'],
  ['goto = 1', 'syntax'],
] as const)('%s is rejected: %s', (body, code) => {
  const { diagnostics } = compile(filter(body));
  expect(diagnostics?.map((each) => each.code)).toEqual([code]);
});

test('31 counted loops stand in each other, and with the filter take all 32 frames', async () => {
  const heads = Array.from({ length: 31 }, (_, i) => `for i${i} = ${i}, ${i} do n = n + i${i}`);
  const body = `local n = 0 ${heads.join(' ')} ${'end '.repeat(31)} return n`;
  await same(filter(body), [packet], [465]);
  expect(compile(filter(`for i = 0, 0 do ${body} end`)).diagnostics?.map(({ code }) => code)).toEqual(['frames']);
});

test('the packet goes by the name of the parameter', async () => {
  await same('return function(p) return p.tcp.dstport end', [packet], [80]);
  await same('return function(math) return math.tcp.dstport end', [packet], [80]);
  await same('local pkt = 3\nreturn function(p) return p:u8(12) + pkt end', [packet], [11]);
  await same('local pkt = 3\nreturn function(pkt) return pkt:u8(12) end', [packet], [8]);
  await same('local a = 1\nlocal b, a = a + 1\nreturn function(p) return a == nil and b end', [packet], [2]);
  await same('local math = 5\nreturn function(p) return math end', [packet], [5]);
});
