/**
 * Random well-typed expressions of the filter language, as Lua text with what is known of their values. An expression
 * may fail when it runs (a read past the end, a field of nil, a division by zero), rarely enough that most runs do not;
 * it is never one that fails or is dead for certain, because a checker may reject that.
 */

import { headers } from '../../compiler/index.ts';
import { type Argument, callOf, transports } from './calls.ts';
import { type Integers, keptEntry, keptInteger } from './kept.ts';
import type { Type } from './kinds.ts';
import * as kinds from './kinds.ts';
import { full, type IntegerOperator, ranges } from './ranges.ts';
import {
  atom,
  compare,
  comparison,
  connect,
  type Expression,
  expression,
  falseLiteral,
  guard,
  header,
  infix,
  levels,
  literal,
  type Maker,
  member,
  nilLiteral,
  paths,
  pathsOf,
  rangeOf,
  read,
  type Scene,
  settle,
  sureHeader,
  those,
  trueLiteral,
  unary,
  wrap,
} from './terms.ts';
import { search, text, textLiteral, textSize, textTest } from './texts.ts';

const loads: readonly (readonly [name: string, size: number, low: number, high: number])[] = [
  ['u8', 1, 0, 0xff],
  ['u16', 2, 0, 0xffff],
  ['u32', 4, 0, 2 ** 32 - 1],
  ['u64', 8, -(2 ** 63), 2 ** 63],
  ['i8', 1, -(2 ** 7), 2 ** 7 - 1],
  ['i16', 2, -(2 ** 15), 2 ** 15 - 1],
  ['i32', 4, -(2 ** 31), 2 ** 31 - 1],
  ['u16le', 2, 0, 0xffff],
  ['u32le', 4, 0, 2 ** 32 - 1],
  ['u64le', 8, -(2 ** 63), 2 ** 63],
  ['i16le', 2, -(2 ** 15), 2 ** 15 - 1],
  ['i32le', 4, -(2 ** 31), 2 ** 31 - 1],
];
const places = [0, 1, 4, 6, 9, 12, 14, 15, 16, 18, 20, 22, 23, 24, 26, 28, 30, 33];
const farther = [34, 36, 38, 40, 42, 46, 47, 50, 54, 60, 66, 80];

/** The offset of a load: mostly where packets have bytes. */
export function offset(m: Maker, scene: Scene, depth: number): string {
  const { random } = m;
  const way = random.below(100);
  const base = way < 20 ? sureHeader(m, scene) : undefined;
  const hasPayload = base?.type.headers.every((name) => headers[name].payload !== undefined);
  if (base)
    return hasPayload && random.chance(0.2) ? `${base.text}.payload` : `${base.text}.offset + ${random.below(8)}`;
  if (way < 35 && depth > 0) return `(${integer(m, scene, depth - 1).text}) & ${random.pick([3, 7, 15])}`;
  if (way < 36) return integer(m, scene, depth - 1).text;
  return `${random.pick(way < 95 ? places : farther)}`;
}

function load(m: Maker, scene: Scene, depth: number): Expression {
  if (!m.packet) return integerLeaf(m, scene, depth);
  const usual = m.random.chance(0.6);
  const able = loads.filter(([, , low, high], index) => (!usual || index < 2) && settle(m, { low, high }));
  const [name, , low, high] = m.random.pick(able);
  return expression(`pkt:${name}(${offset(m, scene, depth)})`, atom, kinds.integers(low, high));
}

/** `pkt.caplen > n and pkt:u16(n - 1)` */
function loadIfCaptured(m: Maker): Expression | undefined {
  if (!m.packet) return undefined;
  const [name, size, low, high] = m.random.pick(loads.filter(([, , low, high]) => settle(m, { low, high })));
  const last = m.random.pick([...places, ...farther]) + size - 1;
  const type = kinds.union(kinds.no, kinds.integers(low, high));
  return expression(`pkt.caplen > ${last} and pkt:${name}(${last - size + 1})`, levels.and, type);
}

// Integers ---------------------------------------------------------------------------------------------------------

