/**
 * What lives from packet to packet. Arrays and counters are segments of 64-bit integers; an index is compared before it
 * is scaled. Hashes are functions of the host: how they find and drop entries is its business.
 */
import { SIZE } from '../../vm/isa/instructions.ts';
import { AA, X } from '../../vm/isa/registers.ts';
import type { Expression, StateObject, StateOperation } from '../check/tree.ts';
import { ADDRESS, has, INTEGER, integer, isOnly, isU32, NIL, typeName, without } from '../check/types.ts';
import type { Span } from '../diagnostics.ts';
import { callHost, nilOperand } from './calls.ts';
import { asInteger, payloadOf, unowned, value } from './expressions.ts';
import type { Generator } from './generator.ts';
import { NIL_CODE, type Operand } from './operand.ts';
import { stateFunction } from './unit.ts';

type Node<Kind extends Expression['kind']> = Expression & { readonly kind: Kind };

/** The atomic that adds, by the `jt` of a store. */
const ATOMIC_ADD = 1;
const wrongKey = 'bad argument, a key must be an integer, not';

/** What an operation gives. Its result may be left unmade where it is not `wanted`. */
export function stateOperation(g: Generator, node: Node<'state'>, wanted = true): Operand {
  const { object, operation, keys, value: what, span } = node;
  const operands = keys.map((key) => g.park(value(g, key)));
  const given = what === undefined ? undefined : g.park(value(g, what));
  // What is wrong with any of them is found when all are there, as in a function that is called.
  const integers = keys.map((key, i) => entryKey(g, object, i, operands[i]!, key));
  if (operation === 'set') return setEntry(g, object, integers, given!, span);
  if (object.kind === 'hash') {
    const words = given === undefined ? integers : [...integers, valueIn(g, given, span)];
    return hashOperation(g, object, operation, words, node.type);
  }
  const cell = cellOf(g, object, integers[0], span);
  return operation === 'get' ? loadCell(g, cell) : addToCell(g, cell, valueIn(g, given!, span), wanted);
}

/** Stores a value; in a hash, nil deletes. Keys are integers. Releases all operands. */
export function setEntry(
  g: Generator,
  object: StateObject,
  keys: readonly Operand[],
  operand: Operand,
  span: Span,
): Operand {
  if (object.kind === 'hash') setInHash(g, object, keys, operand, span);
  else {
    const cell = cellOf(g, object, keys[0], span);
    const stored = g.register(valueIn(g, operand, span));
    access(g, 'st', cell, stored.register);
    if (stored.owned) g.registers.release(stored);
    g.release(cell.index);
  }
  return nilOperand;
}

/** A part of a key, which must be an integer or, where it is in all keys of a hash, an address. */
export function entryKey(g: Generator, object: StateObject, part: number, operand: Operand, key: Expression): Operand {
  if (object.isAddress[part] !== true) return asInteger(g, operand, key, wrongKey);
  if (isOnly(operand.type, ADDRESS)) return operand;
  const others = without(operand.type, ADDRESS);
  g.demand(operand, ADDRESS, `bad argument, a key must be an IPv6 address, not ${typeName(others)}`, key.span);
  return payloadOf(g, operand, ADDRESS);
}

/** A value that must be an integer. */
function valueIn(g: Generator, operand: Operand, span: Span): Operand {
  if (isOnly(operand.type, INTEGER)) return operand;
  const others = without(operand.type, INTEGER);
  g.demand(operand, INTEGER, `bad argument, a value must be an integer, not ${typeName(others)}`, span);
  return payloadOf(g, operand, INTEGER);
}

// Arrays and counters

/** A place in a segment; the index lies in it. */
interface Cell {
  readonly segment: number;
  readonly index: Operand;
}

function cellOf(g: Generator, object: StateObject, index: Operand | undefined, span: Span): Cell {
  const segment = g.unit.segment(object);
  if (index === undefined) return { segment, index: { kind: 'constant', value: 0n, type: integer(0n, 0n) } };
  const size = BigInt(object.size);
  // An argument of an inlined function may be a constant, of the type that its parameter has.
  const [low, high] =
    index.kind === 'constant' ? [index.value as bigint, index.value as bigint] : [index.type.low, index.type.high];
  if (low < 0n || high >= size) {
    const outside = g.cold(`index outside an array, which has 0 to ${size - 1n}`, span);
    const inside = g.emit.label();
    if (index.kind === 'constant') g.emit.jump(outside);
    else {
      const at = g.register(unowned(index));
      // A negative index is a huge one.
      g.compare('jge', at.register, size, !isU32(index.type), outside, inside);
      if (at.owned) g.registers.release(at);
    }
    g.emit.place(inside);
  }
  return { segment, index };
}

