/**
 * Strings: constants, which are numbers while the program runs, and slices of the packet, an offset with the length
 * above it. They are compared byte by byte only where one is a slice.
 */
import { AA } from '../../vm/isa/registers.ts';
import type { Expression } from '../check/tree.ts';
import { has, integer, isU32, only, SLICE, STRING, TEXT, without } from '../check/types.ts';
import { callHost } from './calls.ts';
import type { Label } from './emitter.ts';
import { asInteger, integerOf, type Register, unowned, value, wrongKind } from './expressions.ts';
import type { Generator } from './generator.ts';
import { lengthOf } from './locate.ts';
import { type Held, NIL_CODE, type Operand, SLICE_TAG, STRING_TAG, TRUE_CODE } from './operand.ts';
import { searchIn } from './packets.ts';

type Node<Kind extends Expression['kind']> = Expression & { readonly kind: Kind };

/** Goes to code of its own for each constant string that an operand can be; what each writes ends or jumps. */
export function chooseText(g: Generator, operand: Operand, write: (text: string) => void): void {
  if (operand.kind === 'constant') return write(String(operand.value));
  const { strings } = operand.type;
  const at = g.inRegister({ ...operand.at, owned: false });
  for (const [i, text] of strings.entries()) {
    const is = g.emit.label();
    const next = g.emit.label();
    if (i === strings.length - 1) g.emit.jump(is);
    else g.compare('jeq', at.register, BigInt(g.unit.textNumber(text)), false, is, next);
    g.emit.place(is);
    write(text);
    g.emit.place(next);
  }
  if (at.owned) g.registers.release(at);
}

/** Runs `use` on a slice's offset and length in two registers. */
export function withSlice(g: Generator, { at }: Held, use: (offset: Register, length: Register) => void): void {
  const word = g.inRegister({ ...at, owned: false });
  const offset = g.take();
  const length = g.take();
  g.move(offset.register, word.register, false);
  g.alu('rsh', length.register, word.register, 32n, true);
  use({ ...offset, owned: false }, { ...length, owned: false });
  for (const place of [offset, length, word]) if (place.owned) g.registers.release(place);
}

/** `pkt:bytes(o, n)`: its bounds are looked at here and nowhere else. */
export function sliceOf(g: Generator, node: Node<'bytes'>): Operand {
  const at = g.park(value(g, node.offset));
  const size = value(g, node.length);
  const what = 'bad argument, a number is wanted but it is';
  const offset = asInteger(g, at, node.offset, what);
  const length = asInteger(g, size, node.length, what);
  const outside = g.region.outside(node.span);
  if (length.type.low < 0n) {
    const negative = g.cold('the length of a slice is negative', node.span);
    const fine = g.emit.label();
    const register = g.register(unowned(length));
    g.compare('jsge', register.register, 0n, true, fine, negative);
    if (register.owned) g.registers.release(register);
    g.emit.place(fine);
  }
  const a = g.register(offset);
  const n = g.register(length);
  const caplen = g.inRegister(lengthOf(g, 'caplen'));
  const rest = g.take();
  const fits = g.emit.label();
  const inside = g.emit.label();
  // n is natural by now; a negative offset is a huge one.
  g.compare('jgt', n.register, caplen.register, true, outside, fits);
  g.emit.place(fits);
  g.alu('sub', rest.register, caplen.register, n.register, true);
  g.compare('jgt', a.register, rest.register, true, outside, inside);
  g.emit.place(inside);
  g.alu('lsh', rest.register, n.register, 32n, true);
  g.alu('or', rest.register, rest.register, a.register, true);
  for (const place of [a, n, caplen]) if (place.owned) g.registers.release(place);
  return { kind: 'plain', at: rest, type: node.type };
}

/** `#s`. */
export function sizeOf(g: Generator, node: Node<'size'>): Operand {
  const operand = value(g, node.operand) as Held;
  const others = without(operand.type, TEXT);
  const result = g.storage(node.type) as Held;
  const done = g.emit.label();
  const bad = others.atoms === 0 ? undefined : g.cold(`attempt to get length of ${wrongKind(others)}`, node.span);
  ifText(g, operand, STRING, (text) => {
    chooseText(g, text, (each) => {
      g.store(result, { kind: 'constant', value: BigInt(each.length), type: integer() });
      g.emit.jump(done);
    });
  });
  ifText(g, operand, SLICE, (text) => {
    withSlice(g, text, (_, length) => g.store(result, { kind: 'plain', at: length, type: node.type }));
    g.emit.jump(done);
  });
  if (bad !== undefined) g.emit.jump(bad);
  g.emit.place(done);
  g.release(operand);
  return { ...result, at: { ...result.at, owned: true } };
}

