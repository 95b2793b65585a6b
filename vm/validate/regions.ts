/**
 * Which instructions belong together. A function reaches from its root (the entry, or where a CALL goes) to the next
 * one's; a loop body in it reaches from its first instruction to the last one that can run in it, bodies that start in
 * it included. Every instruction, dead ones too, belongs to its innermost region, and no edge may cross a border.
 */
import { bodyOf, type Code, type Edges, targetOf } from './flow.ts';
import type { Refusals } from './refusal.ts';

/** Frames that may be active together, the program's own included. */
export const maxFrames = 32;

/** A range of instructions, `last` included, that is entered at its first only. */
export interface Region {
  readonly first: number;
  readonly last: number;
  /** The region around it; undefined for a function. */
  readonly parent: Region | undefined;
  /** Loop bodies of its function around its instructions, 0 in the function itself. */
  readonly depth: number;
  /** The function it lies in; itself for a function. */
  readonly root: number;
}

/** By instruction, the innermost region. */
export type Regions = readonly Region[];

/**
 * The regions, or undefined where functions or bodies are not laid out as they must be. `leaps` says that the first
 * instruction is a JA to `main`: it counts as a function by itself.
 */
export function findRegions(
  code: Code,
  edges: Edges,
  main: number,
  leaps: boolean,
  refusals: Refusals,
): Regions | undefined {
  const roots = findRoots(code, main, leaps, refusals);
  const bodies = findBodies(code, roots, refusals);
  if (refusals.count > 0) return undefined;
  const ends = bodyEnds(code, edges, bodies, refusals);
  if (ends === undefined) return undefined;
  const regions: Region[] = [];
  const functions = [...roots].sort((a, b) => a - b);
  for (const [i, first] of functions.entries()) {
    const last = (functions[i + 1] ?? code.length) - 1;
    let region: Region = { first, last, parent: undefined, depth: 0, root: first };
    // Data before the first function are counted to it.
    for (let pc = i === 0 ? 0 : first; pc <= last; pc++) {
      while (pc > region.last && region.parent !== undefined) region = region.parent;
      const end = ends.get(pc);
      if (end !== undefined) region = { first: pc, last: end, parent: region, depth: region.depth + 1, root: first };
      regions.push(region);
    }
  }
  return regions;
}

/** Where functions begin. What stands before the first of them would belong to none. */
function findRoots(code: Code, main: number, leaps: boolean, refusals: Refusals): ReadonlySet<number> {
  const roots = new Set(leaps ? [0, main] : [main]);
  for (let pc = 0; pc < code.length; pc++) {
    const instruction = code[pc];
    if (instruction?.mnemonic !== 'call') continue;
    const target = targetOf(instruction, pc);
    if (target < 0)
      refusals.refuse('jump-range', 14, pc, () => `call at ${pc}: goes to ${target}, before the first instruction`);
    else if (target >= pc)
      refusals.refuse('call-forward', 14, pc, () => `call at ${pc}: goes to ${target}; calls go backward`);
    else roots.add(target);
  }
  let first = main;
  for (const root of roots) first = Math.min(first, root);
  const stray = code.findIndex((instruction) => instruction !== undefined);
  if (first > stray)
    refusals.refuse(
      'no-function',
      14,
      stray,
      () => `instructions ${stray} to ${first - 1} belong to no function: none starts there`,
    );
  return roots;
}

/** Where loop bodies begin. */
function findBodies(code: Code, roots: ReadonlySet<number>, refusals: Refusals): number[] {
  const runBy = new Map<number, number>();
  for (let pc = 0; pc < code.length; pc++) {
    const instruction = code[pc];
    if (instruction?.mnemonic !== 'loop') continue;
    const root = bodyOf(instruction, pc);
    const other = runBy.get(root);
    if (other !== undefined)
      refusals.refuse(
        'body-shared',
        14,
        pc,
        () => `loop at ${pc}: the body at ${root} is run by the loop at ${other} already`,
      );
    if (roots.has(root))
      refusals.refuse('body-called', 14, pc, () => `loop at ${pc}: its body at ${root} is the start of a function`);
    runBy.set(root, pc);
  }
  return [...runBy.keys()].sort((a, b) => b - a);
}

/**
 * The last instruction of each body, by its first. Bodies lie behind their LOOPs, so from the last one to the first
 * the inner bodies are known before the ones around them. A body inside is taken in whole, so that bodies always nest;
 * an edge into it, and a LOOP elsewhere that runs it, are refused later. No instruction is walked over twice: what an
 * inner body has reached is its own.
 */
function bodyEnds(
  code: Code,
  edges: Edges,
  bodies: readonly number[],
  refusals: Refusals,
): ReadonlyMap<number, number> | undefined {
  const ends = new Map<number, number>();
  const reached = new Uint8Array(code.length);
  /** The outermost bodies so far, the nearest on top, each with how deep bodies nest in it. */
  const behind: { first: number; end: number; depth: number }[] = [];
  for (const first of bodies) {
    let end = lastReached(code, edges, first, reached);
    let depth = 1;
    for (let next = behind.at(-1); next !== undefined && next.first <= end; next = behind.at(-1)) {
      depth = Math.max(depth, next.depth + 1);
      end = Math.max(end, next.end);
      behind.pop();
    }
    if (depth >= maxFrames) {
      const most = maxFrames - 1;
      refusals.refuse(
        'frames',
        5,
        first,
        () => `the body at ${first} holds ${depth} levels of bodies; ${most} are the most`,
      );
      return undefined;
    }
    ends.set(first, end);
    behind.push({ first, end, depth });
  }
  return ends;
}

/** The last instruction that can be reached from `first` without passing over one that is marked; marks them. */
function lastReached(code: Code, edges: Edges, first: number, reached: Uint8Array): number {
  const work = [first];
  let end = first;
  for (let pc = work.pop(); pc !== undefined; pc = work.pop()) {
    if (reached[pc] === 1) continue;
    reached[pc] = 1;
    end = Math.max(end, pc);
    const instruction = code[pc]!;
    for (const next of edges[pc]!) work.push(next);
    // The body that a LOOP runs is taken in by where it starts.
    if (instruction.mnemonic === 'loop') end = Math.max(end, bodyOf(instruction, pc));
  }
  return end;
}