/** Loads or stores a register, or adds it to what is there. Releases nothing. */
function access(g: Generator, how: 'ld' | 'st', { segment, index }: Cell, register: number, atomic = 0): void {
  const fields = { reg: register, jf: segment, jt: atomic };
  if (index.kind === 'constant') {
    const k = Number(index.value) * 8;
    return g.emit.op(`${how}.seg.abs`, SIZE.DW, { ...fields, k: k >= 0 && k <= 0xffffffff ? k : 0xffffffff });
  }
  const at = g.register(unowned(index));
  g.alu('lsh', X, at.register, 3n, false);
  if (at.owned) g.registers.release(at);
  g.emit.op(`${how}.seg.ind`, SIZE.DW, fields);
}

function loadCell(g: Generator, cell: Cell): Operand {
  const to = g.take();
  access(g, 'ld', cell, to.register);
  g.release(cell.index);
  return { kind: 'plain', at: to, type: integer() };
}

function addToCell(g: Generator, cell: Cell, operand: Operand, wanted: boolean): Operand {
  const added = g.register(operand);
  access(g, 'st', cell, added.register, ATOMIC_ADD);
  if (added.owned) g.registers.release(added);
  if (wanted) return loadCell(g, cell);
  g.release(cell.index);
  return nilOperand;
}

// Hashes

function hashOperation(
  g: Generator,
  object: StateObject,
  operation: StateOperation,
  operands: readonly Operand[],
  type: Operand['type'],
): Operand {
  const wanted = stateFunction(object, operation);
  const words = operands.flatMap((operand) => g.wordsFor(operand));
  if (operation === 'delete' || operation === 'set') {
    callHost(g, wanted, words);
    return nilOperand;
  }
  const at = g.take();
  if (operation === 'add') {
    callHost(g, wanted, words, { registers: [at.register], take: () => g.move(at.register, AA, true) });
    return { kind: 'plain', at, type };
  }
  const tag = g.take();
  const take = (isThere: number): void => {
    // 1 less 1 is the tag of integers, 0 less 1 in 32 bits that of nil.
    g.alu('sub', tag.register, isThere, 1n, false);
    g.move(at.register, AA, true);
  };
  callHost(g, wanted, words, { registers: [at.register, tag.register], take });
  return { kind: 'pair', tag, at, type };
}

function setInHash(g: Generator, object: StateObject, keys: readonly Operand[], operand: Operand, span: Span): void {
  const { type } = operand;
  if (isOnly(type, NIL)) {
    hashOperation(g, object, 'delete', keys, type);
    return g.release(operand);
  }
  if (isOnly(type, INTEGER) || operand.kind === 'constant') {
    hashOperation(g, object, 'set', [...keys, valueIn(g, operand, span)], type);
    return;
  }
  const [isInteger, other, isNil, done] = [g.emit.label(), g.emit.label(), g.emit.label(), g.emit.label()];
  const again = keys.map(unowned);
  g.branchInteger(operand, isInteger, other);
  g.emit.place(isInteger);
  hashOperation(g, object, 'set', [...again, { kind: 'plain', at: { ...operand.at, owned: false }, type }], type);
  g.emit.jump(done);
  g.emit.place(other);
  const others = without(type, INTEGER | NIL);
  if (others.atoms === 0) g.emit.jump(isNil);
  else {
    const wrong = g.cold(`bad argument, a value must be an integer or nil, not ${typeName(others)}`, span);
    const code = g.inRegister({ ...(operand.kind === 'pair' ? operand.tag : operand.at), owned: false });
    if (has(type, NIL)) g.compare('jeq', code.register, BigInt(NIL_CODE), false, isNil, wrong);
    else g.emit.jump(wrong);
    if (code.owned) g.registers.release(code);
  }
  g.emit.place(isNil);
  hashOperation(g, object, 'delete', again, type);
  g.emit.place(done);
  for (const each of [...keys, operand]) g.release(each);
}
