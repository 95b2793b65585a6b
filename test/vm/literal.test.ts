/**
 * Random loads from random literals against their bytes; literals in random places of random programs change nothing;
 * and programs made of literals that must not cost. The single cases stand in test/data/vm/literals.txt.
 */
import { describe, expect, test } from 'vitest';
import { defaultHost, encode, validate, type Word } from '../../vm/index.ts';
import { literalAround, literalAt, literalLength } from '../../vm/isa/literals.ts';
import { literal } from './literals.ts';
import { type Random, randomFrom, seed } from './random.ts';
import { listing } from './same.ts';
import { loaded, program, refusalsOf, word } from './words.ts';

const exit = encode('exit', 0, { k: 1 });
const bytesOf = (random: Random, n: number): number[] => Array.from({ length: n }, () => random.below(256));

test('lengths: short ones to 1023 words, long ones to 2^26 - 1', () => {
  for (const [code, jt, jf, wanted] of [
    [0x000f, 0, 0, 0],
    [0x010f, 9, 9, 1],
    [0xff0f, 0, 0, 255],
    [0x001f, 0, 0, 256],
    [0xff3f, 0, 0, 1023],
    [0x00e7, 0, 0, 0],
    [0x01e7, 0, 0, 1],
    [0x00e7, 1, 0, 256],
    [0x00e7, 0, 1, 65536],
    [0x00ef, 0, 0, 2 ** 24],
    [0xffff, 0xff, 0xff, 2 ** 26 - 1],
  ] as const)
    expect(literalLength(word(code, jt, jf)), code.toString(16)).toBe(wanted);
  for (const code of [0x07, 0x87, 0x27, 0x47, 0x17, 0x4f, 0x8f, 0xc7, 0xdf, 0x0e])
    expect(literalLength(word(code)), code.toString(16)).toBeUndefined();
});

test('the literal around a pc', () => {
  const code = [exit, ...literal(false, Array(14)), exit, ...literal(true, Array(20)), exit];
  const literals = [literalAt(code, 1, 1), literalAt(code, 4, 2)];
  const heads = Array.from(code, (_, pc) => literalAround(literals, pc)?.head);
  expect(heads).toEqual([undefined, 1, 1, undefined, 4, 4, 4, undefined]);
  expect(literalAround(literals, -1)).toBeUndefined();
  expect(literalAround([], 0)).toBeUndefined();
});

const sizes = [
  [0x10, 1],
  [8, 2],
  [0, 4],
  [0x18, 8],
] as const;

test(`random loads of RODATA give the bytes, or fault 2, or are refused (seed ${seed})`, () => {
  const random = randomFrom(seed + 60);
  const seen = { read: 0, fault: 0, refused: 0 };
  for (let i = 0; i < 4000; i++) {
    const isLong = random.chance(0.5);
    const data = bytesOf(random, (isLong ? 4 : 6) + 8 * random.below(4));
    const words = literal(isLong, data);
    const [choice, bytes] = random.pick(sizes);
    const special = random.chance(0.2) && bytes < 8;
    const signed = bytes < 8 && random.chance(0.3);
    const [indexed, wide] = [random.chance(0.5), random.chance(0.5)];
    const index = !indexed
      ? 0n
      : random.chance(0.9)
        ? BigInt(random.below(20))
        : BigInt(random.u32()) << (wide ? 30n : 0n);
    const at = random.below(data.length + 10) - 5;
    // The index comes in CC by the packet; the literal stands before the load or behind it.
    const before = random.chance(0.5);
    const k = (before ? -words.length * 8 : 8) + (isLong ? 4 : 2) + at;
    const jt = indexed ? (wide ? 34 : 2) : 0;
    const load = encode(special ? 'ldx.rodata' : 'ld.rodata', choice, { reg: special ? 1 : 3, k, jt, signed });
    const value = encode('ld.abs', 0x18, { reg: 2, k: 0 });
    const code = before ? [value, ...words, load, exit] : [value, load, ...words, exit];
    const from = BigInt(at) + index;
    const inside = (offset: bigint, n: number): boolean => offset >= 0n && offset + BigInt(n) <= BigInt(data.length);
    const isStatic = inside(BigInt(at), indexed ? 1 : bytes);
    const refusals = refusalsOf(program(code));
    expect(
      refusals.map((r) => r.code),
      listing(code),
    ).toEqual(isStatic ? [] : ['rodata-range']);
    if (!isStatic) {
      seen.refused++;
      continue;
    }
    const filter = loaded(program(code));
    const packet = new Uint8Array(8);
    new DataView(packet.buffer).setBigUint64(0, index);
    const verdict = filter.run(packet, 0, 8, 8);
    if (!inside(from, bytes)) {
      seen.fault++;
      expect(verdict, listing(code)).toBe(0);
      expect(filter.fault).toEqual({ code: 2, pc: code.indexOf(load), argument: 0 });
      continue;
    }
    seen.read++;
    const part = data.slice(Number(from), Number(from) + bytes).reverse();
    const unsigned = part.reduce((v, byte) => (v << 8n) | BigInt(byte), 0n);
    const whole = signed ? BigInt.asIntN(bytes * 8, unsigned) : unsigned;
    expect(verdict, listing(code)).toBe(1);
    expect(filter.register(special ? 27 : 35), listing(code)).toBe(BigInt.asUintN(special ? 32 : 64, whole));
  }
  for (const [what, n] of Object.entries(seen)) expect(n, what).toBeGreaterThan(300);
});

test(`literals between the instructions of a program change nothing (seed ${seed})`, () => {
  const random = randomFrom(seed + 61);
  for (let i = 0; i < 300; i++) {
    const code: Word[] = [];
    let sum = 0;
    for (let n = random.below(20); n >= 0; n--) {
      if (random.chance(0.5)) code.push(...literal(random.chance(0.5), bytesOf(random, random.below(40))));
      const k = random.below(100);
      sum += k;
      code.push(encode('add', 0, { reg: 0, k }));
    }
    code.push(encode('exit', 0x10, {}), ...literal(random.chance(0.5), bytesOf(random, random.below(40))));
    expect(loaded(program(code)).run(new Uint8Array(0), 0, 0, 0), listing(code)).toBe(sum);
  }
});

describe('programs of literals, long ones', () => {
  const size = defaultHost.programSize / 8;
  const rodata = encode('ld.rodata', 0x10, { reg: 0, k: 8 + 2 });
  test.each<[string, () => Word[], number]>([
    ['empty ones', () => [...Array(size - 1).fill(word(0x0f)), exit], 0],
    ['empty ones, all data', () => [exit, ...Array(size - 1).fill(word(0x0f))], 0],
    ['empty ones that run, no end', () => Array(size).fill(word(0x0f)), 1],
    ['one', () => [exit, ...literal(true, Array((size - 2) * 8 + 4).fill(0x0f))], 0],
    [
      'a load of each',
      () => Array.from({ length: size }, (_, i) => (i === size - 1 ? exit : i & 1 ? word(0x0f) : rodata)),
      1,
    ],
    ['heads all past the end', () => Array(size).fill(word(0xffff, 0xff, 0xff)), 1],
    [
      'jumps into one',
      () => [...Array(100).fill(word(0x05, 0, 0, 200)), ...literal(false, Array(8000).fill(6)), exit],
      100,
    ],
  ])('%s', (_, make, refusals) => {
    const code = make();
    const start = performance.now();
    const found = validate(program(code), defaultHost).refusals?.length ?? 0;
    expect(performance.now() - start).toBeLessThan(4000);
    expect(found).toBe(refusals);
  });
});
