/** One function of a program on its way to WebAssembly: where its slots are, how they are read and written, how it ends. */

import type { Host } from '../host/host.ts';
import type { Instruction } from '../isa/codec.ts';
import { isLoopCounter, isPseudo, LC0, pseudoValue } from '../isa/registers.ts';
import type { Validated } from '../validate/validated.ts';
import type { Finders } from './find.ts';
import type { Hashes } from './hash.ts';
import { type MachineMemory, packFault } from './memory.ts';
import type { FunctionPlan, Kept } from './plan.ts';
import { BUDGET, isVectorSlot, type Slot, slotOf } from './slots.ts';
import { F64, type FunctionBody, I32, I64, type Label, op, type ValueType } from './wasm.ts';

/** What the functions of one module have in common. */
export interface ProgramContext extends Kept {
  readonly validated: Validated;
  readonly host: Host;
  /** Where the copy of the code is that it reads. */
  readonly codeAt: number;
  readonly plans: ReadonlyMap<number, FunctionPlan>;
  /** Indices of the functions that are written already, by their roots. */
  readonly written: Map<number, number>;
  readonly finders: Finders;
  readonly hashes: Hashes;
  /** What the code reaches by itself. */
  readonly memory: MachineMemory | undefined;
  /** Whether a backward jump adds to the door though it could be made up later: someone may see it at a fault. */
  readonly countsTurns: boolean;
  /**
   * Told of each loop that backward jumps make, by its first instruction: how to learn how many instructions of
   * WebAssembly are in it, once the module is made.
   */
  readonly onLoop?: ((head: number, instructions: () => number) => void) | undefined;
  /** The imported functions that the program needs. */
  readonly imports: ReadonlyMap<ImportName, number>;
}

/** What modules may import; `jit.ts` says what each does. */
export type ImportName = 'host' | 'cop' | 'ancillary' | 'place' | 'segment' | 'read' | 'write';

/** A running LOOP that is written: what its exits need. */
export interface Pass {
  /** The local that counts its passes down. */
  readonly counter: number;
  /** To the next pass. */
  readonly next: Label;
  /** Out of it. */
  readonly leave: Label;
}

/** Bytes of a load, unsigned, in the order of the machine instead of the network's. */
export interface Unswapped {
  readonly local: number;
  readonly bits: 16 | 32;
}

export class Frame {
  readonly context: ProgramContext;
  readonly plan: FunctionPlan;
  readonly w: FunctionBody;
  /** Locals that hold where the packet is and its lengths. */
  readonly packet: { readonly start: number; readonly caplen: number; readonly wirelen: number };
  /** Where a fault goes, with its packed value on the stack; where the function's own end is. */
  fault: Label = 0;
  done: Label = 0;
  /** Whether the end takes a verdict on the stack: that of the program, not of a function that others call. */
  givesVerdict = false;
  /** LOOPs around, the innermost last. */
  readonly passes: Pass[] = [];
  /** Blocks and loops that are open, by the pc to which a branch to them goes. */
  readonly forward = new Map<number, Label>();
  readonly backward = new Map<number, Label>();
  /** By slot that holds what a load has read and swapped, where that is as it was read. */
  unswapped: Map<Slot, Unswapped> = new Map();
  /** By the target of forward jumps, what of that holds at each of them so far. */
  readonly #arriving = new Map<number, Map<Slot, Unswapped>>();
  /** The loop that is written now if its turns are made up, and the local that has what its register was at first. */
  turns: { readonly head: number; readonly from: number } | undefined;
  readonly #locals = new Map<Slot, number>();
  readonly #scratch = new Map<string, number>();

  constructor(context: ProgramContext, plan: FunctionPlan, w: FunctionBody, packet: Frame['packet']) {
    this.context = context;
    this.plan = plan;
    this.w = w;
    this.packet = packet;
  }

  /** Whether a slot is an i64. */
  isWide(slot: Slot): boolean {
    return isVectorSlot(slot) || this.plan.wide.has(slot);
  }

  typeOf(slot: Slot): ValueType {
    if (slot === BUDGET) return F64;
    return this.isWide(slot) ? I64 : I32;
  }

  /** Says that a parameter holds a slot. */
  bind(slot: Slot, local: number): void {
    this.#locals.set(slot, local);
  }

  local(slot: Slot): number {
    const known = this.#locals.get(slot);
    if (known !== undefined) return known;
    const made = this.w.local(this.typeOf(slot));
    this.#locals.set(slot, made);
    return made;
  }

  /** The slots that the function has used so far. */
  get slots(): Iterable<Slot> {
    return this.#locals.keys();
  }

