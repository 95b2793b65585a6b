/** Which registers hold what is known, and for how long. Nothing is ever written to them while they do. */
import type { Local } from '../check/tree.ts';
import type { Fact, Facts } from './facts.ts';
import { type Operand, type Place, placesOf } from './operand.ts';
import type { Registers } from './registers.ts';
import type { Repeats } from './repeats.ts';

const isSame = (a: Place, b: Place): boolean =>
  a.kind === 'register' ? b.kind === 'register' && a.register === b.register : b.kind === 'memory' && a.word === b.word;

export class Kept {
  readonly #registers: Registers;
  readonly #repeats: Repeats;
  readonly #facts = new Set<Fact>();
  /** What other paths than the one being walked still know. */
  readonly #held: Facts[] = [];
  /** Expressions around what is being written whose operands may wait for it. */
  #waiting = 0;
  /** What such operands may stand in. */
  readonly #pinned = new Set<Fact>();
  /** Locals that are what facts are, and never anything else: they have no place of their own. */
  readonly #lent = new Map<Local, readonly Fact[]>();

  constructor(registers: Registers, repeats: Repeats) {
    this.#registers = registers;
    this.#repeats = repeats;
  }

  add(fact: Fact): void {
    this.#facts.add(fact);
  }

  has(fact: Fact): boolean {
    return this.#facts.has(fact);
  }

  /** Runs `walk` on one path while what is known on others must stay in its registers. */
  holding<T>(held: readonly Facts[], walk: () => T): T {
    this.#held.push(...held);
    const result = walk();
    this.#held.length -= held.length;
    return result;
  }

  /** Runs `walk` while operands wait for what it writes: what is pinned stays as it is. */
  waiting<T>(walk: () => T): T {
    this.#waiting++;
    const result = walk();
    this.#waiting--;
    return result;
  }

  /** An operand may stand in what a fact has kept: that stays what it is until no operand waits. */
  pin(fact: Fact): void {
    this.#pinned.add(fact);
  }

  /** Pins what an operand stands in; whether all that is not its own is kept. */
  pinOperand(operand: Operand): boolean {
    const facts = placesOf(operand).map((place) => this.#factOf(place));
    for (const fact of facts) if (fact !== undefined) this.#pinned.add(fact);
    return placesOf(operand).every((place, i) => place.owned || facts[i] !== undefined);
  }

  /** Whether a local that is never assigned can be where an operand is kept: that stays as long as the local. */
  lend(local: Local, operand: Operand): boolean {
    const places = placesOf(operand);
    const facts = places.map((place) => this.#factOf(place)).filter((fact) => fact !== undefined);
    const isKept = facts.length > 0 && facts.length === places.length;
    if (isKept) this.#lent.set(local, facts);
    return isKept;
  }

  /** The local is needed no more; whether it had no place of its own. */
  giveBack(local: Local): boolean {
    return this.#lent.delete(local);
  }

  /** Frees what is known neither here nor on other paths, and loads that nothing asks for any more. */
  forget(here: readonly (Facts | undefined)[]): void {
    const isKnown = (fact: Fact): boolean =>
      [here, this.#held].some((paths) => paths.some((facts) => facts?.get(fact.name) === fact));
    this.#release((fact) => this.#isOver(fact) || !isKnown(fact));
  }

  /** Frees loads that nothing asks for any more. */
  forgetLoads(): void {
    if (this.#waiting === 0) this.#release((fact) => this.#isOver(fact));
  }

  /** Frees the register of the load that is asked for last, which can be done again: for what would have to go to M[]. */
  spare(): void {
    let last: { readonly fact: Fact; readonly until: number } | undefined;
    for (const fact of this.#facts) {
      const until = fact.load && this.#repeats.canRepeat(fact.load.number);
      if (until !== undefined && until > (last?.until ?? -1) && !this.#isInUse(fact)) last = { fact, until };
    }
    if (last !== undefined) this.#free(last.fact);
  }

  #release(isNeedless: (fact: Fact) => boolean): void {
    if (this.#waiting === 0) this.#pinned.clear();
    for (const fact of this.#facts) if (!this.#isInUse(fact) && isNeedless(fact)) this.#free(fact);
  }

  #isInUse(fact: Fact): boolean {
    return this.#pinned.has(fact) || [...this.#lent.values()].some((facts) => facts.includes(fact));
  }

  #isOver({ load }: Fact): boolean {
    return load !== undefined && this.#repeats.isOver(load.number);
  }

  #free(fact: Fact): void {
    for (const place of fact.words) this.#registers.release(place);
    this.#facts.delete(fact);
  }

  #factOf(place: Place): Fact | undefined {
    if (place.owned) return undefined;
    for (const fact of this.#facts) if (fact.words.some((word) => isSame(word, place))) return fact;
    return undefined;
  }
}
