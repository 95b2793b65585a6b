/**
 * What random expressions are made of: their Lua text with its binding strength, what is known of their values, and the
 * smallest of them: literals, names, headers and their fields, and two of anything joined by `and` or `or`.
 */

import { type FieldRow, type GroupRow, type HeaderName, headers } from '../../compiler/protocols/table.ts';
import type { Facts, Narrow, Range, Type, Variable } from './kinds.ts';
import * as kinds from './kinds.ts';
import { full, type IntegerOperator } from './ranges.ts';

export interface Random {
  below(bound: number): number;
  range(low: number, high: number): number;
  pick<T>(list: readonly T[]): T;
  chance(probability: number): boolean;
}

/** A constant table of the chunk. */
export interface Table {
  readonly name: string;
  readonly keys: 'integers' | 'texts';
  readonly values: Type;
  /** Whether its keys are 1, 2, 3 and so on, as `ipairs` wants them. */
  readonly array: boolean;
}

/** What a parameter takes: an integer, an integer or nothing, a header or nil, a string, the packet. */
export type ParameterKind = 'integer' | 'optional' | 'header' | 'text' | 'packet';

/** A function of the chunk. */
export interface Callable {
  readonly name: string;
  readonly parameters: readonly ParameterKind[];
  readonly results: readonly Type[];
  /** Whether it may give fewer values, so that it stands last in no list where nil and nothing differ. */
  readonly varies: boolean;
  /** Whether it is a step of a stateless iterator: such a one is not called. */
  readonly step: boolean;
}

/** An object of state of the file: of an array `size` is a power of 2. */
export interface Kept {
  readonly name: string;
  readonly kind: 'array' | 'hash' | 'counter';
  readonly size: number;
  readonly parts: number;
}

/** What the code of a function is made with. */
export interface Maker {
  readonly random: Random;
  readonly bits32: boolean;
  readonly tables: readonly Table[];
  readonly functions: readonly Callable[];
  /** The objects of state, and the networks, that the file has. */
  readonly kept: readonly Kept[];
  readonly networks: readonly string[];
  /** Whether the function has the packet. */
  readonly packet: boolean;
  /** Whether the filter stores to packets: then it keeps no slices of them. */
  readonly stores: boolean;
  /** The values of a `return`; what kind of value it gives is the business of whoever wants the function. */
  readonly give: (m: Maker, scene: Scene, depth: number) => string;
  /** Numbers what has to have a name of its own. */
  readonly fresh: () => number;
}

/** A point of the program: the names in scope and what is known of them. */
export interface Scene {
  readonly visible: readonly Variable[];
  readonly facts: Facts;
  /** The innermost loop, in its body. */
  readonly loop?: Loop;
}

export interface Loop {
  /** What was in scope when it began: assigned by the body only within limits. */
  readonly outside: readonly Variable[];
  /** What each turn may begin with, by what the body assigns. */
  readonly limits: ReadonlyMap<Variable, Type>;
  /** Labels that a `goto` in the body can lead to: of this loop and those around it. */
  readonly labels: readonly string[];
}

export interface Expression {
  readonly text: string;
  /** Binding strength: 1 `or`, 2 `and`, 3 comparison, 4 to 10 operators, 11 unary, 13 what can be indexed or stand alone. */
  readonly level: number;
  readonly type: Type;
  readonly dynamic: boolean;
  /** What its being true or false tells of variables. */
  readonly yes: Narrow;
  readonly no: Narrow;
  /** The variable, where it is nothing else. */
  readonly variable?: Variable;
}

export const levels = {
  or: 1,
  and: 2,
  '|': 4,
  '~': 5,
  '&': 6,
  '<<': 7,
  '>>': 7,
  '+': 9,
  '-': 9,
  '*': 10,
  '//': 10,
  '%': 10,
} as const satisfies Record<IntegerOperator | 'and' | 'or', number>;
export const comparison = 3;
export const unary = 11;
export const atom = 13;

const no: Narrow = () => null;

/** An expression; unless told more, its truth is known where its type leaves no choice, and tells nothing else. */
export const expression = (text: string, level: number, type: Type, more: Partial<Expression> = {}): Expression => ({
  text,
  level,
  type,
  dynamic: true,
  yes: kinds.isNever(kinds.truthy(type)) ? no : kinds.keep,
  no: kinds.isNever(kinds.falsy(type)) ? no : kinds.keep,
  ...more,
});

/** The text, in parentheses where it binds less than asked. */
export const wrap = (e: Expression, level: number): string => (e.level < level ? `(${e.text})` : e.text);

/** Two operands around an operator; now and then with parentheses that nobody needs. */
export function infix(m: Maker, operator: string, level: number, a: Expression, b: Expression): string {
  const extra = m.random.chance(0.06) ? atom : 0;
  const left = wrap(a, Math.max(level === comparison ? comparison + 1 : level, extra));
  return `${left} ${operator} ${wrap(b, level + 1)}`;
}

