/**
 * How instructions hang together: jumps stay in the program, loop bodies are contiguous and nest, every path ends in
 * EXIT, windows hold the registers that are named. Assumes that `fields.ts` found nothing.
 *
 * A region is the program's one function or a loop body in it. Bodies are found from the inside of the LOOPs that run
 * them: a body reaches from its first instruction to the last one that can run in it, bodies that start in it included.
 * Every instruction, dead ones too, then belongs to its innermost region, and no edge may cross a region's border.
 */
import type { Instruction } from '../isa/codec.ts';
import { exitClasses } from '../isa/instructions.ts';
import { isLoopCounter, LC0, operandName, windowIndex, windowSize } from '../isa/registers.ts';
import { bodyClasses, registerUses } from './fields.ts';
import type { Refusals } from './refusal.ts';

/** Frames that may be active together, the program's own included. */
export const maxFrames = 32;

/** A range of instructions, `last` included, that is entered at its first only. */
export interface Region {
  readonly first: number;
  readonly last: number;
  /** The region around it; undefined for the function. */
  readonly parent: Region | undefined;
  /** Loop bodies around its instructions, 0 in the function itself. */
  readonly depth: number;
}

/** By instruction, the innermost region. */
export type Regions = readonly Region[];

/** Where control goes from an instruction within its region; a LOOP's body is not among them. */
export function successors(instruction: Instruction, pc: number): number[] {
  if (instruction.mnemonic === 'exit') return [];
  if (instruction.mnemonic === 'ja') return [pc + 1 + (instruction.k | 0)];
  if (instruction.row.class === 'JMP') return [pc + 1 + instruction.jt, pc + 1 + instruction.jf];
  return [pc + 1];
}

/** The regions, or undefined for a program that is refused; `refusals` then says why. */
export function checkStructure(code: readonly Instruction[], entry: number, refusals: Refusals): Regions | undefined {
  if (entry !== 0) {
    // Without calls there is one function, and it starts where the code does.
    const what = 'this version of the machine carries only programs that start at 0';
    refusals.refuse('entry', 14, entry, () => `the entry is ${entry}; ${what}`);
    return undefined;
  }
  for (const [pc, instruction] of code.entries()) checkEdges(code, instruction, pc, refusals);
  if (refusals.count > 0) return undefined;
  const regions = findRegions(code, refusals);
  if (regions === undefined) return undefined;
  checkBorders(code, regions, refusals);
  checkWindow(code, regions, refusals);
  checkExits(code, regions, refusals);
  return refusals.count > 0 ? undefined : regions;
}

function checkEdges(code: readonly Instruction[], instruction: Instruction, pc: number, refusals: Refusals): void {
  const { mnemonic } = instruction;
  const last = code.length - 1;
  if (mnemonic === 'ja' && (instruction.k | 0) < 0) {
    const what = 'this version of the machine does not carry backward jumps';
    refusals.refuse('not-ready', 14, pc, () => `ja at ${pc}: ${what}`);
    return;
  }
  const targets = successors(instruction, pc);
  if (mnemonic === 'loop') targets.push(pc + 1 + instruction.jt);
  for (const target of targets) {
    if (target <= last) continue;
    if (target === pc + 1 && instruction.row.class !== 'JMP')
      refusals.refuse('falls-off', 14, pc, () => `${mnemonic} at ${pc}: the last instruction must be an exit`);
    else
      refusals.refuse(
        'jump-range',
        14,
        pc,
        () => `${mnemonic} at ${pc}: goes to ${target}, the last instruction is ${last}`,
      );
  }
}

/** The innermost region of every instruction, or undefined where bodies do not nest. */
function findRegions(code: readonly Instruction[], refusals: Refusals): Regions | undefined {
  const runBy = new Map<number, number>();
  for (const [pc, instruction] of code.entries()) {
    if (instruction.mnemonic !== 'loop') continue;
    const root = pc + 1 + instruction.jt;
    const other = runBy.get(root);
    if (other !== undefined) {
      const what = `the body at ${root} is run by the loop at ${other} already`;
      refusals.refuse('body-shared', 14, pc, () => `loop at ${pc}: ${what}`);
      return undefined;
    }
    runBy.set(root, pc);
  }
  const ends = bodyEnds(
    code,
    [...runBy.keys()].sort((a, b) => b - a),
    refusals,
  );
  if (ends === undefined) return undefined;
  const regions: Region[] = [];
  let region: Region = { first: 0, last: code.length - 1, parent: undefined, depth: 0 };
  for (let pc = 0; pc < code.length; pc++) {
    while (pc > region.last && region.parent !== undefined) region = region.parent;
    const last = ends.get(pc);
    if (last !== undefined) region = { first: pc, last, parent: region, depth: region.depth + 1 };
    regions.push(region);
  }
  return regions;
}

/**
 * The last instruction of each body, by its first. Bodies lie behind their LOOPs, so from the last root to the first
 * the inner bodies are known before the ones around them, and are stepped over: no instruction is walked twice.
 */
