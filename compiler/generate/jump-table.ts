/**
 * Jump tables: one instruction that finds where a key of 16 bits leads. A set of keys that lie close together is a bit
 * for each; else each run of neighbouring keys stands with its target. The emitter says where the targets are.
 */
import { bytesToWords, encode, type Word, wordBytes } from '../../vm/isa/codec.ts';
import { SIZE } from '../../vm/isa/instructions.ts';
import { longHead, shortHead } from '../../vm/program/literal.ts';
import type { Label } from './label.ts';

/** Keys from `low` to `high`, all with one target. */
export interface Run {
  readonly low: bigint;
  readonly high: bigint;
  readonly label: Label;
}

export interface JumpTable {
  /** The 32-bit register that holds the key, which is below 2^16. */
  readonly register: number;
  /** At least one, ascending. */
  readonly runs: readonly Run[];
  readonly missing: Label;
  readonly isBitset: boolean;
}

/** By the type in the low three bits of `jt` (docs/isa.md). */
const BITSET = 0;
const RANGES = 2;
const bytesARun = 6;
/** The longest short literal, and what of a literal's data stands in its head: 6 bytes in a short one, 4 in a long one. */
const longestShort = 0x3ff;
const inShortHead = 6;
const inLongHead = 4;

const wordsFor = (bytes: number, inHead: number): number => Math.max(0, Math.ceil((bytes - inHead) / wordBytes));
const span = (runs: readonly Run[]): number => Number(runs.at(-1)!.high - runs[0]!.low) + 1;
const bitsetWords = (runs: readonly Run[]): number => wordsFor(Math.ceil(span(runs) / 8), inLongHead);
const rangesWords = (runs: readonly Run[]): number => wordsFor(runs.length * bytesARun, inShortHead);

/** The table for these runs, the smaller of the two forms; undefined where neither takes them. */
export function jumpTable(register: number, runs: readonly Run[], missing: Label): JumpTable | undefined {
  const isSet = runs.every(({ label }) => label === runs[0]!.label);
  const fits = rangesWords(runs) <= longestShort;
  if (!isSet && !fits) return undefined;
  return { register, runs, missing, isBitset: isSet && !(fits && rangesWords(runs) < bitsetWords(runs)) };
}

export const tableLabels = ({ runs, missing }: JumpTable): Set<Label> =>
  new Set([missing, ...runs.map(({ label }) => label)]);

/** Words of the jump and its literal. */
export const tableSize = ({ runs, isBitset }: JumpTable): number =>
  2 + (isBitset ? bitsetWords(runs) : rangesWords(runs));

/**
 * The words; `offset` says how far behind them a label is, 16 bits but for the missing keys'. Where a bit says no more
 * than that a key is there, missing keys go on behind them.
 */
export function tableWords(table: JumpTable, offset: (label: Label) => number): Word[] {
  return table.isBitset ? bitset(table, offset) : ranges(table, offset);
}

function bitset({ register, runs }: JumpTable, offset: (label: Label) => number): Word[] {
  const base = runs[0]!.low;
  const bytes = new Uint8Array((1 + bitsetWords(runs)) * wordBytes);
  bytes.set(longHead(bitsetWords(runs)));
  for (const { low, high } of runs)
    for (let bit = Number(low - base); bit <= Number(high - base); bit++)
      bytes[inLongHead + (bit >> 3)]! |= 1 << (bit & 7);
  const k = offset(runs[0]!.label) | (Number(base) << 16);
  return [encode('jtbl', 0, { reg: register, jt: BITSET | SIZE.H, k }), ...bytesToWords(bytes)];
}

function ranges({ register, runs, missing }: JumpTable, offset: (label: Label) => number): Word[] {
  const length = rangesWords(runs);
  const bytes = new Uint8Array((1 + length) * wordBytes);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, shortHead(length), true);
  // Room that is left repeats the last run.
  for (let i = 0, at = 2; at + bytesARun <= bytes.length; i++, at += bytesARun) {
    const { low, high, label } = runs[Math.min(i, runs.length - 1)]!;
    view.setUint16(at, Number(low), true);
    view.setUint16(at + 2, Number(high), true);
    view.setUint16(at + 4, offset(label), true);
  }
  return [encode('jtbl', 0, { reg: register, jt: RANGES | SIZE.H, k: offset(missing) }), ...bytesToWords(bytes)];
}
