/**
 * A load is not done again where it has been done on every path and nothing can have changed what it gives: how many
 * loads the programs have, and that the filters still mean what stock Lua says.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compile } from '../../compiler/index.ts';
import { rng } from '../../scripts/rng.mjs';
import { decode } from '../../vm/isa/codec.ts';
import { generatedPackets } from '../examples/files.ts';
import type { Oracle, OraclePacket } from '../oracle/lua.ts';
import { wasmoon } from '../oracle/wasmoon.ts';
import { compare } from '../support/compare.ts';
import { filterOfRepeats } from '../support/repeats.ts';

const seed = Number(process.env.SEED ?? 1);
const count = Number(process.env.FILTERS ?? 80);
/** Some too short for an Ethernet header. */
const short = [5, 9, 13].map((length) => ({ bytes: new Uint8Array(length).fill(3), wirelen: 60 }));
const packets = [...generatedPackets(seed, 16), ...short];
const writable = packets.map((packet): OraclePacket => ({ ...packet, writable: true }));

const filter = (body: string, before = ''): string => `${before}\nreturn function(pkt)\n${body}\nend`;

/** The loads of the packet that stand in a program. */
function loadsIn(source: string): number {
  const { program, diagnostics } = compile(source);
  if (program === undefined) throw new Error(`${JSON.stringify(diagnostics)}\n${source}`);
  // A literal would be no instructions; these filters have none.
  const names = program.code.map((word) => decode(word)!.mnemonic);
  return names.filter((name) => /^(ld\.(abs|ind)|ldx\.mshx?)$/.test(name)).length;
}

/** By a header, the loads of the code that looks for it. */
const search = (header: string): number => loadsIn(filter(`return pkt.${header} ~= nil`));

type Case = readonly [title: string, loads: number, body: string, before?: string];

/** What one load does. In the lists of IPv4 and TCP those of the search for the header do not count. */
const once: readonly Case[] = [
  ['in two comparisons', 1, 'return pkt:u16(34) == 80 or pkt:u16(34) == 443'],
  ['in a sum', 2, 'return pkt:u8(3) + (pkt:u8(3) + pkt:u8(4)) * 2'],
  [
    'in a local and again',
    1,
    'local type = pkt:u16(12) return type == 0x800 or type > 0x900 and pkt:u16(12) ~= 0x86dd',
  ],
  ['in a local that is assigned later', 1, 'local n = pkt:u8(9) n = n + 1 return n * 256 + pkt:u8(9)'],
  [
    'as a field and as bytes',
    1,
    'local eth = pkt.eth return eth ~= nil and (eth.type == 0x800 or pkt:u16(12) == 5)',
    '',
  ],
  ['in branches below', 1, 'if pkt:u8(0) > 9 then return pkt:u8(0) else return pkt:u8(0) + 3 end'],
  ['behind branches', 1, 'local n = pkt:u8(0) if n > 9 then n = 3 end return n + pkt:u8(0)'],
  ['on the right of one that ends where it is false', 2, 'return pkt:u8(0) > 9 and pkt:u8(1) > 9 and pkt:u8(0) < 99'],
  [
    'at one offset, written in two ways',
    2,
    'local o = pkt:u8(0) & 15 return pkt:u8(o + 2) + pkt:u8(2 + o) + pkt:u8(o + 1 + 1)',
  ],
  ['at an offset that is loaded', 2, 'return pkt:u8((pkt:u8(0) & 15) + 3) == 1 or pkt:u8((pkt:u8(0) & 15) + 3) == 2'],
  ['of a length', 1, 'return (pkt:u8(14) & 15) * 4 > 20 and (pkt:u8(14) & 15) << 2 < 40'],
  ['of six bytes', 2, 'local eth = pkt.eth return eth ~= nil and (eth.src == 1 or eth.src > 0x020000000000)'],
  ['before a loop and in it', 1, 'local n = 0 for i = 1, pkt:u8(0) do n = n + pkt:u8(0) * i end return n'],
  [
    'in the condition of a loop',
    1,
    'local o = 0 while o < 9 and pkt:u8(o) ~= 3 do if pkt:u8(o) > 200 then return 1 end o = o + 1 end return 2',
  ],
  [
    'in a turn of a loop',
    1,
    'local o = 0 repeat local n = pkt:u8(o) & 7 if pkt:u8(o) > 200 then return n end o = o + 1 until o > 9 return o',
  ],
  [
    'behind a loop that must have run',
    1,
    'local o = 0 repeat local n = pkt:u8(7) o = o + 1 until n > o * 40 or o > 9 return pkt:u8(7)',
  ],
  [
    'behind a goto over others',
    2,
    'local n = pkt:u8(0) if n > 100 then goto far end n = n + pkt:u8(1) ::far:: return n + pkt:u8(0)',
  ],
  [
    'by parameters',
    2,
    'return at(pkt, 14, 2) == 1 or at(pkt, 14, 3) > 2 and at(pkt, 14, 2) < 9',
    'local function at(pkt, o, n) return pkt:u8(o + n) end',
  ],
  [
    'around a call that does not store',
    2,
    'return pkt:u8(0) + f(pkt) + pkt:u8(0)',
    'local function f(pkt) local n = 0 for i = 1, 9 do n = n * 3 + pkt:u8(i) if n > 5000 then return n - i end end return n end',
  ],
];

