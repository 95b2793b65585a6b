/**
 * Packets that are values. A header is the offset where it starts, in the filter's own packet, and above its 32 bits stands
 * which packet it is a header of: where that starts, and in the uppermost 4 bits how. In a packet both halves say where
 * it starts. Of the filter's own all of that is 0, so that who knows of no other need not look.
 */
import { AA } from '../../vm/isa/registers.ts';
import type { Expression, Searches } from '../check/tree.ts';
import {
  HEADER,
  headersOf,
  INTEGER,
  integer,
  isInner,
  isOnly,
  isU32,
  type PacketKind,
  packetType,
  type Type,
} from '../check/types.ts';
import { type InnerKind, innerStarts, lastOffset } from '../protocols/linktypes.ts';
import { headers } from '../protocols/table.ts';
import { callHost } from './calls.ts';
import { indexMessage, integerOf, owned, perKind, type Register, unowned, value } from './expressions.ts';
import { common, type Facts } from './facts.ts';
import type { Generator } from './generator.ts';
import type { Start } from './loads.ts';
import { found, foundIn, lengthOf } from './locate.ts';
import { type Operand, type Place, placesOf, TRUE_CODE } from './operand.ts';
import { nameOf } from './terms.ts';

type Node<Kind extends Expression['kind']> = Expression & { readonly kind: Kind };

/** The number of a kind of packets in its uppermost bits. */
const numberOf = (kind: PacketKind): number => (kind === 'outer' ? 0 : 1 + Object.keys(innerStarts).indexOf(kind));
/** Where that number stands in the upper half, and in the whole. */
const KIND = 28;
const KIND_OF_WHOLE = BigInt(32 + KIND);

/** A packet or header that must be there to be asked for `name`. */
export function there(g: Generator, node: Expression, name: string): Register {
  const operand = value(g, node);
  g.demand(operand, HEADER, indexMessage(node, name), node.span);
  if (operand.kind === 'pair' && operand.tag.owned) g.registers.release(operand.tag);
  return g.index(operand.kind === 'pair' ? { kind: 'plain', at: operand.at, type: operand.type } : operand);
}

/** The same, for what takes it more than once: an operand that waits. */
const waiting = (g: Generator, node: Expression, name: string): Packet => parked(g, there(g, node, name), node.type);

/** A packet in a place where it lasts. */
type Packet = Operand & { readonly kind: 'plain' };

function parked(g: Generator, at: Register, type: Type): Packet {
  const packet = g.park({ kind: 'plain', at, type });
  if (packet.kind !== 'plain') throw new TypeError('a packet is one word');
  return packet;
}

/** The register of a place that stays where it is, given to `use`. */
function withRegister<T>(g: Generator, place: Place, use: (register: number) => T): T {
  const at = g.inRegister({ ...place, owned: false });
  const result = use(at.register);
  if (at.owned) g.registers.release(at);
  return result;
}

/** The packet of this kind that starts at an offset; takes over the register. */
function packetAt(g: Generator, at: Register, kind: InnerKind): Register {
  const packet = g.take();
  g.alu('or', packet.register, at.register, BigInt((numberOf(kind) << KIND) >>> 0), false);
  g.alu('lsh', packet.register, packet.register, 32n, true);
  g.alu('or', packet.register, packet.register, at.register, true);
  if (at.owned) g.registers.release(at);
  return packet;
}

/** Where the packet of a header starts. */
function startOf(g: Generator, header: number): Register {
  const start = g.take();
  g.alu('rsh', start.register, header, 32n, true);
  g.alu('and', start.register, start.register, lastOffset, false);
  return start;
}

/** The packet that a header is one of. */
function packetOf(g: Generator, header: number): Register {
  const packet = g.take();
  const start = startOf(g, header);
  g.alu('rsh', packet.register, header, 32n, true);
  g.alu('lsh', packet.register, packet.register, 32n, true);
  g.alu('or', packet.register, packet.register, start.register, true);
  g.registers.release(start);
  return packet;
}

