/** Runs a filter's source the compiled way, and says what happened in the oracle's words. */
import { compile } from '../../compiler/index.ts';
import { type Fault, load } from '../../vm/index.ts';
import { stringAt } from '../../vm/program/program.ts';
import type { ErrorClass, OraclePacket, Verdict } from '../oracle/lua.ts';

const classes: Readonly<Partial<Record<Fault['code'], ErrorClass>>> = { 1: 'bounds', 4: 'zero' };

/** Compiles for Ethernet, or `linktype`; throws with all diagnostics where the source is rejected. */
export function runCompiled(source: string, packets: readonly OraclePacket[], linktype = 1): Verdict[] {
  const { bytes, program, diagnostics } = compile(source, { linktype });
  if (diagnostics !== undefined) {
    const texts = diagnostics.map(({ code, message, span }) => `${span.line}:${span.column}: ${code}: ${message}`);
    throw new Error(`rejected\n${texts.join('\n')}\n${source}`);
  }
  const { filter, problem, refusals } = load(bytes);
  if (filter === undefined) throw new Error(`refused ${JSON.stringify(problem ?? refusals)}\n${source}`);
  return packets.map((packet) => {
    const verdict = filter.run(packet.bytes, 0, packet.bytes.length, packet.wirelen);
    const { fault } = filter;
    if (fault === undefined) return { verdict };
    const message = fault.code === 13 ? (stringAt(program.strings, fault.argument) ?? '') : '';
    const isType = /^(attempt to|bad argument)/.test(message);
    return { verdict, error: classes[fault.code] ?? (isType ? 'type' : 'error'), message };
  });
}
