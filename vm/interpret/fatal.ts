/** Runs on_fatal, the classic program that makes the verdict of a run which a fault ended. */
import type { Fault } from '../host/faults.ts';
import type { Host } from '../host/host.ts';
import { A, X } from '../isa/registers.ts';
import type { Validated } from '../validate/validated.ts';
import { lower } from './lower.ts';
import { createMachine, type Machine, registerSlots } from './machine.ts';

/** Words of M[] that it sees: those of a classic program. */
const visibleWords = 16;

/** Makes the verdict from the fault and what the run left in its M[]. */
export type OnFatal = (fault: Fault, run: Machine) => number;

/** It has a machine of its own, so that what the run left can still be looked at. */
export function createOnFatal({ code, literals, regions, functions, bindings }: Validated, host: Host): OnFatal {
  const constants = new Map<bigint, number>();
  const constant = (value: bigint): number => {
    const slot = constants.get(value) ?? registerSlots + constants.size;
    constants.set(value, slot);
    return slot;
  };
  const steps = code.map((instruction, pc) =>
    // No literals stand in classic programs.
    lower(instruction!, {
      pc,
      region: regions[pc]!,
      functions,
      literals,
      hasDoor: false,
      bindings,
      coprocessor: host.coprocessor,
      ancillary: host.ancillary,
      constant,
    }),
  );
  const m = createMachine([...constants.keys()], host);
  return ({ code: number, argument }, run) => {
    m.u64[A] = BigInt(argument);
    m.u64[X] = BigInt(number);
    for (let word = 0; word < visibleWords; word++) {
      m.memory[word * 2] = run.memory[word * 2]!;
      m.memory[word * 2 + 1] = 0;
    }
    m.wirelen = run.wirelen;
    let next = 0;
    do next = steps[next]!(m);
    while (next >= 0);
    return m.u32[A * 2]!;
  };
}
