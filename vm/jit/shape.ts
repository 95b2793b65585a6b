/**
 * The flow of a function or of a loop's body as WebAssembly wants it: nested. All jumps but those of loops go forward,
 * and every loop has one way in (the validator sees to both), so that instructions keep their order: what a forward jump
 * leads to ends a block that is opened where the innermost loop around begins, and a backward jump goes to the head of a loop.
 */
import { isBackward, targetOf } from '../validate/flow.ts';
import type { Validated } from '../validate/validated.ts';

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
export function shapeOf({ code, next, regions }: Validated, first: number): Shape {
  const { last } = regions[first]!;
  /** By how far behind `first`: what all ways lead to goes forward, but for loops, whose heads have been reached. */
  const isReached = new Uint8Array(last - first + 1);
  const isTarget = new Uint8Array(last - first + 1);
  const order: number[] = [];
  /** By the head of a loop, the last of its backward jumps. */
  const lasts = new Map<number, number>();
  isReached[0] = 1;
  for (let pc = first; pc <= last; pc++) {
    if (isReached[pc - first] === 0) continue;
    order.push(pc);
    for (const to of next[pc]!) isReached[to - first] = 1;
  }
  for (let at = 0; at < order.length; at++) {
    const pc = order[at]!;
    const i = code[pc]!;
    if (isBackward(i)) lasts.set(targetOf(i, pc), pc);
    else for (const to of next[pc]!) if (to !== order[at + 1] || i.mnemonic === 'jtbl') isTarget[to - first] = 1;
  }
  const blocks: number[] = [];
  const inLoop = new Map<number, number[]>();
  const ends = new Map<number, number>();
  const around: number[] = [];
  for (const pc of order) {
    while (around.length > 0 && lasts.get(around.at(-1)!)! < pc) around.pop();
    const head = around.at(-1);
    if (isTarget[pc - first] === 1) (head === undefined ? blocks : inLoop.get(head)!).push(pc);
    const end = lasts.get(pc);
    if (end === undefined) continue;
    around.push(pc);
    inLoop.set(pc, []);
    ends.set(end, (ends.get(end) ?? 0) + 1);
  }
  const places = order.map((pc, at) => ({
    pc,
    next: order[at + 1] ?? -1,
    endsBlock: isTarget[pc - first] === 1,
    loop: inLoop.get(pc)?.reverse(),
    loopsEnded: ends.get(pc) ?? 0,
  }));
  return { blocks: blocks.reverse(), places };
}
