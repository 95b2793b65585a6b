/**
 * What random filters have around them: modules of constants, tables and functions, a module that shares a counter, the
 * values of `args`, addresses and networks of `net`, and state.
 */
import type { Filter } from '../oracle/lua.ts';
import { type FunctionLines, randomFunction } from './functions.ts';
import { objects } from './kept.ts';
import type { Type, Variable } from './kinds.ts';
import * as kinds from './kinds.ts';
import type { Callable, Kept, Maker, Scene, Table } from './terms.ts';

/** A part of a chunk's head: its lines, and what they declare. */
export interface Head {
  readonly lines: readonly string[];
  readonly variables: readonly Variable[];
  readonly tables: readonly Table[];
  readonly functions: readonly Callable[];
  readonly kept: readonly Kept[];
  readonly networks: readonly string[];
}

export interface World extends Head {
  readonly modules: NonNullable<Filter['modules']>;
  readonly args: NonNullable<Filter['args']>;
}

const nothing: Head = { lines: [], variables: [], tables: [], functions: [], kept: [], networks: [] };

const joined = (heads: readonly Head[]): Head => ({
  lines: heads.flatMap((head) => head.lines),
  variables: heads.flatMap((head) => head.variables),
  tables: heads.flatMap((head) => head.tables),
  functions: heads.flatMap((head) => head.functions),
  kept: heads.flatMap((head) => head.kept),
  networks: heads.flatMap((head) => head.networks),
});

const fixed = (name: string, initial: Type): Variable => ({ name, initial, headers: [], fixed: true });
const number = (value: number): Type => kinds.integers(value, value);

/** Knows the variables as constants: no folding knows less of them. */
export const seen = (scene: Scene, variables: readonly Variable[]): Scene => ({
  ...scene,
  visible: [...scene.visible, ...variables],
  facts: variables.reduce(
    (facts, variable) => kinds.learn(facts, variable, { type: variable.initial, dynamic: false }),
    scene.facts,
  ),
});

/** A world at random: at least one of its parts. */
export function randomWorld(m: Maker): World {
  const { random } = m;
  const parts = (['args', 'net', 'state', 'lib'] as const).filter(() => random.chance(0.6));
  const has = (part: 'args' | 'net' | 'state' | 'lib'): boolean => parts.includes(part) || parts.length === 0;
  const heads: Head[] = [];
  const modules: Record<string, string> = {};
  const args: Record<string, bigint | boolean | string> = {};
  if (has('args')) heads.push(settings(m, args));
  if (has('net')) heads.push(addresses(m));
  // What is kept can be anything, so it fits into no 32 bits.
  const keeps = has('state') && !m.bits32;
  if (keeps) {
    const { lines, kept } = objects(m);
    heads.push({ ...nothing, lines, kept });
  }
  const isShared = keeps && random.chance(0.5);
  const shared: Head = {
    ...nothing,
    lines: ['local shared = require "shared"'],
    kept: [{ name: 'shared', kind: 'counter', size: 1, parts: 0 }],
  };
  if (isShared) {
    modules.shared = 'local state = require "state"\nlocal shared = state.counter()\nreturn shared\n';
    heads.push(shared);
  }
  if (has('lib')) heads.push(library(m, modules, [...(isShared ? [shared] : []), ...(keeps ? [libraryState(m)] : [])]));
  return { ...joined(heads), modules, args };
}

function settings({ random }: Maker, args: Record<string, bigint | boolean | string>): Head {
  const port = random.pick([0, 53, 80, 443, 8080, 65_535]);
  const limit = random.range(-3, 200);
  const deep = random.chance(0.5);
  const name = random.pick(['GET', 'HTTP', '', '\0\0', 'E', '"\\\n\xff']);
  Object.assign(args, { port: BigInt(port), limit: BigInt(limit), deep, name });
  return {
    ...nothing,
    lines: ['local args = require "args"'],
    variables: [
      fixed('args.port', number(port)),
      fixed('args.limit', number(limit)),
      fixed('args["deep"]', deep ? kinds.yes : kinds.no),
      fixed('args.name', kinds.text),
      fixed('args.none', kinds.nil),
    ],
  };
}

