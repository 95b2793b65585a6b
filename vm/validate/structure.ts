/**
 * How instructions hang together: jumps and bodies stay where they belong, every path ends in EXIT, backward jumps make
 * loops with one way in, exits leave what is there. Assumes that `fields.ts` found nothing.
 */
import type { Instruction } from '../isa/codec.ts';
import { exitClasses } from '../isa/instructions.ts';
import { bodyClasses } from './fields.ts';
import { bodyOf, type Code, type Edges, edgesOf, isBackward, mainOf, targetOf } from './flow.ts';
import type { Refusals } from './refusal.ts';
import { findRegions, type Regions } from './regions.ts';
import { checkWindows, type FunctionInfo } from './windows.ts';

export interface Structure {
  /** See `Edges`. */
  readonly next: Edges;
  /** Where a run begins: the first instruction of the program's own function, a leading JA to it left out. */
  readonly entry: number;
  readonly regions: Regions;
  /** By the functions' roots. */
  readonly functions: ReadonlyMap<number, FunctionInfo>;
}

/** The structure of a program, or undefined for one that is refused; `refusals` then says why. */
export function checkStructure(
  code: Code,
  { entry, headerless = false }: { readonly entry: number; readonly headerless?: boolean },
  backwardJumps: 'refuse' | 'door',
  refusals: Refusals,
): Structure | undefined {
  if (!(Number.isInteger(entry) && entry >= 0 && entry < code.length)) {
    refusals.refuse('entry', 14, entry, () => `the entry is ${entry}; the last instruction is ${code.length - 1}`);
    return undefined;
  }
  const next = edgesOf(code);
  for (let pc = 0; pc < code.length; pc++) {
    const instruction = code[pc];
    if (instruction !== undefined) checkEdges(code, next[pc]!, instruction, pc, backwardJumps, refusals);
  }
  if (refusals.count > 0) return undefined;
  const main = mainOf(code, entry, headerless);
  const leaps = main !== entry;
  const regions = findRegions(code, next, main, leaps, refusals);
  if (regions === undefined) return undefined;
  checkBorders(code, next, regions, leaps, refusals);
  checkExits(code, regions, refusals);
  checkBackward(code, next, refusals);
  const functions = checkWindows(code, regions, main, refusals);
  return refusals.count > 0 ? undefined : { entry: main, next, regions, functions };
}

function checkEdges(
  code: Code,
  targets: readonly number[],
  instruction: Instruction,
  pc: number,
  backwardJumps: 'refuse' | 'door',
  refusals: Refusals,
): void {
  const { mnemonic } = instruction;
  if (isBackward(instruction) && backwardJumps === 'refuse') {
    const to = targetOf(instruction, pc);
    refusals.refuse(
      'backward-jump',
      14,
      pc,
      () => `ja at ${pc}: goes back to ${to}; this host takes no backward jumps`,
    );
    return;
  }
  const check = (target: number): void => {
    const last = code.length - 1;
    if (target >= 0 && target <= last) return;
    if ((target === pc + 1 && instruction.row.class !== 'JMP') || instruction.row.layout === 'length')
      refusals.refuse('falls-off', 14, pc, () => `${mnemonic} at ${pc}: the last instruction must be an exit`);
    else {
      const what = target < 0 ? 'before the first instruction' : `the last instruction is ${last}`;
      refusals.refuse('jump-range', 14, pc, () => `${mnemonic} at ${pc}: goes to ${target}, ${what}`);
    }
  };
  for (const target of targets) check(target);
  if (mnemonic === 'loop') check(bodyOf(instruction, pc));
}

