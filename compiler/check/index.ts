/**
 * The checker: from AST to checked tree, or every rejection of the file at once. The chunk is evaluated here, at
 * compile time: constants, constant tables, and the function it returns, which becomes the filter.
 */
import type { Diagnostic } from '../diagnostics.ts';
import { type Ast, type AstExpression, type AstStatement, type luaparse, nodeSpan } from '../parse.ts';
import { checkLength } from './calls.ts';
import { type Binding, type CheckContext, createContext, declare, report } from './context.ts';
import { checkExpression, unknownGlobal } from './expressions.ts';
import { pathName } from './names.ts';
import { checkBlock, checkLocals } from './statements.ts';
import type { CheckedFilter, ConstantTable, ConstantValue } from './tree.ts';
import { constantType, nil, union } from './types.ts';

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
      const name = node.identifier === null ? '…' : pathName(node.identifier);
      report(context, 'function-local', nodeSpan(node), name);
      if (node.isLocal) declare(context, name, { kind: 'broken' });
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
    else report(context, 'filter-parameters', nodeSpan(more[0] ?? value), String(value.parameters.length));
    return undefined;
  }
  if (parameter.name === '_ENV') unknownGlobal(context, parameter);
  context.scopes.push(new Map([[parameter.name, { kind: 'packet' }]]));
  context.alive = 1;
  const body = checkBlock(context, value.body);
  context.scopes.pop();
  return { body, span: nodeSpan(value) };
}

/** `local a, b = …` outside the filter. */
function checkConstants(context: CheckContext, node: luaparse.LocalStatement): void {
  checkLocals(context, node);
  checkLength(context, 'values in a list', node.init);
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
  const value = constantOf(context, node, `the value of \`${name}\``);
  return value === undefined ? { kind: 'broken' } : { kind: 'constant', value };
}

function constantTable(
  context: CheckContext,
  name: string,
  node: luaparse.TableConstructorExpression,
): ConstantTable | undefined {
  const entries = new Map<bigint | boolean, Exclude<ConstantValue, null>>();
  const before = context.diagnostics.length;
  let type = nil;
  let position = 1n;
  for (const field of node.fields) {
    const at = field.type === 'TableValue' ? field.value : field.key;
    const key = field.type === 'TableValue' ? position++ : keyOf(context, field);
    const value = entryOf(context, field.value);
    if (key === undefined || value === undefined) continue;
    if (entries.has(key)) report(context, 'table-duplicate', nodeSpan(at), String(key));
    entries.set(key, value);
    type = union(type, constantType(value));
  }
  return context.diagnostics.length > before ? undefined : { name, entries, type };
}

/** The key of an entry that gives one, or undefined where it has been reported that it is none. */
function keyOf(
  context: CheckContext,
  field: luaparse.TableKey | luaparse.TableKeyString,
): Exclude<ConstantValue, null> | undefined {
  const { key } = field;
  const span = nodeSpan(key);
  if (field.type === 'TableKeyString') report(context, 'table-key', span, `the string "${field.key.name}"`);
  else if (key.type === 'StringLiteral') report(context, 'table-key', span, 'a string');
  else if (key.type === 'TableConstructorExpression') report(context, 'table-key', span, 'a table');
  else {
    const value = constantOf(context, key, 'this key');
    if (value !== null) return value;
    report(context, 'table-key', span, 'nil');
  }
  return undefined;
}

/** The value of an entry, or undefined where it has been reported that it is none. */
function entryOf(context: CheckContext, node: AstExpression): Exclude<ConstantValue, null> | undefined {
  const span = nodeSpan(node);
  if (node.type === 'StringLiteral') report(context, 'table-element', span, 'a string');
  else if (node.type === 'TableConstructorExpression') report(context, 'table-element', span, 'a table');
  else if (node.type === 'FunctionDeclaration') report(context, 'table-element', span, 'a function');
  else {
    const value = constantOf(context, node, 'this value');
    if (value !== null) return value;
    report(context, 'table-nil', span);
  }
  return undefined;
}

/** A constant, or undefined where it has been reported that it is none. */
function constantOf(context: CheckContext, node: AstExpression, what: string): ConstantValue | undefined {
  const before = context.diagnostics.length;
  const value = checkExpression(context, node);
  if (value?.kind === 'constant') return value.value;
  if (context.diagnostics.length === before) report(context, 'not-constant', nodeSpan(node), what);
  return undefined;
}
