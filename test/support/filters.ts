/**
 * Random filters: Lua text as a person might write it, made to stress a compiler. Every filter loads, ends and is
 * well-typed; what its values can be is followed through assignments, branches and tests (`kinds.ts`), so that nothing
 * is surely wrong or surely dead. The same source of chance gives the same filter.
 */

import { condition, integer, result, value } from './expressions.ts';
import type { Facts, Variable } from './kinds.ts';
import * as kinds from './kinds.ts';
import {
  type Expression,
  header,
  literal,
  type Maker,
  nilLiteral,
  type Random,
  type Scene,
  type Table,
} from './terms.ts';

export type { Random } from './terms.ts';

export interface RandomFilter {
  readonly source: string;
  /** Every value stays within 32 bits, signed, so that a Lua with 32-bit integers can run it. */
  readonly bits32: boolean;
}

/** Lines of a block and what is known behind it; no facts where every way through it returns. */
interface Block {
  readonly lines: readonly string[];
  readonly scene: Scene;
  readonly returned: boolean;
}

const names = {
  integer: ['n', 'len', 'port', 'off', 'x', 'y', 'k', 'total', 'limit', 'id'],
  value: ['v', 'w', 'found', 'mark', 'ok', 'hit', 'what', 'keep'],
  header: ['h', 'l4', 'seg', 'inner', 'tcp', 'ip'],
} as const;

const indent = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);

const going = (lines: readonly string[], scene: Scene): Block => ({ lines, scene, returned: false });

/** The scene with a new local of a name; an older one of that name is hidden. */
function declare(scene: Scene, variable: Variable, e: Expression): Scene {
  return {
    visible: [...scene.visible.filter(({ name }) => name !== variable.name), variable],
    facts: kinds.learn(scene.facts, variable, { type: e.type, dynamic: e.dynamic }),
  };
}

const local = (name: string, e: Expression): Variable => ({
  name,
  initial: e.type,
  headers: e.variable?.headers ?? e.type.headers,
  fixed: false,
});

const nameFor = (m: Maker, e: Expression): string =>
  m.random.pick(e.type.headers.length > 0 ? names.header : kinds.isInteger(e.type) ? names.integer : names.value);

/** `local tcp = pkt.tcp` and its kin; a header of its own kind mostly goes by its own name. */
function headerLocal(m: Maker, scene: Scene): Block {
  const e = header(m, scene);
  if (e.type.headers.length === 0) return valueLocal(m, scene);
  const [only] = e.type.headers;
  const name = e.type.headers.length === 1 && only && m.random.chance(0.8) ? only : m.random.pick(names.header);
  const next = declare(scene, local(name, e), e);
  return going([`local ${name} = ${e.text}`], next);
}

function valueLocal(m: Maker, scene: Scene): Block {
  const e = m.random.chance(0.4) ? integer(m, scene, 3) : value(m, scene, 3);
  const name = nameFor(m, e);
  return going([`local ${name} = ${e.text}`], declare(scene, local(name, e), e));
}

/** `local a, b = …`, with as many values, or one too few. */
function twoLocals(m: Maker, scene: Scene): Block {
  const [a, b] = [value(m, scene, 2), m.random.chance(0.7) ? value(m, scene, 2) : undefined];
  const first = nameFor(m, a);
  const second = m.random.pick([...names.value, ...names.integer].filter((name) => name !== first));
  const list = b ? `${a.text}, ${b.text}` : a.text;
  const after = declare(declare(scene, local(first, a), a), local(second, b ?? nilLiteral), b ?? nilLiteral);
  return going([`local ${first}, ${second} = ${list}`], after);
}

/** The locals that can be assigned a value of nil, booleans and integers. */
const assignable = (scene: Scene): Variable[] =>
  scene.visible.filter((variable) => !variable.fixed && variable.headers.length === 0);

const set = (scene: Scene, variable: Variable, e: Expression): Scene => ({
  ...scene,
  facts: kinds.learn(scene.facts, variable, { type: e.type, dynamic: e.dynamic }),
});

function assignment(m: Maker, scene: Scene): Block | undefined {
  const { random } = m;
  const targets = assignable(scene);
  const held = scene.visible.filter((variable) => !variable.fixed && variable.headers.length > 0);
  if (held.length > 0 && random.chance(0.15)) {
    const target = random.pick(held);
    const e = header(m, scene);
    const fits = e.type.headers.every((name) => target.headers.includes(name));
    const chosen = fits ? e : nilLiteral;
    return going([`${target.name} = ${chosen.text}`], set(scene, target, chosen));
  }
  if (targets.length === 0) return undefined;
  const target = random.pick(targets);
  if (targets.length > 1 && random.chance(0.2)) {
    const other = random.pick(targets.filter((variable) => variable !== target));
    const [a, b] = [value(m, scene, 2), value(m, scene, 2)];
    const text = `${target.name}, ${other.name} = ${a.text}, ${b.text}`;
    return going([text], set(set(scene, target, a), other, b));
  }
  const whole = kinds.isInteger(kinds.known(scene.facts, target).type);
  const e = whole && random.chance(0.7) ? integer(m, scene, 3) : value(m, scene, 3);
  return going([`${target.name} = ${e.text}`], set(scene, target, e));
}

