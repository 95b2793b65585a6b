/**
 * Classic programs as tcpdump prints them, written and read: `-d` (for people), `-dd` (C initialisers), `-ddd`
 * (decimal). What is read is told apart by its first line.
 */
import { decode, type Word } from '../isa/codec.ts';
import { classicCodes, rows, type Size } from '../isa/instructions.ts';
import type { Program } from '../program/program.ts';
import { instructionText } from './disassemble.ts';

/** Where a classic text is wrong. Lines count from 1. */
export interface TextProblem {
  readonly code: string;
  readonly message: string;
  readonly line: number;
}

export type TextResult =
  | { readonly program: Program; readonly problem?: never }
  | { readonly problem: TextProblem; readonly program?: never };

const limits = { code: 0xffff, jt: 0xff, jf: 0xff, k: 0xffffffff } as const;
const isListing = (text: string): boolean => /^\s*\(000\)[ \t]/.test(text);
const isInitialisers = (text: string): boolean => /^\s*\{\s*0x[0-9a-f]+\s*,/i.test(text);

/** Whether a text looks like what tcpdump prints, right or wrong. */
export const isClassicText = (text: string): boolean =>
  /^\s*\d+[ \t]*\r?\n\s*\d+\s+\d+\s+\d+\s+\d+/.test(text) || isListing(text) || isInitialisers(text);

/** Reads what `tcpdump -d`, `-dd` or `-ddd` printed as a classic program. */
export function parseClassicText(text: string): TextResult {
  const lines = text.split(/\r?\n/);
  while (lines.length > 0 && lines.at(-1)!.trim() === '') lines.pop();
  if (isListing(text)) return parseLines(lines, 1, listingWord);
  if (isInitialisers(text)) return parseLines(lines, 1, initialiserWord);
  const count = /^\s*(\d+)\s*$/.exec(lines[0] ?? '');
  if (count === null)
    return problem(1, 'the first line must be the number of instructions, as `tcpdump -ddd` prints it');
  const result = parseLines(lines.slice(1), 2, decimalWord);
  const length = result.program?.code.length ?? 0;
  if (result.program !== undefined && length !== Number(count[1]))
    return problem(1, `the first line says ${Number(count[1])} instructions, ${length} follow`);
  return result;
}

const problem = (line: number, message: string): TextResult => ({ problem: { code: 'classic-text', message, line } });

/** A word, or what is wrong with its line. */
type Parsed = Word | string;

function parseLines(lines: readonly string[], first: number, parse: (line: string, pc: number) => Parsed): TextResult {
  const code: Word[] = [];
  for (const [i, line] of lines.entries()) {
    const parsed = parse(line.trim(), i);
    if (typeof parsed === 'string') return problem(first + i, parsed);
    code.push(parsed);
  }
  return { program: { profile: 'classic', code, entry: 0, strings: Uint8Array.of(0) } };
}

function fieldsWord(numbers: readonly number[]): Parsed {
  const [code, jt, jf, k] = numbers as readonly [number, number, number, number];
  for (const [name, value] of Object.entries({ code, jt, jf, k })) {
    const limit = limits[name as keyof typeof limits];
    if (value > limit) return `${name} is ${value}; the largest is ${limit}`;
  }
  return { code, jt, jf, k };
}

function decimalWord(line: string): Parsed {
  const fields = line.split(/\s+/);
  if (fields.length !== 4 || !fields.every((field) => /^\d+$/.test(field)))
    return `"${line.slice(0, 40)}" is not an instruction: four decimal numbers, code jt jf k`;
  return fieldsWord(fields.map(Number));
}

function initialiserWord(line: string): Parsed {
  const fields = /^\{\s*(\w+)\s*,\s*(\w+)\s*,\s*(\w+)\s*,\s*(\w+)\s*\},?$/.exec(line)?.slice(1);
  if (fields?.every((field) => /^(?:0x[0-9a-f]+|\d+)$/i.test(field)) !== true)
    return `"${line.slice(0, 40)}" is not an instruction: { code, jt, jf, k },`;
  return fieldsWord(fields.map(Number));
}

/** `tcpdump -ddd` of a program. */
export function classicDecimal(code: readonly Word[]): string {
  return `${[code.length, ...code.map((word) => `${word.code} ${word.jt} ${word.jf} ${word.k}`)].join('\n')}\n`;
}

/** `tcpdump -dd` of a program. */
export function classicInitialisers(code: readonly Word[]): string {
  const hex = (value: number, digits: number): string => `0x${value.toString(16).padStart(digits, '0')}`;
  return code.map((word) => `{ ${hex(word.code, 1)}, ${word.jt}, ${word.jf}, ${hex(word.k, 8)} },\n`).join('');
}

/** `tcpdump -d` of a program. */
export function classicListing(code: readonly Word[]): string {
  return code.map((word, pc) => `${classicLine(word, pc)}\n`).join('');
}

/** One line of `tcpdump -d`: the instruction behind its number. */
export const classicLine = (word: Word, pc: number): string =>
  `(${String(pc).padStart(3, '0')}) ${classicText(word, pc)}`;

/** How an instruction is listed: a name, and an operand in which `#` stands for k as tcpdump writes it there. */
interface Form {
  readonly code: number;
  readonly name: string;
  readonly operand: string;
  /** How k is written: a bit pattern, an amount with its sign, or a jump's target. */
  readonly k: 'hex' | 'signed' | 'target' | 'none';
  readonly isJump: boolean;
}

const sizeSuffix: Readonly<Record<Size, string>> = { W: '', H: 'h', B: 'b', DW: 'dw' };
const loadOperands: Readonly<Record<string, readonly [string, Form['k']]>> = {
  imm: ['#K', 'hex'],
  abs: ['[K]', 'signed'],
  ind: ['[x + K]', 'signed'],
  mem: ['M[K]', 'signed'],
  len: ['#pktlen', 'none'],
  msh: ['4*([K]&0xf)', 'signed'],
};

/** The forms of all classic instructions, made from the table's rows. */
const forms: readonly Form[] = [...classicCodes].map((code) => {
  const { mnemonic, variant } = decode({ code, jt: 0, jf: 0, k: 0 })!;
  const [base, mode] = mnemonic.split('.');
  const { class: cls } = rows[mnemonic];
  const byX = (variant.bits & 0x08) !== 0;
  const form = (name: string, operand: string, k: Form['k']): Form => ({ code, name, operand, k, isJump: false });
  if (mode !== undefined) {
    const size = (['W', 'H', 'B'] as const)[(code & 0x18) >> 3]!;
    const [operand, k] = loadOperands[mode]!;
    return form(`${base}${base === 'st' || base === 'stx' ? '' : sizeSuffix[size]}`, operand, k);
  }
  if (mnemonic === 'ja') return form('ja', 'K', 'target');
  if (mnemonic === 'exit') return (code & 0x10) !== 0 ? form('ret', '', 'none') : form('ret', '#K', 'signed');
  if (mnemonic === 'neg' || cls === 'MISC') return form(mnemonic, '', 'none');
  if (byX) return { ...form(mnemonic, 'x', 'none'), isJump: cls === 'JMP' };
  const isPattern = cls === 'JMP' || ['and', 'or', 'xor'].includes(mnemonic);
  return { ...form(mnemonic, '#K', isPattern ? 'hex' : 'signed'), isJump: cls === 'JMP' };
});
const formByCode = new Map(forms.map((form) => [form.code, form]));

/**
 * An instruction as `tcpdump -d` prints it, its number left out: padded where there is no operand. What classic BPF
 * lacks is printed as BPF64 text.
 */
export function classicText(word: Word, pc: number): string {
  const form = formByCode.get(word.code);
  if (form === undefined) return instructionText(word, pc);
  const k = {
    hex: `0x${word.k.toString(16)}`,
    signed: String(word.k | 0),
    target: String(pc + 1 + (word.k | 0)),
    none: '',
  };
  const operand = form.operand.replace('K', () => k[form.k]);
  if (!form.isJump) return `${form.name.padEnd(9)}${operand}`;
  return `${form.name.padEnd(9)}${operand.padEnd(16)} jt ${pc + 1 + word.jt}\tjf ${pc + 1 + word.jf}`;
}

/** A line of a listing, by the forms: name and the shape of the operand choose one. */
function listingWord(line: string, pc: number): Parsed {
  const [, number, name = '', rest = ''] = /^\((\d+)\)\s+(\w+)\s*(.*)$/.exec(line) ?? [];
  if (number === undefined) return `"${line.slice(0, 40)}" is not an instruction as \`tcpdump -d\` prints it`;
  if (Number(number) !== pc) return `instruction ${pc} is numbered ${Number(number)}`;
  const [, operand = rest, jt, jf] = /^(.*?)\s*\bjt (\d+)\s+jf (\d+)$/.exec(rest) ?? [];
  for (const form of forms) {
    if (form.name !== name || form.isJump !== (jt !== undefined)) continue;
    const shape = form.operand.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace('K', '(0x[0-9a-f]+|-?\\d+)');
    const match = new RegExp(`^${shape}$`, 'i').exec(operand.trim());
    if (match === null) continue;
    const value = Number(match[1] ?? 0);
    const k = form.k === 'target' ? value - pc - 1 : value;
    if (k > limits.k || k < -(2 ** 31)) return `${value} does not fit 32 bits`;
    if (!form.isJump) return { code: form.code, jt: 0, jf: 0, k: k >>> 0 };
    const skips = [Number(jt) - pc - 1, Number(jf) - pc - 1] as const;
    if (skips.some((skip) => skip < 0 || skip > limits.jt)) return 'jt and jf go forward, 256 instructions at most';
    return { code: form.code, jt: skips[0], jf: skips[1], k: k >>> 0 };
  }
  const isKnown = forms.some((form) => form.name === name);
  return isKnown ? `${name} does not take "${rest}"` : `there is no classic instruction ${name}`;
}
