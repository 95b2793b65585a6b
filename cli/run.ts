/** Runs a filter over captures: what `luabpf run` does, without its words. */
import { CaptureReader, type Packet, PacketBatch, PacketSlot, packetWords } from '../capture/index.ts';
import { type Engine, type Failure, newMemory, type Runner } from './engines/index.ts';
import type { Input, OpenInput } from './input/input.ts';
import { failure } from './problem.ts';
import type { Sink } from './sink.ts';
import type { Source } from './source.ts';

/** Runs that ended in the same way at the same place. */
export interface FaultCount extends Failure {
  /** The first packet it happened on, counted from 1 in its capture. */
  readonly first: number;
  /** The capture that packet is in. */
  readonly capture: string;
  count: number;
}

export interface RunSummary {
  /** Of the first packet, or of the last capture where there was none. */
  readonly linktype: number | undefined;
  packets: number;
  /** Captured bytes of all packets. */
  bytes: number;
  accepted: number;
  /** Bytes of the accepted packets, each cut to its verdict. */
  acceptedBytes: number;
  readonly faults: readonly FaultCount[];
  /** Wall time of reading, filtering and writing, in seconds; compiling is not in it. */
  seconds: number;
}

export interface RunOptions {
  /** Packets that are accepted at most: then the run ends as at the end of its input. */
  readonly limit?: number;
  /** Packets that are left out at the beginning, without being filtered. */
  readonly skip?: number;
  /** Whether the filter may store to packets: sinks are given what it has made of them. */
  readonly allowWrite?: boolean;
  /** Ends the run as the end of its input would, whatever is under way. */
  readonly signal?: AbortSignal;
}

/**
 * Filters captures by an engine, one after the other, and gives packets to the sinks. Fails, and discards the sinks,
 * where a capture is damaged.
 */
export async function runCaptures(
  source: Source,
  engine: Engine,
  inputs: readonly OpenInput[],
  sinks: readonly Sink[],
  options: RunOptions = {},
): Promise<RunSummary> {
  const run = new Run(source, engine, sinks, options);
  try {
    for (const open of inputs) {
      if (run.isDone) break;
      await run.readAll(open);
    }
    return await run.finish();
  } catch (error) {
    for (const sink of sinks) sink.discard();
    throw error;
  }
}

/** Packets that are filtered at once at most: as many as a piece of a file has of the usual ones. */
const mostAtOnce = 1024;
/** While reads give bytes at once, nothing else is heard, signals among it, but every so many bytes. */
const bytesUnheard = 2 ** 25;

class Run {
  readonly #source: Source;
  readonly #engine: Engine;
  readonly #options: RunOptions;
  readonly #sinks: readonly Sink[];
  readonly #forAccepted: readonly Sink[];
  readonly #forRejected: readonly Sink[];
  readonly #allocate: (bytes: number) => Uint8Array;
  readonly #batch: PacketBatch;
  readonly #runners = new Map<number, Runner>();
  readonly #memory = newMemory();
  readonly #slot = new PacketSlot();
  readonly #faults = new Map<string, FaultCount>();
  /** An engine may give the same failure again, and texts take long to compare. */
  readonly #countOf = new WeakMap<Failure, FaultCount>();
  readonly #total = { packets: 0, bytes: 0, accepted: 0, acceptedBytes: 0 };
  readonly #aborted: Promise<void>;
  #reader = new CaptureReader();
  #begun = true;
  #name = '';
  #skip: number;
  #linktype: number | undefined;
  #started: number | undefined;

