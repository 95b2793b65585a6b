/**
 * The texts of the instruction table, taken apart once: the disassembler writes by them and the assembler reads by
 * them, so that there is no second list of instructions.
 */
import { encode, type Fields, type Instruction, type Word } from '../isa/codec.ts';
import { type Mnemonic, mnemonics, type Row, rows, type Variant } from '../isa/instructions.ts';
import type { Cursor, Said, Value } from './cursor.ts';
import { tokenize } from './lexer.ts';
import { type OperandKind, operands, type Written } from './operands.ts';

/** The fields that a template names. */
type Field = 'reg' | 'special' | 'class' | 'shift' | 'private' | 's' | 'jt' | 'jf' | 'k';
type Piece =
  | { readonly kind: 'text'; readonly text: string }
  /** `glue` is the part of a word before the operand (`le` of `le16`), or for S behind it (the size). */
  | { readonly kind: 'field'; readonly field: Field; readonly operand: OperandKind; readonly glue: string };

export interface Template {
  readonly mnemonic: Mnemonic;
  readonly row: Row;
  readonly variant: Variant;
  readonly fields: ReadonlySet<Field>;
  readonly pieces: readonly Piece[];
}

/** All of them, but for literals, which are written as data. */
export const templates: readonly Template[] = mnemonics.flatMap((mnemonic) => {
  const row = rows[mnemonic];
  return row.layout === 'length' ? [] : row.variants.map((variant) => compile(mnemonic, row, variant));
});
const byVariant = new Map(templates.map((template) => [template.variant, template]));

function compile(mnemonic: Mnemonic, row: Row, variant: Variant): Template {
  const pieces: Piece[] = [];
  const fields = new Set<Field>();
  for (const [, text, word, suffix] of variant.text.matchAll(/([^{}]+)|\{(\w+)\}((?<=\{s\})\w+)?/g)) {
    if (text !== undefined) {
      for (const token of tokenize(text, 0)) if (token.kind !== 'end') pieces.push({ kind: 'text', text: token.text });
      continue;
    }
    const field = word as Field;
    const operand = operandOf(mnemonic, variant, field);
    const glue = suffix ?? (operand === 'bits' ? (pieces.pop() as { text: string }).text : '');
    fields.add(field);
    pieces.push({ kind: 'field', field, operand, glue });
  }
  return { mnemonic, row, variant, fields, pieces };
}

function operandOf(mnemonic: Mnemonic, variant: Variant, field: Field): OperandKind {
  if (field !== 'jt' && field !== 'jf' && field !== 'k') return field;
  if (mnemonic === 'jtbl' && field === 'k') return 'tableTarget';
  const role = variant[field];
  if (role === undefined) throw new Error(`${mnemonic}: "${variant.text}" names ${field}, which has no role`);
  return role;
}

/** An instruction by its template; undefined where an operand has no text. */
export function write(of: Written): string | undefined {
  const { instruction } = of;
  const template = byVariant.get(instruction.variant);
  if (template === undefined) return instruction.variant.text;
  let missing = false;
  const text = template.variant.text.replace(/\{(\w+)\}/g, (_, word: Field) => {
    const operand = operands[operandOf(template.mnemonic, template.variant, word)];
    const written = operand.write(fieldOf(instruction, word), of);
    missing ||= written === undefined;
    return written ?? '';
  });
  return missing ? undefined : text;
}

function fieldOf(instruction: Instruction, field: Field): number {
  if (field === 'reg') return instruction.reg;
  if (field === 's') return Number(instruction.signed);
  return field === 'jt' || field === 'jf' || field === 'k' ? instruction[field] : instruction.high;
}

/** Whether the text of an instruction says all of it: no field holds anything that the template leaves out. */
export function isWhole(instruction: Instruction): boolean {
  const template = byVariant.get(instruction.variant);
  if (template === undefined) return false;
  const isSpecial = instruction.row.class === 'LDX' || instruction.row.class === 'STX';
  const said: Said = {};
  for (const field of template.fields) {
    if (field === 'reg') said.reg = isSpecial ? instruction.high : instruction.reg;
    else if (field === 's') said.signed = instruction.signed;
    else if (field === 'jt' || field === 'jf' || field === 'k') said[field] = instruction[field];
    else said.high = instruction.high;
  }
  if (instruction.variant.k === 'constant') said.signed = instruction.signed;
  const word = wordOf(template, said, Number);
  return (['code', 'jt', 'jf', 'k'] as const).every((field) => word[field] === instruction[field]);
}

/** The word that says this. */
export function wordOf(
  template: Template,
  said: Said,
  resolve: (value: Value, field: 'jt' | 'jf' | 'k') => number,
): Word {
  const { mnemonic, row, variant } = template;
  const fields: Record<string, number | boolean> = {};
  if (said.reg !== undefined) fields.reg = said.reg;
  if (said.high !== undefined) fields.high = said.high;
  if (said.signed !== undefined) fields.signed = said.signed;
  for (const field of ['jt', 'jf', 'k'] as const)
    if (said[field] !== undefined) fields[field] = resolve(said[field], field);
  return encode(mnemonic, variant.bits ^ row.variants[0]!.bits, fields as Fields);
}

/** Reads a line by one template: whether all of it fits. The cursor keeps what was read, and how far. */
export function read(template: Template, cursor: Cursor): boolean {
  for (const piece of template.pieces) {
    if (piece.kind === 'text') {
      if (!cursor.take(piece.text)) return false;
      continue;
    }
    if (piece.field === 's') {
      const signed = cursor.peek().text === `s${piece.glue}`;
      if (!cursor.take(signed ? `s${piece.glue}` : piece.glue)) return false;
      cursor.said.signed = signed;
      continue;
    }
    const value = piece.glue === '' ? operands[piece.operand].read(cursor, template) : readGlued(piece.glue, cursor);
    if (value === undefined) return false;
    if (piece.field === 'jt' || piece.field === 'jf' || piece.field === 'k') cursor.said[piece.field] = value;
    else if (piece.field === 'reg') cursor.said.reg = value as number;
    else cursor.said.high = value as number;
  }
  if (cursor.peek().kind !== 'end') cursor.expected = 'the end of the line';
  return cursor.peek().kind === 'end';
}

/** `le16`: a word, and a number in it. */
function readGlued(word: string, cursor: Cursor): number | undefined {
  const { text } = cursor.peek();
  const digits = text.startsWith(word) ? text.slice(word.length) : '';
  if (!/^\d{1,10}$/.test(digits) || Number(digits) > 0xffffffff) return cursor.miss(`\`${word}16\``);
  cursor.at++;
  return Number(digits);
}

/** The template of a word that opens a line, where one does: `goto`, `exit`, `le16`. */
export const openingWords: ReadonlySet<string> = new Set(
  templates.flatMap(({ pieces: [first] }) => {
    if (first?.kind === 'text') return /^\w+$/.test(first.text) ? [first.text] : [];
    return first?.operand === 'bits' ? [16, 32, 64].map((bits) => `${first.glue}${bits}`) : [];
  }),
);
