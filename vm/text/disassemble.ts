/**
 * Instructions as text, by the templates of the table. Jump targets are labels, numbered by their pc. Works on any
 * words, valid or not: what the table does not have is printed as `.word`.
 */
import { decode, type Instruction, sizeOf, type Word } from '../isa/codec.ts';
import { classicCodes, exitClasses, type Role, rows, type Size } from '../isa/instructions.ts';
import { operandName, specialRegister, specials } from '../isa/registers.ts';

/** One line of a listing. */
export interface ListingLine {
  readonly pc: number;
  readonly word: Word;
  readonly text: string;
  /** Whether a jump, a loop or the entry leads here. */
  readonly isTarget: boolean;
}

const label = (pc: number): string => `L${pc}`;

/** A listing of a whole code; every target of a jump or a loop is marked. */
export function disassemble(code: readonly Word[]): ListingLine[] {
  const decoded = code.map(decode);
  const targets = new Set<number>();
  for (const [pc, instruction] of decoded.entries())
    if (instruction !== undefined) for (const target of namedTargets(instruction, pc)) targets.add(target);
  return code.map((word, pc) => ({ pc, word, text: instructionText(word, pc), isTarget: targets.has(pc) }));
}

/** The pcs that an instruction's text names as labels. */
function namedTargets(instruction: Instruction, pc: number): number[] {
  const { variant } = instruction;
  const targets: number[] = [];
  if (variant.jt === 'jump') targets.push(pc + 1 + instruction.jt);
  if (variant.jf === 'jump') targets.push(pc + 1 + instruction.jf);
  if (variant.jt === 'body') targets.push(pc + 1 + instruction.jt);
  if (variant.k === 'target') targets.push(pc + 1 + (instruction.k | 0));
  return targets;
}

/** One instruction as text. A conditional jump whose `else` is the next instruction names only the other target. */
export function instructionText(word: Word, pc: number): string {
  const instruction = decode(word);
  if (instruction === undefined) return `.word 0x${hex(word.code, 4)} ${word.jt} ${word.jf} 0x${hex(word.k, 8)}`;
  const { variant } = instruction;
  if (variant.jt === 'jump') return jumpText(instruction, pc);
  return variant.text.replace(/\{(\w+)\}/g, (_, field: string) => fieldText(instruction, pc, field));
}

function jumpText(instruction: Instruction, pc: number): string {
  const test = instruction.variant.text
    .replace(' {jt} {jf}', '')
    .replace(/\{(\w+)\}/g, (_, field: string) => fieldText(instruction, pc, field));
  return `${test} goto ${label(pc + 1 + instruction.jt)} else ${label(pc + 1 + instruction.jf)}`;
}

function fieldText(instruction: Instruction, pc: number, field: string): string {
  const { variant } = instruction;
  switch (field) {
    case 'reg':
      return operandName(instruction.reg);
    case 'special':
      return specials[instruction.high] ?? operandName(specialRegister(instruction.high));
    case 'class':
      return instruction.high === 0 ? '' : ` ${exitClasses[instruction.high] ?? instruction.high}`;
    case 'shift':
      return ` shift ${instruction.high}`;
    case 'private':
      return String(instruction.high);
    case 'jt':
      return roleText(instruction, pc, variant.jt, instruction.jt);
    case 'jf':
      return roleText(instruction, pc, variant.jf, instruction.jf);
    default:
      return roleText(instruction, pc, variant.k, instruction.k);
  }
}

function roleText(instruction: Instruction, pc: number, role: Role | undefined, value: number): string {
  switch (role) {
    case 'constant':
      return constantText(value, instruction.signed);
    case 'register':
      // X and Y in parentheses: named by a register field, not by the mode or the instruction itself.
      return value === 26 || value === 27 ? `(${operandName(value)})` : operandName(value);
    case 'index':
      return value === 0 ? 'X' : value === 26 || value === 27 ? `(${operandName(value)})` : operandName(value);
    case 'target':
      return label(pc + 1 + (value | 0));
    case 'body':
    case 'jump':
      return label(pc + 1 + value);
    case 'levels':
      return value === 0 ? '' : ` up ${value}`;
    case 'literal':
      return String(value | 0);
    case 'segment':
      return value >= 0xfa && value <= 0xfe ? specials[value - 0xfa + 2]! : `seg${value}`;
    default:
      return String(value);
  }
}

