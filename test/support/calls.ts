/** Random calls of a filter's own functions. */
import type { Variable } from './kinds.ts';
import * as kinds from './kinds.ts';
import {
  atom,
  type Callable,
  type Expression,
  expression,
  type Maker,
  type ParameterKind,
  pathsOf,
  type Scene,
  those,
} from './terms.ts';

/** Makes an argument of a kind. */
export type Argument = (m: Maker, scene: Scene, kind: Exclude<ParameterKind, 'packet' | 'optional'>) => string;

/** The functions that code here can call: those with the packet only where it has one. */
export const callables = (m: Maker, scene: Scene, fits: (callable: Callable) => boolean): Callable[] =>
  m.functions.filter(
    (callable) =>
      !callable.step &&
      (m.packet || !callable.parameters.includes('packet')) &&
      (transports(m, scene).length > 0 || !callable.parameters.includes('header')) &&
      fits(callable),
  );

/** What a parameter for a header of TCP or UDP can be given: an argument that is surely nil would not do. */
export const transports = (m: Maker, scene: Scene): Variable[] =>
  those(scene, ({ headers }) => headers.length > 0 && headers.every((name) => name === 'tcp' || name === 'udp'), [
    ...scene.visible,
    ...pathsOf(m),
  ]).filter((variable) => kinds.isNever({ ...kinds.known(scene.facts, variable).type, nil: false, headers: [] }));

/** A call, which stands for all its results where it is last in a list. */
export function callText(m: Maker, scene: Scene, { name, parameters }: Callable, argument: Argument): string {
  const { random } = m;
  // What may be missing is last, and is left out, nil, or there.
  const given = parameters.at(-1) === 'optional' && random.chance(0.35) ? parameters.slice(0, -1) : parameters;
  const texts = given.map((kind) => {
    if (kind === 'packet') return 'pkt';
    if (kind !== 'optional') return argument(m, scene, kind);
    return random.chance(0.2) ? 'nil' : argument(m, scene, 'integer');
  });
  return `${name}(${texts.join(', ')})`;
}

/** The first result of a call whose type is as asked; in parentheses now and then, which changes nothing. */
export function callOf(
  m: Maker,
  scene: Scene,
  argument: Argument,
  fits: (type: kinds.Type) => boolean,
): Expression | undefined {
  const able = callables(m, scene, ({ results }) => results[0] !== undefined && fits(results[0]));
  if (able.length === 0) return undefined;
  const callable = m.random.pick(able);
  const text = callText(m, scene, callable, argument);
  // Where it is last in a list, others than the first would count too.
  const alone = callable.results.length > 1 || callable.varies || m.random.chance(0.1);
  return expression(alone ? `(${text})` : text, atom, callable.results[0] ?? kinds.nil);
}
