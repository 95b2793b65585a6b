/**
 * Expressions: names, types, constants, ranges, in one walk. Each function gives a checked expression, or undefined
 * where it has reported why there is none.
 */
import { fold } from '../../vm/isa/arithmetic.ts';
import { nearest } from '../../vm/text/nearest.ts';
import type { DiagnosticCode, Span } from '../diagnostics.ts';
import { type AstExpression, integerLiteral, type luaparse, nodeSpan } from '../parse.ts';
import { lastOffset } from '../protocols/linktypes.ts';
import { headers } from '../protocols/table.ts';
import { foldArithmetic, rangeOfArithmetic, rangeOfComplement, rangeOfNegation } from './arithmetic.ts';
import { checkCall } from './calls.ts';
import { type CheckContext, lookup, noteWide, report, type StaticBinding, visibleNames } from './context.ts';
import { checkDomain } from './found.ts';
import { resolveStatic } from './functions.ts';
import { foreignNames, functionGlobals, metatableGlobals, refusedGlobals } from './globals.ts';
import { isChained, memberName, subject } from './names.ts';
import { numberTables } from './net.ts';
import { checkMember, packetName } from './packet.ts';
import { checkStateIndex } from './state.ts';
import {
  fieldKey,
  sourceOf,
  suggest,
  suggestBoth,
  suggestChain,
  suggestInteger,
  suggestUnequal,
} from './suggestions.ts';
import {
  type ArithmeticOperator,
  type ConstantValue,
  type Expression,
  entryOf,
  type Local,
  operandsOf,
} from './tree.ts';
import {
  ADDRESS,
  BOOLEAN,
  boolean,
  constantType,
  FALSY,
  HEADER,
  has,
  INTEGER,
  integer,
  isOnly,
  isPacketType,
  NIL,
  only,
  packetType,
  SLICE,
  STALE,
  STRING,
  TEXT,
  TRUE,
  type Type,
  typeName,
  union,
  without,
} from './types.ts';

/** Chains of binary operators make trees as deep as they are long; this bounds the stack of all who walk them. */
const chainLimit = 1000;
let depth = 0;

export const constant = (value: ConstantValue, span: Span): Expression => ({
  kind: 'constant',
  value,
  type: constantType(value),
  span,
});

export function checkExpression(context: CheckContext, node: AstExpression): Expression | undefined {
  if (depth >= chainLimit) return tooLong(context, node);
  depth++;
  try {
    const checked = dispatch(context, node);
    if (checked !== undefined) noteWide(context, checked);
    return checked;
  } finally {
    depth--;
  }
}

/** Checks what Lua evaluates while it holds so many values, of a call or of an operator. */
export function checkHolding(context: CheckContext, count: number, node: AstExpression): Expression | undefined {
  context.held += count;
  const tooMany = context.alive + context.held > registerLimit;
  const checked = tooMany
    ? fail(context, 'lua-limit', node, 'locals and pending values at once', String(registerLimit))
    : checkExpression(context, node);
  context.held -= count;
  return checked;
}

// SPEC: Lua's own limit (MAXREGS, 255), less what our count may miss.
const registerLimit = 240;

/** Said once of an expression, however many of its operands are too many. */
function tooLong(context: CheckContext, node: AstExpression): undefined {
  if (context.diagnostics.at(-1)?.code !== 'expression-size')
    fail(context, 'expression-size', node, String(chainLimit));
}

/** Reports, and gives no expression. */
export function fail(
  context: CheckContext,
  code: DiagnosticCode,
  node: AstExpression,
  ...names: readonly string[]
): undefined {
  report(context, code, nodeSpan(node), ...names);
  return undefined;
}

