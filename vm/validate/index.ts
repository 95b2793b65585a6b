/** The gate: what passes here, every engine runs without a check of its own on the program. */
import { classicProgramSize, type Host } from '../host/host.ts';
import { decode, type Instruction, type Word } from '../isa/codec.ts';
import { classes, classicCodes } from '../isa/instructions.ts';
import type { Program } from '../program/program.ts';
import { checkFields, memoryWords } from './fields.ts';
import { type Refusal, Refusals } from './refusal.ts';
import { checkStructure, type Regions } from './structure.ts';

export { maxRefusals, type Refusal } from './refusal.ts';
export { maxFrames, type Region, type Regions } from './structure.ts';

/** A program that the validator let through, with what it found out. */
export interface Validated {
  readonly program: Program;
  readonly code: readonly Instruction[];
  /** By instruction, the innermost loop body or the function. */
  readonly regions: Regions;
}

export type ValidateResult =
  | { readonly validated: Validated; readonly refusals?: never }
  | { readonly refusals: readonly Refusal[]; readonly validated?: never };

/** Judges a program for a host; says all that is wrong at the first stage that finds something. */
export function validate(program: Program, host: Host): ValidateResult {
  const limit = program.profile === 'classic' ? classicProgramSize : host.programSize;
  const { length } = program.code;
  if (length === 0) return refused('program-empty', 0, 'the program has no instructions');
  if (length > limit) return refused('program-size', limit, `${length} instructions; the limit is ${limit}`);
  const isClassic = program.profile === 'classic';
  const refusals = new Refusals();
  const code: Instruction[] = [];
  for (let pc = 0; pc < length; pc++) {
    const word = isClassic ? withoutIgnoredFields(program.code[pc]!) : program.code[pc]!;
    const instruction = decode(word);
    if (instruction === undefined || (isClassic && !classicCodes.has(word.code))) {
      const kind = isClassic ? 'classic ' : '';
      refusals.refuse(
        'opcode-unknown',
        14,
        pc,
        () => `instruction ${pc}: no ${kind}opcode 0x${word.code.toString(16)}`,
      );
      continue;
    }
    checkFields(instruction, pc, isClassic ? classicMemoryWords : memoryWords, refusals);
    if (isClassic && pc === length - 1 && instruction.mnemonic !== 'exit')
      refusals.refuse('falls-off', 14, pc, () => `${instruction.mnemonic} at ${pc}: the last instruction must be RET`);
    code.push(instruction);
  }
  if (refusals.count > 0) return { refusals: refusals.all() };
  const regions = checkStructure(code, program.entry, refusals);
  if (regions === undefined) return { refusals: refusals.all() };
  return { validated: { program, code, regions } };
}

/** Words of M[] that a classic program has. */
const classicMemoryWords = 16;

const refused = (code: string, pc: number, message: string): ValidateResult => ({
  refusals: [{ code, fault: 14, pc, message }],
});

/** Classic programs may leave anything in `jt` and `jf` outside the jump class, and in k where it has no use. */
function withoutIgnoredFields(word: Word): Word {
  const isJump = (word.code & 7) === classes.JMP;
  const used = decode({ ...word, jt: 0, jf: 0 })?.variant;
  const isJa = word.code === 0x05;
  return {
    code: word.code,
    jt: isJump && !isJa ? word.jt : 0,
    jf: isJump && !isJa ? word.jf : 0,
    k: used !== undefined && used.k === undefined ? 0 : word.k,
  };
}
