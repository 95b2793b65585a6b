/**
 * Loops. A body is walked until what its turns begin with is what they end with: types grow from walk to walk, and only
 * the last walk's tree and diagnostics count.
 */
import type { Span } from '../diagnostics.ts';
import { type AstExpression, type luaparse, nodeSpan } from '../parse.ts';
import {
  type CheckContext,
  declare,
  type LoopContext,
  lookup,
  report,
  type SourceFunction,
  scoped,
} from './context.ts';
import { checkExpression, checkHolding, constant, fail, requireInteger } from './expressions.ts';
import type { Known } from './flow.ts';
import { type Argument, callFunction, resolveStatic } from './functions.ts';
import { assignTo, checkBlock, checkLocals, checkStatements, localAt, localFor } from './statements.ts';
import { type Block, type ConstantValue, type Expression, type Local, operandsOf, type Statement } from './tree.ts';
import {
  boolean,
  constantType,
  FALSY,
  has,
  INTEGER,
  integer,
  isOnly,
  isWithin,
  maxInteger,
  minInteger,
  NIL,
  nil,
  type Type,
  union,
  widened,
  without,
} from './types.ts';

interface Turn<T> {
  readonly tree: T | undefined;
  /** Where a turn ends and the next begins; undefined where none does. */
  readonly end: Known | undefined;
  /** Where the loop is left by itself. */
  readonly exit: Known | undefined;
}

interface Loop<T> {
  readonly tree: T | undefined;
  readonly writesPacket: boolean;
  /** Whether control gets behind it, by itself or by `break`. */
  readonly ends: boolean;
  readonly breaks: boolean;
  /** Whether a turn may change a local: it is assigned in it, or declared. */
  readonly changes: (local: Local) => boolean;
}

/** Checks a loop by walking over one turn of it, as often as it takes. Flow goes on behind the loop. */
function checkTurns<T>(context: CheckContext, node: object, walk: () => Turn<T>): Loop<T> {
  const before = context.flow;
  const { turns, effects, loops } = context.function;
  const outer = effects.writesPacket;
  const begins = new Map(turns.get(node));
  const firstDiagnostic = context.diagnostics.length;
  for (let round = 1; ; round++) {
    context.diagnostics.length = firstDiagnostic;
    effects.writesPacket = false;
    const head = before.branch();
    for (const [local, type] of begins) head.set(local, union(before.typeOf(local), type));
    context.flow = head.branch();
    const loop: LoopContext = { broken: undefined, assigned: new Set() };
    loops.push(loop);
    const { tree, end, exit } = walk();
    loops.pop();
    let grows = false;
    for (const [local, type] of end ?? []) {
      const known = head.typeOf(local);
      // What is not known before the loop is a local of the turn.
      if (before.typeOf(local).atoms === 0 || isWithin(type, known)) continue;
      begins.set(local, round < patience ? widened(known, type) : { ...union(known, type), ...wholeRange });
      grows = true;
    }
    if (grows) continue;
    turns.set(node, begins);
    const { writesPacket } = effects;
    effects.writesPacket ||= outer;
    for (const local of loop.assigned) loops.at(-1)?.assigned.add(local);
    context.flow = before;
    const isReached = before.reachable;
    before.reachable = false;
    // The locals of a turn end with it.
    const isOuter = (local: Local): boolean => before.typeOf(local).atoms !== 0;
    const kept = [exit, loop.broken].map((known) => known && new Map([...known].filter(([local]) => isOuter(local))));
    for (const known of kept) before.merge(known);
    const ends = before.reachable;
    before.reachable &&= isReached;
    const changes = (local: Local): boolean => !isOuter(local) || loop.assigned.has(local);
    return { tree, writesPacket, ends, breaks: loop.broken !== undefined, changes };
  }
}

/** Walks after which ranges no longer grow in steps. */
const patience = 8;
const wholeRange = { low: minInteger, high: maxInteger };

/** Reports a loop that the options do not allow. */
function allowed(context: CheckContext, span: Span, needsDoor: boolean, what: string): void {
  const { loops } = context.options;
  if (loops === 'none' || (needsDoor && loops === 'counted')) report(context, 'loop-refused', span, what, loops);
}

export function checkBreak(context: CheckContext, span: Span): Statement | undefined {
  const loop = context.function.loops.at(-1);
  if (loop === undefined) {
    report(context, 'break', span);
    return undefined;
  }
  loop.broken = context.flow.meeting(loop.broken);
  context.flow.reachable = false;
  return { kind: 'break', span };
}

