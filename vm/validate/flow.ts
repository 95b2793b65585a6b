/** Where control goes from an instruction, within its function or loop body. */
import type { Instruction } from '../isa/codec.ts';
import { literalLength } from '../isa/literals.ts';

/** A code by pc; undefined is data: words of literals, and the heads of literals that nothing leads to. */
export type Code = readonly (Instruction | undefined)[];

/** Where a jump with a signed k, or a CALL, leads. */
export const targetOf = (instruction: Instruction, pc: number): number => pc + 1 + (instruction.k | 0);

/** Where the body of a LOOP starts. */
export const bodyOf = (instruction: Instruction, pc: number): number => pc + 1 + instruction.jt;

const none: readonly number[] = [];

/** The next instructions in the same region; a LOOP's body and a CALL's function are not among them. */
export function successors(instruction: Instruction, pc: number): readonly number[] {
  if (instruction.table !== undefined) return instruction.table.targets;
  if (instruction.row.layout === 'length') return [pc + 1 + literalLength(instruction)!];
  if (instruction.mnemonic === 'exit') return none;
  if (instruction.mnemonic === 'ja') return [targetOf(instruction, pc)];
  if (instruction.row.class === 'JMP') return [pc + 1 + instruction.jt, pc + 1 + instruction.jf];
  return [pc + 1];
}

/** `successors` by pc; none of data. */
export type Edges = readonly (readonly number[])[];
export const edgesOf = (code: Code): Edges => code.map((i, pc) => (i === undefined ? none : successors(i, pc)));

/**
 * Where the code of the program itself begins: at its entry; or, without header, where its first instruction jumps to
 * over functions, or to a PROLOG. `code` has all its jumps inside.
 */
export function mainOf(code: Code, entry: number, headerless: boolean): number {
  const [first] = code;
  if (!headerless || entry !== 0 || first?.mnemonic !== 'ja' || isBackward(first)) return entry;
  const main = targetOf(first, 0);
  const called = code.map((instruction, pc) => (instruction?.mnemonic === 'call' ? targetOf(instruction, pc) : -1));
  if (called.includes(0)) return entry;
  return code[main]?.mnemonic === 'prolog' || called.some((root) => root > 0 && root <= main) ? main : entry;
}

export const isBackward = (instruction: Instruction): boolean =>
  instruction.mnemonic === 'ja' && (instruction.k | 0) < 0;
