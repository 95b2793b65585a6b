/** Capture files made in memory for the tests here, in every form the readers know, and a way to read them whole. */

import { type CaptureProblem, CaptureReader, pcapHeader, pcapRecord } from '../../capture/index.ts';
import { type Random, rng } from '../../scripts/packets.mjs';

/** A packet copied out of a reader. */
export interface Copy {
  number: number;
  data: number[];
  wirelen: number;
  time: bigint;
  linktype: number;
}

export interface Outcome {
  packets: Copy[];
  problem: CaptureProblem | undefined;
  format: string | undefined;
  linktype: number | undefined;
  snaplen: number | undefined;
  nanoseconds: boolean;
}

/** Reads a file pushed in chunks as long as `size` says; each chunk's memory is spoilt before the next one comes. */
export function readAll(file: Uint8Array, size: () => number = () => file.length): Outcome {
  const reader = new CaptureReader();
  const packets: Copy[] = [];
  const drain = () => {
    for (let packet = reader.next(); packet; packet = reader.next()) {
      const { number, bytes, start, caplen, wirelen, time, linktype } = packet;
      packets.push({ number, data: Array.from(bytes.subarray(start, start + caplen)), wirelen, time, linktype });
    }
  };
  for (let at = 0; at < file.length; ) {
    const chunk = file.slice(at, at + Math.max(1, size()));
    at += chunk.length;
    reader.push(chunk);
    drain();
    chunk.fill(0xee);
  }
  reader.end();
  drain();
  const { problem, format, linktype, snaplen, nanoseconds } = reader;
  return { packets, problem, format, linktype, snaplen, nanoseconds };
}

/** Writes 2- and 4-byte words of one byte order one behind the other. */
export class Words {
  readonly bytes: number[] = [];
  readonly little: boolean;
  constructor(little: boolean) {
    this.little = little;
  }
  u16(...values: number[]): this {
    for (const value of values) this.#put(value, 2);
    return this;
  }
  u32(...values: number[]): this {
    for (const value of values) this.#put(value, 4);
    return this;
  }
  raw(data: Iterable<number>): this {
    for (const byte of data) this.bytes.push(byte);
    return this;
  }
  /** Zeros up to a multiple of 4. */
  pad(): this {
    while (this.bytes.length % 4 !== 0) this.bytes.push(0);
    return this;
  }
  #put(value: number, size: number): void {
    for (let index = 0; index < size; index++) {
      const shift = 8 * (this.little ? index : size - 1 - index);
      this.bytes.push(Math.floor(value / 2 ** shift) & 0xff);
    }
  }
}

export const concat = (...parts: Iterable<number>[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));

/** The data of test packet `index`: its bytes tell where they come from. */
export const data = (index: number, length: number): number[] =>
  Array.from({ length }, (_, at) => (index * 37 + at) & 0xff);

/** One packet to be put in a file; `fraction` counts in the file's own unit. */
export interface Entry {
  data: number[];
  wirelen: number;
  seconds: number;
  fraction: number;
}

export const entries: readonly Entry[] = [
  { data: data(1, 60), wirelen: 60, seconds: 1_700_000_000, fraction: 1 },
  { data: [], wirelen: 0, seconds: 1_700_000_001, fraction: 999_999 },
  { data: data(2, 64), wirelen: 1500, seconds: 0, fraction: 0 },
  { data: data(3, 1), wirelen: 1, seconds: 0xffff_ffff, fraction: 500_000 },
  { data: data(4, 333), wirelen: 333, seconds: 1_700_000_002, fraction: 123_456 },
];

export interface PcapForm {
  little: boolean;
  magic?: number;
  version?: [number, number];
  snaplen?: number;
  linktype?: number;
}

