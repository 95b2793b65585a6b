/**
 * Every row of the table of headers is what tshark shows in tcpdump's own captures too, real and deliberately
 * broken.
 */
import { describe, expect, test } from 'vitest';
import { linkStarts } from '../../compiler/protocols/linktypes.ts';
import { pcapOf } from '../../scripts/make-tshark-fixtures.mjs';
import { dissect, tsharkVersion } from '../../scripts/tshark.mjs';
import { absent, packetsByLinktype } from '../support/captures.ts';
import { compareHeader, headerNames, outermost } from './observe.ts';
import { protocolsOf } from './rows.ts';

const lacking = absent ?? (tsharkVersion() === undefined ? 'tshark is not installed' : '');

describe.skipIf(lacking !== '')(`in tcpdump's captures${lacking && ` (skipped: ${lacking})`}`, () => {
  test('every field is what tshark shows', () => {
    const protocols = new Set(['ip', 'ipv6', ...headerNames.flatMap(protocolsOf)]);
    const failures: string[] = [];
    let compared = 0;
    for (const [linktype, captured] of packetsByLinktype()) {
      if (!linkStarts.has(linktype)) continue;
      const frames = captured.map(({ bytes, wirelen }) => ({ bytes, wirelen }));
      const dissected = dissect(pcapOf({ linktype, frames }), [...protocols]);
      expect(dissected.length).toBe(captured.length);
      const packets = captured.map((packet, i) => ({ ...packet, linktype, layers: outermost(dissected[i]!) }));
      for (const header of headerNames) failures.push(...compareHeader(header, packets, 'jit').failures);
      compared += packets.length;
    }
    expect(failures).toEqual([]);
    expect(compared).toBeGreaterThan(100);
  });
});
