/**
 * What a program imports, by the numbers that its instructions name it with: found in the host's context by name, once,
 * at load.
 *
 * SPEC: numbers are the program's. A program reaches what it imports and nothing else, by a selector too. A program
 * that imports nothing (one without a file) reaches what the host names by a number, under that number.
 */

import type { Host, HostFunction, Segment } from '../host/host.ts';
import type { Import } from '../program/program.ts';

export interface Bindings {
  readonly segments: ReadonlyMap<number, Segment>;
  readonly functions: ReadonlyMap<number, HostFunction>;
}

/** An import that the host cannot serve. */
export interface Unbound {
  readonly import: Import;
  /** What the host has under that name instead, if anything. */
  readonly found: Import['kind'] | undefined;
}

export interface BindResult {
  readonly bindings: Bindings;
  readonly unbound: readonly Unbound[];
}

export function bind(imports: readonly Import[], host: Host): BindResult {
  if (imports.length === 0)
    return { bindings: { segments: numbered(host.segments), functions: numbered(host.functions) }, unbound: [] };
  const segments = new Map<number, Segment>();
  const functions = new Map<number, HostFunction>();
  const unbound: Unbound[] = [];
  for (const wanted of imports) {
    const { kind, name, number } = wanted;
    const segment = named(host.segments, name);
    const hostFunction = named(host.functions, name);
    if (kind === 'segment' && segment !== undefined) segments.set(number, segment);
    else if (kind === 'function' && hostFunction !== undefined) functions.set(number, hostFunction);
    else
      unbound.push({
        import: wanted,
        found: segment !== undefined ? 'segment' : hostFunction !== undefined ? 'function' : undefined,
      });
  }
  return { bindings: { segments, functions }, unbound };
}

/** By its own names only: not `constructor` and the like. */
const named = <T>(record: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined;

const numbered = <T>(record: Readonly<Record<string, T>>): ReadonlyMap<number, T> =>
  new Map(
    Object.entries(record).flatMap(([name, value]) => (/^(0|[1-9]\d*)$/.test(name) ? [[Number(name), value]] : [])),
  );
