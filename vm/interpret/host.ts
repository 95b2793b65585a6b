/** Calls of the host: its functions by the program's imports, its coprocessor table by its own numbers. */
import { type Coprocessor, costOf, hostFailure } from '../host/host.ts';
import type { AncillaryName } from '../isa/ancillary.ts';
import { A, AA, R0, X } from '../isa/registers.ts';
import { charge, fault, type Machine, slotOf } from './machine.ts';
import type { Context, Lower, Step } from './step.ts';

const BUDGET = fault(11);
const FAILED = fault(12);

/** Inputs are whole 64-bit registers from R[shift] on; the answer is AA, and in R[shift] whether there is one. */
const host: Lower = (i, { pc, bindings }) => {
  const { inputs, cost, call } = bindings.functions.get(i.k)!;
  const first = slotOf(R0) + i.high;
  const next = pc + 1;
  return (m) => {
    if (!charge(m, costOf(cost, m.caplen))) return BUDGET;
    const result = call(Array.from(m.u64.subarray(first, first + inputs)), m);
    if (result === hostFailure) return FAILED;
    m.u64[slotOf(AA)] = result ?? 0n;
    m.u64[first] = result === undefined ? 0n : 1n;
    return next;
  };
};

/** A in, A out; clears AA's upper half as any write of A does. */
function calling(m: Machine, coprocessor: Coprocessor | undefined, next: number): number {
  const result = coprocessor === undefined ? hostFailure : coprocessor.call(m.u32[A * 2]!, m);
  if (result === hostFailure) return FAILED;
  m.u32[A * 2] = result;
  m.u32[A * 2 + 1] = 0;
  return next;
}

const entryOf = (table: Readonly<Record<number, Coprocessor>>, number: number): Coprocessor | undefined =>
  Object.hasOwn(table, number) ? table[number] : undefined;

/** SPEC: a number that is not in the table costs nothing before it is fault 12. */
const cop: Lower = (i, { pc, coprocessor }): Step => {
  const found = entryOf(coprocessor, i.k);
  const cost = found?.cost ?? { base: 0, perByte: 0 };
  const next = pc + 1;
  return (m) => (charge(m, costOf(cost, m.caplen)) ? calling(m, found, next) : BUDGET);
};

/** Costs what the dearest entry would on this packet, whichever X names, and if it names none. */
const copx: Lower = (_, { pc, coprocessor }): Step => {
  const costs = Object.values(coprocessor).map(({ cost }) => cost);
  const next = pc + 1;
  return (m) => {
    let most = 0;
    for (const cost of costs) most = Math.max(most, costOf(cost, m.caplen));
    return charge(m, most) ? calling(m, entryOf(coprocessor, m.u32[X * 2]!), next) : BUDGET;
  };
};

/** What the host knows of the packet, in place of its bytes. The validator has seen that the host knows it. */
export function ancillaryLoad(name: AncillaryName, { pc, ancillary }: Context): Step {
  const call = ancillary[name]!;
  const next = pc + 1;
  return (m) => {
    const value = call(m, m.u32[A * 2]!, m.u32[X * 2]!);
    if (value === hostFailure) return FAILED;
    m.u32[A * 2] = value;
    m.u32[A * 2 + 1] = 0;
    return next;
  };
}

export const hostLowerings = { host, cop, copx } as const satisfies Readonly<Record<string, Lower>>;
