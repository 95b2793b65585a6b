/**
 * Bytes that have come and are not parsed yet, in one piece so that a record can be read where it lies. The queue
 * grows with the bytes that arrive, never with a length that a file claims.
 */

/** Gives memory for so many bytes. */
export type Allocate = (bytes: number) => Uint8Array;

/** What is read at once: it costs little to ask for, and stays in the cache while it is looked at. */
const pieceBytes = 64 * 1024;

export class ByteQueue {
  /** Holds the queue from `at` to `end`: a chunk as it was pushed, or memory of the queue's own. */
  bytes: Uint8Array = new Uint8Array(0);
  /** Over the same memory; index as `bytes`. */
  view: DataView = new DataView(this.bytes.buffer);
  /** Parsers move it forward. */
  at = 0;
  end = 0;
  /** Offset in the file of `bytes[0]`. */
  #base = 0;
  #owned: Uint8Array = this.bytes;
  readonly #allocate: Allocate;

  constructor(allocate: Allocate = (bytes) => new Uint8Array(bytes)) {
    this.#allocate = allocate;
  }

  /** Offset in the file of the byte at `at`. */
  get offset(): number {
    return this.#base + this.at;
  }

  /** Adds a chunk; what was left of the last one goes before it. */
  append(chunk: Uint8Array): void {
    if (this.at === this.end) {
      this.#base += this.at;
      this.#use(chunk, chunk.length);
      return;
    }
    this.#reserve(chunk.length);
    this.bytes.set(chunk, this.end);
    this.end += chunk.length;
  }

  /** Room behind what is there, in own memory, for bytes that `added` then counts. */
  space(): Uint8Array {
    this.#reserve(pieceBytes);
    return this.bytes.subarray(this.end);
  }

  /** So many bytes have been put where `space` said. */
  added(count: number): void {
    this.end += count;
  }

  /** Takes the rest into memory of its own, so that the chunk it lies in may be overwritten. */
  detach(): void {
    if (this.bytes !== this.#owned) this.#reserve(0);
  }

  /** Makes room for `more` bytes behind `end`, in own memory; moves only when it must, so small chunks stay cheap. */
  #reserve(more: number): void {
    const rest = this.bytes.subarray(this.at, this.end);
    const fits = this.end + more <= this.#owned.length;
    if (this.bytes === this.#owned && fits && rest.length > 0) return;
    const needed = rest.length + more;
    if (this.#owned.length < needed) this.#owned = this.#allocate(needed * 2);
    this.#owned.set(rest);
    this.#base += this.at;
    this.#use(this.#owned, rest.length);
  }

  #use(bytes: Uint8Array, length: number): void {
    if (this.bytes !== bytes) {
      this.bytes = bytes;
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    this.at = 0;
    this.end = length;
  }
}
