/**
 * Literals: data between instructions. Tells their heads and where their bytes lie in a code; what the bytes mean is
 * their users' business. Knows nothing of the literals that are a file's header and sections.
 */
import { type Word, wordBytes, wordsToBytes } from './codec.ts';

/** One literal of a code. */
export interface Literal {
  /** The pc of its head. */
  readonly head: number;
  /** The pc behind its last word. */
  readonly end: number;
  /** Whether its head is of the long form. */
  readonly isLong: boolean;
  /** Where its data start: bytes from the code's start. */
  readonly start: number;
  readonly data: Uint8Array;
}

const isShort = (code: number): boolean => (code & 0xcf) === 0x0f;
const isLong = (code: number): boolean => (code & 0xe7) === 0xe7;

/** How many words follow a literal's head; undefined for a word that is none. */
export function literalLength({ code, jt, jf }: Word): number | undefined {
  if (isShort(code)) return (code >> 8) | (((code >> 4) & 3) << 8);
  if (isLong(code)) return (code >> 8) | (jt << 8) | (jf << 16) | (((code >> 3) & 3) << 24);
  return undefined;
}

/** The literal whose head stands at a pc; the code must hold all of it. */
export function literalAt(code: readonly Word[], head: number, length: number): Literal {
  const long = isLong(code[head]!.code);
  const inHead = long ? 4 : 2;
  const end = head + 1 + length;
  const data = wordsToBytes(code.slice(head, end)).subarray(inHead);
  return { head, end, isLong: long, start: head * wordBytes + inHead, data };
}

/** The literal that a pc lies in, its head included; `literals` by ascending pc. */
export function literalAround(literals: readonly Literal[], pc: number): Literal | undefined {
  let low = 0;
  let high = literals.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (literals[middle]!.end <= pc) low = middle + 1;
    else high = middle;
  }
  const found = literals[low];
  return found !== undefined && found.head <= pc ? found : undefined;
}