function dynamicLeaf(m: Maker, scene: Scene, depth: number): Expression {
  const { random } = m;
  const held = those(scene, kinds.isInteger, scene.visible).filter(
    (variable) => kinds.known(scene.facts, variable).dynamic,
  );
  if (held.length > 0 && random.chance(0.5)) return read(scene, random.pick(held));
  const base = sureHeader(m, scene);
  if (base && random.chance(0.6)) return member(m, base, 'integer');
  const loose = random.chance(0.05) ? header(m, scene) : undefined;
  if (loose) return member(m, loose, 'integer');
  if (!m.packet) return held.length > 0 ? read(scene, random.pick(held)) : literal(m);
  if (random.chance(0.4)) return load(m, scene, depth);
  return expression(random.pick(['#pkt', 'pkt.caplen']), unary, kinds.integers(0, 1 << 18));
}

function integerLeaf(m: Maker, scene: Scene, depth: number): Expression {
  const { random } = m;
  const constants = those(scene, kinds.isInteger, scene.visible);
  if (random.chance(0.25)) return literal(m);
  if (constants.length > 0 && random.chance(0.3)) return read(scene, random.pick(constants));
  return dynamicLeaf(m, scene, depth);
}

/** An operand: an integer, or, now and then, what may turn out not to be one. */
function operand(m: Maker, scene: Scene, depth: number): Expression {
  const loose = those(scene, (type) => type.int !== undefined && !type.text && !kinds.isInteger(type), scene.visible);
  if (loose.length > 0 && m.random.chance(0.08)) return read(scene, m.random.pick(loose));
  return integer(m, scene, depth);
}

function arithmetic(m: Maker, scene: Scene, depth: number): Expression {
  const { random } = m;
  const operators = Object.keys(ranges) as IntegerOperator[];
  const operator = random.pick(operators);
  const a = operand(m, scene, depth - 1);
  let b = operand(m, scene, depth - 1);
  // Most divisors are not 0: a person divides by a number that is written down.
  if (operator === '//' || operator === '%') b = random.chance(0.8) ? divisor(m) : few(b, 3);
  const shifts = operator === '<<' || operator === '>>';
  if (shifts && random.chance(m.bits32 ? 0.8 : 0.5)) {
    const count = random.range(m.bits32 ? 0 : -3, m.bits32 ? 12 : 66);
    b = expression(`${count}`, count < 0 ? unary : atom, kinds.integers(count, count), { dynamic: false });
  }
  const range = settle(m, ranges[operator](rangeOf(a), rangeOf(b)));
  if (!range) return masked(m, operator, a, b);
  const text = infix(m, operator, levels[operator], a, b);
  return expression(text, levels[operator], { ...kinds.never, int: range }, { dynamic: a.dynamic || b.dynamic });
}

/** The low bits of an integer, by a mask. */
export function few(e: Expression, mask: number): Expression {
  const { low, high } = rangeOf(e);
  if (kinds.isInteger(e.type) && low >= 0 && high <= mask) return e;
  const text = `${wrap(e, levels['&'])} & 0x${mask.toString(16)}`;
  return expression(text, levels['&'], kinds.integers(0, mask), { dynamic: e.dynamic });
}

function divisor(m: Maker): Expression {
  const value = m.random.pick([1, 2, 3, 4, 7, 8, 10, 16, 255, 1000, -1, -2, -3, -8, -10, -256]);
  return expression(`${value}`, value < 0 ? unary : atom, kinds.integers(value, value), { dynamic: false });
}

/** The same operation on so few bits that the result fits. */
function masked(m: Maker, operator: IntegerOperator, a: Expression, b: Expression): Expression {
  const [x, y] = [few(a, 0xffff), few(b, 15)];
  const range = settle(m, ranges[operator](rangeOf(x), rangeOf(y))) ?? full;
  const text = infix(m, operator, levels[operator], x, y);
  return expression(text, levels[operator], { ...kinds.never, int: range }, { dynamic: a.dynamic || b.dynamic });
}

