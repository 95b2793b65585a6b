/** Runs the tests of a filter file on engines. */
import { dirname, isAbsolute, join } from 'node:path';
import { CaptureReader, type Packet } from '../../capture/index.ts';
import { type Engine, type EngineName, type EnginePacket, newMemory, type Runner } from '../engines/index.ts';
import { readWhole } from '../files.ts';
import { failure, type Problem, problemsOf } from '../problem.ts';
import type { Source } from '../source.ts';
import { type FileTest, fileTests, type TestInput } from './directives.ts';
import { type Mismatch, mismatches, type Outcome } from './judge.ts';

/** An engine that tests are run on. */
export interface TestEngine {
  readonly name: EngineName;
  readonly engine: Engine;
  /** What filters have printed since it was last asked. */
  readonly printed: () => string;
}

export interface TestResult {
  readonly test: FileTest;
  /** By engine, of those that ran it; none where all is as expected. */
  readonly mismatches: ReadonlyMap<EngineName, readonly Mismatch[]>;
  /** The bytes of the packets that are not as expected, by number. */
  readonly packets: ReadonlyMap<number, Uint8Array>;
}

export interface FileResult {
  readonly file: string;
  readonly tests: readonly TestResult[];
  /** Engines that cannot run the filter, and why. */
  readonly skipped: ReadonlyMap<EngineName, Problem>;
}

type TestPacket = Pick<Packet, 'number' | 'linktype'> & EnginePacket;

/**
 * Runs all tests of a file; fails where the file, a test line or a capture is wrong. An engine that refuses the filter is
 * skipped, unless it is the only one.
 */
export async function runFileTests(
  source: Source & { kind: 'lua' },
  path: string,
  testEngines: readonly TestEngine[],
): Promise<FileResult> {
  const captures = new Map<string, readonly TestPacket[]>();
  const skipped = new Map<EngineName, Problem>();
  const tests: TestResult[] = [];
  for (const test of fileTests(source.name, source.text)) {
    const packets = await packetsOf(test.input, dirname(path), captures);
    const found = new Map<EngineName, readonly Mismatch[]>();
    for (const each of testEngines) {
      const refusal = refusalOf(each.engine, source, packets);
      if (refusal === undefined) found.set(each.name, runTest(test, source, packets, each));
      else if (testEngines.length === 1) throw failure(refusal);
      else skipped.set(each.name, refusal);
    }
    const wrong = new Set([...found.values()].flat().map(({ packet }) => packet));
    const shown = packets.filter(({ number }) => wrong.has(number));
    const bytes = shown.map((packet) => [packet.number, bytesOf(packet)] as const);
    tests.push({ test, mismatches: found, packets: new Map(bytes) });
  }
  return { file: source.name, tests, skipped };
}

const bytesOf = ({ bytes, start, caplen }: TestPacket): Uint8Array => bytes.subarray(start, start + caplen);

/** A filter is compiled even for a capture without packets. */
const linktypesOf = (packets: readonly TestPacket[]): Set<number> =>
  new Set(packets.length === 0 ? [1] : packets.map(({ linktype }) => linktype));

function refusalOf(engine: Engine, source: Source, packets: readonly TestPacket[]): Problem | undefined {
  for (const linktype of linktypesOf(packets)) {
    const refusal = engine.refusal(source, linktype);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** Each test has runners and memory of its own: nothing is left of another. */
function runTest(
  { expectations, writable }: FileTest,
  source: Source,
  given: readonly TestPacket[],
  { engine, printed }: TestEngine,
): readonly Mismatch[] {
  const runners = new Map<number, Runner>();
  const memory = newMemory();
  // What a filter stores is not what another engine begins with.
  const packets = writable
    ? given.map((packet) => ({ ...packet, bytes: Uint8Array.from(bytesOf(packet)), start: 0 }))
    : given;
  for (const linktype of linktypesOf(packets))
    runners.set(linktype, engine.prepare(source, linktype, memory, writable));
  const outcomes = packets.map((packet): Outcome => {
    const runner = runners.get(packet.linktype)!;
    const verdict = runner.run(packet);
    return { number: packet.number, verdict, failure: runner.failure, bytes: bytesOf(packet) };
  });
  for (const runner of runners.values()) runner.close();
  const output = printed();
  return expectations.flatMap((expectation) => mismatches(expectation, outcomes, output));
}

async function packetsOf(
  input: TestInput,
  folder: string,
  captures: Map<string, readonly TestPacket[]>,
): Promise<readonly TestPacket[]> {
  if (input.kind === 'hex') {
    const { bytes, wirelen, linktype } = input;
    return [{ number: 1, bytes, start: 0, caplen: bytes.length, wirelen, time: 0n, linktype }];
  }
  const path = isAbsolute(input.path) ? input.path : join(folder, input.path);
  const known = captures.get(path) ?? (await readCapture(path, input.place));
  captures.set(path, known);
  return known;
}

/** All packets of a capture; `place` is where it is named. */
async function readCapture(path: string, place: string): Promise<readonly TestPacket[]> {
  const bytes = await readWhole(path).catch((error: unknown) => {
    const [problem] = problemsOf(error) ?? [];
    throw problem === undefined
      ? error
      : failure({ ...problem, place, message: `${path}: ${problem.message}`, hint: 'paths start at the filter file' });
  });
  const reader = new CaptureReader();
  reader.push(bytes);
  reader.end();
  const packets: TestPacket[] = [];
  for (let packet = reader.next(); packet !== undefined; packet = reader.next()) {
    const { number, bytes, start, caplen, wirelen, time, linktype } = packet;
    packets.push({ number, bytes, start, caplen, wirelen, time, linktype });
  }
  const { problem } = reader;
  if (problem !== undefined)
    throw failure({ ...problem, place, message: `${path}, byte ${problem.offset}: ${problem.message}` });
  return packets;
}
