/**
 * Every row of the table of headers is what tshark shows, in recorded captures that have them all: the same headers in
 * the same packets, at the same offsets, with the same values. What is added to the table is compared too.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { HeaderName } from '../../compiler/index.ts';
import { linkStarts } from '../../compiler/protocols/linktypes.ts';
import { pcapOf, truthText } from '../../scripts/make-tshark-fixtures.mjs';
import { tsharkVersion } from '../../scripts/tshark.mjs';
import { inProject } from '../examples/files.ts';
import { differences, incomparable, unshown, valueDifferences } from './differences.ts';
import { type Comparison, compareHeader, headerNames } from './observe.ts';
import { captures } from './recorded.ts';
import { rowsOf } from './rows.ts';

const known = captures.filter(({ linktype }) => linkStarts.has(linktype));

/** What comparing gives, by header and capture, on both engines. */
const comparisons = new Map<string, readonly Comparison[]>();
function compared(header: HeaderName, { name, packets }: (typeof known)[number]): readonly Comparison[] {
  const key = `${header} ${name}`;
  const found =
    comparisons.get(key) ?? (['interpreter', 'jit'] as const).map((engine) => compareHeader(header, packets, engine));
  comparisons.set(key, found);
  return found;
}
const all = () => headerNames.flatMap((header) => known.flatMap((capture) => compared(header, capture)));

describe.each(headerNames)('pkt.%s', (header) => {
  test.each(known.map((capture) => [capture.name, capture] as const))('in %s.pcap', (_, capture) => {
    for (const { failures } of compared(header, capture)) expect(failures).toEqual([]);
  });
});

test('every row has a packet that shows it, with a value but 0 and false', () => {
  const rows = headerNames.flatMap((header) => rowsOf(header).map(({ path }) => `${header}.${path}`));
  const names = rows.filter((name) => !Object.hasOwn(incomparable, name));
  expect(names.length).toBeGreaterThan(40);
  const seen = new Set(all().flatMap((comparison) => [...comparison.seen]));
  expect(names.filter((name) => !seen.has(name))).toEqual([]);
  expect(Object.keys(incomparable).filter((name) => !rows.includes(name))).toEqual([]);
});

test('every difference is met', () => {
  const met = new Set(all().flatMap((comparison) => [...comparison.met]));
  const missed = [...differences, ...unshown, ...valueDifferences].filter((difference) => !met.has(difference));
  expect(missed.map(({ reason }) => reason)).toEqual([]);
});

describe.each(captures)('$name.pcap', ({ name, linktype, frames, text, tshark, recorded }) => {
  test('is what the script makes, with as many packets as were recorded', () => {
    const file = readFileSync(inProject(`test/data/tshark/${name}.pcap`));
    expect(file.equals(pcapOf({ linktype, frames }))).toBe(true);
    expect(recorded).toBe(frames.length);
  });

  const version = tsharkVersion();
  const lacking = version === undefined ? 'tshark is not installed' : `recorded of ${tshark}, ${version} is installed`;
  const skipped = version === tshark ? '' : ` (skipped: ${lacking})`;
  test.skipIf(skipped !== '')(`is recorded as the installed tshark shows it${skipped}`, () => {
    expect(truthText(tshark, pcapOf({ linktype, frames }))).toBe(text);
  });
});
