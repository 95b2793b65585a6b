/** What the checker's parts share: the diagnostics so far, scopes, flow. */
import { type Diagnostic, type DiagnosticCode, diagnostic, type Span } from '../diagnostics.ts';
import type { HeaderName } from '../protocols/table.ts';
import { Flow } from './flow.ts';
import type { ConstantTable, ConstantValue, Local } from './tree.ts';
import { headerOrNil } from './types.ts';

/** What a name stands for. */
export type Binding =
  | { readonly kind: 'packet' }
  | { readonly kind: 'local'; readonly local: Local }
  | { readonly kind: 'constant'; readonly value: ConstantValue }
  | { readonly kind: 'table'; readonly table: ConstantTable }
  /** Declared, but wrongly: what uses it is not reported again. */
  | { readonly kind: 'broken' };

export interface CheckContext {
  readonly linktype: number;
  readonly diagnostics: Diagnostic[];
  /** Names by scope, the innermost last. */
  readonly scopes: Map<string, Binding>[];
  /** Locals of the chunk or the filter that are alive, as Lua counts them: of a name declared twice, both. */
  alive: number;
  /** Values that Lua holds beside them at this point of an expression. */
  held: number;
  flow: Flow;
  /** What flow knows of `pkt.tcp` and the like: each is as good as a local that is never assigned. */
  readonly headers: Map<HeaderName, Local>;
}

export const createContext = (linktype: number): CheckContext => ({
  linktype,
  diagnostics: [],
  scopes: [new Map()],
  alive: 0,
  held: 0,
  flow: new Flow(),
  headers: new Map(),
});

/** The local that stands for a header of the packet. */
export function headerLocal(context: CheckContext, name: HeaderName): Local {
  const known = context.headers.get(name);
  if (known !== undefined) return known;
  const local: Local = { name, storage: headerOrNil(name), header: true };
  context.headers.set(name, local);
  return local;
}

export function report(context: CheckContext, code: DiagnosticCode, span: Span, ...names: readonly string[]): void {
  context.diagnostics.push(diagnostic(code, span, ...names));
}

export function lookup(context: CheckContext, name: string): Binding | undefined {
  return context.scopes.findLast((scope) => scope.has(name))?.get(name);
}

export function declare(context: CheckContext, name: string, binding: Binding): void {
  context.scopes.at(-1)!.set(name, binding);
}

export function visibleNames(context: CheckContext): string[] {
  return context.scopes.flatMap((scope) => [...scope.keys()]);
}
