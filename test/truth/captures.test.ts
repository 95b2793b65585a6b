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

/** What differs in these captures alone, by design, as it is told. */
const differing: readonly { readonly reason: string; readonly told: readonly string[] }[] = [
  {
    reason: 'the first name of a message has nothing before it that it could point to; tshark goes on behind it',
    told: [
      'dns_fwdptr.pcap, packet 1, dns.qtype: nil; tshark: 507',
      'dns_fwdptr.pcap, packet 1, dns.qclass: nil; tshark: 0x0301',
    ],
  },
  {
    reason: 'DNS is what goes from or to its ports; tshark also knows 8053',
    told: [1, 2].map((packet) => `dns_udp_8053.pcap, packet ${packet}, dns: nil; tshark: eth ip udp dns`),
  },
  {
    reason: 'a header is there as far as it is captured; tshark ends it with the length of IPv4, in its middle',
    told: [
      'rtp-seg-fault-1.pcapng, packet 1, dns.count.auth_rr: 805; tshark: nothing',
      'rtp-seg-fault-1.pcapng, packet 1, dns.count.add_rr: 29440; tshark: nothing',
    ],
  },
];

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
    expect(failures.toSorted()).toEqual(differing.flatMap(({ told }) => told).toSorted());
    expect(compared).toBeGreaterThan(100);
  });
});
