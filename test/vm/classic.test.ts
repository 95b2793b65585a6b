/** Classic BPF: its text, its listing as tcpdump prints it, and the corners that must be exact. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { classicText, isClassicText, load, parseClassicText, type Word } from '../../vm/index.ts';
import { classicCodes } from '../../vm/isa/instructions.ts';
import { loaded, program, refusalsOf, word } from './words.ts';

interface Listing {
  readonly expression: string;
  readonly d: readonly string[];
  readonly ddd: readonly string[];
}
const { listings } = JSON.parse(readFileSync(new URL('../data/vm/listings.json', import.meta.url), 'utf8')) as {
  readonly listings: readonly Listing[];
};

const verdict = (code: readonly Word[], packet: readonly number[] = [], wirelen = packet.length): number =>
  loaded(program(code, 'classic')).run(Uint8Array.from(packet), 0, packet.length, wirelen);
const codes = (code: readonly Word[]): string[] => refusalsOf(program(code, 'classic')).map((refusal) => refusal.code);

const retA = word(0x16);
const retK = (k: number): Word => word(0x06, 0, 0, k);
const ld = (k: number): Word => word(0x00, 0, 0, k);
const ldx = (k: number): Word => word(0x01, 0, 0, k);

describe.each(listings.map((listing) => [listing.expression, listing] as const))('tcpdump -d %j', (_, { d, ddd }) => {
  const { program: parsed } = parseClassicText(ddd.join('\n'));
  test('is what classicText prints, to the last space', () => {
    const text = parsed!.code.map((word, pc) => `(${String(pc).padStart(3, '0')}) ${classicText(word, pc)}`);
    expect(text).toEqual(d);
  });
  test('is let through, but for a backward jump where the host refuses those', () => {
    const backward = parsed!.code.flatMap(({ code, k }, pc) => (code === 0x05 && k >= 2 ** 31 ? [pc] : []));
    expect(load(parsed!).refusals).toBeUndefined();
    const { filter, refusals } = load(parsed!, { backwardJumps: 'refuse' });
    expect(refusals?.map(({ code, pc }) => [code, pc]) ?? []).toEqual(backward.map((pc) => ['backward-jump', pc]));
    expect(filter === undefined).toBe(backward.length > 0);
  });
});

test('the listings hold nearly every classic instruction', () => {
  const seen = new Set(listings.flatMap(({ ddd }) => ddd.slice(1).map((line) => Number(line.split(' ')[0]))));
  // ld #k, ldx #k, ldx M[], ldx #pktlen, ret a: tcpdump seldom makes them.
  const missing = [...classicCodes].filter((code) => !seen.has(code)).map((code) => code.toString(16));
  expect(missing.length).toBeLessThan(16);
  expect(classicText(ld(0xffffffff), 0)).toBe('ld       #0xffffffff');
  expect(classicText(ldx(5), 0)).toBe('ldx      #0x5');
  expect(classicText(word(0x61, 0, 0, 3), 0)).toBe('ldx      M[3]');
  expect(classicText(word(0x03, 0, 0, 3), 0)).toBe('stx      M[3]');
  expect(classicText(word(0x81), 0)).toBe('ldx      #pktlen');
  expect(classicText(retA, 0)).toBe('ret      ');
  expect(classicText(retK(0xffffffff), 0)).toBe('ret      #-1');
  expect(classicText(word(0x3d, 1, 0), 4)).toBe('jge      x                jt 6\tjf 5');
  expect(classicText(word(0xb4, 0, 0, 7), 0)).toBe('A := 7');
});

test('protochain goes through the door: it finds a header behind another, and an endless chain ends', () => {
  const { ddd } = listings.find(({ expression }) => expression === 'ip protochain 6')!;
  const filter = loaded(parseClassicText(ddd.join('\n')).program!);
  /** IPv4 over Ethernet, a source address, then an authentication header and what follows it. */
  const run = (protocol: number, source: readonly number[], next: number): number => {
    const ip = [0x45, ...Array(8).fill(0), protocol, 0, 0, ...source, 0, 0, 0, 0];
    const bytes = Uint8Array.from([...Array(12).fill(0), 8, 0, ...ip, next, 1, ...Array(10).fill(0)]);
    return filter.run(bytes, 0, bytes.length, bytes.length);
  };
  for (const [protocol, next, jumps] of [
    [6, 17, 0],
    [51, 6, 1],
    [51, 17, 1],
  ] as const) {
    expect(run(protocol, [1, 2, 3, 4], next)).toBe(jumps === 0 || next === 6 ? 262144 : 0);
    expect(filter.fault).toBeUndefined();
    expect(filter.door).toBe(jumps);
  }
  // libpcap forgets where the last header stood: from the second on it reads byte 26, the source address, for ever.
  expect(run(51, [51, 1, 3, 4], 51)).toBe(0);
  expect(filter.fault).toEqual({ code: 15, pc: 9, argument: 0 });
  expect(filter.door).toBe(27);
});

