/**
 * Jump tables against a model of their own, written from isa.md: random tables of every kind, size and form, every key
 * that matters. And tables that must not cost. The single cases stand in test/data/vm/tables.txt.
 */
import { describe, expect, test } from 'vitest';
import { defaultHost, encode, validate, type Word } from '../../vm/index.ts';
import { literal, u16s, u32s } from './literals.ts';
import { type Random, randomFrom, seed } from './random.ts';
import { listing } from './same.ts';
import { loaded, program, refusalsOf, word } from './words.ts';

const SRC_X = 8;
const sizes = { B: 0x10, H: 8, W: 0 } as const;
type Size = keyof typeof sizes;
const exit = encode('exit', 0, { k: 1 });

interface TableWords {
  readonly kind: 0 | 1 | 2;
  readonly size: Size;
  readonly isLong: boolean;
  readonly k: number;
  /** With the padding of its last word. */
  readonly data: readonly number[];
}

/** All that a table of so many data bytes can go to, as offsets, and where it goes with a key: isa.md, word by word. */
function model({ kind, size, isLong, k, data }: TableWords): { goes: (key: bigint) => number; offsets: number[] } {
  const masked = (key: bigint): number => Number(key & { B: 0xffn, H: 0xffffn, W: 0xffffffffn }[size]);
  const u16 = (at: number): number => data[at]! + 256 * data[at + 1]!;
  const u32 = (at: number): number => u16(at) + 65536 * u16(at + 2);
  if (kind === 0) {
    const [match, base] = [k % 65536, Math.floor(k / 65536)];
    const goes = (key: bigint): number => {
      const i = masked(key) - base;
      if (i < 0 || i >= data.length * 8) return 0;
      return Math.floor(data[Math.floor(i / 8)]! / 2 ** (i % 8)) % 2 === 1 ? match : 0;
    };
    return { goes, offsets: [match, 0] };
  }
  if (kind === 1) {
    const slot = isLong ? u32 : u16;
    const width = isLong ? 4 : 2;
    const slots = Array.from({ length: data.length / width }, (_, i) => slot(i * width));
    return { goes: (key) => (masked(key) === 0 ? 0 : (slots[masked(key) - 1] ?? k)), offsets: [0, k, ...slots] };
  }
  const width = isLong ? 4 : 6;
  const ranges = Array.from({ length: Math.floor(data.length / width) }, (_, i) => {
    const at = i * width;
    return { low: u16(at), high: u16(at + 2), offset: isLong ? k : u16(at + 4) };
  });
  const miss = isLong ? 0 : k;
  const goes = (key: bigint): number =>
    ranges.find(({ low, high }) => low <= masked(key) && masked(key) <= high)?.offset ?? miss;
  return { goes, offsets: [miss, ...ranges.map(({ offset }) => offset)] };
}

/** Offsets below n, mostly. */
function randomTable(random: Random, n: number): TableWords {
  const offset = (): number => (random.chance(0.002) ? n + random.below(3) : random.below(n));
  const wide = random.chance(0.5);
  const bytes = (wide ? 4 : 6) + 8 * random.below(random.pick([1, 3, 40]));
  const near = random.pick([16, 300, 65536]);
  const key = (): number => Math.min(65535, random.below(near));
  const kind = random.pick([0, 1, 2] as const);
  if (kind === 0) {
    const data = Array.from({ length: bytes }, () => (random.chance(0.5) ? 0 : random.below(256)));
    const base = random.chance(0.5) ? 0 : key();
    return { kind, size: random.pick(['B', 'H', 'W']), isLong: wide, k: offset() + base * 65536, data };
  }
  if (kind === 1) {
    const size = random.pick(['B', 'H'] as const);
    const isLong = wide && size !== 'B';
    const length = isLong === wide ? bytes : bytes + 2;
    const slots = Array.from({ length: length / (isLong ? 4 : 2) }, offset);
    return { kind, size, isLong, k: offset(), data: isLong ? u32s(slots) : u16s(slots) };
  }
  const list = Array.from({ length: Math.floor(bytes / (wide ? 4 : 6)) }, () => {
    const [low, high] = [key(), key()].sort((x, y) => (random.chance(0.9) ? x - y : y - x));
    return wide ? [low!, high!] : [low!, high!, offset()];
  });
  const data = u16s(list.flat());
  while (data.length < bytes) data.push(random.below(256));
  return { kind, size: 'H', isLong: wide, k: offset(), data };
}

