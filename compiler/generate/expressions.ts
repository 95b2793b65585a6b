/** Expressions as values: one function a kind of node, each giving an operand as late as it can. */
import { SRC_X, XF } from '../../vm/isa/instructions.ts';
import { AA, X } from '../../vm/isa/registers.ts';
import { describe, type Expression } from '../check/tree.ts';
import {
  BOOLEAN,
  FALSY,
  HEADER,
  has,
  INTEGER,
  integer,
  isOnly,
  isU32,
  NIL,
  only,
  PAYLOAD,
  type Type,
  typeName,
  without,
} from '../check/types.ts';
import { type FieldRow, type HeaderName, headers } from '../protocols/table.ts';
import { arithmetic, complement, mathValue, negate } from './arithmetic.ts';
import { call, callHost, nilOperand } from './calls.ts';
import { branch, lookupTree } from './conditions.ts';
import { assertion, print, raise, store } from './effects.ts';
import { common } from './facts.ts';
import { type Generator, low } from './generator.ts';
import { lengthOf, locate } from './locate.ts';
import { headerTag, type Operand, type Place, shapeOf } from './operand.ts';
import { stateOperation } from './state.ts';
import { find, sizeOf, sliceOf } from './text.ts';

export type Register = Place & { kind: 'register' };

export function value(g: Generator, node: Expression): Operand {
  const before = g.emit.at(node.span);
  const operand = dispatch(g, node);
  g.emit.at(before);
  return operand;
}

function dispatch(g: Generator, node: Expression): Operand {
  switch (node.kind) {
    case 'constant':
      return { kind: 'constant', value: node.value, type: node.type };
    case 'local':
      // What can only be nil has no place.
      if (isOnly(node.type, NIL)) return { kind: 'constant', value: null, type: node.type };
      return g.read(g.locals.get(node.local)!, node.type);
    case 'length':
      return { kind: 'plain', at: lengthOf(g, node.of), type: node.type };
    case 'time': {
      const at = g.take();
      callHost(g, { name: 'packet.time' }, [], {
        registers: [at.register],
        take: () => g.move(at.register, AA, true),
      });
      return { kind: 'plain', at, type: node.type };
    }
    case 'state':
      return stateOperation(g, node);
    case 'load':
      return load(g, node);
    case 'header':
      return { kind: 'plain', at: locate(g, node.name), type: node.type };
    case 'field':
      if (node.rows[0]!.type === 'boolean') return condition(g, node);
      return perKind(g, node.header, node.name, node.type, allAlike(node.rows.map(reading)), (base, kind) => ({
        kind: 'plain',
        at: field(g, base, node.rows[kind]!),
        type: node.type,
      }));
    case 'place':
      return place(g, node);
    case 'arithmetic':
      return arithmetic(g, node);
    case 'negate':
      return negate(g, node);
    case 'complement':
      return complement(g, node);
    case 'math':
      return mathValue(g, node);
    case 'and':
    case 'or':
      // Where neither side has a value of its own, the jumps are the shorter way.
      return isOnly(node.type, BOOLEAN) ? condition(g, node) : logical(g, node);
    case 'lookup':
      return lookup(g, node);
    case 'less':
    case 'equal':
    case 'not':
    case 'starts':
      return condition(g, node);
    case 'call': {
      const [first = nilOperand, ...others] = call(g, node);
      for (const other of others) g.release(other);
      return first;
    }
    case 'assert':
      return assertion(g, node);
    case 'error':
      raise(g, node.message);
      return nilOperand;
    case 'store':
      store(g, node);
      return nilOperand;
    case 'print':
      print(g, node);
      return nilOperand;
    case 'bytes':
      return sliceOf(g, node);
    case 'size':
      return sizeOf(g, node);
    case 'find':
      return find(g, node);
  }
}

/** A condition whose value is wanted: true or false by the way control comes. */
function condition(g: Generator, node: Expression): Operand {
  const yes = g.emit.label();
  const no = g.emit.label();
  const done = g.emit.label();
  const facts = branch(g, node, yes, no);
  const result = g.storage(node.type);
  for (const [label, truth] of [
    [yes, true],
    [no, false],
  ] as const) {
    g.emit.place(label);
    g.store(result, { kind: 'constant', value: truth, type: node.type });
    g.emit.jump(done);
  }
  g.emit.place(done);
  g.facts = common(facts.yes, facts.no);
  g.forget();
  return owned(result);
}

/** A storage as a temporary: who uses it frees it. */
export function owned(storage: Operand): Operand {
  if (storage.kind === 'constant') return storage;
  const at = { ...storage.at, owned: true };
  return storage.kind === 'pair' ? { ...storage, at, tag: { ...storage.tag, owned: true } } : { ...storage, at };
}

