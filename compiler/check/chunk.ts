/** A file's own level, which runs once, at compile time: constants, functions, modules. */
import { type Ast, type AstExpression, type AstStatement, type luaparse, nodeSpan } from '../parse.ts';
import { type Binding, type CheckContext, declare, lookup, report, type SourceFunction } from './context.ts';
import { checkExpression, unknownGlobal } from './expressions.ts';
import { resolveStatic } from './functions.ts';
import { isRequire, networksOf, requireModule } from './modules.ts';
import { pathName } from './names.ts';
import { ChunkScope } from './scopes.ts';
import { constructedState } from './state.ts';
import { checkLocals } from './statements.ts';
import { before, suggest } from './suggestions.ts';
import { constantOf, constantTable } from './tables.ts';
import { checkLength } from './values.ts';

/** Evaluates all but the `return` at its end, which is given back; the file's names stay in the innermost scope. */
export function evaluateChunk(context: CheckContext, ast: Ast): luaparse.ReturnStatement | undefined {
  context.scopes.push(new ChunkScope());
  let last: luaparse.ReturnStatement | undefined;
  for (const node of ast.body) {
    if (node.type === 'ReturnStatement') last = node;
    else if (node.type === 'LocalStatement') evaluateLocals(context, node);
    else if (node.type === 'FunctionDeclaration') declareFunction(context, node);
    else {
      report(context, 'chunk-statement', nodeSpan(node), statementName(node));
      if (node.type === 'AssignmentStatement' && node.variables.every((each) => isUndeclared(context, each)))
        suggest(context, before(node), 'local ');
    }
  }
  return last;
}

const isUndeclared = (context: CheckContext, node: AstExpression): boolean =>
  node.type === 'Identifier' && lookup(context, node.name) === undefined;

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

/** `local a, b = …` outside functions. */
function evaluateLocals(context: CheckContext, node: luaparse.LocalStatement): void {
  checkLocals(context, node);
  checkLength(context, 'values in a list', node.init);
  const bindings = node.variables.map(({ name }, i): Binding => {
    const value = node.init[i];
    return value === undefined ? { kind: 'constant', value: null } : bindingOf(context, name, value);
  });
  for (const extra of node.init.slice(node.variables.length)) checkExpression(context, extra);
  for (const [i, { name }] of node.variables.entries()) declare(context, name, bindings[i]!);
}

/** What a name that is given this value stands for. */
export function bindingOf(context: CheckContext, name: string, node: AstExpression): Binding {
  if (node.type === 'TableConstructorExpression') {
    const table = constantTable(context, name, node);
    return table === undefined ? { kind: 'broken' } : { kind: 'table', table, functions: new Map() };
  }
  if (isRequire(context, node)) return requireModule(context, node);
  const made = constructedState(context, name, node);
  if (made !== undefined) return made;
  const known = resolveStatic(context, node) ?? networksOf(context, node);
  if (known !== undefined) return known;
  const value = constantOf(context, node, `the value of \`${name}\``);
  return value === undefined ? { kind: 'broken' } : { kind: 'constant', value };
}

/** `local function f() … end`, or `function M.f() … end` on a table of this file. */
function declareFunction(context: CheckContext, node: luaparse.FunctionDeclaration): void {
  const { identifier } = node;
  const name = identifier === null ? '…' : pathName(identifier);
  const made = (scope: SourceFunction['scope']): SourceFunction => {
    const { functions, file } = context;
    const declared: SourceFunction = { name, node, file, scope, order: functions.length, instances: new Map() };
    functions.push(declared);
    return declared;
  };
  const chunk = context.scopes.at(-1) as ChunkScope<Binding>;
  if (identifier?.type === 'Identifier') {
    if (!node.isLocal) {
      report(
        context,
        lookup(context, name) === undefined ? 'function-global' : 'constant-write',
        nodeSpan(identifier),
        name,
      );
      if (lookup(context, name) === undefined) suggest(context, before(node), 'local ');
      return;
    }
    if (name === '_ENV') unknownGlobal(context, identifier);
    // The name is seen in the body, where calling it is recursion.
    let declared: SourceFunction | undefined;
    const scope = chunk.before();
    const own = (wanted: string): Binding | undefined =>
      wanted === name ? { kind: 'function', function: declared! } : scope.get(wanted);
    declared = made({ ...scope, get: own });
    checkLocals(context, { variables: [identifier] });
    declare(context, name, { kind: 'function', function: declared });
    return;
  }
  const base = identifier?.type === 'MemberExpression' && identifier.indexer === '.' ? identifier.base : undefined;
  const table = base?.type === 'Identifier' ? lookup(context, base.name) : undefined;
  if (
    identifier?.type !== 'MemberExpression' ||
    table?.kind !== 'table' ||
    table.functions.has(identifier.identifier.name)
  ) {
    if (table?.kind !== 'broken') report(context, 'function-place', nodeSpan(identifier ?? node), name);
    return;
  }
  (table.functions as Map<string, SourceFunction>).set(identifier.identifier.name, made(chunk.before()));
}
