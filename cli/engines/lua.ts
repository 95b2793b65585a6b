/**
 * Filters in stock Lua, uncompiled: only those that the checker accepts. A lua_State lives for so many packets with its
 * collector off, and then gives way to a fresh one: closing a state costs less than collecting in it.
 */
import { bundle, type CompileResult } from '../../compiler/index.ts';
import { faults } from '../../vm/index.ts';
import { failure, type Problem } from '../problem.ts';
import { count } from '../render.ts';
import { compiled, type Source } from '../source.ts';
import {
  type Engine,
  type EnginePacket,
  type EngineSettings,
  type Failure,
  type Memory,
  newMemory,
  type Runner,
} from './engine.ts';
import { type ErrorClass, ownText } from './harness.ts';

/** What Lua says of one packet. */
export interface Reply {
  readonly verdict: number;
  /** The kilobytes that the state takes, 0 where that is not known. */
  readonly kilobytes: number;
  /** Whole lines, one character a byte; '' if nothing. */
  readonly printed: string;
  /** The packet's bytes after the run, of one that may be stored to. */
  readonly bytes?: Uint8Array;
  readonly error?: LuaError;
}

export interface LuaError {
  readonly class: ErrorClass;
  /** As Lua says it, mostly with the place in front. */
  readonly message: string;
  /** As `web.lua:7`, where Lua knows it. */
  readonly place: string | undefined;
}

/** A lua_State with a filter in it. */
export interface LuaState {
  /** The filter may store to the packet where it is `writable`. */
  run(packet: EnginePacket, linktype: number, writable?: boolean): Reply;
  /** What the filter has kept from packet to packet, as text. */
  save(): string;
  close(): void;
}

/** A Lua: starts states, any number one after another. */
export interface LuaMachine {
  /** What `--engine` calls it. */
  readonly name: string;
  /** Whether integers have 64 bits; else they have 32. */
  readonly wide: boolean;
  /**
   * Starts a state with a filter as a `bundle` (one character a byte), of which a run may take `limit` instructions of
   * Lua, and with what another state of that filter has saved. Throws Lua's message where a file does not load.
   */
  start(bundle: string, limit: number, kept?: string): LuaState;
}

/** As the machine's budget, which counts loops, calls and jumps: more than any filter that is meant to end takes. */
export const instructionLimit = 2 ** 24;

/** Measured (bench/README.md): at 100, starting states costs much; above this, no gain could be told from noise. */
export const defaultStatePackets = 1000;

/** A state that grows by more than this ends before its packets do: large packets, or filters that make much garbage. */
const mostKilobytes = 64 * 1024;

/** The engine of a Lua. */
export const luaEngine = (machine: LuaMachine, settings: EngineSettings): Engine => ({
  prepare(source, linktype, memory = newMemory(), allowWrite = false) {
    const refusal = refusalOf(machine, source, linktype);
    if (refusal !== undefined) throw failure(refusal);
    // Anything else has been refused.
    const lua = source as Source & { kind: 'lua' };
    const result = compiled(lua, linktype);
    const keeps = result.required.some(({ name, file }) => name === 'state' && file === undefined);
    const filter = { name: lua.name, bundle: bundleOf(lua, result), linktype, keeps, allowWrite };
    return new LuaRunner(machine, settings, filter, memory);
  },
  refusal: (source, linktype) => refusalOf(machine, source, linktype),
});

function refusalOf({ name, wide }: LuaMachine, source: Source, linktype: number): Problem | undefined {
  if (source.kind !== 'lua')
    return {
      code: 'engine-lua',
      message: `--engine=${name} runs Lua filters, and this is a program`,
      place: source.name,
      hint: 'run it by --engine=interpreter',
    };
  const { exceeds32 } = compiled(source, linktype);
  if (wide || exceeds32 === undefined) return undefined;
  const { file, span, low, high } = exceeds32;
  const value = low === high ? `this is ${low}` : `this can be anything from ${low} to ${high}`;
  return {
    code: 'engine-32-bits',
    message: `--engine=${name} has integers of 32 bits, and ${value}`,
    place: `${file}:${span.line}:${span.column}`,
    hint: 'run it by --engine=lua, which has 64',
  };
}

/** The filter and its modules, each `require` leading where the compiler went. */
function bundleOf({ name, text, options }: Source & { kind: 'lua' }, result: CompileResult): string {
  const { required = [], sources } = result;
  const found = required.flatMap(({ file }) => file ?? []);
  const files = [name, ...new Set(found.filter((file) => file !== name))];
  const placesOf = (from: string): (readonly [string, number])[] =>
    required.flatMap((each) =>
      each.from === from && each.file !== undefined ? [[each.name, files.indexOf(each.file)] as const] : [],
    );
  const rows = files.map((file) => ({
    name: file,
    text: file === name ? keepingLines(text, result) : sources.get(file)!,
    required: new Map(placesOf(file)),
  }));
  return bundle(rows, options?.args);
}

