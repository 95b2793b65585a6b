/** Calls: the packet's loads, math, and why nothing else can be called. */
import { holds } from '../../vm/isa/arithmetic.ts';
import { nearest } from '../../vm/text/nearest.ts';
import type { Span } from '../diagnostics.ts';
import { type AstExpression, isParenthesised, type luaparse, nodeSpan } from '../parse.ts';
import type { Address } from './address.ts';
import { rangeOfMath } from './arithmetic.ts';
import { type CheckContext, lookup, report } from './context.ts';
import { checkExpression, checkHolding, constant, fail, less, requireInteger, unknownGlobal } from './expressions.ts';
import { checkFoundCall } from './found.ts';
import { checkFunctionCall, resolveStatic } from './functions.ts';
import { pathName, subject } from './names.ts';
import { addressConstructors, isIn, netTable } from './net.ts';
import { checkPacketCall, constantText, isPacket } from './packet.ts';
import { checkStateCall } from './state.ts';
import { sourceOf, suggest } from './suggestions.ts';
import type { Expression, MathFunction, Networks } from './tree.ts';
import {
  ADDRESS,
  boolean,
  FALSY,
  HEADER,
  has,
  INTEGER,
  isOnly,
  isPacketType,
  maxInteger,
  minInteger,
  never,
  nil,
  only,
  STRING,
  TEXT,
  typeName,
  without,
} from './types.ts';
import { checkLength, checkValues, typesOf } from './values.ts';

export function checkCall(
  context: CheckContext,
  node: luaparse.CallExpression | luaparse.StringCallExpression | luaparse.TableCallExpression,
  span: Span,
): Expression | undefined {
  const { base } = node;
  const given =
    node.type === 'CallExpression'
      ? node.arguments
      : [node.type === 'StringCallExpression' ? node.argument : node.arguments];
  if (base.type === 'MemberExpression' && base.indexer === ':' && isPacket(context, base.base))
    return checkPacketCall(context, base, given, span);
  if (
    base.type === 'MemberExpression' &&
    base.base.type === 'Identifier' &&
    base.base.name === 'math' &&
    lookup(context, 'math') === undefined
  )
    return checkMath(context, base, given, span);
  const owner = base.type === 'MemberExpression' ? resolveStatic(context, base.base) : undefined;
  if (base.type === 'MemberExpression' && owner?.kind === 'table') {
    if (owner.table === netTable && base.indexer === '.') return checkAddress(context, base, given, span);
    const method = base.indexer === ':' ? owner.functions.get(base.identifier.name) : undefined;
    if (method !== undefined) return checkFunctionCall(context, method, base, [base.base, ...given], span);
  }
  if (base.type === 'MemberExpression' && owner?.kind === 'networks')
    return checkContains(context, owner.networks, base, given, span);
  if (base.type === 'MemberExpression' && owner?.kind === 'state')
    return checkStateCall(context, owner.object, base, given, span);
  const known = resolveStatic(context, base);
  if (known?.kind === 'function') return checkFunctionCall(context, known.function, base, given, span);
  if (base.type === 'Identifier' && lookup(context, base.name) === undefined)
    return checkGlobalCall(context, base, given, span);
  if (base.type === 'MemberExpression' && base.base.type === 'StringLiteral')
    return fail(context, 'string-method', base, base.identifier.name);
  if (base.type === 'MemberExpression' && base.indexer === ':') {
    const found = checkFoundCall(context, base, given, span);
    if (found !== 'none') return found;
  }
  // What is wrong with the callee itself is said first; what calls a broken name is not reported again.
  const isMethod = base.type === 'MemberExpression' && base.indexer === ':';
  const called = isMethod ? base.base : base;
  const reported = context.diagnostics.length;
  const callee = resolveStatic(context, called) ?? checkExpression(context, called);
  if (isMethod && callee !== undefined && 'type' in callee && isPacketType(callee.type))
    return checkPacketCall(context, base, given, span, callee);
  if (base.type === 'MemberExpression' && context.diagnostics.slice(reported).at(-1)?.code === 'packet-method-call')
    suggest(context, nodeSpan(base), `${sourceOf(context, base.base)}:${base.identifier.name}`);
  for (const argument of given) if (argument.type !== 'TableConstructorExpression') checkExpression(context, argument);
  if (callee === undefined) return undefined;
  if (!isMethod || !('type' in callee) || !has(callee.type, TEXT)) return fail(context, 'call', base, pathName(base));
  fail(context, 'string-method', base, base.identifier.name);
  if (base.identifier.name === 'len' && given.length === 0) suggest(context, span, `#${sourceOf(context, base.base)}`);
  return undefined;
}