/** Signed constants always show their sign; unsigned ones are hexadecimal from 256. */
function constantText(value: number, signed: boolean): string {
  if (signed) return (value | 0) < 0 ? String(value | 0) : `+${value}`;
  return value < 256 ? String(value) : `0x${value.toString(16)}`;
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');

/** A word as hexadecimal: code, jt, jf, k. */
export const wordText = ({ code, jt, jf, k }: Word): string =>
  `${hex(code, 4)} ${hex(jt, 2)} ${hex(jf, 2)} ${hex(k, 8)}`;

const classicOperations: Readonly<Record<string, string>> = { jeq: 'jeq', jgt: 'jgt', jge: 'jge', jset: 'jset' };
const sizeSuffix: Readonly<Record<Size, string>> = { W: '', H: 'h', B: 'b', DW: 'dw' };

/**
 * A classic instruction as `tcpdump -d` prints it, its number left out: padded where there is no operand, amounts and
 * offsets signed, the target of `ja` absolute. What classic BPF lacks is printed as BPF64 text.
 */
export function classicText(word: Word, pc: number): string {
  const i = decode(word);
  if (i === undefined || !classicCodes.has(word.code)) return instructionText(word, pc);
  const { mnemonic, k, variant } = i;
  const operand = (variant.bits & 8) !== 0 ? 'x' : `#0x${k.toString(16)}`;
  const column = (name: string, rest: string): string => `${name.padEnd(9)}${rest}`;
  if (classicOperations[mnemonic] !== undefined)
    return `${column(mnemonic, operand.padEnd(16))} jt ${pc + 1 + word.jt}\tjf ${pc + 1 + word.jf}`;
  const direct = directText(i, pc, column);
  if (direct !== undefined) return direct;
  if (rows[mnemonic].class === 'ALU')
    return column(mnemonic, mnemonic === 'neg' ? '' : aluOperand(mnemonic, operand, k));
  return instructionText(word, pc);
}

/** tcpdump writes bit patterns in hexadecimal, amounts in decimal. */
const aluOperand = (mnemonic: string, operand: string, k: number): string =>
  operand === 'x' || ['and', 'or', 'xor'].includes(mnemonic) ? operand : `#${k | 0}`;

function directText(i: Instruction, pc: number, column: (name: string, rest: string) => string): string | undefined {
  const k = i.k | 0;
  const ld = `ld${sizeSuffix[sizeOf(i)]}`;
  switch (i.mnemonic) {
    case 'ld.imm':
      return column('ld', `#0x${i.k.toString(16)}`);
    case 'ld.abs':
      return column(ld, `[${k}]`);
    case 'ld.ind':
      return column(ld, `[x + ${k}]`);
    case 'ld.mem':
      return column('ld', `M[${k}]`);
    case 'ld.len':
      return column('ld', '#pktlen');
    case 'ldx.imm':
      return column('ldx', `#0x${i.k.toString(16)}`);
    case 'ldx.mem':
      return column('ldx', `M[${k}]`);
    case 'ldx.len':
      return column('ldx', '#pktlen');
    case 'ldx.msh':
      return column('ldxb', `4*([${k}]&0xf)`);
    case 'st.mem':
      return column('st', `M[${k}]`);
    case 'stx.mem':
      return column('stx', `M[${k}]`);
    case 'ja':
      return column('ja', String(pc + 1 + k));
    case 'exit':
      return column('ret', (i.variant.bits & 0x10) !== 0 ? '' : `#${k}`);
    case 'tax':
    case 'txa':
      return column(i.mnemonic, '');
    default:
      return undefined;
  }
}
