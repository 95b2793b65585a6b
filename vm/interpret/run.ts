/**
 * Runs of comparisons: `if W == k1 goto t1; if W == k2 goto t2; …`, as every optimised filter has them. A step that
 * comes to one can decide it at once. What is written and where a fault is stays as it is, and a jump into the middle
 * of a run finds the steps of its instructions.
 */
import type { Instruction } from '../isa/codec.ts';
import { SRC_X } from '../isa/instructions.ts';
import { isVector } from '../isa/registers.ts';
import type { Code } from '../validate/flow.ts';
import { slotOf } from './machine.ts';

export interface Run {
  /** The slot of the register that is compared. */
  readonly slot: number;
  readonly constants: Uint32Array;
  readonly targets: Uint32Array;
  /** Where it goes on when none is equal. */
  readonly otherwise: number;
}

/** The comparisons that the step of an instruction may decide: those behind a packet load, or several that begin here. */
export function runFor(code: Code, { mnemonic, reg }: Instruction, pc: number): Run | undefined {
  if (mnemonic === 'jeq') {
    const run = runAt(code, pc);
    return run !== undefined && run.constants.length > 1 ? run : undefined;
  }
  if (!packetLoads.has(mnemonic) || isVector(reg)) return undefined;
  const run = runAt(code, pc + 1);
  return run?.slot === slotOf(reg) ? run : undefined;
}

const packetLoads: ReadonlySet<string> = new Set(['ld.abs', 'ld.ind', 'ld.ind_y']);

/** Whether an instruction compares a 32-bit register with a constant for equality. */
const isEqual = (i: Instruction | undefined): i is Instruction =>
  i !== undefined && i.mnemonic === 'jeq' && (i.variant.bits & SRC_X) === 0 && i.reg < 32;

/** The run that begins at an instruction. */
function runAt(code: Code, pc: number): Run | undefined {
  const first = code[pc];
  if (!isEqual(first)) return undefined;
  const constants: number[] = [];
  const targets: number[] = [];
  let at = pc;
  let last = first;
  // All but the last fall through to the next comparison of the same register.
  for (
    let i: Instruction | undefined = first;
    isEqual(i) && i.reg === first.reg && constants.length < longest;
    i = code[at]
  ) {
    last = i;
    constants.push(i.k);
    targets.push(at + 1 + i.jt);
    at++;
    if (i.jf !== 0) break;
  }
  return {
    slot: slotOf(first.reg),
    constants: Uint32Array.from(constants),
    targets: Uint32Array.from(targets),
    otherwise: at + last.jf,
  };
}

/** Keeps a program of nothing but comparisons from taking space in the square of its length. */
const longest = 32;

/** Where a run leads with a value. */
export function decide(value: number, { constants, targets, otherwise }: Run): number {
  for (let i = 0; i < constants.length; i++) if (constants[i] === value) return targets[i]!;
  return otherwise;
}
