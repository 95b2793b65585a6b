/**
 * State in random filters: what can be read of it, and statements that change it. Objects are small, so that hashes
 * overflow; indices are mostly, keys nearly always, what they should be.
 */
import { type Block, going } from './blocks.ts';
import * as kinds from './kinds.ts';
import { full } from './ranges.ts';
import { atom, type Expression, expression, type Kept, literal, type Maker, type Scene, those } from './terms.ts';

/** The text of an integer, which has no more bits than the mask where there is one. */
export type Integers = (mask?: number) => string;

const any: kinds.Type = { ...kinds.never, int: full };

/** The lines that declare random objects, and what they are. */
export function objects(m: Maker): { lines: readonly string[]; kept: readonly Kept[] } {
  const { random } = m;
  const wanted = (['cells', 'rows', 'flows', 'last', 'pairs', 'hits'] as const).filter(() => random.chance(0.5));
  const kept = (wanted.length > 0 ? wanted : (['hits'] as const)).map((name): Kept => {
    if (name === 'hits') return { name, kind: 'counter', size: 1, parts: 0 };
    if (name === 'cells' || name === 'rows') return { name, kind: 'array', size: 1 << random.below(4), parts: 1 };
    return { name, kind: 'hash', size: random.range(1, 6), parts: name === 'pairs' ? random.range(2, 4) : 1 };
  });
  const lines = kept.map(({ name, kind, size, parts }) => {
    const given = kind === 'counter' ? '' : parts > 1 ? `${size}, ${parts}` : `${size}`;
    return `local ${name} = state.${kind}(${given})`;
  });
  return { lines: ['local state = require "state"', ...lines], kept };
}

function index({ random }: Maker, { size }: Kept, integers: Integers): string {
  if (random.chance(0.03)) return integers(15);
  return random.chance(0.3) ? `${random.below(size)}` : integers(size - 1);
}

function key(m: Maker, scene: Scene, integers: Integers): string {
  const { random } = m;
  const loose = those(
    scene,
    (type) => kinds.isPlain(type) && type.nil && type.int !== undefined && !type.no && !type.yes,
    scene.visible,
  );
  if (loose.length > 0 && random.chance(0.05)) return random.pick(loose).name;
  if (random.chance(0.3)) return literal(m).text;
  return random.chance(0.7) ? integers(7) : integers();
}

const keys = (m: Maker, scene: Scene, { parts }: Kept, integers: Integers): string =>
  Array.from({ length: parts }, () => key(m, scene, integers)).join(', ');

const pickOf = (m: Maker, fits: (kept: Kept) => boolean): Kept | undefined => {
  const able = m.kept.filter(fits);
  return able.length > 0 ? m.random.pick(able) : undefined;
};

/** An entry that can be assigned: `cells[i]`, `flows[k]`. */
const entry = (m: Maker, scene: Scene, object: Kept, integers: Integers): string =>
  `${object.name}[${object.kind === 'array' ? index(m, object, integers) : key(m, scene, integers)}]`;

/** An integer that state gives: an entry of an array, a counter, what an addition makes. */
export function keptInteger(m: Maker, scene: Scene, integers: Integers): Expression {
  const { random } = m;
  const object = random.pick(m.kept);
  const { name, kind } = object;
  const added = (): string => (random.chance(0.5) ? literal(m).text : integers());
  const made = (text: string): Expression => expression(text, atom, any);
  if (kind === 'counter') return made(random.chance(0.5) ? `${name}:get()` : `${name}:add(${added()})`);
  if (kind === 'hash') return made(`${name}:add(${keys(m, scene, object, integers)}, ${added()})`);
  const at = index(m, object, integers);
  return made(
    random.pick([`${name}[${at}]`, `${name}[${at}]`, `${name}:get(${at})`, `${name}:add(${at}, ${added()})`]),
  );
}

/** What a hash has under a key, or nil. */
export function keptEntry(m: Maker, scene: Scene, integers: Integers): Expression | undefined {
  const hash = pickOf(m, ({ kind }) => kind === 'hash');
  if (hash === undefined) return undefined;
  const isIndexed = hash.parts === 1 && m.random.chance(0.7);
  const text = isIndexed ? entry(m, scene, hash, integers) : `${hash.name}:get(${keys(m, scene, hash, integers)})`;
  return expression(text, atom, kinds.union(kinds.nil, any));
}

/** A statement that changes state, or that at least touches it. */
export function keeping(m: Maker, scene: Scene, integers: Integers): Block {
  const { random } = m;
  const object = random.pick(m.kept);
  const value = (): string => (object.kind === 'hash' && random.chance(0.15) ? 'nil' : integers());
  if (object.kind === 'counter') return going([`${object.name}:add(${integers()})`], scene);
  if (object.parts > 1 || random.chance(0.4)) {
    const isArray = object.kind === 'array';
    const given = isArray ? index(m, object, integers) : keys(m, scene, object, integers);
    const call = random.pick(isArray ? ['set', 'add'] : ['set', 'add', 'get', 'delete', 'delete']);
    const more = call === 'set' ? `, ${value()}` : call === 'add' ? `, ${integers()}` : '';
    return going([`${object.name}:${call}(${given}${more})`], scene);
  }
  const target = entry(m, scene, object, integers);
  const other = random.chance(0.2) ? pickOf(m, ({ parts }) => parts === 1) : undefined;
  if (other === undefined) return going([`${target} = ${value()}`], scene);
  return going([`${target}, ${entry(m, scene, other, integers)} = ${value()}, ${integers()}`], scene);
}
