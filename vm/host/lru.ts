/**
 * A hash of 64-bit integers with keys of one or several 64-bit parts, of which the least recently used entry makes way
 * for a new one. Exact: what is oldest does not depend on where keys happen to lie.
 *
 * The layout is the machine's own, so that an engine may keep it in memory that compiled code reaches. Entries are
 * numbered from 0 to size - 1, -1 stands for none, and every array is made at once:
 *
 * - `keys`, u64[size * parts], and `values`, u64[size];
 * - `next`, i32[size]: the next entry of the same bucket, or of those that are free;
 * - `older` and `newer`, i32[size]: the entries in the order of their last use;
 * - `buckets`, i32[a power of two, size at least]: the first entry of each.
 *
 * A bucket is chosen by simple tabulation (Zobrist 1970): a random word for each byte of the key at each of its places,
 * joined by xor. The words are the process's own, so that no sender of packets can know which keys share a bucket.
 */

const none = -1;

export interface HashLayout {
  readonly size: number;
  readonly parts: number;
}

const bucketsFor = (size: number): number => 2 ** Math.ceil(Math.log2(size));

/** Bytes that a hash takes. */
export const hashBytes = ({ size, parts }: HashLayout): number =>
  size * (8 * parts + 8 + 12) + bucketsFor(size) * 4 + parts * 8 * 256 * 4;

export class LruHash {
  readonly parts: number;
  readonly size: number;
  readonly #keys: BigUint64Array;
  readonly #values: BigUint64Array;
  readonly #next: Int32Array;
  readonly #older: Int32Array;
  readonly #newer: Int32Array;
  readonly #buckets: Int32Array;
  readonly #words: Uint32Array;
  /** The key that is asked for, and its bytes. */
  readonly #key: BigUint64Array;
  readonly #keyBytes: Uint8Array;
  #oldest = none;
  #newest = none;
  /** The first entry that was deleted and is free. */
  #free = none;
  /** Entries that have ever been used. */
  #used = 0;
  #count = 0;

  /** `size` entries at most, from 1; keys of `parts` parts, from 1. */
  constructor({ size, parts }: HashLayout) {
    this.size = size;
    this.parts = parts;
    this.#keys = new BigUint64Array(size * parts);
    this.#values = new BigUint64Array(size);
    this.#next = new Int32Array(size);
    this.#older = new Int32Array(size);
    this.#newer = new Int32Array(size);
    this.#buckets = new Int32Array(bucketsFor(size)).fill(none);
    this.#words = Uint32Array.from({ length: parts * 8 * 256 }, () => Math.random() * 2 ** 32);
    this.#key = new BigUint64Array(parts);
    this.#keyBytes = new Uint8Array(this.#key.buffer);
  }

  /** Entries that there are. */
  get count(): number {
    return this.#count;
  }

  /** The value of a key, the first `parts` of the integers, which is then the one used last; or undefined. */
  get(key: readonly bigint[]): bigint | undefined {
    const entry = this.#find(this.#bucketOf(key));
    if (entry === none) return undefined;
    this.#touch(entry);
    return this.#values[entry];
  }

  /** Values count modulo 2^64. */
  set(key: readonly bigint[], value: bigint): void {
    this.#values[this.#entryFor(key)] = value;
  }

  /** Adds to the value of a key, 0 where it has none; gives the sum, from 0 to 2^64 - 1. */
  add(key: readonly bigint[], value: bigint): bigint {
    const entry = this.#entryFor(key);
    this.#values[entry]! += value;
    return this.#values[entry]!;
  }

  delete(key: readonly bigint[]): void {
    const bucket = this.#bucketOf(key);
    const entry = this.#find(bucket);
    if (entry === none) return;
    this.#unchain(entry, bucket);
    this.#unlink(entry);
    this.#next[entry] = this.#free;
    this.#free = entry;
    this.#count--;
  }

  /** Keys and values as they are, the least recently used one first. */
  *entries(): Generator<{ readonly key: readonly bigint[]; readonly value: bigint }> {
    for (let entry = this.#oldest; entry !== none; entry = this.#newer[entry]!) {
      const key = this.#keys.subarray(entry * this.parts, (entry + 1) * this.parts);
      yield { key: [...key], value: this.#values[entry]! };
    }
  }

  /** Takes in a key and says which bucket it belongs to. */
  #bucketOf(key: readonly bigint[]): number {
    for (let part = 0; part < this.parts; part++) this.#key[part] = key[part]!;
    return this.#bucketOfBytes();
  }

  #bucketOfBytes(): number {
    const bytes = this.#keyBytes;
    let word = 0;
    for (let i = 0; i < bytes.length; i++) word ^= this.#words[i * 256 + bytes[i]!]!;
    return (word >>> 0) & (this.#buckets.length - 1);
  }

  /** The entry of the key that was taken in. */
  #find(bucket: number): number {
    let entry = this.#buckets[bucket]!;
    while (entry !== none && !this.#isKeyOf(entry)) entry = this.#next[entry]!;
    return entry;
  }

  #isKeyOf(entry: number): boolean {
    const first = entry * this.parts;
    for (let part = 0; part < this.parts; part++) if (this.#keys[first + part] !== this.#key[part]) return false;
    return true;
  }

  /** The entry of a key, which is then the one used last; a new one counts from 0. */
  #entryFor(key: readonly bigint[]): number {
    const bucket = this.#bucketOf(key);
    const known = this.#find(bucket);
    if (known !== none) {
      this.#touch(known);
      return known;
    }
    const entry = this.#take();
    const first = entry * this.parts;
    for (let part = 0; part < this.parts; part++) this.#keys[first + part] = key[part]!;
    this.#values[entry] = 0n;
    this.#next[entry] = this.#buckets[bucket]!;
    this.#buckets[bucket] = entry;
    this.#link(entry);
    this.#count++;
    return entry;
  }

  /** An entry for a new key: one that is free, or the least recently used one. */
  #take(): number {
    const free = this.#free;
    if (free !== none) {
      this.#free = this.#next[free]!;
      return free;
    }
    if (this.#used < this.size) return this.#used++;
    const oldest = this.#oldest;
    this.#key.set(this.#keys.subarray(oldest * this.parts, (oldest + 1) * this.parts));
    this.#unchain(oldest, this.#bucketOfBytes());
    this.#unlink(oldest);
    this.#count--;
    return oldest;
  }

  #unchain(entry: number, bucket: number): void {
    if (this.#buckets[bucket] === entry) {
      this.#buckets[bucket] = this.#next[entry]!;
      return;
    }
    let before = this.#buckets[bucket]!;
    while (this.#next[before] !== entry) before = this.#next[before]!;
    this.#next[before] = this.#next[entry]!;
  }

  #touch(entry: number): void {
    if (entry === this.#newest) return;
    this.#unlink(entry);
    this.#link(entry);
  }

  #link(entry: number): void {
    this.#older[entry] = this.#newest;
    this.#newer[entry] = none;
    if (this.#newest === none) this.#oldest = entry;
    else this.#newer[this.#newest] = entry;
    this.#newest = entry;
  }

  #unlink(entry: number): void {
    const [older, newer] = [this.#older[entry]!, this.#newer[entry]!];
    if (older === none) this.#oldest = newer;
    else this.#newer[older] = newer;
    if (newer === none) this.#newest = older;
    else this.#older[newer] = older;
  }
}