function dispatch(context: CheckContext, node: AstExpression): Expression | undefined {
  const span = nodeSpan(node);
  switch (node.type) {
    case 'NumericLiteral': {
      const literal = integerLiteral(node.raw);
      return 'problem' in literal ? fail(context, literal.problem, node, node.raw) : constant(literal.value, span);
    }
    case 'BooleanLiteral':
      return constant(node.value, span);
    case 'NilLiteral':
      return constant(null, span);
    case 'StringLiteral':
      return constant(node.value, span);
    case 'VarargLiteral':
      return fail(context, 'vararg', node);
    case 'FunctionDeclaration':
      return fail(context, 'function-value', node);
    case 'TableConstructorExpression':
      return fail(context, 'table-runtime', node);
    case 'Identifier':
      return checkName(context, node);
    case 'MemberExpression':
      return checkMember(context, node);
    case 'IndexExpression':
      return checkIndex(context, node);
    case 'UnaryExpression':
      return checkUnary(context, node, span);
    case 'BinaryExpression':
      return checkBinary(context, node, span);
    case 'LogicalExpression':
      return checkLogical(context, node);
    case 'CallExpression':
    case 'StringCallExpression':
    case 'TableCallExpression':
      return checkCall(context, node, span);
    default:
      // luaparse's type for a parenthesised expression is the expression itself.
      throw new TypeError(`unknown expression ${JSON.stringify(node)}`);
  }
}

function checkName(context: CheckContext, node: luaparse.Identifier): Expression | undefined {
  const span = nodeSpan(node);
  const { name } = node;
  const binding = lookup(context, name);
  switch (binding?.kind) {
    case 'local':
      return localExpression(context, binding.local, span);
    case 'constant':
      return constant(binding.value, span);
    case 'packet':
      return { kind: 'packet', type: packetType(['outer']), span };
    case 'table':
      return fail(context, 'table-value', node, name);
    case 'function':
      return fail(context, 'function-name', node, name);
    case 'networks':
      return fail(context, 'net-method', node, name);
    case 'state-module':
      return fail(context, 'state-value', node, name, `\`local x = ${name}.hash(1024)\``);
    case 'state': {
      const read = binding.object.parts === 1 ? `${name}[key]` : `${name}:get(…)`;
      return fail(context, 'state-value', node, name, `\`${read}\`, \`${name}:add(…)\``);
    }
    case 'broken':
      return undefined;
    default:
      return unknownGlobal(context, node);
  }
}

/** A local's value, which flow may know; nil is not taken for known, so that messages can name the local. */
function localExpression(context: CheckContext, local: Local, span: Span): Expression | undefined {
  const type = context.flow.typeOf(local);
  if (has(type, STALE)) {
    report(context, 'slice-stale', span, `\`${local.name}\``);
    return undefined;
  }
  const value = soleValue(type);
  if (value !== undefined && value !== null) return constant(value, span);
  if (value === undefined) local.used = true;
  return { kind: 'local', local, type, span };
}

/** The one value that a type has, or undefined for one of several. */
function soleValue(type: Type): ConstantValue | undefined {
  if (isOnly(type, NIL)) return null;
  if (isOnly(type, BOOLEAN) && type.atoms !== BOOLEAN) return has(type, TRUE);
  if (isOnly(type, INTEGER) && type.low === type.high) return type.low;
  return isOnly(type, STRING) && type.strings.length === 1 ? type.strings[0] : undefined;
}

/** Says why a global is not there. */
export function unknownGlobal(context: CheckContext, node: luaparse.Identifier): undefined {
  const { name } = node;
  if (metatableGlobals.has(name)) return fail(context, 'metatable', node, name);
  const why = refusedGlobals.get(name);
  if (why !== undefined) return fail(context, 'global-refused', node, name, why);
  if (name === 'math') return fail(context, 'math-value', node);
  if (functionGlobals.has(name)) return fail(context, 'function-name', node, name);
  return fail(context, 'global-unknown', node, name, suggestion(context, name));
}

/** Suggestions for the first so many rejections: a file that is no filter at all can have any number of them. */
const suggested = 200;

function suggestion(context: CheckContext, name: string): string {
  if (context.diagnostics.length >= suggested) return '';
  const packet = packetName(context);
  if (packet !== undefined && Object.hasOwn(headers, name)) return `${packet}.${name}`;
  return foreignNames.get(name) ?? nearest(name, [...visibleNames(context), 'math', ...functionGlobals]);
}

