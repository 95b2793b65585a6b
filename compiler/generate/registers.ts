/** Which registers and words of M[] are in use. Registers are named by their 64-bit numbers. */
import { AA, R0, windowSize } from '../../vm/isa/registers.ts';
import type { Place } from './operand.ts';

/** Thrown where a filter needs more than the machine has; `generate` makes a diagnostic of it. */
export const outOfRegisters = new Error('out of registers');

const memoryWords = 128;
/**
 * BB to HH: free for use in what calls no function, and before the window, which PROLOG has to open. AA carries
 * verdicts, counts and results.
 */
const globals = [1, 2, 3, 4, 5, 6, 7].map((n) => AA + n);

/** Registers that locals and cached headers leave for the values of an expression, and those that one step may need. */
const reserve = 8;
const few = 4;

export interface RegisterOptions {
  readonly inputs: number;
  readonly calls: boolean;
  readonly firstWord: number;
  readonly isFrugal: boolean;
}

export class Registers {
  readonly #free: number[];
  readonly #words: number[];
  /** Registers that PROLOG must declare. */
  windowed: number;
  /** Whether registers are kept for what is being computed: all that lives longer is in M[]. */
  readonly isFrugal: boolean;
  /** Words of M[] that this function and those it calls use. */
  wordsEnd: number;

  /**
   * `inputs` registers are taken by parameters and results, words below `firstWord` by functions that are called. A
   * frugal one is for what needs too many registers otherwise.
   */
  constructor({ inputs, calls, firstWord, isFrugal }: RegisterOptions) {
    this.isFrugal = isFrugal;
    const window = Array.from({ length: windowSize }, (_, i) => R0 + i);
    this.#free = [...(calls ? [] : globals), ...window.slice(inputs)];
    this.#words = Array.from({ length: memoryWords - firstWord }, (_, i) => firstWord + i);
    this.windowed = inputs;
    this.wordsEnd = firstWord;
  }

  get left(): number {
    return this.#free.length;
  }

  /** Whether something that is to live long may have a register. */
  get roomy(): boolean {
    if (this.#words.length === 0) return this.left > few;
    return !this.isFrugal && this.left > reserve;
  }

  /** Whether what waits for another value is better kept in M[]. */
  get isTight(): boolean {
    return this.#words.length > 0 && (this.isFrugal || this.left <= few);
  }

  /** A register, the first that is free. */
  take(): number {
    const register = this.#free.shift();
    if (register === undefined) throw outOfRegisters;
    if (register >= R0) this.windowed = Math.max(this.windowed, register - R0 + 1);
    return register;
  }

  /** Takes these registers of the window, which are free. */
  claim(registers: readonly number[]): void {
    for (const register of registers) {
      this.#free.splice(this.#free.indexOf(register), 1);
      this.windowed = Math.max(this.windowed, register - R0 + 1);
    }
  }

  /** Registers of the window that are taken. */
  taken(): number[] {
    const all = Array.from({ length: windowSize }, (_, i) => R0 + i);
    return all.filter((register) => !this.#free.includes(register));
  }

  word(): number {
    const word = this.#words.shift();
    if (word === undefined) throw outOfRegisters;
    this.wordsEnd = Math.max(this.wordsEnd, word + 1);
    return word;
  }

  /** AA is nobody's: what is in it is used at once. */
  release(place: Place): void {
    if (place.kind === 'memory') insert(this.#words, place.word);
    else if (place.register !== AA) insert(this.#free, place.register);
  }
}

function insert(list: number[], value: number): void {
  if (list.includes(value)) throw new TypeError(`${value} is released twice`);
  const at = list.findIndex((other) => other > value);
  list.splice(at < 0 ? list.length : at, 0, value);
}
