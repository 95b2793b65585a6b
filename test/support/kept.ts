/**
 * State in random filters: what can be read of it, and statements that change it. Objects are small, so that hashes
 * overflow; indices are mostly, keys nearly always, what they should be.
 */
import { type Block, going } from './blocks.ts';
import { few, integer } from './expressions.ts';
import * as kinds from './kinds.ts';
import { full } from './ranges.ts';
import { atom, type Expression, expression, literal, type Maker, type Scene, those } from './terms.ts';

/** An object of the file: of an array `size` is a power of 2. */
export interface Kept {
  readonly name: string;
  readonly kind: 'array' | 'hash' | 'counter';
  readonly size: number;
  readonly parts: number;
}

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

function index(m: Maker, scene: Scene, { size }: Kept): string {
  const { random } = m;
  if (random.chance(0.03)) return few(integer(m, scene, 1), 15).text;
  return random.chance(0.3) ? `${random.below(size)}` : few(integer(m, scene, 1), size - 1).text;
}

function key(m: Maker, scene: Scene): string {
  const { random } = m;
  const loose = those(
    scene,
    (type) => kinds.isPlain(type) && type.nil && type.int !== undefined && !type.no && !type.yes,
    scene.visible,
  );
  if (loose.length > 0 && random.chance(0.05)) return random.pick(loose).name;
  if (random.chance(0.3)) return literal(m).text;
  return random.chance(0.7) ? few(integer(m, scene, 1), 7).text : integer(m, scene, 1).text;
}

const keys = (m: Maker, scene: Scene, { parts }: Kept): string =>
  Array.from({ length: parts }, () => key(m, scene)).join(', ');

const pickOf = (m: Maker, fits: (kept: Kept) => boolean): Kept | undefined => {
  const able = m.kept.filter(fits);
  return able.length > 0 ? m.random.pick(able) : undefined;
};

/** An entry that can be assigned: `cells[i]`, `flows[k]`. */
function entry(m: Maker, scene: Scene, object: Kept): string {
  return `${object.name}[${object.kind === 'array' ? index(m, scene, object) : key(m, scene)}]`;
}

/** An integer that state gives: an entry of an array, a counter, what an addition makes. */
export function keptInteger(m: Maker, scene: Scene): Expression {
  const { random } = m;
  const { name, ...object } = random.pick(m.kept);
  const whole = { name, ...object };
  const added = () => (random.chance(0.5) ? literal(m) : integer(m, scene, 1)).text;
  if (object.kind === 'counter')
    return expression(random.chance(0.5) ? `${name}:get()` : `${name}:add(${added()})`, atom, any);
  if (object.kind === 'hash') return expression(`${name}:add(${keys(m, scene, whole)}, ${added()})`, atom, any);
  const at = index(m, scene, whole);
  return expression(
    random.pick([`${name}[${at}]`, `${name}[${at}]`, `${name}:get(${at})`, `${name}:add(${at}, ${added()})`]),
    atom,
    any,
  );
}

/** What a hash has under a key, or nil. */
export function keptEntry(m: Maker, scene: Scene): Expression | undefined {
  const hash = pickOf(m, ({ kind }) => kind === 'hash');
  if (hash === undefined) return undefined;
  const isIndexed = hash.parts === 1 && m.random.chance(0.7);
  const text = isIndexed ? entry(m, scene, hash) : `${hash.name}:get(${keys(m, scene, hash)})`;
  return expression(text, atom, kinds.union(kinds.nil, any));
}

/** A statement that changes state, or that at least touches it. */
export function keeping(m: Maker, scene: Scene): Block {
  const { random } = m;
  const object = random.pick(m.kept);
  const value = (): string =>
    object.kind === 'hash' && random.chance(0.15) ? 'nil' : integer(m, scene, random.range(1, 2)).text;
  if (object.kind === 'counter') return going([`${object.name}:add(${integer(m, scene, 1).text})`], scene);
  if (object.parts > 1 || random.chance(0.4)) {
    const given = object.kind === 'array' ? index(m, scene, object) : keys(m, scene, object);
    const call = random.pick(object.kind === 'array' ? ['set', 'add'] : ['set', 'add', 'get', 'delete', 'delete']);
    const more = call === 'set' ? `, ${value()}` : call === 'add' ? `, ${integer(m, scene, 1).text}` : '';
    return going([`${object.name}:${call}(${given}${more})`], scene);
  }
  const other = random.chance(0.2) ? pickOf(m, ({ parts }) => parts === 1) : undefined;
  if (other === undefined) return going([`${entry(m, scene, object)} = ${value()}`], scene);
  const targets = `${entry(m, scene, object)}, ${entry(m, scene, other)}`;
  return going([`${targets} = ${value()}, ${integer(m, scene, 1).text}`], scene);
}
