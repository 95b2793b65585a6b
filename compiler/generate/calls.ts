/**
 * Calls: arguments into the callee's window, results out of AA and its inputs; or the body itself, where that is
 * shorter. Nothing lives in A..H, X, Y or V across a call, and the windows of caller and callee overlap from the shift on.
 */
import { SIZE } from '../../vm/isa/instructions.ts';
import { AA, R0, windowSize } from '../../vm/isa/registers.ts';
import type { Expression, Instance, Local, Values } from '../check/tree.ts';
import { nil, type Type } from '../check/types.ts';
import { own, owned, stored, unowned, value } from './expressions.ts';
import { common } from './facts.ts';
import type { Generator, Returning } from './generator.ts';
import { found, foundIn, isSearch } from './locate.ts';
import { laidOut, type Operand, type Place, placesOf, shapeOf, wordsOf } from './operand.ts';
import { block } from './statements.ts';
import type { HostImport } from './unit.ts';

type CallNode = Expression & { readonly kind: 'call' };

export const nilOperand: Operand = { kind: 'constant', value: null, type: nil };

/** Words that results take beyond the first, which is in AA. */
export const resultWords = (results: readonly Type[]): number =>
  Math.max(0, results.reduce((sum, type) => sum + wordsOf(type), 0) - 1);

/** The parameters that are passed. */
const passed = ({ parameters }: Instance): Local[] => parameters.filter(({ used }) => used === true);

export const parameterWords = (instance: Instance): number =>
  passed(instance).reduce((sum, { storage }) => sum + wordsOf(storage), 0);

/** Says where the parameters are when a function begins. */
export function bindParameters(g: Generator, instance: Instance): void {
  let next = R0;
  const place = (): Place => {
    const register = next++;
    if (!g.registers.isFrugal) return { kind: 'register', register, owned: false };
    const word = g.registers.word();
    g.emit.op('st.mem', SIZE.DW, { reg: register, k: word });
    g.registers.release({ kind: 'register', register, owned: true });
    return { kind: 'memory', word, owned: false };
  };
  for (const local of passed(instance)) {
    g.locals.set(local, laidOut(local.storage, place));
  }
}

/**
 * All values of a list before any is used; with more than one, none is a variable's own register, unless variables
 * `stay` what they are until all are used.
 */
export function evaluateList(g: Generator, { nodes, expand }: Values, stay = false): Operand[] {
  if (nodes.length === 1 && expand === 1) return [value(g, nodes[0]!)];
  const last = nodes.at(-1);
  const alone = last?.kind === 'call' && expand !== 1 ? nodes.slice(0, -1) : nodes;
  const operands = alone.map((node) => {
    const operand = value(g, node);
    // Of these only what is known is not sure to stay.
    return g.park(stay && !g.kept.pinOperand(operand) ? operand : own(g, operand));
  });
  if (last === undefined || alone === nodes) return operands;
  const results = call(g, last as CallNode);
  for (const extra of results.slice(expand)) g.release(extra);
  return [...operands, ...results.slice(0, expand)];
}

/** A call's results, in temporaries: one may be in AA, which lasts until others are computed (`park`). */
export function call(g: Generator, node: CallNode): Operand[] {
  const { instance } = node;
  if (isSearch(instance)) return [...foundBy(g, node)];
  // A single argument may be a variable's own register: nothing assigns it before the body runs.
  const operands = evaluateList(g, node.operands);
  const results = g.unit.inlining.isInlined(instance)
    ? inlined(g, instance, node.operands.nodes, operands)
    : called(g, instance, operands);
  if (instance.effects.writesPacket) g.forgetPacket();
  return results;
}

/** What a module's function finds in the packet that it is called with. */
function foundBy(g: Generator, { instance, operands: { nodes } }: CallNode): readonly Operand[] {
  const [node] = nodes;
  if (node === undefined) return found(g, instance);
  const packet = g.park(value(g, node));
  const results = foundIn(g, instance, packet, g.terms.of(node));
  g.release(packet);
  return results;
}

/** The words of an operand as a variable of a type has them; what is made for them are temporaries. */
function wordsIn(g: Generator, type: Type, operand: Operand): (bigint | Place)[] {
  const isPlain = shapeOf(type) === 'plain';
  if (isPlain && operand.kind === 'constant') return g.wordsFor(operand);
  const isLaidOut = operand.kind === shapeOf(type) && placesOf(operand).length === wordsOf(type);
  return placesOf(isLaidOut ? operand : stored(g, operand, type));
}

const release = (g: Generator, words: readonly (bigint | Place)[]): void => {
  for (const word of words) if (typeof word !== 'bigint' && word.owned) g.registers.release(word);
};

