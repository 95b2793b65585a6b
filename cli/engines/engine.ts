/** What runs a filter over packets, whatever it is made of. */
import type { Packet, PacketBatch } from '../../capture/index.ts';
import type { Host, State } from '../../vm/index.ts';
import type { Problem } from '../problem.ts';
import type { Source } from '../source.ts';

/** What an engine wants of a packet. Where the filter may store to it, `bytes` hold what it has stored after the run. */
export type EnginePacket = Pick<Packet, 'bytes' | 'start' | 'caplen' | 'wirelen'> & Partial<Pick<Packet, 'time'>>;

/** Why a run ended without a verdict of its own. */
export interface Failure {
  readonly cause: string;
  /** `web.lua:7`, or `instruction 12` for a program without lines. */
  readonly place: string;
}

/** Writes the verdicts of a batch to its table, and tells of the packets that failed. */
export type RunBatch = (batch: PacketBatch, onFailure: (index: number, failure: Failure) => void) => void;

/** A filter, ready for packets of one link type. */
export interface Runner {
  /** The verdict: how many bytes of the packet to accept, 0 for none, 2^32-1 for all; after a failure 0. */
  run(packet: EnginePacket): number;
  /** Why the last run failed, or undefined. */
  readonly failure: Failure | undefined;
  /** The same for many packets at once, where the engine can; they and their table lie in its `buffer`s. */
  readonly batch?: RunBatch | undefined;
  /** Gives back what it holds; no run may follow. */
  close(): void;
}

/** What the runners of one filter, each for a link type, keep together from packet to packet. */
export interface Memory {
  /** Of a program. */
  state?: State;
  /** Of a filter in Lua: the runner that has it now, which can write it down. */
  holder?: { readonly save: () => string };
}

export const newMemory = (): Memory => ({});

export interface Engine {
  /**
   * Makes a source ready for packets of a link type, or fails with all that is wrong with it. Its memory is its own if
   * absent; it may store to packets where `allowWrite` says so.
   */
  prepare(source: Source, linktype: number, memory?: Memory, allowWrite?: boolean): Runner;
  /** Room for so many bytes, at a multiple of 16, of an engine that wants captures read to a place of its own. */
  readonly buffer?: (bytes: number) => Uint8Array;
  /** Why this engine, and not every one, fails to run the source, or undefined. */
  refusal(source: Source, linktype: number): Problem | undefined;
}

export interface EngineSettings {
  /** Packets after which a Lua engine begins a new lua_State, at least 1. */
  readonly luaStatePackets: number;
  /** Takes what filters print: whole lines, one character a byte. */
  readonly print: (text: string) => void;
  /** What the machine offers and allows on packets of a link type, beyond its defaults. */
  readonly host?: (linktype: number) => Partial<Host>;
}
