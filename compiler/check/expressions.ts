/**
 * Expressions: names, types, constants, ranges, in one walk. Each function gives a checked expression, or undefined
 * where it has reported why there is none.
 */
import { fold, holds } from '../../vm/isa/arithmetic.ts';
import { type DiagnosticCode, nearest, type Span } from '../diagnostics.ts';
import { type AstExpression, integerLiteral, type luaparse, nestingLimit, nodeSpan } from '../parse.ts';
import { foldArithmetic, rangeOfArithmetic, rangeOfComplement, rangeOfMath, rangeOfNegation } from './arithmetic.ts';
import { type CheckContext, lookup, report, visibleNames } from './context.ts';
import { metatableGlobals, refusedGlobals } from './globals.ts';
import { checkMember, checkPacketCall, isPacket } from './packet.ts';
import type { ArithmeticOperator, ConstantTable, ConstantValue, Expression, MathFunction } from './tree.ts';
import {
  boolean,
  constantType,
  FALSY,
  HEADER,
  has,
  INTEGER,
  integer,
  isOnly,
  maxInteger,
  minInteger,
  NIL,
  nil,
  only,
  type Type,
  typeName,
  union,
  without,
} from './types.ts';

/** Chains of binary operators make trees as deep as they are long; this bounds the stack of all who walk them. */
const chainLimit = 5 * nestingLimit;
let depth = 0;

export const constant = (value: ConstantValue, span: Span): Expression => ({
  kind: 'constant',
  value,
  type: constantType(value),
  span,
});

export function checkExpression(context: CheckContext, node: AstExpression): Expression | undefined {
  if (depth >= chainLimit) return fail(context, 'nesting', node, String(chainLimit));
  depth++;
  try {
    return dispatch(context, node);
  } finally {
    depth--;
  }
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
      return fail(context, 'string-value', node);
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
      return checkLogical(context, node, span);
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
      return { kind: 'local', local: binding.local, type: context.flow.typeOf(binding.local), span };
    case 'constant':
      return constant(binding.value, span);
    case 'packet':
      return fail(context, 'packet-value', node);
    case 'table':
      return fail(context, 'table-value', node, name);
    case 'broken':
      return undefined;
    default:
      return unknownGlobal(context, node);
  }
}

/** Says why a global is not there. */
export function unknownGlobal(context: CheckContext, node: luaparse.Identifier): undefined {
  const { name } = node;
  if (metatableGlobals.has(name)) return fail(context, 'metatable', node, name);
  const why = refusedGlobals.get(name);
  if (why !== undefined) return fail(context, 'global-refused', node, name, why);
  if (name === 'math') return fail(context, 'type-arithmetic', node, '`math`', 'a module');
  return fail(context, 'global-unknown', node, name, nearest(name, visibleNames(context)));
}

/** `t[key]` on a constant table. */
function checkIndex(context: CheckContext, node: luaparse.IndexExpression): Expression | undefined {
  const span = nodeSpan(node);
  if (node.base.type === 'Identifier') {
    const binding = lookup(context, node.base.name);
    if (binding?.kind === 'table') {
      const key = checkExpression(context, node.index);
      return key === undefined ? undefined : lookupExpression(binding.table, key, span);
    }
    if (isPacket(context, node.base)) return fail(context, 'packet-member', node, '[…]', '');
  }
  const base = checkExpression(context, node.base);
  if (base !== undefined) report(context, 'type-index', base.span, 'this', typeName(base.type));
  checkExpression(context, node.index);
  return undefined;
}

function lookupExpression(table: ConstantTable, key: Expression, span: Span): Expression {
  if (key.kind === 'constant')
    return constant(key.value === null ? null : (table.entries.get(key.value) ?? null), span);
  const type = [...table.entries.values()].map(constantType).reduce(union, nil);
  return { kind: 'lookup', table, key, type, span };
}

