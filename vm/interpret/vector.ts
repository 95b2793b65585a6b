/** V registers: 128 bits in four words of the register file, the lowest first. What the few operations on them do. */
import type { Instruction } from '../isa/codec.ts';
import { wordOf } from './machine.ts';
import type { Lower, Step } from './step.ts';

/** Reads 16 bytes, the first the most significant. */
export function readVector(bytes: Uint8Array, o: number, u32: Uint32Array, d: number): void {
  for (let word = 0; word < 4; word++) {
    const at = o + 12 - word * 4;
    u32[d + word] = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  }
}

/** M[k] holds the high half, M[k + 1] the low one. */
export const vectorFromMemory: Lower = (i, { pc }) => {
  const d = wordOf(i.reg);
  const high = i.k * 2;
  const next = pc + 1;
  return (m) => {
    m.u32[d] = m.memory[high + 2]!;
    m.u32[d + 1] = m.memory[high + 3]!;
    m.u32[d + 2] = m.memory[high]!;
    m.u32[d + 3] = m.memory[high + 1]!;
    return next;
  };
};

export const vectorToMemory: Lower = (i, { pc }) => {
  const from = wordOf(i.reg);
  const high = i.k * 2;
  const next = pc + 1;
  return (m) => {
    m.memory[high] = m.u32[from + 2]!;
    m.memory[high + 1] = m.u32[from + 3]!;
    m.memory[high + 2] = m.u32[from]!;
    m.memory[high + 3] = m.u32[from + 1]!;
    return next;
  };
};

/** What an operation does with two words. */
const bitwise = {
  and: (a: number, b: number): number => a & b,
  or: (a: number, b: number): number => a | b,
  xor: (a: number, b: number): number => a ^ b,
  mov: (a: number): number => a,
} as const;

export function vectorArithmetic(operation: string, i: Instruction, pc: number): Step {
  const d = wordOf(i.reg);
  const a = wordOf(i.jf);
  const next = pc + 1;
  if (operation === 'lsh') return shiftLeft(d, a, i.k, next);
  if (operation === 'rsh') return shiftRight(d, a, i.k, next);
  const b = operation === 'mov' ? a : wordOf(i.jt);
  const combine = bitwise[operation as keyof typeof bitwise];
  return ({ u32 }) => {
    for (let word = 0; word < 4; word++) u32[d + word] = combine(u32[a + word]!, u32[b + word]!);
    return next;
  };
}

/** From the top down, so that a shift in place reads no word that it has written. */
function shiftLeft(d: number, a: number, by: number, next: number): Step {
  const words = by >>> 5;
  const bits = by & 31;
  return ({ u32 }) => {
    for (let word = 3; word >= 0; word--) {
      const high = word >= words ? u32[a + word - words]! : 0;
      const low = word > words ? u32[a + word - words - 1]! : 0;
      u32[d + word] = bits === 0 ? high : (high << bits) | (low >>> (32 - bits));
    }
    return next;
  };
}

function shiftRight(d: number, a: number, by: number, next: number): Step {
  const words = by >>> 5;
  const bits = by & 31;
  return ({ u32 }) => {
    for (let word = 0; word < 4; word++) {
      const low = word + words < 4 ? u32[a + word + words]! : 0;
      const high = word + words < 3 ? u32[a + word + words + 1]! : 0;
      u32[d + word] = bits === 0 ? low : (low >>> bits) | (high << (32 - bits));
    }
    return next;
  };
}

/** JEQ. */
export function vectorEqual(i: Instruction, pc: number): Step {
  const a = wordOf(i.reg);
  const b = wordOf(i.k);
  const yes = pc + 1 + i.jt;
  const no = pc + 1 + i.jf;
  return ({ u32 }) => {
    for (let word = 0; word < 4; word++) if (u32[a + word] !== u32[b + word]) return no;
    return yes;
  };
}
