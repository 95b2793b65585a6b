/** Expressions as conditions: jumps instead of values, and the search of constant tables. */
import { Address } from '../check/address.ts';
import { type ConstantTable, type ConstantValue, type Expression, entryOf, type TableKey } from '../check/tree.ts';
import {
  ADDRESS,
  FALSE,
  HEADER,
  has,
  headersOf,
  INTEGER,
  isOnly,
  isU32,
  NIL,
  SLICE,
  TEXT,
  TRUE,
  type Type,
} from '../check/types.ts';
import {
  addressRuns,
  contains,
  equalAddress,
  equalFields,
  equalHalves,
  ifAddress,
  searchAddresses,
} from './addresses.ts';
import { integersOf, isNarrowAnd, isPowerOfTwo } from './arithmetic.ts';
import { evaluateList, soleValue, within } from './calls.ts';
import type { Label } from './emitter.ts';
import { asInteger, demandHeader, indexMessage, unowned, value } from './expressions.ts';
import { common, type Facts } from './facts.ts';
import { type Generator, low } from './generator.ts';
import { jumpTable, type Run } from './jump-table.ts';
import { bytesOf } from './loads.ts';
import { ADDRESS_TAG, headerTag, INTEGER_TAG, isCoded, type Operand, TRUE_CODE } from './operand.ts';
import { equalText, equalTexts, starts } from './text.ts';

/** What is known of headers where a condition held, and where it did not. */
export interface BranchFacts {
  readonly yes: Facts;
  readonly no: Facts;
}

/** Jumps to `yes` where an expression is true in Lua's sense, else to `no`. */
export function branch(g: Generator, node: Expression, yes: Label, no: Label): BranchFacts {
  const before = g.emit.at(node.span);
  const facts = dispatch(g, node, yes, no);
  g.emit.at(before);
  g.kept.forgetLoads();
  return facts;
}

function dispatch(g: Generator, node: Expression, yes: Label, no: Label): BranchFacts {
  switch (node.kind) {
    case 'not': {
      const facts = branch(g, node.operand, no, yes);
      return { yes: facts.no, no: facts.yes };
    }
    case 'and':
    case 'or': {
      const isAnd = node.kind === 'and';
      const next = g.emit.label();
      const left = branch(g, node.left, isAnd ? next : yes, isAnd ? no : next);
      g.emit.place(next);
      g.facts = isAnd ? left.yes : left.no;
      const right = g.kept.holding([isAnd ? left.no : left.yes], () => branch(g, node.right, yes, no));
      return isAnd
        ? { yes: right.yes, no: common(left.no, right.no) }
        : { yes: common(left.yes, right.yes), no: right.no };
    }
    case 'less':
      less(g, node, yes, no);
      break;
    case 'equal':
      equal(g, node, node.negated ? no : yes, node.negated ? yes : no);
      break;
    case 'field':
      if (node.rows[0]!.type === 'boolean') flag(g, node, yes, no);
      else g.branchTruth(value(g, node), yes, no);
      break;
    case 'found':
      demandHeader(g, node);
      return branch(g, node.call, yes, no);
    case 'starts':
      starts(g, node, yes, no);
      break;
    case 'contains':
      contains(g, node, yes, no);
      break;
    case 'call': {
      const sole = g.unit.inlining.isInlined(node.instance) ? soleValue(node.instance) : undefined;
      if (sole === undefined) g.branchTruth(value(g, node), yes, no);
      else
        return g.kept.waiting(() => {
          const { instance, operands } = node;
          return within(g, instance, operands.nodes, evaluateList(g, operands), () => branch(g, sole, yes, no));
        });
      break;
    }
    case 'lookup': {
      const key = value(g, node.key);
      const leaves = lookupTree(g, node.table, key);
      g.release(key);
      for (const [entry, label] of leaves) {
        g.emit.place(label);
        g.emit.jump(entry === null || entry === false ? no : yes);
      }
      break;
    }
    default:
      g.branchTruth(value(g, node), yes, no);
  }
  return { yes: g.facts, no: g.facts };
}

/** A one-bit field, by the kind of its header where that has several. */
function flag(g: Generator, node: Expression & { kind: 'field' }, yes: Label, no: Label): void {
  const header = value(g, node.header);
  g.demand(header, HEADER, indexMessage(node.header, node.name), node.header.span);
  if (header.kind === 'constant') return;
  const base = g.index({ ...header, kind: 'plain' });
  const kinds = headersOf(node.header.type);
  const tag = header.kind === 'pair' ? g.inRegister(header.tag) : undefined;
  for (const [i, row] of node.rows.entries()) {
    const next = g.emit.label();
    if (tag !== undefined && i < kinds.length - 1) {
      const is = g.emit.label();
      g.compare('jeq', tag.register, BigInt(headerTag(kinds[i]!)), false, is, next);
      g.emit.place(is);
    }
    const start = { at: base, term: tag === undefined ? g.terms.start(node.header) : undefined };
    const word = bytesOf(g, start, row.size === 2 ? 2 : 1, row.offset);
    g.branch({ mnemonic: 'jset', choice: 0, fields: { reg: low(word.register), k: 1 << (row.shift ?? 0) } }, yes, no);
    if (word.owned) g.registers.release(word);
    g.emit.place(next);
  }
  if (base.owned) g.registers.release(base);
  if (tag?.owned) g.registers.release(tag);
}

