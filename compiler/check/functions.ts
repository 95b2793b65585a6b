/**
 * Functions of the source: one check of the body for each list of argument types, at the first call with them. What is
 * known at compile time (the packet, tables, functions, state) is no argument when it runs.
 */
import type { Span } from '../diagnostics.ts';
import { type AstExpression, integerLiteral, type luaparse, nodeSpan } from '../parse.ts';
import { assignedIn } from './assigned.ts';
import {
  type Binding,
  type CheckContext,
  lookup,
  newFunction,
  report,
  type SourceFunction,
  type StaticBinding,
} from './context.ts';
import { fail, unknownGlobal } from './expressions.ts';
import { Flow } from './flow.ts';
import { pathName } from './names.ts';
import { LocalScope } from './scopes.ts';
import { checkStatements, localFor } from './statements.ts';
import type { Expression, Instance, Local, TableKey, Values } from './tree.ts';
import { has, INTEGER, maxInteger, minInteger, nil, type Type, typeName, union } from './types.ts';
import { checkValues, typesOf } from './values.ts';

/** What an expression names that is known at compile time and is no value: the packet, a table, a function, state. */
export function resolveStatic(context: CheckContext, node: AstExpression): StaticBinding | undefined {
  const binding = resolve(context, node);
  switch (binding?.kind) {
    case 'local':
    case 'constant':
    case 'broken':
      return undefined;
    default:
      return binding;
  }
}

function resolve(context: CheckContext, node: AstExpression): Binding | undefined {
  const keys: TableKey[] = [];
  let base = node;
  while (keys.length < deepest) {
    const key = keyIn(base);
    if (key === undefined) break;
    keys.push(key);
    base = (base as luaparse.MemberExpression | luaparse.IndexExpression).base;
  }
  let binding = base.type === 'Identifier' ? lookup(context, base.name) : undefined;
  for (const key of keys.reverse()) {
    if (binding?.kind !== 'table') return undefined;
    binding = memberOf(binding, key);
  }
  return binding;
}
/** SPEC: tables in tables by this many names at most, so that what is no table is not walked far. */
const deepest = 32;

/** The key of `t.key` and `t["key"]`, `t[1]`; undefined for what is no such expression. */
function keyIn(node: AstExpression): TableKey | undefined {
  if (node.type === 'MemberExpression') return node.indexer === '.' ? node.identifier.name : undefined;
  if (node.type !== 'IndexExpression') return undefined;
  const { index } = node;
  if (index.type === 'StringLiteral' || index.type === 'BooleanLiteral') return index.value;
  const literal = index.type === 'NumericLiteral' ? integerLiteral(index.raw) : { problem: 'float' };
  return 'value' in literal ? literal.value : undefined;
}

/** What stands in a table under a key: a function, a table; undefined for a value. */
export function memberOf(
  { table, functions }: StaticBinding & { kind: 'table' },
  key: TableKey,
): StaticBinding | undefined {
  const member = typeof key === 'string' ? functions.get(key) : undefined;
  if (member !== undefined) return { kind: 'function', function: member };
  const inner = table.tables.get(key);
  return inner === undefined ? undefined : { kind: 'table', table: inner, functions: noFunctions };
}
const noFunctions: ReadonlyMap<string, SourceFunction> = new Map();

/** An argument: a type, or what is known at compile time. */
export type Argument =
  | { readonly type: Type; readonly value?: never }
  | { readonly value: StaticBinding; readonly type?: never };

/** A call of a function of the source by its arguments' text. */
export function checkFunctionCall(
  context: CheckContext,
  called: SourceFunction,
  base: AstExpression,
  given: readonly AstExpression[],
  span: Span,
): Expression | undefined {
  const { parameters } = called.node;
  const assigned = assignedIn(called.node.body);
  const statics = given.map((argument, i) => {
    const known = resolveStatic(context, argument);
    const parameter = parameters[i];
    // A parameter that becomes another packet is a value from the start.
    const changes = parameter?.type === 'Identifier' && assigned.has(parameter.name);
    return known?.kind === 'packet' && changes ? undefined : known;
  });
  const isValue = (_: unknown, i: number): boolean => statics[i] === undefined;
  const values = checkValues(context, given.filter(isValue), { held: 1, end: span.end });
  if (values === undefined) return undefined;
  // Lua drops what is too much; here it is a mistake, but where a call gives more than is needed.
  if (given.length > parameters.length)
    return fail(context, 'argument-count', base, pathName(base), plural(parameters.length), String(given.length));
  const types = typesOf(values);
  const all = statics.map((value): Argument => (value === undefined ? { type: types.shift() ?? nil } : { value }));
  return callFunction(context, called, base, [...all, ...types.map((type) => ({ type }))], values, span);
}

const plural = (count: number): string => `${count} argument${count === 1 ? '' : 's'}`;

/** A call with arguments: `values` are those that are no compile-time ones. What is missing is nil. */
export function callFunction(
  context: CheckContext,
  called: SourceFunction,
  base: AstExpression,
  given: readonly Argument[],
  values: Values,
  span: Span,
): (Expression & { readonly kind: 'call' }) | undefined {
  if (!mayCall(context, called, base)) return undefined;
  const all = called.node.parameters.map((_, i) => generalised(called, given[i] ?? { type: nil }));
  const instance = instanceOf(context, called, all, pathName(base), span);
  if (instance === undefined) return undefined;
  const { effects } = context.function;
  effects.writesPacket ||= instance.effects.writesPacket;
  effects.isPure &&= instance.effects.isPure;
  if (instance.effects.writesPacket) context.flow.forgetPacket();
  return { kind: 'call', instance, operands: values, type: instance.results[0] ?? nil, span };
}

