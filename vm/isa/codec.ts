/**
 * Between bytes, instruction words, and instructions: the table read in both directions. What a field may hold is the
 * validator's business; the codec only takes words apart and puts them together.
 */
import type { Variation } from './ancillary.ts';
import {
  classes,
  EXCHANGE,
  type Mnemonic,
  mnemonics,
  type Role,
  type Row,
  rows,
  S_ALU,
  S_LOAD,
  SIZE,
  type Size,
  sizes,
  type Variant,
} from './instructions.ts';
import { isPseudo, specialRegister } from './registers.ts';
import type { Table } from './tables.ts';

/** One instruction word: `code` u16, `jt` and `jf` u8, `k` u32. */
export interface Word {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

export const wordBytes = 8;

/** A word taken apart by its row of the table. */
export interface Instruction extends Word {
  readonly mnemonic: Mnemonic;
  readonly row: Row;
  readonly variant: Variant;
  /** The register in `code`; -1 where the row has none. */
  readonly reg: number;
  /** What else stands in the upper bits of `code`: exit class, shift, private registers, special register, length. */
  readonly high: number;
  /** S, where the row has it. */
  readonly signed: boolean;
  /** Bits of `code` that no field of the row uses: must be 0. */
  readonly stray: number;
  /** Every register that it names, pseudo-registers left out. X, Y and the like that its mode implies are not named. */
  readonly uses: readonly RegisterUse[];
  /** Of a JTBL, what the literal behind it says; the validator adds it. */
  readonly table?: Table;
  /** How it departs from its row, in a classic program of some dialects; the validator adds it. */
  readonly variation?: Variation;
}

/** A register operand of an instruction, the field that names it, and whether it is written. */
export interface RegisterUse {
  readonly register: number;
  readonly field: 'reg' | 'jt' | 'jf' | 'k';
  readonly written: boolean;
}

interface Entry {
  readonly mnemonic: Mnemonic;
  readonly row: Row;
  readonly variant: Variant;
}

const isMemory = (cls: number): boolean => cls <= classes.STX;
const usesReg6 = (cls: number): boolean => cls === classes.ALU || cls === classes.JMP;

/** The bits of `code` that choose the row and variant, by isa.md's decoding rule. */
function opcode(code: number): number {
  const cls = code & 7;
  const isTable = cls === classes.JMP && (code & 0xf0) === 0x50;
  if (isMemory(cls) || (usesReg6(cls) && !isTable)) return code & 0x3ff;
  return (code & 0xff) === 0x26 ? code & 0x2ff : code & 0xff;
}

const byOpcode: readonly (Entry | undefined)[] = (() => {
  const entries: (Entry | undefined)[] = Array(0x400).fill(undefined);
  for (const mnemonic of mnemonics) {
    const row = rows[mnemonic];
    const cls = classes[row.class];
    for (const variant of row.variants) {
      const bits = variant.bits | cls;
      entries[bits] = { mnemonic, row, variant };
      if (variant.signed === true && usesReg6(cls)) entries[bits | S_ALU] = { mnemonic, row, variant };
    }
  }
  return entries;
})();

/** Takes a word apart, or says (undefined) that the table has no such opcode. */
export function decode(word: Word): Instruction | undefined {
  const entry = byOpcode[opcode(word.code)];
  if (entry === undefined) return undefined;
  const { code } = word;
  const upper = code >> 8;
  const fields = (reg: number, high: number, signed: boolean, stray: number): Instruction => ({
    code,
    jt: word.jt,
    jf: word.jf,
    k: word.k,
    mnemonic: entry.mnemonic,
    row: entry.row,
    variant: entry.variant,
    reg,
    high,
    signed,
    stray,
    uses: usesOf(entry, reg, word),
  });
  switch (entry.row.layout) {
    case 'reg5': {
      const special = entry.row.class === 'LDX' || entry.row.class === 'STX';
      const signed = (code & S_LOAD) !== 0;
      const stray = signed && entry.variant.signed !== true ? S_LOAD : 0;
      return fields(special ? specialRegister(code >> 11) : 32 + (code >> 11), code >> 11, signed, stray);
    }
    case 'reg6': {
      const signed = (code & S_ALU) !== 0 && entry.variant.signed === true;
      return fields(code >> 10, 0, signed, 0);
    }
    case 'class':
      return fields(-1, upper, false, 0);
    case 'shift':
      return fields(-1, code >> 11, false, code & 0x500);
    case 'private':
      return fields(-1, upper & 31, false, code & 0xe000);
    case 'transfer':
      return fields(code >> 11, upper & 7, false, 0);
    case 'table':
      return fields(upper & 63, 0, false, code & 0xc000);
    case 'length':
      return fields(-1, upper, false, 0);
    case 'none':
      return fields(-1, 0, false, code & ~opcode(code));
  }
}

function usesOf({ row, variant, mnemonic }: Entry, reg: number, { jt, jf, k }: Word): RegisterUse[] {
  const uses: RegisterUse[] = [];
  if (reg >= 0) {
    const reads = row.class === 'JMP' || row.class === 'ST' || row.class === 'STX' || mnemonic === 'tax';
    const exchanges = variant.jt === 'atomic' && jt === EXCHANGE;
    uses.push({ register: reg, field: 'reg', written: !reads || exchanges });
  }
  if (names(variant.jt, jt)) uses.push({ register: jt, field: 'jt', written: false });
  if (names(variant.jf, jf)) uses.push({ register: jf, field: 'jf', written: false });
  if (names(variant.k, k)) uses.push({ register: k, field: 'k', written: false });
  return uses;
}

/** Whether a field of a role names a register. */
const names = (role: Role | undefined, value: number): boolean =>
  (role === 'register' && !isPseudo(value)) || (role === 'index' && value !== 0);

/** What `encode` fills in; what is left out is 0. */
export interface Fields {
  /** The register's number; for LDX and STX the special register's, from 0. */
  readonly reg?: number;
  readonly high?: number;
  readonly signed?: boolean;
  readonly jt?: number;
  readonly jf?: number;
  /** Taken modulo 2^32. */
  readonly k?: number;
}

/**
 * Puts a word together. `choice` are the bits that tell the wanted variant from the row's first: a size, L, XF,
 * SRC_X, or 0. Throws where the table has no such variant or a field no such room: errors of the caller, not of input.
 */
export function encode(mnemonic: Mnemonic, choice: number, fields: Fields): Word {
  const row = rows[mnemonic];
  const bits = row.variants[0]!.bits | choice;
  const entry = byOpcode[bits | classes[row.class]];
  if (entry?.mnemonic !== mnemonic || entry.variant.bits !== bits)
    throw new RangeError(`${mnemonic} has no variant 0x${bits.toString(16)}`);
  const { reg = 0, high = 0, jt = 0, jf = 0 } = fields;
  fit(mnemonic, 'reg', reg, registerRoom[row.layout] ?? 0x3f);
  fit(mnemonic, 'high', high, 0xff);
  fit(mnemonic, 'jt', jt, 0xff);
  fit(mnemonic, 'jf', jf, 0xff);
  const upper = upperBits(row.layout, reg, high, fields.signed === true);
  return {
    code: bits | classes[row.class] | upper,
    jt,
    jf,
    k: (fields.k ?? 0) >>> 0,
  };
}

function fit(mnemonic: Mnemonic, field: string, value: number, room: number): void {
  if (value < 0 || value > room) throw new RangeError(`${mnemonic}: ${field} ${value} does not fit its field`);
}

/** Bits 15..8 of `code`, and those below that belong to them, as a layout has them. */
function upperBits(layout: Row['layout'], reg: number, high: number, signed: boolean): number {
  switch (layout) {
    case 'reg5':
      return ((reg & 31) << 11) | (signed ? S_LOAD : 0);
    case 'reg6':
      return (reg << 10) | (signed ? S_ALU : 0);
    case 'shift':
      return high << 11;
    case 'transfer':
      return (reg << 11) | (high << 8);
    case 'table':
      return reg << 8;
    case 'class':
    case 'private':
    case 'length':
      return high << 8;
    case 'none':
      return 0;
  }
}

/** The largest register of layouts that have not six bits for it; reg5 takes the 64-bit register's number too. */
const registerRoom: Partial<Record<Row['layout'], number>> = { transfer: 31 };

/** The size of a load or store, read off its `code`. */
export const sizeOf = (instruction: Instruction): Size => sizes[(instruction.code & SIZE.DW) >> 3]!;

/** Words as bytes, little-endian. */
export function wordsToBytes(words: readonly Word[]): Uint8Array {
  const bytes = new Uint8Array(words.length * wordBytes);
  const view = new DataView(bytes.buffer);
  for (const [i, word] of words.entries()) {
    view.setUint16(i * 8, word.code, true);
    view.setUint8(i * 8 + 2, word.jt);
    view.setUint8(i * 8 + 3, word.jf);
    view.setUint32(i * 8 + 4, word.k, true);
  }
  return bytes;
}

/** Bytes as words; the length must be a multiple of 8. */
export function bytesToWords(bytes: Uint8Array): Word[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / wordBytes }, (_, i) => ({
    code: view.getUint16(i * 8, true),
    jt: view.getUint8(i * 8 + 2),
    jf: view.getUint8(i * 8 + 3),
    k: view.getUint32(i * 8 + 4, true),
  }));
}
