/** Loads of the packet, each done once on a path: what `pkt:u8` reads, the fields of headers, their payloads' places. */
import { SRC_X, XF } from '../../vm/isa/instructions.ts';
import { X } from '../../vm/isa/registers.ts';
import type { Expression } from '../check/tree.ts';
import { headersOf, INTEGER, isOnly, isU32 } from '../check/types.ts';
import { type FieldRow, fieldRow, headers, payloadRule } from '../protocols/table.ts';
import { integerOf, type Register } from './expressions.ts';
import { type Generator, low } from './generator.ts';
import { lengthOf } from './locate.ts';
import type { Operand } from './operand.ts';
import { placeIn, there } from './packets.ts';
import { bytesAt, fieldAt, headerLengthAt, nameOf, type Term } from './terms.ts';

/** A value that takes a load: the register that has it, or what `load` leaves it in. */
export function once(g: Generator, term: Term | undefined, load: () => Register): Register {
  const { repeats } = g;
  if (term === undefined || repeats.isMuted) return load();
  const name = nameOf(term);
  const number = repeats.count();
  const known = g.facts.get(name);
  if (known?.load === undefined) return g.learnLoad(name, { number, reads: term.reads }, load());
  repeats.use(known.load.number, number);
  const [word] = known.words;
  if (word?.kind !== 'register' || !g.kept.has(known)) return repeats.again(load);
  g.kept.pin(known);
  return word;
}

/** `pkt:u8(o)` and its kin. The constant part of the offset goes into k where the rest cannot be negative. */
export function load(g: Generator, node: Expression & { kind: 'load' }): Operand {
  const at = once(g, g.terms.of(node), () => {
    const { offset } = node;
    if (offset.kind === 'constant') return absolute(g, node, offset.value as bigint);
    const { index, k } = splitOffset(offset);
    if (index.kind === 'position' && index.offset.kind === 'constant' && index.offset.value === 0n) {
      const start = there(g, index.packet, 'its bytes');
      const to = start.owned ? start : g.take();
      g.load(to.register, node, { register: start.register, wide: false }, k);
      return to;
    }
    const operand = integerOf(g, index, 'attempt to compare');
    const register = g.index(operand);
    const to = register.owned ? register : g.take();
    g.load(to.register, node, { register: register.register, wide: !isU32(operand.type) }, k);
    return to;
  });
  return { kind: 'plain', at, type: node.type };
}

