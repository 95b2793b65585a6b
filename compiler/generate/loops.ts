/**
 * Loops and `goto`. `while` and `repeat` go back through the door; what is counted is a LOOP, whose body is code of its
 * own that only an EXIT leaves. A header that is found in a turn is looked for again in the next one.
 */
import { AA } from '../../vm/isa/registers.ts';
import { Address } from '../check/address.ts';
import type { Block, ConstantValue, Instance, Local, Statement, Target } from '../check/tree.ts';
import { INTEGER, integer, only, type Type } from '../check/types.ts';
import { branch } from './conditions.ts';
import type { Label } from './emitter.ts';
import { asInteger, unowned, value } from './expressions.ts';
import { common, type Facts } from './facts.ts';
import { type Generator, halvesOf, immediate, type Landing } from './generator.ts';
import { partsOf, walk } from './inlining.ts';
import { found, lengthOf } from './locate.ts';
import { laidOut, type Operand, type Place, shapeOf } from './operand.ts';
import { block, freeLocal, writeStatements } from './statements.ts';

type Node<Kind extends Statement['kind']> = Statement & { readonly kind: Kind };

export function whileLoop(g: Generator, node: Node<'while'>): void {
  const { entry, head } = beginTurns(g, node);
  const yes = g.emit.label();
  const done = g.emit.label();
  let behind = entry;
  const breaks = inLoop(g, done, () => {
    const facts = g.kept.holding([entry], () => branch(g, node.condition, yes, done));
    g.emit.place(yes);
    g.facts = facts.yes;
    behind = facts.no;
    g.kept.holding([entry, facts.no], () => block(g, node.body));
    g.emit.back(head);
  });
  g.emit.place(done);
  g.facts = breaks ? entry : behind;
}

export function repeatLoop(g: Generator, node: Node<'repeat'>): void {
  const { entry, head } = beginTurns(g, node);
  const again = g.emit.label();
  const done = g.emit.label();
  const breaks = inLoop(g, done, () => {
    g.kept.holding([entry], () => {
      const locals = writeStatements(g, node.body);
      // Behind a body that is always left the condition's locals may not be there.
      if (g.emit.reachable) g.facts = branch(g, node.condition, done, again).yes;
      for (const local of locals) freeLocal(g, local);
    });
  });
  g.emit.place(again);
  g.emit.back(head);
  g.emit.place(done);
  if (breaks) g.facts = entry;
}

/** What is known where every turn begins, and where that is. */
function beginTurns(g: Generator, node: Node<'while'> | Node<'repeat'>): { entry: Facts; head: Label } {
  forgetChanges(g, node);
  findAhead(g, node);
  const head = g.emit.label();
  g.emit.place(head);
  return { entry: g.facts, head };
}

type Turned = Statement & { readonly body: Block; readonly writesPacket: boolean };

/** What an earlier turn may have changed is not known where the next one begins. */
function forgetChanges(g: Generator, { body, writesPacket }: Turned): void {
  if (writesPacket) g.forgetPacket();
  const assigned = new Set<Local>();
  const look = (statement: Statement): void => {
    if (statement.kind !== 'assign') return;
    for (const target of statement.targets) if (target.kind === 'local') assigned.add(target.local);
  };
  walk(body, () => {}, look);
  g.changed(assigned);
}

/**
 * Finds before a loop what every turn would find anew: lengths, and headers where nothing in the loop stores to the
 * packet and the program never uses the door, since a search that is not reached must not find it closed.
 */
function findAhead(g: Generator, node: Turned): void {
  const lengths = new Set<'wirelen' | 'caplen'>();
  const searches = new Set<Instance>();
  walk([node], (inner) => {
    if (inner.kind === 'length' && inner.packet === undefined) lengths.add(inner.of);
    else if (inner.kind === 'header') searches.add(inner.search);
  });
  for (const name of lengths) lengthOf(g, name);
  if (!g.unit.inlining.hasDoor && !node.writesPacket) for (const search of searches) found(g, search);
}

/** Walks over a body; whether a `break` leaves it. */
function inLoop(g: Generator, done: Label | undefined, walk: () => void): boolean {
  const loop = { done, breaks: false };
  g.loops.push(loop);
  g.repeats.loop(walk);
  g.loops.pop();
  return loop.breaks;
}

export function breakLoop(g: Generator): void {
  const loop = g.loops.at(-1)!;
  loop.breaks = true;
  if (loop.done === undefined) g.region.lastPass();
  else g.emit.jump(loop.done);
}