describe('text', () => {
  test('is known by its first two lines', () => {
    for (const text of ['1\n6 0 0 1', ' 1 \r\n 6 0 0 1\r\n', '9\n6 0 0 1', '\n2\n1 2 3 4'])
      expect(isClassicText(text), JSON.stringify(text)).toBe(true);
    for (const text of ['', '1', '1\n', '1\n6 0 0', 'local x = 1\nreturn 1 2 3 4', '\x0f\x0fBPF64'])
      expect(isClassicText(text), JSON.stringify(text)).toBe(false);
  });
  test('is read with any spaces and ends of lines, and empty lines behind it', () => {
    for (const text of ['2\n40 0 0 12\n6 1 2 4294967295\n', ' 2\r\n40  0\t0 12\r\n6 1 2 4294967295\r\n\r\n \n'])
      expect(parseClassicText(text).program).toEqual({
        profile: 'classic',
        code: [word(40, 0, 0, 12), word(6, 1, 2, 0xffffffff)],
        entry: 0,
        strings: Uint8Array.of(0),
      });
  });
  const first = 'the first line must be the number of instructions, as `tcpdump -ddd` prints it';
  test.each([
    ['', 1, first],
    ['6 0 0 1', 1, first],
    ['-1\n6 0 0 1', 1, first],
    ['2\n6 0 0 1', 1, 'the first line says 2 instructions, 1 follow'],
    ['1\n6 0 0 1\n6 0 0 1', 1, 'the first line says 1 instructions, 2 follow'],
    ['1\n6 0 0', 2, '"6 0 0" is not an instruction: four decimal numbers, code jt jf k'],
    ['2\n6 0 0 1\n\n6 0 0 1', 3, '"" is not an instruction: four decimal numbers, code jt jf k'],
    ['1\n6 0 0 0x1', 2, '"6 0 0 0x1" is not an instruction: four decimal numbers, code jt jf k'],
    ['1\n6 0 0 -1', 2, '"6 0 0 -1" is not an instruction: four decimal numbers, code jt jf k'],
    ['1\n65536 0 0 1', 2, 'code is 65536; the largest is 65535'],
    ['1\n6 256 0 1', 2, 'jt is 256; the largest is 255'],
    ['1\n6 0 256 1', 2, 'jf is 256; the largest is 255'],
    ['1\n6 0 0 4294967296', 2, 'k is 4294967296; the largest is 4294967295'],
    [`1\n${'9'.repeat(400)} 0 0 1`, 2, 'code is Infinity; the largest is 65535'],
  ])('%j is refused', (text, line, message) => {
    expect(parseClassicText(text)).toEqual({ problem: { code: 'classic-text', line, message } });
  });
});