/** `t[key]` on a constant table or state. */
function checkIndex(context: CheckContext, node: luaparse.IndexExpression): Expression | undefined {
  const table = resolveStatic(context, node.base);
  if (table?.kind === 'table') {
    const key = checkHolding(context, 1, node.index);
    return key === undefined ? undefined : checkLookup(context, table, key, node);
  }
  if (table?.kind === 'state') return checkStateIndex(context, table.object, node);
  const base = table === undefined ? checkExpression(context, node.base) : undefined;
  if (table?.kind === 'packet' || (base !== undefined && isPacketType(base.type))) {
    report(context, 'packet-index', nodeSpan(node));
    const [packet, key] = [sourceOf(context, node.base), sourceOf(context, node.index)];
    suggest(
      context,
      nodeSpan(node),
      fieldKey(node.index) ? `${packet}.${fieldKey(node.index)}` : `${packet}:u8(${key})`,
    );
  } else {
    if (base !== undefined) report(context, 'index', base.span, subject(base));
    if (base !== undefined && has(base.type, HEADER) && fieldKey(node.index))
      suggest(context, nodeSpan(node), `${sourceOf(context, node.base)}.${fieldKey(node.index)}`);
  }
  checkExpression(context, node.index);
  return undefined;
}

/** A table's entry for a key. Tables in it are reached by constant keys only, and are no values. */
export function checkLookup(
  context: CheckContext,
  { table, functions }: StaticBinding & { kind: 'table' },
  key: Expression,
  node: AstExpression,
): Expression | undefined {
  const span = nodeSpan(node);
  if (key.kind === 'constant') {
    const { value } = key;
    if (value === null) return constant(null, span);
    const name = memberName(table.name, value);
    if (table.tables.has(value)) return fail(context, 'table-value', node, name);
    if (typeof value === 'string' && functions.has(value)) return fail(context, 'function-name', node, name);
    const entry = entryOf(table, value);
    if (entry === null && numberTables.has(table))
      return fail(context, 'net-number', node, name, nearest(String(value), [...table.entries.keys()].map(String)));
    return constant(entry, span);
  }
  if (table.tables.size > 0) return fail(context, 'table-nested', node, table.name);
  return { kind: 'lookup', table, key, type: table.type, span };
}

function checkUnary(context: CheckContext, node: luaparse.UnaryExpression, span: Span): Expression | undefined {
  if (node.operator === '#') return checkLength(context, node, span);
  const operand = checkExpression(context, node.argument);
  if (operand === undefined) return undefined;
  if (node.operator === 'not') {
    if (operand.kind === 'constant') return constant(operand.value === null || operand.value === false, span);
    const truthy = has(without(operand.type, FALSY), ~0);
    const type = !has(operand.type, FALSY) ? constantType(false) : truthy ? boolean : constantType(true);
    return { kind: 'not', operand, type, span };
  }
  if (!requireInteger(context, operand)) return undefined;
  if (node.operator === '-') {
    if (operand.kind === 'constant') return constant(fold('neg', operand.value as bigint, 0n)!, span);
    return { kind: 'negate', operand, type: rangeOfNegation(operand.type), span };
  }
  if (operand.kind === 'constant') return constant(fold('xor', operand.value as bigint, -1n)!, span);
  return { kind: 'complement', operand, type: rangeOfComplement(operand.type), span };
}

