/** A second hash for tests, from what a hash is to do. */

/** A Map, which keeps its keys in the order in which they were put in. */
export class HashModel {
  readonly #entries = new Map<string, { key: readonly bigint[]; value: bigint }>();
  readonly #size: number;

  constructor(size: number) {
    this.#size = size;
  }

  get(key: readonly bigint[]): bigint | undefined {
    const name = key.join();
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    this.#entries.delete(name);
    this.#entries.set(name, entry);
    return entry.value;
  }

  set(key: readonly bigint[], value: bigint): void {
    const name = key.join();
    if (!this.#entries.delete(name) && this.#entries.size === this.#size)
      this.#entries.delete(this.#entries.keys().next().value!);
    this.#entries.set(name, { key, value: BigInt.asUintN(64, value) });
  }

  add(key: readonly bigint[], value: bigint): bigint {
    const sum = BigInt.asUintN(64, (this.get(key) ?? 0n) + value);
    this.set(key, sum);
    return sum;
  }

  delete(key: readonly bigint[]): void {
    this.#entries.delete(key.join());
  }

  entries() {
    return [...this.#entries.values()];
  }
}
