/** Statements of the filter and of functions: scopes, flow, and what the subset leaves out. */
import { type AstStatement, type luaparse, nodeSpan } from '../parse.ts';
import { type Binding, type CheckContext, declare, type LabelContext, lookup, report, scoped } from './context.ts';
import { checkExpression, unknownGlobal } from './expressions.ts';
import type { Known } from './flow.ts';
import { resolveStatic } from './functions.ts';
import { checkBreak, checkForGeneric, checkForNumeric, checkRepeat, checkWhile } from './loops.ts';
import { pathName } from './names.ts';
import { checkStateTarget, requireValue } from './state.ts';
import { before, suggest } from './suggestions.ts';
import type { Assigned, Block, Clause, Local, Statement } from './tree.ts';
import { nil, type Type, union } from './types.ts';
import { checkLength, checkValues, typesOf } from './values.ts';

/** A block in a scope of its own. What follows a return is checked too. */
export function checkBlock(context: CheckContext, nodes: readonly AstStatement[]): Block {
  return scoped(context, () => checkStatements(context, nodes));
}

/** The statements of a block, in the scope that is open. */
export function checkStatements(context: CheckContext, nodes: readonly AstStatement[]): Statement[] {
  const { labels } = context.function;
  labels.push(labelsOf(context, nodes));
  const block: Statement[] = [];
  for (const node of nodes) {
    const statement = checkStatement(context, node);
    if (statement !== undefined) block.push(statement);
  }
  labels.pop();
  return block;
}

function checkStatement(context: CheckContext, node: AstStatement): Statement | undefined {
  const span = nodeSpan(node);
  switch (node.type) {
    case 'LocalStatement':
      return checkLocal(context, node);
    case 'AssignmentStatement':
      return checkAssignment(context, node);
    case 'IfStatement':
      return checkIf(context, node);
    case 'DoStatement':
      return { kind: 'do', body: checkBlock(context, node.body), span };
    case 'ReturnStatement':
      return checkReturn(context, node);
    case 'CallStatement':
      return checkCallStatement(context, node);
    case 'WhileStatement':
      return checkWhile(context, node);
    case 'RepeatStatement':
      return checkRepeat(context, node);
    case 'ForNumericStatement':
      return checkForNumeric(context, node);
    case 'ForGenericStatement':
      return checkForGeneric(context, node);
    case 'BreakStatement':
      return checkBreak(context, span);
    case 'GotoStatement':
      return checkGoto(context, node);
    case 'LabelStatement':
      return checkLabel(context, node);
    case 'FunctionDeclaration':
      report(context, 'function-local', span, node.identifier === null ? '' : pathName(node.identifier));
      if (node.identifier?.type === 'Identifier' && node.isLocal)
        declare(context, node.identifier.name, { kind: 'broken' });
      return undefined;
    default:
      report(context, 'syntax', nodeSpan(node), (node as { type: string }).type);
      return undefined;
  }
}

/** The local that a name declares. */
export const localFor = (context: CheckContext, node: luaparse.Identifier, type: Type): Local =>
  localAt(context, node, node.name, type);

/** The local of a place in the source: the same one each time a loop's body is walked. */
export function localAt(context: CheckContext, place: object, name: string, type: Type): Local {
  const { locals } = context.function;
  const known = locals.get(place);
  const local = known ?? { name, storage: type };
  local.storage = union(local.storage, type);
  locals.set(place, local);
  context.flow.set(local, type);
  return local;
}

