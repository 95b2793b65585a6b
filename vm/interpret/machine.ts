/** The state of one machine: registers, M[], the packet, the frames of running loops. No instruction is known here. */
import type { FaultCode } from '../host/faults.ts';
import type { Host } from '../host/host.ts';
import { AS, isVector, LC0, R0, type RegisterFile, registerFile, V0 } from '../isa/registers.ts';
import { memoryWords } from '../validate/fields.ts';
import { maxFrames } from '../validate/regions.ts';
import { registerStack } from '../validate/windows.ts';

/**
 * Slots 0 to 31 are the registers, both widths of one in the same slot; then the selectors, and two that hold copies
 * of 32-bit operands; then V0..V3, two slots each. Constants of the program follow, put there once at load.
 */
export const slotOf = (register: number): number => (register < AS ? register & 31 : 32 + register - AS);
export const copySlots = [37, 38] as const;
const vectorSlots = 39;
export const registerSlots = 47;
/** The lowest of the words that hold a register: two, four of a V register. */
export const wordOf = (register: number): number =>
  2 * (isVector(register) ? vectorSlots + 2 * (register - V0) : slotOf(register));

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
  time: bigint;
  /** Running loop bodies and functions, innermost last: where to go on; of a body its pass counter and its start. */
  readonly returns: Uint32Array;
  readonly counters: Uint32Array;
  readonly bodies: Uint32Array;
  frames: number;
  /** Of a function that was called: how far its window is shifted, its inputs, and the caller's registers. */
  readonly shifts: Uint8Array;
  readonly inputs: Uint8Array;
  readonly opens: Uint8Array;
  /** Functions among the frames: 0 in the program's own. */
  calls: number;
  /** Registers of callers that their callees do not see, and how many there are. */
  readonly hidden: BigUint64Array;
  hiddenCount: number;
  /** Backward jumps taken: packet bytes below are closed. */
  door: number;
  /** Whether the run could use up its budget; units left of it. */
  isCounted: boolean;
  budget: number;
  readonly host: Host;
  /** The program's code as bytes, for host functions; made where one is called. */
  readonly code: Uint8Array;
}

export function createMachine(constants: readonly bigint[], host: Host, code: Uint8Array = new Uint8Array(0)): Machine {
  const file = registerFile(registerSlots + constants.length);
  for (const [i, value] of constants.entries()) file.i64[registerSlots + i] = value;
  return {
    ...file,
    memory: new Uint32Array(memoryWords * 2),
    packet: new Uint8Array(0),
    start: 0,
    caplen: 0,
    wirelen: 0,
    time: 0n,
    counters: new Uint32Array(maxFrames),
    bodies: new Uint32Array(maxFrames),
    returns: new Uint32Array(maxFrames),
    frames: 0,
    shifts: new Uint8Array(maxFrames),
    inputs: new Uint8Array(maxFrames),
    opens: new Uint8Array(maxFrames),
    calls: 0,
    hidden: new BigUint64Array(registerStack),
    hiddenCount: 0,
    door: 0,
    isCounted: true,
    budget: 0,
    host,
    code,
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
  if (!charge(m, 1)) return fault(11);
  showCounters(m);
  return m.bodies[m.frames - 1]!;
}

/** Takes units off the budget; false where it has not so many. */
export function charge(m: Machine, units: number): boolean {
  if (!m.isCounted) return true;
  if (m.budget < units) return false;
  m.budget -= units;
  return true;
}

/** How a CALL shares the window: constants of the instruction. */
export interface CallWindow {
  readonly shift: number;
  /** The callee's. */
  readonly inputs: number;
  /** The caller's registers. */
  readonly open: number;
}

const firstSlot = R0 & 31;

/** Enters a function at `target`: what it may see of the caller's window becomes the start of its own. */
export function enterFunction(m: Machine, window: CallWindow, target: number, next: number): number {
  if (!charge(m, 1)) return fault(11);
  const { shift, inputs } = window;
  const { u64 } = m;
  for (let i = 0; i < shift; i++) m.hidden[m.hiddenCount++] = u64[firstSlot + i]!;
  u64.copyWithin(firstSlot, firstSlot + shift, firstSlot + shift + inputs);
  m.returns[m.frames] = next;
  m.counters[m.frames] = 0;
  m.shifts[m.frames] = shift;
  m.inputs[m.frames] = inputs;
  m.opens[m.frames] = window.open;
  m.frames++;
  m.calls++;
  return target;
}

/** Leaves the function of the innermost frame, or ends the run: inputs are results, and what is above them is 0. */
export function leaveFunction(m: Machine): number {
  if (m.calls === 0) return STOP;
  m.calls--;
  m.frames--;
  const shift = m.shifts[m.frames]!;
  const above = shift + m.inputs[m.frames]!;
  const { u64 } = m;
  u64.copyWithin(firstSlot + shift, firstSlot, firstSlot + m.inputs[m.frames]!);
  u64.fill(0n, firstSlot + above, firstSlot + m.opens[m.frames]!);
  m.hiddenCount -= shift;
  for (let i = 0; i < shift; i++) u64[firstSlot + i] = m.hidden[m.hiddenCount + i]!;
  showCounters(m);
  return m.returns[m.frames]!;
}

/** Takes a backward jump, which closes one more byte of the packet. */
export function jumpBack(m: Machine, target: number): number {
  if (!charge(m, 1)) return fault(11);
  if (m.door >= m.caplen) return fault(15);
  m.door++;
  return target;
}

/** LC0..LC3: the counters of the innermost loops. */
function showCounters(m: Machine): void {
  for (let i = 0; i < 4 && i < m.frames; i++) m.u32[(LC0 + i) * 2] = m.counters[m.frames - 1 - i]!;
}
