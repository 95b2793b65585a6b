/** Packets of a capture, many at a time, for a program that is compiled to WebAssembly. */
import { type Fault, type Jit, record } from '../../vm/index.ts';
import type { EnginePacket } from './engine.ts';

/** Packets that do not lie in the memory are copied to it, as long as they are no longer in all. */
const copiedBytes = 2 ** 20;
/** Of a record, in 32-bit words. */
const words = record.size / 4;

export class Batch {
  readonly #jit: Jit;
  #records = 0;
  #room = 0;
  #copies: number;

  constructor(jit: Jit) {
    this.#jit = jit;
    this.#copies = jit.memory.allocate(copiedBytes).at;
  }

  /** Fills in the verdicts of the first `count` packets; tells of each fault, by the packet's index. */
  run(
    packets: readonly EnginePacket[],
    count: number,
    verdicts: Uint32Array,
    onFault: (index: number, fault: Fault) => void,
  ): void {
    let first = 0;
    while (first < count) {
      const next = this.#place(packets, first, count);
      if (next > first) this.#filter(first, next - first, verdicts, onFault);
      first = next;
      if (first === count) return;
      // One that is too long to be copied with others.
      const { bytes, start, caplen, wirelen } = packets[first]!;
      verdicts[first] = this.#jit.run(bytes, start, caplen, wirelen);
      if (this.#jit.fault !== undefined) onFault(first, this.#jit.fault);
      first++;
    }
  }

  /** Writes records from packet `first` on; returns the first packet that has none. */
  #place(packets: readonly EnginePacket[], first: number, end: number): number {
    const { memory } = this.#jit;
    if (this.#room < end - first) {
      this.#room = end - first;
      this.#records = memory.allocate(this.#room * record.size).at;
    }
    const { bytes: all, words: list } = memory;
    let copied = 0;
    let word = this.#records / 4;
    // Nearly all packets of a batch lie in one buffer: to ask each for its place would take longer than to filter it.
    let known: Uint8Array | undefined;
    let base = -1;
    for (let index = first; index < end; index++) {
      const { bytes, start, caplen, wirelen } = packets[index]!;
      if (bytes !== known) {
        known = bytes;
        base = bytes.buffer === all.buffer ? bytes.byteOffset : -1;
      }
      let at = base + start;
      if (base < 0) {
        if (copied + caplen > copiedBytes) return index;
        at = this.#copies + copied;
        all.set(bytes.subarray(start, start + caplen), at);
        copied += caplen;
      }
      list[word] = at;
      list[word + 1] = caplen;
      list[word + 2] = wirelen;
      word += words;
    }
    return end;
  }

  #filter(first: number, count: number, verdicts: Uint32Array, onFault: (index: number, fault: Fault) => void): void {
    const { memory } = this.#jit;
    let longest = 0;
    for (let word = this.#records / 4 + 1; count > 0 && word < this.#records / 4 + count * words; word += words)
      longest = Math.max(longest, memory.words[word]!);
    this.#jit.batch(this.#records, count, longest, (index, fault) => onFault(first + index, fault));
    for (let index = 0, word = (this.#records + record.verdict) / 4; index < count; index++, word += words)
      verdicts[first + index] = memory.words[word]!;
  }
}
