/** Builds a strings section: every string once, each followed by NUL, the empty one at offset 0. */
import { decodeUtf8, encodeUtf8, holdsString } from './program.ts';

export class StringTable {
  #bytes: number[];
  readonly #offsets = new Map<string, number>([['', 0]]);

  /** Starts from a section that is there already, whose strings keep their offsets and are not added again. */
  constructor(initial: Uint8Array = Uint8Array.of(0)) {
    this.#bytes = Array.from(initial);
    if (this.#bytes.at(-1) !== 0) this.#bytes.push(0);
    for (let at = 0, end: number; at < initial.length; at = end + 1) {
      end = this.#bytes.indexOf(0, at);
      const text = decodeUtf8(initial.subarray(at, end));
      // Not UTF-8: no text has these bytes.
      if (!this.#offsets.has(text) && holdsString(initial, at, encodeUtf8(text))) this.#offsets.set(text, at);
    }
  }

  /** The offset of a string, which is added if need be. NUL ends a string, so it is written as U+2400. */
  add(text: string): number {
    const known = this.#offsets.get(text);
    if (known !== undefined) return known;
    const offset = this.#bytes.length;
    for (const byte of encodeUtf8(text.replaceAll('\0', '\u2400'))) this.#bytes.push(byte);
    this.#bytes.push(0);
    this.#offsets.set(text, offset);
    return offset;
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}