function absolute(g: Generator, how: Expression & { kind: 'load' }, at: bigint): Register {
  const to = g.take();
  // An offset that no packet has is read where none has a byte.
  g.load(to.register, how, undefined, at >= 0n && at <= 0xffffffffn ? Number(at) : 0xffffffff);
  return to;
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

/** `(pkt:u8(k) & 15) * 4`, for which the machine has a load. */
export const headerLength = (g: Generator, k: number): Register =>
  once(g, headerLengthAt({ base: '', plus: BigInt(k), reads: [] }), () => {
    g.emit.op('ldx.msh', 0, { k });
    return fromX(g);
  });

function fromX(g: Generator): Register {
  const to = g.take();
  g.emit.op('mov', XF | SRC_X, { reg: low(to.register), jf: X });
  return to;
}

/** Where a header starts that is there, and what that is known as. */
export interface Start {
  readonly at: Register;
  readonly term: Term | undefined;
}

const behind = ({ term }: Start, offset: number): Term | undefined =>
  term && { ...term, plus: term.plus + BigInt(offset) };

/** The two halves of an IPv6 address in a header. */
export function addressAt(
  g: Generator,
  start: Start,
  offset: number,
): { readonly at: Register; readonly low: Register } {
  return { at: bytesOf(g, start, 8, offset), low: bytesOf(g, start, 8, offset + 8) };
}

/** The bytes of a header that a field is in. */
export function bytesOf(g: Generator, start: Start, size: 1 | 2 | 4 | 8, offset: number): Register {
  const position = behind(start, offset);
  return once(g, position && bytesAt(position, { size }), () => {
    const to = g.take();
    g.load(to.register, { size }, { register: start.at.register, wide: false }, offset);
    return to;
  });
}

/** The value of a field; `term` is that of the field, where it has one. */
export function field(g: Generator, start: Start, row: FieldRow): Register {
  const { size, offset } = row;
  if (size === 1 && row.mask === 15 && row.scale === 4 && row.shift === undefined) {
    const position = behind(start, offset);
    return once(g, position && headerLengthAt(position), () => {
      g.emit.op('ldx.mshx', 0, { jt: low(start.at.register), k: offset });
      return fromX(g);
    });
  }
  if (size === 16) throw new TypeError('an address has two words');
  const steps = size === 6 ? undefined : stepsOf(row);
  if (steps?.length === 0) return bytesOf(g, start, size as 1 | 2 | 4, offset);
  return once(g, start.term && fieldAt(start.term, row), () => {
    if (steps === undefined) return address(g, start, offset);
    const from = bytesOf(g, start, size as 1 | 2 | 4, offset);
    const to = from.owned ? from : g.take();
    for (const [i, [mnemonic, by]] of steps.entries())
      g.alu(mnemonic, to.register, i === 0 ? from.register : to.register, BigInt(by), false);
    return to;
  });
}

type Step = readonly ['rsh' | 'and' | 'lsh', number];

/** What makes a field's value of the bytes that it is in. */
function stepsOf(row: FieldRow): Step[] {
  const bits = row.size * 8 - (row.shift ?? 0);
  return [
    ...(row.shift === undefined ? [] : [['rsh', row.shift] as const]),
    // A shift that leaves no more bits than the mask has makes the mask needless.
    ...(row.mask === undefined || row.mask >= 2 ** bits - 1 ? [] : [['and', row.mask] as const]),
    ...(row.scale === undefined ? [] : [['lsh', Math.log2(row.scale)] as const]),
  ];
}

/** Six bytes, for which there is no load. */
function address(g: Generator, { at }: Start, offset: number): Register {
  const to = g.take();
  const rest = g.take();
  const index = { register: at.register, wide: false };
  g.load(to.register, { size: 2 }, index, offset);
  g.load(rest.register, { size: 4 }, index, offset + 2);
  g.alu('lsh', to.register, to.register, 32n, true);
  g.alu('or', to.register, to.register, rest.register, true);
  g.registers.release(rest);
  return to;
}

/**
 * A place of the header that is at `start`, the one of this number of the kinds that it can be: its offset, or a register
 * of its own. It counts from the start of the filter's own packet.
 */
export function placeOf(g: Generator, start: Start, kind: number, node: Expression & { kind: 'place' }): Register {
  if (node.of === 'offset') return start.at;
  return node.of === 'payload' ? payload(g, start, kind, node) : payloadLength(g, start, kind, node);
}

type Place = Expression & { readonly kind: 'place' };

/** Where what a header carries starts. */
function payload(g: Generator, start: Start, kind: number, { header, payloads }: Place): Register {
  const name = headersOf(header.type)[kind]!;
  const rule = payloadRule(name);
  if (rule === 'found') {
    const at = placeIn(g, start, header.type, payloads[kind]!);
    if (at.owned) return at;
    const to = g.take();
    g.move(to.register, at.register, false);
    return to;
  }
  if ('base' in rule) {
    const to = g.take();
    g.alu('add', to.register, start.at.register, BigInt(rule.base), false);
    return to;
  }
  const length = field(g, start, fieldRow(name, rule.field));
  const to = length.owned ? length : g.take();
  g.alu('add', to.register, length.register, start.at.register, false);
  return to;
}

/** How long what a header carries is: 0 where it would end before it starts. */
function payloadLength(g: Generator, start: Start, kind: number, node: Place): Register {
  const end = payloadEnd(g, start, kind, node);
  const to = payload(g, start, kind, node);
  const beyond = g.emit.label();
  const within = g.emit.label();
  g.compare('jgt', to.register, end.register, false, beyond, within);
  g.emit.place(beyond);
  g.move(to.register, end.register, false);
  g.emit.place(within);
  g.alu('sub', to.register, end.register, to.register, false);
  if (end.owned) g.registers.release(end);
  return to;
}

function payloadEnd(g: Generator, start: Start, kind: number, { header, ends }: Place): Register {
  const name = headersOf(header.type)[kind]!;
  const { end } = headers[name];
  if (end === undefined) throw new TypeError(`${name} does not say how long it is`);
  if (end === 'network') return placeIn(g, start, header.type, ends!);
  const length = field(g, start, fieldRow(name, end.field));
  const to = length.owned ? length : g.take();
  if (end.open === true) {
    g.move(to.register, length.register, false);
    endBy(g, start.at.register, to.register);
  } else g.alu('add', to.register, length.register, start.at.register, false);
  return to;
}

/** Turns a length that counts from `start` into where it ends: the packet's end on the wire where it is 0. */
function endBy(g: Generator, start: number, length: number): void {
  const wirelen = g.inRegister(lengthOf(g, 'wirelen'));
  const open = g.emit.label();
  const said = g.emit.label();
  const done = g.emit.label();
  g.compare('jeq', length, 0n, false, open, said);
  g.emit.place(open);
  g.move(length, wirelen.register, false);
  g.emit.jump(done);
  g.emit.place(said);
  g.alu('add', length, length, start, false);
  g.emit.place(done);
  if (wirelen.owned) g.registers.release(wirelen);
}