/**
 * The source with parentheses around what the filter returns, where that is a call: of a tail call Lua forgets the line.
 * Of the filter's results only the first counts, so nothing else changes.
 */
function keepingLines(text: string, { ast }: CompileResult): string {
  const filter = ast?.body.at(-1);
  const inserts: [at: number, parenthesis: string][] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    if (isReturnedCall(node)) {
      const [start, end] = node.arguments[0].range;
      inserts.push([start, '('], [end, ')']);
    } else for (const child of Object.values(node)) visit(child);
  };
  // The chunk's own return is no call.
  visit(filter);
  const pieces = inserts.map(([at, parenthesis], i) => text.slice(inserts[i - 1]?.[0] ?? 0, at) + parenthesis);
  return pieces.join('') + text.slice(inserts.at(-1)?.[0] ?? 0);
}

function isReturnedCall(node: object): node is { arguments: [{ range: [number, number] }] } {
  if (!('type' in node && node.type === 'ReturnStatement' && 'arguments' in node)) return false;
  const list = node.arguments as { type: string }[];
  return list.length === 1 && list[0]!.type === 'CallExpression';
}

/** A filter for packets of a link type. */
interface LuaFilter {
  readonly name: string;
  readonly bundle: string;
  readonly linktype: number;
  /** Whether it keeps anything from packet to packet. */
  readonly keeps: boolean;
  /** Whether it may store to packets. */
  readonly allowWrite: boolean;
}

class LuaRunner implements Runner {
  failure: Failure | undefined;
  readonly #machine: LuaMachine;
  readonly #settings: EngineSettings;
  readonly #filter: LuaFilter;
  readonly #memory: Memory;
  #state: LuaState;
  /** Packets that the state is still good for. */
  #left: number;
  /** Kilobytes that the state took after its first packet. */
  #taken: number | undefined;

  constructor(machine: LuaMachine, settings: EngineSettings, filter: LuaFilter, memory: Memory) {
    this.#machine = machine;
    this.#settings = settings;
    this.#filter = filter;
    this.#memory = memory;
    this.#left = settings.luaStatePackets;
    this.#state = this.#start('');
  }

  run(packet: EnginePacket): number {
    const { holder } = this.#memory;
    if (this.#left === 0 || (holder !== undefined && holder !== this)) this.#renew();
    const { keeps, linktype, allowWrite } = this.#filter;
    if (keeps) this.#memory.holder = this;
    const { verdict, kilobytes, printed, bytes, error } = this.#state.run(packet, linktype, allowWrite);
    if (bytes !== undefined) packet.bytes.set(bytes, packet.start);
    if (kilobytes < Infinity) this.#taken ??= kilobytes;
    this.#left = kilobytes - (this.#taken ?? 0) > mostKilobytes ? 0 : this.#left - 1;
    if (printed !== '') this.#settings.print(printed);
    this.failure = error === undefined ? undefined : this.#failureOf(error);
    return verdict;
  }

  save(): string {
    return this.#state.save();
  }

  close(): void {
    this.#state.close();
  }

  /** What a filter keeps from packet to packet goes over to the new lua_State, from the one of the packet before. */
  #renew(): void {
    const kept = this.#filter.keeps ? (this.#memory.holder ?? this).save() : '';
    this.#state.close();
    this.#state = this.#start(kept);
    this.#left = this.#settings.luaStatePackets;
    this.#taken = undefined;
  }

  #start(kept: string): LuaState {
    try {
      return this.#machine.start(this.#filter.bundle, instructionLimit, kept);
    } catch (error) {
      // The checker knows Lua's limits; should it miss one, Lua says which.
      const message = error instanceof Error ? error.message : String(error);
      throw failure({ code: 'engine-load', message: `Lua does not load it: ${message}`, place: this.#filter.name });
    }
  }

  /** In the words of a compiled run. */
  #failureOf({ class: kind, message, place = this.#filter.name }: LuaError): Failure {
    return { cause: causes[kind](message), place };
  }
}

const causes = {
  bounds: () => faults[1].text,
  zero: () => faults[4].text,
  permission: () => faults[3].text,
  budget: () => `${faults[11].text}: ${count(instructionLimit)} instructions of Lua`,
  type: ownText,
  error: ownText,
} as const satisfies Record<ErrorClass, (message: string) => string>;