/** `#`: of the packet, a string, a table whose entries are numbered from 1. */
function checkLength(context: CheckContext, node: luaparse.UnaryExpression, span: Span): Expression | undefined {
  const known = resolveStatic(context, node.argument);
  if (known?.kind === 'packet') return lengthOf(undefined, span);
  if (known?.kind === 'table') {
    const { entries, tables, name } = known.table;
    const numbers = [...entries.keys(), ...tables.keys()].filter((key) => typeof key === 'bigint');
    const isArray = numbers.every((key) => key >= 1n && key <= BigInt(numbers.length));
    return isArray ? constant(BigInt(numbers.length), span) : fail(context, 'table-length', node, name);
  }
  const operand = checkExpression(context, node.argument);
  if (operand === undefined) return undefined;
  if (operand.kind === 'constant' && typeof operand.value === 'string')
    return constant(BigInt(operand.value.length), span);
  if (isPacketType(operand.type)) return lengthOf(operand, span);
  if (!has(operand.type, TEXT)) return fail(context, 'type-length', node);
  const longest = Math.max(0, ...operand.type.strings.map(({ length }) => length));
  const high = has(operand.type, SLICE) ? lastOffset : BigInt(longest);
  return { kind: 'size', operand, type: integer(0n, high), span };
}

const lengthOf = (packet: Expression | undefined, span: Span): Expression => ({
  kind: 'length',
  of: 'wirelen',
  packet,
  type: integer(0n, 0xffffffffn),
  span,
});

/** Whether an operand can be an integer, and is no string that Lua would convert nor an address; reports it where not. */
export function requireInteger(context: CheckContext, operand: Expression): boolean {
  if (has(operand.type, TEXT | ADDRESS)) {
    report(context, has(operand.type, TEXT) ? 'type-text' : 'type-address', operand.span, subject(operand));
    return false;
  }
  if (has(operand.type, INTEGER)) return true;
  report(context, 'type-arithmetic', operand.span, subject(operand), typeName(operand.type));
  return false;
}

const comparisons = new Set(['<', '<=', '>', '>=']);

function checkBinary(context: CheckContext, node: luaparse.BinaryExpression, span: Span): Expression | undefined {
  const { operator } = node;
  const refused = { '/': 'division', '^': 'power', '..': 'concatenation' } as const;
  if (operator in refused) {
    report(context, refused[operator as keyof typeof refused], span);
    suggestInteger(context, node);
  }
  if (operator === '..') {
    for (const operand of [node.left, node.right]) checkExpression(context, operand);
    return undefined;
  }
  if (operator === '==' || operator === '~=') {
    const compared = checkDomain(context, node, span);
    if (compared !== 'none') return compared;
  }
  const reported = context.diagnostics.length;
  const left = checkExpression(context, node.left);
  if (context.diagnostics.slice(reported).at(-1)?.code === 'field-either-way') suggestBoth(context, node);
  const right = checkHolding(context, 1, node.right);
  if (left === undefined || right === undefined || operator in refused) return undefined;
  if (operator === '==' || operator === '~=') return equality(context, node, left, right, span);
  if (comparisons.has(operator)) return ordering(context, node, left, right, span);
  const integers = [left, right].map((operand) => requireInteger(context, operand));
  if (!integers.every((isInteger) => isInteger)) return undefined;
  return arithmetic(operator as ArithmeticOperator, left, right, span);
}

function arithmetic(operator: ArithmeticOperator, left: Expression, right: Expression, span: Span): Expression {
  if (left.kind === 'constant' && right.kind === 'constant') {
    const value = foldArithmetic(operator, left.value as bigint, right.value as bigint);
    // A division by zero stays: it is an error when it runs, and only then.
    if (value !== undefined) return constant(value, span);
  }
  return { kind: 'arithmetic', operator, left, right, type: rangeOfArithmetic(operator, left.type, right.type), span };
}

function ordering(
  context: CheckContext,
  node: luaparse.BinaryExpression,
  left: Expression,
  right: Expression,
  span: Span,
): Expression | undefined {
  const { operator } = node;
  for (const operand of [left, right]) {
    if (has(operand.type, INTEGER) && !has(operand.type, TEXT | ADDRESS)) continue;
    const chain = operand === left && isChained(node) ? 'chain' : '';
    report(context, 'type-order', operand.span, subject(operand), typeName(operand.type), chain);
    if (chain !== '') suggestChain(context, node);
    return undefined;
  }
  const orEqual = operator.endsWith('=');
  if (left.kind === 'constant' && right.kind === 'constant') {
    const [a, b] = [left.value as bigint, right.value as bigint];
    return constant(operator.startsWith('<') ? (orEqual ? a <= b : a < b) : orEqual ? a >= b : a > b, span);
  }
  return less(left, right, operator.startsWith('>'), orEqual, false, span);
}

