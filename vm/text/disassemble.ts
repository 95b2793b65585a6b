/**
 * Instructions as assembly, by the templates of the table. Works on any words, valid or not: what the table does not
 * have, or what its text would not say all of, is a `.word`.
 */
import { decode, type Instruction, type Word, wordBytes } from '../isa/codec.ts';
import { type Literal, literalAround, literalAt, literalLength } from '../isa/literals.ts';
import { readTable, tableForm } from '../isa/tables.ts';
import { literalText } from './data.ts';
import { isLabel, isRegister, type Places } from './operands.ts';
import { isWhole, openingWords, write } from './templates.ts';

/** One line of a listing. */
export interface ListingLine {
  readonly pc: number;
  readonly word: Word;
  /** Assembly that gives the word back; '' for words of a literal, which its first line holds. */
  readonly text: string;
  /** The name of the place, where a jump, a call, a loop or the like leads here. */
  readonly label: string | undefined;
  /** What a reader should see besides: a jump that goes back, an instruction that had to be written as a word. */
  readonly note: string | undefined;
}

export interface ListingOptions {
  /** Names of places by pc; others are called `L` and their pc. */
  readonly names?: ReadonlyMap<number, string>;
  /** A place that needs a label though nothing leads there: the entry. */
  readonly entry?: number;
}

/** A listing of a whole code. */
export function disassemble(code: readonly Word[], { names, entry }: ListingOptions = {}): ListingLine[] {
  const literals = findLiterals(code);
  const literal = (pc: number): Literal | undefined => literalAround(literals, pc);
  const known = labelNames(names, code.length);
  const label = (pc: number): string | undefined => {
    const hasLine = pc >= 0 && pc < code.length && (literal(pc)?.head ?? pc) === pc;
    return hasLine ? (known.get(pc) ?? `L${pc}`) : undefined;
  };
  const tableAt = (pc: number): Literal | undefined => (literal(pc + 1)?.head === pc + 1 ? literal(pc + 1) : undefined);
  const places: Places = {
    label,
    table: tableAt,
    data(byte) {
      const around = literal(Math.floor(byte / wordBytes));
      const at = around === undefined ? -1 : byte - around.start;
      return around === undefined || at < 0 ? undefined : `${label(around.head)}.${at}`;
    },
  };
  const decoded = code.map((word, pc) => (literal(pc) === undefined ? decode(word) : undefined));
  const targets = new Set(entry === undefined ? [] : [entry]);
  for (const [pc, instruction] of decoded.entries())
    if (instruction !== undefined && isWhole(instruction))
      for (const target of targetsOf(instruction, pc, tableAt(pc), literal)) targets.add(target);

  return code.map((word, pc): ListingLine => {
    const line = { pc, word, label: targets.has(pc) ? label(pc) : undefined, note: undefined };
    const around = literal(pc);
    const before = decoded[pc - 1]?.mnemonic === 'jtbl' && isWhole(decoded[pc - 1]!) ? code[pc - 1] : undefined;
    if (around !== undefined) return { ...line, text: around.head === pc ? literalText(around, before, label) : '' };
    const instruction = decoded[pc];
    if (instruction === undefined) return { ...line, text: rawText(word) };
    const text = write({ instruction, pc, places });
    if (text === undefined || !isWhole(instruction))
      return { ...line, text: rawText(word), note: instructionText(word, pc) };
    const isBack = instruction.mnemonic === 'ja' && (instruction.k | 0) < 0;
    return { ...line, text, note: isBack ? 'back' : undefined };
  });
}

/** All literals that the code holds whole. */
function findLiterals(code: readonly Word[]): Literal[] {
  const literals: Literal[] = [];
  for (let pc = 0; pc < code.length; pc++) {
    const length = literalLength(code[pc]!);
    if (length === undefined || pc + length >= code.length) continue;
    literals.push(literalAt(code, pc, length));
    pc += length;
  }
  return literals;
}

/** The names that can be labels: no register's, no instruction's, nobody else's. */
function labelNames(names: ReadonlyMap<number, string> | undefined, length: number): ReadonlyMap<number, string> {
  const known = new Map<number, string>();
  const taken = new Set<string>();
  for (const [pc, name] of names ?? []) {
    const isAuto = /^L\d+$/.test(name) && Number(name.slice(1)) !== pc;
    if (pc >= length || !isLabelName(name) || isAuto || taken.has(name)) continue;
    taken.add(name);
    known.set(pc, name);
  }
  return known;
}

/** Whether a place may have this name. */
export const isLabelName = (name: string): boolean => isLabel(name) && !isRegister(name) && !openingWords.has(name);

/** The pcs that an instruction's text names. */
function targetsOf(
  instruction: Instruction,
  pc: number,
  table: Literal | undefined,
  literal: (pc: number) => Literal | undefined,
): number[] {
  const { variant, jt, jf, k } = instruction;
  const targets: number[] = [];
  if (variant.jt === 'jump' || variant.jt === 'body') targets.push(pc + 1 + jt);
  if (variant.jf === 'jump') targets.push(pc + 1 + jf);
  if (variant.k === 'target') targets.push(pc + 1 + (k | 0));
  if (variant.k === 'literal') {
    const around = literal(Math.floor((8 * pc + (k | 0)) / wordBytes));
    if (around !== undefined) targets.push(around.head);
  }
  if (variant.jt === 'table' && table !== undefined && tableForm(jt) !== undefined)
    targets.push(...readTable(instruction, table).targets);
  return targets;
}

/** Places by their pc alone, where the rest of the code is not at hand. */
const byNumber: Places = { label: (pc) => `L${pc}` };

/** One instruction by itself, as far as it can be read: places are named by their pc, be there a line or not. */
export function instructionText(word: Word, pc: number): string {
  const instruction = decode(word);
  return (instruction === undefined ? undefined : write({ instruction, pc, places: byNumber })) ?? rawText(word);
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
const rawText = (word: Word): string => `.word 0x${hex(word.code, 4)} ${word.jt} ${word.jf} 0x${hex(word.k, 8)}`;

/** A word as hexadecimal: code, jt, jf, k. */
export const wordText = ({ code, jt, jf, k }: Word): string =>
  `${hex(code, 4)} ${hex(jt, 2)} ${hex(jf, 2)} ${hex(k, 8)}`;
