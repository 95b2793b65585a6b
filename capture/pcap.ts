/**
 * Reads pcap (draft-ietf-opsawg-pcap), both byte orders, micro- and nanoseconds. It judges a file as libpcap's
 * sf-pcap.c does: a capture longer than its own snaplen is cut to it, one beyond all belief ends the file.
 */

import { type PacketBatch, packetWords } from './batch.ts';
import { effectiveSnaplen, maximumCaplen } from './linktypes.ts';
import { type Clock, microsecondClock, nanosecondClock, type PacketSlot } from './packet.ts';
import { absurdLength, type CaptureProblem, truncated, truncatedHeader, unknownVersion } from './problem.ts';
import type { ByteQueue } from './queue.ts';
import { type Parser, type Step, scanByOne } from './scan.ts';

export const MICROSECOND_MAGIC = 0xa1b2_c3d4;
export const NANOSECOND_MAGIC = 0xa1b2_3c4d;
const FILE_HEADER = 24;
const RECORD_HEADER = 16;

/** How the two lengths of a record stand; files before version 2.4 had them the other way round. */
type Lengths = 'caplen first' | 'wirelen first' | 'smaller is caplen';

export class PcapParser implements Parser {
  readonly format = 'pcap';
  readonly nanoseconds: boolean;
  linktype: number | undefined;
  snaplen: number | undefined;
  /** The file's own header, if its records stand as they do today. */
  header: Uint8Array | undefined;
  readonly little: boolean;
  readonly #clock: Clock;
  #lengths: Lengths = 'caplen first';
  #maximum = 0;
  /** Packets that have been read. */
  count = 0;

  constructor(little: boolean, nanoseconds: boolean) {
    this.little = little;
    this.nanoseconds = nanoseconds;
    this.#clock = nanoseconds ? nanosecondClock : microsecondClock;
  }

  next(queue: ByteQueue, packet: PacketSlot): Step {
    if (this.snaplen === undefined) {
      const problem = this.#readHeader(queue);
      if (problem) return problem;
    }
    const snaplen = this.snaplen;
    const linktype = this.linktype;
    const { view, at } = queue;
    const little = this.little;
    const available = queue.end - at - RECORD_HEADER;
    if (snaplen === undefined || linktype === undefined || available < 0) return 'more';
    let caplen = view.getUint32(at + 8, little);
    let wirelen = view.getUint32(at + 12, little);
    if (this.#lengths !== 'caplen first' && (this.#lengths === 'wirelen first' || caplen > wirelen)) {
      [caplen, wirelen] = [wirelen, caplen];
    }
    if (caplen > this.#maximum) return absurdLength(this.count + 1, queue.offset, caplen, this.#maximum);
    if (available < caplen) return 'more';
    packet.number = ++this.count;
    packet.bytes = queue.bytes;
    packet.start = at + RECORD_HEADER;
    packet.recordStart = at;
    packet.recordEnd = at + RECORD_HEADER + caplen;
    packet.caplen = Math.min(caplen, snaplen);
    packet.wirelen = wirelen;
    packet.linktype = linktype;
    packet.timeHigh = view.getUint32(at, little);
    packet.timeLow = view.getUint32(at + 4, little);
    packet.clock = this.#clock;
    queue.at = packet.recordEnd;
    return 'packet';
  }

  /**
   * As `scanByOne`. Its loop is `next` without all that a batch does not hold.
   */
  scan(queue: ByteQueue, batch: PacketBatch): Step {
    const problem = this.snaplen === undefined ? this.#readHeader(queue) : undefined;
    if (problem !== undefined) return problem;
    const { snaplen, linktype } = this;
    const { view, end, bytes } = queue;
    if (snaplen !== undefined && linktype !== undefined && this.#lengths === 'caplen first') {
      const little = this.little;
      const maximum = this.#maximum;
      const { table, records, most } = batch;
      const base = bytes.byteOffset + RECORD_HEADER;
      let { count } = batch;
      let { at } = queue;
      let word = count * packetWords.size;
      let sum = 0;
      let longest = 0;
      while (count < most && at + RECORD_HEADER <= end) {
        const caplen = view.getUint32(at + 8, little);
        const next = at + RECORD_HEADER + caplen;
        if (caplen > maximum || next > end) break;
        records[count++] = at;
        table[word] = base + at;
        const captured = caplen < snaplen ? caplen : snaplen;
        table[word + packetWords.caplen] = captured;
        sum += captured;
        if (captured > longest) longest = captured;
        table[word + packetWords.wirelen] = view.getUint32(at + 12, little);
        word += packetWords.size;
        at = next;
      }
      this.count += count - batch.count;
      batch.count = count;
      batch.bytes += sum;
      batch.longest = Math.max(batch.longest, longest);
      batch.linktype = linktype;
      queue.at = at;
    }
    return scanByOne(this, queue, batch);
  }

  again(queue: ByteQueue, packet: PacketSlot): void {
    this.next(queue, packet);
  }

  isBorder(): boolean {
    return false;
  }

  /** What is wrong if no more bytes come. */
  atEnd(queue: ByteQueue): CaptureProblem | undefined {
    const got = queue.end - queue.at;
    if (this.snaplen === undefined) return truncatedHeader(got, FILE_HEADER);
    if (got === 0) return undefined;
    const what = `packet ${this.count + 1}`;
    if (got < RECORD_HEADER) return truncated(what, queue.offset, got, undefined);
    const lengthAt = this.#lengths === 'wirelen first' ? 12 : 8;
    const caplen = queue.view.getUint32(queue.at + lengthAt, this.little);
    return truncated(what, queue.offset, got, RECORD_HEADER + caplen);
  }

  #readHeader(queue: ByteQueue): CaptureProblem | undefined {
    const { view, at } = queue;
    if (queue.end - at < FILE_HEADER) return undefined;
    const major = view.getUint16(at + 4, this.little);
    const minor = view.getUint16(at + 6, this.little);
    // libpcap reads 2.0 to 2.4, and 543.0, which is what DG/UX wrote.
    const dgux = major === 543 && minor === 0;
    if (!dgux && (major !== 2 || minor > 4)) return unknownVersion('pcap', major, minor, 0);
    if (dgux || minor < 3) this.#lengths = 'wirelen first';
    else if (minor === 3) this.#lengths = 'smaller is caplen';
    // The upper half of the word tells the length of a frame check sequence, not the link type.
    const linktype = view.getUint32(at + 20, this.little) & 0xffff;
    this.linktype = linktype;
    this.snaplen = effectiveSnaplen(linktype, view.getUint32(at + 16, this.little));
    this.#maximum = maximumCaplen(linktype);
    if (this.#lengths === 'caplen first') this.header = queue.bytes.slice(at, at + FILE_HEADER);
    queue.at = at + FILE_HEADER;
    return undefined;
  }
}
