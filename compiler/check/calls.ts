/** Calls: the packet's loads, math, and why nothing else can be called. */
import { holds } from '../../vm/isa/arithmetic.ts';
import { nearest } from '../../vm/text/nearest.ts';
import type { Span } from '../diagnostics.ts';
import { type AstExpression, type luaparse, nodeSpan } from '../parse.ts';
import { rangeOfMath } from './arithmetic.ts';
import { type CheckContext, lookup } from './context.ts';
import { checkExpression, checkHolding, constant, fail, less, requireInteger, unknownGlobal } from './expressions.ts';
import { pathName } from './names.ts';
import { checkPacketCall, isPacket } from './packet.ts';
import type { Expression, MathFunction } from './tree.ts';
import { maxInteger, minInteger } from './types.ts';

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
  if (base.type === 'Identifier' && lookup(context, base.name) === undefined) {
    if (base.name !== 'require') return unknownGlobal(context, base);
    return fail(context, 'require', node, given[0]?.type === 'StringLiteral' ? given[0].raw : '(…)');
  }
  if (base.type === 'MemberExpression' && base.base.type === 'StringLiteral')
    return fail(context, 'string-method', base, base.identifier.name);
  // What is wrong with the callee itself is said first; what calls a broken name is not reported again.
  const isMethod = base.type === 'MemberExpression' && base.indexer === ':';
  const callee = checkExpression(context, isMethod ? base.base : base);
  for (const argument of given)
    if (argument.type !== 'StringLiteral' && argument.type !== 'TableConstructorExpression')
      checkExpression(context, argument);
  return callee === undefined ? undefined : fail(context, 'call', base, pathName(base));
}

/** Whether a list is not too long for Lua, which has 255 registers for it and the locals; reports it where it is. */
export function checkLength(context: CheckContext, what: string, nodes: readonly AstExpression[]): boolean {
  const beyond = nodes[listLimit];
  if (beyond === undefined) return true;
  fail(context, 'lua-limit', beyond, what, String(listLimit));
  return false;
}

// SPEC: Lua's own limit depends on how many locals there are; this is below it in nearly every program.
const listLimit = 100;

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
  if (node.indexer === ':' && Object.hasOwn(mathFunctions, name))
    return fail(context, 'math-member', node.identifier, `:${name}`, `math.${name}`);
  const known = [...Object.keys(mathFunctions), 'maxinteger', 'mininteger'];
  return fail(context, 'math-member', node.identifier, name, nearest(name, known));
}