/** Runs `walk` where an operand is a string of one kind, and goes on where it is not. */
function ifText(g: Generator, operand: Held, atom: number, walk: (text: Held) => void): void {
  if (!has(operand.type, atom)) return;
  const text: Held = { kind: 'plain', at: { ...operand.at, owned: false }, type: only(operand.type, atom) };
  const is = g.emit.label();
  const next = g.emit.label();
  if (operand.kind === 'pair') {
    const tag = g.inRegister({ ...operand.tag, owned: false });
    g.compare('jeq', tag.register, BigInt(atom === STRING ? STRING_TAG : SLICE_TAG), false, is, next);
    if (tag.owned) g.registers.release(tag);
  } else if (has(operand.type, ~atom)) g.branchCoded(operand.at, TRUE_CODE, next, is);
  else g.emit.jump(is);
  g.emit.place(is);
  walk(text);
  g.emit.place(next);
}

/** `s == "text"`. */
export function equalText(g: Generator, operand: Operand, text: string, yes: Label, no: Label): void {
  if (operand.kind === 'constant') return g.emit.jump(operand.value === text ? yes : no);
  if (operand.type.strings.includes(text))
    ifText(g, operand, STRING, ({ at }) => {
      const register = g.inRegister(at);
      g.compare('jeq', register.register, BigInt(g.unit.textNumber(text)), false, yes, no);
      if (register.owned) g.registers.release(register);
    });
  ifText(g, operand, SLICE, (slice) => {
    withSlice(g, slice, (offset, length) => {
      const fine = g.emit.label();
      g.compare('jeq', length.register, BigInt(text.length), false, fine, no);
      g.emit.place(fine);
      equalBytes(g, offset.register, 0, text, no);
      g.emit.jump(yes);
    });
  });
  g.emit.jump(no);
}

/** Goes on where the packet has a text at an offset, all of it captured; else to `no`. */
function equalBytes(
  g: Generator,
  offset: number | undefined,
  k: number,
  given: string,
  no: Label,
  nocase = false,
): void {
  const index = offset === undefined ? undefined : { register: offset, wide: false };
  const text = nocase ? given.replace(/[A-Z]/g, (letter) => letter.toLowerCase()) : given;
  const word = g.take();
  for (let at = 0; at < text.length; ) {
    const size = ([8, 4, 2, 1] as const).find((bytes) => bytes <= text.length - at)!;
    const wanted = [...text.slice(at, at + size)].reduce((sum, byte) => sum * 256n + BigInt(byte.charCodeAt(0)), 0n);
    const fine = g.emit.label();
    // The bit that tells a capital letter from a small one, where a letter is wanted.
    const caseBits = [...text.slice(at, at + size)].reduce(
      (sum, byte) => sum * 256n + (nocase && /[a-z]/.test(byte) ? 0x20n : 0n),
      0n,
    );
    g.load(word.register, { size }, index, k + at);
    if (caseBits !== 0n) g.alu('or', word.register, word.register, caseBits, size === 8);
    g.compare('jeq', word.register, BigInt.asIntN(64, wanted), size === 8, fine, no);
    g.emit.place(fine);
    at += size;
  }
  g.registers.release(word);
}

/** `pkt:starts(o, s)`, `pkt:starts_nocase(o, s)`: false where it would pass the captured bytes. */
export function starts(g: Generator, node: Node<'starts'>, yes: Label, no: Label): void {
  const { text, nocase } = node;
  const offset = integerOf(g, node.offset, 'bad argument, a number is wanted but it is');
  const caplen = g.inRegister(lengthOf(g, 'caplen'));
  const size = BigInt(text.length);
  const fine = g.emit.label();
  const inside = g.emit.label();
  if (offset.kind === 'constant') {
    const k = offset.value as bigint;
    if (k < 0n || k + size > 0x7fffffffn) g.emit.jump(no);
    else g.compare('jge', caplen.register, k + size, false, inside, no);
    g.emit.place(inside);
    equalBytes(g, undefined, Number(BigInt.asUintN(31, k)), text, no, nocase);
  } else {
    const at = g.index(offset);
    const rest = g.take();
    g.compare('jge', caplen.register, size, false, fine, no);
    g.emit.place(fine);
    g.alu('sub', rest.register, caplen.register, size, false);
    g.compare('jgt', at.register, rest.register, !isU32(offset.type), no, inside);
    g.emit.place(inside);
    g.registers.release(rest);
    equalBytes(g, at.register, 0, text, no, nocase);
    if (at.owned) g.registers.release(at);
  }
  if (caplen.owned) g.registers.release(caplen);
  g.emit.jump(yes);
}

