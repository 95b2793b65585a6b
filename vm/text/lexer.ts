/**
 * Lines of assembly as tokens. Knows no instruction: names, numbers and pairs of hexadecimal digits are all `word`s,
 * told apart by who reads them.
 */
import { encodeUtf8 } from '../program/program.ts';

export interface Token {
  readonly kind: 'word' | 'symbol' | 'string' | 'character' | 'end';
  /** As it is written; '' at the end of a line. */
  readonly text: string;
  /** Of strings and characters, what they stand for. */
  readonly bytes?: Uint8Array;
  /** From 1. */
  readonly line: number;
  readonly column: number;
}

/** What is wrong with a text, as data. Lines and columns from 1. */
export interface AssemblyProblem {
  /** Stable, for programs. */
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly line: number;
  readonly column: number;
}

/** The one way out of a line that is wrong; the assembler catches it and goes on with the next line. */
export function raise(code: string, at: Token, message: string, hint?: string): never {
  const problem: AssemblyProblem = {
    code,
    message,
    ...(hint === undefined ? {} : { hint }),
    line: at.line,
    column: at.column,
  };
  throw new Error(message, { cause: problem });
}

const word = /\w+/y;
/** The s of signed operations stands before a symbol only, so that it is no word. */
const symbol = /s(?:>>=?|[<>]=?|[/%]=?)|<->|<<=?|>>=?|<-|[-<>:!=+*/%&|^]=|!&|\?=|\.\.|[-+*/%&|^=<>()[\]:.,\\]/y;
const quoted = /"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'/y;
const escapes: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, 0: 0, '\\': 92, '"': 34, "'": 39 };

/** The tokens of one line, its comment left out; the last one is `end`. */
export function tokenize(text: string, line: number): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  for (;;) {
    while (text[at] === ' ' || text[at] === '\t' || text[at] === '\r') at++;
    const place = { line, column: at + 1 };
    if (at >= text.length || text[at] === ';') return [...tokens, { kind: 'end', text: '', ...place }];
    const signed = take(symbol);
    const plain = signed === null ? take(word) : null;
    const literal = signed === null && plain === null ? take(quoted) : null;
    const match = signed ?? plain ?? literal;
    if (match === null) {
      const found = text[at]!;
      const what = found === '"' || found === "'" ? `the ${found} is not closed` : `${found} has no meaning here`;
      raise('token', { kind: 'end', text: '', ...place }, what);
    }
    if (literal !== null) {
      const kind = literal[1] === undefined ? 'character' : 'string';
      const token: Token = { kind, text: literal[0], ...place };
      tokens.push({ ...token, bytes: unescaped(literal[1] ?? literal[2]!, token) });
    } else tokens.push({ kind: signed === null ? 'word' : 'symbol', text: match[0], ...place });
    at += match[0].length;
  }
}

function unescaped(text: string, token: Token): Uint8Array {
  const bytes: number[] = [];
  for (const [, hex, letter, plain] of text.matchAll(/\\x([0-9a-fA-F]{2})|\\(.)|([^\\]+)/gsu)) {
    if (plain !== undefined) bytes.push(...encodeUtf8(plain));
    else if (hex !== undefined) bytes.push(Number.parseInt(hex, 16));
    else if (escapes[letter!] !== undefined) bytes.push(escapes[letter!]!);
    else raise('escape', token, `\\${letter} is no escape`, 'there are \\n \\t \\r \\0 \\\\ \\" \\\' and \\xNN');
  }
  return Uint8Array.from(bytes);
}

/** A string of the text that reads back as these bytes. */
export function quote(bytes: Uint8Array): string {
  const parts = Array.from(bytes, (byte) => {
    if (byte === 0x22 || byte === 0x5c) return `\\${String.fromCharCode(byte)}`;
    return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;
  });
  return `"${parts.join('')}"`;
}

/** An unsigned decimal or hexadecimal number, or a character; undefined for anything else. */
export function numberOf(token: Token): number | undefined {
  if (token.kind === 'character') return token.bytes?.length === 1 ? token.bytes[0] : undefined;
  if (token.kind !== 'word' || !/^(?:0[xX][0-9a-fA-F]+|\d+)$/.test(token.text)) return undefined;
  return Number(token.text);
}
