/** Statements, in source order; verdicts; and what lives how long. */
import { AA } from '../../vm/isa/registers.ts';
import type { Assigned, Block, Expression, Local, Statement, Values } from '../check/tree.ts';
import { has, INTEGER, isU32 } from '../check/types.ts';
import { evaluateList, leaveFunction, nilOperand, returnInline, tailInlined } from './calls.ts';
import { branch } from './conditions.ts';
import { own, unowned, value } from './expressions.ts';
import { common, type Facts } from './facts.ts';
import type { Generator } from './generator.ts';
import { lastUses } from './liveness.ts';
import { breakLoop, countedLoop, eachLoop, go, land, openLandings, repeatLoop, whileLoop } from './loops.ts';
import { isCoded, type Operand, type Place, placesOf, shapeOf } from './operand.ts';
import { entryKey, setEntry, stateOperation } from './state.ts';

export function block(g: Generator, statements: Block): void {
  const ends = lastUses(statements);
  const locals = writeStatements(g, statements, (i) => {
    for (const local of ends.get(i) ?? []) freeLocal(g, local);
  });
  for (const local of locals) freeLocal(g, local);
}

/** The statements of a block whose locals stay, for a condition that sees them; gives these locals. */
export function writeStatements(g: Generator, statements: Block, behind?: (i: number) => void): Local[] {
  const locals: Local[] = [];
  openLandings(g, statements);
  for (const [i, node] of statements.entries()) {
    if (!g.emit.reachable && node.kind !== 'label') continue;
    const before = g.emit.at(node.span);
    if (node.kind === 'local') locals.push(...node.locals);
    statement(g, node);
    g.emit.at(before);
    behind?.(i);
    g.forget();
  }
  return locals;
}

export function freeLocal(g: Generator, local: Local): void {
  const storage = g.locals.get(local);
  if (storage !== undefined && !g.kept.giveBack(local)) g.freeStorage(storage);
  g.locals.delete(local);
}

function statement(g: Generator, node: Statement): void {
  switch (node.kind) {
    case 'local':
      return declareLocals(g, node.locals, node.values);
    case 'assign':
      return assign(g, node.targets, node.values);
    case 'if':
      return ifStatement(g, node);
    case 'do':
      return block(g, node.body);
    case 'return':
      return returnStatement(g, node.values);
    case 'call':
      return g.release(node.call.kind === 'state' ? stateOperation(g, node.call, false) : value(g, node.call));
    case 'while':
      return whileLoop(g, node);
    case 'repeat':
      return repeatLoop(g, node);
    case 'for':
      return countedLoop(g, node);
    case 'each':
      return eachLoop(g, node);
    case 'break':
      return breakLoop(g);
    case 'goto':
      return go(g, node.target);
    case 'label':
      return land(g, node.target);
  }
}

function declareLocals(g: Generator, locals: readonly Local[], values: Values): void {
  const operands = evaluateList(g, values);
  const terms = g.terms.ofAll(values.nodes);
  for (const [i, local] of locals.entries()) {
    const operand = operands[i] ?? nilOperand;
    if (local.used === true) g.bind(local, adopt(g, local, operand), isLasting(values.nodes[i]) ? terms[i] : undefined);
    else g.release(operand);
  }
  for (const extra of operands.slice(locals.length)) g.release(extra);
}

/** Whether a local that is never assigned is for good what such an expression gives. */
const isLasting = (node: Expression | undefined): boolean =>
  node?.kind === 'header' || (node?.kind === 'local' && node.local.assigned !== true);

/** What is kept anyway, or a temporary that is just what the local needs, becomes its storage. */
function adopt(g: Generator, local: Local, operand: Operand): Operand {
  const { storage: type } = local;
  if (operand.kind === 'plain' && shapeOf(type) === 'plain' && local.assigned !== true && g.kept.lend(local, operand))
    return { ...operand, type };
  const isOwnRegister = (place: Place): boolean =>
    place.owned && place.kind === 'register' && place.register !== AA && g.registers.roomy;
  if (operand.kind === 'plain' && shapeOf(type) === 'plain' && placesOf(operand).every(isOwnRegister))
    return { ...unowned(operand), type };
  const storage = g.storage(type);
  g.store(storage, operand);
  return storage;
}

/** Keys first, left to right, then the values; stores go right to left, and find what is wrong with a key or value. */
function assign(g: Generator, targets: readonly Assigned[], values: Values): void {
  const keys = targets.map((target) => {
    if (target.kind === 'local') return undefined;
    const key = g.park(value(g, target.key));
    // A store to the left of it may change the local that a key is.
    return targets.length > 1 ? own(g, key) : key;
  });
  const given = evaluateList(g, values);
  const operands = targets.length > 1 ? given.map((operand) => g.park(operand)) : given;
  for (const extra of operands.slice(targets.length)) g.release(extra);
  for (const [i, target] of [...targets.entries()].reverse()) {
    const operand = operands[i] ?? nilOperand;
    if (target.kind === 'entry')
      setEntry(g, target.object, [entryKey(g, target.object, 0, keys[i]!, target.key)], operand, target.span);
    else if (target.local.used === true) g.store(g.locals.get(target.local)!, operand);
    else g.release(operand);
    if (target.kind === 'local') g.changed(new Set([target.local]));
  }
}

