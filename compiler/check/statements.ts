/** Statements of the filter: scopes, flow, and what the subset leaves out. */
import type { DiagnosticCode } from '../diagnostics.ts';
import { type AstExpression, type AstStatement, type luaparse, nodeSpan } from '../parse.ts';
import { checkLength } from './calls.ts';
import { type CheckContext, declare, lookup, report } from './context.ts';
import { checkExpression, checkHolding, constant, unknownGlobal } from './expressions.ts';
import type { Known } from './flow.ts';
import { pathName } from './names.ts';
import type { Block, Clause, Expression, Local, Statement } from './tree.ts';
import { nil, union } from './types.ts';

/** A block in a scope of its own. What follows a return is checked too. */
export function checkBlock(context: CheckContext, nodes: readonly AstStatement[]): Block {
  context.scopes.push(new Map());
  const { alive } = context;
  const block: Statement[] = [];
  for (const node of nodes) {
    const statement = checkStatement(context, node);
    if (statement !== undefined) block.push(statement);
  }
  context.scopes.pop();
  context.alive = alive;
  return block;
}

/** Statements that no filter has yet, by luaparse's type. */
const refused: Readonly<Partial<Record<AstStatement['type'], DiagnosticCode>>> = {
  WhileStatement: 'while',
  RepeatStatement: 'repeat',
  ForNumericStatement: 'for-numeric',
  ForGenericStatement: 'for-generic',
  GotoStatement: 'goto',
  LabelStatement: 'label',
  BreakStatement: 'break',
};

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
    case 'ReturnStatement': {
      const values = checkAll(context, node.arguments);
      context.flow.reachable = false;
      return values === undefined ? undefined : { kind: 'return', values, span };
    }
    case 'CallStatement':
      if (checkExpression(context, node.expression) !== undefined) report(context, 'call-statement', span);
      return undefined;
    case 'FunctionDeclaration':
      report(context, 'function-local', span, node.identifier === null ? '' : pathName(node.identifier));
      if (node.identifier?.type === 'Identifier' && node.isLocal)
        declare(context, node.identifier.name, { kind: 'broken' });
      return undefined;
    default:
      report(context, refused[node.type] ?? 'syntax', span, node.type);
      return undefined;
  }
}

/** All of a list, or undefined where one of them was reported. */
function checkAll(context: CheckContext, nodes: readonly AstExpression[]): Expression[] | undefined {
  if (!checkLength(context, 'values in a list', nodes)) return undefined;
  const checked = nodes.map((node, i) => checkHolding(context, i, node));
  const whole = checked.filter((expression) => expression !== undefined);
  return whole.length === nodes.length ? whole : undefined;
}

/** Missing values are nil; values too many are evaluated all the same. */
function adjusted(values: readonly Expression[], names: readonly AstExpression[]): Expression[] {
  const missing = names.slice(values.length).map((name) => constant(null, nodeSpan(name)));
  return [...values, ...missing];
}

function checkLocal(context: CheckContext, node: luaparse.LocalStatement): Statement | undefined {
  const checked = checkAll(context, node.init);
  if (!checkLocals(context, node) || checked === undefined) {
    for (const { name } of node.variables) declare(context, name, { kind: 'broken' });
    return undefined;
  }
  const values = adjusted(checked, node.variables);
  const locals = node.variables.map(({ name }, i): Local => {
    const type = values[i]?.type ?? nil;
    const local: Local = { name, storage: type };
    context.flow.set(local, type);
    declare(context, name, { kind: 'local', local });
    return local;
  });
  return { kind: 'local', locals, values, span: nodeSpan(node) };
}

/** Whether Lua takes these names for locals, at this place; reports it where not. */
export function checkLocals(context: CheckContext, node: luaparse.LocalStatement): boolean {
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
  const targets = node.variables.map((variable) => checkTarget(context, variable));
  const checked = checkAll(context, node.init);
  const locals = targets.filter((target) => target !== undefined);
  if (checked === undefined || locals.length < targets.length) return undefined;
  const values = adjusted(checked, node.variables);
  // Stores go right to left, so of a name that stands twice the left one is what it ends with.
  for (const [i, local] of [...locals.entries()].reverse()) {
    const { type } = values[i]!;
    local.storage = union(local.storage, type);
    context.flow.set(local, type);
  }
  return { kind: 'assign', locals, values, span: nodeSpan(node) };
}

function checkTarget(
  context: CheckContext,
  node: luaparse.AssignmentStatement['variables'][number],
): Local | undefined {
  const span = nodeSpan(node);
  if (node.type !== 'Identifier') {
    const { base } = node;
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
      return binding.local;
    case 'broken':
      return undefined;
    case 'packet':
      report(context, 'packet-write', span);
      return undefined;
    case 'constant':
    case 'table':
      report(context, 'constant-write', span, node.name);
      return undefined;
    default:
      report(context, 'global-write', span, node.name);
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
