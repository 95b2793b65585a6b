/**
 * Proves how often a LOOP whose count is in a register runs its body at most: a number, or the captured length and a
 * number. Follows what masks, loads and compares say of registers through each function that has such a LOOP, once, in
 * the order of its instructions, since all edges but those of loops go forward; where control comes round again, what
 * the loop writes is forgotten first. Nothing is known of what a function is called with. What is not proven runs up
 * to the cap, as does all that is met after so much work that a hostile program would make it cost.
 */
import type { Instruction } from '../../isa/codec.ts';
import { bodyOf, isBackward, targetOf } from '../flow.ts';
import type { Region } from '../regions.ts';
import type { Validated } from '../validated.ts';
import { accessesPacket, apply, assume, indexValue, isComparison, loopCount, reach } from './effect.ts';
import { countSlots, indexSlots, needed, readBy } from './needs.ts';
import { counterSlot, DOOR, doorSlot, GLOBALS, has, MEMORY, type Slots, windowFrom } from './slots.ts';
import { caplen, constant, newRoots, type Roots, State, type Value } from './state.ts';
import { findWrites, type Writes } from './writes.ts';

/** A count is at most `most`, and at most the captured length and `beyond`; either may be infinite. */
export interface Count {
  readonly most: number;
  readonly beyond: number;
}

/** Slots that may be copied and joined in all: a second's work or so. Programs that people write need some thousands. */
const mostWork = 2 ** 22;

/** What is proven of LOOPs by a register, by their pcs. */
export function findCounts(validated: Validated): ReadonlyMap<number, Count> {
  const { code, regions } = validated;
  const isByRegister = (i: Instruction | undefined): boolean => i?.mnemonic === 'loop' && (i.variant.bits & 0x18) !== 0;
  const roots = new Set<number>();
  for (let pc = 0; pc < code.length; pc++) if (isByRegister(code[pc])) roots.add(regions[pc]!.root);
  const counts = new Map<number, Count>();
  if (roots.size > 0)
    explore(validated, { roots, asked: (i) => (isByRegister(i) ? countSlots(i) : 0) }, (pc, state) => {
      const i = code[pc]!;
      if (!isByRegister(i)) return;
      const count = loopCount(state, i, regions[pc]!.depth);
      counts.set(pc, { most: Math.max(0, state.high(count)), beyond: state.excess(count, caplen) });
    });
  return counts;
}

/** What is to be found out. */
export interface Question {
  /** The functions to go through. */
  readonly roots: ReadonlySet<number>;
  /** What must be known of, at an instruction; everywhere all that is followed, if it is left out. */
  readonly asked?: (i: Instruction) => Slots;
  /** By pc, how far the access of the packet there is checked, counted from its index, where that is farther than it reads. */
  readonly checked?: ReadonlyMap<number, number>;
}

const all: Slots = -1;

/** A slot is not below 0, at most `most`, and, if it is ahead, no less than the door. */
interface Supposed {
  readonly most: number;
  readonly isAhead: boolean;
}

interface Walk {
  readonly validated: Validated;
  readonly writes: Writes;
  /** By root of a function, the slots that are followed in it. */
  readonly followed: ReadonlyMap<number, Slots>;
  readonly roots: Roots;
  /** States that have arrived and not gone on yet, by where they did. */
  readonly arrivals: (State | undefined)[];
  readonly checked: ReadonlyMap<number, number>;
  /** By where backward jumps lead, what is taken to hold of slots there, each time. */
  readonly ahead: ReadonlyMap<number, Map<number, Supposed>>;
  /** Whether something of that did not. */
  isRefuted: boolean;
  work: number;
}

/**
 * Goes through some functions; tells what is known before each instruction that a run may get to. What it said of one
 * before it goes for nothing where it comes to it again.
 */
