/**
 * The oracle: what a stock Lua says a filter means. It runs a filter uncompiled over packets, with the shim, in the
 * harness of `cli/engines/`. What is the same in every Lua stands here; `wasmoon.ts`, `fengari.ts` and `lua54.ts` only
 * carry bytes.
 */

import type { ErrorClass } from '../../cli/engines/harness.ts';
import { bundle } from '../../compiler/index.ts';

export type { ErrorClass } from '../../cli/engines/harness.ts';

/** What a filter said of one packet: the bytes to keep, and the error where the run ended in one. */
export interface Verdict {
  readonly verdict: number;
  readonly error?: ErrorClass;
  readonly message?: string;
  /** What it printed, one character a byte; absent if nothing. */
  readonly printed?: string;
  /** The packet's bytes after the run, one character a byte; absent if nothing but what was there has been stored. */
  readonly stored?: string;
}

/** What a packet holds after a run, if it is not what it held before. */
export function storedIn(before: Uint8Array, after: Uint8Array | undefined): Pick<Verdict, 'stored'> {
  const changed = after !== undefined && Buffer.compare(before, after) !== 0;
  return changed ? { stored: Buffer.from(after).toString('latin1') } : {};
}

/** What a filter said of packets, one after another, and what it kept. */
export interface Outcome {
  readonly verdicts: Verdict[];
  readonly kept: string;
}

/** A filter with what its `require` finds: modules by name, and the values of `args`. Text is one character a byte. */
export interface Filter {
  readonly text: string;
  readonly modules?: Readonly<Record<string, string>>;
  readonly args?: Readonly<Record<string, bigint | boolean | string>>;
}

/** A filter as the harness takes it; one without modules is its text. */
export function bundled(filter: string | Filter): string {
  const { text, modules = {}, args = {} } = typeof filter === 'string' ? { text: filter } : filter;
  const required = new Map(Object.keys(modules).map((name, i) => [name, i + 1]));
  const own = { name: 'filter', text, required };
  const others = Object.entries(modules).map(([name, text]) => ({ name, text, required }));
  return bundle([own, ...others], new Map(Object.entries(args)));
}

export interface OraclePacket {
  readonly bytes: Uint8Array;
  readonly wirelen: number;
  /** Ethernet (1) if absent. */
  readonly linktype?: number;
  /** Whether the filter may store to it; not if absent. */
  readonly writable?: boolean;
}

export interface Oracle {
  readonly name: string;
  /**
   * Evaluates a filter once, with globals of its own, and runs it over the packets in order. A source that fails to
   * load, or that does not return a function, is thrown as an error with Lua's message.
   */
  run(filter: string | Filter, packets: readonly OraclePacket[]): Promise<Verdict[]>;
  /** The same, with what the filter has kept in state after the last packet, as the shim writes it down. */
  outcome(filter: string | Filter, packets: readonly OraclePacket[]): Promise<Outcome>;
  /** Ends the engine; no run may follow. */
  close(): void;
}
