/** What a context offers to programs, allows them, and limits them by. Knows no instruction and no engine. */

import type { AncillaryName } from '../isa/ancillary.ts';
import { type Dialect, dialects } from './dialect.ts';
import type { LruHash } from './lru.ts';
import type { Place } from './place.ts';

/** A stretch of the host's memory that programs reach by number. */
export interface Segment {
  /** Read at each access: within a run it must stay the same. */
  readonly bytes: Uint8Array;
  readonly readable: boolean;
  readonly writable: boolean;
  /** Where the bytes lie, if they stay there: an engine whose memory that is reaches them by itself. */
  readonly place?: Place;
}

export type HashOperation = 'get' | 'set' | 'add' | 'delete';

/** Units of the budget: a + b for each captured byte of the packet, whole numbers from 0. */
export interface Cost {
  readonly base: number;
  readonly perByte: number;
}

/** What a host function sees of a run besides its inputs. The packet's bytes are its to read. */
export interface HostRun {
  /** The buffer that holds the packet, from `start`, `caplen` bytes of it. */
  readonly packet: Uint8Array;
  readonly start: number;
  readonly caplen: number;
  readonly wirelen: number;
  /** When it was captured: nanoseconds since 1970, 0 where that is not known. */
  readonly time: bigint;
  /** The program's instructions as a file has them: literals are named by their offset in it. */
  readonly code: Uint8Array;
}

/** What a host function or a coprocessor returns that could not do its work: fault 12. */
export const hostFailure: unique symbol = Symbol('host failure');

/**
 * A host function: `inputs` registers of 64 bits each in, one value or nil (undefined) out. It never calls the program
 * back. What it throws is the host's own error and ends `run` with it; what the program did wrong is `hostFailure`.
 */
export interface HostFunction {
  /** What it is, where an engine may have code of its own that does the same as `call`. */
  readonly builtin?: 'packet.find' | { readonly hash: LruHash; readonly operation: HashOperation };
  readonly inputs: number;
  readonly cost: Cost;
  readonly call: (inputs: readonly bigint[], run: HostRun) => bigint | undefined | typeof hostFailure;
}

/** An entry of the coprocessor table: A in, A out, 32 bits both. */
export interface Coprocessor {
  readonly cost: Cost;
  readonly call: (a: number, run: HostRun) => number | typeof hostFailure;
}

/**
 * Gives an ancillary value, 32 bits, from the packet and what A and X hold (NLATTR and NLATTR_NEST take them), in time
 * that does not depend on the packet. `hostFailure`, for what this packet has not, ends the run with 0 (fault 12), as
 * in Linux ifindex does for a packet without a device.
 */
export type AncillaryValue = (run: HostRun, a: number, x: number) => number | typeof hostFailure;

/**
 * By name, what the host can tell; `network_offset` is where SKF_NET_OFF counts from, in bytes from the packet's start.
 * A program that loads what is not here is refused.
 */
export type Ancillary = Readonly<Partial<Record<AncillaryName | 'network_offset', AncillaryValue>>>;

export interface Host {
  /** Whether programs may store to the packet. */
  readonly allowWrite: boolean;
  /** Whether programs may jump backward, behind the door, or not at all, as in kernels. */
  readonly backwardJumps: 'refuse' | 'door';
  /** The longest count of one LOOP. */
  readonly loopCap: number;
  /** Units that one run may use: body passes, function calls, backward jumps, what host functions cost. */
  readonly budget: number;
  /** A program that could take more than this on a packet of `longestPacket` captured bytes is refused (docs/cost.md). */
  readonly maxCost: number;
  readonly longestPacket: number;
  /** The longest program, in instructions. */
  readonly programSize: number;
  /** By the names that programs import them by; a program without imports reaches those whose name is a number. */
  readonly segments: Readonly<Record<string, Segment>>;
  readonly functions: Readonly<Record<string, HostFunction>>;
  /** By number, as COP and COPX have it. */
  readonly coprocessor: Readonly<Record<number, Coprocessor>>;
  /** What classic programs mean, where systems differ. */
  readonly dialect: Dialect;
  /** What it knows of packets besides their bytes, for dialects that have loads of it. */
  readonly ancillary: Ancillary;
}

/** What captures usually cut packets to at most. */
const largestSnapLength = 262144;

/**
 * The longest packet, in captured bytes, that engines run: compilers take offsets to be below it. No capture has longer
 * ones: libpcap's limit is half of it for the link types that allow most.
 */
export const longestCapture = 2 ** 28 - 1;

export const defaultHost: Host = {
  allowWrite: false,
  backwardJumps: 'door',
  loopCap: largestSnapLength,
  budget: 2 ** 24,
  maxCost: Number.POSITIVE_INFINITY,
  longestPacket: largestSnapLength,
  programSize: 2 ** 20,
  segments: {},
  functions: {},
  coprocessor: {},
  dialect: dialects.pcap,
  ancillary: {},
};

/** What something costs on a packet. */
export const costOf = ({ base, perByte }: Cost, caplen: number): number => base + perByte * caplen;

/** The bytes that an offset and a length name in a packet; undefined where they are not all captured. */
export function packetSlice(run: HostRun, offset: bigint, length: bigint): Uint8Array | undefined {
  if (offset + length > BigInt(run.caplen)) return undefined;
  const from = run.start + Number(offset);
  return run.packet.subarray(from, from + Number(length));
}

/** The bytes that an offset and a length name in the program's code; undefined outside it. */
export function literalSlice({ code }: HostRun, offset: bigint, length: bigint): Uint8Array | undefined {
  if (offset + length > BigInt(code.length)) return undefined;
  return code.subarray(Number(offset), Number(offset + length));
}
