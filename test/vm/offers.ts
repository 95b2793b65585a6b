/** What the host of the tests that are data offers besides segments: host functions by name, a coprocessor table. */
import {
  type Ancillary,
  type Coprocessor,
  type Host,
  type HostFunction,
  hostFailure,
  literalSlice,
  packetSlice,
} from '../../vm/index.ts';

const free = { base: 0, perByte: 0 };
const sumOf = (bytes: Uint8Array | undefined): bigint | typeof hostFailure =>
  bytes === undefined ? hostFailure : bytes.reduce((sum, byte) => sum + BigInt(byte), 0n);

const functions: Readonly<Record<string, HostFunction>> = {
  seven: { inputs: 0, cost: free, call: () => 7n },
  nothing: { inputs: 0, cost: free, call: () => undefined },
  minus: { inputs: 2, cost: free, call: ([a, b]) => a! - b! },
  'math.double': { inputs: 1, cost: free, call: ([a]) => 2n * a! },
  /** The bytes of the packet, then of a literal, that an offset and a length name, summed up. */
  bytes: { inputs: 2, cost: { base: 3, perByte: 2 }, call: ([at, n], run) => sumOf(packetSlice(run, at!, n!)) },
  literal: { inputs: 2, cost: free, call: ([at, n], run) => sumOf(literalSlice(run, at!, n!)) },
  fail: { inputs: 1, cost: { base: 5, perByte: 0 }, call: () => hostFailure },
};

const coprocessor: Readonly<Record<number, Coprocessor>> = {
  0: { cost: { base: 2, perByte: 0 }, call: (a) => a + 1 },
  3: { cost: { base: 1, perByte: 4 }, call: (a, { wirelen }) => a + wirelen },
  9: { cost: free, call: () => hostFailure },
};

/** Not all that there is: neither cpu nor pay_offset. A packet of less than two bytes has no device and no network header. */
const ancillary: Ancillary = {
  ifindex: ({ caplen }) => (caplen < 2 ? hostFailure : 2),
  nlattr: (_, a, x) => a * 256 + x,
  mark: () => 0x12345678,
  random: () => 4,
  network_offset: ({ caplen }) => (caplen < 2 ? hostFailure : 4),
};

export const offers: Pick<Host, 'functions' | 'coprocessor' | 'ancillary'> = { functions, coprocessor, ancillary };