export function checkWhile(context: CheckContext, node: luaparse.WhileStatement): Statement | undefined {
  const span = nodeSpan(node);
  const keyword = headSpan(span, 'while');
  allowed(context, keyword, true, 'while');
  const loop = checkTurns(context, node, () => {
    const condition = checkExpression(context, node.condition);
    const leaves = context.flow.branch();
    context.flow = context.flow.branch();
    if (condition !== undefined) {
      leaves.assume(condition, false);
      context.flow.assume(condition, true);
    }
    const isEndless = condition !== undefined && isConstant(condition, true);
    const exit = isEndless ? undefined : leaves.snapshot();
    const body = checkBlock(context, node.body);
    return { tree: condition && { condition, body }, end: context.flow.meeting(undefined), exit };
  });
  if (loop.tree === undefined) return undefined;
  checkProgress(context, keyword, { ...loop, tree: loop.tree });
  return { kind: 'while', ...loop.tree, writesPacket: loop.writesPacket, span };
}

export function checkRepeat(context: CheckContext, node: luaparse.RepeatStatement): Statement | undefined {
  const span = nodeSpan(node);
  const keyword = headSpan(span, 'repeat');
  allowed(context, keyword, true, 'repeat');
  const loop = checkTurns(context, node, () =>
    // The condition sees the body's locals.
    scoped(context, () => {
      const body = checkStatements(context, node.body);
      const isReached = context.flow.reachable;
      const condition = checkExpression(context, node.condition);
      const leaves = context.flow.branch();
      context.flow = context.flow.branch();
      if (condition !== undefined) {
        leaves.assume(condition, true);
        context.flow.assume(condition, false);
      }
      const never = condition !== undefined && isConstant(condition, false);
      const always = condition !== undefined && isConstant(condition, true);
      return {
        tree: condition && { condition, body },
        end: isReached && !always ? context.flow.snapshot() : undefined,
        exit: isReached && !never ? leaves.snapshot() : undefined,
      };
    }),
  );
  if (loop.tree === undefined) return undefined;
  checkProgress(context, keyword, { ...loop, tree: loop.tree });
  return { kind: 'repeat', ...loop.tree, writesPacket: loop.writesPacket, span };
}

const headSpan = (span: Span, keyword: string): Span => ({
  ...span,
  end: span.start + keyword.length,
  endLine: span.line,
  endColumn: span.column + keyword.length,
});

const isConstant = ({ kind, type }: Expression, truth: boolean): boolean =>
  kind === 'constant' && has(type, FALSY) !== truth;

/** Whether some statement ends the function or the run, or leaves by a `goto`. */
function leavesFunction(block: Block): boolean {
  return block.some((statement) => {
    switch (statement.kind) {
      case 'return':
      case 'goto':
        return true;
      case 'call':
        return statement.call.kind !== 'print' && statement.call.kind !== 'store';
      case 'do':
      case 'while':
      case 'repeat':
      case 'for':
      case 'each':
        return leavesFunction(statement.body);
      case 'if':
        return (
          statement.clauses.some(({ body }) => leavesFunction(body)) ||
          (statement.otherwise !== undefined && leavesFunction(statement.otherwise))
        );
      default:
        return false;
    }
  });
}

/** A loop needs a way out, and a condition that some turn can change. */
function checkProgress(
  context: CheckContext,
  span: Span,
  loop: Loop<unknown> & { readonly tree: { condition: Expression; body: Block } },
): void {
  const { condition, body } = loop.tree;
  const leaves = leavesFunction(body);
  if (!loop.ends && !leaves) report(context, 'loop-endless', span);
  if (condition.kind === 'constant' || leaves || loop.breaks || loop.writesPacket) return;
  const read = new Set<Local>();
  if (!isFixed(condition, read) || [...read].some((local) => loop.changes(local))) return;
  const names = [...read].map(({ name }) => `\`${name}\``).join(', ');
  report(context, 'loop-condition', span, names);
}

/** Whether an expression's value follows from locals and the packet alone; gathers the locals. */
function isFixed(expression: Expression, read: Set<Local>): boolean {
  if (expression.kind === 'local') read.add(expression.local);
  if (expression.kind === 'state') return false;
  if (expression.kind === 'call' && !expression.instance.effects.isPure) return false;
  return operandsOf(expression).every((operand) => isFixed(operand, read));
}

