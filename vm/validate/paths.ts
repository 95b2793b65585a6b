/**
 * The longest paths of a program: lp(pc) is the most that a run takes from pc to the end of its function or body, in
 * instructions and what host functions declare. A backward jump ends a path; what it leads to is counted by itself.
 * Where a loop's count or a host function's cost depends on the captured length, so does lp: it is found for one
 * length, or as a polynomial of it that no length makes too small.
 */
import { type Cost, costOf, type Host } from '../host/host.ts';
import type { Instruction } from '../isa/codec.ts';
import { bodyOf, type Code, isBackward, targetOf } from './flow.ts';
import { type Count, findCounts } from './ranges/index.ts';
import type { Validated } from './validated.ts';

/** Powers of the captured length, from 0, that polynomials have; loops that nest deeper count by the cap. */
export const powers = 4;
/** A full Ethernet frame: of two bounds of a count, polynomials take the one that is less here. */
const usualLength = 1500;

/** What an instruction runs or costs besides itself and what follows it. */
interface Inside {
  /** Where the body or function begins that it runs; undefined for a call of the host. */
  readonly at?: number;
  /** How often it does, the cap taken in. */
  readonly count: Count;
  /** It costs the dearest of these. */
  readonly costs: readonly Cost[];
}

/** The forward graph, flat, since paths through it are looked for many times. */
export interface Graph {
  readonly length: number;
  /** Where the run begins. */
  readonly entry: number;
  /** Of functions, ascending: calls go to lower ones, all else to higher pcs. */
  readonly roots: readonly number[];
  /** By pc, two of the next instructions; -1 for none. */
  readonly next: Int32Array;
  readonly other: Int32Array;
  /** By pc, the next instructions of a jump table. */
  readonly tables: ReadonlyMap<number, readonly number[]>;
  /** By pc. */
  readonly inside: readonly (Inside | undefined)[];
  /** Where backward jumps go that a run can get to. */
  readonly turns: readonly number[];
}

export function graphOf(validated: Validated, host: Host): Graph {
  const { code, entry, functions, next: edges } = validated;
  const next = new Int32Array(code.length).fill(-1);
  const other = new Int32Array(code.length).fill(-1);
  const tables = new Map<number, readonly number[]>();
  const inside: (Inside | undefined)[] = [];
  const counts = findCounts(validated);
  for (let pc = 0; pc < code.length; pc++) {
    const i = code[pc];
    inside.push(i === undefined ? undefined : insideOf(validated, host, counts, i, pc));
    if (i === undefined || isBackward(i)) continue;
    const targets = edges[pc]!;
    if (targets.length > 2) tables.set(pc, targets);
    else {
      next[pc] = targets[0] ?? -1;
      other[pc] = targets[1] ?? -1;
    }
  }
  const roots = [...functions.keys()].sort((a, b) => a - b);
  const graph = { length: code.length, entry, roots, next, other, tables, inside };
  return { ...graph, turns: reachedTurns(code, graph) };
}

const none: readonly number[] = [];
const once: Count = { most: 1, beyond: Number.POSITIVE_INFINITY };

function insideOf(
  { bindings }: Validated,
  { coprocessor, loopCap }: Host,
  counts: ReadonlyMap<number, Count>,
  i: Instruction,
  pc: number,
): Inside | undefined {
  switch (i.mnemonic) {
    case 'call':
      return { at: targetOf(i, pc), count: once, costs: [] };
    case 'loop': {
      const byRegister = (i.variant.bits & 0x18) !== 0;
      const { most, beyond } = (byRegister ? counts.get(pc) : { ...once, most: i.k }) ?? { ...once, most: loopCap };
      return { at: bodyOf(i, pc), count: { most: Math.min(most, loopCap), beyond }, costs: [] };
    }
    case 'host':
      return { count: once, costs: [bindings.functions.get(i.k)!.cost] };
    case 'cop':
      return { count: once, costs: Object.hasOwn(coprocessor, i.k) ? [coprocessor[i.k]!.cost] : [] };
    case 'copx':
      return { count: once, costs: Object.values(coprocessor).map(({ cost }) => cost) };
    default:
      return undefined;
  }
}

/** What follows an instruction in its region. */
const following = ({ next, other, tables }: Omit<Graph, 'turns'>, pc: number): readonly number[] =>
  tables.get(pc) ?? [next[pc]!, other[pc]!].filter((to) => to >= 0);