/** The key comes in AA; the verdict is the offset that was taken. */
const programOf = ({ kind, size, isLong, k, data }: TableWords, reg: number, n: number): Word[] => [
  encode('ld.abs', 0x18, { reg: 0, k: 0 }),
  ...(reg === 26 ? [encode('tax', 0, {})] : []),
  encode('jtbl', reg === 26 ? SRC_X : 0, { reg: reg === 26 ? 0 : reg, jt: sizes[size] | kind, k }),
  ...literal(isLong, data),
  ...Array.from({ length: n }, (_, i) => encode('exit', 0, { k: i })),
];

/** Edges of the table and of the sizes, and some keys by chance. */
function keysFor(random: Random, table: TableWords): bigint[] {
  const edges = [0, 1, 2, 3, 0xff, 0x100, 0x101, 0xffff, 0x10000, 0x10001, 0x80000000, 0xffffffff];
  const last = { 0: table.data.length * 8, 1: table.data.length / (table.isLong ? 4 : 2), 2: 0 }[table.kind];
  const base = table.kind === 0 ? Math.floor(table.k / 65536) : 0;
  const near = [base, base + last].flatMap((at) => [at - 1, at, at + 1]).filter((at) => at >= 0);
  const ends = table.kind === 2 ? [0, 2, 6, 8].map((at) => table.data[at]! + 256 * table.data[at + 1]!) : [];
  const beside = ends.filter((key) => !Number.isNaN(key)).flatMap((key) => [key + 0, key + 1, Math.max(0, key - 1)]);
  const chance = Array.from({ length: 12 }, () => base + random.below(random.pick([20, 400, 65536])));
  const high = BigInt(random.u32()) << 32n;
  return [...edges, ...near, ...beside, ...chance].flatMap((key) => [BigInt(key), BigInt(key) | high]);
}

test(`random tables go where the model says, or are refused (seed ${seed})`, () => {
  const random = randomFrom(seed + 70);
  const seen = new Map<string, number>();
  const count = (what: string): void => void seen.set(what, (seen.get(what) ?? 0) + 1);
  const packet = new Uint8Array(8);
  for (let i = 0; i < 1500; i++) {
    const n = 1 + random.below(random.pick([4, 40]));
    const table = randomTable(random, n);
    const code = programOf(table, random.pick([0, 32, 26]), n);
    const { goes, offsets } = model(table);
    if (offsets.some((offset) => offset >= n)) {
      const past = new Set(offsets.filter((offset) => offset >= n));
      expect(
        refusalsOf(program(code)).map((r) => r.code),
        listing(code),
      ).toEqual([...past].map(() => 'jump-range'));
      count('refused');
      continue;
    }
    const filter = loaded(program(code));
    for (const key of keysFor(random, table)) {
      new DataView(packet.buffer).setBigUint64(0, key);
      const verdict = filter.run(packet, 0, 8, 8);
      if (verdict !== goes(key)) expect(verdict, `key ${key}\n${listing(code)}`).toBe(goes(key));
    }
    count(`${['bitset', 'index', 'ranges'][table.kind]} ${table.size} ${table.isLong ? 'long' : 'short'}`);
  }
  const kinds = [
    ...['B', 'H', 'W'].flatMap((size) => [`bitset ${size} short`, `bitset ${size} long`]),
    ...['index B short', 'index H short', 'index H long', 'ranges H short', 'ranges H long'],
  ];
  expect([...seen.keys()].sort()).toEqual([...kinds, 'refused'].sort());
  for (const [what, n] of seen) expect(n, what).toBeGreaterThan(10);
});