/** `if not tcp then return … end` for a header that is needed further down. */
function demand(m: Maker, scene: Scene): Block | undefined {
  const { random } = m;
  const open = scene.visible.filter((variable) => {
    const { type } = kinds.known(scene.facts, variable);
    return type.nil && type.headers.length > 0;
  });
  if (open.length === 0) return undefined;
  const target = random.pick(open);
  const { name } = target;
  const without = kinds.restrict(target, kinds.falsy)(scene.facts);
  const facts = kinds.restrict(target, kinds.truthy)(scene.facts);
  if (!facts || !without) return undefined;
  const test = random.pick([`not ${name}`, `not ${name}`, `${name} == nil`]);
  const given = random.chance(0.6)
    ? random.pick(['false', 'nil', '0', ''])
    : result(m, { ...scene, facts: without }, 1).text;
  return going([`if ${test} then return${given && ` ${given}`} end`], { ...scene, facts });
}

function earlyReturn(m: Maker, scene: Scene): Block | undefined {
  const test = condition(m, scene, 2);
  const [taken, passed] = [test.yes(scene.facts), test.no(scene.facts)];
  if (!taken || !passed) return undefined;
  const line = `if ${test.text} then return ${result(m, { ...scene, facts: taken }, 1).text} end`;
  return going([line], { ...scene, facts: passed });
}

/** An if with any number of arms; at least one way leads on unless it is the last statement of all. */
function branches(m: Maker, scene: Scene, depth: number, last = false): Block {
  const { random } = m;
  const arms = random.pick([1, 1, 2, 2, 3]);
  const lines: string[] = [];
  let rest: Facts | null = scene.facts;
  let joined: Facts | null = null;
  for (let arm = 0; arm < arms && rest; arm++) {
    const here: Scene = { ...scene, facts: rest };
    const test = condition(m, here, 2);
    const taken = test.yes(rest);
    if (!taken) break;
    const body = block(m, { ...here, facts: taken }, depth - 1, random.range(1, 2), last || random.chance(0.15));
    lines.push(`${arm === 0 ? 'if' : 'elseif'} ${test.text} then`, ...indent(body.lines));
    if (!body.returned) joined = kinds.join(joined, body.scene.facts);
    rest = test.no(rest);
  }
  // Without an else the last test's failing leads on; with one, some arm has to.
  if (rest && (last || random.chance(joined ? 0.5 : 0.1))) {
    const ends = last || (joined !== null && random.chance(0.15));
    const body = block(m, { ...scene, facts: rest }, depth - 1, random.range(1, 2), ends);
    lines.push('else', ...indent(body.lines));
    rest = body.returned ? null : body.scene.facts;
  }
  const facts = kinds.join(joined, rest);
  return { lines: [...lines, 'end'], scene: { ...scene, facts: facts ?? scene.facts }, returned: facts === null };
}

/** `local v`, set in the arms of an if. */
function filledLater(m: Maker, scene: Scene, depth: number): Block {
  const name = m.random.pick(names.value);
  const variable = local(name, nilLiteral);
  const declared = declare(scene, variable, nilLiteral);
  const test = condition(m, declared, 2);
  const [taken, passed] = [test.yes(declared.facts), test.no(declared.facts)];
  const lines = [`local ${name}`, `if ${test.text} then`];
  const arm = (facts: Facts | null): Facts | null => {
    if (!facts) return null;
    const e = value(m, { ...declared, facts }, depth);
    lines.push(`  ${name} = ${e.text}`);
    return kinds.learn(facts, variable, { type: e.type, dynamic: e.dynamic });
  };
  const first = arm(taken);
  let second = passed;
  if (m.random.chance(0.6)) {
    lines.push('else');
    second = arm(passed);
  }
  lines.push('end');
  return going(lines, { ...declared, facts: kinds.join(first, second) ?? declared.facts });
}

function doBlock(m: Maker, scene: Scene, depth: number): Block {
  const body = block(m, scene, depth - 1, m.random.range(1, 3), false);
  return {
    lines: ['do', ...indent(body.lines), 'end'],
    scene: { ...scene, facts: body.scene.facts },
    returned: body.returned,
  };
}

type Statement = (m: Maker, scene: Scene, depth: number) => Block | undefined;

/** The statements by how often they are tried; where one cannot be made, a local is. */
const statements: readonly (readonly [weight: number, make: Statement])[] = [
  [18, headerLocal],
  [14, demand],
  [24, assignment],
  [10, earlyReturn],
  [14, (m, scene, depth) => (depth > 0 ? branches(m, scene, depth) : assignment(m, scene))],
  [5, (m, scene) => filledLater(m, scene, 2)],
  [4, (m, scene, depth) => (depth > 0 ? doBlock(m, scene, depth) : undefined)],
  [4, twoLocals],
  [7, valueLocal],
];
const weights = statements.flatMap(([weight, make]) => new Array<Statement>(weight).fill(make));

