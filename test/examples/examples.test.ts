/** The examples: what they compile to, what they accept, and that stock Lua says the same of every packet. */

import { readdirSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listing } from '../../cli/listing.ts';
import { compile } from '../../compiler/index.ts';
import type { Oracle, OraclePacket, Verdict } from '../oracle/lua.ts';
import { wasmoon } from '../oracle/wasmoon.ts';
import { runCompiled } from '../support/run.ts';
import { compiled } from './compiled.ts';
import {
  accepted,
  essence,
  examples,
  expectGolden,
  findModule,
  generatedPackets,
  inProject,
  mixed,
  modules,
  odd,
  updating,
} from './files.ts';

const listingPath = (name: string): string => `test/data/examples/${name}.lst`;
const expectedPath = 'test/data/examples/expected.json';
const names = new Set(examples.map(({ name }) => name));
const seed = 64;
const generated = generatedPackets(seed, 500);

const run = (source: string, packets: readonly OraclePacket[]): Verdict[] =>
  runCompiled({ text: source, modules }, packets);

let lua: Oracle;
beforeAll(async () => {
  lua = await wasmoon();
});
afterAll(() => lua.close());

describe.each(examples)('examples: $name', ({ name, source }) => {
  test('compiles for Ethernet', () => {
    const { diagnostics } = compile(source, { linktype: 1, findModule });
    expect(diagnostics ?? []).toEqual([]);
  });

  test('compiles to its golden listing', () => {
    const file = `examples/${name}.lua`;
    expectGolden(listingPath(name), listing(compiled(source, file).program, file, source));
  });

  test('accepts some packets of the captures and rejects some', () => {
    const packets = [...mixed, ...odd];
    const count = accepted(run(source, packets)).length;
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThan(packets.length);
  });

  test.each([
    { what: `the ${mixed.length} packets of mixed.pcap`, packets: mixed },
    { what: `the ${odd.length} packets of odd.pcap`, packets: odd },
    { what: `${generated.length} generated packets (seed ${seed})`, packets: generated },
  ])('means what stock Lua says, on $what', async ({ packets }) => {
    const expected = await lua.run({ text: source, modules }, packets);
    expect(expected.length).toBe(packets.length);
    expect(run(source, packets).map(essence)).toEqual(expected.map(essence));
  });
});

test('the packets of the captures that each example accepts are the expected ones', () => {
  const entries = examples.map(({ name, source }) => {
    const told = [mixed, odd].map((packets) => {
      const verdicts = run(source, packets);
      const faults = verdicts.flatMap(({ error }, i) => (error === undefined ? [] : [i + 1]));
      return { accepted: accepted(verdicts), faults };
    });
    return `${JSON.stringify(name)}:${JSON.stringify({ mixed: told[0], odd: told[1] })}`;
  });
  expectGolden(expectedPath, `{\n${entries.join(',\n')}\n}\n`);
});

test('every listing is of an example', () => {
  const folder = inProject('test/data/examples/');
  const stale = readdirSync(folder).filter(
    (file) => file.endsWith('.lst') && !names.has(file.slice(0, -'.lst'.length)),
  );
  if (updating) for (const file of stale) rmSync(folder + file);
  else expect(stale).toEqual([]);
});