function checkBorders(code: Code, edges: Edges, regions: Regions, leaps: boolean, refusals: Refusals): void {
  for (let pc = 0; pc < code.length; pc++) {
    const instruction = code[pc];
    if (instruction === undefined) continue;
    const here = regions[pc]!;
    for (const next of edges[pc]!) {
      // The JA that a program without header begins with alone leads to another function.
      if (leaps && pc === 0) continue;
      const there = regions[next]!;
      const where = (): string => `${instruction.mnemonic} at ${pc}: goes to ${next}`;
      if (there.root !== here.root)
        refusals.refuse('function-left', 14, pc, () => `${where()}, out of its function; only calls and exits do`);
      else if (there !== here && there.depth > here.depth)
        refusals.refuse('body-entered', 14, pc, () => `${where()}, into a loop's body; only its loop runs it`);
      else if (there !== here)
        refusals.refuse('body-left', 14, pc, () => `${where()}, out of a loop's body; only an exit leaves it`);
      else if (next === here.root && code[next]!.mnemonic === 'prolog')
        refusals.refuse('prolog-place', 14, pc, () => `${where()}, a prolog, where only a call leads`);
    }
    const body = bodyOf(instruction, pc);
    if (instruction.mnemonic === 'loop' && regions[body]!.parent !== here)
      refusals.refuse(
        'loop-body',
        14,
        pc,
        () => `loop at ${pc}: it and its body at ${body} do not lie in the same body`,
      );
  }
}

function checkExits(code: Code, regions: Regions, refusals: Refusals): void {
  for (let pc = 0; pc < code.length; pc++) {
    const instruction = code[pc];
    if (instruction?.mnemonic === 'exit') checkExit(instruction, pc, regions[pc]!.depth, refusals);
  }
}

function checkExit({ jt, high }: Instruction, pc: number, depth: number, refusals: Refusals): void {
  const name = exitClasses[high]!;
  if (bodyClasses.includes(name) && depth === 0)
    refusals.refuse('exit-class', 14, pc, () => `exit at ${pc}: ${name} stands only in a loop's body`);
  const leaves = depth > 0 && (name === 'ok' || bodyClasses.includes(name));
  const most = leaves ? depth - 1 : 0;
  if (jt > most)
    refusals.refuse('exit-levels', 14, pc, () => `exit at ${pc}: leaves ${jt} bodies; here it may leave ${most}`);
}

/** The instructions that a backward jump runs again: from its target to itself. */
interface Turn {
  readonly first: number;
  readonly last: number;
  /** The next one around it that goes back to another place. */
  readonly outer: Turn | undefined;
}

/**
 * Backward jumps must be loops as a programmer writes them: two of them nest or are apart, and nothing jumps into the
 * middle of one from outside. So the flow is reducible, and a compiler can make structured loops of it.
 */
function checkBackward(code: Code, edges: Edges, refusals: Refusals): void {
  const turns: { readonly first: number; readonly last: number }[] = [];
  for (let pc = 0; pc < code.length; pc++) {
    const instruction = code[pc];
    if (instruction !== undefined && isBackward(instruction))
      turns.push({ first: targetOf(instruction, pc), last: pc });
  }
  if (turns.length === 0) return;
  turns.sort((a, b) => a.first - b.first || b.last - a.last);
  const around: Turn[] = [];
  /** By instruction, the innermost turn around it. */
  const innermost: (Turn | undefined)[] = [];
  let at = 0;
  for (let pc = 0; pc < code.length; pc++) {
    while (around.length > 0 && around.at(-1)!.last < pc) around.pop();
    for (; turns[at]?.first === pc; at++) {
      const { first, last } = turns[at]!;
      const enclosing = around.at(-1);
      if (enclosing !== undefined && enclosing.last < last) {
        refusals.refuse(
          'backward-overlap',
          14,
          last,
          () =>
            `ja at ${last}: goes back to ${first}, into the loop from ${enclosing.first} to ${enclosing.last}, and leaves it`,
        );
        return;
      }
      around.push({ first, last, outer: enclosing?.first === first ? enclosing.outer : enclosing });
    }
    innermost.push(around.at(-1));
  }
  for (let pc = 0; pc < code.length; pc++) {
    for (const next of edges[pc]!) checkWayIn(pc, next, innermost[next], refusals);
  }
}

/** An edge from outside a loop may lead only to where the loop begins. */
function checkWayIn(pc: number, next: number, turn: Turn | undefined, refusals: Refusals): void {
  for (let loop = turn; loop !== undefined; loop = loop.outer) {
    const { first, last } = loop;
    if (pc >= first && pc <= last) return;
    if (first === next) continue;
    refusals.refuse(
      'irreducible',
      14,
      pc,
      () => `the instruction at ${pc} goes to ${next}, into the middle of the loop from ${first} to ${last}`,
    );
    return;
  }
}