/** Turns an offset in the filter's own packet, in a register that is its own, into one in the packet of a header. */
export function relative(g: Generator, at: Register, header: number, type: Type): Register {
  if (!isInner(type)) return at;
  const start = startOf(g, header);
  const to = at.owned ? at : g.take();
  g.alu('sub', to.register, at.register, start.register, false);
  g.registers.release(start);
  return to;
}

/** What `find` gives for each kind of packet that this can be, with the packet; all write to the same places. */
function eachKind(g: Generator, packet: Place, kinds: readonly PacketKind[], write: (kind: PacketKind) => void): void {
  const done = g.emit.label();
  const { facts: before } = g;
  let after: Facts | undefined;
  for (const [i, kind] of kinds.entries()) {
    const next = g.emit.label();
    if (i < kinds.length - 1) {
      const is = g.emit.label();
      const number = g.take();
      withRegister(g, packet, (register) => g.alu('rsh', number.register, register, KIND_OF_WHOLE, true));
      g.compare('jeq', number.register, BigInt(numberOf(kind)), false, is, next);
      g.registers.release(number);
      g.emit.place(is);
    }
    g.facts = before;
    write(kind);
    after = after === undefined ? g.facts : common(after, g.facts);
    g.emit.jump(done);
    g.emit.place(next);
  }
  g.emit.place(done);
  g.facts = after ?? before;
  g.forget();
}

/** An offset in a packet as one in the filter's own. */
function shifted(g: Generator, packet: Place, offset: Operand, type: Type): Operand {
  const to = g.take();
  if (offset.kind === 'constant') {
    const k = offset.value as bigint;
    if (k < 0n || k > 0xffffffffn) g.constant(to.register, k);
    else {
      withRegister(g, packet, (register) => g.move(to.register, register, false));
      if (k !== 0n) g.alu('add', to.register, to.register, k, true);
    }
    return { kind: 'plain', at: to, type };
  }
  const from = g.register(offset);
  if (isU32(type)) withRegister(g, packet, (register) => g.alu('add', to.register, register, from.register, false));
  else {
    const start = g.take();
    const inside = g.emit.label();
    const done = g.emit.label();
    g.move(to.register, from.register, true);
    // What is negative or beyond all packets stays so.
    if (!isU32(offset.type)) {
      g.compare('jgt', from.register, 0xffffffffn, true, done, inside);
      g.emit.place(inside);
    }
    withRegister(g, packet, (register) => g.move(start.register, register, false));
    g.alu('add', to.register, to.register, start.register, true);
    g.emit.place(done);
    g.registers.release(start);
  }
  if (from.owned) g.registers.release(from);
  return { kind: 'plain', at: to, type };
}

/** The type of an offset once it is shifted. */
const shiftedType = ({ type }: Operand): Type => (isU32(type) ? integer(type.low, type.high + lastOffset) : integer());

export function position(g: Generator, node: Node<'position'>): Operand {
  const packet = waiting(g, node.packet, 'its bytes');
  const offset = integerOf(g, node.offset, 'attempt to compare');
  const at = shifted(g, packet.at, offset, node.type);
  g.release(packet);
  return at;
}

/** Offsets of a search in a packet; `back` turns what was found into one of its offsets. */
export function searchIn(
  g: Generator,
  node: Expression,
): { shift: (offset: Operand) => Operand; back: (found: Register) => void } {
  const packet = waiting(g, node, 'find');
  return {
    shift: (offset) => shifted(g, packet.at, offset, shiftedType(offset)),
    back: (found) => {
      const some = g.emit.label();
      const done = g.emit.label();
      g.compare('jge', found.register, BigInt(TRUE_CODE), false, done, some);
      g.emit.place(some);
      withRegister(g, packet.at, (register) => g.alu('sub', found.register, found.register, register, false));
      g.emit.place(done);
      g.release(packet);
    },
  };
}

