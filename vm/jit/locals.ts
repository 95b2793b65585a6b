/**
 * Fewer locals, and less done with them: what nothing reads is not computed, what is read as soon as it is written stays
 * on the stack, and locals that are never alive at the same time become one. Baseline compilers of WebAssembly have a
 * place for each local, and move what is in registers wherever control joins or comes round again.
 *
 * Knows of a function what it does with locals and where its control goes, in the order of its code, and nothing else.
 */

/** What happens to locals, and to control. */
export const GET = 0;
export const SET = 1;
export const TEE = 2;
export const BLOCK = 3;
export const LOOP = 4;
export const IF = 5;
export const ELSE = 6;
export const END = 7;
export const BR = 8;
export const BR_IF = 9;
export const BR_TABLE = 10;
/** Here begins what a SET behind it computes. */
export const MARK = 11;

/** What becomes of it. */
export const KEPT = 0;
/** Of a SET: it is written as a TEE. */
export const TEED = 1;
/** Of a SET: its value is dropped. */
export const DROPPED = 2;
/** It is left out, its value stays on the stack. */
export const GONE = 3;
/** It is left out, with the code in front of it. */
export const DEAD = 4;

/** The events of a function, in order, by number. */
export interface Events {
  readonly kinds: number[];
  /** The local; the label of a branch, its place in `tables` of a BR_TABLE; of END, the number of what it ends. */
  readonly values: number[];
  /** How much code stands in front, other than that of locals. */
  readonly places: readonly number[];
  /** By SET, the MARK from which on it computes its value without any other effect; -1 where there is none. */
  readonly marks: readonly number[];
  /** The labels of each BR_TABLE. */
  readonly tables: readonly (readonly number[])[];
}

export interface Allocation {
  /** By event, what becomes of it. */
  readonly fates: Uint8Array;
  /** By local, which one it becomes. */
  readonly renamed: Int32Array;
  /** The types of those that are left behind the parameters. */
  readonly types: readonly number[];
}

/** Of a function whose locals, `parameters` first, have such types. */
export function allocate<T extends number>(
  events: Events,
  types: readonly T[],
  parameters: number,
): Allocation & { readonly types: readonly T[] } {
  const { kinds } = events;
  const life = newLife(kinds.length, types.length);
  findLife(events, life);
  if (uncopy(events, life, types, parameters)) findLife(events, life);
  stack(events, life);
  const firsts = new Int32Array(types.length).fill(kinds.length);
  const lasts = new Int32Array(types.length).fill(-1);
  // What may be read before it is written is 0 at first, in a place that nobody had before.
  for (let local = 0; local < types.length; local++)
    if (local < parameters || has(life.live, local)) [firsts[local], lasts[local]] = [-1, -1];
  findSpans(events, life, firsts, lasts);
  return { fates: life.fates, ...share(types, parameters, firsts, lasts) };
}

/** A set of locals. */
type Live = Uint32Array;
const has = (live: Live, local: number): boolean => (live[local >>> 5]! & (1 << (local & 31))) !== 0;

/** Adds to a set; whether it grows. */
function unite(live: Live, other: Live): boolean {
  let grows = false;
  for (let word = 0; word < live.length; word++) {
    const bits = other[word]! & ~live[word]!;
    if (bits === 0) continue;
    grows = true;
    live[word]! |= bits;
  }
  return grows;
}

/** What is alive: what is read later before it is written. */
interface Life {
  readonly fates: Uint8Array;
  /** By GET, whether nothing reads the local behind it. */
  readonly isLast: Uint8Array;
  /** In the end, what is alive where the function begins. */
  readonly live: Live;
  /** By LOOP, what is alive where it begins, and its END. */
  readonly loops: Map<number, { readonly head: Live; readonly end: number }>;
}

const newLife = (events: number, locals: number): Life => ({
  fates: new Uint8Array(events),
  isLast: new Uint8Array(events),
  live: new Uint32Array((locals + 31) >>> 5),
  loops: new Map(),
});

/** Loops in loops in loops may take so many times; then all is taken to be alive in them. */
const mostTimes = 8;

function findLife(events: Events, life: Life): void {
  life.loops.clear();
  for (let times = 1, grows = true; grows; times++) {
    life.fates.fill(KEPT);
    life.live.fill(0);
    grows = goBack(events, life);
    if (grows && times === mostTimes) for (const { head } of life.loops.values()) head.fill(0xffffffff);
  }
}

/**
 * Goes from the end to the beginning. Tells whether more is alive where some loop begins than was taken to be where it
 * comes round, so that all must be done once more.
 */
