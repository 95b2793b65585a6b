/** The recorded programs of libpcap, ready to run, and how verdicts of whole packet lists are compared. */

import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { linkExpressions } from '../../scripts/classic-expressions.mjs';
import { parseClassicText, type Word } from '../../vm/index.ts';
import { inProject } from '../examples/files.ts';
import type { OraclePacket } from '../oracle/lua.ts';
import { loaded, program } from '../vm/words.ts';

/** One line of the fixture; `scripts/make-classic-fixtures.mjs` says what its fields are. */
interface Fixture {
  readonly dlt: string;
  readonly expression: string;
  readonly optimised: boolean;
  readonly snaplen: number;
  readonly program: string;
  readonly generated: { readonly accepted: number; readonly digest: string };
  /** For Ethernet: the numbers, from 1, of the packets of mixed.pcap that tcpdump accepts. */
  readonly accepted?: readonly number[];
}

export interface Recorded extends Fixture {
  /** The expression, and how it was compiled. */
  readonly title: string;
  readonly code: readonly Word[];
}

const fixtures = JSON.parse(
  readFileSync(inProject('test/data/classic/expressions.json'), 'utf8'),
) as readonly Fixture[];

/** Every program of the fixture. */
export const recorded: readonly Recorded[] = fixtures.map((fixture) => {
  const { program: parsed, problem } = parseClassicText(fixture.program);
  if (parsed === undefined) throw new Error(JSON.stringify(problem));
  const title = `${fixture.expression}${fixture.optimised ? '' : ', -O'}`;
  return { ...fixture, title, code: parsed.code };
});

/** The link types of the fixture, each with its programs. */
export const linkPrograms = linkExpressions.map(({ dlt, linktype }) => ({
  dlt,
  linktype,
  programs: recorded.filter((entry) => entry.dlt === dlt),
}));

/** The verdict on each packet. */
export function verdictsOf(code: readonly Word[], packets: readonly OraclePacket[]): Uint32Array {
  const filter = loaded(program(code, 'classic'));
  return Uint32Array.from(packets, ({ bytes, wirelen }) => filter.run(bytes, 0, bytes.length, wirelen));
}

/** Fails on the first packet, by its number from 1, of which the verdicts differ. */
export function expectSame(
  ours: Uint32Array,
  theirs: Uint32Array,
  packets: readonly OraclePacket[],
  what: string,
): void {
  expect(theirs.length, what).toBe(ours.length);
  const at = ours.findIndex((verdict, i) => verdict !== theirs[i]);
  if (at < 0) return;
  const { bytes, wirelen } = packets[at]!;
  const place = `${what}: packet ${at + 1}, ${wirelen} bytes on the wire: ${Buffer.from(bytes).toString('hex')}`;
  expect(ours[at], place).toBe(theirs[at]);
}
