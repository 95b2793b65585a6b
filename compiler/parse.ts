/**
 * Lua text to AST, by luaparse. The text is read as bytes, one character each; integers are taken from the literal's
 * own text, since luaparse's values are rounded doubles. Knows nothing of what the subset allows.
 */
import luaparse from 'luaparse';
import { type Diagnostic, diagnostic, type Span } from './diagnostics.ts';

export type Ast = luaparse.Chunk;
export type AstStatement = luaparse.Statement;
export type AstExpression = luaparse.Expression;
export type { luaparse };

/** How deep blocks and expressions may nest. The parser and all after it recurse, so this bounds their stack. */
export const nestingLimit = 200;

export type ParseResult =
  | { readonly ast: Ast; readonly problem?: never }
  | { readonly problem: Diagnostic; readonly ast?: never };

/** Parses a file given as a string of bytes (latin1). luaparse stops at the first syntax error. */
export function parse(source: string): ParseResult {
  const at = (start: number, length: number): Span => spanOf(source, start, start + length);
  if (source.startsWith('\xef\xbb\xbf')) return { problem: diagnostic('byte-order-mark', at(0, 3)) };
  // Lua skips a first line that starts with #: it is blanked here, so that offsets stay.
  const text = source.startsWith('#') ? source.replace(/^[^\n]*/, (line) => ' '.repeat(line.length)) : source;
  try {
    const deep = nestingProblem(text);
    if (deep !== undefined) return { problem: diagnostic('nesting', at(deep, 1), String(nestingLimit)) };
    const ast = luaparse.parse(text, {
      luaVersion: '5.3',
      locations: true,
      ranges: true,
      comments: false,
      encodingMode: 'pseudo-latin1',
    });
    return { ast };
  } catch (error) {
    if (!isSyntaxError(error)) throw error;
    const attribute = /^<\s*(\w+)\s*>/.exec(text.slice(error.index));
    if (attribute !== null)
      return { problem: diagnostic('attribute', at(error.index, attribute[0].length), attribute[1]!) };
    const what = error.message.replace(/^\[\d+:\d+\] /, '');
    const start = Math.min(error.index, Math.max(0, source.length - 1));
    return { problem: diagnostic('syntax', at(start, 1), what.length > 200 ? `${what.slice(0, 200)}…` : what) };
  }
}

interface LuaSyntaxError {
  readonly message: string;
  readonly index: number;
}
const isSyntaxError = (error: unknown): error is LuaSyntaxError =>
  error instanceof SyntaxError && 'index' in error && typeof error.index === 'number';

const opening = new Set(['(', '{', '[', 'do', 'then', 'function', 'repeat']);
const closing = new Set([')', '}', ']', 'end', 'until', 'elseif']);
/** Each of these nests what follows it one level deeper, up to the end of the expression. */
const prefix = new Set(['not', '-', '~', '#', '..', '^']);
const separators = new Set([',', ';', '=', 'local', 'return', 'if', 'while', 'for', 'goto', 'break', 'else']);

/**
 * Where the text nests deeper than the limit, or undefined. Counts brackets and blocks, and in each of them the
 * operators of the current expression that the parser recurses for. Binary operators count too: a chain of them makes
 * a tree as deep as it is long, though the parser loops; they have a limit of their own, as lists of alternatives are
 * long in practice.
 */
function nestingProblem(text: string): number | undefined {
  const parser = luaparse.parse(text, {
    wait: true,
    luaVersion: '5.3',
    encodingMode: 'pseudo-latin1',
    ranges: true,
    locations: true,
  });
  /** Of each open bracket or block: operators of the current expression in it. */
  const open = [0];
  let operators = 0;
  for (let token = parser.lex(); token.type !== endOfFile; token = parser.lex()) {
    const value = token.type === stringLiteral ? '' : String(token.value);
    const top = open.length - 1;
    if (closing.has(value) && top > 0) operators -= open.pop()!;
    else if (separators.has(value)) {
      operators -= open[top]!;
      open[top] = 0;
    }
    if (opening.has(value)) open.push(0);
    else if (prefix.has(value)) {
      operators++;
      open[open.length - 1]!++;
    }
    if (open.length - 1 + operators > nestingLimit) return token.range[0];
  }
  return undefined;
}

/** luaparse's token types. */
const endOfFile = 1;
const stringLiteral = 2;

/** The span of an AST node. */
export function nodeSpan(node: AstStatement | AstExpression | luaparse.Chunk): Span {
  const { loc, range } = node as { loc?: { start: Position; end: Position }; range?: readonly [number, number] };
  return {
    start: range![0],
    end: range![1],
    line: loc!.start.line,
    column: loc!.start.column + 1,
    endLine: loc!.end.line,
    endColumn: loc!.end.column + 1,
  };
}
interface Position {
  readonly line: number;
  readonly column: number;
}

/** The span of a range of bytes. */
export function spanOf(source: string, start: number, end: number): Span {
  const place = (offset: number): Position => {
    const before = source.slice(0, offset).split('\n');
    return { line: before.length, column: before.at(-1)!.length + 1 };
  };
  const from = place(start);
  const to = place(end);
  return { start, end, line: from.line, column: from.column, endLine: to.line, endColumn: to.column };
}

/** What a numeric literal means in Lua 5.4. */
export function integerLiteral(raw: string): { value: bigint } | { problem: 'float' | 'integer-literal' } {
  if (/^0[xX][0-9a-fA-F]+$/.test(raw)) return { value: BigInt.asIntN(64, BigInt(raw)) };
  if (!/^[0-9]+$/.test(raw)) return { problem: 'float' };
  const value = BigInt(raw);
  return value > 0x7fff_ffff_ffff_ffffn ? { problem: 'integer-literal' } : { value };
}