/** Below 128.0.0.0 in 32 bits, as random packets have them. */
const places4 = { '10.1.2.3': 0x0a010203, '127.0.0.1': 0x7f000001, '192.0.2.77': 0xc000024d } as const;
const places = { '00:00:00:00:53:01': 0x5301, '02:00:00:00:00:02': 0x020000000002 } as const;
const ranges = ['10.0.0.0/8', '0.0.0.0/4', '0.0.2.0/23', '192.0.2.0/24', '203.0.113.53/32', '0.0.0.0/0'] as const;

function addresses({ random, bits32 }: Maker): Head {
  const fits = <T>(list: readonly T[], small: number): T => random.pick(bits32 ? list.slice(0, small) : list);
  const peer = fits(Object.entries(places4), 2);
  const gateway = fits(Object.entries(places), 1);
  return {
    ...nothing,
    lines: [
      'local net = require "net"',
      `local peer = net.ip "${peer[0]}"`,
      `local gateway = net.mac("${gateway[0]}")`,
      `local lan = net.cidr "${fits(ranges, 3)}"`,
      `local uplink = net.cidr("${fits(ranges, 3)}")`,
      `local peers = net.cidrs { ${[1, 2, 3].map(() => `"${fits(ranges, 3)}"`).join(', ')} }`,
    ],
    variables: [
      fixed('peer', number(peer[1])),
      fixed('gateway', number(gateway[1])),
      fixed('net.TCP', number(6)),
      fixed('net.UDP', number(17)),
    ],
    networks: ['lan', 'uplink', 'peers'],
  };
}

/** State of the module's own: nobody else has its names. */
function libraryState({ random }: Maker): Head {
  const size = random.range(1, 4);
  return {
    ...nothing,
    lines: ['local state = require "state"', `local own = state.hash(${size})`],
    kept: [{ name: 'own', kind: 'hash', size, parts: 1 }],
  };
}

/** A module with constants, a table and functions; gives what a file sees of it that calls it `lib`. */
function library(m: Maker, modules: Record<string, string>, heads: readonly Head[]): Head {
  const { random } = m;
  const around = joined(heads);
  const most = random.pick([0, 20, 60, 443, 1500]);
  const keys = [6, 17, 22, 53, 80, 443, 2048].filter(() => random.chance(0.6));
  const fields = [
    `most = ${most}`,
    `web = { ${keys.map((key) => `[${key}] = ${key & 1 ? 'true' : '7'}`).join(', ')} }`,
  ];
  const values = keys.reduce<Type>((sum, key) => kinds.union(sum, key & 1 ? kinds.yes : number(7)), kinds.nil);
  const constant = fixed('M.most', number(most));
  const table: Table = { name: 'M.web', keys: 'integers', values, array: false };
  const scene = seen({ visible: [], facts: new Map() }, [constant]);
  let within: Maker = { ...m, tables: [table], kept: around.kept };
  const functions: FunctionLines[] = [];
  for (let wanted = random.range(1, 2); wanted > 0; wanted--) {
    const made = randomFunction(within, scene, functions.length, true);
    functions.push(made);
    within = { ...within, functions: [...within.functions, made.callable] };
  }
  const bodies = functions.flatMap(({ lines }) => ['', ...lines]);
  modules['lib.base'] = [...around.lines, `local M = { ${fields.join(', ')} }`, ...bodies, '', 'return M', ''].join(
    '\n',
  );
  const outside = (name: string): string => name.replace(/^M\./, 'lib.');
  return {
    ...nothing,
    lines: ['local lib = require "lib.base"'],
    variables: [fixed('lib.most', constant.initial)],
    tables: [{ ...table, name: 'lib.web' }],
    functions: functions.map(({ callable }) => ({ ...callable, name: outside(callable.name) })),
  };
}