/** `for i = a, b, c do`. */
export function checkForNumeric(context: CheckContext, node: luaparse.ForNumericStatement): Statement | undefined {
  const span = nodeSpan(node);
  allowed(context, headSpan(span, 'for'), false, 'for');
  const limits = [node.start, node.end, ...(node.step === null ? [] : [node.step])];
  const checked = limits.map((limit, i) => checkHolding(context, i, limit));
  const [first, last, by] = checked;
  const integers = checked.map((limit) => limit !== undefined && requireInteger(context, limit));
  const step = node.step === null ? 1n : stepOf(context, node.step, by);
  const name = node.variable;
  const { tree, writesPacket } = checkTurns(context, node, () => {
    const exit = context.flow.snapshot();
    return scoped(context, () => {
      // Lua keeps three values of its own beside the variable.
      context.alive += hiddenLocals;
      const isDeclared = checkLocals(context, { variables: [name] });
      const local = localFor(context, name, rangeOf(first, last, step));
      declare(context, name.name, isDeclared ? { kind: 'local', local } : { kind: 'broken' });
      const body = checkBlock(context, node.body);
      return { tree: { local, body }, end: context.flow.meeting(undefined), exit };
    });
  });
  if (first === undefined || last === undefined || step === undefined || integers.includes(false)) return undefined;
  return { kind: 'for', ...tree!, first, last, step, writesPacket, span };
}

const hiddenLocals = 3;

function stepOf(context: CheckContext, node: luaparse.Expression, by: Expression | undefined): bigint | undefined {
  if (by === undefined) return undefined;
  if (by.kind !== 'constant' || typeof by.value !== 'bigint') return fail(context, 'for-step', node);
  return by.value === 0n ? fail(context, 'for-step-zero', node) : by.value;
}

/** What the variable of a numeric loop can be. */
function rangeOf(first: Expression | undefined, last: Expression | undefined, step: bigint | undefined): Type {
  if (!first || !last || !step || !has(first.type, INTEGER) || !has(last.type, INTEGER)) return integer();
  const [low, high] = step > 0n ? [first.type.low, last.type.high] : [last.type.low, first.type.high];
  return low <= high ? integer(low, high) : integer(first.type.low, first.type.high);
}

/** `for i, v in ipairs(t) do`, or a stateless iterator: `for a, b in step, state, first do`. */
export function checkForGeneric(context: CheckContext, node: luaparse.ForGenericStatement): Statement | undefined {
  const [iterator] = node.iterators;
  if (iterator?.type === 'CallExpression' && iterator.base.type === 'Identifier' && iterator.base.name === 'ipairs') {
    if (lookup(context, 'ipairs') === undefined) return checkIpairs(context, node, iterator);
  }
  const step = iterator === undefined ? undefined : resolveStatic(context, iterator);
  if (step?.kind === 'function') return checkIterator(context, node, step.function);
  const before = context.diagnostics.length;
  for (const each of node.iterators) checkExpression(context, each);
  if (context.diagnostics.length === before) report(context, 'for-generic', nodeSpan(iterator ?? node));
  return undefined;
}

function checkIpairs(
  context: CheckContext,
  node: luaparse.ForGenericStatement,
  call: luaparse.CallExpression,
): Statement | undefined {
  const span = nodeSpan(node);
  allowed(context, headSpan(span, 'for'), false, 'for');
  const [argument] = call.arguments;
  const table = argument === undefined ? undefined : resolveStatic(context, argument);
  if (table?.kind !== 'table' || call.arguments.length > 1 || node.iterators.length > 1) {
    report(context, 'ipairs', nodeSpan(argument ?? call));
    return undefined;
  }
  const values: Exclude<ConstantValue, null>[] = [];
  const { entries, name } = table.table;
  for (let value = entries.get(1n); value !== undefined; value = entries.get(BigInt(values.length + 1)))
    values.push(value);
  if (table.table.tables.has(BigInt(values.length + 1))) {
    report(context, 'ipairs-table', nodeSpan(argument!), name);
    return undefined;
  }
  const types = [integer(1n, BigInt(values.length || 1)), values.map(constantType).reduce(union, nil)];
  // Every entry is there: nil was only where the union began.
  if (values.length > 0) types[1] = without(types[1]!, NIL);
  const loop = checkTurns(context, node, () => {
    const exit = context.flow.snapshot();
    return scoped(context, () => {
      context.alive += hiddenLocals;
      const locals = declareLocals(context, node.variables, types);
      const body = checkBlock(context, node.body);
      return { tree: { locals, body }, end: context.flow.meeting(undefined), exit };
    });
  });
  return { kind: 'each', ...loop.tree!, values, writesPacket: loop.writesPacket, span };
}