function bodyEnds(
  code: readonly Instruction[],
  roots: readonly number[],
  refusals: Refusals,
): ReadonlyMap<number, number> | undefined {
  const ends = new Map<number, number>();
  const reached = new Uint8Array(code.length);
  /** The outermost bodies so far, the nearest on top, each with how deep bodies nest in it. */
  const behind: { root: number; depth: number }[] = [];
  for (const root of roots) {
    const end = lastOfBody(code, root, ends, reached);
    let depth = 1;
    for (let next = behind.at(-1); next !== undefined && next.root <= end; next = behind.at(-1)) {
      depth = Math.max(depth, next.depth + 1);
      behind.pop();
    }
    if (depth >= maxFrames) {
      const most = maxFrames - 1;
      refusals.refuse(
        'frames',
        5,
        root,
        () => `the body at ${root} holds ${depth} levels of bodies; ${most} are the most`,
      );
      return undefined;
    }
    ends.set(root, end);
    behind.push({ root, depth });
  }
  return ends;
}

/**
 * The last instruction that can run in the body at `root`: a walk forward, since no jump goes backward. A body inside
 * is taken in whole and stepped over, so that bodies always nest; an edge into it, and a LOOP elsewhere that runs it,
 * are refused later, so what they lead to does not matter. `reached` marks what the walks have found.
 */
function lastOfBody(
  code: readonly Instruction[],
  root: number,
  inner: ReadonlyMap<number, number>,
  reached: Uint8Array,
): number {
  let end = root;
  reached[root] = 1;
  for (let pc = root; pc <= end; pc++) {
    const innerEnd = pc === root ? undefined : inner.get(pc);
    if (innerEnd !== undefined) {
      end = Math.max(end, innerEnd);
      pc = innerEnd;
      continue;
    }
    if (reached[pc] === 0) continue;
    const instruction = code[pc]!;
    for (const next of successors(instruction, pc)) {
      reached[next] = 1;
      end = Math.max(end, next);
    }
    if (instruction.mnemonic === 'loop') end = Math.max(end, inner.get(pc + 1 + instruction.jt) ?? end);
  }
  return end;
}

function checkBorders(code: readonly Instruction[], regions: Regions, refusals: Refusals): void {
  for (const [pc, instruction] of code.entries()) {
    for (const next of successors(instruction, pc)) {
      if (regions[next] === regions[pc]) continue;
      const [code, what] =
        regions[next]!.depth > regions[pc]!.depth
          ? ['body-entered', "into a loop's body; only its loop runs it"]
          : ['body-left', "out of a loop's body; only an exit leaves it"];
      refusals.refuse(code!, 14, pc, () => `${instruction.mnemonic} at ${pc}: goes to ${next}, ${what}`);
    }
    const body = pc + 1 + instruction.jt;
    if (instruction.mnemonic === 'loop' && regions[body]!.parent !== regions[pc])
      refusals.refuse(
        'loop-body',
        14,
        pc,
        () => `loop at ${pc}: it and its body at ${body} do not lie in the same body`,
      );
  }
}

function checkWindow(code: readonly Instruction[], regions: Regions, refusals: Refusals): void {
  const first = code[0]!;
  const open = first.mnemonic === 'prolog' ? first.jf + first.high + first.jt : 0;
  if (open > windowSize) {
    const most = `a function has ${windowSize} at most`;
    refusals.refuse('window-size', 6, 0, () => `prolog at 0: ${open} registers; ${most}`);
  }
  if (first.mnemonic === 'prolog' && first.jf !== 0)
    refusals.refuse('entry-inputs', 7, 0, () => `prolog at 0: ${first.jf} inputs; the entry has none`);
  for (const [pc, instruction] of code.entries()) {
    const { mnemonic } = instruction;
    // No jump can lead to the one prolog at 0 while all jumps go forward.
    if (mnemonic === 'prolog' && pc !== 0)
      refusals.refuse('prolog-place', 14, pc, () => `prolog at ${pc}: it stands only at the start of a function`);
    for (const { register } of registerUses(instruction)) {
      const { depth } = regions[pc]!;
      const what = (): string => `${mnemonic} at ${pc}: ${operandName(register)}`;
      if (windowIndex(register) >= open)
        refusals.refuse('register-undeclared', 7, pc, () => `${what()}, but the function declares ${open} registers`);
      if (isLoopCounter(register) && register - LC0 >= depth)
        refusals.refuse('loop-counter', 8, pc, () => `${what()} counts no loop here (${depth} around it)`);
    }
  }
}

function checkExits(code: readonly Instruction[], regions: Regions, refusals: Refusals): void {
  for (const [pc, instruction] of code.entries()) {
    if (instruction.mnemonic !== 'exit') continue;
    const { depth } = regions[pc]!;
    const { jt } = instruction;
    const name = exitClasses[instruction.high]!;
    if (bodyClasses.includes(name) && depth === 0)
      refusals.refuse('exit-class', 14, pc, () => `exit at ${pc}: ${name} stands only in a loop's body`);
    const leaves = depth > 0 && (name === 'ok' || bodyClasses.includes(name));
    const most = leaves ? depth - 1 : 0;
    if (jt > most)
      refusals.refuse('exit-levels', 14, pc, () => `exit at ${pc}: leaves ${jt} bodies; here it may leave ${most}`);
  }
}
