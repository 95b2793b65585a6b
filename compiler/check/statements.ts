/** Statements of the filter: scopes, flow, and what the subset leaves out. */
import type { DiagnosticCode } from '../diagnostics.ts';
import { type AstExpression, type AstStatement, type luaparse, nodeSpan } from '../parse.ts';
import { type CheckContext, declare, lookup, report } from './context.ts';
import { checkExpression, constant, unknownGlobal } from './expressions.ts';
import type { Flow } from './flow.ts';
import type { Block, Clause, Expression, Local, Statement } from './tree.ts';
import { nil, union } from './types.ts';

/** A block in a scope of its own. What follows a return is checked too. */
export function checkBlock(context: CheckContext, nodes: readonly AstStatement[]): Block {
  context.scopes.push(new Map());
  const block: Statement[] = [];
  for (const node of nodes) {
    const statement = checkStatement(context, node);
    if (statement !== undefined) block.push(statement);
  }
  context.scopes.pop();
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
      report(context, 'function-local', span, node.identifier === null ? '' : functionName(node.identifier));
      if (node.identifier?.type === 'Identifier' && node.isLocal)
        declare(context, node.identifier.name, { kind: 'broken' });
      return undefined;
    default:
      report(context, refused[node.type] ?? 'syntax', span, node.type);
      return undefined;
  }
}

const functionName = (node: luaparse.Identifier | luaparse.MemberExpression): string =>
  node.type === 'Identifier' ? node.name : node.identifier.name;

/** All of a list, or undefined where one of them was reported. */
function checkAll(context: CheckContext, nodes: readonly AstExpression[]): Expression[] | undefined {
  const checked = nodes.map((node) => checkExpression(context, node));
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
  if (checked === undefined) {
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

function checkAssignment(context: CheckContext, node: luaparse.AssignmentStatement): Statement | undefined {
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
    if (binding?.kind === 'table' && base.type === 'Identifier') report(context, 'table-write', span, base.name);
    else if (binding?.kind === 'packet') report(context, 'packet-write', span);
    else if (binding === undefined && base.type === 'Identifier') unknownGlobal(context, base);
    else report(context, 'table-write', span, 'a header');
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
  const ends: Flow[] = [];
  const clauses: Clause[] = [];
  let otherwise: Block | undefined;
  /** The state in which all conditions so far were false. */
  let rest = before.branch();
  let whole = true;
  for (const clause of node.clauses) {
    if (clause.type === 'ElseClause') {
      context.flow = rest;
      otherwise = checkBlock(context, clause.body);
      continue;
    }
    context.flow = rest;
    const condition = checkExpression(context, clause.condition);
    const taken = rest.branch();
    const skipped = rest.branch();
    if (condition !== undefined) {
      taken.assume(condition, true);
      skipped.assume(condition, false);
    }
    context.flow = taken;
    const body = checkBlock(context, clause.body);
    ends.push(taken);
    rest = skipped;
    if (condition === undefined) whole = false;
    else clauses.push({ condition, body });
  }
  before.join([...ends, rest]);
  context.flow = before;
  return whole ? { kind: 'if', clauses, otherwise, span: nodeSpan(node) } : undefined;
}
