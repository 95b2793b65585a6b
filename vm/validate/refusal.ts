/** What the validator says of a program that it does not let through. */
import type { FaultCode } from '../host/faults.ts';

export interface Refusal {
  /** Stable, for programs: `opcode-unknown`, `jump-range`, … */
  readonly code: string;
  /** The fault that this would be if it were met in a run. */
  readonly fault: FaultCode;
  readonly pc: number;
  /** Names the thing, the limit and the place. */
  readonly message: string;
}

/** Refusals that are kept; of those past it only the number is told, so that a hostile program costs little. */
export const maxRefusals = 100;

/** Collects what is wrong with one program. */
export class Refusals {
  readonly #list: Refusal[] = [];
  #count = 0;
  #more = 0;

  get count(): number {
    return this.#count;
  }

  /** The message is made only where it is kept. */
  refuse(code: string, fault: FaultCode, pc: number, message: () => string): void {
    this.#count++;
    if (this.#count > maxRefusals) this.#more = this.#count === maxRefusals + 1 ? pc : this.#more;
    else this.#list.push({ code, fault, pc, message: message() });
  }

  /** The refusals; the last one says how many were left out. */
  all(): readonly Refusal[] {
    const left = this.#count - this.#list.length;
    if (left === 0) return this.#list;
    const message = `… and ${left} more, the first at instruction ${this.#more}; ${maxRefusals} are reported`;
    return [...this.#list, { code: 'more', fault: 14, pc: this.#more, message }];
  }
}
