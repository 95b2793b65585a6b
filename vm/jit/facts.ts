/** What is proven of a program before it is written: checks that it does not need, operands that are constants. */
import type { Instruction } from '../isa/codec.ts';
import { R0 } from '../isa/registers.ts';
import { isBackward } from '../validate/flow.ts';
import { accessesPacket, endOf, indexValue, read } from '../validate/ranges/effect.ts';
import { doorIn, explore } from '../validate/ranges/index.ts';
import { indexSlots } from '../validate/ranges/needs.ts';
import { bitOf, DOOR, type Slots } from '../validate/ranges/slots.ts';
import { caplen } from '../validate/ranges/state.ts';
import type { Validated } from '../validate/validated.ts';
import { hoistedEnds } from './hoist.ts';
import { TurnFinder, type Turns } from './turns.ts';

export interface Facts {
  /** Up to where the access at a pc must be checked, counted from its index; undefined where all that is known to be captured. */
  readonly checkedEnd: (pc: number) => number | undefined;
  /** Whether the index of the access at a pc is known to be below 2^31. */
  readonly isSmall: (pc: number) => boolean;
  /** Whether the packet is known to be captured up to where the access at a pc must be checked, were its index 0. */
  readonly isLong: (pc: number) => boolean;
  /** Whether the door may stand in the way of the access, or of the backward jump, at a pc. */
  readonly meetsDoor: (pc: number) => boolean;
  /** By where it begins, each loop whose turns the door need not count. */
  readonly turns: ReadonlyMap<number, Turns>;
  /** What the first two inputs of the host function called at a pc are, if they are constants. */
  readonly constants: ReadonlyMap<number, readonly [number, number]>;
}

const INSIDE = 1;
const SMALL = 2;
const OPEN = 4;
const LONG = 8;

/** `hoists`: whether a check may be of later accesses too, so that a fault may come earlier than by the interpreter. */
export function findFacts(
  validated: Validated,
  roots: ReadonlySet<number>,
  { hoists, allowWrite }: { readonly hoists: boolean; readonly allowWrite: boolean },
): Facts {
  const { code, onFatal } = validated;
  const hasDoor = code.some((i) => i !== undefined && isBackward(i));
  // Where there is a door, whether it may be met must be known before a check can be put in front of it.
  // on_fatal sees M[] as the fault finds it.
  const isLate = !hoists || onFatal !== undefined;
  const first = hasDoor || isLate ? look(validated, roots, new Map(), hasDoor) : undefined;
  if (isLate) return first!;
  const checked = hoistedEnds(validated, allowWrite, (pc) => first?.meetsDoor(pc) ?? false);
  return first !== undefined && checked.size === 0 ? first : look(validated, roots, checked, hasDoor);
}

function look(
  validated: Validated,
  roots: ReadonlySet<number>,
  checked: ReadonlyMap<number, number>,
  hasDoor: boolean,
): Facts {
  const { code, regions } = validated;
  const door = hasDoor ? DOOR : 0;
  /** The registers that accesses add to k, the door, and inputs of host functions that may be constants. */
  const asked = (i: Instruction): Slots => {
    if (i.mnemonic === 'host') return bitOf(R0 + i.high) | bitOf(R0 + i.high + 1);
    return accessesPacket(i) ? indexSlots(i) | door : 0;
  };
  const flags = new Uint8Array(code.length);
  const constants = new Map<number, readonly [number, number]>();
  const turns = hasDoor ? new TurnFinder(validated) : undefined;
  const endAt = (pc: number): number => checked.get(pc) ?? endOf(code[pc]!);
  explore(validated, { roots, asked, checked }, (pc, state) => {
    const i = code[pc]!;
    const { depth } = regions[pc]!;
    turns?.visit(pc, state);
    flags[pc] = 0;
    if (accessesPacket(i)) {
      const index = indexValue(state, i, depth);
      if (state.within(index, 0, 0x7fffffff)) flags[pc]! |= SMALL;
      if (state.low(caplen) >= endAt(pc)) flags[pc]! |= LONG;
      if (state.low(index) >= 0 && state.excess(index, caplen) <= -endAt(pc)) flags[pc]! |= INSIDE;
      if (!hasDoor || state.excess(doorIn(state), index) <= i.k) flags[pc]! |= OPEN;
    } else if (isBackward(i)) {
      if (state.excess(doorIn(state), caplen) < 0) flags[pc]! |= OPEN;
    } else if (i.mnemonic === 'host') {
      const inputs = [0, 1].map((input) => read(state, R0 + i.high + input, true, depth));
      const [first, second] = inputs.map((value) => (state.low(value) === state.high(value) ? state.low(value) : -1));
      if (first! >= 0 && second! >= 0) constants.set(pc, [first!, second!]);
    }
  });
  const meetsDoor = (pc: number): boolean => {
    const i = code[pc];
    return i !== undefined && (accessesPacket(i) || isBackward(i)) && (flags[pc]! & OPEN) === 0;
  };
  return {
    checkedEnd: (pc) => ((flags[pc]! & INSIDE) !== 0 ? undefined : endAt(pc)),
    meetsDoor,
    turns: turns?.found(meetsDoor) ?? new Map(),
    isSmall: (pc) => (flags[pc]! & SMALL) !== 0,
    isLong: (pc) => (flags[pc]! & LONG) !== 0,
    constants,
  };
}