/** `net.ip "…"` and `net.mac "…"`, which are constants. A network is none: it has a name outside functions. */
function checkAddress(
  context: CheckContext,
  base: luaparse.MemberExpression,
  given: readonly AstExpression[],
  span: Span,
): Expression | undefined {
  const { name } = base.identifier;
  if (name === 'cidr' || name === 'cidrs') return fail(context, 'net-place', base);
  const known = Object.keys(addressConstructors);
  if (!Object.hasOwn(addressConstructors, name))
    return fail(context, 'net-member', base.identifier, name, nearest(name, [...known, 'cidr', 'cidrs']));
  if (given.length !== 1)
    return fail(context, 'argument-count', base, pathName(base), '1 argument', String(given.length));
  const checked = checkExpression(context, given[0]!);
  const text = checked === undefined ? undefined : constantText(context, checked);
  if (text === undefined) return undefined;
  const value = addressConstructors[name as keyof typeof addressConstructors](text, context.addresses);
  const family = text.includes(':') ? 'ipv6' : '';
  return value === undefined ? fail(context, 'net-text', given[0]!, text, name, family) : constant(value, span);
}

/** `lan:contains(address)`, which takes addresses of both families: one of the other family is in no network. */
function checkContains(
  context: CheckContext,
  networks: Networks,
  base: luaparse.MemberExpression,
  given: readonly AstExpression[],
  span: Span,
): Expression | undefined {
  const checked = given.map((argument, i) => checkHolding(context, 2 + i, argument));
  if (base.identifier.name !== 'contains' || base.indexer !== ':')
    return fail(context, 'net-method', base, pathName(base.base));
  if (given.length !== 1)
    return fail(context, 'argument-count', base, pathName(base), '1 argument', String(given.length));
  const [address] = checked;
  if (address === undefined || !takesOne(context, base, given, address, span)) return undefined;
  if (!has(address.type, INTEGER | ADDRESS) || has(address.type, TEXT)) {
    report(context, 'net-address', address.span, subject(address), typeName(address.type));
    return undefined;
  }
  if (address.kind === 'constant') return constant(isIn(networks, address.value as bigint | Address), span);
  return { kind: 'contains', networks, address, type: boolean, span };
}

/** Calls of Lua's own functions. */
function checkGlobalCall(
  context: CheckContext,
  base: luaparse.Identifier,
  given: readonly AstExpression[],
  span: Span,
): Expression | undefined {
  switch (base.name) {
    case 'print':
      return checkPrint(context, given, span);
    case 'error':
      return checkError(context, base, given, span);
    case 'assert':
      return checkAssert(context, base, given, span);
    case 'ipairs':
      return fail(context, 'ipairs-place', base);
    case 'require':
      return fail(context, 'require-place', base);
    default:
      return unknownGlobal(context, base);
  }
}

function checkPrint(context: CheckContext, given: readonly AstExpression[], span: Span): Expression | undefined {
  const values = checkValues(context, given, { held: 1, end: span.end, exact: true });
  if (values === undefined) return undefined;
  context.function.effects.isPure = false;
  for (const [i, type] of typesOf(values).entries()) {
    const textless = only(type, HEADER | ADDRESS);
    if (textless.atoms === 0) continue;
    const operand = values.nodes[Math.min(i, values.nodes.length - 1)]!;
    report(context, 'print-value', operand.span, subject(operand), typeName(textless));
    return undefined;
  }
  return { kind: 'print', values, type: nil, span };
}

/**
 * Whether what takes any number of arguments, or one more than it is given, is given no call of which Lua would pass on
 * more than one value, or none; reports it where it is.
 */
export function takesOne(
  context: CheckContext,
  base: AstExpression,
  given: readonly AstExpression[],
  last: Expression | undefined,
  span: Span,
): boolean {
  if (last?.kind !== 'call' || (last.instance.results.length === 1 && !last.instance.varies)) return true;
  if (isParenthesised(context.file.text, given.at(-1)!, span.end)) return true;
  const several = `all that \`${last.instance.name}\` gives: put that call in parentheses`;
  fail(context, 'argument-count', base, pathName(base), 'one value of a call', several);
  return false;
}

