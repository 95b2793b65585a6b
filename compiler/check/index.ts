/**
 * The checker: from AST to checked tree, or every rejection of the file at once. The chunk is evaluated here, at
 * compile time: constants, constant tables, and the function it returns, which becomes the filter.
 */
import type { Diagnostic } from '../diagnostics.ts';
import { type Ast, type AstExpression, type AstStatement, type luaparse, nodeSpan } from '../parse.ts';
import { type Binding, type CheckContext, createContext, declare, report } from './context.ts';
import { checkExpression } from './expressions.ts';
import { checkBlock } from './statements.ts';
import type { CheckedFilter, ConstantTable, ConstantValue } from './tree.ts';

export type CheckResult =
  | { readonly filter: CheckedFilter; readonly diagnostics?: never }
  | { readonly diagnostics: readonly Diagnostic[]; readonly filter?: never };

/** Checks a file for packets of a link type (LINKTYPE_ number). Diagnostics come in the order of the source. */
export function check(ast: Ast, linktype: number): CheckResult {
  const context = createContext(linktype);
  const filter = checkChunk(context, ast);
  const diagnostics = context.diagnostics.sort((a, b) => a.span.start - b.span.start);
  return filter === undefined || diagnostics.length > 0 ? { diagnostics } : { filter };
}

function checkChunk(context: CheckContext, ast: Ast): CheckedFilter | undefined {
  let filter: CheckedFilter | undefined;
  let returns = false;
  for (const node of ast.body) {
    if (node.type === 'ReturnStatement') {
      returns = true;
      filter = checkReturn(context, node);
    } else if (node.type === 'LocalStatement') checkConstants(context, node);
    else if (node.type === 'FunctionDeclaration') {
      const name = node.identifier?.type === 'Identifier' ? node.identifier.name : '…';
      report(context, 'function-local', nodeSpan(node), name);
      declare(context, name, { kind: 'broken' });
    } else report(context, 'chunk-statement', nodeSpan(node), statementName(node));
  }
  if (!returns)
    report(context, 'chunk-return', {
      ...nodeSpan(ast),
      start: nodeSpan(ast).end,
      line: ast.loc!.end.line,
      column: ast.loc!.end.column + 1,
    });
  return filter;
}

function statementName(node: AstStatement): string {
  const names: Partial<Record<AstStatement['type'], string>> = {
    AssignmentStatement: 'an assignment',
    CallStatement: 'a call',
    IfStatement: '`if`',
    WhileStatement: '`while`',
    RepeatStatement: '`repeat`',
    ForNumericStatement: '`for`',
    ForGenericStatement: '`for`',
    DoStatement: '`do`',
    GotoStatement: '`goto`',
    LabelStatement: 'a label',
    BreakStatement: '`break`',
  };
  return names[node.type] ?? 'this';
}

function checkReturn(context: CheckContext, node: luaparse.ReturnStatement): CheckedFilter | undefined {
  const value = node.arguments[0];
  if (node.arguments.length !== 1 || value?.type !== 'FunctionDeclaration') {
    report(context, 'chunk-return-value', nodeSpan(node));
    return undefined;
  }
  const [parameter, ...more] = value.parameters;
  if (parameter?.type !== 'Identifier' || more.length > 0) {
    if (parameter?.type === 'VarargLiteral') report(context, 'vararg', nodeSpan(parameter));
    else report(context, 'filter-parameters', nodeSpan(value), String(value.parameters.length));
    return undefined;
  }
  context.scopes.push(new Map([[parameter.name, { kind: 'packet' }]]));
  const body = checkBlock(context, value.body);
  context.scopes.pop();
  return { body, span: nodeSpan(value) };
}

/** `local a, b = …` outside the filter. */
function checkConstants(context: CheckContext, node: luaparse.LocalStatement): void {
  const bindings = node.variables.map(({ name }, i): Binding => {
    const value = node.init[i];
    return value === undefined ? { kind: 'constant', value: null } : constantBinding(context, name, value);
  });
  for (const extra of node.init.slice(node.variables.length)) checkExpression(context, extra);
  for (const [i, { name }] of node.variables.entries()) declare(context, name, bindings[i]!);
}

function constantBinding(context: CheckContext, name: string, node: AstExpression): Binding {
  if (node.type === 'TableConstructorExpression') {
    const table = constantTable(context, name, node);
    return table === undefined ? { kind: 'broken' } : { kind: 'table', table };
  }
  const before = context.diagnostics.length;
  const value = checkExpression(context, node);
  if (value?.kind === 'constant') return { kind: 'constant', value: value.value };
  if (context.diagnostics.length === before)
    report(context, 'not-constant', nodeSpan(node), `the value of \`${name}\``);
  return { kind: 'broken' };
}

function constantTable(
  context: CheckContext,
  name: string,
  node: luaparse.TableConstructorExpression,
): ConstantTable | undefined {
  const entries = new Map<bigint | boolean, Exclude<ConstantValue, null>>();
  const before = context.diagnostics.length;
  let position = 1n;
  for (const field of node.fields) {
    const span = nodeSpan(field.value);
    let key: ConstantValue | undefined;
    if (field.type === 'TableKey') key = constantOf(context, field.key, 'this');
    else if (field.type === 'TableValue') key = position++;
    else report(context, 'table-key', nodeSpan(field.key), `the string "${field.key.name}"`);
    const value = constantOf(context, field.value, 'this');
    if (key === null) report(context, 'table-key', span, 'nil');
    if (value === null) report(context, 'table-nil', span);
    if (key === undefined || key === null || value === undefined || value === null) continue;
    if (entries.has(key)) report(context, 'table-duplicate', span, String(key));
    entries.set(key, value);
  }
  return context.diagnostics.length > before ? undefined : { name, entries };
}

/** A constant in a table, or undefined where it has been reported that it is none. */
function constantOf(context: CheckContext, node: AstExpression, what: string): ConstantValue | undefined {
  if (node.type === 'StringLiteral') {
    report(context, 'table-element', nodeSpan(node), 'a string');
    return undefined;
  }
  if (node.type === 'TableConstructorExpression') {
    report(context, 'table-element', nodeSpan(node), 'a table');
    return undefined;
  }
  const before = context.diagnostics.length;
  const value = checkExpression(context, node);
  if (value?.kind === 'constant') return value.value;
  if (context.diagnostics.length === before) report(context, 'not-constant', nodeSpan(node), what);
  return undefined;
}
