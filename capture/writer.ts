/**
 * Writes pcap (draft-ietf-opsawg-pcap), little-endian, version 2.4. Makes bytes; putting them somewhere is the
 * caller's business.
 */

import { linktypes } from './linktypes.ts';
import type { Packet } from './packet.ts';
import { MICROSECOND_MAGIC, NANOSECOND_MAGIC } from './pcap.ts';

export interface PcapOptions {
  /** LINKTYPE of every packet; Ethernet if absent. */
  readonly linktype?: number;
  /** The most bytes of a packet, 1 to 2147483647; 262144 if absent. */
  readonly snaplen?: number;
  /** Time stamps in nanoseconds instead of microseconds. */
  readonly nanoseconds?: boolean;
}

/** What is written of a packet. */
export type WritablePacket = Pick<Packet, 'bytes' | 'start' | 'caplen' | 'wirelen' | 'time'>;

/** How the numbers of a pcap file stand. */
export interface PcapForm {
  readonly little: boolean;
  readonly nanoseconds: boolean;
}

const formOf = ({ nanoseconds = false }: Pick<PcapOptions, 'nanoseconds'>): PcapForm => ({ little: true, nanoseconds });

const FILE_HEADER = 24;
export const RECORD_HEADER = 16;
const SECOND = 1_000_000_000;

/** The 24 bytes a pcap file starts with. */
export function pcapHeader(options: PcapOptions = {}): Uint8Array {
  const header = new Uint8Array(FILE_HEADER);
  const view = new DataView(header.buffer);
  view.setUint32(0, options.nanoseconds ? NANOSECOND_MAGIC : MICROSECOND_MAGIC, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, options.snaplen ?? 262_144, true);
  view.setUint32(20, options.linktype ?? linktypes.ETHERNET, true);
  return header;
}

/**
 * A packet as a record of a pcap file: 16 bytes and its data.
 * @param packet as a reader gives it; `wirelen` is kept
 * @param length bytes to keep at most, as a filter's verdict says, 0 or more; all captured ones if absent
 * @param options `nanoseconds` as in the file's header. A time before 1970 or after 2106 wraps around, as pcap has 32
 *   bits for the seconds; a finer clock than the file's is rounded down.
 */
export function pcapRecord(
  packet: WritablePacket,
  length: number = packet.caplen,
  options: Pick<PcapOptions, 'nanoseconds'> = {},
): Uint8Array {
  const record = new Uint8Array(RECORD_HEADER + Math.min(length, packet.caplen));
  putPcapRecord(record, new DataView(record.buffer), 0, packet, length, formOf(options));
  return record;
}

/** Writes a pcap file in large pieces: the way to write many packets. */
export class PcapWriter {
  readonly #sink: (bytes: Uint8Array) => void;
  readonly #form: PcapForm;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #length = FILE_HEADER;

  /**
   * @param sink takes the file piece by piece; it must be done with a piece when it returns, the memory is used again
   * @param options of the file's header
   * @param size bytes kept back before `sink` is called, at least 64
   */
  constructor(sink: (bytes: Uint8Array) => void, options: PcapOptions = {}, size = 65_536) {
    this.#sink = sink;
    this.#form = formOf(options);
    this.#bytes = new Uint8Array(size);
    this.#view = new DataView(this.#bytes.buffer);
    this.#bytes.set(pcapHeader(options));
  }

  /** Adds a packet, cut to `length` bytes if it has more; see `pcapRecord`. */
  write(packet: WritablePacket, length: number = packet.caplen): void {
    const size = RECORD_HEADER + Math.min(length, packet.caplen);
    if (size > this.#bytes.length - this.#length) this.flush();
    if (size > this.#bytes.length) {
      this.#sink(pcapRecord(packet, length, this.#form));
      return;
    }
    putPcapRecord(this.#bytes, this.#view, this.#length, packet, length, this.#form);
    this.#length += size;
  }

  /** Hands what is kept back to the sink; to be called at the end, or to be seen early. */
  flush(): void {
    if (this.#length > 0) this.#sink(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
  }
}

const clock = new DataView(new ArrayBuffer(8));

/**
 * Writes a packet as a record into memory.
 * @param form how the file's numbers stand
 */
export function putPcapRecord(
  into: Uint8Array,
  view: DataView,
  at: number,
  packet: WritablePacket,
  length: number,
  { little, nanoseconds }: PcapForm,
): void {
  const { bytes, start, wirelen } = packet;
  const caplen = Math.min(length, packet.caplen);
  // Division of bigints would cost more than all the rest. A double's quotient is off by one at most, and the
  // remainder, which is right in its low 32 bits, tells.
  clock.setBigInt64(0, BigInt.asIntN(64, packet.time));
  const low = clock.getUint32(4);
  let seconds = Math.floor((clock.getInt32(0) * 2 ** 32 + low) / SECOND);
  let fraction = (low - Math.imul(seconds, SECOND)) >>> 0;
  if (fraction >= 2 * SECOND) {
    seconds -= 1;
    fraction = (fraction + SECOND) >>> 0;
  } else if (fraction >= SECOND) {
    seconds += 1;
    fraction -= SECOND;
  }
  view.setUint32(at, seconds, little);
  view.setUint32(at + 4, nanoseconds ? fraction : Math.floor(fraction / 1000), little);
  view.setUint32(at + 8, caplen, little);
  view.setUint32(at + 12, wirelen, little);
  into.set(bytes.subarray(start, start + caplen), at + RECORD_HEADER);
}
