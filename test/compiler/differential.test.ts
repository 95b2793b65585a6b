/**
 * Same meaning: random filters of every construct, compiled and in stock Lua, over random packets. The fixed part of the
 * campaign runs here; FILTERS and SEED in the environment make it longer or another, and `scripts/campaign.mjs` long.
 */
import { describe, expect, test } from 'vitest';
import { fengari } from '../oracle/fengari.ts';
import { wasmoon } from '../oracle/wasmoon.ts';
import { type Campaign, campaign, distribution, verdictShare } from '../support/campaign.ts';

const seed = Number(process.env.SEED ?? 1);
const count = Number(process.env.FILTERS ?? 500);
/** Whether failures are made small and written down; not where mutants are planted. */
const shrinks = process.env.SHRINK !== '0';
/** A campaign by time in place of a number of filters. */
const minutes = Number(process.env.MINUTES ?? 0);

const until = (filters: number): ((done: number) => boolean) => {
  const end = performance.now() + minutes * 60_000;
  return minutes > 0 ? () => performance.now() < end : (done) => done < filters;
};

/** What every campaign must have seen both accept and reject. */
const wanted = [
  ...['if', 'do', 'while', 'repeat', 'for', 'for with a step', 'ipairs', 'iterator', 'break', 'goto next', 'goto out'],
  ...['goto skip', 'return in a loop', 'return of several', 'local of several', 'assignment of several', 'adjustment'],
  ...['lookup', 'string', 'slice', 'find', 'starts', 'store', 'print', 'error', 'assert', 'load', 'and', 'or'],
  ...[
    'payload_len',
    'call',
    'call in a function',
    "call of a table's function",
    'math.min',
    'math.max',
    'math.abs',
    'math.ult',
  ],
  ...['+', '-', '*', '//', '%', '&', '|', '~', '<<', '>>', '==', '~=', '<', '<=', '>', '>='],
  ...['unary -', 'unary ~', 'unary not', 'unary #'],
  ...['state index', 'state get', 'state set', 'state add', 'state delete', 'contains', 'args', 'net'],
  ...['member of a module', "call of a module's function"],
];

function judge(done: Campaign): void {
  console.info(distribution(done));
  expect(done.failures.join('\n\n')).toBe('');
  expect(verdictShare(done)).toBeGreaterThan(0.4);
  expect(done.rejected).toBeLessThanOrEqual(Math.max(2, done.filters * 0.03));
}

describe(`random filters mean what stock Lua says (seed ${seed})`, () => {
  test('wasmoon, 64-bit integers', { timeout: 3_600_000 }, async () => {
    const lua = await wasmoon();
    const done = await campaign(lua, { seed, mode: 'bits64', shrinks, goesOn: until(count) });
    lua.close();
    judge(done);
    const without = wanted.filter((name) => {
      const tally = done.constructs.get(name);
      return tally === undefined || tally.accept === 0 || tally.reject === 0;
    });
    expect(without, 'constructs that were not seen with both verdicts').toEqual([]);
  });

  test('fengari, 32-bit integers', { timeout: 3_600_000 }, async () => {
    const lua = fengari();
    const done = await campaign(lua, { seed, mode: 'bits32', shrinks, goesOn: until(count / 10) });
    lua.close();
    judge(done);
  });
});