function less(g: Generator, node: Expression & { kind: 'less' }, yes: Label, no: Label): void {
  const first = g.park(value(g, node.left), node.right);
  const second = value(g, node.right);
  const what = 'attempt to compare';
  const left = asInteger(g, first, node.left, what);
  const right = asInteger(g, second, node.right, what);
  const narrow = isU32(left.type) && isU32(right.type);
  const signed = !node.unsigned && !narrow;
  // small < large is large > small; with a constant on the larger side it is not (small >= large).
  const [small, large] = node.swapped ? [right, left] : [left, right];
  const greater = signed ? 'jsgt' : 'jgt';
  const greaterEqual = signed ? 'jsge' : 'jge';
  if (large.kind === 'constant') {
    const register = g.register(small);
    g.compare(node.orEqual ? greater : greaterEqual, register.register, large.value as bigint, !narrow, no, yes);
    if (register.owned) g.registers.release(register);
    return;
  }
  const register = g.register(large);
  const other = small.kind === 'constant' ? undefined : g.register(small);
  const operand = other === undefined ? (small as { value: bigint }).value : other.register;
  g.compare(node.orEqual ? greaterEqual : greater, register.register, operand, !narrow, yes, no);
  if (register.owned) g.registers.release(register);
  if (other?.owned) g.registers.release(other);
}

/** `x & mask` compared with 0, or with the only bit of the mask, which one jump can test; whether it is that. */
function equalBits(g: Generator, node: Expression & { kind: 'equal' }, yes: Label, no: Label): boolean {
  const [masked, other] = node.left.kind === 'constant' ? [node.right, node.left] : [node.left, node.right];
  if (masked.kind !== 'arithmetic' || masked.operator !== '&' || other.kind !== 'constant') return false;
  const { value: wanted } = other;
  const isMask = (side: Expression): boolean => side.kind === 'constant' && side.value === wanted;
  const isOnlyBit = isPowerOfTwo(wanted) && (isMask(masked.left) || isMask(masked.right));
  if (wanted !== 0n && !isOnlyBit) return false;
  const [left, right] = integersOf(g, masked);
  const [word, mask] = left.kind === 'constant' ? [right, left] : [left, right];
  const at = g.register(word);
  const by = mask.kind === 'constant' ? undefined : g.register(mask);
  const [set, clear] = wanted === 0n ? [no, yes] : [yes, no];
  g.compare(
    'jset',
    at.register,
    by?.register ?? g.wordOf((mask as { value: ConstantValue }).value),
    !isNarrowAnd(left, right),
    set,
    clear,
  );
  for (const place of [at, by]) if (place?.owned) g.registers.release(place);
  return true;
}

function equal(g: Generator, node: Expression & { kind: 'equal' }, yes: Label, no: Label): void {
  if (equalBits(g, node, yes, no) || equalFields(g, node, yes, no)) return;
  const left = g.park(value(g, node.left), node.right);
  const right = value(g, node.right);
  if (left.kind === 'constant') equalConstant(g, right, left.value, yes, no);
  else if (right.kind === 'constant') equalConstant(g, left, right.value, yes, no);
  else if (has(left.type, SLICE) || has(right.type, SLICE))
    equalTexts(g, left, right, () => equalPairs(g, left, right, yes, no), yes, no);
  else if (left.kind === 'plain' && right.kind === 'plain') equalPlain(g, left, right, yes, no);
  else equalPairs(g, left, right, yes, no);
  g.release(left);
  g.release(right);
}

/** Whether every value of a type has a code of its own: no address, and no integer that is among the codes. */
const fitsCode = (type: Type): boolean =>
  !has(type, ADDRESS) && (!has(type, INTEGER) || (type.low >= 0n && type.high < BigInt(TRUE_CODE)));

