/** Lookups of 16-bit keys, which become jump tables: every key of tables of many shapes, and targets that are far. */
import { describe, expect, test } from 'vitest';
import { compile } from '../../compiler/index.ts';
import { rng } from '../../scripts/packets.mjs';
import { decode, load } from '../../vm/index.ts';

const seed = 7;

function filterOf(source: string) {
  const { program, bytes, diagnostics } = compile(source);
  if (program === undefined) throw new Error(JSON.stringify(diagnostics));
  const { filter, refusals } = load(bytes);
  if (filter === undefined) throw new Error(JSON.stringify(refusals));
  const jump = program.code.find((word) => decode(word)?.mnemonic === 'jtbl');
  return { filter, kind: jump === undefined ? undefined : jump.jt & 7 };
}

/** Runs the filter with every 16-bit number at the start of its packet. */
function verdicts(source: string): number[] {
  const { filter } = filterOf(source);
  const packet = new Uint8Array(2);
  return Array.from({ length: 0x10000 }, (_, key) => {
    packet.set([key >> 8, key & 0xff]);
    return filter.run(packet, 0, 2, 2);
  });
}

const random = rng(seed);
/** Keys whose neighbours are keys too with some likelihood. */
function randomKeys(count: number): number[] {
  const keys = new Set<number>();
  while (keys.size < count) {
    let key = random.below(0x10000);
    do keys.add(key & 0xffff);
    while (random.below(3) === 0 && keys.size < count && key++);
  }
  return [...keys];
}

const BITSET = 0;
const RANGES = 2;

describe(`tables of 16-bit keys (seed ${seed})`, () => {
  test.each([1, 2, 3, 4, 20, 300, 3000])('a set of %i, spread', (count) => {
    const keys = randomKeys(count);
    const source = `local t = { ${keys.map((key) => `[${key}] = true`).join(', ')} }
return function(pkt) return t[pkt:u16(0)] end`;
    const all = new Set(keys);
    expect(verdicts(source)).toEqual(Array.from({ length: 0x10000 }, (_, key) => (all.has(key) ? 0xffffffff : 0)));
  });

  test.each([2, 5, 100, 800])('a map of %i to few values', (count) => {
    const entries = randomKeys(count).map((key) => [key, 1 + random.below(5)] as const);
    const source = `local t = { ${entries.map(([key, value]) => `[${key}] = ${value}`).join(', ')} }
return function(pkt) return t[pkt:u16(0)] end`;
    const values = new Map(entries);
    expect(verdicts(source)).toEqual(Array.from({ length: 0x10000 }, (_, key) => values.get(key) ?? 0));
  });

  test('a set is a bit a key where keys are close, else ranges; both ends of the keys are among them', () => {
    const set = (keys: readonly number[]): string =>
      `local t = { ${keys.map((key) => `[${key}] = true`).join(', ')} }\nreturn function(pkt) return t[pkt:u16(0)] end`;
    const odd = Array.from({ length: 500 }, (_, i) => 64536 + 2 * i + 1);
    expect(filterOf(set(odd)).kind).toBe(BITSET);
    expect(filterOf(set([0, 40000, 65535])).kind).toBe(RANGES);
    for (const keys of [odd, [0, 40000, 65535]]) {
      const all = new Set(keys);
      expect(verdicts(set(keys)).every((verdict, key) => verdict > 0 === all.has(key))).toBe(true);
    }
  });

  test.each([
    ['ranges', [0, 40000, 65535]],
    ['bitset', Array.from({ length: 200 }, (_, i) => 2 * i)],
  ])('targets more than 65,535 instructions away: %s', (_, keys) => {
    // What is between is never run, and long.
    const filler = Array.from({ length: 17_000 }, (_, i) => `if pkt:u8(1) == ${i % 256} then n = n + ${i % 7} end`);
    const source = `local t = { ${keys.map((key) => `[${key}] = true`).join(', ')} }
return function(pkt)
  local n = 0
  if not t[pkt:u16(0)] then
    ${filler.join('\n    ')}
    return n > 0 and 1
  end
  return 2
end`;
    const { filter } = filterOf(source);
    const packet = new Uint8Array(2);
    const run = (key: number): number => {
      packet.set([key >> 8, key & 0xff]);
      return filter.run(packet, 0, 2, 2);
    };
    for (const key of keys) expect(run(key), String(key)).toBe(2);
    for (const key of [1, 39999, 40001, 65533]) expect(run(key), String(key)).toBe(1);
  });
});
