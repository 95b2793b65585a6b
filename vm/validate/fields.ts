/**
 * One instruction by itself: does its row carry it, and does each field hold what its role allows? What depends on
 * other instructions (jumps, windows, loops) is `structure.ts`'s.
 */
import type { FaultCode } from '../host/faults.ts';
import type { Instruction } from '../isa/codec.ts';
import { atomics, type ExitClass, exitClasses, SEGMENT_SELECTORS, SIZE } from '../isa/instructions.ts';
import { AS, isLoopCounter, isVector, operandName, registerNames, specials } from '../isa/registers.ts';
import type { Refusals } from './refusal.ts';
import { vectorProblem } from './vectors.ts';

/** 64-bit words of M[]. */
export const memoryWords = 128;
/** Exit classes that stand only in the body of a loop. */
export const bodyClasses: readonly ExitClass[] = ['next', 'last'];

/** The last word of M[] that a load or store of it touches: a V register takes two. */
export const lastWord = ({ k, reg }: Instruction): number => k + (isVector(reg) ? 1 : 0);

/** Words of M[], from 0 up, that a code can touch. */
export const memoryUsed = (code: readonly (Instruction | undefined)[]): number =>
  code.reduce((most, i) => (i?.variant.k === 'word' ? Math.max(most, lastWord(i) + 1) : most), 0);

/** What is wrong with an instruction by itself. `memory` is how many words M[] has. */
export function checkFields(instruction: Instruction, pc: number, memory: number, refusals: Refusals): void {
  const { mnemonic, row, variant } = instruction;
  const refuse = (code: string, fault: FaultCode, what: () => string): void =>
    refusals.refuse(code, fault, pc, () => `${mnemonic} at ${pc}: ${what()}`);
  if (!row.ready) {
    refuse('not-ready', 14, () => 'this version of the machine does not carry it');
    return;
  }
  // Of a literal's head all other fields are length and data.
  if (row.layout === 'length') return;
  if (instruction.stray !== 0)
    refuse('field-unused', 14, () => `bits 0x${instruction.stray.toString(16)} of code must be 0`);
  const unused = (field: 'jt' | 'jf' | 'k'): void =>
    refuse('field-unused', 14, () => `${field} is ${instruction[field]}, it must be 0`);
  if (variant.jt === undefined && instruction.jt !== 0) unused('jt');
  if (variant.jf === undefined && instruction.jf !== 0) unused('jf');
  if (variant.k === undefined && instruction.k !== 0) unused('k');
  if (variant.k === 'word' && lastWord(instruction) >= memory)
    refuse('memory-range', 14, () => `M[${lastWord(instruction)}] is past the last word, M[${memory - 1}]`);
  checkRegisters(instruction, refuse);
  checkSegment(instruction, refuse);
  const vector = vectorProblem(instruction);
  if (vector !== undefined) refuse('vector-form', 14, () => vector);
  if (variant.k === 'bits') {
    const width = instruction.reg >= 32 ? 64 : 32;
    if (![16, 32, 64].includes(instruction.k) || instruction.k > width)
      refuse('endian-width', 14, () => `${instruction.k} bits; it takes 16, 32 or 64, at most ${width} here`);
  }
  // SPEC: isa.md rejects a constant divisor 0 in classic programs; in BPF64 it could only ever be fault 4.
  if (variant.k === 'constant' && instruction.k === 0 && divisions.has(mnemonic))
    refuse('division-by-zero', 14, () => 'division by the constant 0');
  if (variant.jt === 'body' && instruction.jt === 0)
    refuse('loop-body', 14, () => 'its body must start behind the next instruction (jt is 0)');
  if (mnemonic === 'exit' && instruction.high >= exitClasses.length)
    refuse('exit-class', 14, () => `class ${instruction.high}; the last is ${exitClasses.length - 1}`);
  if (row.layout === 'transfer' && instruction.high >= specials.length)
    refuse('register-number', 7, () => `special register ${instruction.high}; the last is ${specials.length - 1}`);
}

function checkSegment(
  { variant, jt, jf, code }: Instruction,
  refuse: (code: string, fault: FaultCode, what: () => string) => void,
): void {
  if (variant.jf === 'segment' && jf >= SEGMENT_SELECTORS + selectors)
    refuse(
      'segment-number',
      2,
      () => `segment ${jf}; numbers end at ${SEGMENT_SELECTORS - 1}, then come the selectors`,
    );
  if (variant.jt !== 'atomic' || jt === 0) return;
  if (jt >= atomics.length) refuse('atomic', 14, () => `atomic operation ${jt}; the last is ${atomics.length - 1}`);
  else if ((code & SIZE.DW) !== SIZE.W && (code & SIZE.DW) !== SIZE.DW)
    refuse('atomic', 14, () => `atomic ${atomics[jt]} takes size W or DW`);
}

/** AS..ES. */
const selectors = specials.length - 2;

const divisions: ReadonlySet<string> = new Set(['div', 'mod', 'sdiv', 'smod']);

function checkRegisters(
  instruction: Instruction,
  refuse: (code: string, fault: FaultCode, what: () => string) => void,
): void {
  const { reg, variant, k } = instruction;
  if (variant.k === 'register' && k > 255) {
    refuse('register-number', 7, () => `${k} is not a register number (0 to 255)`);
    return;
  }
  for (const { register, written, field } of instruction.uses) {
    // Selectors are numbered from AS by the codec alone: a field that holds such a number names nothing.
    if (registerNames[register] === undefined || (field !== 'reg' && register >= AS))
      refuse('register-number', 7, () =>
        field === 'reg' && reg >= AS
          ? `special register ${reg - AS + 2}; the last is ${specials.length - 1}`
          : `there is no register ${register}`,
      );
    else if (written && isLoopCounter(register))
      refuse('loop-counter-written', 8, () => `${operandName(register)} is read-only`);
  }
}
