/** What lives from packet to packet: `require "state"`, the objects it makes, and their operations. */
import { nearest } from '../../vm/text/nearest.ts';
import type { Span } from '../diagnostics.ts';
import { type AstExpression, type luaparse, nodeSpan } from '../parse.ts';
import { type Binding, type CheckContext, report } from './context.ts';
import { checkHolding, fail, requireInteger } from './expressions.ts';
import { resolveStatic } from './functions.ts';
import { pathName, subject } from './names.ts';
import { constantOf } from './tables.ts';
import type { Assigned, Expression, StateKind, StateObject, StateOperation } from './tree.ts';
import { ADDRESS, address, has, INTEGER, integer, NIL, nil, TEXT, type Type, typeName, union } from './types.ts';

/** SPEC: what our hosts make by default (vm/host/state.ts), and fewer objects than a program can number segments. */
const limits = { size: 2n ** 24n, parts: 8n, objects: 128 } as const;

/** How many arguments the constructors take, and what each object can do. */
const kinds: Readonly<
  Record<StateKind, { readonly takes: readonly [number, number]; readonly operations: readonly StateOperation[] }>
> = {
  array: { takes: [1, 1], operations: ['get', 'set', 'add'] },
  hash: { takes: [1, 2], operations: ['get', 'set', 'add', 'delete'] },
  counter: { takes: [0, 0], operations: ['get', 'add'] },
};
const kindNames = Object.keys(kinds) as StateKind[];

/** The callee of `state.array(…)` and its kin; undefined for another expression. */
function constructorOf(context: CheckContext, node: AstExpression): luaparse.MemberExpression | undefined {
  if (node.type !== 'CallExpression' && node.type !== 'StringCallExpression' && node.type !== 'TableCallExpression')
    return undefined;
  const { base } = node;
  return base.type === 'MemberExpression' && resolveStatic(context, base.base)?.kind === 'state-module'
    ? base
    : undefined;
}

/** The object that a call of the module makes, for a name; undefined for another expression. */
export function constructedState(context: CheckContext, name: string, node: AstExpression): Binding | undefined {
  const callee = constructorOf(context, node);
  if (callee === undefined) return undefined;
  const before = context.diagnostics.length;
  const kind = kindOf(context, callee);
  if (kind === undefined) return { kind: 'broken' };
  const given = node.type === 'CallExpression' ? node.arguments : [node];
  const [least, most] = kinds[kind].takes;
  if (node.type !== 'CallExpression' || given.length < least || given.length > most) {
    const wanted = most === 0 ? 'no arguments' : most === 1 ? '1 argument' : `${least} or ${most} arguments`;
    report(context, 'argument-count', nodeSpan(callee), pathName(callee), wanted, String(given.length));
    return { kind: 'broken' };
  }
  const number = (what: string, at: number, limit: bigint): number => {
    const argument = given[at];
    if (argument === undefined) return 1;
    const value = constantOf(context, argument, `${what} of \`${name}\``);
    if (value === undefined || (typeof value === 'bigint' && value >= 1n && value <= limit)) return Number(value ?? 1);
    report(context, 'state-size', nodeSpan(argument), what, String(value), String(limit));
    return 1;
  };
  const size = number('the size', 0, limits.size);
  const parts = kind === 'counter' ? 0 : number('the number of key parts', 1, limits.parts);
  if (context.state.length >= limits.objects) report(context, 'state-count', nodeSpan(node), String(limits.objects));
  if (context.diagnostics.length > before) return { kind: 'broken' };
  const object: StateObject = { name: uniqueName(context, name), kind, size, parts, isAddress: [] };
  context.state.push(object);
  return { kind: 'state', object };
}

/** Which kind a constructor makes; reports a name that is none. */
function kindOf(context: CheckContext, callee: luaparse.MemberExpression): StateKind | undefined {
  const { name } = callee.identifier;
  const kind = kindNames.find((each) => each === name);
  if (kind !== undefined && callee.indexer === '.') return kind;
  report(context, 'state-member', nodeSpan(callee.identifier), pathName(callee), nearest(name, kindNames));
  return undefined;
}

/** As much of a name as an import can carry. */
const longestName = 64;

function uniqueName({ state }: CheckContext, wanted: string): string {
  const base = /^\w+$/.test(wanted) ? wanted.slice(0, longestName) : 'object';
  const isTaken = (name: string): boolean => state.some((object) => object.name === name);
  let name = base;
  for (let number = 2; isTaken(name); number++) name = `${base}_${number}`;
  return name;
}

/** What is written of the module that is no constructor at its place: `state.array`, or a call where none may stand. */
export function misplacedState(context: CheckContext, node: luaparse.MemberExpression): undefined {
  if (kindOf(context, node) !== undefined) report(context, 'state-place', nodeSpan(node), pathName(node));
}