/** The length of a packet; on the wire 0 where its start was captured and is not there by what the capture says. */
export function length(g: Generator, node: Node<'length'>): Operand {
  if (node.packet === undefined) return { kind: 'plain', at: lengthOf(g, node.of), type: node.type };
  const term = g.terms.of(node);
  const known = term && g.facts.get(nameOf(term));
  if (known !== undefined) return { kind: 'plain', at: known.words[0]!, type: node.type };
  const packet = waiting(g, node.packet, node.of === 'caplen' ? 'caplen' : 'its length');
  const to = g.take();
  const whole = g.inRegister(lengthOf(g, node.of));
  withRegister(g, packet.at, (register) => {
    const some = g.emit.label();
    const done = g.emit.label();
    if (node.of === 'wirelen') {
      g.constant(to.register, 0n);
      g.compare('jgt', whole.register, register, false, some, done);
      g.emit.place(some);
    }
    g.alu('sub', to.register, whole.register, register, false);
    g.emit.place(done);
  });
  if (whole.owned) g.registers.release(whole);
  g.release(packet);
  const at = term === undefined ? to : g.learn(nameOf(term), [to], term.reads).words[0]!;
  return { kind: 'plain', at, type: node.type };
}

export function time(g: Generator, node: Node<'time'>): Operand {
  if (node.packet !== undefined) {
    const packet = there(g, node.packet, 'time');
    if (packet.owned) g.registers.release(packet);
  }
  const at = g.take();
  callHost(g, { name: 'packet.time' }, [], {
    registers: [at.register],
    take: () => g.move(at.register, AA, true),
  });
  return { kind: 'plain', at, type: node.type };
}

/** `pkt:from(o, kind)`: no packet starts behind the captured bytes. */
export function from(g: Generator, node: Node<'from'>): Operand {
  const packet = node.packet && waiting(g, node.packet, 'from');
  const offset = integerOf(g, node.offset, 'attempt to compare');
  if (offset.type.low < 0n) {
    const fine = g.emit.label();
    const at = g.register(unowned(offset));
    g.compare('jsge', at.register, 0n, true, fine, g.cold('a packet starts at a negative offset', node.span));
    if (at.owned) g.registers.release(at);
    g.emit.place(fine);
  }
  const found = g.register(packet === undefined ? offset : shifted(g, packet.at, offset, shiftedType(offset)));
  const at = found.owned ? found : g.take();
  g.move(at.register, found.register, true);
  if (packet !== undefined) g.release(packet);
  const end = g.inRegister(lengthOf(g, 'caplen'));
  const beyond = g.emit.label();
  const within = g.emit.label();
  g.compare('jgt', at.register, end.register, true, beyond, within);
  g.emit.place(beyond);
  g.move(at.register, end.register, false);
  g.emit.place(within);
  if (end.owned) g.registers.release(end);
  return { kind: 'plain', at: packetAt(g, at, node.inner), type: node.type };
}

/** `p.tcp` of a packet that is a value: the packet, and as much more as the header is behind its start. */
export function inside(g: Generator, node: Node<'inside'>): Operand {
  const term = g.terms.of(node.packet);
  const packet = waiting(g, node.packet, node.name);
  const result = g.storage(node.type);
  eachKind(g, packet.at, node.packet.type.packets, (kind) => {
    const [at, ...others] = foundIn(g, node.searches.get(kind)!, packet, term);
    ifFound(g, at!, result, (offset) => {
      const header = g.take();
      withRegister(g, packet.at, (register) => g.alu('add', header.register, register, offset, true));
      return { kind: 'plain', at: header, type: withoutNil(node.type) };
    });
    for (const other of others) g.release(other);
  });
  g.release(packet);
  return owned(result);
}

/** A header that has been found, of a type that may be nil. */
const withoutNil = (type: Type): Type => ({ ...type, atoms: HEADER });

/** Stores what `write` makes of an offset, or nil where there is none. */
function ifFound(g: Generator, found: Operand, result: Operand, write: (offset: number) => Operand): void {
  const some = g.emit.label();
  const none = g.emit.label();
  const done = g.emit.label();
  if (found.kind === 'constant') g.emit.jump(none);
  else if (isOnly(found.type, INTEGER)) g.emit.jump(some);
  else g.branchCoded(found.at, TRUE_CODE, none, some);
  g.emit.place(some);
  if (found.kind !== 'constant') {
    g.store(result, withRegister(g, found.at, write));
    g.emit.jump(done);
  }
  g.emit.place(none);
  g.store(result, { kind: 'constant', value: null, type: result.type });
  g.emit.place(done);
  g.release(found);
}