export const paths: Readonly<Record<HeaderName, Variable>> = {
  eth: path('eth'),
  vlan: path('vlan'),
  ip: path('ip'),
  ipv6: path('ipv6'),
  tcp: path('tcp'),
  udp: path('udp'),
  dns: path('dns'),
  tls: path('tls'),
  http: path('http'),
  gre: path('gre'),
  vxlan: path('vxlan'),
  geneve: path('geneve'),
  gtpu: path('gtpu'),
};

function path(name: HeaderName): Variable {
  return { name: `pkt.${name}`, initial: kinds.union(kinds.nil, kinds.headerOf(name)), headers: [name], fixed: true };
}

export function read(scene: Scene, variable: Variable): Expression {
  const { type, dynamic } = kinds.known(scene.facts, variable);
  return expression(variable.name, atom, type, {
    dynamic,
    variable,
    yes: kinds.restrict(variable, kinds.truthy),
    no: kinds.restrict(variable, kinds.falsy),
  });
}

/** The variables in scope, and the paths, whose type is as asked. */
export const those = (scene: Scene, test: (type: Type) => boolean, where: readonly Variable[]): Variable[] =>
  where.filter((variable) => test(kinds.known(scene.facts, variable).type));

/** The range as the machine has it; undefined where it leaves 32 bits and must not. */
export function settle(m: Maker, { low, high }: Range): Range | undefined {
  if (m.bits32) return low >= -(2 ** 31) && high < 2 ** 31 ? { low, high } : undefined;
  return low >= -(2 ** 53) && high <= 2 ** 53 ? { low, high } : full;
}

export const rangeOf = (e: Expression): Range => e.type.int ?? full;

// Literals ---------------------------------------------------------------------------------------------------------

const common = [0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 14, 15, 16, 17, 20, 22, 31, 40, 53, 60, 64, 80, 96, 128, 255, 256, 443];
const wider = [512, 1000, 1024, 1500, 2048, 4095, 8080, 0x800, 0x8100, 0x86dd, 32_767, 65_535, 65_536, 1_000_000];
const huge = [
  '0x7fffffff',
  '0x80000000',
  '0xffffffff',
  '0x100000000',
  '4294967295',
  '4294967296',
  '0xffffffffffffffff',
  '0x8000000000000000',
  '9223372036854775807',
  '0x0123456789abcdef',
  'math.maxinteger',
  'math.mininteger',
];

export function literal(m: Maker): Expression {
  const { random } = m;
  if (!m.bits32 && random.chance(0.07)) {
    return expression(random.pick(huge), atom, { ...kinds.never, int: full }, { dynamic: false });
  }
  const value = random.chance(0.1) ? random.below(1 << 20) : random.pick(random.chance(0.75) ? common : wider);
  if (value > 0 && random.chance(0.12)) {
    return expression(`-${value}`, unary, kinds.integers(-value, -value), { dynamic: false });
  }
  const text = value > 9 && random.chance(0.3) ? `0x${value.toString(16)}` : `${value}`;
  return expression(text, atom, kinds.integers(value, value), { dynamic: false });
}

const constant = (text: string, type: Type): Expression => expression(text, atom, type, { dynamic: false });
export const nilLiteral = constant('nil', kinds.nil);
export const falseLiteral = constant('false', kinds.no);
export const trueLiteral = constant('true', kinds.yes);

// The packet -------------------------------------------------------------------------------------------------------

function rowRange(row: FieldRow): Range {
  const load = 2 ** (8 * row.size) - 1;
  return { low: 0, high: (row.mask ?? load) * (row.scale ?? 1) };
}

/** The fields and parts of a header, as written behind its dot. */
function fieldsOf(name: HeaderName): ReadonlyMap<string, FieldRow> {
  const rows = Object.entries<FieldRow | GroupRow>(headers[name].fields);
  return new Map(
    rows.flatMap(([key, row]): [string, FieldRow][] =>
      'parts' in row ? Object.entries(row.parts).map(([part, field]) => [`${key}.${part}`, field]) : [[key, row]],
    ),
  );
}

const fieldTables = new Map(Object.values(headers).map((row, index) => [row, fieldsOf(nameAt(index))]));
function nameAt(index: number): HeaderName {
  return Object.keys(headers)[index] as HeaderName;
}
const fieldsFor = (name: HeaderName): ReadonlyMap<string, FieldRow> => fieldTables.get(headers[name]) ?? new Map();