/** `a and b`, `a or b` where the operands' own values are wanted. */
function logical(g: Generator, node: Expression & { kind: 'and' | 'or' }): Operand {
  const other = g.emit.label();
  const keep = g.emit.label();
  const done = g.emit.label();
  const left = value(g, node.left);
  const result = g.storage(node.type);
  // A value is kept as it is, so it is looked at before it is moved.
  g.branchTruth(unowned(left), node.kind === 'and' ? other : keep, node.kind === 'and' ? keep : other);
  const facts = g.facts;
  g.emit.place(keep);
  g.store(result, narrowed(g, left, node.kind === 'and' ? only(left.type, FALSY) : without(left.type, FALSY)));
  g.emit.jump(done);
  g.emit.place(other);
  g.store(result, value(g, node.right));
  g.emit.place(done);
  g.facts = facts;
  g.forget();
  return owned(result);
}

/** An operand that nothing else changes: a copy of what is a variable's own. */
export const own = (g: Generator, operand: Operand): Operand =>
  operand.kind === 'constant' || operand.at.owned ? operand : stored(g, operand, operand.type);

/** An operand as a temporary with the shape of a type. */
export function stored(g: Generator, operand: Operand, type: Type): Operand {
  if (operand.kind !== 'constant' && operand.at.owned && operand.kind === shapeOf(type)) return { ...operand, type };
  const copy = g.storage(type);
  g.store(copy, operand);
  return owned(copy);
}

/** The same operand, which its user may not free. */
export function unowned(operand: Operand): Operand {
  if (operand.kind === 'constant') return operand;
  const at = { ...operand.at, owned: false };
  return operand.kind === 'pair' ? { ...operand, at, tag: { ...operand.tag, owned: false } } : { ...operand, at };
}

/** An operand of which less is known to be possible. */
export function narrowed(g: Generator, operand: Operand, type: Type): Operand {
  if (operand.kind === 'constant') return operand;
  if (operand.kind === 'plain' || has(type, PAYLOAD)) return { ...operand, type };
  if (operand.at.owned) g.registers.release(operand.at);
  return { kind: 'plain', at: operand.tag, type };
}

/** A packet load. The constant part of its offset goes into k where the rest cannot be negative. */
function load(g: Generator, node: Expression & { kind: 'load' }): Operand {
  const { offset, size, signed, little } = node;
  const how = { size, signed, little };
  if (offset.kind === 'constant') {
    const to = g.take();
    const at = offset.value as bigint;
    // An offset that no packet has is read where none has a byte.
    g.load(to.register, how, undefined, at >= 0n && at <= 0xffffffffn ? Number(at) : 0xffffffff);
    return { kind: 'plain', at: to, type: node.type };
  }
  const { index, k } = splitOffset(offset);
  const operand = integerOf(g, index, 'attempt to compare');
  const register = g.register(operand);
  const to = register.owned ? register : g.take();
  g.load(to.register, how, { register: register.register, wide: !isU32(operand.type) }, k);
  return { kind: 'plain', at: to, type: node.type };
}

function splitOffset(offset: Expression): { index: Expression; k: number } {
  if (offset.kind === 'arithmetic' && offset.operator === '+') {
    const { left, right } = offset;
    const [index, added] = right.kind === 'constant' ? [left, right] : [right, left];
    if (added.kind === 'constant' && isOnly(index.type, INTEGER) && index.type.low >= 0n) {
      const k = added.value as bigint;
      if (k >= 0n && k <= 0xffffffffn) return { index, k: Number(k) };
    }
  }
  return { index: offset, k: 0 };
}

/** A value that must be an integer, in one register or constant; else the run ends with Lua's message. */
export function integerOf(g: Generator, node: Expression, what: string): Operand {
  return asInteger(g, value(g, node), node, what);
}

/** An operand that must be an integer, which its node says what to call. */
export function asInteger(g: Generator, operand: Operand, node: Expression, what: string): Operand {
  if (isOnly(operand.type, INTEGER)) return operand;
  g.demand(operand, INTEGER, `${what} ${wrongKind(without(operand.type, INTEGER))}${describe(node)}`, node.span);
  return payloadOf(g, operand, INTEGER);
}

export const wrongKind = (type: Type): string => (isOnly(type, NIL) ? 'a nil value' : `what is ${typeName(type)}`);

/** What is left of an operand once it is known to have a payload of one kind. */
export function payloadOf(g: Generator, operand: Operand, atoms: number): Operand {
  if (operand.kind === 'constant') return { ...operand, value: 0n, type: constantZero };
  const type = without(operand.type, ~atoms);
  if (operand.kind === 'plain') return { ...operand, type };
  if (operand.tag.owned) g.registers.release(operand.tag);
  return { kind: 'plain', at: operand.at, type };
}
const constantZero = integer(0n, 0n);

/** Lua's message for a field of nil. */
export const indexMessage = (header: Expression, name: string): string =>
  `attempt to index a nil value${describe(header)}, for ${name}`;

/** Where a header starts, or what it carries does. */
function place(g: Generator, node: Expression & { kind: 'place' }): Operand {
  const kinds = node.header.type.headers;
  const alike = node.of === 'offset' || allAlike(kinds.map(payloadRule));
  return perKind(g, node.header, node.name, node.type, alike, (base, kind) => ({
    kind: 'plain',
    at: node.of === 'offset' ? base : payload(g, base, kinds[kind]!),
    type: node.type,
  }));
}

