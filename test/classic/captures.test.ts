/**
 * The recorded programs on real and deliberately broken captures, read by our own reader: each packet gets the
 * programs of its link type, or those of Ethernet where libpcap has none of its own for it.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { peer } from '../../scripts/peers.mjs';
import { readAll } from '../capture/files.ts';
import { inProject } from '../examples/files.ts';
import type { OraclePacket } from '../oracle/lua.ts';
import { expectSame, linkPrograms, verdictsOf } from './programs.ts';

/** tcpdump's own captures, beside the checkout or where the environment says. */
const folder = process.env.LUABPF_CAPTURES ?? inProject('../shared/captures');
const names = existsSync(folder) ? readdirSync(folder).filter((name) => /\.pcap(ng)?$/.test(name)) : [];
const libpcap = peer('libpcap');
const absent = `no captures in ../shared/captures beside the checkout, nor in LUABPF_CAPTURES`;
const lacking = names.length === 0 ? absent : (libpcap.lacking ?? '');

/** The packets of all captures, by link type; a file that cannot be read to its end gives those before that place. */
function packetsByLinktype(): Map<number, OraclePacket[]> {
  const found = new Map<number, OraclePacket[]>();
  for (const name of names) {
    for (const { linktype, data, wirelen } of readAll(readFileSync(join(folder, name))).packets) {
      const packets = found.get(linktype) ?? [];
      packets.push({ bytes: Uint8Array.from(data), wirelen });
      found.set(linktype, packets);
    }
  }
  return found;
}

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