export function pcapFile(form: PcapForm, packets: readonly Entry[] = entries): Uint8Array {
  const { little, magic = 0xa1b2c3d4, version = [2, 4], snaplen = 262144, linktype = 1 } = form;
  const words = new Words(little)
    .u32(magic)
    .u16(...version)
    .u32(0, 0, snaplen, linktype);
  for (const packet of packets) {
    words.u32(packet.seconds, packet.fraction, packet.data.length, packet.wirelen).raw(packet.data);
  }
  return Uint8Array.from(words.bytes);
}

/** A pcapng block: type, length, body padded to 4 bytes, length again. */
export function block(little: boolean, type: number, body: Iterable<number>): Uint8Array {
  const padded = new Words(little).raw(body).pad().bytes;
  return concat(
    new Words(little).u32(type, padded.length + 12).bytes,
    padded,
    new Words(little).u32(padded.length + 12).bytes,
  );
}

export const section = (little: boolean, major = 1, minor = 0): Uint8Array =>
  block(little, 0x0a0d0d0a, new Words(little).u32(0x1a2b3c4d).u16(major, minor).u32(0xffffffff, 0xffffffff).bytes);

/** An option of a block. */
export const option = (little: boolean, code: number, value: number[]): number[] =>
  new Words(little).u16(code, value.length).raw(value).pad().bytes;

export function interfaceBlock(little: boolean, linktype: number, snaplen: number, options: number[] = []): Uint8Array {
  const end = options.length > 0 ? option(little, 0, []) : [];
  return block(little, 1, new Words(little).u16(linktype, 0).u32(snaplen).raw(options).raw(end).bytes);
}

/** An enhanced packet block; `time` in the interface's units. */
export function enhanced(
  little: boolean,
  id: number,
  time: bigint,
  bytes: number[],
  wirelen = bytes.length,
): Uint8Array {
  const words = new Words(little).u32(id, Number(time >> 32n), Number(time & 0xffffffffn), bytes.length, wirelen);
  return block(
    little,
    6,
    words
      .raw(bytes)
      .pad()
      .raw(option(little, 1, [0x68, 0x69])).bytes,
  );
}

export function simple(little: boolean, bytes: number[], wirelen = bytes.length): Uint8Array {
  return block(little, 3, new Words(little).u32(wirelen).raw(bytes).bytes);
}

export function obsolete(little: boolean, id: number, time: bigint, bytes: number[]): Uint8Array {
  const words = new Words(little).u16(id, 7).u32(Number(time >> 32n), Number(time & 0xffffffffn));
  return block(little, 2, words.u32(bytes.length, bytes.length).raw(bytes).bytes);
}

/** A pcapng file with blocks of every kind, in one byte order, two sections. */
export function pcapngFile(little: boolean): Uint8Array {
  return concat(
    section(little),
    block(little, 4, data(9, 40)),
    interfaceBlock(little, 1, 262144, option(little, 2, [0x65, 0x74, 0x68])),
    interfaceBlock(little, 101, 100, option(little, 9, [9])),
    enhanced(little, 0, 1_700_000_000_000_001n, data(1, 60)),
    block(little, 0x0bad, data(5, 100)),
    enhanced(little, 1, 1_700_000_000_000_000_001n, data(2, 41), 1500),
    simple(little, data(3, 33)),
    obsolete(little, 1, 5_000_000_000n, data(4, 22)),
    section(!little, 1, 2),
    interfaceBlock(!little, 113, 0),
    enhanced(!little, 0, 7n, data(5, 9)),
  );
}

/** A writer's file of packets of random lengths. */
export function randomFile(random: Random, count: number): Uint8Array {
  const parts = [pcapHeader()];
  for (let index = 0; index < count; index++) {
    const bytes = Uint8Array.from(data(index, random.below(120)));
    const time = BigInt(random.below(2 ** 31)) * 1_000_000_000n + BigInt(random.below(1_000_000)) * 1000n;
    parts.push(pcapRecord({ bytes, start: 0, caplen: bytes.length, wirelen: bytes.length + random.below(9), time }));
  }
  return concat(...parts);
}

export { rng };
