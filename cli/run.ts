/** Runs a filter over a capture: what `luabpf run` does, without its words. */
import { CaptureReader, linktypeName, type Packet, PcapWriter } from '../capture/index.ts';
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
 * Filters the capture at `input` by an engine, and writes what is accepted to `output` where that is given. Fails, and
 * leaves no output, where the capture is damaged.
 */
export async function runCapture(
  source: Source,
  engine: Engine,
  input: string,
  output: string | undefined,
): Promise<RunSummary> {
  if (output !== undefined) refuseSameFile(input, output);
  const reader = new CaptureReader();
  const run = new CaptureRun(source, engine, input, output, reader);
  try {
    for await (const chunk of readChunks(input)) {
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

class CaptureRun {
  readonly #source: Source;
  readonly #engine: Engine;
  readonly #input: string;
  readonly #output: string | undefined;
  readonly #reader: CaptureReader;
  readonly #byLinktype = new Map<number, Runner>();
  readonly #memory = newMemory();
  readonly #faults = new Map<string, FaultCount>();
  readonly #total = { packets: 0, bytes: 0, accepted: 0, acceptedBytes: 0 };
  #current: Runner | undefined;
  #currentLinktype = -1;
  #file: OutputFile | undefined;
  #writer: PcapWriter | undefined;
  #writtenLinktype = -1;
  #started: number | undefined;

  constructor(source: Source, engine: Engine, input: string, output: string | undefined, reader: CaptureReader) {
    this.#source = source;
    this.#engine = engine;
    this.#input = input;
    this.#output = output;
    this.#reader = reader;
  }

  /** Filters the packets that have arrived. */
  drain(): void {
    for (let packet = this.#reader.next(); packet !== undefined; packet = this.#reader.next()) this.#filter(packet);
  }

  #filter(packet: Packet): void {
    const runner = packet.linktype === this.#currentLinktype ? this.#current! : this.#select(packet.linktype);
    const total = this.#total;
    total.packets++;
    total.bytes += packet.caplen;
    const verdict = runner.run(packet);
    if (verdict > 0) {
      const length = Math.min(verdict, packet.caplen);
      total.accepted++;
      total.acceptedBytes += length;
      if (this.#output !== undefined) this.#write(packet, length);
    } else if (runner.failure !== undefined) this.#countFault(runner.failure, packet);
  }

  /** The filter for a link type; one in Lua is compiled for each that the capture has. */
  #select(linktype: number): Runner {
    let known = this.#byLinktype.get(linktype);
    if (known === undefined) {
      known = this.#engine.prepare(this.#source, linktype, this.#memory);
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