function equalConstant(g: Generator, operand: Operand, constant: ConstantValue, yes: Label, no: Label): void {
  if (operand.kind === 'constant') return g.emit.jump(operand.value === constant ? yes : no);
  if (typeof constant === 'string') return equalText(g, operand, constant, yes, no);
  if (constant instanceof Address) return equalAddress(g, operand, constant, yes, no);
  const isInteger = typeof constant === 'bigint';
  const atom = isInteger ? INTEGER : constant === null ? NIL : constant ? TRUE : FALSE;
  const possible =
    has(operand.type, atom) && (!isInteger || (operand.type.low <= constant && constant <= operand.type.high));
  if (!possible) return g.emit.jump(no);
  if (isOnly(operand.type, atom) && !isInteger) return g.emit.jump(yes);
  if (operand.kind === 'pair') {
    const tag = g.inRegister({ ...operand.tag, owned: false });
    const next = isInteger ? g.emit.label() : yes;
    g.compare('jeq', tag.register, g.codeOf(constant), false, next, no);
    if (tag.owned) g.registers.release(tag);
    if (!isInteger) return;
    g.emit.place(next);
  }
  const at = g.inRegister({ ...operand.at, owned: false });
  const wide = isInteger && !(isCoded(operand.type) && operand.kind === 'plain') && !isU32(operand.type);
  g.compare('jeq', at.register, g.wordOf(constant), wide, yes, no);
  if (at.owned) g.registers.release(at);
}

function equalPlain(
  g: Generator,
  left: Operand & { kind: 'plain' },
  right: Operand & { kind: 'plain' },
  yes: Label,
  no: Label,
): void {
  if (isOnly(left.type, ADDRESS) && isOnly(right.type, ADDRESS)) return equalHalves(g, left, right, yes, no);
  const integers = isOnly(left.type, INTEGER) && isOnly(right.type, INTEGER);
  if (!integers && !(fitsCode(left.type) && fitsCode(right.type))) return equalPairs(g, left, right, yes, no);
  const wide = integers && !(isU32(left.type) && isU32(right.type));
  const a = g.inRegister({ ...left.at, owned: false });
  const b = g.inRegister({ ...right.at, owned: false });
  g.compare('jeq', a.register, b.register, wide, yes, no);
  for (const place of [a, b]) if (place.owned) g.registers.release(place);
}

/** Mixed values of which one may hold any integer or an address: tags first, then values where they are no codes. */
function equalPairs(g: Generator, left: Operand, right: Operand, yes: Label, no: Label): void {
  const [a, b] = [left, right].map((operand) => {
    const storage = g.pairStorage(operand.type);
    g.store(storage, unowned(operand));
    return storage;
  }) as [Operand & { kind: 'pair' }, Operand & { kind: 'pair' }];
  const same = g.emit.label();
  const tags = [g.inRegister(a.tag), g.inRegister(b.tag)] as const;
  g.compare('jeq', tags[0].register, tags[1].register, false, same, no);
  g.emit.place(same);
  const integers = g.emit.label();
  g.compare('jge', tags[0].register, BigInt(TRUE_CODE), false, yes, integers);
  g.emit.place(integers);
  if (a.low !== undefined && b.low !== undefined) {
    const addresses = g.emit.label();
    const others = g.emit.label();
    g.compare('jeq', tags[0].register, BigInt(ADDRESS_TAG), false, addresses, others);
    g.emit.place(addresses);
    equalHalves(g, a, b, yes, no);
    g.emit.place(others);
  }
  const words = [g.inRegister(a.at), g.inRegister(b.at)] as const;
  g.compare('jeq', words[0].register, words[1].register, true, yes, no);
  for (const place of [...tags, ...words]) if (place.owned) g.registers.release(place);
  g.freeStorage(a);
  g.freeStorage(b);
}

/** Up to so many runs are tried one by one; a jump table takes more than one of them. */
const linear = 3;
const keyLimit = 0xffffn;

/**
 * Searches a constant table for a key: a jump table where keys have 16 bits, else a balanced tree of comparisons, over
 * runs of neighbouring keys with the same value. Gives the places where each value has been found, in which the caller goes on; nil for a missing key.
 */
