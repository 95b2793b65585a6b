/** Compares a compiled filter with stock Lua, and says how they differ. */
import { ownText } from '../../cli/engines/harness.ts';
import type { Oracle, OraclePacket, Verdict } from '../oracle/lua.ts';
import { type Compiled, Rejected, runCompiled } from './run.ts';

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
  readonly difference: Difference | undefined;
}

/** What must be the same: verdict, prints, error by class; the filter's own messages word by word. */
export const essence = ({ verdict, error, message, printed }: Verdict): string =>
  JSON.stringify([verdict, error ?? '', error === 'error' ? ownText(message ?? '') : '', printed ?? '']);

/** Of a run that met a limit only what was printed before can be compared. */
const agrees = (compiled: Compiled, lua: Verdict): boolean =>
  compiled.limit === undefined
    ? essence(compiled) === essence(lua)
    : (lua.printed ?? '').startsWith(compiled.printed ?? '');

/** Runs a filter both ways. Throws where Lua does not load it. */
export async function compare(source: string, packets: readonly OraclePacket[], lua: Oracle): Promise<Comparison> {
  const expected = await lua.run(source, packets);
  let actual: Compiled[] = [];
  try {
    actual = runCompiled(source, packets);
  } catch (error) {
    const kind = kindOf(error);
    const detail = error instanceof Error ? error.message : String(error);
    return { expected, actual, difference: { kind, detail, packet: 0 } };
  }
  const packet = actual.findIndex((verdict, i) => !agrees(verdict, expected[i]!));
  if (packet < 0) return { expected, actual, difference: undefined };
  const detail = `compiled ${essence(actual[packet]!)}, ${lua.name} ${essence(expected[packet]!)}`;
  return { expected, actual, difference: { kind: 'differs', detail, packet } };
}

function kindOf(error: unknown): string {
  if (error instanceof Rejected) return `rejected: ${error.codes[0]}`;
  const first = error instanceof Error ? (error.message.split('\n')[0] ?? '') : '';
  return first.startsWith('refused') ? 'refused by the validator' : `fails: ${first.replace(/\d+/g, 'N')}`;
}