/** `pkt:find(s, from, to)`: the host searches. */
export function find(g: Generator, node: Node<'find'>): Operand {
  const what = 'bad argument, a number is wanted but it is';
  const inner = node.packet && searchIn(g, node.packet);
  const first = g.park(value(g, node.from));
  const second = node.to === undefined ? undefined : value(g, node.to);
  const from = asInteger(g, first, node.from, what);
  const to = second === undefined ? undefined : asInteger(g, second, node.to!, what);
  const result = g.take();
  const done = g.emit.label();
  if (from.type.low < 0n) {
    const fine = g.emit.label();
    const at = g.register(unowned(from));
    g.compare('jsge', at.register, 0n, true, fine, g.cold('a search begins at a negative offset', node.span));
    if (at.owned) g.registers.release(at);
    g.emit.place(fine);
  }
  g.constant(result.register, BigInt(NIL_CODE));
  if (to !== undefined && to.type.low < 0n) {
    // Nothing stands before the packet.
    const fine = g.emit.label();
    const at = g.register(unowned(to));
    g.compare('jsge', at.register, 0n, true, fine, done);
    if (at.owned) g.registers.release(at);
    g.emit.place(fine);
  }
  const start = g.wordFor(inner === undefined ? from : inner.shift(from));
  const end = to === undefined ? lengthOf(g, 'caplen') : g.wordFor(inner === undefined ? to : inner.shift(to));
  callHost(g, { name: 'packet.find' }, [...g.literal(node.text), start, end], {
    registers: [result.register],
    take: (isThere) => {
      const some = g.emit.label();
      const none = g.emit.label();
      g.compare('jeq', isThere, 0n, false, none, some);
      g.emit.place(none);
      g.constant(AA, BigInt(NIL_CODE));
      g.emit.place(some);
      g.move(result.register, AA, true);
    },
  });
  g.emit.place(done);
  inner?.back(result);
  return { kind: 'plain', at: result, type: node.type };
}

/** Equality of two values of which neither is constant and one may be a slice; `rest` compares all but strings. */
export function equalTexts(g: Generator, left: Held, right: Held, rest: () => void, yes: Label, no: Label): void {
  for (const [side, other] of [
    [left, right],
    [right, left],
  ] as const)
    ifText(g, side, STRING, (text) => chooseText(g, text, (each) => equalText(g, other, each, yes, no)));
  ifText(g, left, SLICE, (a) => {
    ifText(g, right, SLICE, (b) => equalSlices(g, a, b, yes, no));
    g.emit.jump(no);
  });
  rest();
}

/** Compares two slices of the packet, a byte a pass. */
function equalSlices(g: Generator, a: Held, b: Held, yes: Label, no: Label): void {
  withSlice(g, a, (at, length) =>
    withSlice(g, b, (other, size) => {
      const same = g.emit.label();
      g.compare('jeq', length.register, size.register, false, same, no);
      g.emit.place(same);
      // The length of `b` is not needed any more: 1 where a pass has found a difference.
      const body = g.emit.label();
      const after = g.emit.label();
      g.move(AA, length.register, false);
      g.constant(size.register, 0n);
      g.emit.loop('AA', body, g.region.depth);
      g.emit.jump(after);
      g.emit.place(body);
      g.body(() => {
        // The length is in AA by now.
        const [left, right] = [length, g.take()];
        const equal = g.emit.label();
        const differ = g.emit.label();
        g.load(left.register, { size: 1 }, { register: at.register, wide: false }, 0);
        g.load(right.register, { size: 1 }, { register: other.register, wide: false }, 0);
        g.alu('add', at.register, at.register, 1n, false);
        g.alu('add', other.register, other.register, 1n, false);
        g.compare('jeq', left.register, right.register, false, equal, differ);
        g.emit.place(equal);
        g.region.nextPass();
        g.emit.place(differ);
        g.constant(size.register, 1n);
        g.region.lastPass();
        g.registers.release(right);
      });
      g.emit.place(after);
      g.compare('jeq', size.register, 0n, false, yes, no);
    }),
  );
}
