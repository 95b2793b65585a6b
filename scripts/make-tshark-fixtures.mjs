// @ts-check
/**
 * Writes `test/data/tshark/`: the captures of `tshark-packets.mjs`, and beside each, as JSON, what tshark sees in its
 * packets. Needs tshark; run it after a change to the packets: `node scripts/make-tshark-fixtures.mjs`.
 *
 * A packet is a line, a list of layers from the outermost: [protocol, its first byte, its bytes, its fields]. A field
 * whose name begins with the protocol's has it left out (`.srcport` of `tcp`); one that occurs several times has a list.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join, u32 } from './packets.mjs';
import { dissect, tsharkVersion } from './tshark.mjs';
import { truthCaptures } from './tshark-packets.mjs';

/** @import { Layer } from './tshark.mjs' */
/** @import { TruthCapture } from './tshark-packets.mjs' */

const folder = fileURLToPath(new URL('../test/data/tshark/', import.meta.url));

/** 2026-01-05 08:00:00 UTC, in seconds. */
const START = 1_767_600_000;

/** @param {...number} words */
const littleEndian = (...words) => words.flatMap((word) => u32(word).reverse());

/** As pcap, a packet a second. @param {Pick<TruthCapture, 'linktype' | 'frames'>} capture @returns {Uint8Array} */
export const pcapOf = ({ linktype, frames }) =>
  join(
    littleEndian(0xa1b2c3d4, 0x0004_0002, 0, 0, 262_144, linktype),
    ...frames.map(({ bytes, wirelen }, i) => join(littleEndian(START + i, 0, bytes.length, wirelen), bytes)),
  );

/** What a payload's bytes are is no field of a header; neither is what is this long. */
const longest = 250;

/** @param {Layer} layer */
function packed({ protocol, at, size, fields }) {
  const entries = Object.entries(fields)
    .filter(([, values]) => values.every((value) => value.length <= longest))
    .map(([name, values]) => [
      name.startsWith(`${protocol}.`) ? name.slice(protocol.length) : name,
      values.length === 1 ? values[0] : values,
    ]);
  return [protocol, at, size, Object.fromEntries(entries)];
}

/** What tshark sees in a capture, as text. @param {string} version @param {Uint8Array} capture */
export function truthText(version, capture) {
  const packets = dissect(capture).map((layers) => JSON.stringify(layers.map(packed)));
  return `{\n"tshark":${JSON.stringify(version)},\n"packets":[\n${packets.join(',\n')}\n]\n}\n`;
}

/** A recorded packet's layers, as `dissect` gave them. @param {readonly ReturnType<typeof packed>[]} packet */
export const unpacked = (packet) =>
  packet.map(([protocol, at, size, entries]) => {
    const fields = Object.fromEntries(
      Object.entries(/** @type {Record<string, string | string[]>} */ (entries)).map(([name, value]) => [
        name.startsWith('.') ? `${protocol}${name}` : name,
        typeof value === 'string' ? [value] : value,
      ]),
    );
    return /** @type {Layer} */ ({ protocol, at, size, fields });
  });

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const version = tsharkVersion();
  if (version === undefined) throw new Error('tshark is not installed');
  mkdirSync(folder, { recursive: true });
  for (const capture of truthCaptures()) {
    const bytes = pcapOf(capture);
    const text = truthText(version, bytes);
    writeFileSync(`${folder}${capture.name}.pcap`, bytes);
    writeFileSync(`${folder}${capture.name}.json`, text);
    console.log(`${capture.name}: ${capture.frames.length} packets, ${text.length} bytes of truth`);
  }
}