function negation(m: Maker, scene: Scene, depth: number): Expression {
  const a = operand(m, scene, depth - 1);
  const complement = m.random.chance(0.4);
  const { low, high } = rangeOf(a);
  const range = settle(m, complement ? { low: -1 - high, high: -1 - low } : { low: -high, high: -low });
  if (!range) return a;
  const inner = a.level < unary || a.text.startsWith('-') ? `(${a.text})` : a.text;
  const text = `${complement ? '~' : '-'}${inner}`;
  return expression(text, unary, { ...kinds.never, int: range }, { dynamic: a.dynamic });
}

function call(m: Maker, scene: Scene, depth: number): Expression {
  const { random } = m;
  const name = random.pick(['min', 'max', 'abs']);
  const [a, b] = [integer(m, scene, depth - 1), integer(m, scene, depth - 1)];
  const { low, high } = rangeOf(a);
  if (name === 'abs') {
    const range = settle(m, { low: 0, high: Math.max(Math.abs(low), Math.abs(high)) });
    if (!range) return a;
    return expression(`math.abs(${a.text})`, atom, { ...kinds.never, int: range }, { dynamic: a.dynamic });
  }
  const list = random.chance(0.2) ? [a, b, literal(m)] : [a, b];
  const type = list.reduce<Type>((sum, e) => kinds.union(sum, { ...kinds.never, int: rangeOf(e) }), kinds.never);
  const text = `math.${name}(${list.map((e) => e.text).join(', ')})`;
  return expression(text, atom, type, { dynamic: list.some((e) => e.dynamic) });
}

/** An expression that is surely an integer, if it comes to a value at all. */
export function integer(m: Maker, scene: Scene, depth: number): Expression {
  const { random } = m;
  if (m.kept.length > 0 && depth > 0 && random.chance(0.12)) return keptInteger(m, scene, integers(m, scene));
  if (depth <= 0 || random.chance(0.25)) return integerLeaf(m, scene, depth);
  const way = random.below(100);
  if (way < 45) return arithmetic(m, scene, depth);
  if (way < 54) return negation(m, scene, depth);
  if (way < 62) return call(m, scene, depth);
  if (way < 68) return load(m, scene, depth);
  if (way < 70) return textSize(m, scene, () => offset(m, scene, depth - 1));
  if (way < 76) {
    const called = callOf(m, scene, argument(depth - 1), kinds.isInteger);
    if (called && settle(m, rangeOf(called))) return called;
  }
  if (way < 84) {
    const loose = optional(m, scene, depth - 1);
    const whole = connect(m, scene, 'or', loose, (after) => integer(m, after, depth - 1));
    if (kinds.isInteger(whole.type)) return whole;
  } else if (way < 94) {
    const whole = choice(m, scene, depth, integer);
    if (kinds.isInteger(whole.type)) return whole;
  }
  return integerLeaf(m, scene, depth);
}

/** Integers for places in state. */
export const integers =
  (m: Maker, scene: Scene): Integers =>
  (mask) => {
    const e = integer(m, scene, 1);
    return mask === undefined ? e.text : few(e, mask).text;
  };

/** An integer on which something dynamic can be tested. */
function dynamicInteger(m: Maker, scene: Scene, depth: number): Expression {
  for (let tries = 0; tries < 4; tries++) {
    const found = integer(m, scene, depth);
    if (found.dynamic) return found;
  }
  return dynamicLeaf(m, scene, depth);
}

/** Arguments of calls, small ones where depth has run out. */
export const argument =
  (depth: number): Argument =>
  (m, scene, kind) => {
    if (kind === 'header') return m.random.pick(transports(m, scene)).name;
    if (kind === 'text') return text(m, scene, () => offset(m, scene, 0)).text;
    const e = integer(m, scene, depth);
    return m.bits32 ? few(e, 0xffff).text : e.text;
  };

/** `pkt:find(s, from)`, with bounds that may be anything. */
function found(m: Maker, scene: Scene, depth: number): Expression | undefined {
  if (!m.packet) return undefined;
  const bound = () => (m.random.chance(0.7) ? offset(m, scene, 0) : few(integer(m, scene, depth - 1), 63).text);
  return search(m, bound(), m.random.chance(0.4) ? bound() : undefined);
}

