/**
 * What stands in the places of a template: each kind of operand, how it is written and how it is read, side by side.
 * A writer gives undefined for what has no text; a reader gives undefined where something else stands.
 */
import type { Instruction } from '../isa/codec.ts';
import { exitClasses, type Role, SIZE, type Size } from '../isa/instructions.ts';
import { AS, isPseudo, registerNames, registerNumber, specialRegister, specials, X, Y } from '../isa/registers.ts';
import { type TableKind, tableForm, tableKinds } from '../isa/tables.ts';
import type { Cursor, Form, Reference, Value } from './cursor.ts';
import { numberOf } from './lexer.ts';
import { nearest } from './nearest.ts';

/** Fields of an instruction that are not told by their role, but by where they stand in `code`. */
export type CodeField = 'reg' | 'special' | 'class' | 'shift' | 'private' | 's';
export type OperandKind = Role | CodeField | 'tableTarget';

/** How places in the program are written. */
export interface Places {
  /** A name for an instruction, or undefined where none can stand. */
  readonly label: (pc: number) => string | undefined;
  /** A name for a byte of a literal, counted in bytes from the code's start: `L5.2`. */
  readonly data?: (byte: number) => string | undefined;
  /** The table behind the switch at a pc: where its offsets count from, and whether the literal is long. */
  readonly table?: (pc: number) => { readonly end: number; readonly isLong: boolean } | undefined;
}

export interface Written {
  readonly instruction: Instruction;
  readonly pc: number;
  readonly places: Places;
}

interface Operand {
  readonly write: (value: number, of: Written) => string | undefined;
  readonly read: (cursor: Cursor, form: Form) => Value | undefined;
}

const widest = 0xffffffff;
const decimal = (limit: number, what: string): Operand => ({
  write: String,
  read: (cursor) => cursor.number(what, limit),
});

/** A register's name; `r70` for numbers that name none, which only the validator minds. */
function name(register: number): string {
  // The selectors are numbered from AS by the codec alone.
  return (register < AS ? registerNames[register] : undefined) ?? `r${register}`;
}
const isIndex = (register: number): boolean => register === X || register === Y;
const bracketed = (register: number): string => (isIndex(register) ? `(${name(register)})` : name(register));

/** The number of a register by name; anything else is a miss. */
function readName(cursor: Cursor): number | undefined {
  const token = cursor.peek();
  const number = token.kind === 'word' ? (registerNumber(token.text) ?? byNumber(token.text)) : undefined;
  if (number === undefined) {
    return cursor.miss('a register', () => {
      const similar = token.kind === 'word' && numberOf(token) === undefined ? nearest(token.text, names) : '';
      return similar === '' ? undefined : `did you mean ${similar}?`;
    });
  }
  cursor.at++;
  return number;
}
const names = registerNames.filter((register) => register !== undefined);
/** Labels that would be read as registers are not taken. */
export const isRegister = (text: string): boolean => registerNumber(text) !== undefined || byNumber(text) !== undefined;
const byNumber = (text: string): number | undefined => (/^r\d+$/.test(text) ? Number(text.slice(1)) : undefined);

/** A register that X and Y name in parentheses only. */
function readBracketed(cursor: Cursor): number | undefined {
  const open = cursor.peek().text === '(' && cursor.peek(2).text === ')';
  if (open) cursor.at++;
  const token = cursor.peek();
  const register = readName(cursor);
  if (register === undefined) return undefined;
  if (open) cursor.at++;
  else if (isIndex(register) && !cursor.lenient) {
    cursor.at--;
    return cursor.miss(`(${token.text})`);
  }
  return register;
}

/** The register in `code`, as the row's layout numbers it. */
const reg: Operand = {
  write(register, { instruction: { row } }) {
    if (row.layout === 'transfer' || row.layout === 'table') return bracketed(register);
    return row.class === 'LDX' || row.class === 'STX' ? specialName(register) : name(register);
  },
  read(cursor, { row }) {
    const token = cursor.peek();
    const register = row.layout === 'transfer' || row.layout === 'table' ? readBracketed(cursor) : readName(cursor);
    if (register === undefined) return undefined;
    const isSpecial = row.class === 'LDX' || row.class === 'STX';
    const [first, count, what] = isSpecial
      ? [0, 32, 'it takes X, Y or AS to ES']
      : row.layout === 'reg5'
        ? [32, 32, 'it takes a 64-bit register (AA to HH, R0 to R17)']
        : row.layout === 'transfer'
          ? [0, 32, 'it takes a 32-bit register (A to H, W0 to W17)']
          : [0, 64, 'there are 64 registers'];
    const number = isSpecial ? specialNumber(register) : register;
    if (number < first || number >= first + count || (!isSpecial && register >= AS))
      cursor.mistake ??= { token, message: `${token.text} cannot stand here: ${what}` };
    return number;
  },
};

