/**
 * What is known at a point of the program: where the packet's headers are, and what loads have given. A header is looked
 * for, and a load done, once on each path: what was found stays in registers for as long as the code that found it
 * dominates the code that asks.
 */
import type { Instance, Local } from '../check/tree.ts';
import type { Place } from './operand.ts';

/** What is known: a length of the packet, what a function of it finds, or a value that takes a load, by its term. */
export type FactName = 'wirelen' | 'caplen' | Instance | `=${string}`;

export interface Fact {
  readonly name: FactName;
  /**
   * One a result of a function, one for a load. None for a load that is done again where it is asked for again.
   */
  readonly words: readonly Place[];
  /** The locals that its name is made of. */
  readonly reads: readonly Local[];
  /** Of a load: its number in the order of the source. */
  readonly load?: { readonly number: number };
}
export type Facts = ReadonlyMap<FactName, Fact>;

export const noFacts: Facts = new Map();

/** What is known on both of two paths. */
export function common(a: Facts, b: Facts): Facts {
  if (a === b) return a;
  return new Map([...a].filter(([name, fact]) => b.get(name) === fact));
}

/** Loads that are remembered at a point of the program, so that a long filter takes no time that grows with its square. */
const mostLoads = 200;

/** What is known once a fact is found, too. */
export function withFact(facts: Facts, fact: Fact): Facts {
  const more = new Map(facts);
  if (fact.load !== undefined && facts.size > mostLoads)
    for (const [name, { load }] of facts) {
      if (load === undefined) continue;
      more.delete(name);
      break;
    }
  return more.set(fact.name, fact);
}

/** What is still known when these locals have other values. */
export function withoutReads(facts: Facts, locals: ReadonlySet<Local>): Facts {
  const changes = ({ reads }: Fact): boolean => reads.some((local) => locals.has(local));
  return [...facts.values()].some(changes) ? new Map([...facts].filter(([, fact]) => !changes(fact))) : facts;
}

/** What is still known when the packet has been written to. */
export const withoutBytes = (facts: Facts): Facts =>
  new Map([...facts].filter(([name]) => name === 'wirelen' || name === 'caplen'));
