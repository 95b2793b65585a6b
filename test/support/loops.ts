/**
 * Random loops and jumps. A loop takes few turns, since each turn of `while` and its kin closes a byte of the packet. What
 * its body assigns of the locals around it stays within types that are chosen before, so that a turn can begin with
 * whatever the one before has left.
 */
import { type Block, declare, going, indent, limitOf, local } from './blocks.ts';
import { forgetPaths } from './effects.ts';
import { condition, few, integer, value } from './expressions.ts';
import type { Type, Variable } from './kinds.ts';
import * as kinds from './kinds.ts';
import { atom, type Expression, expression, type Maker, type Scene, settle } from './terms.ts';

/** Makes the body of a loop: a block that may return, and need not. */
export type Body = (scene: Scene) => Block;

const counters = ['i', 'j', 'm1', 'turn'] as const;

const count = (name: string, low: number, high: number): Expression =>
  expression(name, atom, kinds.integers(low, high), { dynamic: true });

interface Turns {
  /** Where every turn begins, without the loop's own locals. */
  readonly head: Scene;
  /** A first statement that makes the limits true: without it they would be wider than what can be. */
  readonly first: readonly string[];
  /** Labels that its body may lead to, if it does. */
  readonly next: string;
  readonly out: string;
}

/** Chooses what the body may assign. */
function begin(m: Maker, before: Scene): Turns {
  const { random } = m;
  const scene = m.stores ? forgetPaths(m, before) : before;
  const limits = new Map<Variable, Type>();
  const open: Variable[] = [];
  let { facts } = scene;
  for (const variable of scene.visible) {
    const outer = limitOf(scene, variable);
    const known = kinds.known(facts, variable).type;
    if (outer === undefined || !kinds.isPlain(known) || variable.headers.length > 0 || random.chance(0.4)) continue;
    const grown = kinds.union(known, kinds.integers(0, 0xffff));
    const range = grown.int && settle(m, m.bits32 ? grown.int : { low: -(2 ** 63), high: 2 ** 63 });
    if (!range) continue;
    const limit = outer === 'any' ? { ...grown, int: range } : outer;
    if (!kinds.isWithin(known, limit) || !kinds.isWithin(kinds.integers(0, 0xffff), limit)) continue;
    limits.set(variable, limit);
    if (!kinds.isInteger(known)) open.push(variable);
    facts = kinds.learn(facts, variable, { type: limit, dynamic: true });
  }
  const number = m.fresh();
  const [next, out] = [`next${number}`, `out${number}`];
  const labels = [next, out, ...(scene.loop?.labels ?? [])];
  const head = { ...scene, facts, loop: { outside: scene.visible, limits, labels } };
  const first = open.map(
    ({ name }) => `if ${condition(m, head, 1).text} then ${name} = ${few(integer(m, head, 1), 0xffff).text} end`,
  );
  return { head, first, next, out };
}

/** A whole loop: its lines around the body, the labels that the body leads to, what is known behind it. */
function finish(
  scene: Scene,
  { head, first, next, out }: Turns,
  { lines }: Block,
  around: (body: readonly string[]) => readonly string[],
  isRepeat = false,
): Block {
  const inner = [...first, ...lines];
  const goes = (label: string) => lines.some((line) => line.includes(`goto ${label} `));
  // Behind a repeat's label its condition would still see the body's locals, into which no `goto` may lead.
  const labelled = goes(next)
    ? isRepeat
      ? ['do', ...indent([...inner, `::${next}::`]), 'end']
      : [...inner, `::${next}::`]
    : inner;
  const whole = around(indent(labelled));
  const { loop: _, ...rest } = head;
  const after = { ...rest, ...(scene.loop ? { loop: scene.loop } : {}), visible: scene.visible };
  return going(goes(out) ? ['do', ...indent([...whole, `::${out}::`]), 'end'] : whole, after);
}

