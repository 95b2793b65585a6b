/** The reference engine: runs a validated program, a step an instruction. What it answers is what every engine must. */
import { type Fault, type FaultCode, faults } from '../host/faults.ts';
import type { Host } from '../host/host.ts';
import type { Instruction } from '../isa/codec.ts';
import { A, AS, LC0, specialRegister } from '../isa/registers.ts';
import { registerUses } from '../validate/fields.ts';
import type { Validated } from '../validate/index.ts';
import { lower } from './lower.ts';
import { createMachine, type Machine, registerSlots, STOP, slotOf } from './machine.ts';

/** A loaded program, ready for packets. */
export class Interpreter {
  /** Why the last run ended without a verdict of its own, or undefined. */
  fault: Fault | undefined;
  readonly #steps: readonly ((m: Machine) => number)[];
  readonly #machine: Machine;
  readonly #entry: number;
  /** Words of registers, and of M[] from 0 up, that the program can write: a run starts with them at 0. */
  readonly #writtenWords: Uint32Array;
  readonly #memoryUsed: number;

  constructor({ program, code, regions }: Validated, host: Host) {
    const constants = new Map<bigint, number>();
    const constant = (value: bigint): number => {
      const slot = constants.get(value) ?? registerSlots + constants.size;
      constants.set(value, slot);
      return slot;
    };
    this.#steps = code.map((instruction, pc) => lower(instruction, { pc, region: regions[pc]!, constant }));
    this.#machine = createMachine([...constants.keys()], host);
    this.#entry = program.entry;
    this.#writtenWords = Uint32Array.from(writtenSlots(code).flatMap((slot) => [slot * 2, slot * 2 + 1]));
    this.#memoryUsed = code.reduce((most, i) => (i.variant.k === 'word' ? Math.max(most, i.k + 1) : most), 0);
  }

  /**
   * Runs the program over one packet: `caplen` bytes of `bytes` from `start`, `wirelen` bytes long on the wire.
   * Returns the verdict: how many bytes of the packet to accept, 0 for none, 2^32-1 for all; 0 after a fault.
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
    m.budget = m.host.budget;
    this.fault = undefined;
    const steps = this.#steps;
    let pc: number;
    let next = this.#entry;
    do {
      pc = next;
      next = steps[pc]!(m);
    } while (next >= 0);
    if (next === STOP) return m.u32[0]!;
    const code = -next as FaultCode;
    if (!(code in faults)) throw new RangeError(`step ${pc} returned ${next}`);
    this.fault = { code, pc, argument: code === 13 ? m.u32[0]! : 0 };
    return 0;
  }

  /** What a register, by its number, held when the last run ended. */
  register(number: number): bigint {
    const value = this.#machine.u64[slotOf(number)]!;
    return number < 32 || number >= AS ? BigInt.asUintN(32, value) : value;
  }
}

/** The slots of the registers that some instruction writes. */
function writtenSlots(code: readonly Instruction[]): number[] {
  const slots = new Set([A]);
  for (const instruction of code) {
    if (instruction.mnemonic === 'loop') for (let i = 0; i < 4; i++) slots.add(LC0 + i);
    for (const { register, written } of registerUses(instruction)) if (written) slots.add(slotOf(register));
    if (instruction.mnemonic === 'tax') slots.add(slotOf(specialRegister(instruction.high)));
  }
  return [...slots];
}
