// @ts-check
/**
 * Writes the captures that come with the examples; run it after a change to the story: `node scripts/make-
 * captures.mjs`.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { mixedPackets } from './mixed.mjs';
import { oddPackets } from './odd.mjs';
import { join, rng, u32 } from './packets.mjs';

/** 2026-01-05 08:00:00 UTC, in seconds. */
const START = 1_767_600_000;

/** @import { Bytes } from './headers.mjs' */

/** @param {...number} words */
const littleEndian = (...words) => words.flatMap((word) => u32(word).reverse());

/** The bytes of `mixed.pcap`. */
export const mixedCapture = () => capture(mixedPackets());

/** The bytes of `odd.pcap`. */
export const oddCapture = () => capture(oddPackets().map((bytes) => ({ bytes, wirelen: bytes.length })));

/**
 * Frames as a capture: pcap, Ethernet, microseconds. Every packet has a time of its own.
 * @param {readonly { readonly bytes: Uint8Array, readonly wirelen: number }[]} frames
 * @returns {Uint8Array}
 */
function capture(frames) {
  const random = rng(8);
  /** @type {Bytes[]} */
  const parts = [littleEndian(0xa1b2c3d4, 0x0004_0002, 0, 0, 262_144, 1)];
  let microseconds = 0;
  for (const { bytes, wirelen } of frames) {
    microseconds += random.range(20, 400_000);
    const seconds = START + Math.floor(microseconds / 1_000_000);
    parts.push(littleEndian(seconds, microseconds % 1_000_000, bytes.length, wirelen), bytes);
  }
  return join(...parts);
}

const self = fileURLToPath(import.meta.url);
if (process.argv[1] === self) {
  const folder = fileURLToPath(new URL('../examples/captures/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}mixed.pcap`, mixedCapture());
  writeFileSync(`${folder}odd.pcap`, oddCapture());
}
