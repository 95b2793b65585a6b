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
  /** Told of each loop that backward jumps make, by its first instruction: how many instructions of WebAssembly are in it. */
  readonly onLoop?: ((head: number, instructions: number) => void) | undefined;
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

export class Frame {
  readonly context: ProgramContext;
  readonly plan: FunctionPlan;
  readonly w: FunctionBody;
  /** Locals that hold where the packet is and its lengths. */
  readonly packet: { readonly start: number; readonly caplen: number; readonly wirelen: number };
  /** Where a fault goes, with its packed value on the stack; where the function's own end is. */
  fault: Label = 0;
  done: Label = 0;
  /** LOOPs around, the innermost last. */
  readonly passes: Pass[] = [];
  /** Blocks and loops that are open, by the pc to which a branch to them goes. */
  readonly forward = new Map<number, Label>();
  readonly backward = new Map<number, Label>();
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

  /** Takes a value from the stack into a register: of 32 bits into one whose upper half becomes 0. */
  set(register: number, wide: boolean): void {
    this.setSlot(slotOf(register), wide);
  }

  setSlot(slot: Slot, wide: boolean): void {
    if (!wide && this.isWide(slot)) this.w.op(op.i64_extend_i32_u);
    // What is wrapped has no more than 32 bits: see the plan.
    if (wide && !this.isWide(slot)) this.w.op(op.i32_wrap_i64);
    this.w.set(this.local(slot));
  }

  /** Makes a slot 0. */
  clear(slot: Slot): void {
    const { w } = this;
    if (slot === BUDGET) return;
    if (this.isWide(slot)) w.i64(0);
    else w.i32(0);
    w.set(this.local(slot));
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
    this.w.i32(packFault(code, pc));
    condition();
    this.w.brIf(this.fault).op(op.drop);
  }

  /** Ends the run by the fault whose code is on the stack, if that is not 0. */
  failAs(pc: number): void {
    const code = this.scratch('code', I32);
    this.w.tee(code).i32(packFault(0, pc)).op(op.i32_or).get(code).brIf(this.fault).op(op.drop);
  }

  /** Ends the run by a fault. */
  fail(code: number, pc: number): void {
    this.w.i32(packFault(code, pc)).br(this.fault);
  }
}
