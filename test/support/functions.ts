/** Random functions of a filter's file: helpers with arguments and results of every kind, and steps of iterators. */
import { declare, indent, local } from './blocks.ts';
import { condition, integer, offset, value } from './expressions.ts';
import type { Type, Variable } from './kinds.ts';
import * as kinds from './kinds.ts';
import { block } from './statements.ts';
import { atom, type Callable, expression, literal, type Maker, type ParameterKind, type Scene } from './terms.ts';
import { text } from './texts.ts';

export interface FunctionLines {
  readonly lines: readonly string[];
  readonly callable: Callable;
}

const names = ['pick', 'check', 'mix', 'port'] as const;
const parameterNames = { integer: 'a b c d', optional: 'n', header: 'h', text: 't', packet: 'pkt' } as const;

/** A kind of value that a function gives. */
type Wanted = 'integer' | 'value' | 'boolean' | 'text';

/** The integers that an argument can be. */
const anyInteger = (m: Maker): Type => (m.bits32 ? kinds.integers(0, 0xffff) : kinds.integers(-(2 ** 63), 2 ** 63));

const typeOf = (m: Maker, kind: Exclude<ParameterKind, 'packet'>): Type =>
  ({
    integer: anyInteger(m),
    optional: kinds.union(kinds.nil, anyInteger(m)),
    header: kinds.union(kinds.nil, kinds.headerOf('tcp', 'udp')),
    text: kinds.text,
  })[kind];

/** One function, which may call those before it. */
export function randomFunction(m: Maker, chunk: Scene, number: number, inTable: boolean): FunctionLines {
  const { random } = m;
  const name = `${inTable ? 'M.' : ''}${names[number % names.length]}`;
  const open = inTable ? `function ${name}` : `local function ${name}`;
  if (random.chance(0.15)) return stepFunction(m, chunk, name, open);
  const packet = random.chance(0.5);
  const parameters: ParameterKind[] = [
    ...(packet ? (['packet'] as const) : []),
    ...Array.from({ length: random.range(1, 3) }, (): ParameterKind => 'integer'),
    ...(packet && !m.stores && random.chance(0.3) ? (['text'] as const) : []),
    ...(random.chance(0.3) ? (['header'] as const) : []),
    ...(random.chance(0.3) ? (['optional'] as const) : []),
  ];
  const shown: string[] = [];
  const head: string[] = [];
  let scene = chunk;
  for (const kind of parameters) {
    const given = parameterNames[kind].split(' ').find((candidate) => !shown.includes(candidate))!;
    shown.push(given);
    if (kind === 'packet') continue;
    // What may be missing is filled in first: a caller that leaves it out leaves nothing of its type.
    if (kind === 'optional')
      head.push(random.pick([`n = n or ${literalIn(m)}`, `if n == nil then n = ${literalIn(m)} end`]));
    const e = expression(given, atom, kind === 'optional' ? anyInteger(m) : typeOf(m, kind));
    scene = declare(scene, local(given, e), e);
  }
  const wanted = Array.from(
    { length: random.pick([1, 1, 1, 2, 3]) },
    (): Wanted => random.pick(['integer', 'integer', 'value', 'boolean', m.stores ? 'boolean' : 'text']),
  );
  let results: Type[] | undefined;
  let varies = false;
  const give: Maker['give'] = (made, here, depth) => {
    if (results !== undefined && made.random.chance(0.1)) {
      varies = true;
      return '';
    }
    const values = wanted.map((kind) => wantedValue(made, here, kind, depth));
    const types = values.map(({ type }) => type);
    results = types.map((type, i) => kinds.union(results?.[i] ?? kinds.never, type));
    return values.map((e) => e.text).join(', ');
  };
  const within: Maker = { ...m, packet, give };
  const falls = random.chance(0.2);
  const body = block(within, scene, 1, random.range(0, 3), !falls);
  // A checker need not see that every arm of an `if` returns.
  if (!body.lines.at(-1)?.startsWith('return') && results !== undefined) varies = true;
  const found = (results ?? []) as Type[];
  const callable: Callable = {
    name,
    parameters,
    results: varies ? found.map((type) => kinds.union(type, kinds.nil)) : found,
    varies,
    step: false,
  };
  return { lines: [`${open}(${shown.join(', ')})`, ...indent([...head, ...body.lines]), 'end'], callable };
}

const literalIn = (m: Maker): string => {
  const e = literal({ ...m, bits32: true });
  return (e.type.int?.low ?? 0) >= 0 && (e.type.int?.high ?? 0) <= 0xffff ? e.text : '7';
};

function wantedValue(m: Maker, scene: Scene, kind: Wanted, depth: number): { text: string; type: Type } {
  const place = () => offset(m, scene, 0);
  if (kind === 'text') return text(m, scene, place);
  if (kind === 'value') return value(m, scene, depth);
  if (kind === 'integer') return integer(m, scene, depth);
  const e = condition(m, scene, depth);
  return kinds.isWithin(e.type, kinds.boolean) ? e : { text: `not (${e.text})`, type: kinds.boolean };
}

/** A step of `for i, v in step, limit, 0 do`: few turns, and a value of any kind with each. */
function stepFunction(m: Maker, chunk: Scene, name: string, open: string): FunctionLines {
  const { random } = m;
  const packet = random.chance(0.5);
  const index = expression('i', atom, kinds.integers(0, 0xffff));
  const own: Variable = { ...local('i', index), fixed: true };
  const state: readonly string[] = packet ? ['pkt'] : ['limit'];
  const within: Maker = { ...m, packet };
  const scene = declare(chunk, own, index);
  const bound = packet ? `${random.range(1, 4)}` : 'limit';
  const second = random.chance(0.7) ? (random.chance(0.5) ? integer : value)(within, scene, 2) : undefined;
  const given = second ? `i + 1, ${second.text}` : 'i + 1';
  const lines = random.chance(0.5)
    ? [`if i < ${bound} then return ${given} end`]
    : [`if i >= ${bound} then return nil${second ? ', nil' : ''} end`, `return ${given}`];
  const callable: Callable = {
    name,
    parameters: [packet ? 'packet' : 'integer', 'integer'],
    results: [index.type, ...(second ? [kinds.union(second.type, kinds.nil)] : [])],
    varies: true,
    step: true,
  };
  return { lines: [`${open}(${[...state, 'i'].join(', ')})`, ...indent(lines), 'end'], callable };
}
