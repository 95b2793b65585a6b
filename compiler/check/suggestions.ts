/** Edits of the source that a diagnostic can suggest, taken from the text as it stands. */
import type { Span } from '../diagnostics.ts';
import { type AstExpression, type AstStatement, type luaparse, nodeSpan } from '../parse.ts';
import type { CheckContext } from './context.ts';

/** Says what to write in a place of the source, so that what was reported last is not said again. */
export function suggest(context: CheckContext, span: Span, text: string): void {
  const last = context.diagnostics.pop();
  if (last !== undefined) context.diagnostics.push({ ...last, suggestion: { span, text } });
}

/** A piece of the source as it stands there. */
export function sourceOf({ file }: CheckContext, node: AstExpression | AstStatement): string {
  const { start, end } = nodeSpan(node);
  return file.text.slice(start, end);
}

/** The place just before a node. */
export function before(node: AstExpression | AstStatement): Span {
  const span = nodeSpan(node);
  return { ...span, end: span.start, endLine: span.line, endColumn: span.column };
}

/** Wireshark's names that mean either of two fields. */
export const eitherWay: Readonly<Record<string, readonly [string, string]>> = {
  port: ['srcport', 'dstport'],
  addr: ['src', 'dst'],
  host: ['src', 'dst'],
};

/** The name that stands as a string where a field's name should. */
export const fieldKey = (node: AstExpression): string | undefined =>
  node.type === 'StringLiteral' && /^[a-z]\w*$/.test(node.value) ? node.value : undefined;

/** `a // b` for `a / b`, and what a power of two or a square is. */
export function suggestInteger(context: CheckContext, node: luaparse.BinaryExpression): void {
  const { operator, left, right } = node;
  const [a, b] = [sourceOf(context, left), sourceOf(context, right)];
  if (operator === '/') {
    const at = operatorSpan(context, node);
    if (at !== undefined) suggest(context, at, '//');
  } else if (operator === '^' && left.type === 'NumericLiteral' && left.raw === '2' && right.type === 'NumericLiteral')
    suggest(context, nodeSpan(node), `(1 << ${b})`);
  else if (operator === '^' && left.type === 'Identifier' && b === '2')
    suggest(context, nodeSpan(node), `(${a} * ${a})`);
}

/** `(tcp.srcport == 80 or tcp.dstport == 80)` for `tcp.port == 80`. */
export function suggestBoth(context: CheckContext, { operator, left, right }: luaparse.BinaryExpression): void {
  if (left.type !== 'MemberExpression' || (operator !== '==' && operator !== '~=')) return;
  const { name: wanted } = left.identifier;
  const names = Object.hasOwn(eitherWay, wanted) ? eitherWay[wanted] : undefined;
  const [header, value] = [sourceOf(context, left.base), sourceOf(context, right)];
  const both = names?.map((name) => `${header}.${name} ${operator} ${value}`);
  const span = spanFrom(nodeSpan(left), nodeSpan(right));
  if (both !== undefined) suggest(context, span, `(${both.join(operator === '==' ? ' or ' : ' and ')})`);
}

const spanFrom = (first: Span, last: Span): Span => ({
  ...first,
  end: last.end,
  endLine: last.endLine,
  endColumn: last.endColumn,
});

/** Where a binary operator stands, if nothing but blanks is around it on its line. */
function operatorSpan(context: CheckContext, { operator, left }: luaparse.BinaryExpression): Span | undefined {
  const { end, endLine, endColumn } = nodeSpan(left);
  const gap = /^[ \t)]*/.exec(context.file.text.slice(end, end + 100))![0].length;
  if (!context.file.text.startsWith(operator, end + gap)) return undefined;
  const start = { start: end + gap, line: endLine, column: endColumn + gap };
  const { length } = operator;
  return { ...start, end: start.start + length, endLine, endColumn: start.column + length };
}

/** `a < b and b < c` for `a < b < c`. */
export function suggestChain(context: CheckContext, { operator, left, right }: luaparse.BinaryExpression): void {
  // A bracket between is one around the first comparison, which is meant then.
  const at = nodeSpan(left).end;
  const isBracketed = context.file.text.slice(at, nodeSpan(right).start).includes(')');
  if (left.type !== 'BinaryExpression' || isBracketed || !/^[<>]/.test(left.operator)) return;
  const middle = left.right;
  const second = `${sourceOf(context, middle)} ${operator} ${sourceOf(context, right)}`;
  suggest(context, spanFrom(nodeSpan(left), nodeSpan(right)), `(${sourceOf(context, left)} and ${second})`);
}

/** `a ~= b` for `not a == b`. */
export function suggestUnequal(context: CheckContext, { operator, left, right }: luaparse.BinaryExpression): void {
  if (left.type !== 'UnaryExpression') return;
  const [a, b] = [sourceOf(context, left.argument), sourceOf(context, right)];
  suggest(context, spanFrom(nodeSpan(left), nodeSpan(right)), `${a} ${operator === '==' ? '~=' : '=='} ${b}`);
}
