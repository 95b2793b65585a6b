/**
 * The linear memory that compiled programs share: what they and their host tell each other at its start, then what is
 * allocated: packets, copies of codes.
 */

import type { Room } from '../host/place.ts';
import { needWebAssembly, type WasmMemory } from './webassembly.ts';

/** Where things are, in bytes from the memory's start. */
export const layout = {
  /** After a fault, its pc and code as `packFault` packs them, else 0; behind it fault 13's argument. */
  fault: 0,
  argument: 4,
  /** The inputs of a host function, 64 bits each; its result comes in the first. */
  window: 16,
  /** Bytes on their way to or from a segment. */
  segment: 192,
  /** What slots held at the end, 64 bits each, where that is asked for. */
  slots: 256,
  /** What is allocated begins here: behind 192 slots. */
  end: 2048,
} as const;

/** A packet of a batch: where its parts stand in the record, in bytes; four 32-bit words. */
export const record = { start: 0, caplen: 4, wirelen: 8, verdict: 12, size: 16 } as const;
/** A fault of a batch: the place of its record, what `packFault` made, fault 13's argument. */
export const faultEntry = { record: 0, fault: 4, argument: 8, size: 12 } as const;

const pageBytes = 65536;
/** Allocations begin at multiples of it. */
const alignment = 16;

/** A memory for packets and programs, and what programs keep. */
export class MachineMemory {
  readonly memory: WasmMemory;
  /** All of it, as bytes and as words: taken anew when it grows, after which the old ones are empty. */
  bytes: Uint8Array<ArrayBuffer>;
  words: Uint32Array<ArrayBuffer>;
  /** Ascending; no two touch. */
  #free: Room[];

  /** Its length at first, in bytes. */
  constructor(size: number = 4 * pageBytes) {
    const pages = Math.ceil(size / pageBytes);
    this.memory = new (needWebAssembly().Memory)({ initial: pages });
    this.bytes = new Uint8Array(this.memory.buffer);
    this.words = new Uint32Array(this.memory.buffer);
    this.#free = [{ at: layout.end, size: pages * pageBytes - layout.end }];
  }

  /** Room for so many bytes, of which nothing is known. */
  allocate(bytes: number): Room {
    const size = Math.max(alignment, Math.ceil(bytes / alignment) * alignment);
    let found = this.#free.findIndex((room) => room.size >= size);
    if (found < 0) {
      this.#grow(size);
      found = this.#free.length - 1;
    }
    const { at, size: room } = this.#free[found]!;
    this.#free.splice(found, 1, ...(room > size ? [{ at: at + size, size: room - size }] : []));
    return { at, size };
  }

  free({ at, size }: Room): void {
    const index = this.#free.findIndex((room) => room.at > at);
    const after = index < 0 ? this.#free.length : index;
    this.#free.splice(after, 0, { at, size });
    this.#join(after);
    this.#join(after - 1);
  }

  /** Makes one of a free stretch and the one behind it, if they touch. */
  #join(index: number): void {
    const [room, next] = [this.#free[index], this.#free[index + 1]];
    if (room === undefined || next === undefined || room.at + room.size !== next.at) return;
    this.#free.splice(index, 2, { at: room.at, size: room.size + next.size });
  }

  #grow(size: number): void {
    const pages = Math.ceil(size / pageBytes);
    const at = this.memory.grow(pages) * pageBytes;
    this.bytes = new Uint8Array(this.memory.buffer);
    this.words = new Uint32Array(this.memory.buffer);
    this.free({ at, size: pages * pageBytes });
  }
}

let shared: MachineMemory | undefined;

/** The memory of engines that are given none: to make one takes longer than to compile a filter. */
export function sharedMemory(): MachineMemory {
  shared ??= new MachineMemory();
  return shared;
}

/** A fault in 32 bits, never 0. */
export const packFault = (code: number, pc: number): number => pc * 16 + code;