/** `for i = first, last, step`. */
export function countedLoop(g: Generator, node: Node<'for'>): void {
  findAhead(g, node);
  const { local, first, last, step } = node;
  const what = (name: string): string => `'for' ${name} value must be a number, but it is`;
  const start = g.park(value(g, first));
  // Lua looks at neither before both are there, and at the limit first.
  const to = asInteger(g, value(g, last), last, what('limit'));
  const from = asInteger(g, start, first, what('initial'));
  const done = g.emit.label();
  const count = passes(g, from, to, step, done);
  // The counter is a step behind where a pass begins.
  const counter = local.used === true ? counterBefore(g, from, step) : undefined;
  g.release(from);
  g.release(to);
  runBody(g, node, count, done, () => {
    if (counter === undefined) return block(g, node.body);
    g.advance(counter, step);
    // What else the body assigns to the variable, the counter never is.
    const own: Operand = { kind: 'plain', at: counter, type: only(local.storage, INTEGER) };
    // A variable that the body assigns is a copy.
    if (local.assigned === true) {
      const copy = g.storage(local.storage);
      g.store(copy, own);
      g.bind(local, copy);
    } else g.bind(local, own);
    block(g, node.body);
    if (local.assigned === true) freeLocal(g, local);
  });
  if (counter !== undefined) g.registers.release(counter);
}

/**
 * How many passes there are, as Lua 5.4 counts them: none where `from` is behind `to`, in which case control goes to
 * `done`. What is no constant is in AA. Releases nothing.
 */
function passes(g: Generator, from: Operand, to: Operand, step: bigint, done: Label): number | 'AA' {
  const up = step > 0n;
  const by = up ? step : -step;
  const [low, high] = up ? [from, to] : [to, from];
  if (low.kind === 'constant' && high.kind === 'constant') {
    const distance = (high.value as bigint) - (low.value as bigint);
    const count = distance < 0n ? 0n : distance / by + 1n;
    if (count <= 0xffffffffn) return Number(count);
    g.constant(AA, count > 0xffff_ffff_ffff_ffffn ? -1n : BigInt.asIntN(64, count));
    return 'AA';
  }
  // With a step of 1, one below the start counts as no pass by itself.
  const slack = by === 1n ? 1n : 0n;
  if (high.type.low < low.type.high - slack) {
    const some = g.emit.label();
    const [a, b] = [g.register(unowned(low)), g.register(unowned(high))];
    g.compare('jsgt', a.register, b.register, true, done, some);
    g.emit.place(some);
    for (const place of [a, b]) if (place.owned) g.registers.release(place);
  }
  const distance = high.type.high - low.type.low;
  if (by === 1n && low.kind === 'constant') addTo(g, AA, high, 1n - (low.value as bigint));
  else {
    subtract(g, high, low);
    if (by > 1n) g.alu('div', AA, AA, by, true);
    g.alu('add', AA, AA, 1n, true);
  }
  // SPEC: 2^64 passes are one too many to say; any cap is below them.
  if (by === 1n && distance >= 2n ** 64n - 1n) {
    const all = g.emit.label();
    const fine = g.emit.label();
    g.compare('jeq', AA, 0n, true, all, fine);
    g.emit.place(all);
    g.constant(AA, -1n);
    g.emit.place(fine);
  }
  return 'AA';
}

/** to := operand + a constant, wrapping. */
function addTo(g: Generator, to: number, operand: Operand, added: bigint): void {
  const place = g.register(unowned(operand));
  const constant = BigInt.asIntN(64, added);
  if (constant === 0n) g.move(to, place.register, true);
  else if (constant < 0n && immediate(-constant) !== undefined) g.alu('sub', to, place.register, -constant, true);
  else g.alu('add', to, place.register, constant, true);
  if (place.owned) g.registers.release(place);
}

/** AA := a - b. */
function subtract(g: Generator, a: Operand, b: Operand): void {
  if (b.kind === 'constant') return addTo(g, AA, a, -(b.value as bigint));
  const [left, right] = [g.register(unowned(a)), g.register(unowned(b))];
  g.alu('sub', AA, left.register, right.register, true);
  for (const place of [left, right]) if (place.owned) g.registers.release(place);
}

/** A register with the variable's value in the pass before the first. */
function counterBefore(g: Generator, from: Operand, step: bigint): Place {
  const at = g.take();
  if (from.kind === 'constant') g.constant(at.register, BigInt.asIntN(64, (from.value as bigint) - step));
  else addTo(g, at.register, from, -step);
  return counterWith(g, at);
}

/** A place of its own for a loop's counter, which begins as a temporary. */
function counterWith(g: Generator, at: Place): Place {
  const counter = g.storage(integer()) as Operand & { kind: 'plain' };
  g.store(counter, { kind: 'plain', at, type: counter.type });
  return counter.at;
}

