/**
 * One packet of a capture, and the slot the parsers fill. Knows nothing of file formats: how a time stamp counts is
 * its clock's business.
 */

/**
 * One captured packet. A reader hands out the same object each time: its fields hold until the next `next()`, the
 * bytes they point at until the next `push()`. Copy what is to be kept.
 */
export interface Packet {
  /** 1 for the first packet of the file. */
  readonly number: number;
  /** The buffer the packet lies in; its neighbours lie there too. */
  readonly bytes: Uint8Array;
  /** Where in `bytes` the packet starts. */
  readonly start: number;
  /** Where in `bytes` its record (pcapng: its block) starts and ends, as it stands in the file. */
  readonly recordStart: number;
  readonly recordEnd: number;
  /** Bytes captured, from `start`; never more than the interface's snaplen. */
  readonly caplen: number;
  /** Bytes there were on the wire, as the file says; less than `caplen` only in a broken file. */
  readonly wirelen: number;
  /** Nanoseconds since 1970-01-01 00:00 UTC. Computed when read: about 0.1 µs. */
  readonly time: bigint;
  /** LINKTYPE of the interface it came from. */
  readonly linktype: number;
}

/** Turns the two words of a time stamp into nanoseconds since 1970. */
export type Clock = (high: number, low: number) => bigint;

const NANOSECONDS = 1_000_000_000n;

/** pcap with microseconds: the words are seconds and microseconds. */
export const microsecondClock: Clock = (seconds, fraction) => BigInt(seconds) * NANOSECONDS + BigInt(fraction) * 1000n;

/** pcap with nanoseconds: the words are seconds and nanoseconds. */
export const nanosecondClock: Clock = (seconds, fraction) => BigInt(seconds) * NANOSECONDS + BigInt(fraction);

/** Packets that have no time stamp of their own (pcapng's Simple Packet Block). */
export const noClock: Clock = () => 0n;

/**
 * pcapng: the words are the halves of one count since 1970.
 * @param perSecond counts in a second (from if_tsresol), at least 1
 * @param offset seconds to add (if_tsoffset), may be negative
 */
export function countingClock(perSecond: bigint, offset: bigint): Clock {
  const added = offset * NANOSECONDS;
  return (high, low) => (((BigInt(high) << 32n) | BigInt(low)) * NANOSECONDS) / perSecond + added;
}

const nothing = new Uint8Array(0);

/** The one mutable packet of a reader; parsers write its fields, callers see it as a `Packet`. */
export class PacketSlot implements Packet {
  number = 0;
  bytes: Uint8Array = nothing;
  start = 0;
  recordStart = 0;
  recordEnd = 0;
  caplen = 0;
  wirelen = 0;
  linktype = 0;
  /** First word of the time stamp, see the clock. */
  timeHigh = 0;
  /** Second word of the time stamp. */
  timeLow = 0;
  clock: Clock = noClock;

  get time(): bigint {
    return this.clock(this.timeHigh, this.timeLow);
  }
}