function checkUnary(context: CheckContext, node: luaparse.UnaryExpression, span: Span): Expression | undefined {
  if (node.operator === '#') {
    if (isPacket(context, node.argument))
      return { kind: 'length', of: 'wirelen', type: integer(0n, 0xffffffffn), span };
    return fail(context, 'type-length', node);
  }
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

/** Whether an operand can be an integer; reports it where it never is. */
export function requireInteger(context: CheckContext, operand: Expression): boolean {
  if (has(operand.type, INTEGER)) return true;
  report(context, 'type-arithmetic', operand.span, subject(operand), typeName(operand.type));
  return false;
}

/** How a message names an operand. */
const subject = (operand: Expression): string => (operand.kind === 'local' ? `\`${operand.local.name}\`` : 'this');

const comparisons = new Set(['<', '<=', '>', '>=']);

function checkBinary(context: CheckContext, node: luaparse.BinaryExpression, span: Span): Expression | undefined {
  const { operator } = node;
  const refused = { '/': 'division', '^': 'power', '..': 'concatenation' } as const;
  if (operator in refused) report(context, refused[operator as keyof typeof refused], span);
  const left = checkExpression(context, node.left);
  const right = checkExpression(context, node.right);
  if (left === undefined || right === undefined || operator in refused) return undefined;
  if (operator === '==' || operator === '~=') return equality(context, left, right, operator === '~=', span);
  if (comparisons.has(operator)) return ordering(context, operator, left, right, span);
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
  operator: string,
  left: Expression,
  right: Expression,
  span: Span,
): Expression | undefined {
  for (const operand of [left, right]) {
    if (has(operand.type, INTEGER)) continue;
    const chain = operand.kind === 'less' ? 'chain' : '';
    report(context, 'type-order', operand.span, subject(operand), typeName(operand.type), chain);
    return undefined;
  }
  const orEqual = operator.endsWith('=');
  if (left.kind === 'constant' && right.kind === 'constant') {
    const [a, b] = [left.value as bigint, right.value as bigint];
    return constant(operator.startsWith('<') ? (orEqual ? a <= b : a < b) : orEqual ? a >= b : a > b, span);
  }
  return less(left, right, operator.startsWith('>'), orEqual, false, span);
}

function less(
  left: Expression,
  right: Expression,
  swapped: boolean,
  orEqual: boolean,
  unsigned: boolean,
  span: Span,
): Expression {
  return { kind: 'less', left, right, swapped, orEqual, unsigned, type: boolean, span };
}

function equality(
  context: CheckContext,
  left: Expression,
  right: Expression,
  negated: boolean,
  span: Span,
): Expression | undefined {
  const isNil = (operand: Expression): boolean => isOnly(operand.type, NIL);
  if ((has(left.type, HEADER) && !isNil(right)) || (has(right.type, HEADER) && !isNil(left))) {
    report(context, 'type-header-equal', span);
    return undefined;
  }
  const mayBeNil = has(left.type, NIL) || has(right.type, NIL);
  if ((left.type.atoms & right.type.atoms) === 0 && !mayBeNil && !bothBoolean(left.type, right.type)) {
    report(context, 'type-equal', span, typeName(left.type), typeName(right.type));
    return undefined;
  }
  if (left.kind === 'constant' && right.kind === 'constant')
    return constant((left.value === right.value) !== negated, span);
  return { kind: 'equal', left, right, negated, type: boolean, span };
}

/** `x == true` where x is known to be false is odd, but no mix of types. */
const bothBoolean = (a: Type, b: Type): boolean => !has(a, ~6) && !has(b, ~6);

function checkLogical(context: CheckContext, node: luaparse.LogicalExpression, span: Span): Expression | undefined {
  const isAnd = node.operator === 'and';
  const left = checkExpression(context, node.left);
  if (left === undefined) {
    checkExpression(context, node.right);
    return undefined;
  }
  const before = context.flow;
  context.flow = before.branch();
  context.flow.assume(left, isAnd);
  const right = checkExpression(context, node.right);
  context.flow = before;
  if (right === undefined) return undefined;
  const kept = isAnd ? only(left.type, FALSY) : without(left.type, FALSY);
  // The operand that decides alone: `nil and x`, `5 or x`.
  if (kept.atoms === left.type.atoms) return left;
  if (left.kind === 'constant') return right;
  return {
    kind: isAnd ? 'and' : 'or',
    left,
    right,
    type: kept.atoms === 0 ? right.type : union(kept, right.type),
    span,
  };
}

function checkCall(
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
    const name = given[0]?.type === 'StringLiteral' ? given[0].raw.slice(1, -1) : '…';
    return fail(context, 'require', node, name);
  }
  return fail(context, 'call', base, base.type === 'Identifier' ? `\`${base.name}\`` : 'this');
}

const mathFunctions: Readonly<Record<string, number>> = { ult: 2, min: 1, max: 1, abs: 1 };

function checkMath(
  context: CheckContext,
  base: luaparse.MemberExpression,
  given: readonly AstExpression[],
  span: Span,
): Expression | undefined {
  const name = base.identifier.name;
  const least = mathFunctions[name];
  if (least === undefined || base.indexer !== '.') return unknownMath(context, base);
  const checked = given.map((argument) => checkExpression(context, argument));
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
  if (name in mathFunctions) return fail(context, 'function-value', node);
  return unknownMath(context, node);
}

function unknownMath(context: CheckContext, node: luaparse.MemberExpression): undefined {
  const { name } = node.identifier;
  return fail(
    context,
    'math-member',
    node,
    name,
    nearest(name, [...Object.keys(mathFunctions), 'maxinteger', 'mininteger']),
  );
}