function checkLocal(context: CheckContext, node: luaparse.LocalStatement): Statement | undefined {
  const { init, variables } = node;
  // `local p = pkt` gives a name to what is known at compile time, unless `p` becomes another packet.
  const names = variables.map(({ name }, i) => {
    const known = init[i] === undefined ? undefined : resolveStatic(context, init[i]);
    return known?.kind === 'packet' && context.function.assigned.has(name) ? undefined : known;
  });
  const isValue = (_: unknown, i: number): boolean => names[i] === undefined;
  const valued = variables.filter(isValue);
  const checked = checkValues(context, init.filter(isValue), { wanted: valued.length });
  if (!checkLocals(context, node) || checked === undefined) {
    for (const { name } of variables) declare(context, name, { kind: 'broken' });
    return undefined;
  }
  const types = typesOf(checked);
  const locals: Local[] = [];
  for (const [i, variable] of variables.entries()) {
    let binding: Binding | undefined = names[i];
    if (binding === undefined) {
      const local = localFor(context, variable, types[locals.length] ?? nil);
      locals.push(local);
      binding = { kind: 'local', local };
    }
    declare(context, variable.name, binding);
  }
  if (locals.length === 0 && checked.nodes.length === 0) return undefined;
  return { kind: 'local', locals, values: checked, span: nodeSpan(node) };
}

/** Whether Lua takes these names for locals, at this place; reports it where not. */
export function checkLocals(context: CheckContext, node: { readonly variables: luaparse.Identifier[] }): boolean {
  const first = localLimit - context.alive;
  context.alive += node.variables.length;
  const beyond = first < 0 ? undefined : node.variables[first];
  if (beyond !== undefined) report(context, 'lua-limit', nodeSpan(beyond), 'locals at once', String(localLimit));
  const environment = node.variables.find(({ name }) => name === '_ENV');
  if (environment !== undefined) unknownGlobal(context, environment);
  return beyond === undefined && environment === undefined;
}

/** Lua's own limit on the locals of a function (MAXVARS in lparser.c). */
const localLimit = 200;

function checkAssignment(context: CheckContext, node: luaparse.AssignmentStatement): Statement | undefined {
  if (!checkLength(context, 'variables in an assignment', node.variables)) return undefined;
  const targets = node.variables.map((variable) => {
    const known = context.diagnostics.length;
    const target = checkTarget(context, variable);
    if (node.variables.length === 1 && context.diagnostics.slice(known).at(-1)?.code === 'global-write')
      suggest(context, before(node), 'local ');
    return target;
  });
  const checked = checkValues(context, node.init, { wanted: targets.length });
  const known = targets.filter((target) => target !== undefined);
  if (checked === undefined || known.length < targets.length) return undefined;
  const types = typesOf(checked);
  // Stores go right to left, so of a name that stands twice the left one is what it ends with.
  for (const [i, target] of [...known.entries()].reverse()) {
    const type = types[i] ?? nil;
    if (target.kind === 'local') assignTo(context, target.local, type);
    else requireValue(context, target.object, checked.nodes[i] ?? checked.nodes.at(-1)!, type);
  }
  return { kind: 'assign', targets: known, values: checked, span: nodeSpan(node) };
}

export function assignTo(context: CheckContext, local: Local, type: Type): void {
  local.storage = union(local.storage, type);
  local.assigned = true;
  context.function.loops.at(-1)?.assigned.add(local);
  context.flow.set(local, type);
}

function checkTarget(
  context: CheckContext,
  node: luaparse.AssignmentStatement['variables'][number],
): Assigned | undefined {
  const span = nodeSpan(node);
  if (node.type !== 'Identifier') {
    const { base } = node;
    const known = node.type === 'IndexExpression' ? resolveStatic(context, base) : undefined;
    if (node.type === 'IndexExpression' && known?.kind === 'state')
      return checkStateTarget(context, known.object, node);
    const binding = base.type === 'Identifier' ? lookup(context, base.name) : undefined;
    if (base.type !== 'Identifier' || binding !== undefined || base.name === 'math') {
      if (binding?.kind === 'table' && base.type === 'Identifier') report(context, 'table-write', span, base.name);
      else if (binding?.kind !== 'broken') report(context, 'field-write', span, pathName(node));
    } else unknownGlobal(context, base);
    return undefined;
  }
  const binding = lookup(context, node.name);
  switch (binding?.kind) {
    case 'local':
      return { kind: 'local', local: binding.local };
    case 'broken':
      return undefined;
    case 'packet':
      report(context, 'packet-write', span);
      return undefined;
    case undefined:
      report(context, 'global-write', span, node.name);
      return undefined;
    default:
      report(context, 'constant-write', span, node.name);
      return undefined;
  }
}

