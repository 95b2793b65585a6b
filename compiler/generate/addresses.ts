/**
 * IPv6 addresses: two words each, which are compared one after the other. Where a field is compared with a constant or
 * another field, both go through V registers, which hold all 128 bits.
 */
import { SIZE, SRC_X, XF } from '../../vm/isa/instructions.ts';
import { V0 } from '../../vm/isa/registers.ts';
import { Address } from '../check/address.ts';
import { isIn } from '../check/net.ts';
import type { AddressRange, Expression } from '../check/tree.ts';
import { ADDRESS, HEADER, has, INTEGER, isOnly, isU32, without } from '../check/types.ts';
import { search } from './conditions.ts';
import type { Label } from './emitter.ts';
import { indexMessage, value, wrongKind } from './expressions.ts';
import { type Generator, halvesOf, low } from './generator.ts';
import type { Run } from './jump-table.ts';
import { bytesOf, type Start } from './loads.ts';
import { ADDRESS_TAG, type Held, type Place } from './operand.ts';
import { readAlike } from './terms.ts';

type Node<Kind extends Expression['kind']> = Expression & { readonly kind: Kind };

/** An address whose halves are read when they are asked for. */
type Halves = Readonly<Record<'high' | 'low', () => Place & { readonly kind: 'register' }>>;

const halves = (g: Generator, { at, low: other }: Held): Halves => ({
  high: () => g.inRegister({ ...at, owned: false }),
  low: () => g.inRegister({ ...(other ?? at), owned: false }),
});

/** Runs `use` on one half. */
function withHalf(g: Generator, of: Halves, half: keyof Halves, use: (register: number) => void): void {
  const at = of[half]();
  use(at.register);
  if (at.owned) g.registers.release(at);
}

/** A field that is an address, at one place of all its header's kinds. */
const isField = (node: Expression): node is Node<'field'> =>
  node.kind === 'field' && isOnly(node.type, ADDRESS) && readAlike(node.rows);

/** Runs `use` where the header of a field is, which must be there. */
function atHeader(g: Generator, { header: node, name }: Node<'field'>, use: (start: Start) => void): void {
  const header = value(g, node);
  g.demand(header, HEADER, indexMessage(node, name), node.span);
  const tag = header.kind === 'pair' ? header.tag : undefined;
  const at = g.index(header.kind === 'pair' ? { ...header, kind: 'plain' } : header);
  use({ at, term: g.terms.start(node) });
  for (const place of [at, tag]) if (place?.owned) g.registers.release(place);
}

/** Runs `walk` where an operand is an address, and goes on where it is not. */
export function ifAddress(g: Generator, operand: Held, walk: (halves: Halves) => void): void {
  if (!has(operand.type, ADDRESS)) return;
  const is = g.emit.label();
  const next = g.emit.label();
  if (operand.kind === 'plain') g.emit.jump(is);
  else {
    const tag = g.inRegister({ ...operand.tag, owned: false });
    g.compare('jeq', tag.register, BigInt(ADDRESS_TAG), false, is, next);
    if (tag.owned) g.registers.release(tag);
  }
  g.emit.place(is);
  walk(halves(g, operand));
  g.emit.place(next);
}

/** Whether a value is a constant address. */
export function equalAddress(g: Generator, operand: Held, { bits }: Address, yes: Label, no: Label): void {
  const wanted = halvesOf(bits);
  ifAddress(g, operand, (of) => {
    const same = g.emit.label();
    withHalf(g, of, 'high', (at) => g.compare('jeq', at, wanted.high, true, same, no));
    g.emit.place(same);
    withHalf(g, of, 'low', (at) => g.compare('jeq', at, wanted.low, true, yes, no));
  });
  g.emit.jump(no);
}

/** Whether two addresses are the same, that are known to be some. */
export function equalHalves(g: Generator, left: Held, right: Held, yes: Label, no: Label): void {
  const [a, b] = [halves(g, left), halves(g, right)];
  const same = g.emit.label();
  withHalf(g, a, 'high', (x) => withHalf(g, b, 'high', (y) => g.compare('jeq', x, y, true, same, no)));
  g.emit.place(same);
  withHalf(g, a, 'low', (x) => withHalf(g, b, 'low', (y) => g.compare('jeq', x, y, true, yes, no)));
}

