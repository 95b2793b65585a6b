/**
 * The checker: from AST to checked tree, or every rejection of the file at once. The chunk is evaluated here, at
 * compile time: constants, constant tables, functions, modules, and the function it returns, which becomes the filter.
 */
import type { Diagnostic } from '../diagnostics.ts';
import { type Ast, type AstExpression, type luaparse, nodeSpan } from '../parse.ts';
import { linkStart } from '../protocols/linktypes.ts';
import { assignedIn } from './assigned.ts';
import { evaluateChunk } from './chunk.ts';
import {
  type CheckContext,
  type CheckOptions,
  createContext,
  newFunction,
  type RequiredModule,
  report,
  type SourceFile,
} from './context.ts';
import { doorWarnings } from './door.ts';
import { unknownGlobal } from './expressions.ts';
import { Flow } from './flow.ts';
import { checkUncalled, resolveStatic } from './functions.ts';
import { LocalScope } from './scopes.ts';
import { checkBlock } from './statements.ts';
import { sourceOf, suggest } from './suggestions.ts';
import type { CheckedFilter } from './tree.ts';
import type { WideValue } from './types.ts';

export type CheckResult = { readonly files: readonly SourceFile[] } & (
  | {
      readonly filter: CheckedFilter;
      readonly warnings: readonly Diagnostic[];
      readonly exceeds32: WideValue | undefined;
      readonly required: readonly RequiredModule[];
      readonly diagnostics?: never;
    }
  | { readonly diagnostics: readonly Diagnostic[]; readonly filter?: never }
);

/** Checks a file; `text` is what it was parsed from. Diagnostics come in the order of the source. */
export function check(ast: Ast, text: string, options: CheckOptions): CheckResult {
  const context = createContext(options, { number: 0, name: options.file, text });
  const last = evaluateChunk(context, ast);
  const filter = last === undefined ? noReturn(context, ast) : checkReturn(context, last);
  checkUncalled(context);
  const diagnostics = sorted(context, context.diagnostics);
  const { files } = context;
  if (filter === undefined || diagnostics.length > 0) return { diagnostics, files };
  const warnings = sorted(context, doorWarnings(filter, options.linktype));
  return { filter, warnings, exceeds32: context.wide.first, required: context.required, files };
}

function noReturn(context: CheckContext, ast: Ast): undefined {
  report(context, 'chunk-return', {
    ...nodeSpan(ast),
    start: nodeSpan(ast).end,
    line: ast.loc!.end.line,
    column: ast.loc!.end.column + 1,
  });
}

/** By file and place; a place that is wrong for several calls is shown for the first. */
function sorted({ files }: CheckContext, diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const order = new Map(files.map(({ name }, i) => [name, i]));
  const fileOf = ({ file }: Diagnostic): number => (file === undefined ? 0 : (order.get(file) ?? 0));
  const seen = new Set<string>();
  const once = diagnostics.filter((each) => {
    const key = `${fileOf(each)} ${each.span.start} ${each.span.end} ${each.code}`;
    return !seen.has(key) && seen.add(key);
  });
  return once.sort((a, b) => fileOf(a) - fileOf(b) || a.span.start - b.span.start);
}

function checkReturn(context: CheckContext, node: luaparse.ReturnStatement): CheckedFilter | undefined {
  const value = filterOf(context, node);
  if (value === undefined) return undefined;
  const [parameter, ...more] = value.parameters;
  if (parameter?.type !== 'Identifier' || more.length > 0) {
    if (parameter?.type === 'VarargLiteral') report(context, 'vararg', nodeSpan(parameter));
    else report(context, 'filter-parameters', nodeSpan(more[0] ?? value), String(value.parameters.length));
    return undefined;
  }
  if (parameter.name === '_ENV') unknownGlobal(context, parameter);
  const packet = { kind: 'packet', start: linkStart(context.options.linktype) } as const;
  context.scopes.push(new LocalScope([[parameter.name, packet]]));
  context.alive = 1;
  context.flow = new Flow();
  context.function = newFunction('the filter', Number.POSITIVE_INFINITY, assignedIn(value.body));
  const body = checkBlock(context, value.body);
  context.scopes.pop();
  return { body, span: nodeSpan(value), files: context.files.map(({ name }) => name), state: context.state };
}

function filterOf(context: CheckContext, node: luaparse.ReturnStatement): luaparse.FunctionDeclaration | undefined {
  const value: AstExpression | undefined = node.arguments[0];
  if (node.arguments.length === 1 && value?.type === 'FunctionDeclaration') return value;
  report(context, 'chunk-return-value', nodeSpan(node));
  const named = value === undefined || node.arguments.length > 1 ? undefined : resolveStatic(context, value);
  if (named?.kind === 'function' && named.function.node.parameters.length === 1)
    suggest(context, nodeSpan(value!), `function(pkt) return ${sourceOf(context, value!)}(pkt) end`);
  return undefined;
}
