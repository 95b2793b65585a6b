/** Random statements and blocks of them. */
import { type Block, declare, going, indent, limitOf, local, mayHold, nameFor, names, set } from './blocks.ts';
import { assertion, failure, mixedLocal, print, severalLocals, store, textLocal } from './effects.ts';
import { condition, few, integer, integers, value } from './expressions.ts';
import { keeping } from './kept.ts';
import type { Facts, Variable } from './kinds.ts';
import * as kinds from './kinds.ts';
import { type Body, forIpairs, forNumeric, forSteps, leave, repeatLoop, skipping, whileLoop } from './loops.ts';
import { type Expression, header, type Maker, nilLiteral, type Scene } from './terms.ts';

/** `local tcp = pkt.tcp` and its kin; a header of its own kind mostly goes by its own name. */
function headerLocal(m: Maker, scene: Scene): Block {
  const e = header(m, scene);
  if (e === undefined || e.type.headers.length === 0) return valueLocal(m, scene);
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
  scene.visible.filter(
    (variable) =>
      limitOf(scene, variable) !== undefined &&
      variable.headers.length === 0 &&
      !kinds.known(scene.facts, variable).type.text,
  );

/** An assignment of a value to a local, of an integer that fits where the value does not. */
function assigned(m: Maker, scene: Scene, target: Variable): Expression | undefined {
  const whole = kinds.isInteger(kinds.known(scene.facts, target).type);
  const e = whole && m.random.chance(0.7) ? integer(m, scene, 3) : value(m, scene, 3);
  if (mayHold(scene, target, e.type)) return e;
  const small = few(integer(m, scene, 2), 0xffff);
  return mayHold(scene, target, small.type) ? small : undefined;
}

export function assignment(m: Maker, scene: Scene): Block | undefined {
  const { random } = m;
  const targets = assignable(scene);
  const held = scene.visible.filter((variable) => !variable.fixed && variable.headers.length > 0);
  if (held.length > 0 && random.chance(0.15)) {
    const target = random.pick(held);
    const e = header(m, scene);
    const fits = e?.type.headers.every((name) => target.headers.includes(name));
    const chosen = e && fits ? e : nilLiteral;
    if (mayHold(scene, target, chosen.type))
      return going([`${target.name} = ${chosen.text}`], set(scene, target, chosen));
  }
  if (targets.length === 0) return undefined;
  const target = random.pick(targets);
  if (targets.length > 1 && random.chance(0.2)) {
    const other = random.pick(targets.filter((variable) => variable !== target));
    const [a, b] = [assigned(m, scene, target), assigned(m, scene, other)];
    if (!a || !b) return undefined;
    const text = `${target.name}, ${other.name} = ${a.text}, ${b.text}`;
    return going([text], set(set(scene, target, a), other, b));
  }
  const e = assigned(m, scene, target);
  return e && going([`${target.name} = ${e.text}`], set(scene, target, e));
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
  const given = m.give(m, { ...scene, facts: without }, 1);
  return going([`if ${test} then return ${given} end`], { ...scene, facts });
}

function earlyReturn(m: Maker, scene: Scene): Block | undefined {
  const test = condition(m, scene, 2);
  const [taken, passed] = [test.yes(scene.facts), test.no(scene.facts)];
  if (!taken || !passed) return undefined;
  const line = `if ${test.text} then return ${m.give(m, { ...scene, facts: taken }, 1)} end`;
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

const body =
  (m: Maker, depth: number): Body =>
  (scene) =>
    block(m, scene, depth - 1, m.random.range(1, 3), false);

const deep =
  (make: (m: Maker, scene: Scene, depth: number) => Block | undefined): Statement =>
  (m, scene, depth) =>
    depth > 0 ? make(m, scene, depth) : undefined;

const loop = (make: (m: Maker, scene: Scene, body: Body) => Block | undefined): Statement =>
  deep((m, scene, depth) => make(m, scene, body(m, depth)));

/** The statements by how often they are tried; where one cannot be made, a local is. */
const statements: readonly (readonly [weight: number, make: Statement])[] = [
  [16, headerLocal],
  [12, demand],
  [24, assignment],
  [8, earlyReturn],
  [14, (m, scene, depth) => (depth > 0 ? branches(m, scene, depth) : assignment(m, scene))],
  [5, (m, scene) => filledLater(m, scene, 2)],
  [3, deep(doBlock)],
  [4, twoLocals],
  [6, valueLocal],
  [4, textLocal],
  [3, mixedLocal],
  [4, severalLocals],
  [6, print],
  [2, assertion],
  [1, failure],
  [5, (m, scene) => (m.stores ? store(m, scene) : undefined)],
  [9, loop(forNumeric)],
  [5, loop(forIpairs)],
  [4, loop(forSteps)],
  [3, loop(whileLoop)],
  [3, loop(repeatLoop)],
  [2, loop(skipping)],
  [20, (m, scene) => (scene.loop ? leave(m, scene) : undefined)],
];
const weights = statements.flatMap(([weight, make]) => new Array<Statement>(weight).fill(make));

const statement: Statement = (m, scene, depth) =>
  m.kept.length > 0 && m.random.chance(0.25)
    ? keeping(m, scene, integers(m, scene))
    : m.random.pick(weights)(m, scene, depth);

/** So many statements, then a return if it has to end; names declared inside are gone behind it. */
export function block(m: Maker, scene: Scene, depth: number, size: number, ends: boolean): Block {
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
    return { lines: [...lines, ...final.lines, `return ${m.give(m, final.scene, 2)}`], scene, returned: true };
  }
  return { lines: [...lines, `return ${m.give(m, here, 3)}`], scene, returned: true };
}