/** `vxlan.inner`: of a header that stays what it is, found once. */
export function inner(g: Generator, node: Node<'inner'>): Operand {
  const term = g.terms.of(node);
  if (term === undefined) return innerOf(g, node);
  const name = nameOf(term);
  const known = g.facts.get(name) ?? g.learn(name, placesOf(innerOf(g, node)), term.reads);
  return { kind: 'plain', at: known.words[0]!, type: node.type };
}

/** The same, by the kind of the header and that of its packet. */
function innerOf(g: Generator, node: Node<'inner'>): Operand {
  const names = headersOf(node.header.type);
  return perKind(g, node.header, node.name, node.type, false, (start, i) => {
    const result = g.storage(node.type);
    inPacketOf(g, start, node.header.type, node.searches[i]!, ([at, which], base) => {
      const kinds = headers[names[i]!].inner ?? [];
      ifFound(g, at!, result, (offset) => innerAt(g, offset, base, which, kinds, node.type));
      if (which !== undefined) g.release(which);
    });
    return owned(result);
  });
}

/** The packet at an offset in another, or in the filter's own, of one of two kinds by what a module said. */
function innerAt(
  g: Generator,
  offset: number,
  base: Place | undefined,
  which: Operand | undefined,
  kinds: readonly InnerKind[],
  type: Type,
): Operand {
  const at = g.take();
  if (base === undefined) g.move(at.register, offset, false);
  else withRegister(g, base, (register) => g.alu('add', at.register, register, offset, false));
  const [kind, other] = kinds;
  if (other === undefined) return { kind: 'plain', at: packetAt(g, at, kind!), type: withoutNil(type) };
  const result = g.storage(withoutNil(type));
  const first = g.emit.label();
  const second = g.emit.label();
  const done = g.emit.label();
  const said = g.register(unowned(which!));
  g.compare('jeq', said.register, 0n, false, first, second);
  if (said.owned) g.registers.release(said);
  for (const [label, each] of [
    [first, kind!],
    [second, other],
  ] as const) {
    g.emit.place(label);
    g.store(result, { kind: 'plain', at: packetAt(g, { ...at, owned: false }, each), type: withoutNil(type) });
    g.emit.jump(done);
  }
  g.emit.place(done);
  g.registers.release(at);
  return owned(result);
}

/**
 * What a module's function gives of the packet that a header is one of, given to `use` once for each kind of it, with where
 * the packet starts, which its offsets count from, unless that is the filter's own.
 */
function inPacketOf(
  g: Generator,
  start: Start,
  { packets }: Type,
  searches: Searches,
  use: (found: readonly Operand[], packet: Place | undefined) => void,
): void {
  const packet = packets.some((kind) => kind !== 'outer')
    ? parked(g, packetOf(g, start.at.register), packetType(packets))
    : undefined;
  const write = (kind: PacketKind): void =>
    use(foundIn(g, searches.get(kind)!, packet, undefined), kind === 'outer' ? undefined : packet?.at);
  if (packet === undefined) return write('outer');
  eachKind(g, packet.at, packets, write);
  g.release(packet);
}

/** An offset that a module's function gives, in the filter's own packet. */
export function placeIn(g: Generator, start: Start, type: Type, searches: Searches): Register {
  if (!isInner(type)) return g.register(found(g, searches.get('outer')!)[0]!);
  const result = g.take();
  inPacketOf(g, start, type, searches, ([at], base) => {
    const offset = g.register(at!);
    if (base === undefined) g.move(result.register, offset.register, false);
    else withRegister(g, base, (register) => g.alu('add', result.register, register, offset.register, false));
    if (offset.owned) g.registers.release(offset);
  });
  return result;
}