/** `if c then break end`, or a `goto` to the next turn or out, of this loop or of one around it. */
export function leave(m: Maker, scene: Scene): Block | undefined {
  const test = condition(m, scene, 2);
  const facts = test.no(scene.facts);
  if (!facts || !test.yes(scene.facts) || !scene.loop) return undefined;
  const { random } = m;
  const way = random.chance(0.4) ? 'break' : `goto ${random.pick(scene.loop.labels)}`;
  return going([`if ${test.text} then ${way} end`], { ...scene, facts });
}

/** First and last value, step, and what the variable can be. */
function limitsOf(m: Maker, scene: Scene): readonly [text: string, low: number, high: number] {
  const { random } = m;
  const some = () => few(integer(m, scene, 1), random.pick([1, 3, 3, 7])).text;
  const step = random.pick([1, 1, 1, 2, 3]);
  const shown = step === 1 && random.chance(0.8) ? '' : `, ${step}`;
  switch (random.below(m.bits32 ? 6 : 8)) {
    case 0:
      return [`1, ${random.range(0, 5)}${shown}`, 0, 5];
    case 1:
      return [`${random.range(0, 6)}, ${random.range(-1, 6)}, ${-step}`, -1, 6];
    case 2:
      return [`0, ${some()}${shown}`, 0, 7];
    case 3:
      return [`${some()}, ${some()}${shown}`, 0, 7];
    case 4:
      return [`${some()}, ${random.range(-3, 2)}, ${-step}`, -3, 7];
    case 5:
      return [`${random.range(-4, 4)}, ${some()}${shown}`, -4, 7];
    case 6: {
      const [from, to] = random.pick([
        [`math.maxinteger - (${some()})`, 'math.maxinteger'],
        ['math.maxinteger - 2', 'math.maxinteger - 1'],
        ['-3', 'math.mininteger'],
        ['math.maxinteger', 'math.maxinteger'],
        ['math.mininteger', '-1'],
      ]);
      return [
        `${from}, ${to}, ${random.pick(to.includes('min') || from.includes('min') ? ['math.maxinteger', '1 << 62'] : ['1', '2', 'math.maxinteger'])}`,
        -(2 ** 63),
        2 ** 63,
      ];
    }
    default:
      return [
        `math.mininteger + (${some()}), math.mininteger, ${random.pick(['-1', '-2', 'math.mininteger'])}`,
        -(2 ** 63),
        2 ** 63,
      ];
  }
}

/** `for i = a, b, c do` */
export function forNumeric(m: Maker, scene: Scene, body: Body): Block {
  const turns = begin(m, scene);
  const name = m.random.pick(counters);
  const [limits, low, high] = limitsOf(m, scene);
  const own = count(name, low, high);
  const made = body(declare(turns.head, local(name, own), own));
  return finish(scene, turns, made, (lines) => [`for ${name} = ${limits} do`, ...lines, 'end']);
}

/** `for i, v in ipairs(t) do` */
export function forIpairs(m: Maker, scene: Scene, body: Body): Block | undefined {
  const able = m.tables.filter(({ array }) => array);
  if (able.length === 0) return undefined;
  const table = m.random.pick(able);
  const turns = begin(m, scene);
  const index = m.random.pick(counters);
  const own = count(index, 1, 64);
  let inside = declare(turns.head, local(index, own), own);
  const names: string[] = [index];
  if (m.random.chance(0.85)) {
    const e = expression('each', atom, table.values);
    inside = declare(inside, local('each', e), e);
    names.push('each');
  }
  const made = body(inside);
  return finish(scene, turns, made, (lines) => [
    `for ${names.join(', ')} in ipairs(${table.name}) do`,
    ...lines,
    'end',
  ]);
}

