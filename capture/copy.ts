/**
 * Writes captures from captures: pcap or pcapng, a record that is kept whole as the very bytes it was read as. Makes
 * bytes; putting them somewhere is the caller's business.
 */

import { packetBlock, pcapSection, shortenedBlock, startsSection, unboundedSection } from './blocks.ts';
import { maximumCaplen } from './linktypes.ts';
import type { Packet } from './packet.ts';
import type { CaptureReader } from './reader.ts';
import { type PcapForm, pcapHeader, putPcapRecord, RECORD_HEADER } from './writer.ts';

export type CaptureFormat = 'pcap' | 'pcapng';

/** Bytes kept back before they are handed on. */
const heldBytes = 256 * 1024;

/**
 * Call `begin` for each capture that packets come from, then `packet` and `block` in their order; `settle` before what
 * they lie in is overwritten; `finish` at the end. A file of pcap has one link type, that of its first packet, which is
 * for the caller to see to.
 */
export class CaptureWriter {
  format: CaptureFormat | undefined;
  readonly #sink: (bytes: Uint8Array) => void;
  readonly #joins: boolean;
  readonly #held = new Uint8Array(heldBytes);
  readonly #view = new DataView(this.#held.buffer);
  #length = 0;
  /** Records that stand one behind the other where they were read, and go out together. */
  #run: Uint8Array = this.#held;
  #runStart = 0;
  #runEnd = 0;
  #reader: CaptureReader | undefined;
  /** Of a pcap file that is being written, how its numbers stand; undefined before its header. */
  #form: PcapForm | undefined;
  /** Whether records of this capture can be written as they are. */
  #same = false;

  /**
   * @param sink takes the file piece by piece; it must be done with a piece when it returns, the memory is used again
   * @param format what to write; if absent, what the first capture is
   * @param joins whether there are several captures: a pcap file then has room for packets longer than the first one's
   */
  constructor(sink: (bytes: Uint8Array) => void, format?: CaptureFormat, joins = false) {
    this.#sink = sink;
    this.format = format;
    this.#joins = joins;
  }

  /** Packets of another capture follow; the reader has read its header. */
  begin(reader: CaptureReader): void {
    this.settle();
    this.#reader = reader;
    this.format ??= reader.format ?? 'pcap';
    const { pcapForm } = reader;
    if (this.format === 'pcap') {
      const { little, nanoseconds } = this.#form ?? pcapForm ?? {};
      this.#same = pcapForm?.header !== undefined && pcapForm.little === little && pcapForm.nanoseconds === nanoseconds;
    } else if (pcapForm !== undefined)
      this.#put(pcapSection(reader.linktype ?? 1, reader.snaplen ?? 0, pcapForm.nanoseconds));
  }

  /** Adds a packet of the capture that was begun last, cut to `length` bytes, which are no more than were captured. */
  packet(packet: Packet, length: number): void {
    if (this.format === 'pcap') this.#pcapPacket(packet, length);
    else if (this.#reader?.format === 'pcapng') this.#blockPacket(packet, length);
    else this.#put(packetBlock(packet, length, this.#reader?.nanoseconds === true));
  }

  /** Adds a block as it stands, if the file can have it. */
  block(bytes: Uint8Array, start: number, end: number): void {
    if (this.format !== 'pcapng') return;
    if (startsSection(bytes, start)) this.#put(unboundedSection(bytes, start, end));
    else this.#copy(bytes, start, end);
  }

  /** What packets and blocks lie in may be overwritten now. */
  settle(): void {
    const run = this.#run.subarray(this.#runStart, this.#runEnd);
    this.#run = this.#held;
    this.#runStart = 0;
    this.#runEnd = 0;
    this.#put(run);
  }

  /** Hands on all that there is. */
  flush(): void {
    this.settle();
    if (this.#length > 0) this.#sink(this.#held.subarray(0, this.#length));
    this.#length = 0;
  }

  /** There are no more packets; a file without any has its header nevertheless. */
  finish(): void {
    this.format ??= 'pcap';
    if (this.format === 'pcap') this.#form ??= this.#begin(this.#reader?.linktype ?? 1);
    else if (this.#reader === undefined) this.#put(pcapSection(1, 0, false));
    this.flush();
  }

  /** Writes the header of a pcap file. */
  #begin(linktype: number): PcapForm {
    const { nanoseconds = false, pcapForm } = this.#reader ?? {};
    const { header = pcapHeader({ linktype, nanoseconds, snaplen: maximumCaplen(linktype) }), little = true } =
      pcapForm?.header === undefined ? {} : { header: pcapForm.header.slice(), little: pcapForm.little };
    if (this.#joins) new DataView(header.buffer).setUint32(16, maximumCaplen(linktype), little);
    this.#put(header);
    return { little, nanoseconds };
  }

  #pcapPacket(packet: Packet, length: number): void {
    this.#form ??= this.#begin(packet.linktype);
    const { bytes, recordStart, recordEnd } = packet;
    if (this.#same && recordEnd - recordStart === RECORD_HEADER + length) {
      this.#copy(bytes, recordStart, recordEnd);
      return;
    }
    const size = RECORD_HEADER + length;
    this.settle();
    if (size > heldBytes - this.#length) this.flush();
    if (size <= heldBytes) {
      putPcapRecord(this.#held, this.#view, this.#length, packet, length, this.#form);
      this.#length += size;
      return;
    }
    const record = new Uint8Array(size);
    putPcapRecord(record, new DataView(record.buffer), 0, packet, length, this.#form);
    this.#put(record);
  }

  #blockPacket(packet: Packet, length: number): void {
    const { bytes, recordStart, recordEnd } = packet;
    const cut = shortenedBlock(packet, length);
    if (cut === undefined) this.#copy(bytes, recordStart, recordEnd);
    else this.#put(cut);
  }

  #copy(bytes: Uint8Array, start: number, end: number): void {
    if (bytes !== this.#run || start !== this.#runEnd) {
      this.settle();
      this.#run = bytes;
      this.#runStart = start;
    }
    this.#runEnd = end;
  }

  #put(bytes: Uint8Array): void {
    if (this.#runEnd > this.#runStart) this.settle();
    if (bytes.length > heldBytes - this.#length) {
      if (this.#length > 0) this.#sink(this.#held.subarray(0, this.#length));
      this.#length = 0;
    }
    if (bytes.length >= heldBytes) {
      this.#sink(bytes);
      return;
    }
    this.#held.set(bytes, this.#length);
    this.#length += bytes.length;
  }
}