const onceOfIp: readonly Case[] = [
  [
    'a field in branches',
    2,
    'local ip = pkt.ip if not ip then return false end if ip.src == 1 then return ip.dst == 2 end return ip.src > 5',
  ],
  ['a header length', 1, 'local ip = pkt.ip return ip ~= nil and ip.hdr_len > 20 and ip.hdr_len < 40'],
  ['where the payload starts', 1, 'local ip = pkt.ip return ip ~= nil and (ip.payload > 34 or ip.payload < 3)'],
  [
    'the length and where the payload starts',
    1,
    'local ip = pkt.ip return ip ~= nil and (ip.payload > 40 or ip.hdr_len > 20)',
  ],
];

const onceOfTcp: readonly Case[] = [
  ['two ports', 1, 'local tcp = pkt.tcp return tcp ~= nil and (tcp.srcport == 80 or tcp.srcport == 443)'],
  ['flags of one byte', 1, 'local tcp = pkt.tcp return tcp ~= nil and tcp.flags.syn and not tcp.flags.ack'],
  [
    'a field and the bytes it is in',
    1,
    'local tcp = pkt.tcp return tcp ~= nil and tcp.flags.syn and pkt:u8(tcp.offset + 13) == 2',
  ],
  [
    'by a local and by the packet',
    1,
    'local tcp = pkt.tcp return tcp ~= nil and (tcp.srcport == 80 or pkt.tcp.srcport == 443)',
  ],
  [
    'by parameters',
    2,
    'local tcp = pkt.tcp if not tcp then return false end return is(tcp, 80) or is(pkt.tcp, 443)',
    'local function is(h, port) return h.srcport == port or h.dstport == port end',
  ],
];