// Unions -----------------------------------------------------------------------------------------------------------

type Make = (m: Maker, scene: Scene, depth: number) => Expression;

/** `test and a or b` */
function choice(m: Maker, scene: Scene, depth: number, make: Make): Expression {
  const test = condition(m, scene, depth - 1);
  const first = connect(m, scene, 'and', test, (after) => make(m, after, depth - 1));
  return connect(m, scene, 'or', first, (after) => make(m, after, depth - 1));
}

/** A lookup in a constant table, by an index that no folding can know. */
function lookup(m: Maker, scene: Scene, depth: number): Expression | undefined {
  const plain = m.tables.filter(({ values }) => !values.text);
  if (plain.length === 0) return undefined;
  const table = m.random.pick(plain);
  if (table.keys === 'texts') {
    const key = text(m, scene, () => offset(m, scene, 0));
    // Up to Lua 5.4.6 some constant keys compile to wrong code, and a constant is folded away here.
    const shown = key.text.startsWith('[') ? ` ${key.text} ` : key.text;
    return expression(`${table.name}[${shown}]`, atom, kinds.union(kinds.nil, table.values));
  }
  const guarded = m.random.chance(0.15) ? guard(m, scene, 'integer') : undefined;
  const index = guarded ?? dynamicInteger(m, scene, Math.min(depth - 1, 1));
  return expression(`${table.name}[${index.text}]`, atom, kinds.union(kinds.nil, table.values));
}

const isValue = kinds.isPlain;

/** A value that may be missing: nil or false, or an integer or true. */
function optional(m: Maker, scene: Scene, depth: number): Expression {
  const { random } = m;
  const entry = m.kept.length > 0 && random.chance(0.25) ? keptEntry(m, scene, integers(m, scene)) : undefined;
  if (entry !== undefined) return entry;
  const held = those(scene, (type) => isValue(type) && kinds.isOpen(type) && type.int !== undefined, scene.visible);
  const way = random.below(100);
  if (way < 30 && held.length > 0) return read(scene, random.pick(held));
  const chosen =
    way < 55
      ? guard(m, scene, 'integer')
      : way < 60
        ? found(m, scene, depth)
        : way < 65
          ? callOf(
              m,
              scene,
              argument(depth - 1),
              (type) => isValue(type) && kinds.isOpen(type) && type.int !== undefined,
            )
          : way < 78
            ? lookup(m, scene, depth)
            : way < 88
              ? loadIfCaptured(m)
              : connect(m, scene, 'and', condition(m, scene, depth - 1), (after) => integer(m, after, depth - 1));
  return chosen ?? compare(m, dynamicLeaf(m, scene, 0), literal(m));
}

function inverse(m: Maker, scene: Scene, depth: number): Expression {
  const a = condition(m, scene, depth - 1);
  const type = { ...kinds.never, no: !kinds.isNever(kinds.truthy(a.type)), yes: !kinds.isNever(kinds.falsy(a.type)) };
  return expression(`not ${wrap(a, unary)}`, unary, type, { yes: a.no, no: a.yes });
}

/** Any value of nil, the booleans and the integers. */
export function value(m: Maker, scene: Scene, depth: number): Expression {
  const { random } = m;
  const held = those(scene, isValue, scene.visible);
  const way = random.below(100);
  if (way < 25 || depth <= 0) return integer(m, scene, depth);
  if (way < 33 && held.length > 0) return read(scene, random.pick(held));
  if (way < 45) return test(m, scene, depth);
  if (way < 62) return optional(m, scene, depth);
  if (way < 72) return connect(m, scene, 'and', test(m, scene, depth), (after) => value(m, after, depth - 1));
  if (way < 82) {
    const whole = choice(m, scene, depth, value);
    if (isValue(whole.type)) return whole;
  }
  if (way < 90) return connect(m, scene, 'or', optional(m, scene, depth), (after) => value(m, after, depth - 1));
  if (way < 95) return inverse(m, scene, depth);
  return random.pick([nilLiteral, falseLiteral, trueLiteral]);
}

