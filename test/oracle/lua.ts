/**
 * The oracle: what a stock Lua says a filter means. It runs a filter uncompiled over packets, with the shim, in the
 * harness of `cli/engines/`. What is the same in every Lua stands here; `wasmoon.ts`, `fengari.ts` and `lua54.ts` only
 * carry bytes.
 */

import type { ErrorClass } from '../../cli/engines/harness.ts';

export type { ErrorClass } from '../../cli/engines/harness.ts';

/** What a filter said of one packet: the bytes to keep, and the error where the run ended in one. */
export interface Verdict {
  readonly verdict: number;
  readonly error?: ErrorClass;
  readonly message?: string;
  /** What it printed, one character a byte; absent if nothing. */
  readonly printed?: string;
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
   * Evaluates a filter's source once, with globals of its own, and runs it over the packets in order. A source that
   * fails to load, or that does not return a function, is thrown as an error with Lua's message.
   */
  run(source: string, packets: readonly OraclePacket[]): Promise<Verdict[]>;
  /** Ends the engine; no run may follow. */
  close(): void;
}
