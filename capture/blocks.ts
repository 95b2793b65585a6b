/** Blocks of pcapng (draft-ietf-opsawg-pcapng) as they are written: made for packets, or changed from what was read. */

import type { Packet } from './packet.ts';
import {
  BYTE_ORDER_MAGIC,
  ENHANCED_PACKET_BLOCK,
  INTERFACE_BLOCK,
  OPTION_TSRESOL,
  SECTION_BLOCK,
  SIMPLE_PACKET_BLOCK,
} from './pcapng.ts';

/** What stands before a packet's data: type and length of the block, interface, time, lengths of the packet. */
const PACKET_HEADER = 28;
/** Data is filled up to a multiple of 4. */
const padded = (length: number): number => (length + 3) & ~3;

/** A block of so many bytes with its frame, and zeros in it. */
function blockOf(
  type: number,
  length: number,
  little: boolean,
): { readonly bytes: Uint8Array; readonly view: DataView } {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, little);
  view.setUint32(4, length, little);
  view.setUint32(length - 4, length, little);
  return { bytes, view };
}

/** A section for the packets of a pcap file, with its one interface; both little-endian. */
export function pcapSection(linktype: number, snaplen: number, nanoseconds: boolean): Uint8Array {
  const section = blockOf(SECTION_BLOCK, 28, true);
  section.view.setUint32(8, BYTE_ORDER_MAGIC, true);
  section.view.setUint16(12, 1, true);
  section.view.setBigInt64(16, -1n, true);
  const description = blockOf(INTERFACE_BLOCK, 32, true);
  description.view.setUint16(8, linktype, true);
  description.view.setUint32(12, snaplen, true);
  description.view.setUint16(16, OPTION_TSRESOL, true);
  description.view.setUint16(18, 1, true);
  description.view.setUint8(20, nanoseconds ? 9 : 6);
  const both = new Uint8Array(28 + 32);
  both.set(section.bytes);
  both.set(description.bytes, 28);
  return both;
}

/** An enhanced packet block in such a section, with the first `length` bytes of a packet. */
export function packetBlock(packet: Packet, length: number, nanoseconds: boolean): Uint8Array {
  const { bytes, view } = blockOf(ENHANCED_PACKET_BLOCK, PACKET_HEADER + padded(length) + 4, true);
  const time = nanoseconds ? packet.time : packet.time / 1000n;
  view.setUint32(12, Number(time >> 32n), true);
  view.setUint32(16, Number(time & 0xffff_ffffn), true);
  view.setUint32(20, length, true);
  view.setUint32(24, packet.wirelen, true);
  bytes.set(packet.bytes.subarray(packet.start, packet.start + length), PACKET_HEADER);
  return bytes;
}

/**
 * The block that a packet was read from with no more than the first `length` bytes of it, its options kept; undefined if
 * that is the block itself. A simple packet block, which cannot say how much of its packet it has, becomes an enhanced
 * one.
 */
export function shortenedBlock(packet: Packet, length: number): Uint8Array | undefined {
  const { start, recordStart, recordEnd } = packet;
  const block = packet.bytes.subarray(recordStart, recordEnd);
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  // The types of packet blocks are numbers of one byte.
  const little = block[0] !== 0;
  const isSimple = view.getUint32(0, little) === SIMPLE_PACKET_BLOCK;
  const caplen = isSimple ? packet.caplen : view.getUint32(20, little);
  if (caplen === length) return undefined;
  const options = isSimple ? block.subarray(0, 0) : block.subarray(PACKET_HEADER + padded(caplen), block.length - 4);
  const type = isSimple ? ENHANCED_PACKET_BLOCK : view.getUint32(0, little);
  const cut = blockOf(type, PACKET_HEADER + padded(length) + options.length + 4, little);
  if (isSimple) cut.view.setUint32(24, packet.wirelen, little);
  else cut.bytes.set(block.subarray(8, PACKET_HEADER), 8);
  cut.view.setUint32(20, length, little);
  cut.bytes.set(packet.bytes.subarray(start, start + length), PACKET_HEADER);
  cut.bytes.set(options, PACKET_HEADER + padded(length));
  return cut.bytes;
}

/** Whether a block begins a section. */
export const startsSection = (bytes: Uint8Array, start: number): boolean => bytes[start] === 0x0a;

/** A section's header that says nothing of the section's length. */
export function unboundedSection(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const block = bytes.slice(start, end);
  block.fill(0xff, 16, 24);
  return block;
}
