/** Statements, in source order; verdicts; and what lives how long. */
import type { Block, Expression, Local, Statement } from '../check/tree.ts';
import { has, INTEGER, isU32 } from '../check/types.ts';
import { branch } from './conditions.ts';
import { unowned, value } from './expressions.ts';
import { common, type Facts } from './facts.ts';
import type { Generator } from './generator.ts';
import { isCoded, type Operand, shapeOf, TRUE_CODE } from './operand.ts';

export function block(g: Generator, statements: Block): void {
  const locals: Local[] = [];
  for (const node of statements) {
    if (!g.emit.reachable) break;
    const before = g.emit.at(node.span);
    if (node.kind === 'local') locals.push(...node.locals);
    statement(g, node);
    g.emit.at(before);
    g.forget();
  }
  for (const local of locals) {
    const storage = g.locals.get(local);
    if (storage !== undefined) g.freeStorage(storage);
  }
}

function statement(g: Generator, node: Statement): void {
  switch (node.kind) {
    case 'local':
      return declareLocals(g, node);
    case 'assign':
      return assign(g, node);
    case 'if':
      return ifStatement(g, node);
    case 'do':
      return block(g, node.body);
    case 'return':
      return returnStatement(g, node.values);
  }
}

function declareLocals(g: Generator, node: Statement & { kind: 'local' }): void {
  const operands = evaluate(g, node.values);
  for (const [i, local] of node.locals.entries()) {
    const storage = adopt(g, local, operands[i]!);
    g.locals.set(local, storage);
  }
  for (const extra of operands.slice(node.locals.length)) g.release(extra);
}

/** A temporary that is just what the local needs becomes its storage. */
function adopt(g: Generator, local: Local, operand: Operand): Operand {
  const { storage: type } = local;
  if (operand.kind === 'plain' && operand.at.owned && operand.at.kind === 'register' && g.roomy) {
    const storage: Operand = { kind: 'plain', at: { ...operand.at, owned: false }, type };
    if (shapeOf(type) === 'plain') return storage;
  }
  const storage = g.storage(type);
  g.store(storage, operand);
  return storage;
}

/** All values before any store. With more than one, none may be a variable's own register. */
function evaluate(g: Generator, nodes: readonly Expression[]): Operand[] {
  if (nodes.length === 1) return [value(g, nodes[0]!)];
  return nodes.map((node) => {
    const operand = value(g, node);
    if (operand.kind === 'constant' || operand.at.owned) return operand;
    const copy = g.storage(operand.type);
    g.store(copy, operand);
    return own(copy);
  });
}

function own(storage: Operand): Operand {
  if (storage.kind === 'constant') return storage;
  const at = { ...storage.at, owned: true };
  return storage.kind === 'pair' ? { ...storage, at, tag: { ...storage.tag, owned: true } } : { ...storage, at };
}

function assign(g: Generator, node: Statement & { kind: 'assign' }): void {
  const operands = evaluate(g, node.values);
  for (const extra of operands.slice(node.locals.length)) g.release(extra);
  for (const [i, local] of [...node.locals.entries()].reverse()) g.store(g.locals.get(local)!, operands[i]!);
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
      g.holding([facts.no], () => block(g, body));
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

function returnStatement(g: Generator, values: readonly Expression[]): void {
  const [first, ...more] = values;
  if (first === undefined) return g.emit.jump(g.reject);
  if (more.length === 0) return verdict(g, first);
  // Only the first counts, but all are evaluated.
  const operand = value(g, first);
  for (const node of more) g.release(value(g, node));
  verdictOf(g, operand);
}

/** Ends the run with what an expression's value means as a verdict. */
function verdict(g: Generator, node: Expression): void {
  switch (node.kind) {
    case 'and': {
      const next = g.emit.label();
      const facts = branch(g, node.left, next, g.reject);
      g.emit.place(next);
      g.facts = facts.yes;
      return verdict(g, node.right);
    }
    case 'or':
      if (!has(node.left.type, INTEGER)) {
        const next = g.emit.label();
        const facts = branch(g, node.left, g.accept, next);
        g.emit.place(next);
        g.facts = facts.no;
        return verdict(g, node.right);
      }
      return verdictOf(g, value(g, node));
    case 'lookup':
    case 'less':
    case 'equal':
    case 'not':
    case 'field':
      if (!has(node.type, INTEGER)) {
        branch(g, node, g.accept, g.reject);
        return;
      }
      return verdictOf(g, value(g, node));
    default:
      return verdictOf(g, value(g, node));
  }
}

function verdictOf(g: Generator, operand: Operand): void {
  if (operand.kind === 'constant') {
    const { value: constant } = operand;
    const bytes = typeof constant === 'bigint' ? constant : constant === true ? 0xffffffffn : 0n;
    if (bytes <= 0n) return g.emit.jump(g.reject);
    if (bytes >= 0xffffffffn) return g.emit.jump(g.accept);
    return g.exit(Number(bytes));
  }
  if (!has(operand.type, INTEGER)) return g.branchTruth(operand, g.accept, g.reject);
  if (isCoded(operand.type) || operand.kind === 'pair') {
    // Headers and true accept the whole packet, integers say how much of it.
    const other = g.emit.label();
    const integer = g.emit.label();
    payloadOrOther(g, operand, integer, other);
    g.emit.place(other);
    g.branchTruth(unowned(operand), g.accept, g.reject);
    g.emit.place(integer);
  }
  const at = g.inRegister(operand.at);
  if (!isU32(operand.type)) {
    const positive = g.emit.label();
    const small = g.emit.label();
    g.compare('jsgt', at.register, 0n, true, positive, g.reject);
    g.emit.place(positive);
    g.compare('jgt', at.register, 0xffffffffn, true, g.accept, small);
    g.emit.place(small);
  }
  g.exitRegister(at.register);
  g.release({ ...operand, at });
}

function payloadOrOther(
  g: Generator,
  operand: Operand & { kind: 'plain' | 'pair' },
  integer: ReturnType<Generator['emit']['label']>,
  other: ReturnType<Generator['emit']['label']>,
): void {
  if (operand.kind === 'plain') return g.branchCoded(operand.at, TRUE_CODE, other, integer);
  const tag = g.inRegister({ ...operand.tag, owned: false });
  g.compare('jeq', tag.register, 0n, false, integer, other);
  if (tag.owned) g.registers.release(tag);
}