/** What must be loaded again. */
const again: readonly Case[] = [
  ['another size', 2, 'return pkt:u8(0) == 1 or pkt:u16(0) == 1'],
  ['another sign', 2, 'return pkt:u8(0) == 1 or pkt:i8(0) == 1'],
  ['another order of bytes', 2, 'return pkt:u16(0) == 1 or pkt:u16le(0) == 1'],
  ['another offset', 2, 'local o = #pkt & 3 return pkt:u8(o + 1) == o or pkt:u8(o + 2) == 1'],
  ['behind a branch that has loaded it', 2, 'local n = 0 if #pkt > 70 then n = pkt:u8(0) end return n + pkt:u8(0)'],
  ['in the other branch', 2, 'if #pkt > 70 then return pkt:u8(0) else return pkt:u8(0) + 1 end'],
  ['where one side has decided', 2, 'local ok = #pkt > 70 and pkt:u8(0) > 9 return ok or pkt:u8(0) == 3'],
  ['behind a store', 2, 'local n = pkt:u8(0) pkt:set_u8(0, 7) return n + pkt:u8(0)'],
  ['behind a store in a branch', 2, 'local n = pkt:u8(0) if n > 9 then pkt:set_u8(0, 7) end return n + pkt:u8(0)'],
  [
    'behind a function that stores',
    2,
    'local n = pkt:u8(0) f(pkt, n) return n + pkt:u8(0)',
    'local function f(pkt, n) pkt:set_u8(0, n + 1) end',
  ],
  [
    'behind a long function that stores',
    2,
    'local n = pkt:u8(0) f(pkt, n) return n + pkt:u8(0)',
    'local function f(pkt, n) for i = 1, 9 do if i * n > 90 then return end pkt:set_u8(0, i + n) end end',
  ],
  ['behind the assignment of a local', 2, 'local o = #pkt & 7 local n = pkt:u8(o) o = o + 1 return n * 3 + pkt:u8(o)'],
  [
    'behind the assignment of one in a branch',
    2,
    'local o = #pkt & 7 local n = pkt:u8(o) if n > 99 then o = o + 1 end return n * 3 + pkt:u8(o)',
  ],
  ['of one in the same list', 2, 'local o = #pkt & 7 local n = pkt:u8(o) o, n = o + 1, n * 2 return n * 3 + pkt:u8(o)'],
  [
    'in a loop that assigns it',
    2,
    'local o = #pkt & 7 local n = pkt:u8(o) while o < 20 do n = n * 3 + pkt:u8(o) o = o + 1 end return n',
  ],
  [
    'in a counted loop that assigns it',
    2,
    'local o = #pkt & 7 local n = pkt:u8(o) for i = 1, 3 do n = n * 3 + pkt:u8(o) o = o + i end return n',
  ],
  [
    'in a loop that stores',
    2,
    'local n = pkt:u8(0) for i = 1, 3 do n = n * 3 + pkt:u8(0) pkt:set_u8(0, i) end return n',
  ],
  [
    'of the variable of another loop',
    2,
    'local n = 0 for i = 1, 3 do n = n * 3 + pkt:u8(i) end for i = 2, 4 do n = n * 3 + pkt:u8(i) end return n',
  ],
  [
    'behind a loop that may not have run',
    2,
    'local n = 0 for i = 1, #pkt & 3 do n = n + pkt:u8(0) end return n + pkt:u8(0)',
  ],
  [
    'behind the label of a goto',
    2,
    'local n = 0 if #pkt > 70 then goto far end n = pkt:u8(0) ::far:: return n + pkt:u8(0)',
  ],
  [
    'by parameters that differ',
    2,
    'return at(pkt, #pkt & 7) == 1 or at(pkt, #pkt & 3) > 2',
    'local function at(pkt, o) return pkt:u8(o + 2) end',
  ],
  ['at the start of a header that may not be there', 2, 'return pkt:u8(3) == 1 or pkt:u8(pkt.eth.offset + 3) < 300'],
  [
    'behind a label that another way leads to',
    2,
    'local n = #pkt & 7 if n > 3 then n = pkt:u8(0) goto far end n = n * 2 ::far:: return n + pkt:u8(0)',
  ],
  [
    'by locals of a function that is written twice',
    4,
    'return at(pkt, 0) * 256 + at(pkt, 1)',
    'local function at(pkt, k) local o = pkt:u8(k) & 7 return pkt:u8(o) end',
  ],
  [
    'by parameters that are different maxima',
    2,
    'local n = #pkt & 7 return at(pkt, math.max(n, 3)) * 256 + at(pkt, math.max(n, 5))',
    'local function at(pkt, o) return pkt:u8(o + 2) end',
  ],
  [
    'by a parameter that is assigned',
    2,
    'return at(pkt, #pkt & 7) > 2',
    'local function at(pkt, o) local n = pkt:u8(o) o = o + 1 return n * 3 + pkt:u8(o) end',
  ],
];

const locals = (count: number): string =>
  Array.from({ length: count }, (_, i) => `local v${i} = pkt:u8(n + ${i} & 15) + ${i}`).join(' ');
const sum = (count: number): string => Array.from({ length: count }, (_, i) => `v${i}`).join(' ~ ');