export function less(
  left: Expression,
  right: Expression,
  swapped: boolean,
  orEqual: boolean,
  unsigned: boolean,
  span: Span,
): Expression {
  return { kind: 'less', left, right, swapped, orEqual, unsigned, type: boolean, span };
}

/** Whether no operand is a slice that a later one stores over while it waits; reports it where one is. */
export function keepFresh(context: CheckContext, operands: readonly Expression[]): boolean {
  const first = operands.findIndex(({ type }) => has(type, SLICE));
  if (first < 0 || !operands.slice(first + 1).some(writesPacket)) return true;
  report(context, 'slice-stale', operands[first]!.span, 'this');
  return false;
}

const writesPacket = (node: Expression): boolean =>
  (node.kind === 'call' && node.instance.effects.writesPacket) || operandsOf(node).some(writesPacket);

function equality(
  context: CheckContext,
  node: luaparse.BinaryExpression,
  left: Expression,
  right: Expression,
  span: Span,
): Expression | undefined {
  const negated = node.operator === '~=';
  const isNil = (operand: Expression): boolean => isOnly(operand.type, NIL);
  if ((has(left.type, HEADER) && !isNil(right)) || (has(right.type, HEADER) && !isNil(left))) {
    report(context, 'type-header-equal', span);
    return undefined;
  }
  const mayBeNil = has(left.type, NIL) || has(right.type, NIL);
  const overlap = (left.type.atoms & right.type.atoms) !== 0 || (has(left.type, TEXT) && has(right.type, TEXT));
  if (!overlap && !mayBeNil && !bothBoolean(left.type, right.type)) {
    const isNot = node.left.type === 'UnaryExpression' && node.left.operator === 'not';
    report(context, 'type-equal', span, typeName(left.type), typeName(right.type), isNot ? 'not' : '');
    if (isNot) suggestUnequal(context, node);
    return undefined;
  }
  if (left.kind === 'constant' && right.kind === 'constant')
    return constant((left.value === right.value) !== negated, span);
  if (!keepFresh(context, [left, right])) return undefined;
  return { kind: 'equal', left, right, negated, type: boolean, span };
}

/** `x == true` where x is known to be false is odd, but no mix of types. */
const bothBoolean = (a: Type, b: Type): boolean => isOnly(a, BOOLEAN) && isOnly(b, BOOLEAN);

/** `a and b and c`: a chain of one operator is walked in a loop, with what each operand may assume of those before. */
function checkLogical(context: CheckContext, node: luaparse.LogicalExpression): Expression | undefined {
  const isAnd = node.operator === 'and';
  const links: luaparse.LogicalExpression[] = [node];
  let first: AstExpression = node.left;
  for (; first.type === 'LogicalExpression' && first.operator === node.operator; first = first.left) links.push(first);
  if (depth + links.length > chainLimit) return tooLong(context, node);
  depth += links.length;
  let left = checkExpression(context, first);
  let last = left;
  const before = context.flow;
  context.flow = before.branch();
  for (const link of links.reverse()) {
    depth--;
    if (last !== undefined) context.flow.assume(last, isAnd);
    last = checkExpression(context, link.right);
    left = left && last && logical(isAnd, left, last, nodeSpan(link));
  }
  context.flow = before;
  return left;
}

function logical(isAnd: boolean, left: Expression, right: Expression, span: Span): Expression {
  const kept = isAnd ? only(left.type, FALSY) : without(left.type, FALSY);
  // The operand that decides alone: `nil and x`, `5 or x`.
  if (kept.atoms === left.type.atoms) return left;
  if (left.kind === 'constant') return right;
  const type = kept.atoms === 0 ? right.type : union(kept, right.type);
  return { kind: isAnd ? 'and' : 'or', left, right, type, span };
}
