import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { randomPacket, rng } from '../../scripts/packets.mjs';
import { fengari } from '../oracle/fengari.ts';
import type { Oracle, OraclePacket, Verdict } from '../oracle/lua.ts';
import { wasmoon } from '../oracle/wasmoon.ts';
import { randomFilter } from '../support/filters.ts';
import { runCompiled } from '../support/run.ts';

/** The fixed part of the campaign; FILTERS and SEED in the environment make it longer, or another. */
const seed = Number(process.env.SEED ?? 1);
const count = Number(process.env.FILTERS ?? 300);
const random = rng(seed);
const packets: readonly OraclePacket[] = Array.from({ length: 50 }, () => randomPacket(random));

const essence = ({ verdict, error }: Verdict): string => `${verdict} ${error ?? ''}`;

describe(`generated filters mean what stock Lua says (seed ${seed}, ${count} filters)`, () => {
  let lua: Oracle;
  beforeAll(async () => {
    lua = await wasmoon();
  });
  afterAll(() => lua.close());

  test('wasmoon, 64-bit integers', { timeout: 600_000 }, async () => {
    const outcomes = new Map<string, number>();
    for (let i = 0; i < count; i++) {
      const { source } = randomFilter(rng(seed * 1_000_003 + i), 'bits64');
      const expected = await lua.run(source, packets);
      const actual = runCompiled(source, packets);
      expect(actual.map(essence), `filter ${i}\n${source}`).toEqual(expected.map(essence));
      for (const { verdict, error } of expected) {
        const outcome = error ?? (verdict > 0 ? 'accept' : 'reject');
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
    }
    const total = count * packets.length;
    const shares = [...outcomes].map(([outcome, n]) => `${outcome} ${((100 * n) / total).toFixed(1)} %`);
    console.info(`${total} runs: ${shares.join(', ')}`);
    expect((outcomes.get('accept') ?? 0) + (outcomes.get('reject') ?? 0)).toBeGreaterThan(total * 0.4);
  });

  test('fengari, 32-bit integers', { timeout: 600_000 }, async () => {
    const small = fengari();
    for (let i = 0; i < count / 5; i++) {
      const { source } = randomFilter(rng(seed * 1_000_003 + i), 'bits32');
      const expected = await small.run(source, packets);
      expect(runCompiled(source, packets).map(essence), `filter ${i}\n${source}`).toEqual(expected.map(essence));
    }
    small.close();
  });
});
