/** Random statements that do something besides computing: prints, errors, stores, calls with all their results. */
import { type Block, declare, going, limitOf, local, names } from './blocks.ts';
import { callables, callText } from './calls.ts';
import { argument, condition, few, integer, mixed, offset, value } from './expressions.ts';
import * as kinds from './kinds.ts';
import { type Expression, header, type Maker, pathsOf, read, type Scene, those } from './terms.ts';
import { text, textLiteral } from './texts.ts';

export function textLocal(m: Maker, scene: Scene): Block {
  const e = text(m, scene, () => offset(m, scene, 1));
  const name = m.random.pick(names.text);
  return going([`local ${name} = ${e.text}`], declare(scene, local(name, e), e));
}

export function mixedLocal(m: Maker, scene: Scene): Block | undefined {
  const e = mixed(m, scene, 2);
  if (e.type.headers.length > 0) return undefined;
  const name = m.random.pick(names.text);
  return going([`local ${name} = ${e.text}`], declare(scene, local(name, e), e));
}

/** A value as `print` takes them. */
function printed(m: Maker, scene: Scene): Expression {
  const { random } = m;
  const held = those(scene, (type) => type.headers.length === 0, scene.visible);
  if (held.length > 0 && random.chance(0.5)) return read(scene, random.pick(held));
  const e = random.chance(0.2)
    ? text(m, scene, () => offset(m, scene, 0))
    : random.chance(0.2)
      ? mixed(m, scene, 1)
      : value(m, scene, 2);
  return e.type.headers.length === 0 ? e : textLiteral(m);
}

export function print(m: Maker, scene: Scene): Block {
  const { random } = m;
  const texts = Array.from({ length: random.below(4) }, () => printed(m, scene).text);
  const able = callables(m, scene, ({ varies, results }) => !varies && results.length > 0);
  if (able.length > 0 && random.chance(0.3)) texts.push(callText(m, scene, random.pick(able), argument(1)));
  return going([`print(${texts.join(', ')})`], scene);
}

/** `assert(x)`, `assert(x, "why")`, or the same of a header that is needed further down. */
export function assertion(m: Maker, scene: Scene): Block | undefined {
  const { random } = m;
  const message = random.chance(0.5) ? ', "not so"' : '';
  if (m.packet && random.chance(0.4)) {
    const e = header(m, scene);
    const [name] = e?.type.headers ?? [];
    if (e && name) {
      const there = { ...e, type: kinds.truthy(e.type) };
      const next = declare(scene, local(name, there), there);
      return going([`local ${name} = assert(${e.text}${message})`], next);
    }
  }
  const test = condition(m, scene, 2);
  const facts = test.yes(scene.facts);
  return facts ? going([`assert(${test.text}${message})`], { ...scene, facts }) : undefined;
}

/** `if c then error("why") end` */
export function failure(m: Maker, scene: Scene): Block | undefined {
  const test = condition(m, scene, 3);
  const facts = test.no(scene.facts);
  const message = m.random.pick(['"stop"', "'here'", '"a\\tb"']);
  return facts ? going([`if ${test.text} then error(${message}) end`], { ...scene, facts }) : undefined;
}

/** A store to the packet: what was known of its headers is not any more. */
export function store(m: Maker, scene: Scene): Block | undefined {
  if (!m.packet) return undefined;
  const e = m.random.chance(0.5) ? few(integer(m, scene, 2), 0xff) : integer(m, scene, 2);
  const line = `pkt:set_${m.random.pick(['u8', 'u8', 'u16', 'u32'])}(${offset(m, scene, 1)}, ${e.text})`;
  return going(
    [line, ...(m.random.chance(0.5) ? [`print(pkt:u8(${offset(m, scene, 0)}))`] : [])],
    forgetPaths(m, scene),
  );
}

export function forgetPaths(m: Maker, scene: Scene): Scene {
  const facts = new Map(scene.facts);
  for (const path of pathsOf(m)) facts.delete(path);
  return { ...scene, facts };
}

/** `local a, b = f(…)` and `a, b = 1, f(…)`: all results of a call, some of them, or more names than there are. */
export function severalLocals(m: Maker, scene: Scene): Block | undefined {
  const { random } = m;
  const able = callables(m, scene, ({ results }) => results.length > 0);
  if (able.length === 0) return undefined;
  const callable = random.pick(able);
  const call = callText(m, scene, callable, argument(1));
  const first = random.chance(0.3) ? value(m, scene, 1) : undefined;
  const types = [...(first ? [first.type] : []), ...callable.results];
  const isPlain = types.every(kinds.isPlain);
  const targets = scene.visible.filter(
    (variable) => limitOf(scene, variable) === 'any' && kinds.isPlain(kinds.known(scene.facts, variable).type),
  );
  const list = first ? `${first.text}, ${call}` : call;
  const dynamic = { dynamic: true };
  if (isPlain && targets.length >= types.length && random.chance(0.4)) {
    const chosen = targets.slice(0, types.length);
    let facts = scene.facts;
    for (const [i, variable] of chosen.entries()) facts = kinds.learn(facts, variable, { type: types[i]!, ...dynamic });
    return going([`${chosen.map(({ name }) => name).join(', ')} = ${list}`], { ...scene, facts });
  }
  const count = random.range(1, types.length + (random.chance(0.2) ? 1 : 0));
  const pool = ['p', 'q', 'r', 's1', 't1'];
  let next = scene;
  const chosen = pool.slice(0, count);
  for (const [i, name] of chosen.entries()) {
    const type = types[i] ?? kinds.nil;
    const variable = { name, initial: type, headers: [], fixed: false };
    next = declare(next, variable, { text: name, level: 0, type, dynamic: true, yes: kinds.keep, no: kinds.keep });
  }
  return going([`local ${chosen.join(', ')} = ${list}`], next);
}
