/**
 * Literals in a code: where they lie, that nothing lands inside one, and which bytes of them a load may read. What a
 * jump table's literal says is `tables.ts`'s.
 */
import { type Instruction, sizeOf, type Word, wordBytes } from '../isa/codec.ts';
import { sizeBytes } from '../isa/instructions.ts';
import { type Literal, literalAround, literalAt, literalLength } from '../isa/literals.ts';
import { isVector } from '../isa/registers.ts';
import { bodyOf, type Code, successors, targetOf } from './flow.ts';
import type { Refusals } from './refusal.ts';

/** The literals of a code, by ascending pc. */
export function findLiterals(code: readonly Word[], refusals: Refusals): readonly Literal[] {
  const literals: Literal[] = [];
  for (let pc = 0; pc < code.length; pc++) {
    const length = literalLength(code[pc]!);
    if (length === undefined) continue;
    if (pc + length >= code.length) {
      const last = code.length - 1;
      refusals.refuse(
        'literal-range',
        14,
        pc,
        () => `literal at ${pc}: reaches to ${pc + length}, the last is ${last}`,
      );
      return literals;
    }
    literals.push(literalAt(code, pc, length));
    pc += length;
  }
  return literals;
}

/** Refuses what lands inside a literal: a jump, a call, a loop's body, the entry. */
export function checkLandings(code: Code, literals: readonly Literal[], entry: number, refusals: Refusals): void {
  const check = (pc: number, target: number, what: () => string): void => {
    const literal = literalAround(literals, target);
    if (literal !== undefined && literal.head !== target)
      refusals.refuse('literal-entered', 14, pc, () => `${what()} ${target}, inside the literal at ${literal.head}`);
  };
  check(entry, entry, () => 'the entry is');
  for (let pc = 0; pc < code.length; pc++) {
    const instruction = code[pc];
    if (instruction === undefined) continue;
    const goes = (): string => `${instruction.mnemonic} at ${pc}: goes to`;
    for (const target of landings(instruction, pc)) check(pc, target, goes);
  }
}

/**
 * The code without the heads of literals that nothing leads to: data between functions and tables behind their jumps,
 * which lead nowhere themselves. What leads to a head, in dead code too, makes it an instruction: a skip.
 */
export function withoutIdleLiterals(code: Code, literals: readonly Literal[], entry: number): Code {
  const led = new Set([entry]);
  for (let pc = 0; pc < code.length; pc++) {
    const instruction = code[pc];
    if (instruction !== undefined && instruction.row.layout !== 'length')
      for (const target of landings(instruction, pc)) led.add(target);
  }
  const left = [...code];
  for (const { head, end } of literals)
    if (led.has(head)) led.add(end);
    else left[head] = undefined;
  return left;
}

/** Where an instruction leads, a LOOP to its body and a CALL to its function too. */
function landings(instruction: Instruction, pc: number): readonly number[] {
  if (instruction.mnemonic === 'call') return [pc + 1, targetOf(instruction, pc)];
  if (instruction.mnemonic === 'loop') return [pc + 1, bodyOf(instruction, pc)];
  return successors(instruction, pc);
}

export const isRodata = (instruction: Instruction): boolean => instruction.row.mode === 'rodata';

/** The byte of the code that a load of RODATA names, its index register aside. */
export const rodataOffset = (instruction: Instruction, pc: number): number => wordBytes * pc + (instruction.k | 0);

/** Bytes that a load or store moves. */
export const bytesMoved = (instruction: Instruction): 1 | 2 | 4 | 8 | 16 =>
  isVector(instruction.reg) ? 16 : sizeBytes[sizeOf(instruction)];

/** The literal that the byte at an offset of the code lies in, if it is of its data. */
export function literalOfByte(literals: readonly Literal[], offset: number): Literal | undefined {
  const literal = literalAround(literals, Math.floor(offset / wordBytes));
  return literal !== undefined && offset >= literal.start ? literal : undefined;
}

/**
 * A load of RODATA reads the data of one literal.
 * SPEC: with an index register it is the byte at index 0 that must lie in them; where the access goes is fault 2's.
 */
export function checkRodata(
  instruction: Instruction,
  pc: number,
  literals: readonly Literal[],
  refusals: Refusals,
): void {
  const offset = rodataOffset(instruction, pc);
  const literal = literalOfByte(literals, offset);
  const what = `${instruction.mnemonic} at ${pc}`;
  if (literal === undefined) {
    refusals.refuse('rodata-range', 14, pc, () => `${what}: byte ${offset} of the code is not data of a literal`);
    return;
  }
  const last = offset + (instruction.jt === 0 ? bytesMoved(instruction) : 1) - 1;
  const most = literal.start + literal.data.length - 1;
  if (last > most)
    refusals.refuse(
      'rodata-range',
      14,
      pc,
      () => `${what}: reads up to byte ${last} of the code, the data of the literal at ${literal.head} end at ${most}`,
    );
}
