/**
 * Filters that once meant something else compiled than in stock Lua, or would with a mistake that `scripts/` plants, as
 * small as they could be made. Each stands in a
 * file with its packet in a comment: `-- packet WIRELEN[ writable]: HEX`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compile } from '../../compiler/index.ts';
import { engines } from '../oracle/engines.ts';
import type { Oracle } from '../oracle/lua.ts';
import { compare } from '../support/compare.ts';
import { packetOf, regressFolder } from '../support/regress.ts';

const files = readdirSync(regressFolder).filter((name) => name.endsWith('.lua'));

describe.each(engines)('$title', ({ missing, wide, start }) => {
  let lua: Oracle;
  beforeAll(async () => {
    if (!missing) lua = await start();
  });
  afterAll(() => lua?.close());

  test.skipIf(missing).each(files)('%s', async (name) => {
    const source = readFileSync(new URL(name, regressFolder), 'latin1');
    const { exceeds32 } = compile(source);
    // A Lua of 32 bits means something else where values leave them.
    if (!wide && exceeds32 !== undefined) return expect(wide).toBe(false);
    const { difference } = await compare(source, [packetOf(source)], lua);
    expect(difference, source).toBeUndefined();
  });
});
