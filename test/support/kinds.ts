/**
 * What a random filter knows of its values at each point: types as sets of nil, false, true, integers and headers, and
 * how a test narrows them. The generator uses it to write only what a checker must accept, and, in 32 bits, only
 * integers that stay within 32 bits.
 */

import type { HeaderName } from '../../compiler/protocols/table.ts';

/** The integers from `low` to `high`; doubles, so only a bound above 2^53. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

export interface Type {
  readonly nil: boolean;
  readonly no: boolean;
  readonly yes: boolean;
  readonly int: Range | undefined;
  /** Strings, be they constants or slices of the packet. */
  readonly text: boolean;
  /** The headers that it may be; empty if none. */
  readonly headers: readonly HeaderName[];
}

export const never: Type = { nil: false, no: false, yes: false, int: undefined, text: false, headers: [] };
export const nil: Type = { ...never, nil: true };
export const no: Type = { ...never, no: true };
export const yes: Type = { ...never, yes: true };
export const boolean: Type = { ...never, no: true, yes: true };
export const integers = (low: number, high: number): Type => ({ ...never, int: { low, high } });
export const text: Type = { ...never, text: true };
export const headerOf = (...headers: readonly HeaderName[]): Type => ({ ...never, headers });

const hull = (a: Range | undefined, b: Range | undefined): Range | undefined =>
  a && b ? { low: Math.min(a.low, b.low), high: Math.max(a.high, b.high) } : (a ?? b);

export const union = (a: Type, b: Type): Type => ({
  nil: a.nil || b.nil,
  no: a.no || b.no,
  yes: a.yes || b.yes,
  int: hull(a.int, b.int),
  text: a.text || b.text,
  headers: [...new Set([...a.headers, ...b.headers])].sort(),
});

const same = (a: Type, b: Type): boolean => JSON.stringify(a) === JSON.stringify(b);

/** What of `a` may equal a value of type `b`. */
export const common = (a: Type, b: Type): Type => ({
  nil: a.nil && b.nil,
  no: a.no && b.no,
  yes: a.yes && b.yes,
  int: b.int && a.int,
  text: a.text && b.text,
  headers: a.headers.filter((name) => b.headers.includes(name)),
});

export const truthy = (type: Type): Type => ({ ...type, nil: false, no: false });
export const falsy = (type: Type): Type => ({ ...never, nil: type.nil, no: type.no });
export const isNever = (type: Type): boolean =>
  !type.nil && !type.no && !type.yes && !type.int && !type.text && type.headers.length === 0;
/** Whether both a true and a false value are possible. */
export const isOpen = (type: Type): boolean => !isNever(truthy(type)) && !isNever(falsy(type));
export const isInteger = (type: Type): boolean => isNever({ ...type, int: undefined }) && type.int !== undefined;
export const isText = (type: Type): boolean => isNever({ ...type, text: false }) && type.text;
/** Whether it is of nil, booleans and integers alone. */
export const isPlain = (type: Type): boolean => !type.text && type.headers.length === 0;
/** Whether every value of `a` is one of `b`. */
export const isWithin = (a: Type, b: Type): boolean => same(union(a, b), b);
export const isHeader = (type: Type): boolean => isNever({ ...type, headers: [] }) && type.headers.length > 0;

/** A local name, or a path such as `pkt.tcp` that narrows like one. */
export interface Variable {
  readonly name: string;
  /** The type where nothing is known of it yet: what a path starts with. */
  readonly initial: Type;
  /** The headers that it may hold in its whole life; empty for a variable of values. */
  readonly headers: readonly HeaderName[];
  /** A constant of the chunk, or a path: never assigned. */
  readonly fixed: boolean;
}

export interface Knowledge {
  readonly type: Type;
  /** Whether it hangs on the packet, so that no folding can know more of it. */
  readonly dynamic: boolean;
}

/** What is known of the variables at a point of the program. */
export type Facts = ReadonlyMap<Variable, Knowledge>;

export const known = (facts: Facts, variable: Variable): Knowledge =>
  facts.get(variable) ?? { type: variable.initial, dynamic: true };

export function learn(facts: Facts, variable: Variable, knowledge: Knowledge): Facts {
  return new Map(facts).set(variable, knowledge);
}

/** The facts where two ways meet; null stands for a way that is never taken. */
export function join(a: Facts | null, b: Facts | null): Facts | null {
  if (!a || !b) return a ?? b;
  const joined = new Map<Variable, Knowledge>();
  for (const variable of new Set([...a.keys(), ...b.keys()])) {
    const [x, y] = [known(a, variable), known(b, variable)];
    const dynamic = x.dynamic || y.dynamic || !same(x.type, y.type);
    joined.set(variable, { type: union(x.type, y.type), dynamic });
  }
  return joined;
}

/** The facts after a test, or null where it cannot come out that way. */
export type Narrow = (facts: Facts) => Facts | null;

export const keep: Narrow = (facts) => facts;

/** Narrows a variable to what `part` leaves of its type. */
export const restrict =
  (variable: Variable, part: (type: Type) => Type): Narrow =>
  (facts) => {
    const { type, dynamic } = known(facts, variable);
    const rest = part(type);
    return isNever(rest) ? null : learn(facts, variable, { type: rest, dynamic });
  };

/** One narrowing after another. */
export const both =
  (first: Narrow, second: Narrow): Narrow =>
  (facts) => {
    const between = first(facts);
    return between && second(between);
  };

/** Where either of two ways may have been taken. */
export const either =
  (first: Narrow, second: Narrow): Narrow =>
  (facts) =>
    join(first(facts), second(facts));
