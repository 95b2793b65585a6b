/** What the checker's parts share: the diagnostics so far, scopes, flow, the function being checked. */
import { type Diagnostic, type DiagnosticCode, diagnostic, type Span } from '../diagnostics.ts';
import type { luaparse } from '../parse.ts';
import type { LinkStart } from '../protocols/linktypes.ts';
import type { HeaderName } from '../protocols/table.ts';
import { Addresses } from './address.ts';
import { Flow, type Known } from './flow.ts';
import { LocalScope, type Scope } from './scopes.ts';
import type { ConstantTable, ConstantValue, Effects, Instance, Local, Networks, StateObject, Target } from './tree.ts';
import { exceeding32, headerOrNil, type Type, type WideValue } from './types.ts';

/** What a name stands for. */
export type Binding =
  | { readonly kind: 'local'; readonly local: Local }
  | { readonly kind: 'constant'; readonly value: ConstantValue }
  | StaticBinding
  /** Declared, but wrongly: what uses it is not reported again. */
  | { readonly kind: 'broken' };

/** What is known at compile time and is no value when the filter runs. */
export type StaticBinding =
  /** How it starts; undefined on a link type of which no headers are known. */
  | { readonly kind: 'packet'; readonly start: LinkStart | undefined }
  /** Functions are added to a table by `function M.f() … end`. */
  | { readonly kind: 'table'; readonly table: ConstantTable; readonly functions: ReadonlyMap<string, SourceFunction> }
  | { readonly kind: 'function'; readonly function: SourceFunction }
  | { readonly kind: 'networks'; readonly networks: Networks }
  /** `require "state"`. */
  | { readonly kind: 'state-module' }
  | { readonly kind: 'state'; readonly object: StateObject };

/** A function of the source, before it is known with which types it is called. */
export interface SourceFunction {
  readonly name: string;
  readonly node: luaparse.FunctionDeclaration;
  readonly file: SourceFile;
  /** The names that were declared before its body. */
  readonly scope: Scope<Binding>;
  /** Its place among all functions: a function calls those before it. */
  readonly order: number;
  /** By the types of their arguments. */
  readonly instances: Map<
    string,
    { readonly instance: Instance | undefined; readonly diagnostics: readonly Diagnostic[] }
  >;
}

export interface SourceFile {
  /** Which of the program's files, from 0. */
  readonly number: number;
  readonly name: string;
  /** One character a byte. */
  readonly text: string;
  /** Whether the compiler brings it: what of it is not called is nobody's business. */
  readonly isStandard?: boolean;
  /** Whether it is one of the modules that find headers. */
  readonly findsHeaders?: boolean;
}

/** A call that led to what is being checked. */
export interface Caller {
  readonly name: string;
  readonly span: Span;
  readonly file: SourceFile;
}

/** A loop around the place being checked. */
export interface LoopContext {
  /** What is known where its `break`s leave it. */
  broken: Known | undefined;
  /** What is assigned in its body. */
  readonly assigned: Set<Local>;
}

/** A label of a block around the place being checked. */
export interface LabelContext {
  readonly target: Target;
  readonly node: luaparse.LabelStatement;
  /** Whether the place is behind it already. */
  passed: boolean;
  /** What is known where the `goto`s so far come from. */
  known: Known | undefined;
}

/** The filter or a function while its body is checked. */
export interface FunctionContext {
  readonly name: string;
  /** Its place among all functions; the filter is behind them all. */
  readonly order: number;
  /** The names that its body assigns somewhere. */
  readonly assigned: ReadonlySet<string>;
  readonly effects: Effects;
  readonly loops: LoopContext[];
  /** By block, the innermost last. */
  readonly labels: ReadonlyMap<string, LabelContext>[];
  /** What its `return`s give, as far as they have been seen; undefined before the first. */
  results: readonly Type[] | undefined;
  /** Whether it may give fewer values than that. */
  varies: boolean;
  /** What flow knows of `pkt.tcp` and the like: each is as good as a local that is never assigned. */
  readonly headers: Map<HeaderName, Local>;
  /** Its locals, by where they are declared: a loop's body is walked more than once. */
  readonly locals: Map<object, Local>;
  /** By loop, what its turns may begin with, from an earlier walk over it. */
  readonly turns: Map<object, ReadonlyMap<Local, Type>>;
}

/** How a file that `require` names is found: its text and name, or nothing. */
export type FindModule = (name: string, from: string) => FoundModule | undefined;

