/** Runs a filter over a capture: what `luabpf run` does, without its words. */
import { CaptureReader, linktypeName, type Packet, PacketSlot, PcapWriter } from '../capture/index.ts';
import { type Engine, type Failure, newMemory, type Runner } from './engines/index.ts';
import { displayName, OutputFile, readChunks, refuseSameFile } from './files.ts';
import { failure } from './problem.ts';
import type { Source } from './source.ts';

/** Runs that ended in the same way at the same place. */
export interface FaultCount extends Failure {
  /** The first packet it happened on, counted from 1. */
  readonly first: number;
  count: number;
}

export interface RunSummary {
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

/**
 * Filters the capture at `input` by an engine, and writes what is accepted to `output` where that is given, with what the
 * filter has stored to it if it may (`allowWrite`). Fails, and leaves no output, where the capture is damaged.
 */
export async function runCapture(
  source: Source,
  engine: Engine,
  input: string,
  output: string | undefined,
  allowWrite = false,
): Promise<RunSummary> {
  if (output !== undefined) refuseSameFile(input, output);
  const reader = new CaptureReader();
  const run = new CaptureRun(source, engine, input, output, reader, allowWrite);
  try {
    for await (const chunk of readChunks(input, engine.buffer)) {
      reader.push(chunk);
      run.drain();
    }
    reader.end();
    run.drain();
    return run.finish();
  } catch (error) {
    run.discard();
    throw error;
  }
}

/** Packets that are filtered at once at most. */
const mostHeld = 4096;

class CaptureRun {
  readonly #source: Source;
  readonly #engine: Engine;
  readonly #input: string;
  readonly #output: string | undefined;
  readonly #reader: CaptureReader;
  readonly #allowWrite: boolean;
  readonly #byLinktype = new Map<number, Runner>();
  readonly #memory = newMemory();
  readonly #faults = new Map<string, FaultCount>();
  readonly #total = { packets: 0, bytes: 0, accepted: 0, acceptedBytes: 0 };
  /** Packets that wait to be filtered together, the first `#held` of them. */
  readonly #slots: PacketSlot[] = [];
  readonly #verdicts = new Uint32Array(mostHeld);
  #held = 0;
  #current: Runner | undefined;
  #currentLinktype = -1;
  #file: OutputFile | undefined;
  #writer: PcapWriter | undefined;
  #writtenLinktype = -1;
  #started: number | undefined;

  constructor(
    source: Source,
    engine: Engine,
    input: string,
    output: string | undefined,
    reader: CaptureReader,
    allowWrite: boolean,
  ) {
    this.#source = source;
    this.#engine = engine;
    this.#input = input;
    this.#output = output;
    this.#reader = reader;
    this.#allowWrite = allowWrite;
  }

  /** Filters the packets that have arrived. */
  drain(): void {
    for (;;) {
      const packet = this.#reader.next((this.#slots[this.#held] ??= new PacketSlot()));
      if (packet === undefined) break;
      if (packet.linktype !== this.#currentLinktype) this.#turnTo(packet.linktype);
      if (++this.#held === mostHeld) this.#filter();
    }
    this.#filter();
  }

  /** The packet behind those that are held is of another link type: it becomes the first. */
  #turnTo(linktype: number): void {
    const at = this.#held;
    this.#filter();
    const [first, packet] = [this.#slots[0]!, this.#slots[at]!];
    this.#slots[0] = packet;
    this.#slots[at] = first;
    this.#select(linktype);
  }

  /** Filters the packets that are held. */
  #filter(): void {
    const count = this.#held;
    this.#held = 0;
    if (count === 0) return;
    const runner = this.#current!;
    const failures: [index: number, failure: Failure][] = [];
    const onFailure = (index: number, failure: Failure): void => void failures.push([index, failure]);
    const verdicts = this.#verdicts;
    if (runner.batch !== undefined) runner.batch(this.#slots, count, verdicts, onFailure);
    else
      for (let index = 0; index < count; index++) {
        verdicts[index] = runner.run(this.#slots[index]!);
        if (runner.failure !== undefined) onFailure(index, runner.failure);
      }
    const total = this.#total;
    total.packets += count;
    for (let index = 0; index < count; index++) {
      const packet = this.#slots[index]!;
      const length = Math.min(verdicts[index]!, packet.caplen);
      total.bytes += packet.caplen;
      if (verdicts[index] === 0) continue;
      total.accepted++;
      total.acceptedBytes += length;
      if (this.#output !== undefined) this.#write(packet, length);
    }
    for (const [index, failure] of failures) if (verdicts[index] === 0) this.#countFault(failure, this.#slots[index]!);
  }

  /** The filter for a link type; one in Lua is compiled for each that the capture has. */
  #select(linktype: number): Runner {
    let known = this.#byLinktype.get(linktype);
    if (known === undefined) {
      known = this.#engine.prepare(this.#source, linktype, this.#memory, this.#allowWrite);
      this.#byLinktype.set(linktype, known);
    }
    this.#started ??= performance.now();
    this.#current = known;
    this.#currentLinktype = linktype;
    return known;
  }

  #write(packet: Packet, length: number): void {
    this.#writer ??= this.#open(packet.linktype);
    if (packet.linktype !== this.#writtenLinktype)
      throw failure({
        code: 'output-linktypes',
        message: `packet ${packet.number} is ${linktypeName(packet.linktype)}, those before it are ${linktypeName(this.#writtenLinktype)}: a pcap file holds one link type`,
        place: displayName(this.#input),
        hint: 'accept packets of one link type only',
      });
    this.#writer.write(packet, length);
  }

  #open(linktype: number): PcapWriter {
    const file = new OutputFile(this.#output!);
    this.#file = file;
    this.#writtenLinktype = linktype;
    const { snaplen, nanoseconds } = this.#reader;
    return new PcapWriter((bytes) => file.write(bytes), {
      linktype,
      nanoseconds,
      ...(snaplen === undefined ? {} : { snaplen }),
    });
  }

  /** Faults are counted by cause and line. */
  #countFault({ cause, place }: Failure, packet: Packet): void {
    const key = `${place} ${cause}`;
    const known = this.#faults.get(key);
    if (known !== undefined) known.count++;
    else this.#faults.set(key, { cause, place, first: packet.number, count: 1 });
  }

  /** The end of the capture: the output takes its name. */
  finish(): RunSummary {
    const { problem, linktype } = this.#reader;
    if (problem !== undefined)
      throw failure({ ...problem, place: `${displayName(this.#input)}, byte ${problem.offset}` });
    // A capture without packets is still filtered by a filter that must be right, and written.
    if (this.#total.packets === 0) this.#select(linktype ?? 1);
    if (this.#output !== undefined) this.#writer ??= this.#open(linktype ?? 1);
    this.#writer?.flush();
    this.#file?.finish();
    for (const runner of this.#byLinktype.values()) runner.close();
    const seconds = (performance.now() - (this.#started ?? performance.now())) / 1000;
    const list = [...this.#faults.values()].sort((a, b) => b.count - a.count);
    return { linktype, ...this.#total, faults: list, seconds };
  }

  discard(): void {
    this.#file?.discard();
  }
}
