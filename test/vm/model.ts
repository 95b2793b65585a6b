/**
 * A second machine, written from isa.md alone: plain BigInt, one packet, no speed. It takes words apart by itself and
 * shares nothing with vm/, so that a mistake in the table, the codec or the arithmetic shows as a difference.
 * Programs that the validator let through; `isModelled` says of which instructions.
 */
import type { Word } from '../../vm/index.ts';

export interface Run {
  readonly packet: Uint8Array;
  readonly wirelen: number;
  readonly allowWrite: boolean;
  readonly loopCap: number;
  readonly budget: number;
  /** The first instruction; 0 where it is left out. */
  readonly entry?: number;
}

export interface Outcome {
  readonly verdict: number;
  readonly fault: { readonly code: number; readonly pc: number; readonly argument: number } | undefined;
  readonly register: (number: number) => bigint;
  readonly packet: Uint8Array;
  /** Instructions that ran. */
  readonly steps: number;
  /** Backward jumps that were taken. */
  readonly door: number;
  /** Windowed registers that the function has in which the run ended: others hold nothing that can be said. */
  readonly open: number;
}

/** A function that runs: its window, the bodies in it, and what its caller gets of it. */
interface Activation {
  readonly window: bigint[];
  readonly loops: { count: bigint; body: number; after: number }[];
  open: number;
  readonly shift: number;
  readonly inputs: number;
  readonly after: number;
}

/** Whether the model has an instruction: none of segments, host functions, literals, tables and V registers. */
export function isModelled({ code: c, jt, jf, k }: Word): boolean {
  const cls = c & 7;
  const isV = (register: number): boolean => register >= 60 && register < 64;
  if (cls <= 3) {
    const isRodata = (c & 0xe0) === 0 && (c & 0x100) !== 0;
    const isIndexed = (c & 0xe0) === 0x40 || (c & 0xe0) === 0xe0;
    return (c & 0x200) === 0 && !isRodata && !(isIndexed && isV(jt)) && !((cls & 1) === 0 && isV(32 + (c >> 11)));
  }
  if (cls === 4) return !isV(c >> 10) && ((c & 0x100) === 0 || (!isV(jf) && ((c & 8) === 0 || !isV(jt))));
  if (cls === 5) return (c & 0xf0) !== 0x50 && !isV(c >> 10) && ((c & 0x100) === 0 || !isV(k));
  if (cls === 6) return (c & 0xff) !== 0x26 || (c & 0x200) === 0;
  return (c & 0xff) === 0x07 || (c & 0xff) === 0x87;
}

const low = (v: bigint, bits: number): bigint => BigInt.asUintN(bits, v);
const sign = (v: bigint, bits: number): bigint => BigInt.asIntN(bits, v);

/** An 8-bit operand from 0x80: a run of (low six bits + 1) bits, each bit 6, then the opposite to the end of 64. */
export function pseudo(operand: number): bigint {
  const first = (operand & 0x40) === 0 ? '0' : '1';
  const run = (operand & 0x3f) + 1;
  return BigInt(`0b${first.repeat(run)}${(first === '0' ? '1' : '0').repeat(64 - run)}`);
}

/** ALU, by the op in bits 7..4: a op b at a width; undefined for a division by zero. */
export function compute(op: number, width: number, a: bigint, b: bigint): bigint | undefined {
  const w = BigInt(width);
  const [x, y] = [low(a, width), low(b, width)];
  const [sx, sy] = [sign(a, width), sign(b, width)];
  if ([3, 9, 14, 15].includes(op) && y === 0n) return undefined;
  const results: Record<number, () => bigint> = {
    0: () => x + y,
    1: () => x - y,
    2: () => x * y,
    3: () => x / y,
    4: () => x | y,
    5: () => x & y,
    6: () => (y >= w ? 0n : x << y),
    7: () => (y >= w ? 0n : x >> y),
    8: () => -x,
    9: () => x % y,
    10: () => x ^ y,
    11: () => y,
    12: () => sx >> (y >= w ? w - 1n : y),
    14: () => sx / sy,
    15: () => sx % sy,
  };
  return low(results[op]!(), width);
}