function reachedTurns(code: Code, graph: Omit<Graph, 'turns'>): number[] {
  const turns = new Set<number>();
  if (!code.some((i) => i !== undefined && isBackward(i))) return [];
  const seen = new Uint8Array(code.length);
  const work = [graph.entry];
  for (let pc = work.pop(); pc !== undefined; pc = work.pop()) {
    if (seen[pc] === 1) continue;
    seen[pc] = 1;
    const i = code[pc]!;
    // The way on from a target is reached by the way to its jump.
    if (isBackward(i)) turns.add(targetOf(i, pc));
    for (const to of following(graph, pc)) work.push(to);
    const within = graph.inside[pc]?.at;
    if (within !== undefined) work.push(within);
  }
  return [...turns];
}

/** Whether lp is the same for every captured length. */
export const isConstant = ({ inside }: Graph): boolean =>
  inside.every(
    (runs) =>
      runs === undefined ||
      (runs.count.beyond === Number.POSITIVE_INFINITY && runs.costs.every(({ perByte }) => perByte === 0)),
  );

/** lp by pc for one captured length; without it, as polynomials: the coefficients of pc begin at pc * powers. */
export function longestPaths(graph: Graph, caplen: number | undefined): Float64Array {
  const { roots, next, other, tables, inside, length } = graph;
  const size = caplen === undefined ? powers : 1;
  const lp = new Float64Array(length * size);
  for (const [at, root] of roots.entries())
    for (let pc = (roots[at + 1] ?? length) - 1; pc >= root; pc--) {
      const own = pc * size;
      const a = next[pc]! * size;
      const b = other[pc]! * size;
      for (let power = 0; power < size; power++) {
        const most = a < 0 ? 0 : lp[a + power]!;
        lp[own + power] = b < 0 ? most : Math.max(most, lp[b + power]!);
      }
      for (const to of tables.get(pc) ?? none)
        for (let power = 0; power < size; power++) lp[own + power] = Math.max(lp[own + power]!, lp[to * size + power]!);
      lp[own]! += 1;
      const runs = inside[pc];
      if (runs === undefined) continue;
      if (caplen === undefined) addPolynomial(lp, own, runs);
      else lp[own]! += times(passes(runs, caplen), runs.at === undefined ? 0 : lp[runs.at]!) + costAt(runs, caplen);
    }
  return lp;
}

/** Infinity is what a double does not hold: none of it is none. */
const times = (count: number, steps: number): number => (count === 0 || steps === 0 ? 0 : count * steps);

const passes = ({ count: { most, beyond } }: Inside, caplen: number): number =>
  Math.min(most, Math.max(0, caplen + beyond));

const costAt = ({ costs }: Inside, caplen: number): number =>
  costs.reduce((most, cost) => Math.max(most, costOf(cost, caplen)), 0);

function addPolynomial(lp: Float64Array, own: number, { at, count: { most, beyond }, costs }: Inside): void {
  lp[own]! += Math.max(0, ...costs.map(({ base }) => base));
  lp[own + 1]! += Math.max(0, ...costs.map(({ perByte }) => perByte));
  if (at === undefined) return;
  const from = at * powers;
  const byLength = usualLength + beyond < most && lp[from + powers - 1] === 0;
  for (let power = 0; power < powers; power++) {
    const steps = lp[from + power]!;
    lp[own + power]! += times(byLength ? Math.max(0, beyond) : most, steps);
    if (byLength && steps > 0) lp[own + power + 1]! += steps;
  }
}

/** Which of some instructions has the longest path; undefined for none. */
export const longestOf = (pcs: readonly number[], lp: Float64Array): number | undefined =>
  pcs.reduce<number | undefined>((best, pc) => (best === undefined || lp[pc]! > lp[best]! ? pc : best), undefined);

/**
 * What the longest run over a packet spends on each instruction, by pc: how often it runs it, what the host declares
 * taken in. It jumps back once for each captured byte, always to the target that most comes behind.
 */
export function spentOn(graph: Graph, caplen: number): Float64Array {
  const { length, entry, roots, inside } = graph;
  const lp = longestPaths(graph, caplen);
  const runs = new Float64Array(length);
  const spent = new Float64Array(length);
  runs[entry] = 1;
  const turn = longestOf(graph.turns, lp);
  if (turn !== undefined) runs[turn]! += caplen;
  for (let at = roots.length - 1; at >= 0; at--)
    for (let pc = roots[at]!; pc < (roots[at + 1] ?? length); pc++) {
      const often = runs[pc]!;
      if (often === 0) continue;
      const within = inside[pc];
      spent[pc] = often * (1 + (within === undefined ? 0 : costAt(within, caplen)));
      if (within?.at !== undefined) runs[within.at]! += often * passes(within, caplen);
      const next = longestOf(following(graph, pc), lp);
      if (next !== undefined) runs[next]! += often;
    }
  return spent;
}