/** Puts words into registers, whatever order that takes: a word may stand where another is to go. */
export function moveAll(g: Generator, targets: readonly number[], words: readonly (bigint | Place)[]): void {
  const rest: [number, bigint | Place][] = [];
  let moves: [number, number][] = [];
  for (const [i, word] of words.entries()) {
    const to = targets[i]!;
    if (typeof word === 'bigint' || word.kind === 'memory') rest.push([to, word]);
    else if (word.register !== to) moves.push([to, word.register]);
  }
  while (moves.length > 0) {
    const free = moves.findIndex(([to]) => !moves.some(([, from]) => from === to));
    if (free >= 0) {
      const [[to, from]] = moves.splice(free, 1) as [[number, number]];
      g.move(to, from, true);
      continue;
    }
    // Only circles are left. No register is sure to be free: any may be the target of a move that has been made.
    const [to, from] = moves.pop()!;
    for (const [d, other] of [
      [to, from],
      [from, to],
      [to, from],
    ] as const)
      g.alu('xor', d, d, other, true);
    moves = moves.map(([t, f]): [number, number] => [t, f === to ? from : f]).filter(([t, f]) => t !== f);
  }
  for (const [to, word] of rest) {
    if (typeof word === 'bigint') g.constant(to, word);
    else g.emit.op('ld.mem', SIZE.DW, { reg: to, k: word.kind === 'memory' ? word.word : 0 });
  }
}

function called(g: Generator, instance: Instance, operands: readonly Operand[]): Operand[] {
  const { inputs } = g.unit.compiled.get(instance)!;
  const { parameters } = instance;
  const words = parameters.flatMap((local, i) => {
    const operand = operands[i] ?? nilOperand;
    if (local.used === true) return wordsIn(g, local.storage, operand);
    g.release(operand);
    return [];
  });
  for (const extra of operands.slice(parameters.length)) g.release(extra);
  let results: Operand[] = [];
  inWindow(g, words, inputs, (shift) => {
    g.emit.op('call', 0, { high: shift }, { kind: 'call', instance, depth: g.region.depth });
    results = resultsIn(g, instance.results, R0 + shift);
  });
  return results;
}

/**
 * Puts words where a called function finds them, at the lowest registers above those that must live on, and runs
 * `emit` with the shift; what it puts into `results` stays there. Where there is no room for so many registers, what
 * lives there is kept in M[] meanwhile.
 */
function inWindow(
  g: Generator,
  words: readonly (bigint | Place)[],
  size: number,
  emit: (shift: number) => void,
  results: readonly number[] = [],
): void {
  const temporaries = words.flatMap((word) =>
    typeof word !== 'bigint' && word.kind === 'register' && word.owned ? [word.register] : [],
  );
  const live = g.registers.taken().filter((register) => ![...temporaries, ...results].includes(register));
  const shift = Math.min(Math.max(R0 - 1, ...live) + 1 - R0, windowSize - size);
  const first = R0 + shift;
  const saved = live
    .filter((register) => register >= first)
    .map((register) => ({ register, word: g.registers.word() }));
  for (const { register, word } of saved) g.emit.op('st.mem', SIZE.DW, { reg: register, k: word });
  moveAll(
    g,
    words.map((_, i) => first + i),
    words,
  );
  release(g, words);
  g.registers.windowed = Math.max(g.registers.windowed, shift + size);
  emit(shift);
  for (const { register, word } of saved) {
    g.emit.op('ld.mem', SIZE.DW, { reg: register, k: word });
    g.registers.release({ kind: 'memory', word, owned: true });
  }
}

/** Where a host function's answer goes. */
export interface HostResult {
  readonly registers: readonly number[];
  /** Puts it there, out of AA; it is given the register that is 0 where there is none. */
  readonly take: (isThere: number) => void;
}

/** Calls a function of the host. */
export function callHost(
  g: Generator,
  wanted: HostImport,
  words: readonly (bigint | Place)[],
  result?: HostResult,
): void {
  const number = g.unit.import(wanted);
  const size = Math.max(words.length, 1);
  const emit = (shift: number): void => {
    g.emit.op('host', 0, { high: shift, k: number });
    result?.take(R0 + shift);
  };
  inWindow(g, words, size, emit, result?.registers);
}

/** The results of a call: the first word in AA, the others from `first` on, moved to where nothing else will come. */
function resultsIn(g: Generator, types: readonly Type[], first: number): Operand[] {
  const count = types.length === 0 ? 0 : resultWords(types);
  const taken = new Set(g.registers.taken());
  const others = Array.from({ length: count }, (_, i) => first + i);
  g.registers.claim(others.filter((register) => !taken.has(register)));
  let next = -1;
  const word = (): Place => {
    const from = next < 0 ? AA : others[next]!;
    next++;
    if (from === AA || !taken.has(from)) return { kind: 'register', register: from, owned: true };
    const to = g.take();
    g.move(to.register, from, true);
    return to;
  };
  return types.map((type) => laidOut(type, word));
}