/** A message of `error` or `assert`, which must be a string; whether it is. */
function requireText(context: CheckContext, message: Expression | undefined): boolean {
  if (message === undefined || isOnly(message.type, STRING)) return true;
  report(context, 'error-message', message.span, subject(message));
  return false;
}

function checkError(
  context: CheckContext,
  base: AstExpression,
  given: readonly AstExpression[],
  span: Span,
): Expression | undefined {
  const [message, ...more] = given.map((argument, i) => checkHolding(context, 1 + i, argument));
  if (more.length > 0) return fail(context, 'argument-count', base, 'error', '1 argument', String(given.length));
  if ((given.length > 0 && message === undefined) || !requireText(context, message)) return undefined;
  if (!takesOne(context, base, given, message, span)) return undefined;
  context.function.effects.isPure = false;
  return { kind: 'error', message, type: never, span };
}

function checkAssert(
  context: CheckContext,
  base: AstExpression,
  given: readonly AstExpression[],
  span: Span,
): Expression | undefined {
  if (given.length === 0 || given.length > 2)
    return fail(context, 'argument-count', base, 'assert', '1 or 2 arguments', String(given.length));
  const [condition, message] = given.map((argument, i) => checkHolding(context, 1 + i, argument));
  if (condition === undefined || (given.length > 1 && message === undefined)) return undefined;
  if (!requireText(context, message)) return undefined;
  if (given.length === 1 && !takesOne(context, base, given, condition, span)) return undefined;
  context.function.effects.isPure = false;
  return { kind: 'assert', condition, message, type: without(condition.type, FALSY), span };
}

const mathFunctions: Readonly<Record<string, number>> = { ult: 2, min: 1, max: 1, abs: 1 };

function checkMath(
  context: CheckContext,
  base: luaparse.MemberExpression,
  given: readonly AstExpression[],
  span: Span,
): Expression | undefined {
  const name = base.identifier.name;
  const least = Object.hasOwn(mathFunctions, name) ? mathFunctions[name] : undefined;
  if (least === undefined || base.indexer !== '.') return unknownMath(context, base);
  if (!checkLength(context, 'values in a list', given)) return undefined;
  const checked = given.map((argument, i) => checkHolding(context, 1 + i, argument));
  const exact = name === 'ult' || name === 'abs';
  if (given.length < least || (exact && given.length > least)) {
    const wanted = `${exact ? '' : 'at least '}${least} argument${least > 1 ? 's' : ''}`;
    return fail(context, 'argument-count', base, `math.${name}`, wanted, String(given.length));
  }
  const operands = checked.filter((operand) => operand !== undefined);
  if (operands.length < given.length) return undefined;
  if (!operands.map((operand) => requireInteger(context, operand)).every((isInteger) => isInteger)) return undefined;
  if (!exact && !takesOne(context, base, given, operands.at(-1), span)) return undefined;
  const [a, b] = operands as [Expression, Expression];
  if (name === 'ult') {
    if (a.kind === 'constant' && b.kind === 'constant')
      return constant(holds('jgt', b.value as bigint, a.value as bigint), span);
    return less(a, b, false, false, true, span);
  }
  return {
    kind: 'math',
    name: name as MathFunction,
    operands,
    type: rangeOfMath(
      name as MathFunction,
      operands.map((o) => o.type),
    ),
    span,
  };
}

/** `math.maxinteger`, `math.mininteger`. */
export function checkMathMember(context: CheckContext, node: luaparse.MemberExpression): Expression | undefined {
  const { name } = node.identifier;
  if (name === 'maxinteger') return constant(maxInteger, nodeSpan(node));
  if (name === 'mininteger') return constant(minInteger, nodeSpan(node));
  if (Object.hasOwn(mathFunctions, name)) return fail(context, 'function-name', node, `math.${name}`);
  return unknownMath(context, node);
}

function unknownMath(context: CheckContext, node: luaparse.MemberExpression): undefined {
  const { name } = node.identifier;
  if (node.indexer === ':' && Object.hasOwn(mathFunctions, name)) {
    fail(context, 'math-member', node.identifier, `:${name}`, `math.${name}`);
    suggest(context, nodeSpan(node), `math.${name}`);
    return undefined;
  }
  const known = [...Object.keys(mathFunctions), 'maxinteger', 'mininteger'];
  return fail(context, 'math-member', node.identifier, name, nearest(name, known));
}
