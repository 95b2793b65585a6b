/** Names and what they stand for. Knows nothing of what that is. */

export interface Scope<Binding> {
  get(name: string): Binding | undefined;
  set(name: string, binding: Binding): void;
  names(): Iterable<string>;
}

/** The names of a block: a later one of a name hides the earlier one. */
export class LocalScope<Binding> extends Map<string, Binding> implements Scope<Binding> {
  names(): Iterable<string> {
    return this.keys();
  }
}

/**
 * The names of a file. Functions are checked where they are called, which is later than where they stand: what one sees
 * is the scope as it was then, `before()`.
 */
export class ChunkScope<Binding> implements Scope<Binding> {
  readonly #declared = new Map<string, { readonly order: number; readonly binding: Binding }[]>();
  #order = 0;

  get(name: string): Binding | undefined {
    return this.#declared.get(name)?.at(-1)?.binding;
  }

  set(name: string, binding: Binding): void {
    const all = this.#declared.get(name) ?? [];
    all.push({ order: this.#order++, binding });
    this.#declared.set(name, all);
  }

  names(): Iterable<string> {
    return this.#declared.keys();
  }

  /** The scope as it is now, whatever is declared later. */
  before(): Scope<Binding> {
    const order = this.#order;
    const get = (name: string): Binding | undefined =>
      this.#declared.get(name)?.findLast((entry) => entry.order < order)?.binding;
    const names = (): string[] => [...this.#declared.keys()].filter((name) => get(name) !== undefined);
    return { get, names, set: () => {} };
  }
}
