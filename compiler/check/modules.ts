/** `require`: files beside the filter, and what the compiler brings. Each is evaluated once. */
import type { Span } from '../diagnostics.ts';
import { moduleTexts } from '../modules/texts.ts';
import { type AstExpression, type luaparse, nodeSpan, parse } from '../parse.ts';
import { bindingOf, evaluateChunk } from './chunk.ts';
import {
  type Binding,
  type CheckContext,
  type FoundModule,
  lookup,
  noteWide,
  type RequiredModule,
  report,
  type SourceFile,
} from './context.ts';
import { checkExpression } from './expressions.ts';
import { Flow } from './flow.ts';
import { resolveStatic } from './functions.ts';
import { type Network, netTable, networkOf, networksIn } from './net.ts';
import { constantText } from './packet.ts';
import { typeOf } from './tables.ts';
import type { ConstantTable, TableKey } from './tree.ts';
import { integer } from './types.ts';

type Require = luaparse.CallExpression | luaparse.StringCallExpression;

/** Whether a call is one of Lua's `require`. */
export const isRequire = (context: CheckContext, node: AstExpression): node is Require =>
  (node.type === 'CallExpression' || node.type === 'StringCallExpression') &&
  node.base.type === 'Identifier' &&
  node.base.name === 'require' &&
  lookup(context, 'require') === undefined;

/** What a module gives; `broken` where it has been reported why it gives nothing. */
export function requireModule(context: CheckContext, node: Require): Binding {
  const broken = { kind: 'broken' } as const;
  const argument = node.type === 'StringCallExpression' ? node.argument : node.arguments[0];
  const beyond = node.type === 'CallExpression' && node.arguments.length > 1;
  if (argument?.type !== 'StringLiteral' || beyond) {
    report(context, 'require', nodeSpan(node));
    return broken;
  }
  const { value: name } = argument;
  const found = name === 'args' ? undefined : context.options.findModule(name, context.file.name);
  noteRequired(context, { from: context.file.name, name, file: found?.file });
  if (name === 'args') return argsModule(context);
  if (found === undefined && name === 'net') return { kind: 'table', table: netTable, functions: new Map() };
  if (found === undefined && name === 'state') return { kind: 'state-module' };
  const file = found ?? standardModule(name);
  if (file === undefined) {
    report(context, 'require-missing', nodeSpan(argument), name);
    return broken;
  }
  const module = evaluatedOnce(context, file);
  if (module === undefined) report(context, 'require-cycle', nodeSpan(argument), name);
  return module ?? broken;
}

function noteRequired({ required }: CheckContext, { from, name, file }: RequiredModule): void {
  const isNoted = required.some((known) => known.from === from && known.name === name);
  if (!isNoted) required.push({ from, name, file });
}

type Found = FoundModule & Pick<SourceFile, 'isStandard' | 'findsHeaders'>;

/** What a module that the options find gives; undefined where there is none. */
export function moduleOf(context: CheckContext, name: string): Binding | undefined {
  const found = context.options.findModule(name, context.file.name);
  return found && evaluatedOnce(context, found);
}

/** A module that the compiler brings as Lua text. */
const standardModule = (name: string): Found | undefined =>
  name === 'bytes' ? { text: moduleTexts.bytes, file: 'bytes.lua', isStandard: true } : undefined;

/** What a module gives, undefined while it is being read. */
function evaluatedOnce(context: CheckContext, found: Found): Binding | undefined {
  const { modules } = context;
  if (modules.has(found.file)) return modules.get(found.file);
  modules.set(found.file, undefined);
  const module = evaluateModule(context, found) ?? { kind: 'broken' };
  modules.set(found.file, module);
  return module;
}

