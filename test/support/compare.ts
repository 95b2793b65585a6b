/** Compares a compiled filter with stock Lua, and says how they differ. */
import { ownText } from '../../cli/engines/harness.ts';
import type { Filter, Oracle, OraclePacket, Verdict } from '../oracle/lua.ts';
import { type Compiled, compiledFilter, outcomeOf, Rejected } from './run.ts';

/** How a filter came to differ: what kind of failure, and on which packet. */
export interface Difference {
  /** `differs`, or what the compiler or the validator did instead of giving a program. */
  readonly kind: string;
  readonly detail: string;
  readonly packet: number;
}

export interface Comparison {
  readonly expected: readonly Verdict[];
  readonly actual: readonly Compiled[];
  /** Those that were compared. */
  readonly packets: readonly OraclePacket[];
  readonly difference: Difference | undefined;
}

/** What must be the same: verdict, prints, stores, error by class; the filter's own messages word by word. */
export const essence = ({ verdict, error, message = '', printed, stored }: Verdict): string =>
  JSON.stringify([verdict, error ?? '', error === 'error' ? ownText(message) : '', printed ?? '', stored ?? '']);

/** Of a run that met a limit only what was printed before can be compared. */
const agrees = (compiled: Compiled, lua: Verdict): boolean =>
  compiled.limit === undefined
    ? essence(compiled) === essence(lua)
    : (lua.printed ?? '').startsWith(compiled.printed ?? '');

/** Whether anything lives from packet to packet. */
export const keeps = ({ text, modules = {} }: Filter): boolean =>
  [text, ...Object.values(modules)].some((each) => each.includes('require "state"'));

/**
 * Runs a filter both ways; what it keeps after the last packet must be the same too. One that keeps anything is run
 * without the packets on which it meets a limit: there the compiled run ends, and Lua's goes on to change what is kept.
 * Throws where Lua does not load it.
 */
export async function compare(given: string | Filter, all: readonly OraclePacket[], lua: Oracle): Promise<Comparison> {
  const filter = typeof given === 'string' ? { text: given } : given;
  let packets = all;
  let actual: ReturnType<typeof outcomeOf>;
  try {
    const compiled = compiledFilter(filter);
    for (;;) {
      actual = outcomeOf(compiled, packets);
      const { verdicts } = actual;
      if (!keeps(filter) || verdicts.every(({ limit }) => limit === undefined)) break;
      packets = packets.filter((_, i) => verdicts[i]!.limit === undefined);
    }
  } catch (error) {
    const expected = await lua.run(filter, packets);
    const detail = error instanceof Error ? error.message : String(error);
    return { expected, actual: [], packets, difference: { kind: kindOf(error), detail, packet: 0 } };
  }
  const { verdicts: expected, kept } = await lua.outcome(filter, packets);
  const found = { expected, actual: actual.verdicts, packets };
  const packet = actual.verdicts.findIndex((verdict, i) => !agrees(verdict, expected[i]!));
  if (packet >= 0) {
    const detail = `compiled ${essence(actual.verdicts[packet]!)}, ${lua.name} ${essence(expected[packet]!)}`;
    return { ...found, difference: { kind: 'differs', detail, packet } };
  }
  if (actual.kept === kept) return { ...found, difference: undefined };
  const detail = `compiled ${JSON.stringify(actual.kept)}, ${lua.name} ${JSON.stringify(kept)}`;
  return { ...found, difference: { kind: 'keeps something else', detail, packet: packets.length - 1 } };
}

function kindOf(error: unknown): string {
  if (error instanceof Rejected) return `rejected: ${error.codes[0]}`;
  const first = error instanceof Error ? (error.message.split('\n')[0] ?? '') : '';
  return first.startsWith('refused') ? 'refused by the validator' : `fails: ${first.replace(/\d+/g, 'N')}`;
}
