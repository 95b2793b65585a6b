/** A campaign: random filters, each compiled and in stock Lua over the same random packets, with what came of it. */
import { randomPacket, rng } from '../../scripts/packets.mjs';
import type { Filter, Oracle, OraclePacket } from '../oracle/lua.ts';
import { compare, keeps } from './compare.ts';
import { constructsOf } from './constructs.ts';
import { randomFilter } from './filters.ts';
import { regressText, writeRegress } from './regress.ts';
import { shrink } from './shrink.ts';

/** How often something ended how. */
interface Tally {
  accept: number;
  reject: number;
  filters: number;
}

export interface Campaign {
  readonly filters: number;
  readonly packets: number;
  /** Pairs of a filter and a packet, by what came of them: accept, reject, a class of errors, a limit. */
  readonly outcomes: ReadonlyMap<string, number>;
  readonly constructs: ReadonlyMap<string, Tally>;
  /** Filters that the compiler rejects: a value in them is surely of the wrong type, or they need too many registers. */
  readonly rejected: number;
  /** What differed: the file that it was shrunk to, and how. */
  readonly failures: readonly string[];
}

export interface CampaignOptions {
  readonly seed: number;
  readonly mode: 'bits32' | 'bits64';
  /** Whether failures are shrunk and written down; else the campaign ends with the first. */
  readonly shrinks: boolean;
  /** Whether to go on, asked with the number of filters so far. */
  readonly goesOn: (filters: number) => boolean;
}

/** Failures that are shrunk before a campaign ends. */
const enough = 5;

/** The random packets of a seed. */
export function packetsOf(seed: number, count = 50): OraclePacket[] {
  const random = rng(seed);
  return Array.from({ length: count }, () => randomPacket(random));
}

/** A type that flow knows better than the generator, or a filter that is too much for the registers. */
const isKnown = (kind: string): boolean => /^rejected: (type-(arithmetic|order|index|equal)|too-complex)$/.test(kind);

export async function campaign(lua: Oracle, { seed, mode, shrinks, goesOn }: CampaignOptions): Promise<Campaign> {
  const packets = packetsOf(seed);
  const outcomes = new Map<string, number>();
  const constructs = new Map<string, Tally>();
  const failures: string[] = [];
  let filters = 0;
  let rejected = 0;
  for (; goesOn(filters) && failures.length < (shrinks ? enough : 1); filters++) {
    const hasWorld = filters % 3 === 2;
    const { text, modules, args, stores } = randomFilter(rng(seed * 1_000_003 + filters), mode, hasWorld);
    const filter = { text, ...(hasWorld ? { modules, args } : {}) };
    const own = stores ? packets.map((packet) => ({ ...packet, writable: true })) : packets;
    const { expected, actual, packets: compared, difference } = await compare(filter, own, lua);
    if (difference !== undefined && isKnown(difference.kind)) rejected++;
    else if (difference !== undefined) {
      const name = `${mode}-${seed}-${filters}`;
      if (!shrinks) failures.push(`${name} ${difference.kind}: ${difference.detail}`);
      else {
        const from = keeps(filter) ? 0 : difference.packet;
        const some = compared.slice(from, difference.packet + 1);
        failures.push(await report(name, filter, some, difference.kind, lua));
      }
    }
    const seen = { accept: 0, reject: 0, filters: 1 };
    for (const [i, { limit }] of actual.entries()) {
      const { verdict, error } = expected[i]!;
      const verdictName = verdict > 0 ? 'accept' : 'reject';
      const outcome = limit === undefined ? (error ?? verdictName) : `limit ${limit}`;
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      if (limit === undefined && error === undefined) seen[verdictName]++;
    }
    for (const name of constructsOf(filter)) add(constructs, name, seen);
  }
  return { filters, packets: packets.length, outcomes, constructs, rejected, failures };
}

function add(tallies: Map<string, Tally>, name: string, seen: Tally): void {
  const tally = tallies.get(name) ?? { accept: 0, reject: 0, filters: 0 };
  for (const key of ['accept', 'reject', 'filters'] as const) tally[key] += seen[key];
  tallies.set(name, tally);
}

/** Shrinks a failure to a file; says where, and what it is. */
async function report(
  name: string,
  filter: Filter,
  packets: readonly OraclePacket[],
  kind: string,
  lua: Oracle,
): Promise<string> {
  const fails = async (smaller: Filter, some: readonly OraclePacket[]): Promise<boolean> => {
    try {
      return (await compare(smaller, some, lua)).difference?.kind === kind;
    } catch {
      // Not a filter any more.
      return false;
    }
  };
  const small = await shrink(filter, packets, fails);
  const { difference } = await compare(small.filter, small.packets, lua);
  const detail = difference?.detail.split('\n')[0] ?? kind;
  const why = `${kind}: ${detail}`;
  return `${writeRegress(name, why, small.filter, small.packets)}\n${regressText(why, small.filter, small.packets)}`;
}

/** The distribution, as lines to print. */
export function distribution({ filters, packets, outcomes, constructs, rejected }: Campaign): string {
  const total = [...outcomes.values()].reduce((sum, n) => sum + n, 0);
  const shares = [...outcomes]
    .sort(([, a], [, b]) => b - a)
    .map(([outcome, n]) => `${outcome} ${((100 * n) / total).toFixed(1)} %`);
  const rows = [...constructs]
    .sort(([, a], [, b]) => b.filters - a.filters)
    .map(([name, { filters: n, accept, reject }]) => `${name} ${n} (${accept}, ${reject})`);
  return [
    `${filters} filters on ${packets} packets; ${rejected} rejected`,
    shares.join(', '),
    `constructs, in how many filters (runs that accept, that reject): ${rows.join('; ')}`,
  ].join('\n');
}

/** The share of the pairs that came to a verdict of their own. */
export function verdictShare({ outcomes }: Campaign): number {
  const total = [...outcomes.values()].reduce((sum, n) => sum + n, 0);
  return ((outcomes.get('accept') ?? 0) + (outcomes.get('reject') ?? 0)) / total;
}