export interface FoundModule {
  readonly text: string;
  readonly file: string;
}

/** A name that a file gives to `require`, and the file that was found for it; none for what the compiler brings. */
export interface RequiredModule {
  readonly from: string;
  readonly name: string;
  readonly file: string | undefined;
}

/** Which loops are allowed: all, those that need no door, none. */
export type LoopKinds = 'door' | 'counted' | 'none';

export interface CheckOptions {
  readonly linktype: number;
  readonly file: string;
  readonly loops: LoopKinds;
  readonly findModule: FindModule;
  /** What `require "args"` gives. */
  readonly args: ReadonlyMap<string, ConstantValue>;
}

export interface CheckContext {
  readonly options: CheckOptions;
  readonly diagnostics: Diagnostic[];
  /** Names by scope, the innermost last. */
  scopes: Scope<Binding>[];
  /** Locals of the chunk or the function that are alive, as Lua counts them: of a name declared twice, both. */
  alive: number;
  /** Values that Lua holds beside them at this point of an expression. */
  held: number;
  flow: Flow;
  file: SourceFile;
  readonly files: SourceFile[];
  /** The modules that have been asked for, by file; undefined while one is being read. */
  readonly modules: Map<string, Binding | undefined>;
  /** What `require` was given, each name of a file once. */
  readonly required: RequiredModule[];
  /** In the order in which they are made. */
  readonly state: StateObject[];
  readonly addresses: Addresses;
  /** All functions of the source: those that nothing calls are checked at the end. */
  readonly functions: SourceFunction[];
  function: FunctionContext;
  /** The first value, in the order of evaluation, that can leave 32 bits; those that folding leaves out count too. */
  readonly wide: { first: WideValue | undefined };
  /** Calls that led here, the first one first. */
  callers: readonly Caller[];
}

export const newFunction = (
  name: string,
  order: number,
  assigned: ReadonlySet<string> = new Set(),
): FunctionContext => ({
  name,
  order,
  assigned,
  effects: { writesPacket: false, isPure: true },
  loops: [],
  labels: [],
  results: undefined,
  varies: false,
  headers: new Map(),
  locals: new Map(),
  turns: new Map(),
});

export function createContext(options: CheckOptions, file: SourceFile): CheckContext {
  return {
    options,
    diagnostics: [],
    scopes: [],
    alive: 0,
    held: 0,
    flow: new Flow(),
    file,
    files: [file],
    modules: new Map(),
    required: [],
    state: [],
    addresses: new Addresses(),
    functions: [],
    function: newFunction('', Number.POSITIVE_INFINITY),
    wide: { first: undefined },
    callers: [],
  };
}

/** Keeps an expression in mind if it is the first whose value can leave 32 bits. */
export function noteWide({ file, wide }: CheckContext, checked: { readonly type: Type; readonly span: Span }): void {
  wide.first ??= exceeding32(checked, file.name);
}

/** The local that stands for a header of the packet. */
export function headerLocal(context: CheckContext, name: HeaderName): Local {
  const { headers } = context.function;
  const known = headers.get(name);
  if (known !== undefined) return known;
  const local: Local = { name, storage: headerOrNil(name), header: true };
  headers.set(name, local);
  return local;
}

export function report(context: CheckContext, code: DiagnosticCode, span: Span, ...names: readonly string[]): void {
  const path = context.callers.map(({ name, span, file }) => ({
    text: `called as \`${name}\``,
    file: file.name,
    span,
  }));
  const made = diagnostic(code, span, ...names);
  const elsewhere = context.file.number === 0 ? {} : { file: context.file.name };
  context.diagnostics.push({ ...made, ...elsewhere, ...(path.length > 0 ? { path } : {}) });
}

export function lookup(context: CheckContext, name: string): Binding | undefined {
  for (let i = context.scopes.length - 1; i >= 0; i--) {
    const found = context.scopes[i]!.get(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

export function declare(context: CheckContext, name: string, binding: Binding): void {
  context.scopes.at(-1)!.set(name, binding);
}

/** Runs `walk` in a scope of its own. */
export function scoped<T>(context: CheckContext, walk: () => T): T {
  const { alive } = context;
  context.scopes.push(new LocalScope());
  const result = walk();
  context.scopes.pop();
  context.alive = alive;
  return result;
}

export function visibleNames(context: CheckContext): string[] {
  return context.scopes.flatMap((scope) => [...scope.names()]);
}
