/**
 * Steps that do what several instructions do: a run of comparisons of one register with constants, as every optimised
 * filter has them, and the load before such a run. Only the way through them is shorter: what each writes, and where a
 * fault is, stays as it is, and a jump into their middle finds the steps of the instructions themselves.
 */
import type { Instruction } from '../isa/codec.ts';
import { rows, SRC_X } from '../isa/instructions.ts';
import type { Code } from '../validate/flow.ts';
import { type Machine, slotOf } from './machine.ts';
import type { Step } from './step.ts';

/** `if W == k1 goto t1; if W == k2 goto t2; …`, and where it goes on when none is equal. */
interface Run {
  /** Index of the register's low word in the file. */
  readonly word: number;
  readonly constants: Uint32Array;
  readonly targets: Uint32Array;
  readonly otherwise: number;
}

/** The steps of a run that is not traced. */
export function fuse(code: Code, steps: readonly Step[]): readonly Step[] {
  return steps.map((step, pc) => {
    const instruction = code[pc];
    if (instruction === undefined) return step;
    const own = runAt(code, pc);
    if (own !== undefined && own.constants.length > 1) return compare(own);
    const next = isLoad(instruction) ? runAt(code, pc + 1) : undefined;
    return next !== undefined && next.word === slotOf(instruction.reg) * 2 ? loadAndCompare(step, next) : step;
  });
}

const isLoad = ({ mnemonic, reg }: Instruction): boolean => rows[mnemonic].class === 'LD' && reg < 58;

/** Whether an instruction compares a 32-bit register with a constant for equality. */
const isEqual = (i: Instruction | undefined): i is Instruction =>
  i !== undefined && i.mnemonic === 'jeq' && (i.variant.bits & SRC_X) === 0 && i.reg < 32;

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
    word: slotOf(first.reg) * 2,
    constants: Uint32Array.from(constants),
    targets: Uint32Array.from(targets),
    otherwise: at + last.jf,
  };
}

/** Keeps a program of nothing but comparisons from taking space in the square of its length. */
const longest = 32;

function decide(value: number, { constants, targets, otherwise }: Run): number {
  for (let i = 0; i < constants.length; i++) if (constants[i] === value) return targets[i]!;
  return otherwise;
}

const compare =
  (run: Run): Step =>
  (m: Machine) =>
    decide(m.u32[run.word]!, run);

const loadAndCompare =
  (load: Step, run: Run): Step =>
  (m: Machine) => {
    const next = load(m);
    return next < 0 ? next : decide(m.u32[run.word]!, run);
  };
