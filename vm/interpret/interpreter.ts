/** The reference engine: runs a validated program, a step an instruction. What it answers is what every engine must. */
import { type Fault, type FaultCode, faults } from '../host/faults.ts';
import { type Host, longestCapture } from '../host/host.ts';
import { type Instruction, wordsToBytes } from '../isa/codec.ts';
import { A, AS, isVector, LC0, R0, specialRegister, windowSize } from '../isa/registers.ts';
import { longestWithin } from '../validate/cost.ts';
import { memoryUsed } from '../validate/fields.ts';
import { type Code, isBackward } from '../validate/flow.ts';
import type { Validated } from '../validate/validated.ts';
import { createOnFatal, type OnFatal } from './fatal.ts';
import { lower } from './lower.ts';
import { createMachine, type Machine, registerSlots, STOP, slotOf, wordOf } from './machine.ts';
import { runFor } from './run.ts';
import type { Step } from './step.ts';

/** What `trace` is told of a run before each instruction. */
export interface TraceStep {
  readonly pc: number;
  readonly instruction: Instruction;
  /** What a register holds now, by its number. */
  readonly registers: (number: number) => bigint;
  /** Backward jumps taken: packet bytes below are closed. */
  readonly door: number;
  /** Functions and loop bodies that run, the program's own function included. */
  readonly frames: number;
}

/** A loaded program, ready for packets. */
export class Interpreter {
  /** Called before each instruction of a run, if it is set when the run begins. */
  trace?: ((step: TraceStep) => void) | undefined;
  /** Why the last run ended without a verdict of its own, or undefined. */
  fault: Fault | undefined;
  readonly #steps: readonly Step[];
  /** The same for a run that is not traced: a step may decide the comparisons behind it. */
  readonly #deciding: readonly Step[];
  readonly #code: Validated['code'];
  readonly #machine: Machine;
  readonly #entry: number;
  /** Words of registers, and of M[] from 0 up, that the program can write: a run starts with them at 0. */
  readonly #writtenWords: Uint32Array;
  readonly #memoryUsed: number;
  readonly #onFatal: OnFatal | undefined;
  /** Up to so many captured bytes a run cannot use up its budget, and no counter is carried; no more than any run takes. */
  readonly #uncounted: number;

  constructor(validated: Validated, host: Host) {
    const { program, code, literals, entry, regions, functions, bindings, onFatal } = validated;
    const { coprocessor, ancillary } = host;
    const constants = new Map<bigint, number>();
    const constant = (value: bigint): number => {
      const slot = constants.get(value) ?? registerSlots + constants.size;
      constants.set(value, slot);
      return slot;
    };
    this.#code = code;
    const hasDoor = code.some((i) => i !== undefined && isBackward(i));
    const common = { functions, hasDoor, bindings, coprocessor, ancillary, literals, constant };
    const steps = (deciding: boolean): Step[] =>
      code.map((instruction, pc) => {
        if (instruction === undefined) return isData;
        const run = deciding ? runFor(code, instruction, pc) : undefined;
        return lower(instruction, { pc, region: regions[pc]!, run, ...common });
      });
    this.#steps = steps(false);
    this.#deciding = steps(true);
    const callsHost = code.some((i) => i !== undefined && hostCalls.has(i.mnemonic));
    this.#machine = createMachine([...constants.keys()], host, callsHost ? wordsToBytes(program.code) : undefined);
    this.#onFatal = onFatal === undefined ? undefined : createOnFatal(onFatal, host);
    this.#uncounted = Math.min(longestWithin(validated, host, host.budget), longestCapture);
    this.#entry = entry;
    this.#writtenWords = Uint32Array.from(writtenWords(code));
    this.#memoryUsed = memoryUsed(code);
  }

  /**
   * When the packet that is run next was captured, in nanoseconds since 1970; 0 at first. Only a program that imports
   * `packet.time` can tell; an argument of `run` would cost every run some nanoseconds.
   */
  get time(): bigint {
    return this.#machine.time;
  }

  set time(time: bigint) {
    this.#machine.time = time;
  }

