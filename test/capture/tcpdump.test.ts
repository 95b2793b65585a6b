/** Real and deliberately broken captures, read beside tcpdump: the same packets, or a problem where it has one too. */

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { readAll } from './files.ts';

const folder = fileURLToPath(new URL('../../../shared/captures/', import.meta.url));
const names = existsSync(folder) ? readdirSync(folder).filter((name) => /\.pcap(ng)?$/.test(name)) : [];
const tcpdump = spawnSync('tcpdump', ['--version']).status === 0;
const lacking = names.length === 0 ? 'the captures are not at hand' : tcpdump ? '' : 'tcpdump is not installed';

/** The records of a pcap that tcpdump wrote in this machine's order, and whether it was content. */
function byTcpdump(path: string): { records: string[]; content: boolean } {
  const run = spawnSync('tcpdump', ['-r', path, '-w', '-'], { maxBuffer: 1 << 28 });
  const records: string[] = [];
  for (let at = 24; at + 16 <= run.stdout.length; ) {
    const caplen = run.stdout.readUInt32LE(at + 8);
    records.push(
      `${run.stdout.readUInt32LE(at + 12)} ${run.stdout.subarray(at + 16, at + 16 + caplen).toString('hex')}`,
    );
    at += 16 + caplen;
  }
  return { records, content: run.status === 0 };
}

it.skipIf(lacking !== '')(
  `reads what tcpdump reads${lacking && ` (skipped: ${lacking})`}`,
  { timeout: 120_000 },
  () => {
    let compared = 0;
    for (const name of names) {
      const ours = readAll(readFileSync(folder + name), () => 65_536);
      const theirs = byTcpdump(folder + name);
      const records = ours.packets.map((packet) => `${packet.wirelen} ${Buffer.from(packet.data).toString('hex')}`);
      if (theirs.content) {
        expect(ours.problem, name).toBeUndefined();
        expect(records, name).toEqual(theirs.records);
      } else {
        // tcpdump also stops where it does not support what pcapng may do; what it gave before that agrees.
        expect(records.slice(0, theirs.records.length), name).toEqual(theirs.records);
        if (ours.format === 'pcap') expect(ours.packets.length, name).toBe(theirs.records.length);
      }
      compared += 1;
    }
    expect(compared).toBe(names.length);
  },
);