/** A LOOP and its body; what is known of headers behind it is what was known before. */
function runBody(g: Generator, node: Turned, count: number | 'AA', done: Label, walk: () => void): void {
  forgetChanges(g, node);
  const entry = g.facts;
  // A `goto` out of the body says where to in a register, which is looked at behind the loop.
  const leaving = [...leavingGotos(node.body)].filter((target) => g.landings.get(target)!.depth === g.region.depth);
  const flag = leaving.length === 0 ? undefined : { ...g.take(), owned: false };
  if (flag !== undefined) g.constant(flag.register, 0n);
  for (const [i, target] of leaving.entries())
    g.pending.set(target, { register: flag!.register, number: BigInt(i + 1) });
  const body = g.emit.label();
  const after = g.emit.label();
  g.emit.loop(count, body, g.region.depth);
  g.emit.jump(after);
  g.emit.place(body);
  g.body(() => {
    inLoop(g, undefined, () => g.kept.holding([entry], walk));
    g.region.nextPass();
  });
  g.emit.place(after);
  g.facts = entry;
  for (const target of leaving) {
    const { register, number } = g.pending.get(target)!;
    const next = g.emit.label();
    const landing = g.landings.get(target)!;
    landing.facts = alsoKnown(landing, entry);
    g.compare('jeq', register, number, false, landing.label, next);
    g.emit.place(next);
  }
  if (flag !== undefined) g.registers.release(flag);
  g.emit.place(done);
}

/** `for i, v in ipairs(t)`: the values stand in the code, behind one that makes the first have index 1. */
export function eachLoop(g: Generator, node: Node<'each'>): void {
  const { locals, values } = node;
  const done = g.emit.label();
  const [index, value] = locals;
  if (values.length === 0) return;
  findAhead(g, node);
  const isRead = value?.used === true;
  const needs = isRead || index?.used === true;
  const counter = needs ? counterWith(g, g.register(zero)) : undefined;
  runBody(g, node, values.length, done, () => {
    if (counter !== undefined) g.advance(counter, 1n);
    const bound: Local[] = [];
    const bind = (local: Local, storage: Operand): void => {
      g.bind(local, storage);
      bound.push(local);
    };
    if (isRead) {
      const at = g.inRegister(counter!);
      const storage = g.storage(value.storage);
      g.store(storage, entryAt(g, values, value.storage, at.register));
      if (at.owned) g.registers.release(at);
      bind(value, storage);
    }
    if (index?.used === true) {
      const own: Operand = { kind: 'plain', at: counter!, type: only(index.storage, INTEGER) };
      if (index.assigned !== true) g.bind(index, own);
      else {
        const copy = g.storage(index.storage);
        g.store(copy, own);
        bind(index, copy);
      }
    }
    block(g, node.body);
    for (const local of bound) freeLocal(g, local);
  });
  if (counter !== undefined) g.registers.release(counter);
}

const zero: Operand = { kind: 'constant', value: 0n, type: integer(0n, 0n) };

/** Loads an entry of a list by its number, from 1, as a variable of a type has it. */
function entryAt(g: Generator, values: readonly ConstantValue[], type: Type, index: number): Operand {
  const isPair = shapeOf(type) === 'pair';
  const hasPayload = (value: ConstantValue): boolean => value !== null && typeof value !== 'boolean';
  const wanted: ((value: ConstantValue) => bigint)[] = [
    ...(isPair ? [(value: ConstantValue) => g.codeOf(value)] : []),
    (value) => (hasPayload(value) || !isPair ? g.wordOf(value) : 0n),
    (value) => (value instanceof Address ? halvesOf(value.bits).low : 0n),
  ];
  return laidOut(type, () => {
    const to = g.take();
    g.loadEntry(to.register, [0n, ...values.map(wanted.shift()!)], index);
    return to;
  });
}

// goto

/** The labels of a block, before its statements are written. */
export function openLandings(g: Generator, statements: Block): void {
  for (const node of statements)
    if (node.kind === 'label')
      g.landings.set(node.target, { label: g.emit.label(), depth: g.region.depth, facts: undefined });
}

/** What is known at a place that control gets to with these facts, too. */
const alsoKnown = ({ facts }: Landing, more: Facts): Facts => (facts === undefined ? more : common(facts, more));

export function go(g: Generator, target: Target): void {
  if (!g.emit.reachable) return;
  const landing = g.landings.get(target)!;
  if (landing.depth === g.region.depth) {
    landing.facts = alsoKnown(landing, g.facts);
    return g.emit.jump(landing.label);
  }
  const { register, number } = g.pending.get(target)!;
  g.constant(register, number);
  g.region.lastPass(g.region.depth - landing.depth - 1);
}

export function land(g: Generator, target: Target): void {
  const landing = g.landings.get(target)!;
  if (g.emit.reachable) landing.facts = alsoKnown(landing, g.facts);
  g.emit.place(landing.label);
  g.facts = landing.facts ?? g.facts;
  g.landings.delete(target);
}

/** Labels outside a block that `goto`s in it lead to. */
function leavingGotos(block: Block): Set<Target> {
  const leaving = new Set<Target>();
  for (const statement of block) {
    if (statement.kind === 'goto') leaving.add(statement.target);
    for (const inner of partsOf(statement).blocks) for (const target of leavingGotos(inner)) leaving.add(target);
  }
  for (const statement of block) if (statement.kind === 'label') leaving.delete(statement.target);
  return leaving;
}
