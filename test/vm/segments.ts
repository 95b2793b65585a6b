/**
 * A second machine for segments alone, written from isa.md: bytes as lists, values as BigInt, words taken apart by hand.
 * Straight code of constants, copies to selectors, and accesses to segments; EXIT ends it.
 */
import type { Word } from '../../vm/index.ts';

export interface ModelSegment {
  readonly bytes: number[];
  readonly readable: boolean;
  readonly writable: boolean;
}

export interface SegmentOutcome {
  readonly fault: { readonly code: number; readonly pc: number } | undefined;
  /** By number: 0..63 as instructions name them, 64..68 the selectors. */
  readonly registers: ReadonlyMap<number, bigint>;
}

const bits = (value: bigint, count: number): bigint => BigInt.asUintN(count, value);

export function runSegments(code: readonly Word[], segments: ReadonlyMap<number, ModelSegment>): SegmentOutcome {
  /** 64-bit registers by their number from 32 on, X and Y by 26 and 27, selectors from 64 on. */
  const registers = new Map<number, bigint>();
  const get = (number: number): bigint => {
    if (number === 26 || number === 27 || number >= 32) return registers.get(number) ?? 0n;
    return bits(registers.get(number + 32) ?? 0n, 32);
  };
  const special = (number: number): number => (number < 2 ? 26 + number : 62 + number);
  const set = (number: number, value: bigint): void => {
    registers.set(number, bits(value, number >= 64 ? 16 : number < 32 ? 32 : 64));
  };
  for (let pc = 0; ; pc++) {
    const { code: c, jt, jf, k } = code[pc]!;
    if ((c & 7) === 6) return { fault: undefined, registers };
    if ((c & 7) === 7) {
      set(special((c >> 8) & 7), get(c >> 11));
      continue;
    }
    const isLoad = (c & 2) === 0;
    const register = (c & 1) === 0 ? 32 + (c >> 11) : special(c >> 11);
    const signed = (c & 0x400) !== 0;
    if ((c & 0x200) === 0) {
      set(register, signed ? BigInt.asIntN(32, BigInt(k)) : BigInt(k));
      continue;
    }
    const fault = (number: number) => ({ fault: { code: number, pc }, registers });
    const number = jf < 250 ? jf : Number(get(64 + jf - 250));
    const segment = segments.get(number);
    if (segment === undefined) return fault(2);
    const mode = c & 0xe0;
    if (mode === 0x80) {
      set(register, BigInt(segment.bytes.length));
      continue;
    }
    const size = [4, 2, 1, 8][(c >> 3) & 3]!;
    const isAtomic = !isLoad && jt > 0;
    if ((isLoad || isAtomic) && !segment.readable) return fault(3);
    if (!isLoad && !segment.writable) return fault(3);
    const index = mode === 0x20 ? 0n : mode === 0xc0 ? get(27) : isLoad && jt > 0 ? get(jt) : get(26);
    const at = index + BigInt(k);
    if (at + BigInt(size) > BigInt(segment.bytes.length)) return fault(2);
    if (isAtomic && at % BigInt(size) !== 0n) return fault(2);
    const from = Number(at);
    const old = segment.bytes.slice(from, from + size).reduceRight((value, byte) => value * 256n + BigInt(byte), 0n);
    if (isLoad) {
      set(register, signed ? BigInt.asIntN(size * 8, old) : old);
      continue;
    }
    const value = bits(get(register), size * 8);
    let stored: bigint | undefined = value;
    if (jt === 1) stored = old + value;
    if (jt === 2) stored = old | value;
    if (jt === 3) stored = old & value;
    if (jt === 4) stored = old ^ value;
    if (jt === 6 && bits(get(32), size * 8) !== old) stored = undefined;
    if (stored !== undefined)
      for (let i = 0; i < size; i++) segment.bytes[from + i] = Number((stored >> BigInt(8 * i)) & 255n);
    if (jt === 5) set(register, old);
    if (jt === 6) set(32, old);
  }
}
