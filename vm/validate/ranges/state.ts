/**
 * What is known of a run at one place: intervals of the registers' values, and which values are at most which others.
 * Knows no instruction.
 *
 * A value is written as an unknown, its root, and a constant: after `W4 = W1 + 20` both registers have the same root,
 * so that a test of one says as much of the other. Values are 64-bit, read as signed; bounds past 2^50 count as
 * infinite, so that sums of a few of them are exact. All that is said holds for every run that gets to the place.
 */

import { longestCapture } from '../../host/host.ts';
import { doorSlot, has, type Slots } from './slots.ts';

/** An unknown integer, by its number: it stays the same wherever it is named. */
type Root = number;

/** The integer `root + offset`, which has not wrapped. */
export interface Value {
  readonly root: Root;
  readonly offset: number;
}

/** For a value: it is at most another value's root plus a number. Each root once. */
export type Above = readonly (readonly [root: Root, k: number])[];

interface Fact {
  readonly root: Root;
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
/** Copies begin without those if there are more. */
const mostCopied = 16;

export const constant = (value: number): Value => ({ root: ZERO, offset: value });
/** The captured length. */
export const caplen: Value = { root: CAPLEN, offset: 0 };

const nothing: Above = [];
const zero: Fact = { root: ZERO, low: 0, high: 0, above: nothing };
const anyLength: Fact = { root: CAPLEN, low: 0, high: longestCapture, above: nothing };
const anything: Fact = { root: -1, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY, above: nothing };

/** Counts the roots of one analysis. */
export interface Roots {
  next: number;
}
export const newRoots = (): Roots => ({ next: firstFresh });

/**
 * Slots without a value here may hold anything. Both lists are arrays, not maps: they are short, and copied at each
 * branch of a program.
 */
export class State {
  readonly #roots: Roots;
  /** By slot. */
  #slots: (Value | undefined)[] = [];
  /** Of all roots but ZERO and CAPLEN, by ascending root. */
  #facts: Fact[] = [];
  #length = anyLength;
  /** Whether a copy has the same lists, which then must stay as they are. */
  #sharesSlots = false;
  #sharesFacts = false;

  /** Nothing is known of any slot. */
  constructor(roots: Roots) {
    this.#roots = roots;
  }

  /** Slots of which something may be known: what copying and joining costs. */
  get size(): number {
    return this.#slots.length;
  }

  get(slot: number): Value | undefined {
    return this.#slots[slot];
  }

  set(slot: number, value: Value | undefined): void {
    if (this.#sharesSlots) {
      this.#sharesSlots = false;
      this.#slots = this.#slots.slice();
    }
    this.#slots[slot] = value;
  }

