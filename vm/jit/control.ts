/** Jumps, loops, calls and exits. */
import type { Instruction } from '../isa/codec.ts';
import { type ExitClass, exitClasses } from '../isa/instructions.ts';
import { A, AA, R0, X } from '../isa/registers.ts';
import { bodyOf, targetOf } from '../validate/flow.ts';
import type { Frame, Pass } from './frame.ts';
import { charge, unit } from './host.ts';
import { DOOR, type Slot, slotOf } from './slots.ts';
import { I32, op } from './wasm.ts';

/** Takes a backward jump, which closes one more byte of the packet, where that is not made up later. */
export function jumpBack(f: Frame, i: Instruction, pc: number): void {
  const { w, packet, context } = f;
  const head = targetOf(i, pc);
  const next = f.backward.get(head)!;
  charge(f, pc, unit);
  if (!context.keepsDoor || f.turns?.head === head) {
    w.br(next);
    return;
  }
  const door = f.local(DOOR);
  const isRefused = context.facts.meetsDoor(pc);
  // A jump that is refused leaves the door where it was, for those who look.
  if (isRefused && context.countsTurns) f.failIf(15, pc, () => w.get(door).get(packet.caplen).op(op.i32_ge_u));
  w.get(door).i32(1).op(op.i32_add);
  if (!isRefused || context.countsTurns) w.set(door).br(next);
  else {
    w.tee(door).get(packet.caplen).op(op.i32_le_u).brIf(next);
    w.once(() => f.fail(15, pc));
  }
}

/** Begins a loop: keeps what the register is that will tell its turns, if one does. */
export function beginTurns(f: Frame, head: number): void {
  const { keepsDoor, countsTurns, facts } = f.context;
  const turns = keepsDoor && !countsTurns ? facts.turns.get(head) : undefined;
  if (turns === undefined) return;
  f.turns = { head, from: f.scratch('turns', I32) };
  const mark = f.w.mark();
  f.getSlot(turns.slot, false);
  f.w.set(f.turns.from, mark);
}

/** Leaves the loop whose turns are made up, where that is what going on at `target` does: puts the door where it is. */
export function endTurns(f: Frame, pc: number, target: number): void {
  if (!leavesTurns(f, target)) return;
  const { w } = f;
  const { slot, step, added } = f.context.facts.turns.get(f.turns!.head)!;
  const door = f.local(DOOR);
  const by = added.get(pc)!;
  w.once(() => {
    const mark = w.mark();
    f.getSlot(slot, false);
    w.get(f.turns!.from).op(op.i32_sub);
    if (by !== 0) w.i32(by).op(op.i32_sub);
    if (step > 1) w.i32(step).op(op.i32_div_u);
    w.get(door).op(op.i32_add).set(door, mark);
  });
}

export const leavesTurns = (f: Frame, target: number): boolean =>
  f.turns !== undefined && target > f.context.facts.turns.get(f.turns.head)!.last;

/** K and X set A before anything else; A leaves all of AA as it is. */
function setA(f: Frame, i: Instruction): void {
  const choice = i.variant.bits & 0x18;
  if (choice === 0x10) return;
  const mark = f.w.mark();
  if (choice === 0) f.w.i32(i.k);
  else f.get(X, false);
  f.set(A, false, mark);
}

export function exit(f: Frame, i: Instruction, pc: number): void {
  const { w } = f;
  endTurns(f, pc, Number.POSITIVE_INFINITY);
  setA(f, i);
  const name: ExitClass = exitClasses[i.high]!;
  const pass = f.passes.at(-1 - i.jt);
  if (name === 'error') f.fail(13, pc);
  else if (name === 'return' || pass === undefined) {
    if (f.givesVerdict) f.get(A, false);
    w.br(f.done);
  } else if (name === 'last') w.br(pass.leave);
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
  } else {
    w.get(counter).i32(1).op(op.i32_sub).tee(counter);
    if (!f.context.isCounted) {
      w.brIf(next).br(leave);
      return;
    }
    w.op(op.i32_eqz).brIf(leave);
  }
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
  f.unswapped.clear();
  for (const slot of [...passed, ...callee.written].reverse()) w.set(f.local(slot));
  for (const slot of window.slice(shift + callee.inputs)) f.clear(slot);
  w.get(code).open('if');
  w.get(code).br(f.fault).close();
}

/** Private registers and outputs start at 0; inputs hold what the caller put there. */
export function prolog(f: Frame, i: Instruction): void {
  for (const slot of inputSlots(f.plan.open).slice(i.jf)) f.clear(slot);
}
