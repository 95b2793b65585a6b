/**
 * Reads pcapng (draft-ietf-opsawg-pcapng): sections of either byte order, interfaces of different link types and
 * clocks, the three kinds of packet block. All other blocks are handed on as they are; those that are too long for it
 * are skipped without being kept. It judges as libpcap's sf-pcapng.c does, but lets a section change what libpcap wants
 * the same: byte order, link types, snaplens.
 */

import type { PacketBatch } from './batch.ts';
import { effectiveSnaplen, maximumCaplen } from './linktypes.ts';
import { type Clock, countingClock, noClock, type PacketSlot } from './packet.ts';
import { absurdLength, badBlock, type CaptureProblem, truncated, unknownInterface, unknownVersion } from './problem.ts';
import type { ByteQueue } from './queue.ts';
import { type Parser, type Step, scanByOne } from './scan.ts';

export const SECTION_BLOCK = 0x0a0d_0d0a;
export const BYTE_ORDER_MAGIC = 0x1a2b_3c4d;
export const INTERFACE_BLOCK = 1;
const OBSOLETE_PACKET_BLOCK = 2;
export const SIMPLE_PACKET_BLOCK = 3;
export const ENHANCED_PACKET_BLOCK = 6;

/** Type and length in front, the length again behind. */
const FRAME = 12;

/** Blocks that are read: their least length, and what messages call them. */
const kept: ReadonlyMap<number, { readonly minimum: number; readonly name: string }> = new Map([
  [SECTION_BLOCK, { minimum: 28, name: 'the section header' }],
  [INTERFACE_BLOCK, { minimum: 20, name: 'the interface description' }],
  [OBSOLETE_PACKET_BLOCK, { minimum: 32, name: 'the packet block' }],
  [SIMPLE_PACKET_BLOCK, { minimum: 16, name: 'the simple packet block' }],
  [ENHANCED_PACKET_BLOCK, { minimum: 32, name: 'the enhanced packet block' }],
]);

/** The longest block that is kept until it is whole, beside its packet: libpcap's limit, in bytes. */
const LONGEST_BLOCK = 16 * 1024 * 1024;
/** More interfaces in one section than this is damage (or an attack on memory). */
const MOST_INTERFACES = 65_536;

const OPTION_END = 0;
export const OPTION_TSRESOL = 9;
const OPTION_TSOFFSET = 14;

interface Interface {
  readonly linktype: number;
  readonly snaplen: number;
  readonly clock: Clock;
  readonly nanoseconds: boolean;
}

export class PcapngParser implements Parser {
  readonly format = 'pcapng';
  /** Of the file's first interface, as are `snaplen` and `nanoseconds`. */
  linktype: number | undefined;
  snaplen: number | undefined;
  nanoseconds = false;
  #little = true;
  #interfaces: Interface[] = [];
  #longest = LONGEST_BLOCK;
  /** Packets that have been read. */
  count = 0;
  /** Bytes of a skipped block still to come, without its trailer. */
  #skip = 0;
  /** The length of the skipped block whose trailer is due, or 0. */
  #trailer = 0;
  #skippedAt = 0;

