/** What a function gives is used where the call leaves it, in AA, unless something else is computed meanwhile. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compile } from '../../compiler/index.ts';
import { decode } from '../../vm/isa/codec.ts';
import { AA } from '../../vm/isa/registers.ts';
import { generatedPackets } from '../examples/files.ts';
import type { Oracle, OraclePacket } from '../oracle/lua.ts';
import { wasmoon } from '../oracle/wasmoon.ts';
import { compare } from '../support/compare.ts';

const seed = 3;
const packets = generatedPackets(seed, 12);
const writable = packets.map((packet): OraclePacket => ({ ...packet, writable: true }));

/** Too long to be written where they are called. */
const functions = `local state = require "state"
local hash = state.hash(16)
local function f(pkt, k)
  local n = k
  for i = 1, 9 do n = n * 3 + pkt:u8(i) if n > 90000 then return n - i end end
  return n
end
local function maybe(pkt, k)
  local n = 0
  for i = 1, 5 do n = n ~ pkt:u8(i + k) if n > 250 then return nil end end
  if n > 99 then return n << 40 end
  return n > 50
end
local function several(pkt, k)
  local n = k
  for i = 1, 5 do n = n + pkt:u8(i) if n > 900 then return n, 7, k end end
  return k, n, 9
end
local function transport(pkt, k)
  for i = 1, 3 do if pkt:u8(i) == k then return nil end end
  for i = 3, 6 do if pkt:u8(i) == k then return nil end end
  return pkt.tcp or pkt.udp
end
local function ip(pkt, k)
  for i = 1, 3 do if pkt:u8(i) == k then return nil end end
  for i = 3, 6 do if pkt:u8(i) == k then return nil end end
  return pkt.ip
end
local function length(pkt, k)
  for i = 1, 3 do if pkt:u8(i) == k then return k end end
  for i = 3, 6 do if pkt:u8(i) == k then return k + 1 end end
  return k & 7
end
`;

/** `moves`: of AA to another register, in the filter itself; a variable, an argument and an index have to be one. */
const cases: readonly (readonly [title: string, moves: number, body: string])[] = [
  ['compared with a constant', 0, 'return f(pkt, 1) > 500'],
  ['compared with a local', 0, 'local n = #pkt return f(pkt, 1) > n or n == f(pkt, 2)'],
  ['compared with another', 1, 'return f(pkt, 1) < f(pkt, 2)'],
  ['as the verdict', 0, 'return f(pkt, 1)'],
  ['in a sum', 0, 'local n = #pkt return f(pkt, 1) + n - 3'],
  ['in a sum of calls', 1, 'return (f(pkt, 1) - f(pkt, 2)) & 0xfff'],
  ['as an argument', 1, 'return f(pkt, f(pkt, 1) & 3) & 0xfff'],
  ['as a variable', 1, 'local n = f(pkt, 1) return (n * n) & 0xffff'],
  ['as an offset', 1, 'return pkt:u8(f(pkt, 1) & 15)'],
  ['as a key', 0, 'return t[f(pkt, 1) & 7]'],
  ['that may be nil', 0, 'return maybe(pkt, 1) == nil'],
  ['of several kinds', 1, 'return maybe(pkt, 0) or 5'],
  ['several, of which all are used', 1, 'local a, b, c = several(pkt, 1) return a * 3 + b * 2 + c'],
  ['as a header', 1, 'local h = transport(pkt, 3) return h and h.srcport'],
  ['in two branches of a condition', 0, 'return maybe(pkt, 0) and f(pkt, 1) > 9 or f(pkt, 2) == 7'],
];

/** What computes something, or calls the host, before it is used. */
const waiting: readonly (readonly [title: string, body: string])[] = [
  ['printed behind a text', 'print("n", f(pkt, 1)) return true'],
  ['printed', 'print(maybe(pkt, 0)) print(several(pkt, 1)) return true'],
  ['asserted', 'local n = assert(maybe(pkt, 0), pkt:u8(0) > 3 and "a" or "b") return n and 1 or 2'],
  [
    'assigned to several',
    'local a, b, c = 1, 2, 3 a, hash[3], b = several(pkt, 1) return a * 3 + b + (hash[3] or 1) * c',
  ],
  ['a key and a value', 'hash[f(pkt, 1)] = f(pkt, 2) return hash[f(pkt, 1)] == f(pkt, 2)'],
  [
    'the ends of a loop',
    'local n = 0 for i = length(pkt, 1), length(pkt, 9) do n = n * 3 + i end for i = 9, length(pkt, 2), -2 do n = n + i end return n & 0xfff',
  ],
  ['an offset of a load', 'return pkt:u8(length(pkt, 1)) + pkt:u8(length(pkt, 2) + 3)'],
  ['an offset of a store', 'pkt:set_u8(length(pkt, 1), f(pkt, 1)) return pkt:u32(0)'],
  ['where a text stands', 'return pkt:starts(length(pkt, 1), "\\0\\0") or pkt:starts(length(pkt, 8), "\\2")'],
  ['a header whose fields differ', 'return ip(pkt, 3).hdr_len + transport(pkt, 300).srcport'],
  ['a header with flags', 'return ip(pkt, 3).flags.df'],
  ['where a header ends', 'return ip(pkt, 3).payload + transport(pkt, 300).offset'],
  ['a slice', 'return pkt:bytes(length(pkt, 1), length(pkt, 2)) == pkt:bytes(length(pkt, 1), length(pkt, 3))'],
  ['a search', 'return pkt:find("\\0", length(pkt, 1), length(pkt, 9) + 30) or 3'],
  ['an argument of a function that is written there', 'return sum(pkt, f(pkt, 1)) & 0xffff'],
  ['kinds that are told apart', 'local a = maybe(pkt, 0) return a == maybe(pkt, 1) or maybe(pkt, 2) == a'],
  ['a minimum', 'return math.min(f(pkt, 1), f(pkt, 2), 700) + math.max(length(pkt, 1), 3)'],
  ['not a value', 'local n = not maybe(pkt, 0) return n'],
  ['a place in an array', 'return t[length(pkt, 1)] and -f(pkt, 2) // 7 % 5 + (~f(pkt, 1) << length(pkt, 2)) or 4'],
];

const source = (body: string): string =>
  `${functions}local t = { [1] = 3, [2] = 5, [5] = 9 }
local function sum(pkt, n) return n + f(pkt, 3) + n end
return function(pkt)\n${body}\nend`;

/** Moves out of AA behind the entry. */
function movesOf(text: string): number {
  const { program, diagnostics } = compile(text);
  if (program === undefined) throw new Error(`${JSON.stringify(diagnostics)}\n${text}`);
  const words = program.code.slice(program.entry).map((word) => decode(word));
  return words.filter((word) => word?.mnemonic === 'mov' && word.jf === AA).length;
}

describe(`results of calls (seed ${seed})`, () => {
  let lua: Oracle;
  beforeAll(async () => {
    lua = await wasmoon();
  });
  afterAll(() => lua.close());
  const means = async (text: string): Promise<void> => {
    const { difference } = await compare(text, text.includes(':set_u') ? writable : packets, lua);
    expect(difference, text).toBeUndefined();
  };

  for (const [title, moves, body] of cases)
    test(title, async () => {
      expect(movesOf(source(body))).toBe(moves);
      await means(source(body));
    });
  for (const [title, body] of waiting) test(title, () => means(source(body)));
});
