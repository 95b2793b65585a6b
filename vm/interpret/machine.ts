/** The state of one machine: registers, M[], the packet, the frames of running loops. No instruction is known here. */
import type { FaultCode } from '../host/faults.ts';
import type { Host } from '../host/host.ts';
import { AS, LC0, type RegisterFile, registerFile } from '../isa/registers.ts';
import { memoryWords } from '../validate/fields.ts';
import { maxFrames } from '../validate/structure.ts';

/**
 * Slots 0 to 31 are the registers, both widths of one in the same slot; then the selectors, and two that hold copies
 * of 32-bit operands. Constants of the program follow, put there once at load.
 */
export const slotOf = (register: number): number => (register < AS ? register & 31 : 32 + register - AS);
export const copySlots = [37, 38] as const;
export const registerSlots = 39;

/** What a step returns in place of the next pc. */
export const STOP = -100;
/** A fault as a step's result; `fault(4)` is arithmetic's `DIVIDE_BY_ZERO`. */
export const fault = (code: FaultCode): number => -code;

export interface Machine extends RegisterFile {
  /** M[], two words an entry, the low one first. */
  readonly memory: Uint32Array;
  /** The buffer that holds the packet, from `start`, `caplen` bytes of it. */
  packet: Uint8Array;
  start: number;
  caplen: number;
  wirelen: number;
  /** Running loop bodies, innermost last: the pass counter, the body, where to go on. */
  readonly counters: Uint32Array;
  readonly bodies: Uint32Array;
  readonly returns: Uint32Array;
  frames: number;
  /** Units left of the budget. */
  budget: number;
  readonly host: Host;
}

export function createMachine(constants: readonly bigint[], host: Host): Machine {
  const file = registerFile(registerSlots + constants.length);
  for (const [i, value] of constants.entries()) file.i64[registerSlots + i] = value;
  return {
    ...file,
    memory: new Uint32Array(memoryWords * 2),
    packet: new Uint8Array(0),
    start: 0,
    caplen: 0,
    wirelen: 0,
    counters: new Uint32Array(maxFrames),
    bodies: new Uint32Array(maxFrames),
    returns: new Uint32Array(maxFrames),
    frames: 0,
    budget: 0,
    host,
  };
}

/** Begins a body of `count` passes, or says why not. */
export function enterLoop(m: Machine, count: number, body: number, next: number): number {
  if (count > m.host.loopCap) return fault(10);
  if (count === 0) return next;
  m.counters[m.frames] = count;
  m.bodies[m.frames] = body;
  m.returns[m.frames] = next;
  m.frames++;
  return beginPass(m);
}

/** Takes `passes` off the innermost loop's counter and begins its next pass, or leaves it. */
export function nextPass(m: Machine, passes: number): number {
  const left = m.counters[m.frames - 1]! - passes;
  if (left <= 0) return leaveLoop(m);
  m.counters[m.frames - 1] = left;
  return beginPass(m);
}

export function leaveLoop(m: Machine): number {
  m.frames--;
  showCounters(m);
  return m.returns[m.frames]!;
}

function beginPass(m: Machine): number {
  if (m.budget < 1) return fault(11);
  m.budget--;
  showCounters(m);
  return m.bodies[m.frames - 1]!;
}

/** LC0..LC3: the counters of the innermost loops. */
function showCounters(m: Machine): void {
  for (let i = 0; i < 4 && i < m.frames; i++) m.u32[(LC0 + i) * 2] = m.counters[m.frames - 1 - i]!;
}
