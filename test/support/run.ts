/** Runs a filter the compiled way, and says what happened in the oracle's words. */
import { type CompileOptions, compile } from '../../compiler/index.ts';
import { type Fault, type LoadOptions, load, printFunctions, State } from '../../vm/index.ts';
import { stringAt } from '../../vm/program/program.ts';
import { type ErrorClass, type Filter, type OraclePacket, storedIn, type Verdict } from '../oracle/lua.ts';

/** What a run said, or that it met a limit that stock Lua has not. */
export interface Compiled extends Verdict {
  /** The door (15), the cap of loops (10) or the budget (11): nothing but what came before can be compared. */
  readonly limit?: 10 | 11 | 15;
}

/** A source that the compiler rejects, with the codes of its diagnostics. */
export class Rejected extends Error {
  readonly codes: readonly string[];

  constructor(codes: readonly string[], message: string) {
    super(message);
    this.codes = codes;
  }
}

const classes: Readonly<Partial<Record<Fault['code'], ErrorClass>>> = { 1: 'bounds', 3: 'permission', 4: 'zero' };

/** Compiles for Ethernet, or as `options` say; throws `Rejected` where the filter or a module is. */
export function compiledFilter(filter: string | Filter, options: CompileOptions = {}) {
  const { text, modules = {}, args = {} } = typeof filter === 'string' ? { text: filter } : filter;
  const findModule = (name: string) => {
    const module = modules[name];
    return module === undefined ? undefined : { text: module, file: name };
  };
  const result = compile(text, { findModule, args: new Map(Object.entries(args)), ...options });
  const { diagnostics } = result;
  if (diagnostics === undefined) return result;
  const texts = diagnostics.map(
    ({ code, message, span, file = '' }) => `${file}${span.line}:${span.column}: ${code}: ${message}`,
  );
  const codes = diagnostics.map(({ code }) => code);
  throw new Rejected(codes, `rejected\n${texts.join('\n')}\n${text}`);
}

/**
 * What a compiled filter says of packets, and what it has kept after them. The host allows stores if the packets do; the
 * engine is what `load` takes by itself if none is named.
 */
export function outcomeOf(
  { bytes, program }: ReturnType<typeof compiledFilter>,
  packets: readonly OraclePacket[],
  options: Pick<LoadOptions, 'engine'> = {},
): { verdicts: Compiled[]; kept: string } {
  let printed = '';
  const functions = printFunctions((text) => {
    printed += text;
  });
  const allowWrite = packets[0]?.writable === true;
  const state = new State();
  const { filter, problem, refusals } = load(bytes, { functions, allowWrite }, state, options);
  if (filter === undefined) throw new Error(`refused ${JSON.stringify(problem ?? refusals)}`);
  const verdicts = packets.map((packet): Compiled => {
    printed = '';
    // A run may store to its packet.
    const bytes = allowWrite ? Uint8Array.from(packet.bytes) : packet.bytes;
    const verdict = filter.run(bytes, 0, bytes.length, packet.wirelen);
    const { fault } = filter;
    const said = { verdict, ...(printed === '' ? {} : { printed }), ...storedIn(packet.bytes, bytes) };
    if (fault === undefined) return said;
    const { code } = fault;
    if (code === 10 || code === 11 || code === 15) return { ...said, limit: code };
    const message = code === 13 ? (stringAt(program.strings, fault.argument) ?? '') : '';
    const isType = /^(attempt to|bad argument|'for' )/.test(message);
    return { ...said, error: classes[code] ?? (isType ? 'type' : 'error'), message };
  });
  return { verdicts, kept: keptText(state) };
}

/** The verdicts alone. */
export const runCompiled = (
  filter: string | Filter,
  packets: readonly OraclePacket[],
  options?: CompileOptions,
): Compiled[] => outcomeOf(compiledFilter(filter, options), packets).verdicts;

/** State as the shim writes it down. */
export const keptText = (state: State): string =>
  state.objects
    .map(({ kind, entries }) => {
      const all = [...entries()].filter(({ value }) => kind !== 'array' || value !== 0n);
      return `${all.map(({ key, value }) => `${key.join()}=${value}`).join(' ')}\n`;
    })
    .join('');
