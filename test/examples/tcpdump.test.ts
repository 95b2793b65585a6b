/** Filters that tcpdump can express too, written in Lua, accept the very packets that tcpdump accepts. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { acceptedByTcpdump, tcpdumpVersion, twins } from '../../scripts/make-tcpdump-counts.mjs';
import { runCompiled } from '../support/run.ts';
import { accepted, generatedPackets, inProject, mixed, mixedFile, pcapOf } from './files.ts';

interface Fixture {
  readonly name: string;
  readonly expression: string;
  readonly accepted: readonly number[];
}

const { filters: fixtures } = JSON.parse(readFileSync(inProject('test/data/examples/tcpdump.json'), 'utf8')) as {
  readonly filters: readonly Fixture[];
};
const filters = twins().map((filter) => ({ ...filter, fixture: fixtures.find(({ name }) => name === filter.name) }));

const version = tcpdumpVersion();
const lacking = version === undefined ? ' (skipped: tcpdump is not installed)' : '';
const seed = 100;
const generated = generatedPackets(seed, 1000);
const generatedFile = pcapOf(generated);

/**
 * A header of ours is there only if it is whole and makes sense, where tcpdump looks at single bytes: on frames that
 * are cut or that lie the two part. Filters of raw loads do not.
 */
const readsHeaders = (source: string): boolean => /\bpkt\.(eth|vlan|ip|tcp|udp)\b/.test(source);

test('every fixture is of a filter, and there are at least 15', () => {
  expect(fixtures.map(({ name }) => name)).toEqual(filters.map(({ name }) => name));
  expect(filters.length).toBeGreaterThanOrEqual(15);
  expect(filters.filter(({ source }) => !readsHeaders(source)).length).toBeGreaterThanOrEqual(12);
});

describe.each(filters)('$name: $expression', ({ expression, source, fixture }) => {
  test('accepts the packets of mixed.pcap that tcpdump accepts', () => {
    expect(fixture?.expression).toBe(expression);
    expect(fixture!.accepted.length).toBeGreaterThan(0);
    expect(fixture!.accepted.length).toBeLessThan(mixed.length);
    expect(accepted(runCompiled(source, mixed))).toEqual(fixture!.accepted);
  });

  test.skipIf(version === undefined)(`and those that the installed tcpdump accepts${lacking}`, () => {
    expect(acceptedByTcpdump(mixedFile, expression)).toEqual(fixture?.accepted);
  });

  if (readsHeaders(source)) return;
  test.skipIf(version === undefined)(`and of ${generated.length} generated packets (seed ${seed})${lacking}`, () => {
    expect(accepted(runCompiled(source, generated))).toEqual(acceptedByTcpdump(generatedFile, expression));
  });
});