function checkIf(context: CheckContext, node: luaparse.IfStatement): Statement | undefined {
  const before = context.flow;
  /** The state in which all conditions so far were false. */
  const rest = before.branch();
  const clauses: Clause[] = [];
  let otherwise: Block | undefined;
  let known: Known | undefined;
  let whole = true;
  for (const clause of node.clauses) {
    context.flow = rest;
    if (clause.type === 'ElseClause') {
      otherwise = checkBlock(context, clause.body);
      continue;
    }
    const condition = checkExpression(context, clause.condition);
    const taken = rest.branch();
    if (condition !== undefined) taken.assume(condition, true);
    context.flow = taken;
    const body = checkBlock(context, clause.body);
    known = before.meet(known, taken);
    if (condition === undefined) {
      whole = false;
      continue;
    }
    rest.assume(condition, false);
    clauses.push({ condition, body });
  }
  before.join(before.meet(known, rest));
  context.flow = before;
  return whole ? { kind: 'if', clauses, otherwise, span: nodeSpan(node) } : undefined;
}

function checkReturn(context: CheckContext, node: luaparse.ReturnStatement): Statement | undefined {
  const { function: within } = context;
  const values = checkValues(context, node.arguments, {});
  context.flow.reachable = false;
  if (values === undefined) return undefined;
  const types = typesOf(values);
  const last = values.nodes.at(-1);
  if (last?.kind === 'call' && values.expand !== 1 && last.instance.varies) within.varies = true;
  // Where fewer values are given than elsewhere, those that are missing are nil to nearly all who ask for them.
  const known = within.results ?? types;
  if (known.length !== types.length) within.varies = true;
  const most = known.length < types.length ? types : known;
  within.results = most.map((_, i) => union(known[i] ?? nil, types[i] ?? nil));
  return { kind: 'return', values, span: nodeSpan(node) };
}

function checkCallStatement(context: CheckContext, node: luaparse.CallStatement): Statement | undefined {
  const span = nodeSpan(node);
  const call = checkExpression(context, node.expression);
  if (call === undefined) return undefined;
  if (call.kind === 'error') context.flow.reachable = false;
  else if (call.kind === 'assert') context.flow.assume(call, true);
  // A load may still end the run, and nothing else that is called gives a value for its own sake.
  else if (!acts.has(call.kind)) {
    report(context, 'call-statement', span);
    suggest(context, before(node), 'local _ = ');
  }
  return { kind: 'call', call, span };
}

/** Calls that do something. */
const acts: ReadonlySet<string> = new Set(['call', 'print', 'state', 'store']);

// goto

/** The labels of a block. In Lua 5.4 none may have the name of another that can be seen, be it around the block. */
function labelsOf(context: CheckContext, nodes: readonly AstStatement[]): ReadonlyMap<string, LabelContext> {
  const labels = new Map<string, LabelContext>();
  for (const node of nodes) {
    if (node.type !== 'LabelStatement') continue;
    const { name } = node.label;
    if (labelNamed(context, name) !== undefined) report(context, 'label-shadow', nodeSpan(node), name);
    labels.set(name, { target: { name }, node, passed: false, known: undefined });
  }
  return labels;
}

const labelNamed = (context: CheckContext, name: string): LabelContext | undefined =>
  context.function.labels.findLast((labels) => labels.has(name))?.get(name);

function checkGoto(context: CheckContext, node: luaparse.GotoStatement): Statement | undefined {
  const { name } = node.label;
  const span = nodeSpan(node);
  const label = labelNamed(context, name);
  if (label === undefined || label.passed) {
    report(context, 'goto-backward', span, name);
    context.flow.reachable = false;
    return undefined;
  }
  label.known = context.flow.meeting(label.known);
  context.flow.reachable = false;
  return { kind: 'goto', target: label.target, span };
}

function checkLabel(context: CheckContext, node: luaparse.LabelStatement): Statement {
  const label = context.function.labels.at(-1)!.get(node.label.name)!;
  label.passed = true;
  context.flow.merge(label.known);
  return { kind: 'label', target: label.target, span: nodeSpan(node) };
}
