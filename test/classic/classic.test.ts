/**
 * What libpcap compiles runs on our machine as on its own: every program of the fixture, on the packets of mixed.pcap
 * and on generated ones of its link type.
 */

import { beforeAll, describe, expect, test } from 'vitest';
import {
  compiledByTcpdump,
  linkPackets,
  packetCount,
  packetSeed,
  summary,
} from '../../scripts/make-classic-fixtures.mjs';
import { tcpdumpVersion } from '../../scripts/make-tcpdump-counts.mjs';
import { peer } from '../../scripts/peers.mjs';
import { mixed } from '../examples/files.ts';
import type { OraclePacket } from '../oracle/lua.ts';
import { expectSame, linkPrograms, recorded, verdictsOf } from './programs.ts';

const ethernet = recorded.filter(({ dlt }) => dlt === 'EN10MB');

/** The fixture does not say which tcpdump made it: this one did. */
const recordedWith = '4.99.3, libpcap 1.10.3';
const libpcapOf = (version: string): string => version.split(', ')[1]!;
const installed = tcpdumpVersion();
const lacking = installed === undefined ? 'tcpdump is not installed' : '';

/** The numbers, from 1, of the packets with a verdict above 0. */
const acceptedOf = (verdicts: Uint32Array): number[] =>
  [...verdicts].flatMap((verdict, i) => (verdict > 0 ? [i + 1] : []));

test('there are at least 150 expressions for Ethernet, and programs that no optimiser saw', () => {
  expect(new Set(ethernet.map(({ expression }) => expression)).size).toBeGreaterThanOrEqual(150);
  expect(recorded.filter(({ optimised }) => !optimised).length).toBeGreaterThanOrEqual(100);
});

/** Programs that say the same of every packet. */
const oneSided: Readonly<Record<string, string>> = {
  'IEEE802: llc': 'every frame of Token Ring has it, to libpcap',
  'PPP: inbound': 'Linux keeps the direction beside the packet',
  'PPP: outbound': 'Linux keeps the direction beside the packet',
  'LINUX_SLL: isis': 'libpcap asks one byte for two values',
  'FRELAY: tcp port 80': 'libpcap takes the header of the frame for that of IP',
};

test('all others accept some of the generated packets, and refuse some', () => {
  const found = recorded.filter(({ generated }) => [0, packetCount].includes(generated.accepted));
  const names = found.map(({ dlt, expression }) => `${dlt}: ${expression}`);
  expect([...new Set(names)].sort()).toEqual(Object.keys(oneSided).sort());
});

test.each(ethernet)('mixed.pcap: $title', ({ code, accepted, snaplen }) => {
  const verdicts = verdictsOf(code, mixed);
  expect(acceptedOf(verdicts)).toEqual(accepted);
  for (const verdict of verdicts) expect([0, snaplen]).toContain(verdict);
});

const libpcap = peer('libpcap');
const without = libpcap.lacking === undefined ? '' : ` (skipped: ${libpcap.lacking})`;

describe.each(linkPrograms)(`$dlt, $programs.length programs (seed ${packetSeed})`, ({ dlt, programs }) => {
  let packets: readonly OraclePacket[] = [];
  let ours: readonly Uint32Array[] = [];
  beforeAll(() => {
    packets = linkPackets(dlt);
    ours = programs.map(({ code }) => verdictsOf(code, packets));
  });

  test(`say what was recorded of libpcap on ${packetCount} generated packets`, () => {
    for (const [i, { generated, title }] of programs.entries()) expect(summary(ours[i]!), title).toEqual(generated);
  });

  test.skipIf(without !== '')(`say what libpcap says of each of ${packetCount} generated packets${without}`, () => {
    const codes = programs.map(({ code }) => code);
    for (const [i, { status, verdicts }] of libpcap.machine!(codes, packets).entries()) {
      expect(status, programs[i]!.title).toBe(0);
      expectSame(ours[i]!, verdicts, packets, programs[i]!.title);
    }
  });
});

const every = 5;
const other =
  lacking === '' && libpcapOf(installed!) !== libpcapOf(recordedWith) ? `it has ${libpcapOf(installed!)}` : '';
const reason = lacking || other;
test.skipIf(reason !== '')(
  `the installed tcpdump compiles every ${every}th expression to what is recorded${reason && ` (skipped: ${reason})`}`,
  () => {
    const sample = recorded.filter((_, i) => i % every === 0);
    for (const entry of sample) expect(compiledByTcpdump(entry), entry.title).toBe(entry.program);
  },
);
