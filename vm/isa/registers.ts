/**
 * The registers of BPF64: numbers, names, widths, and the 64-bit file that holds them. Knows no instruction.
 *
 * A register number has six bits. Bit 5 chooses the width: 0..31 name 32-bit registers, 32..63 their 64-bit twins
 * (A is the low half of AA) and the 128-bit V registers. An 8-bit operand with its top bit set is a pseudo-register:
 * a run of equal bits from the top of 64, for prefix masks.
 */

/** Special registers that LDX, STX, TAX and TXA number from 0: X, Y, then the segment selectors. */
export const specials = ['X', 'Y', 'AS', 'BS', 'CS', 'DS', 'ES'] as const;

export const X = 26;
export const Y = 27;
export const A = 0;
export const AA = 32;
/** First windowed register, 64 bits wide: R0..R17 are 40..57. */
export const R0 = 40;
/** Windowed registers that one function can name. */
export const windowSize = 18;
/** First loop counter: LC0..LC3 are 28..31. */
export const LC0 = 28;
/** First 128-bit register: V0..V3 are 60..63. */
export const V0 = 60;

const letters = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'];
const range = (prefix: string, n: number): string[] => Array.from({ length: n }, (_, i) => `${prefix}${i}`);

/** The segment selectors AS..ES follow the 64 registers, in our numbering only: no instruction word holds these. */
export const AS = 64;

/** Names by register number; 58 and 59 are reserved and have none. */
export const registerNames: readonly (string | undefined)[] = [
  ...letters,
  ...range('W', 18),
  'X',
  'Y',
  ...range('LC', 4),
  ...letters.map((letter) => letter + letter),
  ...range('R', 18),
  undefined,
  undefined,
  ...range('V', 4),
  ...specials.slice(2),
];
/** The register that LDX, STX, TAX and TXA mean by a special number. */
export const specialRegister = (special: number): number => (special < 2 ? X + special : AS + special - 2);

const numbers: ReadonlyMap<string, number> = new Map(
  registerNames.flatMap((name, number) => (name === undefined ? [] : [[name, number] as const])),
);

/** The number of a named register, or undefined. */
export function registerNumber(name: string): number | undefined {
  return numbers.get(name);
}

export const isLoopCounter = (register: number): boolean => register >= LC0 && register < LC0 + 4;
export const isVector = (register: number): boolean => register >= V0 && register < V0 + 4;
export const isWide = (register: number): boolean => register >= 32;
/** The index of a windowed register (R3 and W3: 3), or -1. */
export const windowIndex = (register: number): number => {
  const low = register & 31;
  return register < 58 && low >= 8 && low < 26 ? low - 8 : -1;
};

/** An 8-bit operand that stands for a run of ones or zeroes from the top of 64 bits. */
export const isPseudo = (operand: number): boolean => operand >= 0x80;

/** The 64-bit value of a pseudo-register: bit 6 is the first bit, the low six bits the run's length less one. */
export function pseudoValue(operand: number): bigint {
  const rest = 63n - BigInt(operand & 63);
  const low = (1n << rest) - 1n;
  return (operand & 0x40) === 0 ? low : BigInt.asUintN(64, ~low);
}

/** How a listing writes an 8-bit register operand: a name, or `ones 16`, `zeros 8` for a pseudo-register. */
export function operandName(operand: number): string {
  if (isPseudo(operand)) return `${(operand & 0x40) === 0 ? 'zeros' : 'ones'} ${(operand & 63) + 1}`;
  return registerNames[operand] ?? `r${operand}`;
}

/**
 * The register file: 64-bit slots seen as 32-bit and 64-bit words. Slot n holds registers n and n + 32, so a
 * 32-bit register is the low word of its twin. Little-endian word order is assumed, as in WebAssembly; every
 * engine that Node and the browsers run on has it.
 */
export interface RegisterFile {
  /** Two words a slot, the low one first. */
  readonly u32: Uint32Array;
  readonly i32: Int32Array;
  readonly u64: BigUint64Array;
  readonly i64: BigInt64Array;
}

export function registerFile(slots: number): RegisterFile {
  const buffer = new ArrayBuffer(slots * 8);
  return {
    u32: new Uint32Array(buffer),
    i32: new Int32Array(buffer),
    u64: new BigUint64Array(buffer),
    i64: new BigInt64Array(buffer),
  };
}
