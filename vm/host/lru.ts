/**
 * A hash of 64-bit integers with keys of one or several 64-bit parts, of which the least recently used entry makes way
 * for a new one. Exact: what is oldest does not depend on where keys happen to lie.
 *
 * The layout is the machine's own, so that an engine may work on it by code of its own (`vm/jit/hash.ts` does). All of it
 * lies in one stretch of memory and is little-endian; entries are named by their addresses, 0 stands for none:
 *
 * - the head, u32[8]: the oldest and the newest entry, the first of those that were deleted, the first that has never been
 *   used, and how many there are (`head`);
 * - `words`, u32[256] for each byte of a key;
 * - `buckets`, u32[a power of two, size at least]: the first entry of each;
 * - the entries, each a record (`entry`) with its key behind it: one line of a cache, for keys of up to 5 parts.
 *
 * A bucket is chosen by simple tabulation (Zobrist 1970): a random word for each byte of the key at each of its places,
 * joined by xor. The words are the process's own, so that no sender of packets can know which keys share a bucket.
 */
import { ownPlace, type Place } from './place.ts';

const none = 0;

/** In the head, in bytes from where the hash begins. */
export const head = { oldest: 0, newest: 4, free: 8, unused: 12, count: 16, size: 32 } as const;
/** In an entry: its value (u64), the next entry of its bucket, its neighbours in the order of their last use, its key's word, the key. */
export const entry = { value: 0, next: 8, older: 12, newer: 16, word: 20, key: 24 } as const;

export interface HashShape {
  readonly size: number;
  readonly parts: number;
}

/** Where the parts of a hash are, in bytes from where it begins. */
export interface HashLayout {
  readonly words: number;
  readonly buckets: number;
  /** How many, less one. */
  readonly bucketMask: number;
  readonly entries: number;
  readonly entrySize: number;
  readonly end: number;
}

export function hashLayout({ size, parts }: HashShape): HashLayout {
  const buckets = head.size + parts * 8 * 256 * 4;
  const count = 2 ** Math.ceil(Math.log2(size));
  // Multiples of 32, so that a line of a cache holds whole entries of one part.
  const entries = Math.ceil((buckets + count * 4) / 32) * 32;
  const entrySize = entry.key + 8 * parts;
  return { words: head.size, buckets, bucketMask: count - 1, entries, entrySize, end: entries + size * entrySize };
}

export class LruHash {
  readonly parts: number;
  readonly size: number;
  readonly place: Place;
  readonly layout: HashLayout;
  /** All of the memory, by words: taken anew when it has grown. */
  #u32 = new Uint32Array(0);
  #u64 = new BigUint64Array(0);
  #bytes: Uint8Array | undefined;
  /** The key that is asked for, and its bytes. */
  readonly #key: BigUint64Array;
  readonly #keyBytes: Uint8Array;

  /** `size` entries at most, from 1; keys of `parts` parts, from 1. The place holds zeros. */
  constructor({ size, parts }: HashShape, place?: Place) {
    this.size = size;
    this.parts = parts;
    this.layout = hashLayout({ size, parts });
    this.place = place ?? ownPlace(this.layout.end);
    this.#key = new BigUint64Array(parts);
    this.#keyBytes = new Uint8Array(this.#key.buffer);
    this.#look();
    const { at } = this.place;
    const words = (at + this.layout.words) >>> 2;
    for (let word = 0; word < parts * 8 * 256; word++) this.#u32[words + word] = Math.random() * 2 ** 32;
    this.#setHead('unused', at + this.layout.entries);
  }

  /** Entries that there are. */
  get count(): number {
    this.#look();
    return this.#head('count');
  }

  /** The value of a key, the first `parts` of the integers, which is then the one used last; or undefined. */
  get(key: readonly bigint[]): bigint | undefined {
    const found = this.#find(this.#wordOf(key));
    if (found === none) return undefined;
    this.#touch(found);
    return this.#u64[found >>> 3];
  }

  /** Values count modulo 2^64. */
  set(key: readonly bigint[], value: bigint): void {
    // The memory may have grown: the array is asked for behind that.
    const at = this.#entryFor(key) >>> 3;
    this.#u64[at] = value;
  }

  /** Adds to the value of a key, 0 where it has none; gives the sum, from 0 to 2^64 - 1. */
  add(key: readonly bigint[], value: bigint): bigint {
    const at = this.#entryFor(key) >>> 3;
    this.#u64[at]! += value;
    return this.#u64[at]!;
  }

  delete(key: readonly bigint[]): void {
    const found = this.#find(this.#wordOf(key));
    if (found === none) return;
    this.#unchain(found);
    this.#unlink(found);
    this.#set(found, 'next', this.#head('free'));
    this.#setHead('free', found);
    this.#setHead('count', this.#head('count') - 1);
  }

