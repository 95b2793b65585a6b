/** A line of assembly as it is being read: where the reading is, and what the line has said so far. */
import type { Row, Variant } from '../isa/instructions.ts';
import { numberOf, type Token } from './lexer.ts';

/** A place that is known by name only until all lines are read. */
export interface Reference {
  readonly label: Token;
  /** Which byte of the literal's data. */
  readonly byte?: number;
  /** Of a bit set: the upper half of k. */
  readonly base?: number;
}
export type Value = number | Reference;

/** What a line says of the fields of its instruction, filled in by the readers. */
export interface Said {
  reg?: number;
  high?: number;
  signed?: boolean;
  jt?: Value;
  jf?: Value;
  k?: Value;
  /** Of a switch: whether k is where keys go that are found, or the others. */
  way?: 'goto' | 'else';
}

/** The form that is being read. */
export interface Form {
  readonly row: Row;
  readonly variant: Variant;
}

/** A walk over the tokens of a line that keeps what would have let it go on. */
export class Cursor {
  readonly #tokens: readonly Token[];
  /** Whether X and Y may go without the parentheses that tell a register field from what the mode implies. */
  readonly #lenient: boolean;
  at = 0;
  readonly said: Said = {};
  expected = '';
  /** Made only where it is told: most misses are of forms that were not meant. */
  hint: (() => string | undefined) | undefined;
  /** Something that is understood, but cannot be. */
  mistake: { readonly token: Token; readonly message: string } | undefined;

  constructor(tokens: readonly Token[], lenient: boolean) {
    this.#tokens = tokens;
    this.#lenient = lenient;
  }

  get lenient(): boolean {
    return this.#lenient;
  }

  peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.at + ahead, this.#tokens.length - 1)]!;
  }

  take(text: string): boolean {
    const token = this.peek();
    const found = token.text === text && (token.kind === 'word' || token.kind === 'symbol');
    if (found) this.at++;
    else this.expected = `\`${text}\``;
    return found;
  }

  miss(expected: string, hint?: () => string | undefined): undefined {
    this.expected = expected;
    this.hint = hint;
    return undefined;
  }

  /** An unsigned number. */
  number(expected: string, limit: number): number | undefined {
    const token = this.peek();
    const value = numberOf(token);
    if (value === undefined) return this.miss(expected);
    this.at++;
    if (value > limit) this.mistake ??= { token, message: `${token.text} is too large; the largest is ${limit}` };
    return value;
  }
}