/** Leaves the function with its results: the first word in AA, the others where the parameters were. */
export function leaveFunction(g: Generator, types: readonly Type[], operands: readonly Operand[]): void {
  const words = types.flatMap((type, i) => wordsIn(g, type, operands[i] ?? nilOperand));
  for (const extra of operands.slice(types.length)) g.release(extra);
  moveAll(g, [AA, ...Array.from({ length: words.length }, (_, i) => R0 + i)], words);
  release(g, words);
  g.region.leave();
}

/** The one value that a body consists of, where it is no more than `return x`. */
export function soleValue({ body, results }: Instance): Expression | undefined {
  const [statement, ...more] = body;
  if (statement?.kind !== 'return' || more.length > 0 || results.length !== 1) return undefined;
  const [node, ...others] = statement.values.nodes;
  return others.length === 0 && statement.values.expand === 1 ? node : undefined;
}

/** Walks over a called function's body here, its parameters being these operands, which are the values of `nodes`. */
export function within<T>(
  g: Generator,
  instance: Instance,
  nodes: readonly Expression[],
  given: readonly Operand[],
  walk: () => T,
): T {
  const operands = given.map((operand) => g.park(operand));
  const { span, file } = g.emit;
  const terms = g.terms.ofAll(nodes);
  for (const [i, local] of instance.parameters.entries()) {
    if (local.used !== true) continue;
    const operand = operands[i] ?? nilOperand;
    g.kept.pinOperand(operand);
    // An argument that the body does not assign stays where it is.
    const bound = unowned(local.assigned ? stored(g, operand, local.storage) : operand);
    g.bind(local, bound, terms[i]);
  }
  let result: T;
  if (instance.findsHeaders) result = g.emit.still(walk);
  else {
    g.emit.at(instance.span, instance.file);
    result = walk();
    g.emit.at(span, file);
  }
  for (const [i, local] of instance.parameters.entries()) {
    const bound = g.locals.get(local);
    if (local.used === true && local.assigned && bound !== undefined) g.freeStorage(bound);
    else if (operands[i] !== undefined) g.release(operands[i]);
  }
  for (const extra of operands.slice(instance.parameters.length)) g.release(extra);
  return result;
}

/** The results of a function whose body is written here. */
export function inlined(
  g: Generator,
  instance: Instance,
  nodes: readonly Expression[],
  operands: readonly Operand[],
): Operand[] {
  const sole = soleValue(instance);
  if (sole !== undefined) return within(g, instance, nodes, operands, () => [own(g, value(g, sole))]);
  const results = instance.results.map((type) => g.storage(type));
  const { returning: outer, facts } = g;
  const returning: Returning = { kind: 'inline', results, done: g.emit.label(), facts: undefined, outer };
  g.returning = returning;
  inlinedBody(g, instance, nodes, operands, returning);
  g.emit.place(returning.done);
  g.returning = outer;
  g.facts = returning.facts ?? facts;
  g.forget();
  return results.map(owned);
}

function inlinedBody(
  g: Generator,
  instance: Instance,
  nodes: readonly Expression[],
  operands: readonly Operand[],
  returning: Returning & { kind: 'inline' },
): void {
  within(g, instance, nodes, operands, () => {
    block(g, instance.body);
    returnInline(g, returning, []);
  });
}

/** `return f(…)` where both are inlined: what one gives is stored as what the other gives. Whether it is that. */
export function tailInlined(
  g: Generator,
  { nodes, expand }: Values,
  returning: Returning & { kind: 'inline' },
): boolean {
  const [node, ...more] = nodes;
  if (node?.kind !== 'call' || more.length > 0) return false;
  const { instance } = node;
  if (!g.unit.inlining.isInlined(instance) || isSearch(instance) || soleValue(instance) !== undefined) return false;
  if (instance.results.length !== expand || instance.effects.writesPacket) return false;
  inlinedBody(g, instance, node.operands.nodes, evaluateList(g, node.operands), returning);
  return true;
}

/** Goes on behind an inlined body with its results. */
export function returnInline(
  g: Generator,
  returning: Returning & { kind: 'inline' },
  operands: readonly Operand[],
): void {
  const { results, done } = returning;
  for (const [i, result] of results.entries()) g.store(result, operands[i] ?? nilOperand);
  for (const extra of operands.slice(results.length)) g.release(extra);
  if (!g.emit.reachable) return;
  returning.facts = returning.facts === undefined ? g.facts : common(returning.facts, g.facts);
  g.emit.jump(done);
}