/** What stands in a register must not move while something waits for it. */
const waiting: readonly (readonly [title: string, body: string, before?: string])[] = [
  [
    'in a loop among many locals',
    `local n = pkt:u8(0) & 1 for i = 1, 3 do n = n * 3 + pkt:u8(0) ${locals(20)} n = n + ${sum(20)} end return n & 0xffff`,
  ],
  [
    'in a loop of few locals',
    `local n = pkt:u8(0) & 1 for i = 1, 3 do n = n * 3 + pkt:u8(0) ${locals(4)} n = n + ${sum(4)} end return n & 0xffff`,
  ],
  ['among many locals', `local n = pkt:u8(0) & 1 ${locals(30)} return (n + ${sum(30)} + pkt:u8(0)) & 0xffff`],
  [
    'as bytes that only one kind of header has loaded',
    'local h = pkt.tcp or pkt.ip return h and h.hdr_len * 256 + pkt:u8(h.offset + 12)',
  ],
  [
    'as the header length of one kind of header or another',
    'local h = pkt.tcp or pkt.ip return h ~= nil and h.hdr_len * 64 + h.hdr_len',
  ],
  [
    'as fields of different sizes',
    'local ip = pkt.ip return ip and (ip.frag_offset * 2 + (ip.flags.df and 1 or 0)) or 3',
  ],
  [
    'for a function that stores',
    'return pkt:u8(0) * 1000 + f(pkt)',
    'local function f(pkt) pkt:set_u8(0, 9) local n = pkt:u8(0) return n + pkt:u8(0) * 2 + pkt:u8(1) end',
  ],
  [
    'in a list with one',
    'local a, b, c = pkt:u8(0), f(pkt), pkt:u8(0) return a * 100 + b * 10 + c',
    'local function f(pkt) pkt:set_u8(0, 9) local n = pkt:u8(0) return n + pkt:u8(0) * 2 + pkt:u8(1) end',
  ],
  [
    'as a header that a store makes unknown',
    'return f(pkt, pkt.tcp or pkt.udp)',
    'local function f(pkt, h) pkt:set_u8(0, 9) local n = pkt:u8(0) local m = pkt:u8(1) return h and h.srcport + m + n or n end',
  ],
  [
    'as the header of one kind',
    'return f(pkt, pkt.eth)',
    'local function f(pkt, h) pkt:set_u8(0, 9) local n = pkt:u8(0) local m = pkt:u8(1) return h and h.type + m + n or n end',
  ],
  [
    'as a local that keeps a header',
    'local eth = pkt.eth pkt:set_u8(0, 9) local n = pkt:u8(0) local m = pkt:u8(1) return eth and eth.type + m + n or n',
  ],
  [
    'as the old header beside the new one',
    'local ip = pkt.ip pkt:set_u16(12, 0x8100) pkt:set_u32(16, 0x08004500) local new = pkt.ip return ip and ip.ttl * 256 + (new and new.ttl or 1) or 3',
  ],
  [
    'as an old header in a list with a store',
    'local ip, n = pkt.ip, f(pkt) return ip and ip.ttl * 256 + (pkt.ip and pkt.ip.ttl or 1) or n',
    'local function f(pkt) pkt:set_u16(12, 0x8100) pkt:set_u32(16, 0x08004500) return 3 end',
  ],
  ['in an operand of what has it last', 'return (pkt:u8(0) - (pkt:u8(0) * 3 - (pkt:u8(1) ~ pkt:u8(0)))) & 0xffff'],
];

describe(`loads that have been done (seed ${seed})`, () => {
  let lua: Oracle;
  beforeAll(async () => {
    lua = await wasmoon();
  });
  afterAll(() => lua.close());

  const means = async (source: string): Promise<void> => {
    const { difference } = await compare(source, source.includes(':set_u') ? writable : packets, lua);
    expect(difference, source).toBeUndefined();
  };
  const counted = (cases: readonly Case[], header?: string): void => {
    for (const [title, loads, body, before] of cases)
      test(title, async () => {
        const source = filter(body, before);
        expect(loadsIn(source)).toBe(loads + (header === undefined ? 0 : search(header)));
        await means(source);
      });
  };

  describe('once', () => {
    counted(once);
    counted(onceOfIp, 'ip');
    counted(onceOfTcp, 'tcp');
  });
  describe('again', () => counted(again));
  describe('waiting', () => {
    for (const [title, body, before] of waiting) test(title, () => means(filter(body, before)));
  });

  test('registers are left to what lives there: no filter is longer for what it keeps', () => {
    const inLoop = (size: number, byte: number): string =>
      filter(
        `local n = pkt:u8(0) & 1 for i = 1, 3 do n = n * 3 + pkt:u8(${byte}) ${locals(size)} n = n + ${sum(size)} end return n & 0xffff`,
      );
    const lengthOf = (source: string): number => compile(source).program!.code.length;
    for (let size = 8; size < 26; size++)
      expect(lengthOf(inLoop(size, 0)), `${size} locals`).toBeLessThanOrEqual(lengthOf(inLoop(size, 1)));
  });

  test(`${count} random filters`, { timeout: 3_600_000 }, async () => {
    const random = rng(seed);
    const verdicts = { accept: 0, reject: 0, error: 0 };
    for (let i = 0; i < count; i++) {
      const stores = i % 2 === 0;
      const source = filterOfRepeats(random, stores);
      const { difference, expected } = await compare(source, stores ? writable : packets, lua);
      expect(difference, source).toBeUndefined();
      for (const { verdict, error } of expected)
        verdicts[error !== undefined ? 'error' : verdict > 0 ? 'accept' : 'reject']++;
    }
    const all = count * packets.length;
    expect(verdicts.accept / all).toBeGreaterThan(0.2);
    expect(verdicts.reject / all).toBeGreaterThan(0.1);
  });
});
