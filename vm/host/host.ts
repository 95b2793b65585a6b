/** What a context offers to programs, allows them, and limits them by. Knows no instruction and no engine. */

/** A stretch of the host's memory that programs reach by number. */
export interface Segment {
  /** Read at each access: within a run it must stay the same. */
  readonly bytes: Uint8Array;
  readonly readable: boolean;
  readonly writable: boolean;
}

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
  readonly inputs: number;
  readonly cost: Cost;
  readonly call: (inputs: readonly bigint[], run: HostRun) => bigint | undefined | typeof hostFailure;
}

/** An entry of the coprocessor table: A in, A out, 32 bits both. */
export interface Coprocessor {
  readonly cost: Cost;
  readonly call: (a: number, run: HostRun) => number | typeof hostFailure;
}

export interface Host {
  /** Whether programs may store to the packet. */
  readonly allowWrite: boolean;
  /** Whether programs may jump backward, behind the door, or not at all, as classic BPF has it. */
  readonly backwardJumps: 'refuse' | 'door';
  /** The longest count of one LOOP. */
  readonly loopCap: number;
  /** Units that one run may use: body passes, function calls, backward jumps, what host functions cost. */
  readonly budget: number;
  /** The longest program, in instructions. */
  readonly programSize: number;
  /** By the names that programs import them by; a program without imports reaches those whose name is a number. */
  readonly segments: Readonly<Record<string, Segment>>;
  readonly functions: Readonly<Record<string, HostFunction>>;
  /** By number, as COP and COPX have it. */
  readonly coprocessor: Readonly<Record<number, Coprocessor>>;
}

/** The longest classic program, as in every kernel (BPF_MAXINSNS). */
export const classicProgramSize = 4096;

export const defaultHost: Host = {
  allowWrite: false,
  backwardJumps: 'door',
  // The largest usual snap length.
  loopCap: 262144,
  budget: 2 ** 24,
  programSize: 2 ** 20,
  segments: {},
  functions: {},
  coprocessor: {},
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