describe('corners', () => {
  test('a load out of bounds ends the program with 0', () => {
    expect(verdict([word(0x30, 0, 0, 1), retK(1)], [7, 8])).toBe(1);
    for (const code of [0x20, 0x28, 0x30]) expect(verdict([word(code, 0, 0, 2), retK(1)], [7, 8])).toBe(0);
    expect(verdict([word(0xb1, 0, 0, 2), retK(1)], [7, 8])).toBe(0);
    expect(verdict([word(0x20, 0, 0, 0x80000000), retK(1)], [7, 8, 9, 10])).toBe(0);
  });
  test('bounds never wrap: X + k past 2^32 is out', () => {
    for (const code of [0x40, 0x48, 0x50]) {
      expect(verdict([ldx(0xffffffff), word(code, 0, 0, 1), retK(1)], [1, 2, 3, 4])).toBe(0);
      expect(verdict([ldx(0), word(code, 0, 0, 0xffffffff), retK(1)], [1, 2, 3, 4])).toBe(0);
    }
  });
  test('division and remainder by X = 0 end the program with 0', () => {
    for (const code of [0x3c, 0x9c]) {
      expect(verdict([ld(7), word(code), retK(1)])).toBe(0);
      expect(verdict([ld(7), ldx(2), word(code), retK(1)])).toBe(1);
    }
  });
  test('shifts by 32 and more give 0', () => {
    for (const k of [32, 33, 64, 0xffffffff]) {
      for (const code of [0x64, 0x74]) expect(verdict([ld(0xffffffff), word(code, 0, 0, k), retA])).toBe(0);
      for (const code of [0x6c, 0x7c]) expect(verdict([ld(0xffffffff), ldx(k), word(code), retA])).toBe(0);
    }
  });
  test('LEN is the length on the wire', () => {
    expect(verdict([word(0x80), retA], [1, 2], 1500)).toBe(1500);
    expect(verdict([word(0x81), word(0x87), retA], [1, 2], 1500)).toBe(1500);
  });
  test('MSH reads one byte and keeps A', () => {
    expect(verdict([ld(9), word(0xb1, 0, 0, 0), retA], [0xff])).toBe(9);
    expect(verdict([ld(9), word(0xb1, 0, 0, 0), word(0x87), retA], [0xff])).toBe(60);
  });
  test('A, X and M[] start at 0, in every run', () => {
    const filter = loaded(
      program(
        [
          word(0x0c),
          word(0x07),
          word(0x60, 0, 0, 15),
          word(0x0c),
          word(0x04, 0, 0, 1),
          word(0x02, 0, 0, 15),
          word(0x07),
          retA,
        ],
        'classic',
      ),
    );
    for (let i = 0; i < 3; i++) expect(filter.run(new Uint8Array(0), 0, 0, 0)).toBe(1);
  });
  test('arithmetic is unsigned and wraps at 32 bits', () => {
    expect(verdict([ld(0xffffffff), word(0x04, 0, 0, 2), retA])).toBe(1);
    expect(verdict([ld(0), word(0x14, 0, 0, 1), retA])).toBe(0xffffffff);
    expect(verdict([ld(0xffffffff), word(0x24, 0, 0, 0xffffffff), retA])).toBe(1);
    expect(verdict([ld(0xffffffff), word(0x34, 0, 0, 2), retA])).toBe(0x7fffffff);
    expect(verdict([ld(1), word(0x84), retA])).toBe(0xffffffff);
    expect(verdict([ld(0x80000000), word(0x25, 0, 1, 0x7fffffff), retK(1), retK(2)])).toBe(1);
  });
  test('loads are in network order and unsigned', () => {
    expect(verdict([word(0x20, 0, 0, 0), retA], [0xff, 2, 3, 4])).toBe(0xff020304);
    expect(verdict([word(0x28, 0, 0, 1), retA], [1, 0xff, 3, 4])).toBe(0xff03);
  });
  test('jt and jf are ignored outside the jump class, in JA too, and k where it has no use', () => {
    expect(verdict([word(0x00, 7, 9, 5), word(0x04, 200, 100, 1), word(0x16, 255, 255, 4)])).toBe(6);
    expect(verdict([word(0x05, 3, 4, 1), retK(1), retK(2)])).toBe(2);
    expect(verdict([word(0x40, 3, 0, 0), retA], [1, 2, 3, 4])).toBe(0x01020304);
    expect(verdict([word(0x80, 0, 0, 99), word(0x84, 1, 1, 9), word(0x07, 1, 1, 9), retA], [1, 2, 3])).toBe(0xfffffffd);
    expect(verdict([ld(3), ldx(3), word(0x1d, 0, 1, 0xffff), retK(1), retK(2)])).toBe(1);
  });
  test('DIV and MOD by k = 0 are refused, NEG by X, RET X, other MISC, other codes', () => {
    for (const code of [0x34, 0x94]) expect(codes([word(code), retK(1)])).toEqual(['division-by-zero']);
    for (const code of [0x8c, 0x0e, 0x17, 0x97, 0x0f, 0xac4, 0xb4, 0xc4, 0x65, 0x120, 0x407, 0x187, 0xffff])
      expect(codes([word(code), retK(1)]), code.toString(16)).toEqual(['opcode-unknown']);
  });
  test('a word of M[] past 15 is refused once', () => {
    for (const code of [0x60, 0x61, 0x02, 0x03])
      for (const k of [16, 200, 0xffffffff]) expect(codes([word(code, 0, 0, k), retK(1)])).toEqual(['memory-range']);
    expect(codes([word(0x60, 0, 0, 15), retK(1)])).toEqual([]);
  });
  test('the last instruction is RET, and jumps stay inside', () => {
    expect(codes([retK(1), ld(0)])).toEqual(['falls-off']);
    expect(codes([word(0x15, 1, 0, 0), retK(1)])).toEqual(['jump-range']);
    expect(codes([word(0x05, 0, 0, 1), retK(1)])).toEqual(['jump-range']);
    expect(codes([word(0x15, 255, 255, 0), ...Array(255).fill(ld(0)), retK(1)])).toEqual([]);
  });
  test('code that nothing reaches is let through', () => {
    expect(verdict([retK(3), ld(1), word(0x15, 0, 0, 0), retK(1)])).toBe(3);
  });
  test('4096 instructions are the most', () => {
    const code = [...Array(4095).fill(word(0x04, 0, 0, 1)), retA];
    expect(verdict(code)).toBe(4095);
    expect(codes([ld(0), ...code])).toEqual(['program-size']);
  });
});