  /** A local for the time of one instruction, by a name of its own. */
  scratch(name: string, type: ValueType): number {
    const key = `${name} ${type}`;
    const known = this.#scratch.get(key);
    if (known !== undefined) return known;
    const made = this.w.local(type);
    this.#scratch.set(key, made);
    return made;
  }

  /** The block that a forward jump leaves. */
  labelOf(target: number): Label {
    const arriving = this.#arriving.get(target);
    this.#arriving.set(target, arriving === undefined ? new Map(this.unswapped) : common(arriving, this.unswapped));
    return this.forward.get(target)!;
  }

  /** Goes on where forward jumps lead; `fallsIn`: and where the instruction in front does. */
  join(target: number, fallsIn: boolean): void {
    const arriving = this.#arriving.get(target) ?? new Map();
    this.unswapped = fallsIn ? common(arriving, this.unswapped) : arriving;
  }

  /** Puts what a register operand holds on the stack: 64 bits or the low 32; a 32-bit register has no others. */
  get(operand: number, wide: boolean): void {
    const { w } = this;
    if (isPseudo(operand)) {
      if (wide) w.i64(pseudoValue(operand));
      else w.i32(Number(BigInt.asUintN(32, pseudoValue(operand))));
    } else if (isLoopCounter(operand)) {
      w.get(this.passes.at(-1 - (operand - LC0))!.counter);
      if (wide) w.op(op.i64_extend_i32_u);
    } else {
      const slot = slotOf(operand);
      this.getSlot(slot, wide);
      if (wide && operand < 32 && this.isWide(slot)) w.i64(0xffffffffn).op(op.i64_and);
    }
  }

  /** Puts what a slot holds on the stack: 64 bits or the low 32. */
  getSlot(slot: Slot, wide: boolean): void {
    this.w.get(this.local(slot));
    if (wide && !this.isWide(slot)) this.w.op(op.i64_extend_i32_u);
    if (!wide && this.isWide(slot)) this.w.op(op.i32_wrap_i64);
  }

  /**
   * Takes a value from the stack into a register: of 32 bits into one whose upper half becomes 0. `mark`: what it is
   * computed by since then has no other effect.
   */
  set(register: number, wide: boolean, mark?: number): void {
    this.setSlot(slotOf(register), wide, mark);
  }

  setSlot(slot: Slot, wide: boolean, mark?: number): void {
    this.unswapped.delete(slot);
    if (!wide && this.isWide(slot)) this.w.op(op.i64_extend_i32_u);
    // What is wrapped has no more than 32 bits: see the plan.
    if (wide && !this.isWide(slot)) this.w.op(op.i32_wrap_i64);
    this.w.set(this.local(slot), mark);
  }

  /** Makes a slot 0. */
  clear(slot: Slot): void {
    const { w } = this;
    if (slot === BUDGET) return;
    this.unswapped.delete(slot);
    const mark = w.mark();
    if (this.isWide(slot)) w.i64(0);
    else w.i32(0);
    w.set(this.local(slot), mark);
  }

  /** Puts k on the stack as an operation of a width has it: S sign-extends it. */
  constant({ k, signed }: Instruction, wide: boolean): void {
    if (wide) this.w.i64(signed ? k | 0 : k);
    else this.w.i32(k);
  }

  /** Calls an imported function. */
  callImport(name: ImportName): FunctionBody {
    return this.w.call(this.context.imports.get(name)!);
  }

  /** Ends the run by a fault where the i32 that `condition` leaves on the stack is not 0. */
  failIf(code: number, pc: number, condition: () => void): void {
    condition();
    this.w.open('if');
    this.w.once(() => this.w.i32(packFault(code, pc)).br(this.fault).close());
  }

  /** Ends the run by the fault whose code is on the stack, if that is not 0. */
  failAs(pc: number): void {
    const code = this.scratch('code', I32);
    this.w.tee(code).open('if');
    this.w.get(code).i32(packFault(0, pc)).op(op.i32_or).br(this.fault).close();
  }

  /** Ends the run by a fault. */
  fail(code: number, pc: number): void {
    this.w.i32(packFault(code, pc)).br(this.fault);
  }
}

/** What two know of the same slots. */
function common(one: ReadonlyMap<Slot, Unswapped>, other: ReadonlyMap<Slot, Unswapped>): Map<Slot, Unswapped> {
  const both = new Map<Slot, Unswapped>();
  for (const [slot, loaded] of one) if (other.get(slot)?.bits === loaded.bits) both.set(slot, loaded);
  return both;
}