const statement: Statement = (m, scene, depth) => m.random.pick(weights)(m, scene, depth);

/** So many statements, then a return if it has to end; names declared inside are gone behind it. */
function block(m: Maker, scene: Scene, depth: number, size: number, ends: boolean): Block {
  const lines: string[] = [];
  let here = scene;
  for (let count = 0; count < size; count++) {
    // An arm of an if is there to set something, if there is something to set.
    const sets = count === 0 && depth < 2 && m.random.chance(0.5);
    const next = (sets && assignment(m, here)) || statement(m, here, depth) || valueLocal(m, here);
    lines.push(...next.lines);
    if (next.returned) return { lines, scene, returned: true };
    here = next.scene;
  }
  if (!ends) return going(lines, { ...scene, facts: here.facts });
  if (depth > 0 && m.random.chance(0.15)) {
    const final = branches(m, here, depth, true);
    if (final.returned) return { lines: [...lines, ...final.lines], scene, returned: true };
    return { lines: [...lines, ...final.lines, `return ${result(m, final.scene, 2).text}`], scene, returned: true };
  }
  const e = result(m, here, 3);
  return { lines: [...lines, `return ${e.text}`], scene, returned: true };
}

// The chunk ----------------------------------------------------------------------------------------------------------

const tableNames = ['web', 'ports', 'seen', 'weight', 'allowed'] as const;
const likelyKeys = [0, 1, 2, 6, 17, 20, 22, 47, 53, 58, 64, 80, 123, 128, 443, 853, 1500, 2048, 8080, 33_024, 34_525];

/** A constant table: a set, or a map to integers or booleans. */
function table(m: Maker, name: string): { line: string; table: Table } {
  const { random } = m;
  const kind = random.pick(['set', 'set', 'set', 'integers', 'booleans']);
  const dense = random.chance(0.3) ? random.pick([0, 1, 20, 40]) : undefined;
  const size = random.chance(0.1) ? random.range(20, 60) : random.range(1, 8);
  const keys = new Set<number>();
  for (let index = 0; index < size; index++) {
    const key = random.chance(0.7) ? random.pick(likelyKeys) : random.range(-4, 65_535);
    keys.add(dense === undefined ? key : dense + index);
  }
  if (!m.bits32 && random.chance(0.2)) keys.add(0xc0a80001).add(0x0123456789ab);
  let values = kinds.never;
  const rows = [...keys].map((key) => {
    const bit = random.chance(0.5);
    const number = random.range(-5, 2000);
    const type =
      kind === 'set' ? kinds.yes : kind === 'integers' ? kinds.integers(number, number) : bit ? kinds.yes : kinds.no;
    values = kinds.union(values, type);
    const text = kind === 'set' ? 'true' : kind === 'integers' ? `${number}` : `${bit}`;
    return `[${key > 255 && random.chance(0.3) ? `0x${key.toString(16)}` : key}] = ${text}`;
  });
  return { line: `local ${name} = { ${rows.join(', ')} }`, table: { name, values } };
}

/** A constant of the chunk, perhaps folded from another. */
function chunkConstant(m: Maker, name: string): { line: string; variable: Variable } {
  const e = literal(m);
  const small = (e.type.int?.high ?? 0) < 2 ** 24;
  const folded = small && m.random.chance(0.3) ? `${e.text} * 4 + 2` : e.text;
  const { low, high } = e.type.int ?? { low: 0, high: 0 };
  const type = folded === e.text ? e.type : kinds.integers(low * 4 + 2, high * 4 + 2);
  return { line: `local ${name} = ${folded}`, variable: { name, initial: type, headers: [], fixed: true } };
}

/**
 * A filter at random. In 32 bits nothing is written that could leave them: no 32-bit unsigned or 64-bit loads, no
 * addresses, and masks where a product or a shift could grow; without a mode it is one filter in three.
 */
export function randomFilter(random: Random, mode?: 'bits32' | 'bits64'): RandomFilter {
  const bits32 = mode === undefined ? random.chance(1 / 3) : mode === 'bits32';
  const chunk = { random, bits32, tables: [] };
  const tables = tableNames.filter(() => random.chance(0.25)).map((name) => table(chunk, name));
  const constants = ['max', 'LIMIT', 'MASK'].filter(() => random.chance(0.2)).map((name) => chunkConstant(chunk, name));
  const m: Maker = { random, bits32, tables: tables.map((made) => made.table) };

  let scene: Scene = { visible: [], facts: new Map() };
  for (const { variable } of constants) {
    scene = {
      visible: [...scene.visible, variable],
      facts: kinds.learn(scene.facts, variable, { type: variable.initial, dynamic: false }),
    };
  }
  const falls = random.chance(0.04);
  const body = block(m, scene, 2, random.range(1, 7), !falls);
  const head = [...tables, ...constants].map(({ line }) => line);
  const lines = [...head, ...(head.length > 0 ? [''] : []), 'return function(pkt)', ...indent(body.lines), 'end', ''];
  return { source: lines.join('\n'), bits32 };
}