test('every key of H in tables of ranges that overlap', () => {
  const random = randomFrom(seed + 71);
  const packet = new Uint8Array(8);
  for (const isLong of [false, true]) {
    const key = (): number => random.below(65536);
    const list = Array.from({ length: isLong ? 99 : 101 }, (_, i) => {
      const [low, high] = i % 10 === 0 ? [key(), key()] : [i * 600, i * 600 + random.below(900)];
      return isLong ? [low, high] : [low, high, 1 + (i % 7)];
    });
    const table: TableWords = { kind: 2, size: 'H', isLong, k: 8, data: u16s(list.flat()) };
    const filter = loaded(program(programOf(table, 0, 9)));
    const { goes } = model(table);
    let wrong = 0;
    for (let value = 0; value < 65536; value++) {
      packet.set([value >> 8, value & 255], 6);
      if (filter.run(packet, 0, 8, 8) !== goes(BigInt(value))) wrong++;
    }
    expect(wrong).toBe(0);
  }
});

describe('tables made to cost', () => {
  const size = defaultHost.programSize / 8;
  const jtbl = (jt: number, k = 0): Word => encode('jtbl', 0, { reg: 0, jt, k });
  const H = sizes.H;
  const exits = (n: number): Word[] => Array(n).fill(exit);
  const slots = (n: number, below: number): number[] => Array.from({ length: n }, (_, i) => (i * 7919) % below);
  const random = randomFrom(seed + 72);
  test.each<[string, () => Word[], number]>([
    [
      'one of as many targets as fit',
      () => [jtbl(1 | H), ...literal(true, u32s(slots(size, size / 2 - 9))), ...exits(size / 2 - 9)],
      0,
    ],
    [
      'one whose targets are all past the end',
      () => [jtbl(1 | H), ...literal(true, Array(size * 8 - 100).fill(255)), exit],
      1,
    ],
    [
      'as many ranges as fit',
      () => [
        jtbl(2 | H),
        ...literal(true, u16s(Array.from({ length: size * 4 - 20 }, () => random.below(65536)))),
        exit,
      ],
      0,
    ],
    [
      'ranges one in another',
      () => [
        jtbl(2 | H),
        ...literal(true, u16s(Array.from({ length: 30000 }, (_, i) => [30000 - i, 30000 + i]).flat())),
        exit,
      ],
      0,
    ],
    [
      'many small ones, to the next and far ahead',
      () => [...Array.from({ length: size / 2 - 1 }, () => [jtbl(0, 0), word(0x0f, 255, 255)]).flat(), exit, exit],
      0,
    ],
    [
      'many of 4095 slots to one place',
      () => [
        ...Array.from({ length: size / 1025 }, () => [jtbl(1 | H), ...literal(false, u16s(slots(4095, 1)))]).flat(),
        exit,
      ],
      0,
    ],
    [
      'many of 4095 slots to as many places',
      () => {
        const part = [jtbl(1 | H), ...literal(false, u16s(slots(4095, 4095))), ...exits(4095)];
        return Array.from({ length: size / part.length }, () => part).flat();
      },
      0,
    ],
  ])('%s', (_, make, refusals) => {
    const code = make();
    expect(code.length).toBeGreaterThan(15000);
    const start = performance.now();
    const result = validate(program(code), defaultHost);
    expect(performance.now() - start).toBeLessThan(4000);
    expect(result.refusals?.length ?? 0).toBe(refusals);
  });

  test('a table of a hundred thousand ranges costs a run little', () => {
    const list = Array.from({ length: 100001 }, (_, i) => [(i * 2) % 65536, (i * 2) % 65536]).flat();
    const odd = encode('ld.imm', 0, { reg: 0, k: 65535 });
    const filter = loaded(
      program([odd, jtbl(2 | H, 1), ...literal(true, u16s(list)), encode('exit', 0, { k: 2 }), exit]),
    );
    const start = performance.now();
    for (let i = 0; i < 20000; i++) expect(filter.run(new Uint8Array(0), 0, 0, 0) === 2).toBe(true);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});
