/**
 * What is known of a run at one place: intervals of the registers' values, and which values are at most which others.
 * Knows no instruction.
 *
 * A value is written as an unknown, its root, and a constant: after `W4 = W1 + 20` both registers have the same root,
 * so that a test of one says as much of the other. Values are 64-bit, read as signed; bounds past 2^50 count as
 * infinite, so that sums of a few of them are exact. All that is said holds for every run that gets to the place.
 */

import { longestCapture } from '../../host/host.ts';
import { doorSlot } from './slots.ts';

/** An unknown integer, by its number: it stays the same wherever it is named. */
type Root = number;

/** The integer `root + offset`, which has not wrapped. */
export interface Value {
  readonly root: Root;
  readonly offset: number;
}

/** For a value: it is at most another value's root plus a number, by that root. */
type Above = ReadonlyMap<Root, number>;

interface Fact {
  readonly low: number;
  readonly high: number;
  readonly above: Above;
}

const ZERO: Root = 0;
const CAPLEN: Root = 1;
const firstFresh = 2;

/** Bounds are at most so far from 0, or infinite. */
export const farthest = 2 ** 50;
/** Others that one value is compared with: more are forgotten. */
const mostAbove = 6;
/** Facts are kept for so many roots; then those go that no register leads to any more. */
const mostFacts = 256;

export const constant = (value: number): Value => ({ root: ZERO, offset: value });
/** The captured length. */
export const caplen: Value = { root: CAPLEN, offset: 0 };

const nothing: Above = new Map();
const zero: Fact = { low: 0, high: 0, above: nothing };
const anything: Fact = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY, above: nothing };

/** Counts the roots of one analysis. */
export interface Roots {
  next: number;
}
export const newRoots = (): Roots => ({ next: firstFresh });

/** Slots without a value here may hold anything. */
export class State {
  readonly #roots: Roots;
  #slots = new Map<number, Value>();
  /** Of all roots but ZERO and CAPLEN. */
  #facts = new Map<Root, Fact>();
  /** The captured length is no less. */
  #length = 0;
  /** Whether a copy has the same maps, which then must stay as they are. */
  #isShared = false;

  /** Nothing is known of any slot. */
  constructor(roots: Roots) {
    this.#roots = roots;
  }

  /** Slots of which something is known: what copying and joining costs. */
  get size(): number {
    return this.#slots.size;
  }

  get(slot: number): Value | undefined {
    return this.#slots.get(slot);
  }