  next(queue: ByteQueue, packet: PacketSlot): Step {
    for (;;) {
      if (this.#trailer !== 0) {
        const step = this.#skipBlock(queue);
        if (step !== undefined) return step;
      }
      const { view, at, end } = queue;
      if (end - at < FRAME) return 'more';
      const type = view.getUint32(at, this.#little);
      if (type === SECTION_BLOCK) {
        const problem = this.#readByteOrder(queue);
        if (problem) return problem;
      }
      const length = view.getUint32(at + 4, this.#little);
      const row = kept.get(type);
      if (length < (row?.minimum ?? FRAME) || length % 4 !== 0) return badLength(type, queue.offset, length);
      if (length > this.#longest) {
        if (row) return badBlock(row.name, queue.offset, `is ${length} bytes long, the limit is ${this.#longest}`);
        this.#startSkip(queue, length);
        continue;
      }
      if (end - at < length) return 'more';
      const again = view.getUint32(at + length - 4, this.#little);
      if (again !== length) return badTrailer(row?.name ?? 'the block', queue.offset, length, again);
      packet.bytes = queue.bytes;
      packet.recordStart = at;
      packet.recordEnd = at + length;
      const step = row ? this.#readBlock(queue, type, length, packet) : 'block';
      if (step === 'packet' || step === 'block') queue.at = at + length;
      return step;
    }
  }

  scan(queue: ByteQueue, batch: PacketBatch): Step {
    return scanByOne(this, queue, batch);
  }

  again(queue: ByteQueue, packet: PacketSlot): void {
    // A block may be about to be skipped.
    const trailer = this.#trailer;
    this.#trailer = 0;
    this.next(queue, packet);
    this.#trailer = trailer;
  }

  /** A section has interfaces of its own, and maybe another byte order. */
  isBorder({ view, at, end }: ByteQueue): boolean {
    return end - at >= 4 && view.getUint32(at, this.#little) === SECTION_BLOCK;
  }

  /** What is wrong if no more bytes come. */
  atEnd(queue: ByteQueue): CaptureProblem | undefined {
    if (this.#trailer !== 0) {
      const got = queue.offset + (queue.end - queue.at) - this.#skippedAt;
      return truncated('a block', this.#skippedAt, got, this.#trailer);
    }
    const got = queue.end - queue.at;
    if (got === 0) return undefined;
    if (got < FRAME) return truncated('a block', queue.offset, got, undefined);
    const type = queue.view.getUint32(queue.at, this.#little);
    const packets = kept.has(type) && type !== SECTION_BLOCK && type !== INTERFACE_BLOCK;
    const what = packets ? `packet ${this.count + 1}` : (kept.get(type)?.name ?? 'a block');
    return truncated(what, queue.offset, got, queue.view.getUint32(queue.at + 4, this.#little));
  }

  #startSkip(queue: ByteQueue, length: number): void {
    this.#skippedAt = queue.offset;
    this.#trailer = length;
    this.#skip = length - FRAME;
    queue.at += 8;
  }

  #skipBlock(queue: ByteQueue): Step | undefined {
    const passed = Math.min(this.#skip, queue.end - queue.at);
    queue.at += passed;
    this.#skip -= passed;
    if (queue.end - queue.at < 4) return 'more';
    const again = queue.view.getUint32(queue.at, this.#little);
    if (again !== this.#trailer) return badTrailer('the block', this.#skippedAt, this.#trailer, again);
    queue.at += 4;
    this.#trailer = 0;
    return undefined;
  }

  /** A section's type reads the same in both byte orders; its length does not, so the order comes first. */
  #readByteOrder(queue: ByteQueue): CaptureProblem | undefined {
    const { view, at } = queue;
    if (view.getUint32(at + 8, true) === BYTE_ORDER_MAGIC) this.#little = true;
    else if (view.getUint32(at + 8, false) === BYTE_ORDER_MAGIC) this.#little = false;
    else return badBlock('the section header', queue.offset, 'has no byte-order magic');
    return undefined;
  }

  #readBlock(queue: ByteQueue, type: number, length: number, packet: PacketSlot): Step {
    switch (type) {
      case SECTION_BLOCK:
        return this.#readSection(queue);
      case INTERFACE_BLOCK:
        return this.#readInterface(queue, length);
      case SIMPLE_PACKET_BLOCK:
        return this.#readSimplePacket(queue, length, packet);
      default:
        return this.#readPacket(queue, type, length, packet);
    }
  }

  #readSection(queue: ByteQueue): Step {
    const major = queue.view.getUint16(queue.at + 12, this.#little);
    const minor = queue.view.getUint16(queue.at + 14, this.#little);
    if (major !== 1) return unknownVersion('pcapng', major, minor, queue.offset);
    this.#interfaces = [];
    return 'block';
  }

  #readInterface(queue: ByteQueue, length: number): Step {
    const { view, at } = queue;
    if (this.#interfaces.length === MOST_INTERFACES) {
      return badBlock('the interface description', queue.offset, `is one too many, the limit is ${MOST_INTERFACES}`);
    }
    const linktype = view.getUint16(at + 8, this.#little);
    const snaplen = effectiveSnaplen(linktype, view.getUint32(at + 12, this.#little));
    const clock = readClock(view, at + 16, at + length - 4, this.#little);
    if (typeof clock === 'string') return badBlock('the interface description', queue.offset, clock);
    this.#interfaces.push({ linktype, snaplen, ...clock });
    this.#longest = Math.max(this.#longest, maximumCaplen(linktype) + 131_072);
    if (this.linktype === undefined) {
      this.linktype = linktype;
      this.snaplen = snaplen;
      this.nanoseconds = clock.nanoseconds;
    }
    return 'block';
  }

  /** Enhanced and obsolete packet blocks: they differ only in the width of the interface's number. */
  #readPacket(queue: ByteQueue, type: number, length: number, packet: PacketSlot): Step {
    const { view, at } = queue;
    const little = this.#little;
    const id = type === ENHANCED_PACKET_BLOCK ? view.getUint32(at + 8, little) : view.getUint16(at + 8, little);
    const source = this.#interfaces[id];
    if (!source) return unknownInterface(this.count + 1, queue.offset, id, this.#interfaces.length);
    packet.timeHigh = view.getUint32(at + 12, little);
    packet.timeLow = view.getUint32(at + 16, little);
    packet.clock = source.clock;
    packet.wirelen = view.getUint32(at + 24, little);
    return this.#fill(queue, packet, source, 28, view.getUint32(at + 20, little), length - 32);
  }

  /** A simple packet block is of interface 0, has no time, and its captured length is only implied. */
  #readSimplePacket(queue: ByteQueue, length: number, packet: PacketSlot): Step {
    const source = this.#interfaces[0];
    if (!source) return unknownInterface(this.count + 1, queue.offset, 0, 0);
    const wirelen = queue.view.getUint32(queue.at + 8, this.#little);
    packet.timeHigh = 0;
    packet.timeLow = 0;
    packet.clock = noClock;
    packet.wirelen = wirelen;
    return this.#fill(queue, packet, source, 12, Math.min(wirelen, source.snaplen), length - 16);
  }

  #fill(queue: ByteQueue, packet: PacketSlot, source: Interface, header: number, caplen: number, room: number): Step {
    const number = this.count + 1;
    const maximum = maximumCaplen(source.linktype);
    if (caplen > maximum) return absurdLength(number, queue.offset, caplen, maximum);
    if (caplen > room) {
      return badBlock(`packet ${number}`, queue.offset, `has ${caplen} captured bytes, its block has room for ${room}`);
    }
    this.count = number;
    packet.number = number;
    packet.start = queue.at + header;
    packet.caplen = Math.min(caplen, source.snaplen);
    packet.linktype = source.linktype;
    return 'packet';
  }
}

function badLength(type: number, offset: number, length: number): CaptureProblem {
  const row = kept.get(type);
  const fault = length % 4 !== 0 ? 'not a multiple of 4' : `the least is ${row?.minimum ?? FRAME}`;
  return badBlock(row?.name ?? 'the block', offset, `is ${length} bytes long, ${fault}`);
}

function badTrailer(what: string, offset: number, length: number, again: number): CaptureProblem {
  return badBlock(what, offset, `is ${length} bytes long at its start and ${again} at its end`);
}

/** Reads the options of an interface that tell how its time stamps count; a string says what is wrong with them. */
function readClock(
  view: DataView,
  start: number,
  end: number,
  little: boolean,
): { readonly clock: Clock; readonly nanoseconds: boolean } | string {
  let perSecond = 1_000_000n;
  let offset = 0n;
  for (let at = start; at + 4 <= end; ) {
    const code = view.getUint16(at, little);
    const length = view.getUint16(at + 2, little);
    if (code === OPTION_END) break;
    if (length > end - at - 4) return `has an option of ${length} bytes that does not fit`;
    if (code === OPTION_TSRESOL) {
      if (length !== 1) return `has an if_tsresol of ${length} bytes, not 1`;
      const resolution = view.getUint8(at + 4);
      const power = resolution & 0x7f;
      // Finer clocks do not fit in 64 bits; libpcap's limits.
      if (power > (resolution > 0x7f ? 63 : 19)) return `has time stamps too fine: if_tsresol is ${resolution}`;
      perSecond = resolution > 0x7f ? 1n << BigInt(power) : 10n ** BigInt(power);
    } else if (code === OPTION_TSOFFSET) {
      if (length !== 8) return `has an if_tsoffset of ${length} bytes, not 8`;
      offset = view.getBigInt64(at + 4, little);
    }
    at += 4 + ((length + 3) & ~3);
  }
  return { clock: countingClock(perSecond, offset), nanoseconds: perSecond > 1_000_000n };
}
