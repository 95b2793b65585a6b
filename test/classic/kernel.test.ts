/**
 * The recorded programs in the running kernel: attached to a socket, each decides what arrives there. Nothing but the
 * length of what arrives is to be seen, so verdicts are cut to the packet, and the packets are whole.
 */

import { describe, expect, test } from 'vitest';
import { linkPackets, packetSeed } from '../../scripts/make-classic-fixtures.mjs';
import { peer } from '../../scripts/peers.mjs';
import type { OraclePacket } from '../oracle/lua.ts';
import { expectSame, linkPrograms, verdictsOf } from './programs.ts';

const kernel = peer('kernel');
const without = kernel.lacking === undefined ? '' : ` (skipped: ${kernel.lacking})`;

/** Where the kernel means something else than libpcap, and we mean what libpcap does. */
const otherwise: Readonly<Record<string, string>> = {
  'PPP: inbound': 'a load from 2^31 up reads what the kernel keeps beside the packet; elsewhere that lies outside',
  'PPP: outbound': 'the same',
  'EN10MB: ip[4] << ip[8] = 0': 'it shifts by the low five bits of X; elsewhere 32 and more give 0',
  'EN10MB: ip[len - 20] > 100': 'it wraps X + k at 32 bits, so an offset below 0 is one again; elsewhere it is outside',
};

describe.each(linkPrograms)(`$dlt (seed ${packetSeed})`, ({ dlt, programs }) => {
  const count = dlt === 'EN10MB' ? 3000 : 500;
  const run = programs.filter(({ expression }) => otherwise[`${dlt}: ${expression}`] === undefined);
  test.skipIf(without !== '')(`${run.length} programs cut ${count} packets to the kernel's lengths${without}`, () => {
    const packets: OraclePacket[] = linkPackets(dlt, count)
      .filter(({ bytes }) => bytes.length > 0)
      .map(({ bytes }) => ({ bytes, wirelen: bytes.length }));
    const codes = run.map(({ code }) => code);
    for (const [i, { status, verdicts }] of kernel.machine!(codes, packets).entries()) {
      const { code, title } = run[i]!;
      expect(status, title).toBe(0);
      const ours = verdictsOf(code, packets).map((verdict, at) => Math.min(verdict, packets[at]!.wirelen));
      expectSame(ours, verdicts, packets, title);
    }
  });
});
