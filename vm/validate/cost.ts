/**
 * How much a run can cost at most (docs/cost.md). W is the longest path from the entry, B the longest from the target
 * of a backward jump, and the door lets a run over n captured bytes jump back n times: it takes at most T = W + n·B.
 */
import type { Host } from '../host/host.ts';
import { memoryUsed } from './fields.ts';
import { type Graph, graphOf, isConstant, longestOf, longestPaths, powers, spentOn } from './paths.ts';
import type { Validated } from './validated.ts';

/** What a run takes at most, in instructions and what host functions declare; on_fatal is not in it. */
export interface Bound {
  /** T for `caplen` captured bytes; Infinity past 2^53 - 1. */
  readonly at: (caplen: number) => number;
  /** The largest captured length for which T is within a budget: -1 for none, Infinity for any. */
  readonly longestWithin: (budget: number) => number;
  /** Which instructions the longest run over `caplen` bytes spends T on, by pc. */
  readonly spent: (caplen: number) => Float64Array;
  /** W as a polynomial: coefficients by power of the captured length, no less than W for any length. */
  readonly once: readonly number[];
  /** B, likewise: what each captured byte adds by a backward jump. */
  readonly aJump: readonly number[];
  /** What on_fatal adds where a fault ends a run; 0 without. */
  readonly onFatal: number;
  /** Functions and loop bodies that are active together. */
  readonly frames: number;
  /** Registers of the register stack that are in use together. */
  readonly registers: number;
  /** Words of M[], counted from 0 up. */
  readonly memoryWords: number;
}

/**
 * The largest captured length for which T is within a budget: -1 for none, Infinity for any. What the rest of a bound
 * takes to find is not for every program that is loaded.
 */
export function longestWithin(validated: Validated, host: Host, budget: number): number {
  const graph = graphOf(validated, host);
  return longest(graph, steps(validated, graph), budget);
}

/** T by captured length. */
function steps({ program, entry }: Validated, graph: Graph): Bound['at'] {
  return (caplen) => {
    const lp = longestPaths(graph, caplen);
    const turn = longestOf(graph.turns, lp);
    return exact(leapOf(program, entry) + lp[entry]! + (turn === undefined || caplen === 0 ? 0 : caplen * lp[turn]!));
  };
}

/** The JA to its main that a program without header may begin with. */
const leapOf = (program: Validated['program'], entry: number): number => (entry === program.entry ? 0 : 1);

/** The bound of a validated program on a host; each of its functions takes time in proportion to the program. */
export function bound(validated: Validated, host: Host): Bound {
  const { program, code, entry, functions, onFatal } = validated;
  const graph = graphOf(validated, host);
  const leap = leapOf(program, entry);
  const at = steps(validated, graph);
  const lp = longestPaths(graph, undefined);
  const largest = (pcs: readonly number[], power: number): number =>
    pcs.reduce((most, pc) => Math.max(most, lp[pc * powers + power]!), 0);
  const polynomial = (pcs: readonly number[]): number[] => {
    const all = Array.from({ length: powers }, (_, power) => largest(pcs, power));
    return all.slice(0, all.findLastIndex((coefficient) => coefficient > 0) + 1);
  };
  const [first = 0, ...more] = polynomial([entry]);
  const { frames, registers } = functions.get(entry)!;
  return {
    at,
    longestWithin: (budget) => longest(graph, at, budget),
    spent: (caplen) => {
      const spent = spentOn(graph, caplen);
      if (leap > 0) spent[program.entry]! += leap;
      return spent;
    },
    once: [leap + first, ...more].map(exact),
    aJump: polynomial(graph.turns).map(exact),
    onFatal: onFatal === undefined ? 0 : bound(onFatal, host).at(0),
    frames,
    registers,
    memoryWords: memoryUsed(code),
  };
}

/** Sums past this may have lost their last digit, but never sink below it again. */
const exact = (steps: number): number => (steps > Number.MAX_SAFE_INTEGER ? Number.POSITIVE_INFINITY : steps);

/** T grows with the captured length; by as much with each byte where W and B do not depend on it. */
function longest(graph: Graph, at: Bound['at'], budget: number): number {
  let [most, above] = [-1, 2 ** 32];
  if (at(above - 1) <= budget) return Number.POSITIVE_INFINITY;
  if (at(0) > budget) return most;
  if (isConstant(graph)) return Math.floor((budget - at(0)) / (at(1) - at(0)));
  while (above - most > 1) {
    const middle = Math.floor((most + above) / 2);
    if (at(middle) <= budget) most = middle;
    else above = middle;
  }
  return most;
}