/** What `net.cidr "…"` and `net.cidrs { … }` give; undefined where a value is something else. */
export function networksOf(context: CheckContext, node: AstExpression): Binding | undefined {
  if (node.type !== 'StringCallExpression' && node.type !== 'TableCallExpression' && node.type !== 'CallExpression')
    return undefined;
  if (!isConstructor(context, node.base)) return undefined;
  const { identifier } = node.base;
  const { name } = identifier;
  if (name !== 'cidr' && name !== 'cidrs') return undefined;
  const one = node.type === 'StringCallExpression' ? node.argument : node.arguments;
  const [argument, ...more] = Array.isArray(one) ? one : [one];
  const isAlone = argument !== undefined && more.length === 0;
  const isList =
    isAlone && (argument.type === 'TableConstructorExpression' || resolveStatic(context, argument)?.kind === 'table');
  if (!isAlone || isList !== (name === 'cidrs')) {
    report(context, 'net-list', nodeSpan(identifier), name, !isAlone ? '' : isList ? 'cidrs' : 'cidr');
    return { kind: 'broken' };
  }
  const texts = isList ? textsOf(context, argument) : [{ text: textOf(context, argument), span: nodeSpan(argument) }];
  if (texts.length === 0) report(context, 'net-list', nodeSpan(argument), 'cidrs', '');
  const networks = texts.flatMap(({ text, span }) =>
    text === undefined ? [] : (networkIn(context, text, span, name) ?? []),
  );
  const isWhole = networks.length > 0 && networks.length === texts.length;
  return isWhole ? { kind: 'networks', networks: networksIn(networks) } : { kind: 'broken' };
}

/** A text, undefined where it has been reported that it is none, and where to say what is wrong with it. */
interface Placed {
  readonly text: string | undefined;
  readonly span: Span;
}

/** The texts of a list, which is written here or has a name; none where it is no list of texts. */
function textsOf(context: CheckContext, node: AstExpression): Placed[] {
  if (node.type === 'TableConstructorExpression') {
    if (node.fields.some(({ type }) => type !== 'TableValue')) return [];
    return node.fields.map(({ value }) => ({ text: textOf(context, value), span: nodeSpan(value) }));
  }
  const known = resolveStatic(context, node);
  const entries = known?.kind === 'table' && known.table.tables.size === 0 ? [...known.table.entries] : [];
  const isList = entries.every(([key, text], i) => key === BigInt(i + 1) && typeof text === 'string');
  return isList ? entries.map(([, text]) => ({ text: String(text), span: nodeSpan(node) })) : [];
}

/** A constant string, or undefined where it has been reported that it is none. */
function textOf(context: CheckContext, node: AstExpression): string | undefined {
  const given = checkExpression(context, node);
  return given === undefined ? undefined : constantText(context, given);
}

/** A network, or undefined where it has been reported that a text is none. */
function networkIn(context: CheckContext, text: string, span: Span, name: 'cidr' | 'cidrs'): Network | undefined {
  const network = networkOf(text);
  if (network === undefined) report(context, 'net-text', span, text, name, text.includes(':') ? 'ipv6' : '');
  else if (network.family === 'ipv4') noteWide(context, { type: integer(network.low, network.high), span });
  return network;
}

/** Whether an expression names a member of the module `net`. */
const isConstructor = (context: CheckContext, node: AstExpression): node is luaparse.MemberExpression => {
  if (node.type !== 'MemberExpression' || node.indexer !== '.') return false;
  const owner = resolveStatic(context, node.base);
  return owner?.kind === 'table' && owner.table === netTable;
};

/** What a file gives, undefined where it has been reported that it gives nothing. */
function evaluateModule(context: CheckContext, { text, file, ...origin }: Found): Binding | undefined {
  const source = { number: context.files.length, name: file, text, ...origin };
  context.files.push(source);
  const within: CheckContext = { ...context, file: source, scopes: [], flow: new Flow(), alive: 0, held: 0 };
  const { ast, problem } = parse(text);
  if (problem !== undefined) {
    context.diagnostics.push({ ...problem, file });
    return undefined;
  }
  const last = evaluateChunk(within, ast);
  const [value, ...more] = last?.arguments ?? [];
  if (value !== undefined && more.length === 0) {
    const binding = bindingOf(within, 'what the module returns', value);
    // Of nil Lua's own `require` makes true.
    if (binding.kind !== 'constant' || binding.value !== null) return binding;
  }
  report(within, 'module-return', last === undefined ? nodeSpan(ast) : nodeSpan(last));
  return undefined;
}

/** The values of `--set`, as a table. */
function argsModule({ options: { args } }: CheckContext): Binding {
  const entries = new Map<TableKey, TableKey>();
  for (const [name, value] of args) if (value !== null) entries.set(name, value);
  const table: ConstantTable = { name: 'args', entries, tables: new Map(), type: typeOf([...entries.values()]) };
  return { kind: 'table', table, functions: new Map() };
}
