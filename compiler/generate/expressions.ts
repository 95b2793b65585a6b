/** Expressions as values: one function a kind of node, each giving an operand as late as it can. */
import { describe, type Expression } from '../check/tree.ts';
import {
  ADDRESS,
  BOOLEAN,
  FALSY,
  HEADER,
  has,
  headersOf,
  INTEGER,
  integer,
  isOnly,
  NIL,
  only,
  PAYLOAD,
  type Type,
  typeName,
  without,
} from '../check/types.ts';
import { arithmetic, complement, mathValue, negate } from './arithmetic.ts';
import { call, nilOperand } from './calls.ts';
import { branch, lookupTree } from './conditions.ts';
import { assertion, print, raise, store } from './effects.ts';
import { common } from './facts.ts';
import type { Generator } from './generator.ts';
import { addressAt, field, load, placeOf, type Start } from './loads.ts';
import { found } from './locate.ts';
import { headerTag, moved, type Operand, type Place, placesOf, shapeOf, wordsOf } from './operand.ts';
import { from, inner, inside, length, position, relative, time } from './packets.ts';
import { stateOperation } from './state.ts';
import { placedAlike, readAlike } from './terms.ts';
import { find, sizeOf, sliceOf } from './text.ts';

export type Register = Place & { kind: 'register' };

export function value(g: Generator, node: Expression): Operand {
  const before = g.emit.at(node.span);
  const operand = g.kept.waiting(() => dispatch(g, node));
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
      return length(g, node);
    case 'time':
      return time(g, node);
    case 'packet': {
      const at = g.take();
      g.constant(at.register, 0n);
      return { kind: 'plain', at, type: node.type };
    }
    case 'position':
      return position(g, node);
    case 'from':
      return from(g, node);
    case 'inside':
      return inside(g, node);
    case 'inner':
      return inner(g, node);
    case 'state':
      return stateOperation(g, node);
    case 'load':
      return load(g, node);
    case 'header':
      return { ...found(g, node.search)[0]!, type: node.type };
    case 'field':
      if (node.rows[0]!.type === 'boolean') return condition(g, node);
      return perKind(g, node.header, node.name, node.type, readAlike(node.rows), (start, kind) => {
        const row = node.rows[kind]!;
        if (row.size === 16) return { kind: 'plain', ...addressAt(g, start, row.offset), type: node.type };
        return { kind: 'plain', at: field(g, start, row), type: node.type };
      });
    case 'found':
      demandHeader(g, node);
      return value(g, node.call);
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
    case 'contains':
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
export const owned = (storage: Operand): Operand => moved(storage, (place) => ({ ...place, owned: true }));

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
  // A call on the right may have stored to the packet.
  g.facts = common(facts, g.facts);
  g.forget();
  return owned(result);
}

/** An operand that nothing else changes: a copy of what is a variable's own. */
export const own = (g: Generator, operand: Operand): Operand =>
  g.kept.pinOperand(operand) ? operand : stored(g, operand, operand.type);

/** An operand as a temporary with the shape of a type. */
export function stored(g: Generator, operand: Operand, type: Type): Operand {
  if (operand.kind === shapeOf(type) && isOwn(operand) && placesOf(operand).length === wordsOf(type))
    return { ...operand, type };
  const copy = g.storage(type);
  g.store(copy, operand);
  return owned(copy);
}

/** The same operand, which its user may not free. */
export const unowned = <T extends Operand>(operand: T): T => moved(operand, (place) => ({ ...place, owned: false }));

const isOwn = (operand: Operand): boolean => placesOf(operand).every((place) => place.owned);

/** An operand of which less is known to be possible. */
export function narrowed(g: Generator, operand: Operand, type: Type): Operand {
  if (operand.kind === 'constant') return operand;
  if (operand.kind === 'plain' || has(type, PAYLOAD)) return { ...operand, type };
  const { tag, ...value } = operand;
  g.release({ ...value, kind: 'plain' });
  return { kind: 'plain', at: tag, type };
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
  const { at, low } = operand;
  const others = [...(operand.kind === 'pair' ? [operand.tag] : []), ...(low === undefined ? [] : [low])];
  const isAddress = has(type, ADDRESS) && low !== undefined;
  for (const place of others) if (place.owned && !(isAddress && place === low)) g.registers.release(place);
  return isAddress ? { kind: 'plain', at, low, type } : { kind: 'plain', at, type };
}
const constantZero = integer(0n, 0n);

/** Lua's message for a field of nil. */
export const indexMessage = (header: Expression, name: string): string =>
  `attempt to index a nil value${describe(header)}, for ${name}`;

/** Ends the run where there is no header in which a module could find something. */
export function demandHeader(g: Generator, { header, name, span }: Expression & { kind: 'found' }): void {
  const operand = value(g, header);
  g.demand(operand, HEADER, indexMessage(header, name), span);
  g.release(operand);
}

/** Where a header starts, where what it carries does, or how long that is. */
function place(g: Generator, node: Expression & { kind: 'place' }): Operand {
  const kinds = headersOf(node.header.type);
  const alike = placedAlike(kinds, node.of);
  return perKind(g, node.header, node.name, node.type, alike, (start, kind) => {
    const at = placeOf(g, start, kind, node);
    const isLength = node.of === 'payload_len';
    const to = isLength ? at : relative(g, at, start.at.register, node.header.type);
    return { kind: 'plain', at: to, type: node.type };
  });
}

/**
 * What `read` gives of a header, which must be there: `read` gets the header's offset, and which of its kinds it is.
 * Where it reads all kinds alike, they are not told apart.
 */
export function perKind(
  g: Generator,
  node: Expression,
  name: string,
  type: Type,
  alike: boolean,
  read: (start: Start, kind: number) => Operand,
): Operand {
  const header = value(g, node);
  const kinds = headersOf(node.type);
  g.demand(header, HEADER, indexMessage(node, name), node.span);
  if (header.kind !== 'pair' || alike) {
    const base = g.index(header.kind === 'pair' ? { ...header, kind: 'plain' } : header);
    const result = read({ at: base, term: g.terms.start(node) }, 0);
    if (header.kind === 'pair' && header.tag.owned) g.registers.release(header.tag);
    if (base.owned && !isAt(result, base)) g.registers.release(base);
    return result;
  }
  const result = g.storage(type);
  const base = g.inRegister(header.at);
  const tag = g.inRegister(header.tag);
  const start = { at: { ...base, owned: false }, term: g.terms.start(node) };
  const done = g.emit.label();
  // What is found out of one kind, and what is loaded of it, is not known where it is another.
  const { facts } = g;
  for (const [i, kind] of kinds.entries()) {
    const is = g.emit.label();
    const next = g.emit.label();
    if (i < kinds.length - 1) g.compare('jeq', tag.register, BigInt(headerTag(kind)), false, is, next);
    else g.emit.jump(is);
    g.emit.place(is);
    g.store(result, read(start, i));
    g.facts = facts;
    g.forget();
    g.emit.jump(done);
    g.emit.place(next);
  }
  g.emit.place(done);
  for (const place of [base, tag]) if (place.owned) g.registers.release(place);
  return owned(result);
}

const isAt = (operand: Operand, place: Register): boolean =>
  operand.kind === 'plain' && operand.at.kind === 'register' && operand.at.register === place.register;

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
