/**
 * Lua text to AST, by luaparse. The text is read as bytes, one character each; integers are taken from the literal's
 * own text, since luaparse's values are rounded doubles. Knows nothing of what the subset allows.
 */
import luaparse from 'luaparse';
import { type Diagnostic, diagnostic, excerpt, type Span } from './diagnostics.ts';
import { type Habit, habitAt } from './habits.ts';

export type Ast = luaparse.Chunk;
export type AstStatement = luaparse.Statement;
export type AstExpression = luaparse.Expression;
export type { luaparse };

/**
 * How deep blocks and expressions may nest, in Lua's own levels. The parser and all after it recurse, so this bounds
 * their stack; and Lua itself refuses 200 levels, of which those who load a filter need some.
 */
export const nestingLimit = 180;

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
    const problem = tokenProblem(text);
    if (problem?.kind === 'nesting')
      return { problem: diagnostic('nesting', at(problem.start, 1), String(nestingLimit)) };
    if (problem?.kind === 'number')
      return { problem: diagnostic('syntax', at(problem.start, problem.length), 'malformed number') };
    if (problem?.kind === 'character') {
      const character = text[problem.start] ?? '';
      return {
        problem: diagnostic('character', at(problem.start, 1), excerpt(character, 1), text[problem.start + 1] ?? ''),
      };
    }
    const ast = luaparse.parse(text, {
      luaVersion: '5.3',
      locations: true,
      ranges: true,
      comments: false,
      encodingMode: 'pseudo-latin1',
      onCreateNode: mendLongString,
    });
    return { ast };
  } catch (error) {
    if (!isSyntaxError(error)) throw error;
    return { problem: syntaxProblem(text, error) };
  }
}

/** Lua reads every end of a line in a long string as a newline; luaparse leaves them as they stand. */
function mendLongString(node: luaparse.Node): void {
  if (node.type === 'StringLiteral' && node.raw.startsWith('[')) node.value = node.value.replace(/\r\n|\n\r|\r/g, '\n');
}

/** What luaparse stopped at. Some of it is no error of syntax to whoever wrote it, and has a message of its own. */
function syntaxProblem(text: string, { index, message }: LuaSyntaxError): Diagnostic {
  const at = (start: number, length: number): Span => spanOf(text, start, start + length);
  const attribute = /^<\s*(\w+)\s*>/.exec(text.slice(index, index + 300));
  if (attribute !== null) return diagnostic('attribute', at(index, attribute[0].length), attribute[1]!);
  const what = message.replace(/^\[\d+:\d+\] /, '');
  // luaparse notices a stray `break` one token late.
  if (what.startsWith('no loop to break')) return diagnostic('break', at(text.lastIndexOf('break', index - 1), 5));
  if (what.startsWith("cannot use '...'")) return diagnostic('vararg', at(index, 3));
  const habit = habitAt(text, index);
  if (habit !== undefined)
    return diagnostic('other-language', at(habit.start, habit.written.length), ...namesOf(habit));
  const start = Math.min(index, Math.max(0, text.length - 1));
  const open = what === "'end' expected near '<eof>'" ? openBlock(text) : undefined;
  const toClose = open === undefined ? '' : `, to close the \`${open.value}\` of line ${at(open.start, 1).line}`;
  return diagnostic('syntax', at(start, text === '' ? 0 : 1), excerpt(what, 200) + toClose);
}

const namesOf = ({ written, lua, hint }: Habit): string[] => [written, lua, ...(hint === undefined ? [] : [hint])];

const openers: ReadonlySet<string> = new Set(['function', 'if', 'while', 'for', 'repeat', 'do']);

/** The innermost block that is open where the file ends. */
function openBlock(text: string): { readonly value: string; readonly start: number } | undefined {
  const open: { readonly value: string; readonly start: number; readonly awaitsDo: boolean }[] = [];
  const parser = luaparse.parse(text, {
    wait: true,
    luaVersion: '5.3',
    encodingMode: 'pseudo-latin1',
    ranges: true,
    locations: true,
  });
  for (let token = parser.lex(); token.type !== endOfFile; token = parser.lex()) {
    if (token.type !== keyword) continue;
    const { value } = token;
    const start = token.range[0];
    const top = open.at(-1);
    if (value === 'end' || value === 'until') open.pop();
    // The `do` of a loop opens no other block.
    else if (value === 'do' && top?.awaitsDo === true) open.splice(-1, 1, { ...top, awaitsDo: false });
    else if (openers.has(value)) open.push({ value, start, awaitsDo: value === 'while' || value === 'for' });
  }
  return open.at(-1);
}

interface LuaSyntaxError {
  readonly message: string;
  readonly index: number;
}
const isSyntaxError = (error: unknown): error is LuaSyntaxError =>
  error instanceof SyntaxError && 'index' in error && typeof error.index === 'number';