/** Special registers are numbered in our own way behind the others; past the last one they are r69 and up. */
const specialName = (register: number): string => registerNames[register] ?? `r${register}`;
const specialNumber = (register: number): number =>
  register === X || register === Y ? register - X : register >= AS ? register - AS + 2 : -1;

/** A word with a sign is signed; one without is not. */
const constant: Operand = {
  write(value, { instruction: { signed } }) {
    if (signed) return (value | 0) < 0 ? String(value | 0) : `+${value}`;
    return value < 256 ? String(value) : `0x${value.toString(16)}`;
  },
  read(cursor, { variant }) {
    const token = cursor.peek();
    const sign = token.text === '+' || token.text === '-' ? token.text : '';
    if (sign !== '') cursor.at++;
    const value = cursor.number('a number', widest);
    if (value === undefined) return undefined;
    if (sign === '') return value;
    if (value > 2 ** 31 - (sign === '-' ? 0 : 1))
      cursor.mistake ??= { token, message: `${sign}${value} does not fit 32 bits with a sign` };
    if (variant.signed === true) cursor.said.signed = true;
    return (sign === '-' ? -value : value) >>> 0;
  },
};

/** A target by its label, or as `+n` or `-n`: so many instructions on from the next one. */
const place = (limit: number): Operand => ({
  write(value, { pc, places }) {
    const skip = limit === widest ? value | 0 : value;
    return places.label(pc + 1 + skip) ?? signed(skip);
  },
  read: (cursor) => (/^[-+]$/.test(cursor.peek().text) ? readSkip(cursor, limit) : readLabel(cursor)),
});
function readSkip(cursor: Cursor, limit: number): number | undefined {
  const token = cursor.peek();
  const isBack = token.text === '-';
  cursor.at++;
  const value = cursor.number('a number', limit === widest ? 2 ** 31 - (isBack ? 0 : 1) : limit);
  if (isBack && limit !== widest) cursor.mistake ??= { token, message: 'this goes forward only' };
  return value === undefined ? undefined : (isBack ? -value : value) >>> 0;
}
const signed = (value: number): string => (value < 0 ? String(value) : `+${value}`);

export const isLabel = (text: string): boolean => /^[A-Za-z_]\w*$/.test(text);
function readLabel(cursor: Cursor): Reference | undefined {
  const label = cursor.peek();
  if (label.kind !== 'word' || !isLabel(label.text)) return cursor.miss('a label, or a number with its sign');
  cursor.at++;
  return { label };
}

const register: Operand = {
  // Past 255 there is no pseudo-register.
  write: (value) => (isPseudo(value) && value < 256 ? pseudoName(value) : bracketed(value)),
  read(cursor) {
    const word = cursor.peek().text;
    if (word !== 'ones' && word !== 'zeros') return readBracketed(cursor);
    cursor.at++;
    const token = cursor.peek();
    const length = cursor.number('a number of bits', 64);
    if (length === undefined) return undefined;
    if (length === 0) cursor.mistake ??= { token, message: 'a run has 1 to 64 bits' };
    return 0x80 | (word === 'ones' ? 0x40 : 0) | ((length - 1) & 63);
  },
};
const pseudoName = (value: number): string => `${(value & 0x40) === 0 ? 'zeros' : 'ones'} ${(value & 63) + 1}`;

const index: Operand = {
  write(value, { instruction: { variant } }) {
    if (value === 0) return variant.k === 'literal' ? '' : 'X';
    return bracketed(value);
  },
  read(cursor, { variant }) {
    const { text } = cursor.peek();
    if (variant.k === 'literal' && (/^[-+]$/.test(text) || (isLabel(text) && !isRegister(text)))) return 0;
    if (variant.k === 'literal') return readBracketed(cursor);
    if (text !== 'X') return readBracketed(cursor);
    cursor.at++;
    return 0;
  },
};

/** A byte of a literal by its label, `L5.2` the third one of its data; or its distance from the load in bytes. */
const literal: Operand = {
  write(value, { instruction, pc, places }) {
    const named = places.data?.(8 * pc + (value | 0));
    if (named !== undefined) return instruction.jt === 0 ? named : `+${named}`;
    return signed(value | 0);
  },
  read(cursor) {
    const { text } = cursor.peek();
    const isName = text === '+' && isLabel(cursor.peek(1).text);
    if ((text === '+' || text === '-') && !isName) return readSkip(cursor, widest);
    if (isName) cursor.at++;
    const reference = readLabel(cursor);
    if (reference === undefined) return undefined;
    if (!cursor.take('.')) return { ...reference, byte: 0 };
    const byte = cursor.number('a number of bytes', widest);
    return byte === undefined ? undefined : { ...reference, byte };
  },
};
const firstSelector = 0xfa;
const segment: Operand = {
  write: (value) => specials[value < firstSelector ? -1 : value - firstSelector + 2] ?? `seg${value}`,
  read(cursor) {
    const { text } = cursor.peek();
    const selector = specials.indexOf(text as 'AS');
    const number = /^seg(\d+)$/.exec(text)?.[1];
    if (selector < 2 && (number === undefined || Number(number) > 255))
      return cursor.miss('a segment (seg0 to seg249, AS to ES)');
    cursor.at++;
    return selector < 2 ? Number(number) : firstSelector + selector - 2;
  },
};

