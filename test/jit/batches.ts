/** Packets one by one and all at once, by engines of one memory. */
import { expect } from 'vitest';
import {
  defaultHost,
  type Fault,
  type Host,
  Interpreter,
  Jit,
  MachineMemory,
  type Program,
  record,
  validate,
} from '../../vm/index.ts';

export interface Packet {
  readonly bytes: Uint8Array;
  readonly wirelen: number;
}

/** What came of packets, and what was left of them. */
export interface Outcome {
  readonly verdicts: readonly number[];
  /** The faults of packets, by their index. */
  readonly faults: readonly (readonly [index: number, fault: Fault])[];
  readonly left: readonly Uint8Array[];
}

/** It need not grow in the midst of a batch. */
export const memory = new MachineMemory(2 ** 24);

export function engines(of: Program, host: Partial<Host>): { readonly interpreter: Interpreter; readonly jit: Jit } {
  const whole = { ...defaultHost, ...host };
  const { validated, refusals } = validate(of, whole);
  if (validated === undefined) throw new Error(refusals.map(({ message }) => message).join('\n'));
  return {
    interpreter: new Interpreter(validated, whole),
    jit: new Jit(validated, whole, { memory }),
  };
}

/** One packet after another. */
export function oneByOne(filter: Pick<Interpreter, 'run' | 'fault'>, packets: readonly Packet[]): Outcome {
  const faults: [number, Fault][] = [];
  const left = packets.map(({ bytes }) => bytes.slice());
  const verdicts = packets.map(({ bytes, wirelen }, index) => {
    const verdict = filter.run(left[index]!, 0, bytes.length, wirelen);
    if (filter.fault !== undefined) faults.push([index, filter.fault]);
    return verdict;
  });
  return { verdicts, faults, left };
}

/** All at once. The number of packets that were accepted is what their verdicts say. */
export function atOnce(jit: Jit, packets: readonly Packet[], longest?: number): Outcome {
  const records = memory.allocate(packets.length * record.size);
  const rooms = packets.map(({ bytes }) => memory.allocate(bytes.length));
  for (const [index, { bytes, wirelen }] of packets.entries()) {
    const { at } = rooms[index]!;
    memory.bytes.set(bytes, at);
    memory.words.set([at, bytes.length, wirelen, 0xdead], (records.at + index * record.size) / 4);
  }
  const faults: [number, Fault][] = [];
  const accepted = jit.batch(records.at, packets.length, longest, (index, fault) => faults.push([index, fault]));
  const verdicts = packets.map((_, index) => memory.words[(records.at + index * record.size + record.verdict) / 4]!);
  expect(accepted).toBe(verdicts.filter((verdict) => verdict !== 0).length);
  const left = packets.map(({ bytes }, index) => memory.bytes.slice(rooms[index]!.at, rooms[index]!.at + bytes.length));
  for (const room of [...rooms, records]) memory.free(room);
  return { verdicts, faults, left };
}
