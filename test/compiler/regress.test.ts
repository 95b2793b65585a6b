/**
 * Filters that once meant something else compiled than in stock Lua, or would with a mistake that `scripts/` plants, as
 * small as they could be made. Each stands in a
 * file with its packets, modules and arguments in comments.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engines } from '../oracle/engines.ts';
import type { Oracle } from '../oracle/lua.ts';
import { compare } from '../support/compare.ts';
import { readRegress, regressFolder, regressText } from '../support/regress.ts';
import { compiledFilter } from '../support/run.ts';

const files = readdirSync(regressFolder).filter((name) => name.endsWith('.lua'));

describe.each(engines)('$title', ({ missing, wide, start }) => {
  let lua: Oracle;
  beforeAll(async () => {
    if (!missing) lua = await start();
  });
  afterAll(() => lua?.close());

  test.skipIf(missing).each(files)('%s', async (name) => {
    const source = readFileSync(new URL(name, regressFolder), 'latin1');
    const { filter, packets } = readRegress(source);
    const { exceeds32 } = compiledFilter(filter);
    // A Lua of 32 bits means something else where values leave them.
    if (!wide && exceeds32 !== undefined) return expect(wide).toBe(false);
    const { difference } = await compare(filter, packets, lua);
    expect(difference, source).toBeUndefined();
  });
});

test('a file holds modules, arguments and several packets', () => {
  const filter = {
    text: 'return function(pkt) return 1 end',
    modules: { 'a.b': 'local M = {}\n\nreturn M\n', c: 'return 1\n' },
    args: { port: -80n, deep: true, name: '"\n\0\xff' },
  };
  const packets = [
    { bytes: Uint8Array.of(1, 255), wirelen: 60, writable: true },
    { bytes: new Uint8Array(0), wirelen: 0, writable: false },
  ];
  const text = regressText('why', filter, packets);
  expect(readRegress(text)).toEqual({ filter: { ...filter, text }, packets });
});