/** How a store to a segment is written, by jt. */
const atomics = ['=', '+=', '|=', '&=', '^=', '<->', '?='] as const;
const atomic: Operand = {
  write: (value) => atomics[value],
  read(cursor) {
    const found = atomics.indexOf(cursor.peek().text as '=');
    if (found < 0) return cursor.miss(atomics.join(' '));
    cursor.at++;
    return found;
  },
};

/** A number behind a word that says what it is; left out for 0, in writing too where it may be. */
const after = (word: string, limit: number, always: boolean): Operand => ({
  write: (value) => (value === 0 && !always ? '' : ` ${word} ${value}`),
  read(cursor) {
    if (cursor.peek().text !== word) return 0;
    cursor.at++;
    return cursor.number('a number', limit);
  },
});

const exitClass: Operand = {
  write: (value) => (value === 0 ? '' : ` ${exitClasses[value] ?? value}`),
  read(cursor) {
    const found = exitClasses.indexOf(cursor.peek().text as 'ok');
    // A class without a name is a number, and so may be what follows.
    const follows = cursor.peek(1);
    const isNumber = numberOf(cursor.peek()) !== undefined && (follows.text === 'X' || follows.text === 'A');
    if (isNumber || (numberOf(cursor.peek()) !== undefined && numberOf(follows) !== undefined))
      return cursor.number('an exit class', 255);
    if (found < 0) return 0;
    cursor.at++;
    return found;
  },
};

const special: Operand = {
  write: (value) => specialName(specialRegister(value)),
  read(cursor) {
    const token = cursor.peek();
    const register = readName(cursor);
    if (register === undefined) return undefined;
    const number = specialNumber(register);
    if (number < 0 || number > 7)
      cursor.mistake ??= { token, message: `${token.text} cannot stand here: it takes X, Y or AS to ES` };
    return number;
  },
};

const table: Operand = {
  write(value) {
    const form = tableForm(value);
    return form === undefined ? undefined : `${form.size} ${form.kind}`;
  },
  read(cursor) {
    const size = SIZE[cursor.peek().text as Size];
    if (size === undefined) return cursor.miss('W, H, B or DW');
    cursor.at++;
    const kind = tableKinds.indexOf(cursor.peek().text as TableKind);
    if (kind < 0) return cursor.miss(tableKinds.join(', '));
    cursor.at++;
    return size | kind;
  },
};

/** Where a switch goes: `goto` where a key is found, `else` where it is not; the table's form says which k holds. */
const tableTarget: Operand = {
  write(value, { instruction, pc, places }) {
    const kind = tableKinds[instruction.jt & 7];
    const literal = places.table?.(pc);
    const offset = kind === 'bitset' ? value & 0xffff : value;
    const target = (literal === undefined ? undefined : places.label(literal.end + offset)) ?? `+${offset}`;
    const base = kind === 'bitset' ? `base ${value >>> 16} ` : '';
    const isDefault = kind === 'index' || (kind === 'ranges' && literal?.isLong === false);
    return `${base}${isDefault ? 'else' : 'goto'} ${target}`;
  },
  read(cursor) {
    const kind = tableKinds[(cursor.said.jt as number) & 7];
    let base = 0;
    if (kind === 'bitset' && cursor.peek().text === 'base') {
      cursor.at++;
      base = cursor.number('a number', 0xffff) ?? 0;
    }
    const word = kind === 'bitset' || (kind === 'ranges' && cursor.peek().text !== 'else') ? 'goto' : 'else';
    if (!cursor.take(word)) return undefined;
    cursor.said.way = word;
    const limit = kind === 'bitset' ? 0xffff : widest;
    const token = cursor.peek();
    if (token.text !== '+') {
      const reference = readLabel(cursor);
      return reference === undefined ? undefined : { ...reference, base };
    }
    cursor.at++;
    const offset = cursor.number('a number', limit);
    return offset === undefined ? undefined : ((base << 16) | offset) >>> 0;
  },
};

const sign: Operand = {
  write: (value) => (value === 0 ? '' : 's'),
  read: () => undefined,
};

export const operands: Readonly<Record<OperandKind, Operand>> = {
  reg,
  special,
  class: exitClass,
  shift: after('shift', 31, true),
  private: decimal(31, 'a number'),
  s: sign,
  constant,
  offset: decimal(widest, 'an offset'),
  literal,
  word: decimal(widest, 'a number'),
  register,
  index,
  segment,
  atomic,
  jump: place(255),
  target: place(widest),
  body: place(255),
  bits: decimal(widest, 'a number of bits'),
  levels: after('up', 255, false),
  inputs: decimal(255, 'a number'),
  outputs: decimal(255, 'a number'),
  import: decimal(widest, 'a number'),
  table,
  tableTarget,
};
