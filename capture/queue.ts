/**
 * Bytes that have come and are not parsed yet, in one piece so that a record can be read where it lies. The queue
 * grows with the bytes that arrive, never with a length that a file claims.
 */

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

  /** Takes the rest into memory of its own, so that the chunk it lies in may be overwritten. */
  detach(): void {
    if (this.bytes === this.#owned) return;
    if (this.at < this.end) {
      this.#reserve(0);
    } else {
      this.#base += this.at;
      this.#use(this.#owned, 0);
    }
  }

  /** Makes room for `more` bytes behind `end`, in own memory; moves only when it must, so small chunks stay cheap. */
  #reserve(more: number): void {
    const owns = this.bytes === this.#owned;
    if (owns && this.end + more <= this.#owned.length) return;
    const rest = this.bytes.subarray(this.at, this.end);
    const needed = rest.length + more;
    if (this.#owned.length < needed * 2) this.#owned = new Uint8Array(needed * 2);
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