function goBack({ kinds, values, marks, tables }: Events, { fates, isLast, live, loops }: Life): boolean {
  let grows = false;
  let depth = 0;
  /** By label, what is alive where it leads; of an `if`, behind its `else`. */
  const labels: Live[] = [];
  const elses: (Live | undefined)[] = [];
  for (let at = kinds.length - 1; at >= 0; at--) {
    const value = values[at]!;
    switch (kinds[at]) {
      case GET:
        isLast[at] = has(live, value) ? 0 : 1;
        live[value >>> 5]! |= 1 << (value & 31);
        break;
      case SET:
      case TEE: {
        const isRead = has(live, value);
        live[value >>> 5]! &= ~(1 << (value & 31));
        if (isRead) break;
        const mark = marks[at]!;
        if (kinds[at] === TEE) fates[at] = GONE;
        else if (mark < 0) fates[at] = DROPPED;
        else {
          fates.fill(DEAD, mark + 1, at + 1);
          at = mark;
        }
        break;
      }
      case END: {
        const label = (labels[depth] ??= new Uint32Array(live.length));
        elses[depth++] = undefined;
        if (kinds[value] !== LOOP) label.set(live);
        else {
          const known = loops.get(value);
          if (known === undefined) {
            loops.set(value, { head: new Uint32Array(live.length), end: at });
            label.fill(0);
          } else label.set(known.head);
        }
        break;
      }
      case ELSE:
        elses[depth - 1] = live.slice();
        live.set(labels[depth - 1]!);
        break;
      case IF:
        depth--;
        unite(live, elses[depth] ?? labels[depth]!);
        break;
      case LOOP:
        depth--;
        if (unite(loops.get(at)!.head, live)) grows = true;
        break;
      case BLOCK:
        depth--;
        break;
      case BR:
        live.set(labels[value]!);
        break;
      case BR_IF:
        unite(live, labels[value]!);
        break;
      case BR_TABLE:
        live.fill(0);
        for (const label of tables[value]!) unite(live, labels[label]!);
        break;
      default:
    }
  }
  return grows;
}

/**
 * Takes for a local that is nothing but a copy of another that other one, where that is written once, in front of it. A
 * loop that writes it anew writes the copy anew too before that is read: else something could read it that has never been
 * written. Tells whether there were some.
 */
function uncopy(
  { kinds, values, places }: Events,
  { fates, live }: Life,
  types: readonly number[],
  parameters: number,
): boolean {
  const kept = new Int32Array(types.length);
  /** Where it is written last: to no purpose now, maybe, but there may be one when the local is read longer. */
  const last = new Int32Array(types.length).fill(-1);
  const copies: number[] = [];
  for (let at = 0; at < kinds.length; at++) {
    const kind = kinds[at];
    if (kind !== SET && kind !== TEE) continue;
    const local = values[at]!;
    last[local] = at;
    if (fates[at] !== KEPT) continue;
    kept[local]!++;
    if (kind === SET && kinds[at - 1] === GET && places[at] === places[at - 1]) copies.push(at);
  }
  const instead = Int32Array.from(types.keys());
  let found = false;
  for (const at of copies) {
    const copy = values[at]!;
    const from = instead[values[at - 1]!]!;
    if (copy === from || types[copy] !== types[from] || kept[copy] !== 1 || has(live, copy)) continue;
    const isFixed = from < parameters && last[from]! < 0;
    if (!isFixed && (kept[from] !== 1 || last[from]! > at)) continue;
    instead[copy] = from;
    kinds[at] = MARK;
    kinds[at - 1] = MARK;
    found = true;
  }
  if (found) for (let at = 0; at < kinds.length; at++) if (kinds[at] === GET) values[at] = instead[values[at]!]!;
  return found;
}

/** Leaves on the stack what is read just where it was written. */
function stack({ kinds, values, places }: Events, { fates, isLast }: Life): void {
  for (let at = 1, before = 0; at < kinds.length; before = kinds[at] === MARK ? before : at, at++) {
    if (kinds[at] !== GET || kinds[before] !== SET || values[at] !== values[before]) continue;
    if (fates[at] !== KEPT || fates[before] !== KEPT || places[at] !== places[before]) continue;
    fates[at] = GONE;
    fates[before] = isLast[at] === 1 ? GONE : TEED;
  }
}

/** From which event to which each local is taken: where a loop comes round with it, all through the loop. */
function findSpans({ kinds, values }: Events, { fates, loops }: Life, firsts: Int32Array, lasts: Int32Array): void {
  const touch = (local: number, at: number): void => {
    if (at < firsts[local]!) firsts[local] = at;
    if (at > lasts[local]!) lasts[local] = at;
  };
  for (let at = 0; at < kinds.length; at++) if (kinds[at]! <= TEE && fates[at]! <= TEED) touch(values[at]!, at);
  for (const [begin, { head, end }] of loops)
    for (let local = 0; local < firsts.length; local++) {
      if (!has(head, local)) continue;
      touch(local, begin);
      touch(local, end);
    }
}

/** Gives locals of one type one place, if the last event of one stands before the first of the other. */
function share<T extends number>(
  types: readonly T[],
  parameters: number,
  firsts: Int32Array,
  lasts: Int32Array,
): { readonly renamed: Int32Array; readonly types: readonly T[] } {
  const isUsed = (local: number): boolean => local < parameters || lasts[local]! >= 0 || firsts[local]! < 0;
  const order = Array.from(types.keys()).filter(isUsed);
  order.sort((a, b) => firsts[a]! - firsts[b]! || a - b);
  const renamed = new Int32Array(types.length);
  /** What is left, and until when it is taken. */
  const places: { readonly type: T; until: number }[] = [];
  for (const local of order) {
    const type = types[local]!;
    const free = places.findIndex((place) => place.type === type && place.until < firsts[local]!);
    renamed[local] = free < 0 ? places.length : free;
    if (free < 0) places.push({ type, until: lasts[local]! });
    else places[free]!.until = lasts[local]!;
  }
  return { renamed, types: places.slice(parameters).map(({ type }) => type) };
}
