/**
 * Reads a capture that arrives in chunks, pcap or pcapng by its magic number. Owns the bytes in between and the one
 * packet it hands out; where the chunks come from is the caller's business.
 */

import type { PacketBatch } from './batch.ts';
import { type Packet, PacketSlot } from './packet.ts';
import { MICROSECOND_MAGIC, NANOSECOND_MAGIC, PcapParser } from './pcap.ts';
import { PcapngParser, SECTION_BLOCK } from './pcapng.ts';
import { type CaptureProblem, emptyFile, patchedFile, unknownFile } from './problem.ts';
import { type Allocate, ByteQueue } from './queue.ts';

const PATCHED_MAGIC = 0xa1b2_cd34;

/**
 * A push parser: `push` a chunk, call `next` until it gives undefined, again; then `end`, and `next` once more until
 * undefined. After that `problem` tells whether the file was whole. It never throws on any bytes, and keeps no more
 * than twice a chunk and a record (pcapng: a block of up to 16 MiB), if `next` is called until it gives undefined.
 *
 * A chunk is not copied if it need not be: leave it untouched until `next` has given undefined.
 */
export class CaptureReader {
  readonly #queue: ByteQueue;
  readonly #packet = new PacketSlot();
  #parser: PcapParser | PcapngParser | undefined;
  #problem: CaptureProblem | undefined;
  #ended = false;

  /** @param allocate memory for what `space` gives; the reader's own if absent */
  constructor(allocate?: Allocate) {
    this.#queue = new ByteQueue(allocate);
  }

  /** Adds the next bytes of the file, any number. Bytes after a problem or after `end` are dropped. */
  push(chunk: Uint8Array): void {
    if (this.#problem || this.#ended) return;
    this.#queue.append(chunk);
  }

  /**
   * Memory to put the next bytes of the file to, at least some 100 kB of it, in place of `push`: tell `added` how many
   * there are. What packets point to may move.
   */
  space(): Uint8Array {
    return this.#queue.space();
  }

  added(count: number): void {
    if (!this.#problem && !this.#ended) this.#queue.added(count);
  }

  /** Says that no more bytes will come. */
  end(): void {
    this.#ended = true;
  }

  /**
   * The next packet; undefined if it takes more bytes, or the file is finished, or it has a problem (see `problem`).
   * It is put into `slot`: if none is given into one of the reader's own, which the next call uses again.
   */
  next(slot: PacketSlot = this.#packet): Packet | undefined {
    if (this.#problem) return undefined;
    const parser = (this.#parser ??= this.#recognise());
    if (!parser) return undefined;
    for (;;) {
      const step = parser.next(this.#queue, slot);
      if (step === 'packet') return slot;
      if (step === 'block') continue;
      this.#stop(parser, step);
      this.#queue.detach();
      return undefined;
    }
  }

  /**
   * The next packets, many at a time: empties the batch and fills it. False if there are no more until more bytes come,
   * the file is finished, or it has a problem (see `problem`); the batch may have packets nevertheless. It is valid until
   * the next `scan`, `push` or `space`; a chunk that was pushed is to be left untouched until the next one has been.
   */
  scan(batch: PacketBatch): boolean {
    batch.count = 0;
    batch.bytes = 0;
    batch.longest = 0;
    batch.block = undefined;
    if (this.#problem) return false;
    const parser = (this.#parser ??= this.#recognise());
    if (!parser) return false;
    batch.first = parser.count + 1;
    const step = parser.scan(this.#queue, batch);
    if (step === 'packet' || step === 'block') return true;
    this.#stop(parser, step);
    return false;
  }

  /** A packet of the batch that was filled last, in the slot. */
  packet(batch: PacketBatch, index: number, slot: PacketSlot): Packet {
    const [queue, parser] = [this.#queue, this.#parser!];
    const { at } = queue;
    const { count } = parser;
    queue.at = batch.records[index]!;
    parser.count = batch.first + index - 1;
    parser.again(queue, slot);
    queue.at = at;
    parser.count = count;
    return slot;
  }

  #stop(parser: PcapParser | PcapngParser, step: 'more' | CaptureProblem): void {
    if (step !== 'more') this.#problem = step;
    else if (this.#ended) this.#problem = parser.atEnd(this.#queue);
  }

  /** Known after the first 4 bytes. */
  get format(): 'pcap' | 'pcapng' | undefined {
    return this.#parser?.format;
  }

  /** LINKTYPE of the file, in pcapng of its first interface; known once `next` has read that far. */
  get linktype(): number | undefined {
    return this.#parser?.linktype;
  }

  /** Snaplen in bytes, of what `linktype` is of. A file's "no limit" is the link type's maximum. */
  get snaplen(): number | undefined {
    return this.#parser?.snaplen;
  }

  /** Whether time stamps count finer than microseconds, so that a copy should be written with nanoseconds. */
  get nanoseconds(): boolean {
    return this.#parser?.nanoseconds ?? false;
  }

  /** Of a pcap file, how its numbers stand, and its header if its records stand as they do today. */
  get pcapForm():
    | { readonly little: boolean; readonly nanoseconds: boolean; readonly header?: Uint8Array | undefined }
    | undefined {
    return this.#parser?.format === 'pcap' ? this.#parser : undefined;
  }

  /** What is wrong with the file; nothing comes after it. */
  get problem(): CaptureProblem | undefined {
    return this.#problem;
  }

  #recognise(): PcapParser | PcapngParser | undefined {
    const { view, at, end } = this.#queue;
    if (end - at < 4) {
      if (!this.#ended) this.#queue.detach();
      else this.#problem = end === at ? emptyFile : unknownFile(this.#queue.bytes.subarray(at, end));
      return undefined;
    }
    for (const little of [true, false]) {
      const magic = view.getUint32(at, little);
      if (magic === MICROSECOND_MAGIC) return new PcapParser(little, false);
      if (magic === NANOSECOND_MAGIC) return new PcapParser(little, true);
      if (magic === SECTION_BLOCK) return new PcapngParser();
      if (magic === PATCHED_MAGIC) {
        this.#problem = patchedFile();
        return undefined;
      }
    }
    this.#problem = unknownFile(this.#queue.bytes.subarray(at, at + 4));
    return undefined;
  }
}
