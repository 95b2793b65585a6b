/** Windows and the stack: registers that functions name, what calls share, how deep frames and registers go. */
import type { Instruction } from '../isa/codec.ts';
import { isLoopCounter, LC0, operandName, windowIndex, windowSize } from '../isa/registers.ts';
import { type Code, targetOf } from './flow.ts';
import type { Refusals } from './refusal.ts';
import { maxFrames, type Regions } from './regions.ts';

/** Registers of the register stack, of which a function sees a window of 18. */
export const registerStack = 264;

/** What PROLOG says of a function, and what its calls need below it. */
export interface FunctionInfo {
  readonly root: number;
  /** Registers that are parameters and results. */
  readonly inputs: number;
  /** All registers of its window. */
  readonly open: number;
  /** Frames active at most from this function on, its own included. */
  readonly frames: number;
  /** Registers used at most from its window's start on. */
  readonly registers: number;
}

/** Judges windows and depths; gives what it found by the functions' roots. */
export function checkWindows(
  code: Code,
  regions: Regions,
  entry: number,
  refusals: Refusals,
): ReadonlyMap<number, FunctionInfo> {
  const functions = new Map<number, FunctionInfo>();
  // Calls go backward, so a function's callees are known before it.
  for (let root = regions[0]!.root; root < code.length; ) {
    const { last } = functionRegion(regions, root);
    functions.set(root, checkFunction(code, regions, root, last, entry, functions, refusals));
    root = last + 1;
  }
  return functions;
}

function functionRegion(regions: Regions, root: number): { last: number } {
  let region = regions[root]!;
  while (region.parent !== undefined) region = region.parent;
  return region;
}

function checkFunction(
  code: Code,
  regions: Regions,
  root: number,
  last: number,
  entry: number,
  functions: ReadonlyMap<number, FunctionInfo>,
  refusals: Refusals,
): FunctionInfo {
  const first = code[root]!;
  const isProlog = first.mnemonic === 'prolog';
  const inputs = isProlog ? first.jf : 0;
  const open = isProlog ? first.jf + first.high + first.jt : 0;
  if (open > windowSize) {
    const most = `a function has ${windowSize} at most`;
    refusals.refuse('window-size', 6, root, () => `prolog at ${root}: ${open} registers; ${most}`);
  }
  if (root === entry && inputs > 0)
    refusals.refuse('entry-inputs', 7, root, () => `prolog at ${root}: ${inputs} inputs; the entry has none`);
  let frames = 1;
  let registers = windowSize;
  for (let pc = root; pc <= last; pc++) {
    const instruction = code[pc];
    if (instruction === undefined) continue;
    const { depth } = regions[pc]!;
    if (instruction.mnemonic === 'prolog' && pc !== root)
      refusals.refuse('prolog-place', 14, pc, () => `prolog at ${pc}: it stands only at the start of a function`);
    checkRegisters(instruction, pc, open, depth, refusals);
    frames = Math.max(frames, 1 + depth);
    if (instruction.mnemonic !== 'call') continue;
    const callee = checkCall(instruction, pc, root, open, functions, refusals);
    if (callee === undefined) continue;
    frames = Math.max(frames, 1 + depth + callee.frames);
    registers = Math.max(registers, instruction.high + callee.registers);
    if (1 + depth + callee.frames > maxFrames)
      refusals.refuse(
        'frames',
        5,
        pc,
        () => `call at ${pc}: ${1 + depth + callee.frames} frames; ${maxFrames} are the most`,
      );
    if (instruction.high + callee.registers > registerStack)
      refusals.refuse(
        'register-stack',
        6,
        pc,
        () => `call at ${pc}: ${instruction.high + callee.registers} registers below; ${registerStack} are the most`,
      );
  }
  return { root, inputs, open, frames, registers };
}

function checkRegisters(instruction: Instruction, pc: number, open: number, depth: number, refusals: Refusals): void {
  for (const { register } of instruction.uses) {
    const what = (): string => `${instruction.mnemonic} at ${pc}: ${operandName(register)}`;
    if (windowIndex(register) >= open)
      refusals.refuse('register-undeclared', 7, pc, () => `${what()}, but the function declares ${open} registers`);
    if (isLoopCounter(register) && register - LC0 >= depth)
      refusals.refuse('loop-counter', 8, pc, () => `${what()} counts no loop here (${depth} around it)`);
  }
}

/** The function that a CALL goes to, if it is one that ends before the caller's begins. */
function checkCall(
  instruction: Instruction,
  pc: number,
  root: number,
  open: number,
  functions: ReadonlyMap<number, FunctionInfo>,
  refusals: Refusals,
): FunctionInfo | undefined {
  const target = targetOf(instruction, pc);
  const callee = functions.get(target);
  if (callee === undefined) {
    refusals.refuse(
      'call-recursive',
      14,
      pc,
      () => `call at ${pc}: goes to ${target}, in the function at ${root} that it stands in`,
    );
    return undefined;
  }
  const shift = instruction.high;
  if (shift + callee.inputs > open)
    refusals.refuse(
      'call-window',
      7,
      pc,
      () => `call at ${pc}: shift ${shift} and ${callee.inputs} inputs; the function declares ${open} registers`,
    );
  return callee;
}
