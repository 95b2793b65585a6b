import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { randomPacket, rng } from '../../scripts/packets.mjs';
import { randomFilter } from '../support/filters.ts';
import { fengari } from './fengari.ts';
import type { Oracle, OraclePacket, Verdict } from './lua.ts';
import { hasLua54, lua54 } from './lua54.ts';
import { wasmoon } from './wasmoon.ts';

const random = rng(1);
const packets: readonly OraclePacket[] = Array.from({ length: 50 }, () => randomPacket(random));
const seeds = Array.from({ length: 100 }, (_, seed) => seed);

/** What the Luas have to agree on; their messages differ. */
const essence = ({ verdict, error }: Verdict) => `${verdict} ${error ?? ''}`;

/** JSON has no integers of 64 bits. */
const shown = (_: string, value: unknown) => (typeof value === 'bigint' ? `${value}` : value);

describe('generated filters', () => {
  let reference: Oracle;
  beforeAll(async () => {
    reference = await wasmoon();
  });
  afterAll(() => reference.close());

  async function compare(other: Oracle, mode: 'bits32' | 'bits64'): Promise<void> {
    for (const seed of seeds) {
      const filter = randomFilter(rng(seed), mode, seed % 2 === 1);
      const [ours, theirs] = [await reference.outcome(filter, packets), await other.outcome(filter, packets)];
      const title = `seed ${seed}, ${mode}\n${JSON.stringify(filter, shown, 1)}`;
      expect(theirs.verdicts.map(essence), title).toEqual(ours.verdicts.map(essence));
      expect(theirs.kept, title).toBe(ours.kept);
    }
    other.close();
  }

  test('mean the same in fengari where they stay within 32 bits', () => compare(fengari(), 'bits32'));

  test.skipIf(!hasLua54)(`mean the same in lua5.4${hasLua54 ? '' : ' (skipped: not installed)'}`, () =>
    compare(lua54(), 'bits64'),
  );

  test('mostly come to a verdict', async () => {
    const messages = new Set<string>();
    /** What `error` and `assert` say in them. */
    const own = /^(filter:\d+: )?(stop|here|a\tb|not so|assertion failed!)$/;
    const counts = { accept: 0, reject: 0, bounds: 0, zero: 0, type: 0, permission: 0, budget: 0, error: 0 };
    for (const seed of seeds) {
      const { text: source } = randomFilter(rng(seed));
      for (const { verdict, error, message = '' } of await reference.run(source, packets)) {
        counts[error ?? (verdict > 0 ? 'accept' : 'reject')]++;
        if (error === 'error') messages.add(message);
      }
    }
    const total = seeds.length * packets.length;
    const share = (count: number) => `${((100 * count) / total).toFixed(1)} %`;
    console.info(
      Object.entries(counts)
        .map(([kind, count]) => `${kind} ${share(count)}`)
        .join(', '),
    );
    expect(counts.accept).toBeGreaterThan(total * 0.2);
    expect(counts.reject).toBeGreaterThan(total * 0.2);
    expect(counts.accept + counts.reject).toBeGreaterThan(total * 0.4);
    expect(counts.bounds).toBeGreaterThan(0);
    expect(counts.type).toBeGreaterThan(0);
    expect(counts.zero).toBeGreaterThan(0);
    // The shim's own refusals would mean that the generator wrote what the language does not have.
    expect([...messages].filter((message) => !own.test(message))).toEqual([]);
    expect(counts.budget).toBe(0);
  });

  test('are the same for the same seed', () => {
    expect(randomFilter(rng(7))).toEqual(randomFilter(rng(7)));
    expect(randomFilter(rng(7), 'bits32').bits32).toBe(true);
    expect(randomFilter(rng(7), 'bits64').bits32).toBe(false);
  });
});