/** What distinguishes how two fields are read. */
const reading = ({ about: _, ...row }: FieldRow): string => JSON.stringify(row);
const allAlike = (texts: readonly string[]): boolean => new Set(texts).size <= 1;

/** What distinguishes how the payloads of two headers are found. */
function payloadRule(kind: HeaderName): string {
  const { payload: rule, fields } = headers[kind];
  if ('base' in rule) return String(rule.base);
  const row = fields[rule.field];
  return row === undefined || 'parts' in row ? kind : reading(row);
}

/**
 * What `read` gives of a header, which must be there: `read` gets the register with the header's offset, and which of
 * its kinds it is. Where it reads all kinds alike, they are not told apart.
 */
function perKind(
  g: Generator,
  node: Expression,
  name: string,
  type: Type,
  alike: boolean,
  read: (base: Register, kind: number) => Operand,
): Operand {
  const header = value(g, node);
  const { headers: kinds } = node.type;
  g.demand(header, HEADER, indexMessage(node, name), node.span);
  if (header.kind !== 'pair' || alike) {
    const base = g.register(header.kind === 'pair' ? { ...header, kind: 'plain' } : header);
    const result = read(base, 0);
    if (header.kind === 'pair' && header.tag.owned) g.registers.release(header.tag);
    if (base.owned && !isAt(result, base)) g.registers.release(base);
    return result;
  }
  const result = g.storage(type);
  const base = g.inRegister(header.at);
  const tag = g.inRegister(header.tag);
  const done = g.emit.label();
  for (const [i, kind] of kinds.entries()) {
    const is = g.emit.label();
    const next = g.emit.label();
    if (i < kinds.length - 1) g.compare('jeq', tag.register, BigInt(headerTag(kind)), false, is, next);
    else g.emit.jump(is);
    g.emit.place(is);
    g.store(result, read({ ...base, owned: false }, i));
    g.emit.jump(done);
    g.emit.place(next);
  }
  g.emit.place(done);
  for (const place of [base, tag]) if (place.owned) g.registers.release(place);
  return owned(result);
}

const isAt = (operand: Operand, place: Register): boolean =>
  operand.kind === 'plain' && operand.at.kind === 'register' && operand.at.register === place.register;

/** Loads a field whose header starts at `base`. */
function field(g: Generator, base: Register, row: FieldRow): Register {
  if (row.size === 1 && row.mask === 15 && row.scale === 4 && row.shift === undefined) {
    // The length of an IPv4 header has a load of its own.
    g.emit.op('ldx.mshx', 0, { jt: low(base.register), k: row.offset });
    const length = g.take();
    g.emit.op('mov', XF | SRC_X, { reg: low(length.register), jf: X });
    return length;
  }
  const to = g.take();
  const index = { register: base.register, wide: false };
  if (row.size === 6) {
    const rest = g.take();
    g.load(to.register, { size: 2 }, index, row.offset);
    g.load(rest.register, { size: 4 }, index, row.offset + 2);
    g.alu('lsh', to.register, to.register, 32n, true);
    g.alu('or', to.register, to.register, rest.register, true);
    g.registers.release(rest);
  } else g.load(to.register, { size: row.size }, index, row.offset);
  const bits = row.size * 8 - (row.shift ?? 0);
  if (row.shift !== undefined) g.alu('rsh', to.register, to.register, BigInt(row.shift), false);
  // A shift that leaves no more bits than the mask has makes the mask needless.
  if (row.mask !== undefined && row.mask < 2 ** bits - 1)
    g.alu('and', to.register, to.register, BigInt(row.mask), false);
  if (row.scale !== undefined) g.alu('lsh', to.register, to.register, BigInt(Math.log2(row.scale)), false);
  return to;
}

function payload(g: Generator, base: Register, kind: HeaderName): Register {
  const rule = headers[kind].payload;
  if ('base' in rule) {
    const to = g.take();
    g.alu('add', to.register, base.register, BigInt(rule.base), false);
    return to;
  }
  const row = headers[kind].fields[rule.field];
  if (row === undefined || 'parts' in row) throw new TypeError(`${kind}.${rule.field} is no field`);
  const to = field(g, base, row);
  g.alu('add', to.register, to.register, base.register, false);
  return to;
}

/** `t[key]` where the entry's value is wanted. */
function lookup(g: Generator, node: Expression & { kind: 'lookup' }): Operand {
  const done = g.emit.label();
  const key = value(g, node.key);
  const result = g.storage(node.type);
  const leaves = lookupTree(g, node.table, key);
  g.release(key);
  for (const [entry, label] of leaves) {
    g.emit.place(label);
    g.store(result, { kind: 'constant', value: entry, type: node.type });
    g.emit.jump(done);
  }
  g.emit.place(done);
  return owned(result);
}