// Tests ------------------------------------------------------------------------------------------------------------

/** Equality with nil, a boolean or an integer, of something that may be that and something else. */
function equality(m: Maker, scene: Scene): Expression | undefined {
  const { random } = m;
  const mixed = (type: Type) =>
    !type.text &&
    [type.nil, type.no, type.yes, type.int !== undefined, type.headers.length > 0].filter(Boolean).length > 1;
  const variables = those(scene, mixed, [...scene.visible, ...pathsOf(m)]);
  if (variables.length === 0) return undefined;
  const a = read(scene, random.pick(variables));
  const partners = those(scene, (type) => isValue(type) && !kinds.isNever(kinds.common(a.type, type)), scene.visible);
  const partner = partners.length > 0 ? read(scene, random.pick(partners)) : undefined;
  if (partner?.dynamic && isValue(a.type) && random.chance(0.3)) return equal(m, a, partner);
  const wanted = [
    ...(a.type.nil ? [nilLiteral, nilLiteral] : []),
    ...(a.type.no ? [falseLiteral] : []),
    ...(a.type.yes ? [trueLiteral] : []),
    ...(a.type.int ? [literal(m)] : []),
  ];
  return equal(m, a, random.pick(wanted));
}

/** `v == w` and `v ~= w`, with what each outcome tells of v. */
function equal(m: Maker, a: Expression, b: Expression): Expression {
  const same = a.variable ? kinds.restrict(a.variable, (type) => kinds.common(type, b.type)) : kinds.keep;
  // Unequal to the literals nil, false or true rules that value out; unequal to anything else, nothing.
  const rest = (type: Type): Type => ({
    ...type,
    nil: type.nil && !b.type.nil,
    no: type.no && !b.type.no,
    yes: type.yes && !b.type.yes,
  });
  const other = a.variable && !b.variable ? kinds.restrict(a.variable, rest) : kinds.keep;
  const negated = m.random.chance(0.4);
  return expression(infix(m, negated ? '~=' : '==', comparison, a, b), comparison, kinds.boolean, {
    yes: negated ? other : same,
    no: negated ? same : other,
  });
}

/** `lan:contains(address)`: mostly of an address, or of an integer like one. */
function membership(m: Maker, scene: Scene, depth: number): Expression {
  const address = m.random.chance(0.5) && !m.bits32 ? guardedAddress(m, scene) : undefined;
  if (address !== undefined) return address;
  const given = m.random.chance(0.4) ? operand(m, scene, Math.min(depth, 1)) : few(integer(m, scene, 1), 0xffff);
  const text = m.bits32 ? few(given, 0x7fff_ffff).text : given.text;
  return expression(`${m.random.pick(m.networks)}:contains(${text})`, atom, kinds.boolean);
}

/** `pkt.ip and lan:contains(pkt.ip.src)` */
function guardedAddress(m: Maker, scene: Scene): Expression | undefined {
  if (!m.packet) return undefined;
  return connect(m, scene, 'and', read(scene, paths.ip), () => {
    const field = `pkt.ip.${m.random.pick(['src', 'dst'])}`;
    return expression(`${m.random.pick(m.networks)}:contains(${field})`, atom, kinds.boolean);
  });
}

