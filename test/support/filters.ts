/**
 * Random filters: Lua text as a person might write it, made to stress a compiler. Every filter loads, ends and is
 * well-typed; what its values can be is followed through assignments, branches and tests (`kinds.ts`), so that nothing
 * is surely wrong or surely dead. The same source of chance gives the same filter.
 */

import type { Filter } from '../oracle/lua.ts';
import { indent } from './blocks.ts';
import { integer, result } from './expressions.ts';
import { type FunctionLines, randomFunction } from './functions.ts';
import type { Variable } from './kinds.ts';
import * as kinds from './kinds.ts';
import { block } from './statements.ts';
import { literal, type Maker, type Random, type Scene, type Table } from './terms.ts';
import { randomWorld, seen } from './world.ts';

export type { Random } from './terms.ts';

export interface RandomFilter extends Filter {
  /** Every value stays within 32 bits, signed, so that a Lua with 32-bit integers can run it. */
  readonly bits32: boolean;
  /** Whether it stores to packets. */
  readonly stores: boolean;
}

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
  return { line: `local ${name} = { ${rows.join(', ')} }`, table: { name, keys: 'integers', values, array: false } };
}

/** An array of one kind of value or of several. */
function array(m: Maker, name: string): { line: string; table: Table } {
  const { random } = m;
  const kind = random.pick(['integers', 'integers', 'mixed', 'texts']);
  let values = kinds.never;
  const rows = Array.from({ length: random.range(1, 5) }, () => {
    const way = kind === 'mixed' ? random.below(4) : kind === 'integers' ? 0 : 1;
    const number = random.pick([0, 1, 22, 80, 443, 8080, -1, 255, 256, 65_536, 70_000]);
    const [text, type] = [
      [`${number}`, kinds.integers(number, number)] as const,
      [random.pick(['"GET"', '"tcp"', '"E"', '""']), kinds.text] as const,
      ['true', kinds.yes] as const,
      ['false', kinds.no] as const,
    ][way]!;
    values = kinds.union(values, type);
    return text;
  });
  return { line: `local ${name} = { ${rows.join(', ')} }`, table: { name, keys: 'integers', values, array: true } };
}

/** Names by numbers, or numbers by names. */
function texts(m: Maker, name: string): { line: string; table: Table } {
  const { random } = m;
  const words = ['"GET"', '"POST"', '"tcp"', '"udp"', '"HTTP"', '"\\0\\0"', '"E"'].filter(() => random.chance(0.6));
  if (random.chance(0.5)) {
    const rows = words.map((word, i) => `[${random.pick(likelyKeys) + (i + 1) * 100_000}] = ${word}`);
    const plain = ['[6] = "tcp"', '[17] = "udp"', '[1] = "icmp"'].filter(() => random.chance(0.8));
    const values = plain.length + rows.length > 0 ? kinds.text : kinds.nil;
    return {
      line: `local ${name} = { ${[...plain, ...rows].join(', ')} }`,
      table: { name, keys: 'integers', values, array: false },
    };
  }
  const rows = words.map((word, i) => `[${word}] = ${i + 1}`);
  const values = rows.length > 0 ? kinds.integers(1, rows.length) : kinds.nil;
  return { line: `local ${name} = { ${rows.join(', ')} }`, table: { name, keys: 'texts', values, array: false } };
}

/** Tables in a table: each value in it is a constant with a long name. */
function nested(m: Maker, name: string): { line: string; variables: readonly Variable[] } {
  const { random } = m;
  const numbers = Array.from({ length: 4 }, () => random.pick([0, 8, 20, 60, 80, 443, 1500]));
  const line = `local ${name} = { tcp = { low = ${numbers[0]}, [2] = ${numbers[1]} }, { ${numbers[2]}, ${numbers[3]} } }`;
  const paths = [`${name}.tcp.low`, `${name}["tcp"][2]`, `${name}[1][1]`, `${name}[1][2]`];
  const variables = paths.map((path, i) => {
    const number = numbers[i] ?? 0;
    return { name: path, initial: kinds.integers(number, number), headers: [], fixed: true };
  });
  return { line, variables };
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
 * addresses, and masks where a product or a shift could grow; without a mode it is one filter in three. With a world it
 * has modules, `args`, `net` or state.
 */
export function randomFilter(random: Random, mode?: 'bits32' | 'bits64', hasWorld = false): RandomFilter {
  const bits32 = mode === undefined ? random.chance(1 / 3) : mode === 'bits32';
  const stores = random.chance(0.12);
  let number = 0;
  const fresh = () => ++number;
  const give: Maker['give'] = (made, scene, depth) => verdict(made, scene, depth);
  const chunk: Maker = {
    random,
    bits32,
    tables: [],
    functions: [],
    kept: [],
    networks: [],
    packet: true,
    stores,
    give,
    fresh,
  };
  const world = hasWorld ? randomWorld(chunk) : undefined;
  const tables = [
    ...tableNames.filter(() => random.chance(0.2)).map((name) => table(chunk, name)),
    ...['list', 'all'].filter(() => random.chance(0.3)).map((name) => array(chunk, name)),
    ...['names', 'methods'].filter(() => random.chance(0.2)).map((name) => texts(chunk, name)),
  ];
  const constants = ['max', 'LIMIT', 'MASK'].filter(() => random.chance(0.2)).map((name) => chunkConstant(chunk, name));
  const inner = random.chance(0.12) ? nested(chunk, 'limits') : undefined;

  const scene = seen({ visible: [], facts: new Map() }, [
    ...(world?.variables ?? []),
    ...constants.map((made) => made.variable),
    ...(inner?.variables ?? []),
  ]);
  const { functions: given = [], kept = [], networks = [], tables: more = [] } = world ?? {};
  let m: Maker = { ...chunk, functions: given, kept, networks, tables: [...more, ...tables.map((made) => made.table)] };
  const functions: FunctionLines[] = [];
  const inTable = random.chance(0.15);
  for (let wanted = random.pick([0, 0, 1, 1, 2, 3]); wanted > 0; wanted--) {
    const made = randomFunction(m, scene, functions.length, inTable);
    functions.push(made);
    m = { ...m, functions: [...m.functions, made.callable] };
  }
  const falls = random.chance(0.04);
  const body = block(m, scene, 2, random.range(1, 7), !falls);
  const head = [...tables, ...constants, ...(inner ? [inner] : [])].map(({ line }) => line);
  if (inTable && functions.length > 0) head.push('local M = {}');
  const lines = [
    ...(world?.lines ?? []),
    ...head,
    ...functions.flatMap((made) => ['', ...made.lines]),
    ...(head.length > 0 || functions.length > 0 ? [''] : []),
    'return function(pkt)',
    ...indent(body.lines),
    'end',
    '',
  ];
  const { modules = {}, args = {} } = world ?? {};
  return { text: lines.join('\n'), modules, args, bits32, stores };
}

/** What the filter returns: now and then nothing, or more than counts. */
function verdict(m: Maker, scene: Scene, depth: number): string {
  const { random } = m;
  if (depth < 2 && random.chance(0.4)) return random.pick(['false', 'nil', '0', 'true', '']);
  const e = result(m, scene, depth);
  return random.chance(0.03) ? `${e.text}, ${integer(m, scene, 1).text}` : e.text;
}
