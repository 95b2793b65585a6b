/** Jumps, loops, calls and exits. */
import type { Instruction } from '../isa/codec.ts';
import { type ExitClass, exitClasses } from '../isa/instructions.ts';
import { A, AA, R0, X } from '../isa/registers.ts';
import { bodyOf, targetOf } from '../validate/flow.ts';
import type { Frame, Pass } from './frame.ts';
import { charge, unit } from './host.ts';
import { DOOR, type Slot, slotOf } from './slots.ts';
import { I32, op } from './wasm.ts';

/** Takes a backward jump, which closes one more byte of the packet. */
export function jumpBack(f: Frame, i: Instruction, pc: number): void {
  const { w, packet } = f;
  charge(f, pc, unit);
  if (f.context.keepsDoor) {
    const door = f.local(DOOR);
    if (f.context.facts.meetsDoor(pc)) f.failIf(15, pc, () => w.get(door).get(packet.caplen).op(op.i32_ge_u));
    w.get(door).i32(1).op(op.i32_add).set(door);
  }
  w.br(f.backward.get(targetOf(i, pc))!);
}

/** K and X set A before anything else; A leaves all of AA as it is. */
function setA(f: Frame, i: Instruction): void {
  const choice = i.variant.bits & 0x18;
  if (choice === 0x10) return;
  if (choice === 0) f.w.i32(i.k);
  else f.get(X, false);
  f.set(A, false);
}

export function exit(f: Frame, i: Instruction, pc: number): void {
  const { w } = f;
  setA(f, i);
  const name: ExitClass = exitClasses[i.high]!;
  const pass = f.passes.at(-1 - i.jt);
  if (name === 'error') f.fail(13, pc);
  else if (name === 'return' || pass === undefined) w.br(f.done);
  else if (name === 'last') w.br(pass.leave);
  else endPass(f, pass, name === 'next', pc);
}

/** Takes one pass, or as many as A says, off the counter, and begins the next one if some are left. */
function endPass(f: Frame, { counter, next, leave }: Pass, byA: boolean, pc: number): void {
  const { w } = f;
  if (byA) {
    const passes = f.scratch('passes', I32);
    f.get(A, false);
    w.set(passes);
    f.failIf(9, pc, () => w.get(passes).op(op.i32_eqz));
    w.get(counter).get(passes).op(op.i32_le_u).brIf(leave);
    w.get(counter).get(passes).op(op.i32_sub).set(counter);
  } else w.get(counter).i32(1).op(op.i32_sub).tee(counter).op(op.i32_eqz).brIf(leave);
  charge(f, pc, unit);
  w.br(next);
}

/** A LOOP with its body in it. */
export function loop(f: Frame, i: Instruction, pc: number, writeBody: (first: number) => void): void {
  const { w } = f;
  const choice = i.variant.bits & 0x18;
  const cap = f.context.host.loopCap;
  if (choice === 0 && i.k > cap) return f.fail(10, pc);
  // One for each depth: functions with thousands of locals take engines of WebAssembly long.
  const counter = f.scratch(`counter ${f.passes.length}`, I32);
  if (choice === 0) w.i32(i.k).set(counter);
  else if (choice === 0x08) {
    f.get(X, false);
    w.set(counter);
    if (cap < 0xffffffff) f.failIf(10, pc, () => w.get(counter).i32(cap).op(op.i32_gt_u));
  } else {
    f.failIf(10, pc, () => {
      f.get(AA, true);
      w.i64(Math.min(cap, 0xffffffff)).op(op.i64_gt_u);
    });
    f.get(AA, false);
    w.set(counter);
  }
  const leave = w.open('block');
  if (choice !== 0 || i.k === 0) w.get(counter).op(op.i32_eqz).brIf(leave);
  charge(f, pc, unit);
  const next = w.open('loop');
  f.passes.push({ counter, next, leave });
  writeBody(bodyOf(i, pc));
  f.passes.pop();
  w.close();
  w.close();
}

/** Slots of a function's window that are its parameters and results. */
export const inputSlots = (inputs: number): Slot[] => Array.from({ length: inputs }, (_, index) => slotOf(R0 + index));

/** Calls a function that stands before this one: inputs are results, and what is above them in the window is 0. */
export function call(f: Frame, i: Instruction, pc: number): void {
  const { w, packet, context } = f;
  charge(f, pc, unit);
  const target = targetOf(i, pc);
  const callee = context.plans.get(target)!;
  const shift = i.high;
  const window = inputSlots(f.plan.open);
  const passed = window.slice(shift, shift + callee.inputs);
  w.get(packet.start).get(packet.caplen).get(packet.wirelen);
  for (const slot of [...passed, ...callee.used]) w.get(f.local(slot));
  w.call(context.written.get(target)!);
  const code = f.scratch('code', I32);
  w.set(code);
  for (const slot of [...passed, ...callee.written].reverse()) w.set(f.local(slot));
  for (const slot of window.slice(shift + callee.inputs)) f.clear(slot);
  w.get(code).get(code).brIf(f.fault).op(op.drop);
}

/** Private registers and outputs start at 0; inputs hold what the caller put there. */
export function prolog(f: Frame, i: Instruction): void {
  for (const slot of inputSlots(f.plan.open).slice(i.jf)) f.clear(slot);
}