/** Something that is true or false, and no header. */
function test(m: Maker, scene: Scene, depth: number): Expression {
  const { random } = m;
  if (m.networks.length > 0 && random.chance(0.15)) return membership(m, scene, depth);
  const way = random.below(100);
  const inner = Math.min(depth - 1, 2);
  if (way < 15) {
    const found = equality(m, scene);
    if (found) return found;
  }
  if (way < 27) {
    const base = sureHeader(m, scene);
    const found = base ? member(m, base, 'boolean') : guard(m, scene, 'boolean');
    if (found) return found;
  }
  if (way < 36) {
    const called = callOf(m, scene, argument(inner), (type) => isValue(type) && kinds.isOpen(type) && !type.int);
    if (called) return called;
  }
  if (way < 44) return textTest(m, scene, () => offset(m, scene, 0));
  if (way < 50) {
    const [a, b] = [dynamicInteger(m, scene, inner), integer(m, scene, inner)];
    const args = random.chance(0.5) ? [a, b] : [b, a];
    return expression(`math.ult(${args.map((e) => e.text).join(', ')})`, atom, kinds.boolean);
  }
  const a = dynamicInteger(m, scene, inner);
  const b = random.chance(0.65) ? literal(m) : operand(m, scene, inner);
  return random.chance(0.1) ? compare(m, b, a) : compare(m, a, b);
}

function anyCondition(m: Maker, scene: Scene, depth: number): Expression {
  const { random } = m;
  const way = random.below(100);
  if (depth > 0 && way < 34) {
    const operator = random.chance(0.55) ? 'and' : 'or';
    const a = condition(m, scene, depth - 1);
    return connect(m, scene, operator, a, (after) => condition(m, after, depth - 1));
  }
  if (way < 46) {
    const whole = header(m, scene);
    if (whole) return whole;
  }
  if (way < 54) {
    const found = lookup(m, scene, depth);
    if (found) return found;
  }
  if (way < 62) {
    const open = those(scene, (type) => isValue(type) && kinds.isOpen(type), scene.visible);
    if (open.length > 0) return read(scene, random.pick(open));
  }
  if (depth > 0 && way < 70) return inverse(m, scene, depth);
  if (depth > 0 && way < 74) return optional(m, scene, depth);
  return test(m, scene, depth);
}

/** A condition that can come out either way, whatever is known. Headers and integers may be among its values. */
export function condition(m: Maker, scene: Scene, depth: number): Expression {
  for (let tries = 0; tries < 4; tries++) {
    const found = anyCondition(m, scene, depth);
    if (found.dynamic && kinds.isOpen(found.type) && found.yes(scene.facts) && found.no(scene.facts)) return found;
  }
  const length = m.packet ? expression('pkt.caplen', atom, kinds.integers(0, 1 << 18)) : dynamicLeaf(m, scene, 0);
  return expression(`${wrap(length, comparison + 1)} > ${m.random.range(14, 200)}`, comparison, kinds.boolean);
}

/** A value to return: whatever a verdict can be made of. */
export function result(m: Maker, scene: Scene, depth: number): Expression {
  const { random } = m;
  const way = random.below(100);
  if (way < 45) return condition(m, scene, depth);
  if (way < 60) return value(m, scene, depth);
  if (way < 75) return random.pick([trueLiteral, trueLiteral, falseLiteral, nilLiteral]);
  if (way < 88) return literal(m);
  if (way < 90) return text(m, scene, () => offset(m, scene, 0));
  const whole = header(m, scene) ?? value(m, scene, depth);
  return way < 95 ? connect(m, scene, 'or', whole, (after) => value(m, after, depth - 1)) : whole;
}

/** A value that may be a string and something else: for printing, equality and truth. */
export function mixed(m: Maker, scene: Scene, depth: number): Expression {
  const { random } = m;
  const place = () => offset(m, scene, 0);
  const tables = m.tables.filter(({ values, keys }) => values.text && keys === 'integers');
  const way = random.below(4);
  if (way === 0 && tables.length > 0) {
    const table = random.pick(tables);
    const index = dynamicInteger(m, scene, Math.min(depth - 1, 1));
    return expression(`${table.name}[${index.text}]`, atom, kinds.union(kinds.nil, table.values));
  }
  const called = way === 1 ? callOf(m, scene, argument(depth - 1), (type) => type.text) : undefined;
  if (called) return called;
  const first = connect(m, scene, 'and', condition(m, scene, depth - 1), (after) =>
    random.chance(0.5) ? textLiteral(m) : text(m, after, place),
  );
  return connect(m, scene, 'or', first, (after) =>
    random.chance(0.4) ? text(m, after, place) : value(m, after, depth - 1),
  );
}
