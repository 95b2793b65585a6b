/**
 * The recorded programs on real and deliberately broken captures, read by our own reader: each packet gets the
 * programs of its link type, or those of Ethernet where libpcap has none of its own for it.
 */

import { expect, test } from 'vitest';
import { peer } from '../../scripts/peers.mjs';
import { absent, packetsByLinktype } from '../support/captures.ts';
import { expectSame, linkPrograms, verdictsOf } from './programs.ts';

const libpcap = peer('libpcap');
const lacking = absent ?? libpcap.lacking ?? '';

test.skipIf(lacking !== '')(`say what libpcap says of every packet${lacking && ` (skipped: ${lacking})`}`, () => {
  const ethernet = linkPrograms.find(({ dlt }) => dlt === 'EN10MB')!;
  const captured = packetsByLinktype();
  expect(captured.size).toBeGreaterThan(0);
  for (const [linktype, packets] of captured) {
    const { dlt, programs } = linkPrograms.find((type) => type.linktype === linktype) ?? ethernet;
    const codes = programs.map(({ code }) => code);
    for (const [i, { status, verdicts }] of libpcap.machine!(codes, packets).entries()) {
      const what = `link type ${linktype}, ${dlt}: ${programs[i]!.title}`;
      expect(status, what).toBe(0);
      expectSame(verdictsOf(programs[i]!.code, packets), verdicts, packets, what);
    }
  }
});