/** Whether the function stands before the one that calls it. */
function mayCall(context: CheckContext, called: SourceFunction, base: AstExpression): boolean {
  const { order } = context.function;
  if (called.order < order) return true;
  const path = [...context.callers.map(({ name }) => name), called.name].join(' → ');
  fail(context, called.order === order ? 'recursion' : 'call-forward', base, called.name, path);
  return false;
}

/**
 * The types that a body is compiled for: of the ranges of integers there are two, those of 32 bits unsigned and all, so
 * that a function has few instances. What finds headers is called in few ways, and its offsets are to stay offsets.
 */
function generalised({ file }: SourceFunction, argument: Argument): Argument {
  const { type } = argument;
  if (type === undefined || !has(type, INTEGER) || file.findsHeaders === true) return argument;
  const natural = type.low >= 0n && type.high <= 0xffffffffn;
  return { type: { ...type, ...(natural ? { low: 0n, high: 0xffffffffn } : { low: minInteger, high: maxInteger }) } };
}

let identified = 0;
const identities = new WeakMap<object, number>();
/** A number that stands for an object in a key. */
const identity = (value: object): number => {
  const known = identities.get(value) ?? ++identified;
  identities.set(value, known);
  return known;
};

function keyOf({ type, value }: Argument): string {
  if (type !== undefined) {
    const range = has(type, INTEGER) ? `${type.low} ${type.high}` : '';
    return `${type.atoms} ${range} ${[...type.headers].sort()} ${[...type.packets].sort()} ${JSON.stringify([...type.strings].sort())}`;
  }
  switch (value.kind) {
    case 'packet':
      return `packet ${value.start}`;
    case 'state-module':
      return value.kind;
    case 'table':
      return `table ${identity(value.table)}`;
    case 'function':
      return `function ${identity(value.function)}`;
    case 'networks':
      return `networks ${identity(value.networks)}`;
    case 'state':
      return `state ${value.object.name}`;
  }
}

export function instanceOf(
  context: CheckContext,
  called: SourceFunction,
  all: readonly Argument[],
  name: string,
  span: Span,
): Instance | undefined {
  const key = all.map(keyOf).join(';');
  const known = called.instances.get(key);
  if (known !== undefined) {
    // What is wrong with it for these types is wrong here, too; a place that is named twice is shown once.
    context.diagnostics.push(...known.diagnostics);
    return known.instance;
  }
  const { callers } = context;
  if (callers.length >= deepestCalls || called.instances.size >= mostInstances) {
    const tooDeep = callers.length >= deepestCalls;
    const limit = String(tooDeep ? deepestCalls : mostInstances);
    report(context, tooDeep ? 'call-depth' : 'call-types', span, called.name, limit);
    return undefined;
  }
  const shown = all.map(({ type, value }) => (type === undefined ? value.kind : typeName(type))).join(', ');
  const caller = { name: `${name}(${shown})`, span, file: context.file };
  const before = context.diagnostics.length;
  const instance = checkBody({ ...context, callers: [...context.callers, caller] }, called, all);
  called.instances.set(key, { instance, diagnostics: context.diagnostics.slice(before) });
  return instance;
}

// SPEC: twice the machine's frames and more, since small functions are inlined; it bounds the checker's own stack.
const deepestCalls = 100;
// SPEC: more than anyone writes; each is code of its own.
const mostInstances = 1000;

/** Checks a function's body for arguments, undefined where they are not known; `context` is a copy for it alone. */
export function checkBody(
  context: CheckContext,
  called: SourceFunction,
  all: readonly (Argument | undefined)[],
): Instance | undefined {
  const { node, file, scope, order } = called;
  const before = context.diagnostics.length;
  const within = newFunction(called.name, order, assignedIn(node.body));
  context.file = file;
  context.function = within;
  context.flow = new Flow();
  context.alive = 0;
  context.held = 0;
  const parameters = new LocalScope<Binding>();
  context.scopes = [scope, parameters];
  const locals: Local[] = [];
  for (const [i, parameter] of node.parameters.entries()) {
    if (parameter.type !== 'Identifier') {
      report(context, 'vararg', nodeSpan(parameter));
      continue;
    }
    if (parameter.name === '_ENV') unknownGlobal(context, parameter);
    context.alive++;
    const { type, value } = all[i] ?? { value: { kind: 'broken' as const } };
    if (type === undefined) {
      parameters.set(parameter.name, value);
      continue;
    }
    const local = localFor(context, parameter, type);
    parameters.set(parameter.name, { kind: 'local', local });
    locals.push(local);
  }
  const body = checkStatements(context, node.body);
  const ends = context.flow.reachable;
  const given = within.results ?? [];
  if (context.diagnostics.length > before) return undefined;
  const results = given.map((type) => (ends ? union(type, nil) : type));
  return {
    name: called.name,
    parameters: locals,
    body,
    results,
    varies: within.varies || (ends && given.length > 0),
    span: nodeSpan(node),
    file: file.number,
    effects: within.effects,
    findsHeaders: file.findsHeaders === true,
  };
}

/** Checks the functions that nothing calls, as far as can be without their arguments' types. */
export function checkUncalled(context: CheckContext): void {
  for (const called of context.functions) {
    if (called.instances.size > 0 || called.file.isStandard === true) continue;
    const unknown = called.node.parameters.map((): undefined => undefined);
    checkBody({ ...context, callers: [] }, called, unknown);
  }
}