  /**
   * Runs the program over one packet: `caplen` bytes of `bytes` from `start`, `wirelen` bytes long on the wire.
   * Returns the verdict: how many bytes of the packet to accept, 0 for none, 2^32-1 for all; after a fault 0,
   * or what the program's on_fatal returns. Throws a RangeError for more than `longestCapture` bytes.
   */
  run(bytes: Uint8Array, start: number, caplen: number, wirelen: number): number {
    const m = this.#machine;
    const { u32, memory } = m;
    const written = this.#writtenWords;
    // Word by word: for the few that a filter has, a call of fill() costs more.
    for (let i = 0; i < written.length; i++) u32[written[i]!] = 0;
    for (let i = 0; i < this.#memoryUsed * 2; i++) memory[i] = 0;
    m.packet = bytes;
    m.start = start;
    m.caplen = caplen;
    m.wirelen = wirelen;
    m.frames = 0;
    m.calls = 0;
    m.hiddenCount = 0;
    m.door = 0;
    m.isCounted = caplen > this.#uncounted && isTaken(caplen);
    m.budget = m.host.budget;
    this.fault = undefined;
    const { trace } = this;
    const steps = trace === undefined ? this.#deciding : this.#steps;
    let pc: number;
    let next = this.#entry;
    if (trace === undefined)
      do {
        pc = next;
        next = steps[pc]!(m);
      } while (next >= 0);
    else
      do {
        pc = next;
        this.#tell(trace, pc);
        next = steps[pc]!(m);
      } while (next >= 0);
    if (next === STOP) return m.u32[0]!;
    const code = -next as FaultCode;
    if (!(code in faults)) throw new RangeError(`step ${pc} returned ${next}`);
    this.fault = { code, pc, argument: code === 13 ? m.u32[0]! : 0 };
    return this.#onFatal === undefined ? 0 : this.#onFatal(this.fault, m);
  }

  #tell(trace: (step: TraceStep) => void, pc: number): void {
    const { door, frames } = this.#machine;
    const registers = (number: number): bigint => this.register(number);
    trace({ pc, instruction: this.#code[pc]!, registers, door, frames: frames + 1 });
  }

  /** Backward jumps that the last run took. */
  get door(): number {
    return this.#machine.door;
  }

  /** What a register, by its number, held when the last run ended. */
  register(number: number): bigint {
    const slot = wordOf(number) >> 1;
    const value = this.#machine.u64[slot]!;
    if (isVector(number)) return (this.#machine.u64[slot + 1]! << 64n) | value;
    return number < 32 || number >= AS ? BigInt.asUintN(32, value) : value;
  }
}

const hostCalls: ReadonlySet<string> = new Set(['host', 'cop', 'copx']);

/** Always, unless it throws: apart from `run`, which is faster without it. */
function isTaken(caplen: number): true {
  if (caplen > longestCapture) throw new RangeError(`${caplen} captured bytes; ${longestCapture} are the most`);
  return true;
}

/** Stands for a word that is data: the validator lets nothing lead there. */
const isData = (): never => {
  throw new RangeError('the run went into data');
};

/** The words of the registers that some instruction writes. */
function writtenWords(code: Code): number[] {
  const slots = new Set([A]);
  const vectors = new Set<number>();
  for (const instruction of code) {
    if (instruction === undefined) continue;
    // What a callee leaves beyond its inputs is cleared in the caller's window, named there or not.
    if (instruction.mnemonic === 'prolog') for (let i = 0; i < windowSize; i++) slots.add(slotOf(R0 + i));
    if (instruction.mnemonic === 'loop') for (let i = 0; i < 4; i++) slots.add(LC0 + i);
    for (const { register, written } of instruction.uses) {
      if (written && isVector(register)) vectors.add(register);
      else if (written) slots.add(slotOf(register));
    }
    if (instruction.mnemonic === 'tax') slots.add(slotOf(specialRegister(instruction.high)));
  }
  const wide = [...vectors].flatMap((register) => [0, 1, 2, 3].map((word) => wordOf(register) + word));
  return [...[...slots].flatMap((slot) => [slot * 2, slot * 2 + 1]), ...wide];
}
