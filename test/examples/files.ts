/** The files these tests read and keep: examples, packets, golden texts. `UPDATE_GOLDENS=1` writes the goldens anew. */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { CaptureReader, PcapWriter } from '../../capture/index.ts';
import type { FindModule } from '../../compiler/index.ts';
import { randomPacket, rng } from '../../scripts/packets.mjs';
import type { OraclePacket, Verdict } from '../oracle/lua.ts';

/** Whether goldens are written rather than compared. */
export const updating = process.env.UPDATE_GOLDENS === '1';

/** @param path from the project's root */
export const inProject = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

export interface Example {
  /** The file's name without `.lua`. */
  readonly name: string;
  /** The file, one character a byte. */
  readonly source: string;
}

/** The modules of `examples/lib/`, by what `require` calls them. */
export const modules: Readonly<Record<string, string>> = Object.fromEntries(
  readdirSync(inProject('examples/lib')).map((file) => [
    `lib.${file.slice(0, -'.lua'.length)}`,
    readFileSync(inProject(`examples/lib/${file}`), 'latin1'),
  ]),
);

/** Finds the modules of the examples, as the command line does. */
export const findModule: FindModule = (name) => {
  const text = modules[name];
  return text === undefined ? undefined : { text, file: `examples/${name.replaceAll('.', '/')}.lua` };
};

/** Every `examples/*.lua`, by name. */
export const examples: readonly Example[] = readdirSync(inProject('examples'))
  .filter((file) => file.endsWith('.lua'))
  .sort()
  .map((file) => ({
    name: file.slice(0, -'.lua'.length),
    source: readFileSync(inProject(`examples/${file}`), 'latin1'),
  }));

/** The bytes of `examples/captures/mixed.pcap`. */
export const mixedFile: Buffer = readFileSync(inProject('examples/captures/mixed.pcap'));

function packetsOf(file: Uint8Array): OraclePacket[] {
  const reader = new CaptureReader();
  reader.push(file);
  reader.end();
  const packets: OraclePacket[] = [];
  for (let packet = reader.next(); packet !== undefined; packet = reader.next()) {
    const { bytes, start, caplen, wirelen } = packet;
    packets.push({ bytes: Uint8Array.from(bytes.subarray(start, start + caplen)), wirelen, writable: true });
  }
  if (reader.problem !== undefined) throw new Error(JSON.stringify(reader.problem));
  return packets;
}

/** The packets of `examples/captures/mixed.pcap`, which filters may store to. */
export const mixed: readonly OraclePacket[] = packetsOf(mixedFile);

/** The packets of `examples/captures/odd.pcap`, likewise. */
export const odd: readonly OraclePacket[] = packetsOf(readFileSync(inProject('examples/captures/odd.pcap')));

export function generatedPackets(seed: number, count: number): OraclePacket[] {
  const random = rng(seed);
  return Array.from({ length: count }, () => ({ ...randomPacket(random), writable: true }));
}

/** A pcap of packets, each with a time of its own. */
export function pcapOf(packets: readonly OraclePacket[]): Buffer {
  const pieces: Buffer[] = [];
  const writer = new PcapWriter((piece) => pieces.push(Buffer.from(piece)));
  for (const [i, { bytes, wirelen }] of packets.entries())
    writer.write({ bytes, start: 0, caplen: bytes.length, wirelen, time: BigInt(i + 1) * 1_000_000n });
  writer.flush();
  return Buffer.concat(pieces);
}

/** The numbers, from 1, of the packets that are not rejected. */
export const accepted = (verdicts: readonly Verdict[]): number[] =>
  verdicts.flatMap(({ verdict }, i) => (verdict > 0 ? [i + 1] : []));

/** A verdict as text, in which only what every engine says alike is left. */
export const essence = ({ verdict, error, stored = '' }: Verdict): string => `${verdict} ${error ?? ''} ${stored}`;

/** Compares a text with a file of the project, or writes the file. */
export function expectGolden(path: string, text: string): void {
  const file = inProject(path);
  if (updating) writeFileSync(file, text);
  expect(text, `${path} is stale: UPDATE_GOLDENS=1 npx vitest run test/examples`).toBe(readFileSync(file, 'utf8'));
}
