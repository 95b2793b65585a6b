/**
 * Reads a capture that arrives in chunks, pcap or pcapng by its magic number. Owns the bytes in between and the one
 * packet it hands out; where the chunks come from is the caller's business.
 */

import { type Packet, PacketSlot } from './packet.ts';
import { MICROSECOND_MAGIC, NANOSECOND_MAGIC, PcapParser } from './pcap.ts';
import { PcapngParser, SECTION_BLOCK } from './pcapng.ts';
import { type CaptureProblem, emptyFile, patchedFile, unknownFile } from './problem.ts';
import { ByteQueue } from './queue.ts';

const PATCHED_MAGIC = 0xa1b2_cd34;

/**
 * A push parser: `push` a chunk, call `next` until it gives undefined, again; then `end`, and `next` once more until
 * undefined. After that `problem` tells whether the file was whole. It never throws on any bytes, and keeps no more
 * than twice a chunk and a record (pcapng: a block of up to 16 MiB), if `next` is called until it gives undefined.
 *
 * A chunk is not copied if it need not be: leave it untouched until `next` has given undefined.
 */
export class CaptureReader {
  readonly #queue = new ByteQueue();
  readonly #packet = new PacketSlot();
  #parser: PcapParser | PcapngParser | undefined;
  #problem: CaptureProblem | undefined;
  #ended = false;

  /** Adds the next bytes of the file, any number. Bytes after a problem or after `end` are dropped. */
  push(chunk: Uint8Array): void {
    if (this.#problem || this.#ended) return;
    this.#queue.append(chunk);
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
    const step = parser.next(this.#queue, slot);
    if (step === 'packet') return slot;
    if (step !== 'more') this.#problem = step;
    else if (this.#ended) this.#problem = parser.atEnd(this.#queue);
    else this.#queue.detach();
    return undefined;
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
