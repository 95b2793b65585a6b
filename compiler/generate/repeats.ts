/**
 * Which loads are asked for again where they are still known. A function is written once without keeping any, which
 * shows it; where there are some, once more, now with these kept. Both times the loads are counted alike.
 */
export class Repeats {
  /** By a load's number, that of what asks for its value last; from the time before. */
  readonly #known: ReadonlyMap<number, number>;
  /** The same, as it is found now. */
  readonly last = new Map<number, number>();
  #next = 0;
  #muted = 0;
  /** What came first in the innermost loop. */
  #loop = 0;

  constructor(known: ReadonlyMap<number, number> = new Map()) {
    this.#known = known;
  }

  /** Whether what is being written stands for a value that is known: a kept one would not be computed again. */
  get isMuted(): boolean {
    return this.#muted > 0;
  }

  /** Writes again what is known but not kept: the loads in it are not counted. */
  again<T>(write: () => T): T {
    this.#muted++;
    const result = write();
    this.#muted--;
    return result;
  }

  /** The number of what comes next. */
  count(): number {
    return this.#next++;
  }

  /** A load's value is asked for once more. */
  use(load: number, number: number): void {
    this.last.set(load, number);
  }

  isRepeated(load: number): boolean {
    return this.#known.has(load);
  }

  /** Whether nothing that is still to be written asks for a load's value. */
  isOver(load: number): boolean {
    return (this.#known.get(load) ?? -1) < this.#next;
  }

  /** The number of what asks for a load's value last, if it can be done again until then; where a turn began with it, not. */
  canRepeat(load: number): number | undefined {
    return load >= this.#loop ? this.#known.get(load) : undefined;
  }

  /** Writes a loop: what is loaded before it and used in it is used until it ends, since its turns use it again. */
  loop<T>(write: () => T): T {
    const begin = this.#next;
    const outer = this.#loop;
    this.#loop = begin;
    const result = write();
    this.#loop = outer;
    const end = this.count();
    for (const [load, last] of this.last) if (load < begin && last >= begin) this.last.set(load, end);
    return result;
  }
}