export function explore(
  validated: Validated,
  { roots, asked, checked = new Map() }: Question,
  visit: (pc: number, state: State) => void,
): void {
  const writes = findWrites(validated);
  const followed = new Map(
    [...roots].map((root) => [root, asked === undefined ? all : needed(validated, root, asked)]),
  );
  const ahead = supposed(validated, writes, followed);
  const common = { validated, writes, followed, ahead, checked };
  // What is supposed of loops is proven by going through with it; what is refuted is not supposed again.
  for (let isRefuted = true; isRefuted; ) isRefuted = goThrough({ ...common, ...freshWalk(validated) }, roots, visit);
}

const freshWalk = ({ code }: Validated): Pick<Walk, 'roots' | 'arrivals' | 'isRefuted' | 'work'> => ({
  roots: newRoots(),
  arrivals: Array(code.length),
  isRefuted: false,
  work: 0,
});

/** Whether something that was supposed does not hold. */
function goThrough(walk: Walk, roots: ReadonlySet<number>, visit: (pc: number, state: State) => void): boolean {
  const { code, entry, regions } = walk.validated;
  for (const root of roots) {
    const first = new State(walk.roots);
    // A run starts with all at 0. Of what a function is called with nothing is known.
    if (root === entry) zero(first, (GLOBALS | windowFrom(0)) & ~MEMORY & walk.followed.get(root)!);
    walk.arrivals[root] = first;
  }
  for (let pc = 0; pc < code.length; pc++) {
    const i = code[pc];
    const state = walk.arrivals[pc];
    if (i === undefined || state === undefined) continue;
    walk.arrivals[pc] = undefined;
    comeRound(walk, state, pc);
    visit(pc, state);
    step(walk, state, i, pc, regions[pc]!);
  }
  return walk.isRefuted;
}

/** What accesses of the packet in a loop are indexed by may go ahead of the door, if the loop changes it. */
function supposed(
  { code, regions }: Validated,
  { turns }: Writes,
  followed: ReadonlyMap<number, Slots>,
): ReadonlyMap<number, Map<number, Supposed>> {
  const ahead = new Map<number, Map<number, Supposed>>();
  for (let jump = 0; jump < code.length; jump++) {
    const i = code[jump];
    if (i === undefined || !isBackward(i)) continue;
    const head = targetOf(i, jump);
    if (((followed.get(regions[head]!.root) ?? 0) & DOOR) === 0) continue;
    const slots = ahead.get(head) ?? new Map<number, Supposed>();
    ahead.set(head, slots);
    for (let pc = head; pc <= jump && slots.size < mostAhead; pc++) {
      const inside = code[pc];
      const index = inside === undefined || !accessesPacket(inside) ? 0 : indexSlots(inside);
      // Where it is an offset, it has 32 bits.
      if ((index & turns.get(head)!) !== 0) slots.set(31 - Math.clz32(index), { most: U32, isAhead: true });
    }
  }
  return ahead;
}

const U32 = 0xffffffff;
/** A value is compared with few others, and the door with the captured length, too. */
const mostAhead = 4;

/** Forgets what a loop writes that begins here, but for what is supposed. */
function comeRound(walk: Walk, state: State, pc: number): void {
  const turned = walk.writes.turns.get(pc);
  if (turned === undefined) return;
  const slots = walk.ahead.get(pc);
  if (slots === undefined) return state.drop(turned);
  for (const slot of [...slots.keys()]) suppose(state, slots, slot, 0);
  state.drop(turned);
  const ahead: Value[] = [];
  for (const [slot, { most, isAhead }] of slots) {
    const value = state.fresh(0, most);
    state.set(slot, value);
    if (isAhead) ahead.push(value);
  }
  const door = doorIn(state);
  for (const value of ahead) state.learn(door, value, 0);
}

/** Goes on supposing of a slot what still holds here, with the door farther `by` so much. Tells whether that is all. */
function suppose(state: State, slots: Map<number, Supposed>, slot: number, by: number): boolean {
  const value = state.get(slot);
  const known = slots.get(slot)!;
  const isAhead = value !== undefined && known.isAhead && state.excess(doorIn(state), value) <= -by;
  const most = value !== undefined && state.high(value) <= known.most ? known.most : Number.POSITIVE_INFINITY;
  if (isAhead === known.isAhead && most === known.most && (isAhead || state.low(value!) >= 0)) return true;
  // What is only not below 0 is not worth a name.
  if (isAhead || (most === U32 && state.low(value!) >= 0)) slots.set(slot, { most, isAhead });
  else slots.delete(slot);
  return false;
}