const opening: ReadonlySet<string> = new Set(['(', '{', '[', 'do', 'then', 'function', 'repeat']);
/** Those that end the expression before them. */
const blocks: ReadonlySet<string> = new Set(['do', 'then', 'repeat']);
const closing: ReadonlySet<string> = new Set([')', '}', ']', 'end', 'until', 'elseif']);
/** These end an expression. */
const separators: ReadonlySet<string> = new Set([
  ',',
  ';',
  '=',
  'local',
  'return',
  'if',
  'while',
  'for',
  'goto',
  'break',
  'else',
  'in',
]);
/** Behind these an operator is a binary one, as behind names and literals. */
const operandEnds: ReadonlySet<string> = new Set([')', ']', '}', 'end']);
/** Lua's binary operators: how strongly each binds what stands left and right of it (lparser.c). */
const binding: ReadonlyMap<string, readonly [left: number, right: number]> = new Map(
  (
    [
      ['or', 1, 1],
      ['and', 2, 2],
      ['< <= > >= == ~=', 3, 3],
      ['|', 4, 4],
      ['~', 5, 5],
      ['&', 6, 6],
      ['<< >>', 7, 7],
      ['..', 9, 8],
      ['+ -', 10, 10],
      ['* / // %', 11, 11],
      ['^', 14, 13],
    ] as const
  ).flatMap(([operators, left, right]) => operators.split(' ').map((operator) => [operator, [left, right]] as const)),
);
const unary: ReadonlySet<string> = new Set(['not', '-', '~', '#']);
const unaryBinding = 12;

/**
 * What is wrong with the tokens alone: where they nest deeper than the limit, or a number runs into a letter, which
 * luaparse takes for two tokens and Lua for a malformed one.
 *
 * A level is what it is to Lua's parser, which recurses as luaparse does: a bracket, a block, a unary operator, and the
 * right side of a binary operator, up to the next one that binds no stronger. So a chain of one operator has one level.
 */
function tokenProblem(
  text: string,
): { readonly kind: 'nesting' | 'number' | 'character'; readonly start: number; readonly length: number } | undefined {
  const parser = luaparse.parse(text, {
    wait: true,
    luaVersion: '5.3',
    encodingMode: 'pseudo-latin1',
    ranges: true,
    locations: true,
  });
  /** Of each open bracket or block, how strongly the open operators in it bind, the innermost last. */
  const open: number[][] = [[]];
  let operators = 0;
  let isOperand = false;
  const leave = (least: number): void => {
    const top = open.at(-1)!;
    while (top.length > 0 && top.at(-1)! >= least) {
      top.pop();
      operators--;
    }
  };
  const enter = (strength: number): void => {
    open.at(-1)!.push(strength);
    operators++;
  };
  let before = 0;
  for (;;) {
    let token: luaparse.Token;
    try {
      token = parser.lex();
    } catch (error) {
      // Before a character that Lua does not have, luaparse trips over its own message, or names what an earlier
      // parse has left behind.
      if (isSyntaxError(error) && !error.message.includes('unexpected symbol')) throw error;
      blank.lastIndex = before;
      return { kind: 'character', start: before + (blank.exec(text)?.[0].length ?? 0), length: 1 };
    }
    if (token.type === endOfFile) return undefined;
    const [start, end] = token.range;
    before = end;
    if (token.type === numericLiteral && /[\w.]/.test(text[end] ?? ''))
      return { kind: 'number', start, length: end + 1 - start };
    const value = token.type === keyword || token.type === punctuator ? token.value : '';
    const sides = binding.get(value);
    if (closing.has(value) || separators.has(value)) leave(0);
    if (closing.has(value) && open.length > 1) open.pop();
    if (sides !== undefined && isOperand) {
      leave(sides[0]);
      enter(sides[1]);
    } else if (unary.has(value)) enter(unaryBinding);
    if (blocks.has(value)) leave(0);
    if (opening.has(value)) open.push([]);
    if (open.length - 1 + operators > nestingLimit) return { kind: 'nesting', start, length: 1 };
    isOperand = value === '' || operandEnds.has(value);
  }
}

/** White space and comments. */
const blank = /(?:\s|--\[(=*)\[[\s\S]*?\]\1\]|--(?!\[=*\[)[^\n\r]*)*/y;

/**
 * Whether a call at the end of a list stands in parentheses of its own, which make one value of it. The AST does not
 * say: what is behind the call is a parenthesis, and not the one that ends the list, at `end`.
 */
export function isParenthesised(text: string, node: AstExpression, end: number | undefined): boolean {
  blank.lastIndex = nodeSpan(node).end;
  const next = blank.lastIndex + (blank.exec(text)?.[0].length ?? 0);
  return text[next] === ')' && next + 1 !== end;
}

/** luaparse's token types. */
const endOfFile = 1;
const keyword = 4;
const numericLiteral = 16;
const punctuator = 32;

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

/** The span of a range of bytes. Lines end as in Lua: CR LF and LF CR are one end, and so is each alone. */
function spanOf(source: string, start: number, end: number): Span {
  const place = (offset: number): Position => {
    const lines = source.slice(0, offset).split(/\r\n|\n\r|[\r\n]/);
    return { line: lines.length, column: lines.at(-1)!.length + 1 };
  };
  const from = place(start);
  const to = place(end);
  return { start, end, line: from.line, column: from.column, endLine: to.line, endColumn: to.column };
}

/** What a numeric literal means in Lua 5.4. */
export function integerLiteral(raw: string): { value: bigint } | { problem: 'float' | 'integer-literal' } {
  if (/^0[xX][0-9a-fA-F]+$/.test(raw)) return { value: BigInt.asIntN(64, BigInt(`0x${raw.slice(2).slice(-16)}`)) };
  if (!/^[0-9]+$/.test(raw)) return { problem: 'float' };
  const digits = raw.replace(/^0+(?=.)/, '');
  if (digits.length > 19) return { problem: 'integer-literal' };
  const value = BigInt(digits);
  return value > 0x7fff_ffff_ffff_ffffn ? { problem: 'integer-literal' } : { value };
}