/** The plain members that all the given headers have, with their range; booleans have none. */
function members(m: Maker, names: readonly HeaderName[]): { name: string; range: Range | undefined }[] {
  const offsets = { low: 0, high: 70_000 };
  const found: { name: string; range: Range | undefined }[] = [{ name: 'offset', range: offsets }];
  if (names.every((name) => headers[name].payload !== undefined)) found.push({ name: 'payload', range: offsets });
  const lengths = names.map((name) => headers[name].end);
  // What a length field does not say, the length on the wire does.
  const length = lengths.every((end) => typeof end === 'object' && end.open !== true) ? 0xffff : 2 ** 32 - 1;
  if (!lengths.includes(undefined) && settle(m, { low: 0, high: length }))
    found.push({ name: 'payload_len', range: { low: 0, high: length } });
  const [first, ...rest] = names;
  for (const [name, row] of first ? fieldsFor(first) : []) {
    const rows = [row, ...rest.map((other) => fieldsFor(other).get(name))];
    if (rows.some((other) => other === undefined || other.type !== row.type)) continue;
    if (rest.length > 0 && name.includes('.')) continue;
    if (rows.some((other) => other?.size === 16)) continue;
    const range = rows.reduce<Range>((sum, other) => ({ low: 0, high: Math.max(sum.high, rowRange(other!).high) }), {
      low: 0,
      high: 0,
    });
    if (row.type === 'boolean') found.push({ name, range: undefined });
    else if (settle(m, range)) found.push({ name, range });
  }
  return found;
}

/** A member of a header, an integer or a boolean as asked. */
export function member(m: Maker, base: Expression, wanted: 'integer' | 'boolean'): Expression {
  const names = base.variable?.headers ?? base.type.headers;
  const all = members(m, names).filter(({ range }) => (range !== undefined) === (wanted === 'integer'));
  if (all.length === 0) return compare(m, member(m, base, 'integer'), literal(m));
  // The offsets are there for every header; fields are what people ask for.
  const fields = all.filter(({ name }) => name !== 'offset' && name !== 'payload');
  const { name, range } = m.random.pick(fields.length > 0 && m.random.chance(0.85) ? fields : all);
  const type = range ? { ...kinds.never, int: range } : kinds.boolean;
  return expression(`${wrap(base, atom)}.${name}`, atom, type);
}

/** A header that is surely there, if one is known. */
export function sureHeader(m: Maker, scene: Scene): Expression | undefined {
  const sure = those(scene, kinds.isHeader, [...scene.visible, ...pathsOf(m)]);
  return sure.length > 0 ? read(scene, m.random.pick(sure)) : undefined;
}

/** The packet's own headers, where there is a packet. */
export const pathsOf = (m: Maker): readonly Variable[] => (m.packet ? Object.values(paths) : []);

const maybeHeader = (type: Type): boolean => type.nil && kinds.isHeader({ ...type, nil: false });

/** A header that may be nil: a variable, a path, or one of two. */
export function header(m: Maker, scene: Scene): Expression | undefined {
  const { random } = m;
  const held = those(scene, maybeHeader, scene.visible);
  if (held.length > 0 && random.chance(m.packet ? 0.55 : 1)) return read(scene, random.pick(held));
  if (!m.packet) return undefined;
  const open = those(scene, maybeHeader, pathsOf(m));
  if (open.length === 0) return read(scene, random.pick(pathsOf(m)));
  const first = read(scene, random.pick(open));
  if (random.chance(0.75) || open.length < 2) return first;
  const second = open.includes(paths.udp) && first.variable === paths.tcp ? paths.udp : random.pick(open);
  if (second === first.variable) return first;
  return connect(m, scene, 'or', first, () => read(scene, second));
}

// Joined --------------------------------------------------------------------------------------------------------------

/** `a and b` or `a or b`; the right side is made with what the left tells. Only the left where the right would be dead. */
export function connect(
  m: Maker,
  scene: Scene,
  operator: 'and' | 'or',
  a: Expression,
  right: (after: Scene) => Expression,
): Expression {
  const isAnd = operator === 'and';
  const facts = isAnd ? a.yes(scene.facts) : a.no(scene.facts);
  const [held, passed] = isAnd
    ? [kinds.falsy(a.type), kinds.truthy(a.type)]
    : [kinds.truthy(a.type), kinds.falsy(a.type)];
  if (!facts || kinds.isNever(passed)) return a;
  const b = right({ ...scene, facts });
  const level = levels[operator];
  return expression(infix(m, operator, level, a, b), level, kinds.union(held, b.type), {
    dynamic: a.dynamic || b.dynamic,
    yes: isAnd ? kinds.both(a.yes, b.yes) : kinds.either(a.yes, kinds.both(a.no, b.yes)),
    no: isAnd ? kinds.either(a.no, kinds.both(a.yes, b.no)) : kinds.both(a.no, b.no),
  });
}

/** `h and h.field` */
export function guard(m: Maker, scene: Scene, wanted: 'integer' | 'boolean'): Expression | undefined {
  const base = header(m, scene);
  if (base === undefined || !maybeHeader(base.type)) return undefined;
  if (!base.variable) return undefined;
  const { variable } = base;
  return connect(m, scene, 'and', base, (after) => member(m, read(after, variable), wanted));
}

export function compare(m: Maker, a: Expression, b: Expression): Expression {
  const operator = m.random.pick(['==', '==', '~=', '<', '<=', '>', '>=']);
  return expression(infix(m, operator, comparison, a, b), comparison, kinds.boolean);
}