  set(slot: number, value: Value): void {
    this.#own();
    this.#slots.set(slot, value);
    if (this.#facts.size > mostFacts) this.#forgetFacts();
  }

  /** Forgets slots. */
  drop(isDropped: (slot: number) => boolean): void {
    const dropped = [...this.#slots.keys()].filter(isDropped);
    if (dropped.length === 0) return;
    this.#own();
    for (const slot of dropped) this.#slots.delete(slot);
  }

  low({ root, offset }: Value): number {
    return this.#fact(root).low + offset;
  }

  high({ root, offset }: Value): number {
    return this.#fact(root).high + offset;
  }

  /** Whether a value lies in an interval. */
  within(value: Value, low: number, high: number): boolean {
    return this.low(value) >= low && this.high(value) <= high;
  }

  /** What a value is known to be at most, itself included. */
  above({ root, offset }: Value): Above {
    if (root === ZERO) return nothing;
    const above = new Map([[root, offset]]);
    for (const [other, k] of this.#fact(root).above) above.set(other, k + offset);
    return above;
  }

  /** The least known k with `a <= b + k`. */
  excess(a: Value, b: Value): number {
    if (a.root === b.root) return a.offset - b.offset;
    const { above } = this.#fact(a.root);
    let least = above.get(b.root) ?? Number.POSITIVE_INFINITY;
    for (const [between, k] of above)
      least = Math.min(least, k + (this.#fact(between).above.get(b.root) ?? Number.POSITIVE_INFINITY));
    return Math.min(this.high(a) - this.low(b), least + a.offset - b.offset);
  }

  /** An integer of which only this is known. */
  fresh(low: number, high: number, above: Above = nothing): Value {
    if (low === high) return constant(low);
    const root = this.#roots.next++;
    this.#own();
    this.#facts.set(root, fact(low, high, above));
    return { root, offset: 0 };
  }

  /** Notes that `a <= b + k`; false where that cannot be, so that no run gets here. */
  learn(a: Value, b: Value, k: number): boolean {
    const most = k + b.offset - a.offset;
    if (a.root === b.root) return most >= 0;
    const [less, more] = [this.#fact(a.root), this.#fact(b.root)];
    const high = Math.min(less.high, more.high + most);
    const low = Math.max(more.low, less.low - most);
    if (less.low > high || low > more.high) return false;
    if (a.root !== ZERO && a.root !== CAPLEN) {
      const above = new Map(less.above);
      const note = (root: Root, by: number): void => {
        if (root !== ZERO && root !== a.root) above.set(root, Math.min(by, above.get(root) ?? by));
      };
      note(b.root, most);
      for (const [other, by] of more.above) note(other, most + by);
      this.#own();
      this.#facts.set(a.root, fact(less.low, high, above));
    }
    if (b.root === CAPLEN) this.#length = low;
    else if (b.root !== ZERO) {
      this.#own();
      this.#facts.set(b.root, fact(low, more.high, more.above));
    }
    return true;
  }

  /** The same, which may change without this one: what they have in common is copied when one of them does. */
  copy(): State {
    const copy = new State(this.#roots);
    this.#isShared = true;
    copy.#isShared = true;
    copy.#slots = this.#slots;
    copy.#facts = this.#facts;
    copy.#length = this.#length;
    return copy;
  }

  /** Keeps what holds both here and there: a run comes from either. */
  join(other: State): void {
    this.#length = Math.min(this.#length, other.#length);
    if (this.#slots === other.#slots && this.#facts === other.#facts) return;
    this.#own();
    const opened = this.#belowBoth(other);
    const joined = new Map<Root, Fact>();
    for (const [slot, mine] of this.#slots) {
      const theirs = other.#slots.get(slot);
      if (theirs === undefined) {
        this.#slots.delete(slot);
        continue;
      }
      const isSame = mine.root === theirs.root && mine.offset === theirs.offset;
      if (isSame && mine.root < firstFresh) continue;
      const known = this.#fact(mine.root);
      // Nothing has been found out of it since the ways parted.
      if (isSame && known === other.#fact(mine.root)) {
        joined.set(mine.root, known);
        continue;
      }
      const low = Math.min(this.low(mine), other.low(theirs));
      const high = Math.max(this.high(mine), other.high(theirs));
      const { root, offset } = isSame ? mine : { root: this.#roots.next++, offset: 0 };
      this.#slots.set(slot, { root, offset });
      joined.set(root, fact(low - offset, high - offset, this.#aboveBoth(mine, other, theirs, root, offset)));
    }
    this.#facts = joined;
    const door = this.#slots.get(doorSlot);
    if (door === undefined) return;
    for (const [slot, k] of opened) this.learn(door, slot < 0 ? caplen : this.#slots.get(slot)!, k);
  }

  /** By slot that both have, k of `door <= value + k`, which a join would not see: it gives values new names. -1 is the captured length. */
  #belowBoth(other: State): ReadonlyMap<number, number> {
    const found = new Map<number, number>();
    const [mine, theirs] = [this.#slots.get(doorSlot), other.#slots.get(doorSlot)];
    if (mine === undefined || theirs === undefined) return found;
    const note = (slot: number, a: Value, b: Value): void => {
      const k = Math.max(this.excess(mine, a), other.excess(theirs, b));
      if (k <= 0) found.set(slot, k);
    };
    for (const [slot, value] of this.#slots) {
      const match = other.#slots.get(slot);
      if (slot !== doorSlot && match !== undefined && value.root !== ZERO) note(slot, value, match);
    }
    note(-1, caplen, caplen);
    return found;
  }

  /** What a value here and one there are both at most, less `offset`; `left` is left out. */
  #aboveBoth(mine: Value, other: State, theirs: Value, left: Root, offset: number): Above {
    if (mine.root === ZERO || theirs.root === ZERO) return nothing;
    let found: Map<Root, number> | undefined;
    const { above } = other.#fact(theirs.root);
    const note = (root: Root, k: number): void => {
      const k2 = root === theirs.root ? 0 : above.get(root);
      if (k2 === undefined || root === left) return;
      found ??= new Map();
      found.set(root, Math.max(k + mine.offset, k2 + theirs.offset) - offset);
    };
    note(mine.root, 0);
    for (const [root, k] of this.#fact(mine.root).above) note(root, k);
    return found ?? nothing;
  }

  #fact(root: Root): Fact {
    if (root === ZERO) return zero;
    if (root === CAPLEN) return { low: this.#length, high: longestCapture, above: nothing };
    return this.#facts.get(root) ?? anything;
  }

  /** Before a change: parts from copies. Of facts it takes what slots can lead to in a step or two. */
  #own(): void {
    if (!this.#isShared) return;
    this.#isShared = false;
    this.#slots = new Map(this.#slots);
    this.#forgetFacts();
  }

  #forgetFacts(): void {
    const kept = new Map<Root, Fact>();
    for (const { root } of this.#slots.values()) {
      const fact = this.#facts.get(root);
      if (fact === undefined || kept.get(root) === fact) continue;
      kept.set(root, fact);
      for (const other of fact.above.keys()) {
        const between = this.#facts.get(other);
        if (between !== undefined) kept.set(other, between);
      }
    }
    this.#facts = kept;
  }
}

function fact(low: number, high: number, above: Above): Fact {
  return {
    low: low < -farthest ? Number.NEGATIVE_INFINITY : Math.min(low, farthest),
    high: high > farthest ? Number.POSITIVE_INFINITY : Math.max(high, -farthest),
    above: few(above),
  };
}

/** No more than can be looked through each time, the captured length always among them. */
function few(above: Above): Above {
  if (above.size === 0) return nothing;
  const near = [...above].filter(([, k]) => Math.abs(k) <= farthest);
  if (near.length <= mostAbove) return near.length === above.size ? above : new Map(near);
  const length = near.filter(([root]) => root === CAPLEN);
  return new Map([...length, ...near.filter(([root]) => root !== CAPLEN).slice(length.length - mostAbove)]);
}
