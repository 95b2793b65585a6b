/** What tcpdump compiles runs on our machine: every program of the fixture accepts what tcpdump accepted. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { acceptedByTcpdump, tcpdumpVersion } from '../../scripts/make-tcpdump-counts.mjs';
import { type Interpreter, load, parseClassicText } from '../../vm/index.ts';
import { generatedPackets, inProject, mixed, pcapOf } from '../examples/files.ts';
import type { OraclePacket } from '../oracle/lua.ts';

interface Fixture {
  readonly expression: string;
  /** Whether tcpdump's optimiser was on. */
  readonly optimised: boolean;
  /** What an accepted packet returns. */
  readonly snaplen: number;
  /** The text of `tcpdump -ddd`. */
  readonly program: string;
  readonly accepted: readonly number[];
}

const fixtures = JSON.parse(
  readFileSync(inProject('test/data/classic/expressions.json'), 'utf8'),
) as readonly Fixture[];
const cases = fixtures.map((fixture) => ({ ...fixture, level: fixture.optimised ? '' : ', -O' }));

/** The fixture does not say which tcpdump made it: this one did. */
const recordedWith = '4.99.3, libpcap 1.10.3';
const libpcap = (version: string): string => version.split(', ')[1]!;
const installed = tcpdumpVersion();
const lacking = installed === undefined ? 'tcpdump is not installed' : '';

function loaded({ program: text }: Fixture): Interpreter {
  const { program, problem } = parseClassicText(text);
  if (program === undefined) throw new Error(JSON.stringify(problem));
  const { filter, refusals } = load(program);
  if (filter === undefined) throw new Error(JSON.stringify(refusals));
  return filter;
}

/** Verdicts of the accepted packets by their numbers, from 1. */
function verdicts(fixture: Fixture, packets: readonly OraclePacket[]): Map<number, number> {
  const filter = loaded(fixture);
  const found = packets.map(({ bytes, wirelen }, i): [number, number] => {
    return [i + 1, filter.run(bytes, 0, bytes.length, wirelen)];
  });
  return new Map(found.filter(([, verdict]) => verdict > 0));
}

test('there are at least 40 expressions, with and without the optimiser', () => {
  expect(new Set(fixtures.map(({ expression }) => expression)).size).toBeGreaterThanOrEqual(40);
  expect(fixtures.filter(({ optimised }) => !optimised).length).toBeGreaterThanOrEqual(10);
});

test.each(cases)('$expression$level', (fixture) => {
  expect(fixture.accepted.length).toBeGreaterThan(0);
  expect(fixture.accepted.length).toBeLessThan(mixed.length);
  const found = verdicts(fixture, mixed);
  expect([...found.keys()]).toEqual(fixture.accepted);
  expect([...new Set(found.values())]).toEqual([fixture.snaplen]);
});

describe('beside the installed tcpdump', () => {
  const other = lacking === '' && libpcap(installed!) !== libpcap(recordedWith) ? `it has ${libpcap(installed!)}` : '';
  const reason = lacking || other;
  test.skipIf(reason !== '')(`-ddd prints the recorded programs${reason && ` (skipped: ${reason})`}`, () => {
    for (const { expression, optimised, snaplen, program } of fixtures) {
      const options = [...(optimised ? [] : ['-O']), '-y', 'EN10MB', '-s', `${snaplen}`, '-ddd', expression];
      const text = execFileSync('tcpdump', options, { stdio: ['ignore', 'pipe', 'ignore'] }).toString('latin1');
      expect(text, expression).toBe(program);
    }
  });

  const seed = 32;
  const count = 2000;
  const title = `every program accepts what it accepts of ${count} generated packets (seed ${seed})`;
  test.skipIf(lacking !== '')(`${title}${lacking && ` (skipped: ${lacking})`}`, { timeout: 60_000 }, () => {
    const packets = generatedPackets(seed, count);
    const file = pcapOf(packets);
    const byTcpdump = new Map<string, readonly number[]>();
    for (const fixture of fixtures) {
      const { expression } = fixture;
      const expected = byTcpdump.get(expression) ?? acceptedByTcpdump(file, expression);
      byTcpdump.set(expression, expected);
      expect([...verdicts(fixture, packets).keys()], expression).toEqual(expected);
    }
  });
});