/** JMP, by the op in bits 7..4. */
export function compare(op: number, width: number, a: bigint, b: bigint): boolean {
  const [x, y] = [low(a, width), low(b, width)];
  const [sx, sy] = [sign(a, width), sign(b, width)];
  return { 1: x === y, 2: x > y, 3: x >= y, 4: (x & y) !== 0n, 6: sx > sy, 7: sx >= sy }[op]!;
}

/** ENDIAN: to little truncates, to big and S swap the low `bits`. */
export function swapped(v: bigint, bits: number, swap: boolean): bigint {
  const digits = low(v, bits)
    .toString(16)
    .padStart(bits / 4, '0');
  const bytes = digits.match(/../g)!;
  return BigInt(`0x${(swap ? bytes.reverse() : bytes).join('')}`);
}

export function interpret(code: readonly Word[], run: Run): Outcome {
  const registers: bigint[] = Array(32).fill(0n);
  const selectors: bigint[] = Array(5).fill(0n);
  const memory: bigint[] = Array(128).fill(0n);
  const packet = run.packet.slice();
  const newActivation = (shift: number, inputs: number, after: number): Activation => ({
    window: Array(18).fill(0n),
    loops: [],
    open: 0,
    shift,
    inputs,
    after,
  });
  const callers: Activation[] = [];
  let here = newActivation(0, 0, -1);
  let budget = run.budget;
  let door = 0;
  let pc = run.entry ?? 0;
  let steps = 0;

  const get = (r: number): bigint => {
    if (r >= 0x80) return pseudo(r);
    if (r >= 28 && r <= 31) return here.loops.at(-1 - (r - 28))!.count;
    const index = r & 31;
    const whole = index >= 8 && index < 26 ? here.window[index - 8]! : registers[index]!;
    return low(whole, r < 32 ? 32 : 64);
  };
  const set = (r: number, v: bigint): void => {
    const index = r & 31;
    const value = low(v, r < 32 ? 32 : 64);
    if (index >= 8 && index < 26) here.window[index - 8] = value;
    else registers[index] = value;
  };
  const getSpecial = (n: number): bigint => (n < 2 ? get(26 + n) : selectors[n - 2]!);
  const setSpecial = (n: number, v: bigint): void => {
    if (n < 2) set(26 + n, v);
    else selectors[n - 2] = low(v, 16);
  };
  const end = (verdict: number, fault?: number): Outcome => ({
    verdict,
    fault: fault === undefined ? undefined : { code: fault, pc, argument: fault === 13 ? Number(get(0)) : 0 },
    register: (n) => (n >= 64 ? selectors[n - 64]! : get(n)),
    packet,
    steps,
    door,
    open: here.open,
  });
  /** Takes a unit off the budget; false where there is none. */
  const charge = (): boolean => budget-- >= 1;

  for (;;) {
    const { code: c, jt, jf, k } = code[pc]!;
    const cls = c & 7;
    const op = (c >> 4) & 15;
    const isX = (c & 8) !== 0;
    const imm = sign(BigInt(k), 32);
    steps++;

    if (cls <= 3) {
      const reg5 = c >> 11;
      const special = (cls & 1) === 1;
      const isLoad = cls <= 1;
      const bytes = { 0: 4, 8: 2, 16: 1, 24: 8 }[c & 0x18]!;
      const mode = c & 0xe0;
      const little = (c & 0x100) !== 0;
      const signed = (c & 0x400) !== 0;
      const index = { 64: get(jt === 0 ? 26 : jt), 224: get(jt === 0 ? 26 : jt), 192: get(27) }[mode] ?? 0n;
      const at = index + BigInt(k);
      const isPacket = mode === 0x20 || mode === 0x40 || mode === 0xc0 || mode === 0xa0 || mode === 0xe0;
      if (isPacket && !isLoad && !run.allowWrite) return end(0, 3);
      if (isPacket && at + BigInt(bytes) > BigInt(packet.length)) return end(0, 1);
      if (isPacket && at < BigInt(door)) return end(0, 15);
      const offset = Number(isPacket ? at : 0n);
      if (isLoad) {
        let v = 0n;
        if (mode === 0) v = BigInt(k);
        else if (mode === 0x60) v = low(memory[k]!, bytes * 8);
        else if (mode === 0x80) v = BigInt(little ? packet.length : run.wirelen);
        else if (mode === 0xa0 || mode === 0xe0) v = 4n * BigInt(packet[offset]! & 15);
        else {
          const part = [...packet.subarray(offset, offset + bytes)];
          for (const byte of little ? part.reverse() : part) v = v * 256n + BigInt(byte);
        }
        if (signed) v = sign(v, bytes * 8);
        if (special) setSpecial(reg5, v);
        else set(32 + reg5, v);
      } else {
        const v = special ? getSpecial(reg5) : get(32 + reg5);
        if (mode === 0) memory[k] = low(v, bytes * 8);
        else
          for (let i = 0; i < bytes; i++) {
            const shift = BigInt(8 * (little ? i : bytes - 1 - i));
            packet[offset + i] = Number((v >> shift) & 0xffn);
          }
      }
      pc++;
    } else if (cls === 4) {
      const d = c >> 10;
      const width = d < 32 ? 32 : 64;
      const three = (c & 0x100) !== 0;
      const a = get(three ? jf : d);
      if (op === 13) set(d, swapped(a, k, isX || (c & 0x200) !== 0));
      else {
        const constant = (c & 0x200) !== 0 ? imm : BigInt(k);
        const b = op === 11 && three ? a : isX ? get(three ? jt : 26) : constant;
        const v = compute(op, width, a, b);
        if (v === undefined) return end(0, 4);
        set(d, v);
      }
      pc++;
    } else if (cls === 5) {
      if (op === 0) {
        if (imm < 0n) {
          if (!charge()) return end(0, 11);
          if (door + 1 > packet.length) return end(0, 15);
          door++;
        }
        pc += 1 + Number(imm);
      } else {
        const r = c >> 10;
        const constant = (c & 0x200) !== 0 ? imm : BigInt(k);
        const b = (c & 0x100) !== 0 ? get(k) : isX ? get(26) : constant;
        pc += 1 + (compare(op, r < 32 ? 32 : 64, get(r), b) ? jt : jf);
      }
    } else if (cls === 6) {
      const value = c & 0x18;
      if ((c & 0xe0) === 0) {
        const name = ['ok', 'next', 'last', 'return', 'error'][c >> 8]!;
        if (value !== 0x10) set(0, value === 0 ? BigInt(k) : get(26));
        if (name === 'error') return end(0, 13);
        const { loops } = here;
        if (name === 'return' || loops.length === 0) {
          const caller = callers.pop();
          if (caller === undefined) return end(Number(get(0)));
          const { window, shift, inputs, after } = here;
          here = caller;
          for (let i = shift; i < 18; i++) here.window[i] = i < shift + inputs ? window[i - shift]! : 0n;
          pc = after;
          continue;
        }
        for (let i = 0; i < jt; i++) loops.pop();
        const loop = loops.at(-1)!;
        const passes = name === 'next' ? get(0) : 1n;
        if (passes === 0n) return end(0, 9);
        if (name === 'last' || loop.count <= passes) {
          pc = loop.after;
          loops.pop();
        } else {
          loop.count -= passes;
          if (!charge()) return end(0, 11);
          pc = loop.body;
        }
      } else if ((c & 0xe0) === 0x20) {
        if (!charge()) return end(0, 11);
        const target = pc + 1 + Number(imm);
        const first = code[target]!;
        const callee = newActivation(c >> 11, (first.code & 0xe7) === 0x46 ? first.jf : 0, pc + 1);
        for (let i = 0; i < callee.inputs; i++) callee.window[i] = here.window[callee.shift + i]!;
        callers.push(here);
        here = callee;
        pc = target;
      } else if ((c & 0xe0) === 0x40) {
        here.open = jf + ((c >> 8) & 31) + jt;
        here.window.fill(0n, jf);
        pc++;
      } else {
        const count = value === 0 ? BigInt(k) : value === 8 ? get(26) : get(32);
        if (count > BigInt(run.loopCap)) return end(0, 10);
        if (count === 0n) pc++;
        else {
          if (!charge()) return end(0, 11);
          here.loops.push({ count, body: pc + 1 + jt, after: pc + 1 });
          pc = here.loops.at(-1)!.body;
        }
      }
    } else {
      const special = (c >> 8) & 7;
      if ((c & 0x80) === 0) setSpecial(special, get(c >> 11));
      else set(c >> 11, getSpecial(special));
      pc++;
    }
  }
}