/** `seen:add(key, 1)`. */
export function checkStateCall(
  context: CheckContext,
  object: StateObject,
  callee: luaparse.MemberExpression,
  given: readonly AstExpression[],
  span: Span,
): Expression | undefined {
  const { name } = callee.identifier;
  const operands = given.map((argument, i) => checkHolding(context, 2 + i, argument));
  const { operations } = kinds[object.kind];
  const operation = operations.find((each) => each === name);
  if (operation === undefined || callee.indexer !== ':') {
    const suggestion = operation ?? nearest(name, operations);
    const owner = pathName(callee.base);
    const methods = operations.map((each) => `\`${owner}:${each}\``).join(', ');
    return fail(context, 'state-method', callee, pathName(callee), suggestion && `${owner}:${suggestion}`, methods);
  }
  const takesValue = operation === 'set' || operation === 'add';
  const wanted = object.parts + (takesValue ? 1 : 0);
  if (given.length !== wanted) {
    const many = wanted === 0 ? 'no arguments' : wanted === 1 ? '1 argument' : `${wanted} arguments`;
    return fail(context, 'argument-count', callee, pathName(callee), many, String(given.length));
  }
  const checked = operands.filter((operand) => operand !== undefined);
  if (checked.length < wanted) return undefined;
  const keys = checked.slice(0, object.parts);
  const value = takesValue ? checked.at(-1)! : undefined;
  const isFine = keys.map((key, i) => requireKey(context, object, i, key)).every((isKey) => isKey);
  const canBeValue =
    value === undefined ||
    (operation === 'add' ? requireInteger(context, value) : requireValue(context, object, value, value.type));
  return isFine && canBeValue ? stateExpression(context, object, operation, keys, value, span) : undefined;
}

/** `seen[key]`. */
export function checkStateIndex(
  context: CheckContext,
  object: StateObject,
  node: luaparse.IndexExpression,
): Expression | undefined {
  const key = checkKey(context, object, node);
  return key === undefined ? undefined : stateExpression(context, object, 'get', [key], undefined, nodeSpan(node));
}

/** `seen[key] = …`. */
export function checkStateTarget(
  context: CheckContext,
  object: StateObject,
  node: luaparse.IndexExpression,
): Assigned | undefined {
  const key = checkKey(context, object, node);
  context.function.effects.isPure = false;
  return key === undefined ? undefined : { kind: 'entry', object, key, span: nodeSpan(node) };
}

function checkKey(
  context: CheckContext,
  object: StateObject,
  { base, index }: luaparse.IndexExpression,
): Expression | undefined {
  const key = checkHolding(context, 1, index);
  if (object.parts !== 1) return fail(context, 'state-index', base, pathName(base), String(object.parts));
  return key !== undefined && requireKey(context, object, 0, key) ? key : undefined;
}

/** Whether an operand can be a part of a key; reports it where not. In a hash a part is always of one type. */
function requireKey(context: CheckContext, object: StateObject, part: number, key: Expression): boolean {
  if (object.kind !== 'hash' || !has(key.type, ADDRESS)) {
    if (!requireInteger(context, key)) return false;
  } else if (has(key.type, TEXT)) {
    report(context, 'type-text', key.span, subject(key));
    return false;
  }
  const isAddress = has(key.type, ADDRESS);
  object.isAddress[part] ??= isAddress;
  if (object.isAddress[part] === isAddress && !(isAddress && has(key.type, INTEGER))) return true;
  const known = object.isAddress[part] === isAddress ? '' : typeName(isAddress ? integer() : address);
  report(context, 'state-key', key.span, subject(key), typeName(key.type), object.name, known);
  return false;
}

/** Whether a value can be stored, as an integer or, in a hash, as nil, which deletes; reports one that never can. */
export function requireValue(context: CheckContext, object: StateObject, value: Expression, type: Type): boolean {
  const takes = object.kind === 'hash' ? INTEGER | NIL : INTEGER;
  if (has(type, takes) && !has(type, TEXT)) return true;
  if (has(type, TEXT)) report(context, 'type-text', value.span, subject(value));
  else report(context, 'type-arithmetic', value.span, subject(value), typeName(type));
  return false;
}

function stateExpression(
  context: CheckContext,
  object: StateObject,
  operation: StateOperation,
  keys: readonly Expression[],
  value: Expression | undefined,
  span: Span,
): Expression {
  context.function.effects.isPure = false;
  const found = object.kind === 'hash' && operation === 'get' ? union(integer(), nil) : integer();
  const type = operation === 'get' || operation === 'add' ? found : nil;
  return { kind: 'state', object, operation, keys, value, type, span };
}