/** The names of a loop, with the types of their values. */
function declareLocals(context: CheckContext, names: luaparse.Identifier[], types: readonly Type[]): Local[] {
  const isDeclared = checkLocals(context, { variables: names });
  return names.map((name, i) => {
    const local = localFor(context, name, types[i] ?? nil);
    declare(context, name.name, isDeclared ? { kind: 'local', local } : { kind: 'broken' });
    return local;
  });
}

/**
 * `for a, b in step, state, first do … end` is, by Lua's manual, a loop that calls `step(state, control)` before each
 * turn and ends with its first result nil; that is what becomes of it.
 */
function checkIterator(
  context: CheckContext,
  node: luaparse.ForGenericStatement,
  step: SourceFunction,
): Statement | undefined {
  const span = nodeSpan(node);
  const { iterators, variables } = node;
  allowed(context, headSpan(span, 'for'), true, 'for … in');
  const beyond = iterators[3];
  if (beyond !== undefined) report(context, 'for-closing', nodeSpan(beyond));
  const [name, ...given] = iterators.slice(0, 3) as [AstExpression, ...AstExpression[]];
  const statics = given.map((value) => resolveStatic(context, value));
  const values = given.map((value, i) => (statics[i] === undefined ? checkHolding(context, 1 + i, value) : undefined));
  if (statics[1] !== undefined) return fail(context, 'for-control', given[1]!);
  const isWhole = given.every((_, i) => statics[i] !== undefined || values[i] !== undefined);
  const at = nodeSpan(name);
  const hidden = (key: object, title: string, type: Type | undefined): Local => {
    const local = localAt(context, key, title, type ?? nil);
    local.used = true;
    return local;
  };
  const read = (local: Local): Expression => ({ kind: 'local', local, type: context.flow.typeOf(local), span: at });
  const state = statics[0] === undefined ? hidden(iterators, 'state', values[0]?.type) : undefined;
  const control = hidden(name, 'control', values[1]?.type);
  const { tree, writesPacket } = checkTurns(context, node, () =>
    scoped(context, () => {
      context.alive += hiddenLocals;
      const nodes = [...(state === undefined ? [] : [read(state)]), read(control)];
      const first: Argument = statics[0] === undefined ? { type: nodes[0]!.type } : { value: statics[0] };
      const call = isWhole
        ? callFunction(context, step, name, [first, { type: nodes.at(-1)!.type }], { nodes, expand: 1 }, at)
        : undefined;
      const results = call?.instance.results ?? [];
      const locals = declareLocals(context, variables, results);
      // What is wrong with the call is said once, and not of all that uses its values.
      if (call === undefined) for (const { name } of variables) declare(context, name, { kind: 'broken' });
      const exit = context.flow.snapshot();
      const ended = results[0] ?? nil;
      context.flow.set(locals[0]!, without(ended, NIL));
      locals[0]!.used = true;
      if (isOnly(ended, NIL)) context.flow.reachable = false;
      assignTo(context, control, without(ended, NIL));
      const body = checkBlock(context, node.body);
      return { tree: call && { call, locals, body }, end: context.flow.meeting(undefined), exit };
    }),
  );
  if (tree === undefined) return undefined;
  const { call, locals, body } = tree;
  const expand = Math.min(locals.length, call.instance.results.length);
  const [key] = locals as [Local];
  const keyOf = (type: Type): Expression => ({ kind: 'local', local: key, type, span: at });
  const type = call.instance.results[0] ?? nil;
  const isNil: Expression = {
    kind: 'equal',
    left: keyOf(type),
    right: constant(null, at),
    negated: false,
    type: boolean,
    span: at,
  };
  const turn: Block = [
    { kind: 'local', locals, values: { nodes: [call], expand }, span: at },
    {
      kind: 'if',
      clauses: [{ condition: isNil, body: [{ kind: 'break', span: at }] }],
      otherwise: undefined,
      span: at,
    },
    {
      kind: 'assign',
      targets: [{ kind: 'local', local: control }],
      values: { nodes: [keyOf(without(type, NIL))], expand: 1 },
      span: at,
    },
    ...body,
  ];
  const condition = constant(true, at);
  const setup = [state, control].flatMap((local) => local ?? []);
  const nodes = values.flatMap((value) => value ?? []);
  return {
    kind: 'do',
    body: [
      { kind: 'local', locals: setup, values: { nodes, expand: 1 }, span: at },
      { kind: 'while', condition, body: turn, writesPacket, span },
    ],
    span,
  };
}
