/**
 * Where the packet's headers are known to be at a point of the program. A header is looked for once on each path: what
 * was found stays in registers for as long as the code that found it dominates the code that asks.
 */
import type { Place } from './operand.ts';

/** What is looked for: the packet's lengths, the network layer, a transport, the headers. */
export type FactName = 'wirelen' | 'caplen' | 'network' | 'transport' | 'eth' | 'vlan' | 'ip' | 'tcp' | 'udp';

/** One or two words: for a layer the protocol number and the offset, for a header its coded offset. */
export type Fact = readonly Place[];
export type Facts = ReadonlyMap<FactName, Fact>;

export const noFacts: Facts = new Map();

/** What is known on both of two paths. */
export function common(a: Facts, b: Facts): Facts {
  if (a === b) return a;
  return new Map([...a].filter(([name, fact]) => b.get(name) === fact));
}