export function lookupTree(g: Generator, table: ConstantTable, key: Operand): Map<ConstantValue, Label> {
  const leaves = new Map<ConstantValue, Label>([[null, g.emit.label()]]);
  const leaf = (entry: ConstantValue): Label => {
    const label = leaves.get(entry) ?? g.emit.label();
    leaves.set(entry, label);
    return label;
  };
  const missing = leaf(null);
  if (key.kind === 'constant') {
    const entry = key.value === null ? null : entryOf(table, key.value);
    g.emit.jump(leaf(entry));
    return leaves;
  }
  for (const truth of [false, true]) {
    const entry = table.entries.get(truth);
    if (entry === undefined || !has(key.type, truth ? TRUE : FALSE)) continue;
    const next = g.emit.label();
    equalConstant(g, key, truth, leaf(entry), next);
    g.emit.place(next);
  }
  if (has(key.type, TEXT))
    for (const [text, entry] of table.entries) {
      if (typeof text !== 'string') continue;
      const next = g.emit.label();
      equalText(g, key, text, leaf(entry), next);
      g.emit.place(next);
    }
  const keys = [...table.entries].map(([each, entry]) => [each, leaf(entry)] as const);
  ifAddress(g, key, (halves) => searchAddresses(g, addressRuns(keys), halves, missing));
  const runs = runsOf(table, key.type, leaf);
  if (!has(key.type, INTEGER) || runs.length === 0) {
    g.emit.jump(missing);
    return leaves;
  }
  skipOthers(g, key, missing);
  const at = g.inRegister({ ...key.at, owned: false });
  // Integers coded beside others are 32-bit as well.
  const order = isU32({ ...key.type, atoms: INTEGER }) ? 'narrow' : 'signed';
  const isShort = key.type.low >= 0n && key.type.high <= keyLimit;
  const jumps = isShort && runs.length > 1 ? jumpTable(low(at.register), runs, missing) : undefined;
  if (jumps !== undefined) g.emit.table(jumps);
  else search(g, runs, { register: at.register, order, low: key.type.low, high: key.type.high }, missing);
  if (at.owned) g.registers.release(at);
  return leaves;
}

/** A key that is no integer is not among the integers. */
function skipOthers(g: Generator, key: Operand & { kind: 'plain' | 'pair' }, missing: Label): void {
  const integer = g.emit.label();
  if (key.kind === 'plain') {
    if (!isCoded(key.type)) return;
    g.branchCoded(key.at, TRUE_CODE, missing, integer);
  } else {
    const tag = g.inRegister({ ...key.tag, owned: false });
    g.compare('jeq', tag.register, BigInt(INTEGER_TAG), false, integer, missing);
    if (tag.owned) g.registers.release(tag);
  }
  g.emit.place(integer);
}

/** Integer keys that the key's type allows, as ascending runs. */
function runsOf(table: ConstantTable, type: Type, leaf: (entry: ConstantValue) => Label): Run[] {
  const keys = [...table.entries].filter((entry): entry is [bigint, TableKey] => typeof entry[0] === 'bigint');
  keys.sort(([a], [b]) => (a < b ? -1 : 1));
  const runs: Run[] = [];
  for (const [key, entry] of keys) {
    if (key < type.low || key > type.high) continue;
    const label = leaf(entry);
    const last = runs.at(-1);
    if (last !== undefined && last.high + 1n === key && last.label === label)
      runs[runs.length - 1] = { ...last, high: key };
    else runs.push({ low: key, high: key, label });
  }
  return runs;
}

/** What is known of the key at a node of the tree, and its order: unsigned of 32 bits, or one of those of 64. */
interface Subject {
  readonly register: number;
  readonly order: 'narrow' | 'signed' | 'unsigned';
  readonly low: bigint;
  readonly high: bigint;
}

/** Goes to the label of the ascending run that a key is in, else to `missing`. */
export function search(g: Generator, runs: readonly Run[], subject: Subject, missing: Label): void {
  const { register, order } = subject;
  const test = (mnemonic: 'eq' | 'ge' | 'gt', right: bigint, yes: Label, no: Label): void => {
    const isSigned = order === 'signed' && mnemonic !== 'eq';
    const word = order === 'unsigned' ? BigInt.asIntN(64, right) : right;
    g.compare(
      isSigned ? (mnemonic === 'ge' ? 'jsge' : 'jsgt') : `j${mnemonic}`,
      register,
      word,
      order !== 'narrow',
      yes,
      no,
    );
  };
  if (runs.length > linear) {
    const middle = runs.length >> 1;
    const upper = g.emit.label();
    const lower = g.emit.label();
    const pivot = runs[middle]!.low;
    test('ge', pivot, upper, lower);
    g.emit.place(lower);
    search(g, runs.slice(0, middle), { ...subject, high: pivot - 1n }, missing);
    g.emit.place(upper);
    search(g, runs.slice(middle), { ...subject, low: pivot }, missing);
    return;
  }
  for (const { low: from, high: to, label } of runs) {
    const next = g.emit.label();
    const bits = BigInt((to - from + 1n).toString(2).length - 1);
    if (from === to) test('eq', from, label, next);
    else if (order === 'unsigned' && (from >> bits) << bits === from && to - from + 1n === 1n << bits) {
      // A prefix: its bits alone are a shorter constant than either end.
      const prefix = g.take();
      g.alu('rsh', prefix.register, register, bits, true);
      g.compare('jeq', prefix.register, from >> bits, true, label, next);
      g.registers.release(prefix);
    } else {
      const above = g.emit.label();
      if (from > subject.low) test('ge', from, above, next);
      else g.emit.jump(above);
      g.emit.place(above);
      if (to < subject.high) test('gt', to, next, label);
      else g.emit.jump(label);
    }
    g.emit.place(next);
  }
  g.emit.jump(missing);
}