/** A backward jump: what is supposed where it leads must hold with the door one farther. */
function turn(walk: Walk, state: State, target: number): void {
  const slots = walk.ahead.get(target);
  if (slots === undefined) return;
  for (const slot of [...slots.keys()]) if (!suppose(state, slots, slot, 1)) walk.isRefuted = true;
}

/** The door, which is at most the captured length. */
export function doorIn(state: State): Value {
  const known = state.get(doorSlot);
  if (known !== undefined) return known;
  const door = state.fresh(0, U32, [[caplen.root, 0]]);
  state.set(doorSlot, door);
  return door;
}

/** Takes in one instruction, and sends what is known then to where control goes on in the function. */
function step(walk: Walk, state: State, i: Instruction, pc: number, { depth, root }: Region): void {
  if (i.mnemonic === 'loop') return loop(walk, state, i, pc, depth);
  if (isBackward(i)) return turn(walk, state, targetOf(i, pc));
  const followed = walk.followed.get(root)!;
  const written = walk.writes.at[pc]!;
  // Of what is not followed nothing may be noted: it would not be forgotten.
  if (accessesPacket(i) && (indexSlots(i) & ~followed) === 0) {
    reach(state, i, depth, walk.checked.get(pc));
    // The door was no farther, or the run had ended.
    if ((followed & DOOR) !== 0 && i.variation === undefined)
      state.learn(doorIn(state), indexValue(state, i, depth), i.k);
  }
  if (i.mnemonic === 'prolog') zero(state, windowFrom(i.jf) & ~windowFrom(i.jf + i.high + i.jt) & followed);
  else if ((written & followed) !== 0 && !apply(state, i, depth)) state.drop(written);
  if (isComparison(i) && i.jt !== i.jf) {
    const other = fork(walk, state);
    const isFollowed = (readBy(i) & followed) !== 0;
    if (!isFollowed || assume(other, i, depth, true)) send(walk, pc + 1 + i.jt, other);
    if (!isFollowed || assume(state, i, depth, false)) send(walk, pc + 1 + i.jf, state);
    return;
  }
  const targets = walk.validated.next[pc]!;
  for (let at = 1; at < targets.length; at++) send(walk, targets[at]!, fork(walk, state));
  if (targets.length > 0) send(walk, targets[0]!, state);
}

function loop(walk: Walk, state: State, i: Instruction, pc: number, depth: number): void {
  const count = loopCount(state, i, depth);
  const most = Math.max(state.high(count), 0);
  const above = state.above(count);
  // Passes come round, and what stands behind the loop comes after none of them or some.
  state.drop(walk.writes.at[pc]!);
  const body = fork(walk, state);
  body.set(counterSlot(depth + 1), body.fresh(Math.min(1, most), most, above));
  send(walk, bodyOf(i, pc), body);
  send(walk, pc + 1, state);
}

/** What is known, twice. */
function fork(walk: Walk, state: State): State {
  walk.work += state.size;
  return walk.work > mostWork ? new State(walk.roots) : state.copy();
}

/** A state arrives: it is joined with those that have, or is theirs from now on. */
function send(walk: Walk, to: number, state: State): void {
  const { arrivals } = walk;
  const other = arrivals[to];
  if (other !== undefined) {
    walk.work += state.size + other.size;
    other.join(state);
  } else arrivals[to] = walk.work > mostWork ? new State(walk.roots) : state;
}

/** All but M[]. */
function zero(state: State, slots: Slots): void {
  for (let slot = 0; slot <= doorSlot; slot++) if (has(slots, slot)) state.set(slot, constant(0));
}