  /** Keys and values as they are, the least recently used one first. */
  *entries(): Generator<{ readonly key: readonly bigint[]; readonly value: bigint }> {
    this.#look();
    for (let at = this.#head('oldest'); at !== none; at = this.#get(at, 'newer')) {
      const first = (at + entry.key) >>> 3;
      yield { key: [...this.#u64.subarray(first, first + this.parts)], value: this.#u64[at >>> 3]! };
      this.#look();
    }
  }

  /** Looks at the memory as it is now. */
  #look(): void {
    const { bytes } = this.place.memory;
    if (bytes === this.#bytes) return;
    this.#bytes = bytes;
    this.#u32 = new Uint32Array(bytes.buffer);
    this.#u64 = new BigUint64Array(bytes.buffer);
  }

  #head(field: 'oldest' | 'newest' | 'free' | 'unused' | 'count'): number {
    return this.#u32[(this.place.at + head[field]) >>> 2]!;
  }

  #setHead(field: 'oldest' | 'newest' | 'free' | 'unused' | 'count', value: number): void {
    this.#u32[(this.place.at + head[field]) >>> 2] = value;
  }

  #get(at: number, field: 'next' | 'older' | 'newer' | 'word'): number {
    return this.#u32[(at + entry[field]) >>> 2]!;
  }

  #set(at: number, field: 'next' | 'older' | 'newer' | 'word', value: number): void {
    this.#u32[(at + entry[field]) >>> 2] = value;
  }

  /** Takes in a key and gives its word. */
  #wordOf(key: readonly bigint[]): number {
    this.#look();
    for (let part = 0; part < this.parts; part++) this.#key[part] = key[part]!;
    const bytes = this.#keyBytes;
    const words = (this.place.at + this.layout.words) >>> 2;
    let word = 0;
    for (let i = 0; i < bytes.length; i++) word ^= this.#u32[words + i * 256 + bytes[i]!]!;
    return word >>> 0;
  }

  /** Where the bucket of a word is among the memory's words. */
  #bucketOf(word: number): number {
    return (this.place.at + this.layout.buckets + (word & this.layout.bucketMask) * 4) >>> 2;
  }

  /** The entry of the key that was taken in. */
  #find(word: number): number {
    let at = this.#u32[this.#bucketOf(word)]!;
    while (at !== none && !(this.#get(at, 'word') === word && this.#isKeyOf(at))) at = this.#get(at, 'next');
    return at;
  }

  #isKeyOf(at: number): boolean {
    const first = (at + entry.key) >>> 3;
    for (let part = 0; part < this.parts; part++) if (this.#u64[first + part] !== this.#key[part]) return false;
    return true;
  }

  /** The entry of a key, which is then the one used last; a new one counts from 0. */
  #entryFor(key: readonly bigint[]): number {
    const word = this.#wordOf(key);
    const known = this.#find(word);
    if (known !== none) {
      this.#touch(known);
      return known;
    }
    const at = this.#take();
    this.#u64[at >>> 3] = 0n;
    this.#u64.set(this.#key, (at + entry.key) >>> 3);
    this.#set(at, 'word', word);
    const bucket = this.#bucketOf(word);
    this.#set(at, 'next', this.#u32[bucket]!);
    this.#u32[bucket] = at;
    this.#link(at);
    this.#setHead('count', this.#head('count') + 1);
    return at;
  }

  /** An entry for a new key: one that was deleted, one that was never used, or the least recently used one. */
  #take(): number {
    const free = this.#head('free');
    if (free !== none) {
      this.#setHead('free', this.#get(free, 'next'));
      return free;
    }
    const unused = this.#head('unused');
    if (unused < this.place.at + this.layout.end) {
      this.#setHead('unused', unused + this.layout.entrySize);
      return unused;
    }
    const oldest = this.#head('oldest');
    this.#unchain(oldest);
    this.#unlink(oldest);
    this.#setHead('count', this.#head('count') - 1);
    return oldest;
  }

  /** Takes an entry out of its bucket. */
  #unchain(at: number): void {
    const next = this.#get(at, 'next');
    const bucket = this.#bucketOf(this.#get(at, 'word'));
    let before = this.#u32[bucket]!;
    if (before === at) {
      this.#u32[bucket] = next;
      return;
    }
    while (this.#get(before, 'next') !== at) before = this.#get(before, 'next');
    this.#set(before, 'next', next);
  }

  #touch(at: number): void {
    if (at === this.#head('newest')) return;
    this.#unlink(at);
    this.#link(at);
  }

  /** Makes it the newest. */
  #link(at: number): void {
    const newest = this.#head('newest');
    this.#set(at, 'older', newest);
    this.#set(at, 'newer', none);
    if (newest === none) this.#setHead('oldest', at);
    else this.#set(newest, 'newer', at);
    this.#setHead('newest', at);
  }

  #unlink(at: number): void {
    const [older, newer] = [this.#get(at, 'older'), this.#get(at, 'newer')];
    if (older === none) this.#setHead('oldest', newer);
    else this.#set(older, 'newer', newer);
    if (newer === none) this.#setHead('newest', older);
    else this.#set(newer, 'older', older);
  }
}
