/** Which registers and words of M[] are in use. Registers are named by their 64-bit numbers. */
import { AA, R0, windowSize } from '../../vm/isa/registers.ts';
import type { Place } from './operand.ts';

/** Thrown where a filter needs more than the machine has; `generate` makes a diagnostic of it. */
export const outOfRegisters = new Error('out of registers');

const memoryWords = 128;
/** BB to HH: free for use beside the window, since nothing here calls. AA carries verdicts. */
const globals = [1, 2, 3, 4, 5, 6, 7].map((n) => AA + n);

export class Registers {
  readonly #free: number[] = [...Array.from({ length: windowSize }, (_, i) => R0 + i), ...globals];
  readonly #words = Array.from({ length: memoryWords }, (_, i) => i);
  /** Windowed registers that PROLOG must declare. */
  windowed = 0;

  get left(): number {
    return this.#free.length;
  }

  /** A register, the lowest that is free. */
  take(): number {
    const register = this.#free.shift();
    if (register === undefined) throw outOfRegisters;
    if (register >= R0) this.windowed = Math.max(this.windowed, register - R0 + 1);
    return register;
  }

  word(): number {
    const word = this.#words.shift();
    if (word === undefined) throw outOfRegisters;
    return word;
  }

  release(place: Place): void {
    if (place.kind === 'memory') insert(this.#words, place.word, (n) => n);
    else insert(this.#free, place.register, order);
  }
}

/** The window first, then the globals. */
const order = (register: number): number => (register >= R0 ? register - R0 : register);

function insert(list: number[], value: number, key: (n: number) => number): void {
  const at = list.findIndex((other) => key(other) > key(value));
  list.splice(at < 0 ? list.length : at, 0, value);
}
