/**
 * The search for a constant string in the packet, 16 places at a time: where its first byte stands, and its last one as
 * far behind as it must, the bytes between are compared.
 */
import { literalOfByte } from '../validate/literals.ts';
import type { Validated } from '../validate/validated.ts';
import type { Facts } from './facts.ts';
import { FunctionBody, I32, I64, type Label, op } from './wasm.ts';

/** Longer strings are left to the host: they are compared by constants. */
const longest = 256;
const lanes = 16;

/** A search that is written for its string: the call at a pc may use it. */
export type Finders = ReadonlyMap<number, number>;

/** Writes a function for each string that a call of the host's search is known to search for. */
export function writeFinders(
  { code, literals, bindings }: Validated,
  facts: Facts,
  add: (body: FunctionBody) => number,
): Finders {
  const byString = new Map<string, number>();
  const finders = new Map<number, number>();
  for (const [pc, [offset, length]] of facts.constants) {
    if (bindings.functions.get(code[pc]!.k)?.builtin !== 'packet.find') continue;
    const literal = literalOfByte(literals, offset);
    if (literal === undefined || length === 0 || length > longest) continue;
    const from = offset - literal.start;
    // Past the literal's end there may be other bytes of the code.
    if (from + length > literal.data.length) continue;
    const text = literal.data.subarray(from, from + length);
    const key = text.join();
    const known = byString.get(key) ?? add(finder(text));
    byString.set(key, known);
    finders.set(pc, known);
  }
  return finders;
}

/** Takes start, caplen, from and to (64 bits); gives the offset of the first place, or -1. */
function finder(text: Uint8Array): FunctionBody {
  const w = new FunctionBody([I32, I32, I64, I64], [I32]);
  const [start, caplen, from, to] = [0, 1, 2, 3];
  const [at, last, mask, place] = [w.local(I32), w.local(I32), w.local(I32), w.local(I32)];
  const none = w.open('block');
  // It must end within the captured bytes and before `to`.
  w.get(to).get(caplen).op(op.i64_extend_i32_u, op.i64_lt_u).open('if', I32);
  w.get(to).op(op.i32_wrap_i64).else().get(caplen).close();
  w.i32(text.length).op(op.i32_sub).tee(last);
  w.i32(0).op(op.i32_lt_s).brIf(none);
  w.get(from).get(last).op(op.i64_extend_i32_u, op.i64_gt_u).brIf(none);
  w.get(start).get(from).op(op.i32_wrap_i64, op.i32_add).set(at);
  w.get(start).get(last).op(op.i32_add).set(last);

  const few = w.open('block');
  w.get(last)
    .get(at)
    .op(op.i32_sub)
    .i32(lanes - 1)
    .op(op.i32_lt_u)
    .brIf(few);
  const next = w.open('loop');
  w.get(at).vectorLoad(0).splat(text[0]!).vector('i8x16_eq');
  if (text.length > 1)
    w.get(at)
      .vectorLoad(text.length - 1)
      .splat(text.at(-1)!)
      .vector('i8x16_eq', 'and');
  w.vector('i8x16_bitmask').tee(mask).open('if');
  const candidate = w.open('loop');
  w.get(at).get(mask).op(op.i32_ctz, op.i32_add).set(place);
  const other = w.open('block');
  compare(w, text, place, 1, text.length - 1, other);
  w.get(place).get(start).op(op.i32_sub, op.return);
  w.close();
  w.get(mask).get(mask).i32(1).op(op.i32_sub, op.i32_and).tee(mask).brIf(candidate);
  w.close();
  w.close();
  // All places that are left, or the last 16, some of them once more.
  w.get(at)
    .get(last)
    .i32(lanes - 1)
    .op(op.i32_sub)
    .op(op.i32_eq)
    .brIf(none);
  w.get(at).i32(lanes).op(op.i32_add).tee(at);
  w.get(last)
    .i32(lanes - 1)
    .op(op.i32_sub)
    .tee(place);
  w.get(at).get(place).op(op.i32_lt_u, op.select).set(at);
  w.br(next);
  w.close();
  w.close();

  const one = w.open('loop');
  w.get(at).memory(op.i32_load8_u, 0).i32(text[0]!).op(op.i32_eq).open('if');
  const differs = w.open('block');
  compare(w, text, at, 1, text.length, differs);
  w.get(at).get(start).op(op.i32_sub, op.return);
  w.close();
  w.close();
  w.get(at).i32(1).op(op.i32_add).tee(at).get(last).op(op.i32_le_u).brIf(one);
  w.close();
  w.close();
  w.i32(-1);
  return w;
}

/** Branches where the bytes from `first` up to `end` of a string do not stand at a place. */
function compare(w: FunctionBody, text: Uint8Array, place: number, first: number, end: number, differ: Label): void {
  const view = new DataView(text.buffer, text.byteOffset, text.length);
  for (let at = first; at < end; ) {
    const left = end - at;
    w.get(place);
    if (left >= 8) w.memory(op.i64_load, at).i64(view.getBigUint64(at, true)).op(op.i64_ne);
    else if (left >= 4) w.memory(op.i32_load, at).i32(view.getUint32(at, true)).op(op.i32_ne);
    else if (left >= 2) w.memory(op.i32_load16_u, at).i32(view.getUint16(at, true)).op(op.i32_ne);
    else w.memory(op.i32_load8_u, at).i32(text[at]!).op(op.i32_ne);
    w.brIf(differ);
    at += left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1;
  }
}
