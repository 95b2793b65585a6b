/** The engine that compiles programs to WebAssembly. What it answers is what the interpreter answers. */
import type { Fault, FaultCode } from '../host/faults.ts';
import { type Host, type HostRun, hostFailure, longestCapture, type Segment } from '../host/host.ts';
import type { Room } from '../host/place.ts';
import { ancillaryNames } from '../isa/ancillary.ts';
import { wordsToBytes } from '../isa/codec.ts';
import { AS, isVector } from '../isa/registers.ts';
import { longestWithin } from '../validate/cost.ts';
import { accessesPacket } from '../validate/ranges/effect.ts';
import type { Validated } from '../validate/validated.ts';
import { moduleOf } from './cache.ts';
import type { ImportName } from './frame.ts';
import { FAILED, NIL, VALUE } from './host.ts';
import { faultEntry, layout, type MachineMemory, record, sharedMemory } from './memory.ts';
import { importsOf, moduleBytes } from './module.ts';
import { readsCode } from './rodata.ts';
import { ALIGNED, READS, WRITES } from './segment.ts';
import { DOOR, slotOf } from './slots.ts';
import { type ExportedFunction, type ImportedFunction, needWebAssembly } from './webassembly.ts';
import { isCompilable } from './weight.ts';

export interface JitOptions {
  /** Where packets are; one memory that all share if it is left out. */
  readonly memory?: MachineMemory;
  /**
   * Whether `register` and `door` tell how a run ended, which costs every run time. Without it, the pc of a fault by the
   * packet's bounds may be that of an earlier access than the interpreter's.
   */
  readonly isObserved?: boolean;
}

/** Gives back what an engine had of its memory when nobody can reach the engine any more. */
const abandoned = new FinalizationRegistry<{ readonly memory: MachineMemory; readonly rooms: ReadonlySet<Room> }>(
  ({ memory, rooms }) => {
    for (const room of rooms) memory.free(room);
  },
);

/** A program that is compiled, ready for packets; one that is too long (see `isCompilable`) throws. */
export class Jit {
  /** Why the last run ended without a verdict of its own, or undefined. */
  fault: Fault | undefined;
  readonly memory: MachineMemory;
  readonly #validated: Validated;
  readonly #host: Host;
  readonly #isObserved: boolean;
  /** Up to so many captured bytes a run cannot use up its budget, and no counter is carried. */
  readonly #uncounted: number;
  readonly #writes: boolean;
  /** The compiled functions: without and with a count of the budget. */
  readonly #runs: [ExportedFunction?, ExportedFunction?] = [];
  readonly #batches: [ExportedFunction?, ExportedFunction?] = [];
  #packet: Room = { at: 0, size: 0 };
  #faults: Room = { at: 0, size: 0 };
  readonly #rooms = new Set<Room>();
  /** The copy of the code that the program reads. */
  readonly #code: number;
  readonly #hostRun: { -readonly [Key in keyof HostRun]: HostRun[Key] };

