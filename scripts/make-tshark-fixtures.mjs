// @ts-check
/**
 * Writes `test/data/tshark/`: the captures of `tshark-packets.mjs`, and beside each, as JSON, what tshark sees in its
 * packets; and which of them the display filters of `display-filters.txt` accept. Needs tshark; run it after a change
 * to the packets or the filters: `node scripts/make-tshark-fixtures.mjs`.
 *
 * A packet is a line, a list of layers from the outermost: [protocol, its first byte, its bytes, its fields]. A field
 * whose name begins with the protocol's has it left out (`.srcport` of `tcp`); one that occurs several times has a list.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join, u32 } from './packets.mjs';
import { acceptedByTshark, dissect, tsharkVersion } from './tshark.mjs';
import { truthCaptures } from './tshark-packets.mjs';

/** @import { Bytes } from './headers.mjs' */
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

/** Captures of any link types as one pcapng file. @param {readonly TruthCapture[]} captures @returns {Uint8Array} */
function pcapngOf(captures) {
  /** @param {number} type @param {...Bytes} parts */
  const block = (type, ...parts) => {
    const body = join(...parts);
    const padding = new Uint8Array((4 - (body.length % 4)) % 4);
    const length = littleEndian(12 + body.length + padding.length);
    return join(littleEndian(type), length, body, padding, length);
  };
  const interfaces = captures.map(({ linktype }) => block(1, littleEndian(linktype, 262_144)));
  const packets = captures.flatMap(({ frames }, i) =>
    frames.map(({ bytes, wirelen }) => block(6, littleEndian(i, 0, 0, bytes.length, wirelen), bytes)),
  );
  return join(block(0x0a0d_0d0a, littleEndian(0x1a2b_3c4d, 1, 0xffff_ffff, 0xffff_ffff)), ...interfaces, ...packets);
}

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

/**
 * A display filter and what a filter's function does in its place: `later` names what the language lacks for that.
 * @typedef {{ display: string, body: string, later: string | undefined, nested: boolean }} DisplayFilter
 */

/** Reads `display-filters.txt`, which says itself how it is written. @returns {readonly DisplayFilter[]} */
export const displayFilters = () =>
  readFileSync(`${folder}display-filters.txt`, 'utf8')
    .split(/\n\n+/)
    .filter((block) => !block.startsWith('#'))
    .map((block) => {
      const [display = '', ...lines] = block.trim().split('\n');
      const marks = lines.filter((line) => line.startsWith('= '));
      const later = marks.find((mark) => mark.startsWith('= later: '))?.slice('= later: '.length);
      const body = lines.filter((line) => !marks.includes(line)).join('\n');
      return { display, body, later, nested: marks.includes('= nested') };
    });

/** The captures on which a display filter and its filter are compared. @param {DisplayFilter} filter */
export const comparedOn = ({ nested }) => truthCaptures().filter(({ name }) => nested || name !== 'nested');

/**
 * The numbers of the packets that a display filter accepts, from 1, by capture; of whole ones alone, since tshark shows
 * any start of a header.
 * @param {DisplayFilter} filter
 */
export function acceptedOf(filter) {
  const captures = comparedOn(filter);
  const numbers = acceptedByTshark(pcapngOf(captures), `(${filter.display}) && frame.len == frame.cap_len`);
  let before = 0;
  /** @type {Record<string, readonly number[]>} */
  const accepted = {};
  for (const { name, frames } of captures) {
    const first = before;
    const own = numbers.filter((number) => number > first && number <= first + frames.length);
    if (own.length > 0) accepted[name] = own.map((number) => number - first);
    before += frames.length;
  }
  return accepted;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const version = tsharkVersion();
  if (version === undefined) throw new Error('tshark is not installed');
  for (const capture of truthCaptures()) {
    const bytes = pcapOf(capture);
    const text = truthText(version, bytes);
    writeFileSync(`${folder}${capture.name}.pcap`, bytes);
    writeFileSync(`${folder}${capture.name}.json`, text);
    console.log(`${capture.name}: ${capture.frames.length} packets, ${text.length} bytes of truth`);
  }
  const filters = displayFilters();
  const lines = filters.map((filter) => JSON.stringify({ display: filter.display, accepted: acceptedOf(filter) }));
  const text = `{\n"tshark":${JSON.stringify(version)},\n"filters":[\n${lines.join(',\n')}\n]\n}\n`;
  writeFileSync(`${folder}display-filters.json`, text);
  console.log(`${filters.length} display filters`);
}