  constructor(source: Source, engine: Engine, sinks: readonly Sink[], options: RunOptions) {
    this.#source = source;
    this.#engine = engine;
    this.#options = options;
    this.#sinks = sinks;
    this.#forAccepted = sinks.filter(({ wants }) => wants !== 'rejected');
    this.#forRejected = sinks.filter(({ wants }) => wants !== 'accepted');
    this.#skip = options.skip ?? 0;
    const buffer = engine.buffer ?? ((bytes) => new Uint8Array(bytes));
    const table = buffer(mostAtOnce * packetWords.size * 4);
    this.#batch = new PacketBatch(new Uint32Array(table.buffer, table.byteOffset, table.length / 4));
    // One after the other, captures are read to the same place.
    let room: Uint8Array = new Uint8Array(0);
    this.#allocate = (bytes) => {
      if (room.length < bytes) room = buffer(bytes);
      return room;
    };
    const { signal } = options;
    this.#aborted = new Promise((resolve) => signal?.addEventListener('abort', () => resolve()));
  }

  /** Whether there is nothing left to do. */
  get isDone(): boolean {
    return this.#options.signal?.aborted === true || this.#left === 0;
  }

  /** Packets that may still be accepted. */
  get #left(): number {
    return (this.#options.limit ?? Infinity) - this.#total.accepted;
  }

  /** Filters what an input has. */
  async readAll(open: OpenInput): Promise<void> {
    // To find out what an input is, its first bytes are awaited.
    const input = await Promise.race([open(), this.#aborted]);
    if (input === undefined) return;
    try {
      await this.#readAll(input);
    } finally {
      await input.close();
    }
  }

  async #readAll(input: Input): Promise<void> {
    const reader = new CaptureReader(this.#allocate);
    this.#reader = reader;
    this.#begun = false;
    this.#name = input.name;
    let unheard = 0;
    while (!this.isDone) {
      const read = input.read(reader.space());
      const count = typeof read === 'number' ? read : await Promise.race([read, this.#aborted]);
      if (count === undefined) return;
      if (count === 0) reader.end();
      else reader.added(count);
      this.#drain();
      for (const sink of this.#sinks) {
        const full = sink.settle?.(input.waits);
        if (full !== undefined) await full;
      }
      if (count === 0 || reader.problem !== undefined) break;
      unheard += count;
      if (unheard < bytesUnheard) continue;
      unheard = 0;
      await new Promise(setImmediate);
    }
    const { problem } = reader;
    if (problem !== undefined) throw failure({ ...problem, place: `${input.name}, byte ${problem.offset}` });
    this.#linktype ??= reader.linktype;
    this.#begin();
  }

  /** Filters the packets that have arrived. */
  #drain(): void {
    const batch = this.#batch;
    for (let more = true; more && !this.isDone; ) {
      // So that not one packet more is filtered than is asked for.
      batch.most = Math.min(mostAtOnce, this.#left, this.#skip || Infinity);
      more = this.#reader.scan(batch);
      if (this.#skip > 0) this.#skip -= batch.count;
      else if (batch.count > 0) this.#filter();
      if (batch.block === undefined) continue;
      this.#begin();
      const { bytes, start, end } = batch.block;
      for (const sink of this.#sinks) sink.block?.(bytes, start, end);
    }
  }

  /** Filters the packets of the batch. */
  #filter(): void {
    const { table, count, bytes, linktype } = this.#batch;
    const runner = this.#runners.get(linktype) ?? this.#prepare(linktype);
    const failures = new Map<number, Failure>();
    const onFailure = (index: number, failure: Failure): void => void failures.set(index, failure);
    if (runner.batch !== undefined) runner.batch(this.#batch, onFailure);
    else this.#runEach(runner, onFailure);
    this.#begin();
    this.#total.packets += count;
    this.#total.bytes += bytes;
    this.#give(failures);
    for (const [index, failure] of failures)
      if (table[index * packetWords.size + packetWords.verdict] === 0) this.#countFault(failure, index);
  }

  #runEach(runner: Runner, onFailure: (index: number, failure: Failure) => void): void {
    const { table, count } = this.#batch;
    for (let index = 0; index < count; index++) {
      const packet = this.#packet(index);
      table[index * packetWords.size + packetWords.verdict] = runner.run(packet);
      if (runner.failure !== undefined) onFailure(index, runner.failure);
    }
  }

  /** Counts the packets of the batch, and gives them to those that want them. */
  #give(failures: ReadonlyMap<number, Failure>): void {
    const { table, count } = this.#batch;
    const [forAccepted, forRejected] = [this.#forAccepted, this.#forRejected];
    const total = this.#total;
    for (let index = 0, word = 0; index < count; index++, word += packetWords.size) {
      const verdict = table[word + packetWords.verdict]!;
      if (verdict === 0 && forRejected.length === 0) continue;
      const caplen = table[word + packetWords.caplen]!;
      const length = verdict < caplen ? verdict : caplen;
      if (verdict !== 0) {
        total.accepted++;
        total.acceptedBytes += length;
      }
      const sinks = verdict === 0 ? forRejected : forAccepted;
      if (sinks.length === 0) continue;
      const packet = this.#packet(index);
      for (const sink of sinks) sink.packet(packet, length, verdict, failures.get(index));
    }
  }

  #packet(index: number): Packet {
    return this.#reader.packet(this.#batch, index, this.#slot);
  }

  /** Tells the sinks of the capture, once its header is known. */
  #begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    for (const sink of this.#sinks) sink.begin?.(this.#reader);
  }

  /** The filter for a link type; one in Lua is compiled for each that the captures have. */
  #prepare(linktype: number): Runner {
    const runner = this.#engine.prepare(this.#source, linktype, this.#memory, this.#options.allowWrite);
    this.#runners.set(linktype, runner);
    this.#linktype ??= linktype;
    this.#started ??= performance.now();
    return runner;
  }

  /** Faults are counted by cause and line. */
  #countFault(failure: Failure, index: number): void {
    const known = this.#countOf.get(failure) ?? this.#faultCount(failure, this.#batch.first + index);
    known.count++;
  }

  #faultCount(failure: Failure, first: number): FaultCount {
    const { cause, place } = failure;
    const key = `${place} ${cause}`;
    const fault = this.#faults.get(key) ?? { cause, place, capture: this.#name, first, count: 0 };
    this.#faults.set(key, fault);
    this.#countOf.set(failure, fault);
    return fault;
  }

  async finish(): Promise<RunSummary> {
    // A filter must be right, packets or none.
    if (this.#runners.size === 0) this.#prepare(this.#linktype ?? 1);
    for (const sink of this.#sinks) await sink.finish();
    for (const runner of this.#runners.values()) runner.close();
    const seconds = (performance.now() - (this.#started ?? performance.now())) / 1000;
    const faults = [...this.#faults.values()].sort((a, b) => b.count - a.count);
    return { linktype: this.#linktype, ...this.#total, faults, seconds };
  }
}
