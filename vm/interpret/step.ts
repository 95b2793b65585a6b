/** What a lowered instruction is, and what lowering may look at. */

import type { Host } from '../host/host.ts';
import type { Step as ArithmeticStep } from '../isa/arithmetic.ts';
import type { Instruction } from '../isa/codec.ts';
import type { Literal } from '../isa/literals.ts';
import { AS } from '../isa/registers.ts';
import type { Bindings } from '../validate/bindings.ts';
import type { Region } from '../validate/regions.ts';
import type { FunctionInfo } from '../validate/windows.ts';
import { type Machine, slotOf } from './machine.ts';
import type { Run } from './run.ts';

export type Step = ArithmeticStep<Machine>;

/** What a lowering may use of the program around its instruction. */
export interface Context {
  readonly pc: number;
  readonly region: Region;
  readonly functions: ReadonlyMap<number, FunctionInfo>;
  /** Whether the program has backward jumps, so that packet accesses must look at the door. */
  readonly hasDoor: boolean;
  /** What the program reaches of its host, by its own numbers, and the host's tables. */
  readonly bindings: Bindings;
  readonly coprocessor: Host['coprocessor'];
  readonly ancillary: Host['ancillary'];
  /** The literals of the code, by ascending pc. */
  readonly literals: readonly Literal[];
  /** The comparisons behind a load of their register, or those that begin here: the step may decide them at once. */
  readonly run?: Run | undefined;
  /** The slot that holds a 64-bit constant. */
  readonly constant: (value: bigint) => number;
}

export type Lower = (instruction: Instruction, context: Context) => Step;

/** Clears what the special register does not have of a value just written to its slot. */
export function clipped(register: number, step: Step): Step {
  const d = slotOf(register) * 2;
  const mask = register >= AS ? 0xffff : 0xffffffff;
  return (m) => {
    const next = step(m);
    m.u32[d] = m.u32[d]! & mask;
    m.u32[d + 1] = 0;
    return next;
  };
}