/** `for i, v in step, limit, 0 do`, by a function of the file. */
export function forSteps(m: Maker, scene: Scene, body: Body): Block | undefined {
  const able = m.functions.filter(({ step, parameters }) => step && (m.packet || parameters[0] !== 'packet'));
  if (able.length === 0) return undefined;
  const callable = m.random.pick(able);
  const turns = begin(m, scene);
  const index = m.random.pick(counters);
  const own = count(index, 0, 0xffff);
  let inside = declare(turns.head, local(index, own), own);
  const second = callable.results[1];
  if (second) {
    const e = expression('each', atom, second);
    inside = declare(inside, local('each', e), e);
  }
  const state = callable.parameters[0] === 'packet' ? 'pkt' : `${m.random.range(0, 4)}`;
  const made = body(inside);
  const names = second ? `${index}, each` : index;
  const start = m.random.range(0, 2);
  return finish(scene, turns, made, (lines) => [
    `for ${names} in ${callable.name}, ${state}, ${start} do`,
    ...lines,
    'end',
  ]);
}

/** `while` with a counter of its own, which nothing else changes. */
export function whileLoop(m: Maker, scene: Scene, body: Body): Block {
  const name = `w${m.fresh()}`;
  const own = count(name, 0, 0xffff);
  const variable = { ...local(name, own), fixed: true };
  const turns = begin(m, scene);
  const head = declare(turns.head, variable, own);
  const test = condition(m, head, 2);
  const facts = (m.random.chance(0.7) && test.yes(head.facts)) || undefined;
  const made = body(facts ? { ...head, facts } : head);
  const most = m.random.range(1, 4);
  const all = facts ? `${name} < ${most} and (${test.text})` : `${name} < ${most}`;
  // Without the first statement's assignments the condition's facts hold in the body.
  const start = [`local ${name} = 0`, `while ${all} do`, `  ${name} = ${name} + 1`];
  const block = facts ? { ...turns, first: [] } : turns;
  return finish(scene, block, facts ? { ...made, lines: [...made.lines, ...turns.first] } : made, (lines) => [
    'do',
    ...indent([...start, ...lines, 'end']),
    'end',
  ]);
}

/** `repeat`, whose condition sees a local of its body. */
export function repeatLoop(m: Maker, scene: Scene, body: Body): Block | undefined {
  const name = `w${m.fresh()}`;
  const own = count(name, 0, 0xffff);
  const turns = begin(m, scene);
  const made = body(declare(turns.head, { ...local(name, own), fixed: true }, own));
  if (made.returned) return undefined;
  const tail = turns.head;
  const last = value(m, tail, 1);
  const all = m.random.chance(0.6)
    ? `done or ${name} >= ${m.random.range(1, 4)}`
    : `${name} >= ${m.random.range(1, 4)}`;
  return finish(
    scene,
    turns,
    made,
    (lines) => [
      'do',
      ...indent([
        `local ${name} = 0`,
        'repeat',
        `  ${name} = ${name} + 1`,
        ...lines,
        ...(all.startsWith('done') ? [`  local done = ${last.text}`] : []),
        `until ${all}`,
      ]),
      'end',
    ],
    true,
  );
}

/** `if c then goto skip end …  ::skip::`, outside loops too. */
export function skipping(m: Maker, scene: Scene, body: Body): Block | undefined {
  const test = condition(m, scene, 2);
  const [taken, passed] = [test.yes(scene.facts), test.no(scene.facts)];
  if (!taken || !passed) return undefined;
  const made = body({ ...scene, facts: passed });
  const label = `skip${m.fresh()}`;
  const facts = made.returned ? taken : (kinds.join(taken, made.scene.facts) ?? taken);
  const lines = [`if ${test.text} then goto ${label} end`, ...made.lines, `::${label}::`];
  // What follows a `return` in its block is another block.
  const safe = made.returned ? [lines[0]!, 'do', ...indent(made.lines), 'end', lines.at(-1)!] : lines;
  return going(['do', ...indent(safe), 'end'], { ...scene, facts });
}
