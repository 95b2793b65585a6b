/** The recorded programs of libpcap, ready to run, and how verdicts of whole packet lists are compared. */

import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { linkExpressions } from '../../scripts/classic-expressions.mjs';
import { MachineMemory, parseClassicText, record, type Word } from '../../vm/index.ts';
import { inProject } from '../examples/files.ts';
import type { OraclePacket } from '../oracle/lua.ts';
import { compiled, interpreted, program } from '../vm/words.ts';

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

/** The verdict on each packet: the interpreter's, of whom the compiled program, which takes them all at once, must not differ. */
export function verdictsOf(code: readonly Word[], packets: readonly OraclePacket[]): Uint32Array {
  const of = program(code, 'classic');
  const filter = interpreted(of);
  const verdicts = Uint32Array.from(packets, ({ bytes, wirelen }) => filter.run(bytes, 0, bytes.length, wirelen));
  const { memory, records } = placed(packets);
  compiled(of, { memory }).batch(records, packets.length);
  const words = memory.words.subarray(records / 4, records / 4 + (packets.length * record.size) / 4);
  const other = Uint32Array.from(packets, (_, i) => words[(i * record.size + record.verdict) / 4]!);
  expectSame(verdicts, other, packets, 'compiled');
  return verdicts;
}

/** Packets in a memory, with their records. */
interface Placed {
  readonly memory: MachineMemory;
  readonly records: number;
}

const places = new WeakMap<readonly OraclePacket[], Placed>();

function placed(packets: readonly OraclePacket[]): Placed {
  const known = places.get(packets);
  if (known !== undefined) return known;
  const memory = new MachineMemory();
  const records = memory.allocate(packets.length * record.size).at;
  let { at } = memory.allocate(packets.reduce((sum, { bytes }) => sum + bytes.length, 0));
  for (const [i, { bytes, wirelen }] of packets.entries()) {
    memory.bytes.set(bytes, at);
    memory.words.set([at, bytes.length, wirelen], (records + i * record.size) / 4);
    at += bytes.length;
  }
  places.set(packets, { memory, records });
  return { memory, records };
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
