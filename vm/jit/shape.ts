/**
 * The flow of a function or of a loop's body as WebAssembly wants it: nested. All jumps but those of loops go forward,
 * and every loop has one way in (the validator sees to both), so that instructions keep their order: what a forward jump
 * leads to ends a block that is opened where the innermost loop around begins, and a backward jump goes to the head of a loop.
 */
import { type Code, isBackward, successors, targetOf } from '../validate/flow.ts';
import type { Regions } from '../validate/regions.ts';

/** Something to do at an instruction of the region. */
export interface Place {
  readonly pc: number;
  /** The instruction behind it, without a jump; -1 at the end. */
  readonly next: number;
  /** Blocks that end in front of it: one, if it is a target of forward jumps. */
  readonly endsBlock: boolean;
  /** Whether a loop begins here, then, the targets inside it to which blocks are opened, the farthest first. */
  readonly loop: readonly number[] | undefined;
  /** Loops that end behind it. */
  readonly loopsEnded: number;
}

export interface Shape {
  /** Targets to which blocks are opened where the region begins, the farthest first. */
  readonly blocks: readonly number[];
  readonly places: readonly Place[];
}

/** The shape of the region that begins at `first`; instructions that no run gets to are left out. */
export function shapeOf(code: Code, regions: Regions, first: number): Shape {
  const region = regions[first]!;
  const reached = new Set<number>();
  const work = [first];
  for (let pc = work.pop(); pc !== undefined; pc = work.pop()) {
    if (reached.has(pc)) continue;
    reached.add(pc);
    work.push(...successors(code[pc]!, pc));
  }
  const order: number[] = [];
  for (let pc = first; pc <= region.last; pc++) if (reached.has(pc)) order.push(pc);
  const targets = new Set<number>();
  /** By the head of a loop, the last of its backward jumps. */
  const lasts = new Map<number, number>();
  for (const [at, pc] of order.entries()) {
    const i = code[pc]!;
    if (isBackward(i)) lasts.set(targetOf(i, pc), pc);
    else if (i.mnemonic === 'jtbl') for (const target of i.table!.targets) targets.add(target);
    else for (const target of successors(i, pc)) if (target !== order[at + 1]) targets.add(target);
  }
  const blocks: number[] = [];
  const inLoop = new Map<number, number[]>([...lasts.keys()].map((head) => [head, []]));
  const around: number[] = [];
  for (const pc of order) {
    while (around.length > 0 && lasts.get(around.at(-1)!)! < pc) around.pop();
    const head = around.at(-1);
    if (targets.has(pc)) (head === undefined ? blocks : inLoop.get(head)!).push(pc);
    if (lasts.has(pc)) around.push(pc);
  }
  const ends = new Map<number, number>();
  for (const last of lasts.values()) ends.set(last, (ends.get(last) ?? 0) + 1);
  const places = order.map((pc, at) => ({
    pc,
    next: order[at + 1] ?? -1,
    endsBlock: targets.has(pc),
    loop: inLoop.get(pc)?.reverse(),
    loopsEnded: ends.get(pc) ?? 0,
  }));
  return { blocks: blocks.reverse(), places };
}
