/** Packets of a capture, many at a time, for a program that is compiled to WebAssembly. */

import type { EnginePacket } from '../../cli/engines/index.ts';
import { type Fault, type Jit, type MachineMemory, type Room, record } from '../../vm/index.ts';

/** Packets that do not lie in the memory are copied to it, as long as they are no longer in all. */
const copiedBytes = 2 ** 20;
/** Of a record, in 32-bit words. */
const words = record.size / 4;

/**
 * Room for batches in a memory: one for all filters that share it, which take turns. While packets of a batch lie in the
 * memory it must not grow, which would empty their bytes.
 */
export class Batch {
  readonly memory: MachineMemory;
  #records: Room = { at: 0, size: 0 };
  readonly #copies: number;

  constructor(memory: MachineMemory) {
    this.memory = memory;
    this.#copies = memory.allocate(copiedBytes).at;
  }

  /** Fills in the verdicts of the first `count` packets; tells of each fault, by the packet's index. */
  run(
    jit: Jit,
    packets: readonly EnginePacket[],
    count: number,
    verdicts: Uint32Array,
    onFault: (index: number, fault: Fault) => void,
  ): void {
    let first = 0;
    while (first < count) {
      const next = this.#place(packets, first, count);
      if (next > first) this.#filter(jit, first, next - first, verdicts, onFault);
      first = next;
      if (first === count) return;
      // One that is too long to be copied with others.
      const { bytes, start, caplen, wirelen } = packets[first]!;
      verdicts[first] = jit.run(bytes, start, caplen, wirelen);
      if (jit.fault !== undefined) onFault(first, jit.fault);
      first++;
    }
  }

  /** Writes records from packet `first` on; returns the first packet that has none. */
  #place(packets: readonly EnginePacket[], first: number, end: number): number {
    const size = (end - first) * record.size;
    if (this.#records.size < size) {
      if (this.#records.size > 0) this.memory.free(this.#records);
      this.#records = this.memory.allocate(size);
    }
    const { bytes: all, words: list } = this.memory;
    let copied = 0;
    let word = this.#records.at / 4;
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

  #filter(
    jit: Jit,
    first: number,
    count: number,
    verdicts: Uint32Array,
    onFault: (index: number, fault: Fault) => void,
  ): void {
    const { at } = this.#records;
    const end = at / 4 + count * words;
    let longest = 0;
    for (let word = at / 4 + 1; word < end; word += words) longest = Math.max(longest, this.memory.words[word]!);
    jit.batch(at, count, longest, (index, fault) => onFault(first + index, fault));
    for (let index = 0, word = (at + record.verdict) / 4; index < count; index++, word += words)
      verdicts[first + index] = this.memory.words[word]!;
  }
}