  /** Forgets slots. */
  drop(dropped: Slots): void {
    for (let slot = 0; slot < this.#slots.length; slot++)
      if (this.#slots[slot] !== undefined && has(dropped, slot)) this.set(slot, undefined);
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
    return [[root, offset], ...moved(this.#fact(root).above, offset)];
  }

  /** The least known k with `a <= b + k`. */
  excess(a: Value, b: Value): number {
    if (a.root === b.root) return a.offset - b.offset;
    const { above, high } = this.#fact(a.root);
    let least = leastAbove(above, b.root);
    for (const [between, k] of above) least = Math.min(least, k + leastAbove(this.#fact(between).above, b.root));
    return Math.min(high + a.offset - this.low(b), least + a.offset - b.offset);
  }

  /** An integer of which only this is known. */
  fresh(low: number, high: number, above: Above = nothing): Value {
    if (low === high) return constant(low);
    const root = this.#roots.next++;
    this.#note(fact(root, low, high, above));
    return { root, offset: 0 };
  }

  /** Notes that `a <= b + k`; false where that cannot be, so that no run gets here. */
  learn(a: Value, b: Value, k: number): boolean {
    const most = k + b.offset - a.offset;
    if (a.root === b.root) return most >= 0;
    const less = this.#fact(a.root);
    const more = this.#fact(b.root);
    const high = Math.min(less.high, more.high + most);
    const low = Math.max(more.low, less.low - most);
    if (less.low > high || low > more.high) return false;
    if (a.root >= firstFresh) {
      let above = b.root === ZERO ? less.above : noted(less.above, b.root, most);
      for (const [other, by] of more.above) if (other !== a.root) above = noted(above, other, most + by);
      if (high !== less.high || above !== less.above) this.#note(fact(a.root, less.low, high, above));
    }
    if (b.root !== ZERO && low !== more.low) this.#note(fact(b.root, low, more.high, more.above));
    return true;
  }

  /** The same, which may change without this one: what they have in common is copied when one of them does. */
  copy(): State {
    const copy = new State(this.#roots);
    copy.#slots = this.#slots;
    copy.#facts = this.#facts;
    copy.#length = this.#length;
    this.#sharesSlots = this.#sharesFacts = copy.#sharesSlots = copy.#sharesFacts = true;
    return copy;
  }

  /** Keeps what holds both here and there: a run comes from either. */
  join(other: State): void {
    if (other.#length.low < this.#length.low) this.#length = other.#length;
    if (this.#slots === other.#slots && this.#facts === other.#facts) return;
    const opened = this.#belowBoth(other);
    const joined = common(this.#facts, other.#facts);
    for (let slot = 0; slot < this.#slots.length; slot++) {
      const mine = this.#slots[slot];
      if (mine === undefined) continue;
      const theirs = other.#slots[slot];
      if (theirs === undefined) {
        this.set(slot, undefined);
        continue;
      }
      const isSame = mine.root === theirs.root && mine.offset === theirs.offset;
      if (isSame && mine.root < firstFresh) continue;
      const known = this.#fact(mine.root);
      // Nothing has been found out of it since the ways parted.
      if (isSame && known === other.#fact(mine.root)) continue;
      const low = Math.min(this.low(mine), other.low(theirs));
      const high = Math.max(this.high(mine), other.high(theirs));
      const { root, offset } = isSame ? mine : { root: this.#roots.next++, offset: 0 };
      put(joined, fact(root, low - offset, high - offset, this.#aboveBoth(mine, other, theirs, root, offset)));
      if (!isSame) this.set(slot, { root, offset });
    }
    this.#facts = joined;
    this.#sharesFacts = false;
    const door = this.#slots[doorSlot];
    if (door === undefined) return;
    for (const [slot, k] of opened) this.learn(door, slot < 0 ? caplen : this.#slots[slot]!, k);
  }

  /** By slot that both have, k of `door <= value + k`, which a join would not see: it gives values new names. -1 is the captured length. */
  #belowBoth(other: State): readonly (readonly [slot: number, k: number])[] {
    const mine = this.#slots[doorSlot];
    const theirs = other.#slots[doorSlot];
    if (mine === undefined || theirs === undefined) return [];
    const found: [number, number][] = [];
    const note = (slot: number, a: Value, b: Value): void => {
      const k = Math.max(this.excess(mine, a), other.excess(theirs, b));
      if (k <= 0) found.push([slot, k]);
    };
    for (const [slot, value] of this.#slots.entries()) {
      const match = other.#slots[slot];
      if (slot !== doorSlot && value !== undefined && match !== undefined && value.root !== ZERO)
        note(slot, value, match);
    }
    note(-1, caplen, caplen);
    return found;
  }

  /** What a value here and one there are both at most, less `offset`; `left` is left out. */
  #aboveBoth(mine: Value, other: State, theirs: Value, left: Root, offset: number): Above {
    if (mine.root === ZERO || theirs.root === ZERO) return nothing;
    const found: [Root, number][] = [];
    const { above } = other.#fact(theirs.root);
    const note = (root: Root, k: number): void => {
      const k2 = root === theirs.root ? 0 : leastAbove(above, root);
      if (k2 === Number.POSITIVE_INFINITY || root === left) return;
      found.push([root, Math.max(k + mine.offset, k2 + theirs.offset) - offset]);
    };
    note(mine.root, 0);
    for (const [root, k] of this.#fact(mine.root).above) note(root, k);
    return found;
  }

  #fact(root: Root): Fact {
    if (root === ZERO) return zero;
    if (root === CAPLEN) return this.#length;
    const found = this.#facts[placeOf(this.#facts, root)];
    return found?.root === root ? found : anything;
  }

  #note(known: Fact): void {
    if (known.root === CAPLEN) {
      this.#length = known;
      return;
    }
    if (this.#facts.length > (this.#sharesFacts ? mostCopied : mostFacts)) this.#facts = this.#led();
    else if (this.#sharesFacts) this.#facts = this.#facts.slice();
    this.#sharesFacts = false;
    put(this.#facts, known);
  }

  /** Of facts, what slots can lead to in a step or two. */
  #led(): Fact[] {
    const led = new Set<Root>();
    for (const value of this.#slots) {
      if (value === undefined || led.has(value.root)) continue;
      led.add(value.root);
      for (const [other] of this.#fact(value.root).above) led.add(other);
    }
    return this.#facts.filter(({ root }) => led.has(root));
  }
}

/** What both have found out, not either by itself. */
function common(a: readonly Fact[], b: readonly Fact[]): Fact[] {
  const found: Fact[] = [];
  let at = 0;
  for (const fact of a) {
    while (at < b.length && b[at]!.root < fact.root) at++;
    if (b[at] === fact) found.push(fact);
  }
  return found;
}

/** Where a root stands in facts, or would. */
function placeOf(facts: readonly Fact[], root: Root): number {
  let low = 0;
  let high = facts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (facts[middle]!.root < root) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Puts a fact in place of that of the same root. */
function put(facts: Fact[], known: Fact): void {
  const place = placeOf(facts, known.root);
  if (place === facts.length) facts.push(known);
  else facts.splice(place, facts[place]!.root === known.root ? 1 : 0, known);
}

const leastAbove = (above: Above, root: Root): number => {
  for (const [other, k] of above) if (other === root) return k;
  return Number.POSITIVE_INFINITY;
};

/** With `root + k` among them; the same list if that is no news. */
function noted(above: Above, root: Root, k: number): Above {
  if (leastAbove(above, root) <= k) return above;
  const place = above.findIndex(([other]) => other === root);
  return place < 0 ? [...above, [root, k]] : above.with(place, [root, k]);
}

/** Of a value that is `by` more. */
export const moved = (above: Above, by: number): Above =>
  Number.isFinite(by) ? above.map(([root, k]) => [root, k + by]) : nothing;

/** Of a value that is at most what either says. */
export const withBoth = (a: Above, b: Above): Above => b.reduce((all, [root, k]) => noted(all, root, k), a);

function fact(root: Root, low: number, high: number, above: Above): Fact {
  return {
    root,
    low: low < -farthest ? Number.NEGATIVE_INFINITY : Math.min(low, farthest),
    high: high > farthest ? Number.POSITIVE_INFINITY : Math.max(high, -farthest),
    above: few(above),
  };
}

/** No more than can be looked through each time, the captured length always among them. */
function few(above: Above): Above {
  if (above.length <= mostAbove && above.every(([, k]) => Math.abs(k) <= farthest)) return above;
  const near = above.filter(([, k]) => Math.abs(k) <= farthest);
  const length = near.filter(([root]) => root === CAPLEN);
  return [...length, ...near.filter(([root]) => root !== CAPLEN).slice(length.length - mostAbove)];
}