/** A field compared with a constant or with another field; whether it is that. */
export function equalFields(g: Generator, { left, right }: Node<'equal'>, yes: Label, no: Label): boolean {
  const isConstant = (node: Expression): boolean => node.kind === 'constant' && node.value instanceof Address;
  // What calls functions to find a header may use V registers meanwhile.
  const isNear = (node: Expression): boolean =>
    isField(node) && (node.header.kind === 'local' || node.header.kind === 'header');
  const sides = [left, right];
  if (!sides.some(isNear) || !sides.every((node) => isNear(node) || isConstant(node))) return false;
  for (const [i, node] of sides.entries())
    if (isField(node))
      atHeader(g, node, ({ at }) =>
        g.emit.op('ld.ind', SIZE.DW, { reg: V0 + i, jt: low(at.register), k: node.rows[0]!.offset }),
      );
    else if (node.kind === 'constant' && node.value instanceof Address) {
      const { bits } = node.value;
      const literal = String.fromCharCode(
        ...Array.from({ length: 16 }, (_, at) => Number((bits >> BigInt(120 - 8 * at)) & 0xffn)),
      );
      g.emit.op('ld.rodata', SIZE.DW, { reg: V0 + i }, { kind: 'rodata', literal, byte: 0 });
    }
  g.branch({ mnemonic: 'jeq', choice: XF | SRC_X, fields: { reg: V0, k: V0 + 1 } }, yes, no);
  return true;
}

/** `lan:contains(address)`. Of a field only what is compared is loaded. */
export function contains(g: Generator, { networks, address: node }: Node<'contains'>, yes: Label, no: Label): void {
  const { ipv4, ipv6 } = networks;
  if (isField(node)) {
    const { offset } = node.rows[0]!;
    return atHeader(g, node, (start) => {
      const of: Halves = { high: () => bytesOf(g, start, 8, offset), low: () => bytesOf(g, start, 8, offset + 8) };
      searchAddresses(g, runsOf(ipv6, yes), of, no);
    });
  }
  const operand = value(g, node);
  if (operand.kind === 'constant') {
    const { value: known } = operand;
    if (typeof known === 'bigint' || known instanceof Address) g.emit.jump(isIn(networks, known) ? yes : no);
    else g.emit.jump(missing(g, node));
    return;
  }
  ifAddress(g, operand, (of) => searchAddresses(g, runsOf(ipv6, yes), of, no));
  const { type } = operand;
  if (has(type, INTEGER)) {
    const integer = g.emit.label();
    if (isOnly(type, INTEGER)) g.emit.jump(integer);
    else g.branchInteger(operand, integer, isOnly(type, INTEGER | ADDRESS) ? integer : missing(g, node));
    g.emit.place(integer);
    const at = g.inRegister({ ...operand.at, owned: false });
    const clipped = ipv4.filter(({ low: first, high }) => first <= type.high && high >= type.low);
    const order = isU32({ ...type, atoms: INTEGER }) ? 'narrow' : 'signed';
    search(g, runsOf(clipped, yes), { register: at.register, order, low: type.low, high: type.high }, no);
    if (at.owned) g.registers.release(at);
  } else if (!isOnly(type, ADDRESS)) g.emit.jump(missing(g, node));
  g.release(operand);
}

const runsOf = (ranges: readonly AddressRange[], label: Label): Run[] => ranges.map((range) => ({ ...range, label }));

function missing(g: Generator, node: Expression): Label {
  const others = without(node.type, INTEGER | ADDRESS);
  return g.cold(`bad argument, an address is wanted but it is ${wrongKind(others)}`, node.span);
}

const largest = 2n ** 64n - 1n;

/**
 * Searches ascending runs of addresses for one, by its high half; where only a part of the addresses with one high half
 * is in a run, by the low half.
 */
export function searchAddresses(g: Generator, runs: readonly Run[], of: Halves, missing: Label): void {
  const whole: Run[] = [];
  const parts = new Map<bigint, Run[]>();
  const part = (high: bigint, run: Run): void => {
    if (!parts.has(high)) parts.set(high, []);
    parts.get(high)!.push(run);
  };
  for (const { low: from, high: to, label } of runs) {
    let [first, last] = [from >> 64n, to >> 64n];
    const [start, end] = [from & largest, to & largest];
    const isOne = first === last;
    if (start > 0n || (isOne && end < largest)) part(first++, { low: start, high: isOne ? end : largest, label });
    if (!isOne && end < largest) part(last--, { low: 0n, high: end, label });
    if (first <= last) whole.push({ low: first, high: last, label });
  }
  const found = [...parts].map(([high, low]) => ({ high, low, label: g.emit.label() }));
  for (const { high, label } of found) whole.push({ low: high, high, label });
  whole.sort((a, b) => (a.low < b.low ? -1 : 1));
  const subject = { order: 'unsigned', low: 0n, high: largest } as const;
  withHalf(g, of, 'high', (register) => search(g, whole, { ...subject, register }, missing));
  // What is loaded where one high half has been found is not known where another has.
  const { facts } = g;
  for (const { low: inner, label } of found) {
    g.emit.place(label);
    withHalf(g, of, 'low', (register) => search(g, inner, { ...subject, register }, missing));
    g.facts = facts;
    g.forget();
  }
}

/** The runs of a table's addresses. */
export const addressRuns = (entries: Iterable<readonly [unknown, Label]>): Run[] =>
  [...entries]
    .flatMap(([key, label]) => (key instanceof Address ? [{ low: key.bits, high: key.bits, label }] : []))
    .sort((a, b) => (a.low < b.low ? -1 : 1));