function ifStatement(g: Generator, node: Statement & { kind: 'if' }): void {
  const done = g.emit.label();
  /**
   * What is known at the end of every branch that gets there. What one branch finds no later one knows, so all of it is
   * known before the others, too, and kept with what is known there.
   */
  let known: Facts | undefined;
  for (const { condition, body } of node.clauses) {
    const yes = g.emit.label();
    const no = g.emit.label();
    const facts = branch(g, condition, yes, no);
    g.emit.place(yes);
    if (g.emit.reachable) {
      g.facts = facts.yes;
      g.kept.holding([facts.no], () => block(g, body));
      if (g.emit.reachable) known = common(known ?? facts.no, g.facts);
      g.emit.jump(done);
    }
    g.emit.place(no);
    g.facts = facts.no;
  }
  const { otherwise } = node;
  if (otherwise !== undefined && g.emit.reachable) block(g, otherwise);
  if (g.emit.reachable) known = known === undefined ? g.facts : common(known, g.facts);
  g.emit.place(done);
  if (known !== undefined) g.facts = known;
}

function returnStatement(g: Generator, values: Values): void {
  const { returning } = g;
  if (returning.kind === 'inline') {
    if (!tailInlined(g, values, returning)) returnInline(g, returning, evaluateList(g, values, true));
    return;
  }
  if (returning.kind === 'function') return leaveFunction(g, returning.results, evaluateList(g, values, true));
  const { nodes } = values;
  const [only] = nodes;
  if (only === undefined) return g.emit.jump(g.region.reject);
  if (nodes.length === 1 && values.expand <= 1) return verdict(g, only);
  // Only the first counts, but all are evaluated.
  const [first = nilOperand, ...more] = evaluateList(g, values);
  for (const operand of more) g.release(operand);
  verdictOf(g, first);
}

/** Leaves a function by its end: what is wanted of it is nil. */
export function endFunction(g: Generator): void {
  if (g.returning.kind === 'function') leaveFunction(g, g.returning.results, []);
}

/** Ends the run with what an expression's value means as a verdict. */
function verdict(g: Generator, node: Expression): void {
  const { accept, reject } = g.region;
  switch (node.kind) {
    case 'and': {
      const next = g.emit.label();
      const facts = branch(g, node.left, next, reject);
      g.emit.place(next);
      g.facts = facts.yes;
      return verdict(g, node.right);
    }
    case 'or':
      if (!has(node.left.type, INTEGER)) {
        const next = g.emit.label();
        const facts = branch(g, node.left, accept, next);
        g.emit.place(next);
        g.facts = facts.no;
        return verdict(g, node.right);
      }
      return verdictOf(g, value(g, node));
    case 'lookup':
    case 'less':
    case 'equal':
    case 'not':
    case 'starts':
    case 'contains':
    case 'call':
    case 'field':
    case 'found':
      if (!has(node.type, INTEGER)) {
        branch(g, node, accept, reject);
        return;
      }
      return verdictOf(g, value(g, node));
    default:
      return verdictOf(g, value(g, node));
  }
}

function verdictOf(g: Generator, operand: Operand): void {
  const { accept, reject } = g.region;
  if (operand.kind === 'constant') {
    const { value: constant } = operand;
    const bytes = typeof constant === 'bigint' ? constant : constant === null || constant === false ? 0n : 0xffffffffn;
    if (bytes <= 0n) return g.emit.jump(reject);
    if (bytes >= 0xffffffffn) return g.emit.jump(accept);
    return g.region.exit(Number(bytes));
  }
  if (!has(operand.type, INTEGER)) return g.branchTruth(operand, accept, reject);
  if (isCoded(operand.type) || operand.kind === 'pair') {
    // Headers, strings and true accept the whole packet, integers say how much of it.
    const other = g.emit.label();
    const integer = g.emit.label();
    g.branchInteger(operand, integer, other);
    g.emit.place(other);
    g.branchTruth(unowned(operand), accept, reject);
    g.emit.place(integer);
  }
  const at = g.inRegister(operand.at);
  if (!isU32(operand.type)) {
    const positive = g.emit.label();
    const small = g.emit.label();
    g.compare('jsgt', at.register, 0n, true, positive, reject);
    g.emit.place(positive);
    g.compare('jgt', at.register, 0xffffffffn, true, accept, small);
    g.emit.place(small);
  }
  g.exitRegister(at.register);
  g.release({ ...operand, at });
}