  constructor(validated: Validated, host: Host, { memory = sharedMemory(), isObserved = false }: JitOptions = {}) {
    if (!isCompilable(validated)) throw new Error('a program so long is not compiled: use the interpreter');
    const { program, code } = validated;
    this.memory = memory;
    abandoned.register(this, { memory, rooms: this.#rooms });
    this.#validated = validated;
    this.#host = host;
    this.#isObserved = isObserved;
    this.#uncounted = Math.min(longestWithin(validated, host, host.budget), longestCapture);
    this.#writes =
      host.allowWrite &&
      code.some((i) => i !== undefined && (i.row.class === 'ST' || i.row.class === 'STX') && accessesPacket(i));
    const seesCode = code.some((i) => i?.mnemonic === 'host' || i?.mnemonic === 'cop' || i?.mnemonic === 'copx');
    const bytes = seesCode || code.some((i) => i !== undefined && readsCode(i)) ? wordsToBytes(program.code) : nothing;
    this.#code = bytes.length === 0 ? 0 : this.#allocate(bytes.length).at;
    memory.bytes.set(bytes, this.#code);
    this.#hostRun = { packet: memory.bytes, start: 0, caplen: 0, wirelen: 0, time: 0n, code: bytes };
    if (this.#uncounted >= 0) this.#runs[0] = this.#compile('run', false);
  }

  /** When the packet that is run next was captured, in nanoseconds since 1970; 0 at first. */
  get time(): bigint {
    return this.#hostRun.time;
  }

  set time(time: bigint) {
    this.#hostRun.time = time;
  }

  /**
   * As the interpreter's `run`. A packet that does not lie in the memory is copied there first, and back if the program
   * may write to it.
   */
  run(bytes: Uint8Array, start: number, caplen: number, wirelen: number): number {
    if (caplen > longestCapture) throw new RangeError(`${caplen} captured bytes; ${longestCapture} are the most`);
    if (bytes.buffer === this.memory.bytes.buffer) return this.runAt(bytes.byteOffset + start, caplen, wirelen);
    if (caplen > this.#packet.size) this.#packet = this.#makeRoom(caplen, this.#packet);
    const { at } = this.#packet;
    const packet = bytes.subarray(start, start + caplen);
    this.memory.bytes.set(packet, at);
    const verdict = this.runAt(at, caplen, wirelen);
    if (this.#writes) packet.set(this.memory.bytes.subarray(at, at + packet.length));
    return verdict;
  }

  /** The same for a packet that lies in the memory. */
  runAt(start: number, caplen: number, wirelen: number): number {
    const { memory } = this;
    const counted = caplen > this.#uncounted ? 1 : 0;
    const run = (this.#runs[counted] ??= this.#compile('run', counted === 1));
    if (this.#isObserved) memory.words.fill(0, layout.slots >> 2, layout.end >> 2);
    this.fault = undefined;
    // What `entry` gives leaves its faults there.
    memory.words[layout.fault >> 2] = 0;
    const verdict = run(start, caplen, wirelen) >>> 0;
    const fault = memory.words[layout.fault >> 2]!;
    if (fault !== 0) this.fault = unpackFault(fault, memory.words[layout.argument >> 2]!);
    return verdict;
  }

  /**
   * The compiled function itself, where the nanoseconds of `runAt` matter: of the place in the memory of a packet with up
   * to `longest` captured bytes, and of its two lengths, the verdict as a signed 32-bit number. It says of a fault no more
   * than its verdict.
   */
  entry(longest: number = longestCapture): (start: number, caplen: number, wirelen: number) => number {
    const counted = longest > this.#uncounted ? 1 : 0;
    return (this.#runs[counted] ??= this.#compile('run', counted === 1));
  }

  /**
   * Runs the program over `count` packets that lie in the memory, none longer than `longest` captured bytes: `records`
   * is where their records begin, each the place of a packet and its lengths, and room for the verdict that it gets (see
   * `record`). `onFault` is told of each fault, by the number of its record.
   */
  batch(
    records: number,
    count: number,
    longest: number = longestCapture,
    onFault?: (index: number, fault: Fault) => void,
  ): number {
    const { memory } = this;
    const counted = longest > this.#uncounted ? 1 : 0;
    const batch = (this.#batches[counted] ??= this.#compile('batch', counted === 1));
    const size = count * faultEntry.size;
    if (size > this.#faults.size) this.#faults = this.#makeRoom(size, this.#faults);
    const list = this.#faults.at;
    const accepted = batch(records, count, list);
    const end = memory.words[layout.fault >> 2]!;
    memory.words[layout.fault >> 2] = 0;
    if (onFault !== undefined)
      for (let at = list; at < end; at += faultEntry.size) {
        const word = (offset: number): number => memory.words[(at + offset) >> 2]!;
        const index = (word(faultEntry.record) - records) / record.size;
        onFault(index, unpackFault(word(faultEntry.fault), word(faultEntry.argument)));
      }
    return accepted;
  }

  /** Backward jumps that the last run took, of an engine that is observed. */
  get door(): number {
    return Number(this.#slot(DOOR));
  }

  /** What a register, by its number, held when the last run ended, of an engine that is observed. */
  register(number: number): bigint {
    const slot = slotOf(number);
    if (isVector(number)) return (this.#slot(slot) << 64n) | this.#slot(slot + 1);
    const value = this.#slot(slot);
    return number < 32 || number >= AS ? BigInt.asUintN(32, value) : value;
  }

  #slot(slot: number): bigint {
    const word = (layout.slots >> 2) + 2 * slot;
    return (BigInt(this.memory.words[word + 1]!) << 32n) | BigInt(this.memory.words[word]!);
  }

  #allocate(bytes: number): Room {
    const room = this.memory.allocate(bytes);
    this.#rooms.add(room);
    return room;
  }

  /** Room in place of what was too small. */
  #makeRoom(bytes: number, instead: Room): Room {
    if (this.#rooms.delete(instead)) this.memory.free(instead);
    return this.#allocate(bytes);
  }

  #compile(entry: 'run' | 'batch', isCounted: boolean): ExportedFunction {
    const bytes = moduleBytes(this.#validated, this.#host, {
      entry,
      memory: this.memory,
      codeAt: this.#code,
      isCounted,
      isObserved: this.#isObserved,
    });
    const { memory } = this.memory;
    // Most programs call nothing.
    const calls = importsOf(this.#validated, this.memory).length > 0 ? this.#imports() : {};
    const { Instance } = needWebAssembly();
    const instance = new Instance(moduleOf(bytes), { m: { memory, ...calls } });
    return instance.exports[entry]!;
  }

  /** What modules call. Numbers come as i32: as unsigned ones they are taken here. */
  #imports(): Readonly<Record<ImportName, ImportedFunction>> {
    const host = this.#host;
    const { bindings } = this.#validated;
    const { memory } = this;
    const here = this.#hostRun;
    const at = (start: number, caplen: number, wirelen: number): HostRun => {
      here.packet = memory.bytes;
      here.start = start;
      here.caplen = caplen;
      here.wirelen = wirelen >>> 0;
      return here;
    };
    const answer = (value: number | typeof hostFailure): number => {
      if (value === hostFailure) return FAILED;
      memory.words[layout.window >> 2] = value;
      return VALUE;
    };
    const segment = (number: number): Segment | undefined => bindings.segments.get(number & 0xffff);
    return {
      host: (number, start, caplen, wirelen) => {
        const { inputs, call } = bindings.functions.get(number! >>> 0)!;
        const window = (count: number) => new BigUint64Array(memory.memory.buffer, layout.window, count);
        const result = call(Array.from(window(inputs)), at(start!, caplen!, wirelen!));
        if (result === hostFailure) return FAILED;
        // Another engine may have run meanwhile, and the memory have grown.
        window(1)[0] = result ?? 0n;
        return result === undefined ? NIL : VALUE;
      },
      cop: (number, a, start, caplen, wirelen) => {
        const entry = number! >>> 0;
        if (!Object.hasOwn(host.coprocessor, entry)) return FAILED;
        return answer(host.coprocessor[entry]!.call(a! >>> 0, at(start!, caplen!, wirelen!)));
      },
      ancillary: (number, a, x, start, caplen, wirelen) => {
        const call = host.ancillary[ancillaryNames[number!]!]!;
        return answer(call(at(start!, caplen!, wirelen!), a! >>> 0, x! >>> 0));
      },
      place: (start, caplen, wirelen, a, x, offset) => {
        const header = host.ancillary.network_offset?.(at(start!, caplen!, wirelen!), a! >>> 0, x! >>> 0);
        const place = typeof header === 'number' ? header + offset! : -1;
        return place >= 0 && place <= longestCapture ? place : -1;
      },
      segment: (number) => segment(number!)?.bytes.length ?? -1,
      read: (number, offset, asked) => {
        const { bytes, readable, writable } = segment(number!) ?? none;
        const size = asked! & 0xff;
        const from = offset! >>> 0;
        if (((asked! & READS) !== 0 && !readable) || ((asked! & WRITES) !== 0 && !writable)) return 3;
        if (from + size > bytes.length || ((asked! & ALIGNED) !== 0 && from % size !== 0)) return 2;
        memory.bytes.set(bytes.subarray(from, from + size), layout.segment);
        return 0;
      },
      write: (number, offset, size) => {
        const to = offset! >>> 0;
        segment(number!)!.bytes.set(memory.bytes.subarray(layout.segment, layout.segment + size!), to);
        return undefined;
      },
    };
  }
}

function unpackFault(packed: number, argument: number): Fault {
  const code = (packed & 15) as FaultCode;
  return { code, pc: packed >>> 4, argument: code === 13 ? argument : 0 };
}

const nothing = new Uint8Array(0);
/** A segment that is not there. It may be anything, so that no fault comes before fault 2: it has no bytes. */
const none: Segment = { bytes: nothing, readable: true, writable: true };
