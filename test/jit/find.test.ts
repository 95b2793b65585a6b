/**
 * The search that is written for its string, against the host's own `call` and against a definition in two lines: random
 * strings, packets and bounds. The packet ends with the memory where it can, so that a read past it would trap.
 */
import { expect, test } from 'vitest';
import {
  defaultHost,
  encode,
  type HostFunction,
  Jit,
  MachineMemory,
  type Program,
  packetFunctions,
  validate,
  type Word,
} from '../../vm/index.ts';
import { wordsToBytes } from '../../vm/isa/codec.ts';
import { literal } from '../vm/literals.ts';
import { type Random, randomFrom, seed } from '../vm/random.ts';
import { program } from '../vm/words.ts';

const find = packetFunctions['packet.find']!;
const absent = -1;
const DW = 0x18;

/** Where the string stands wholly in [from, to) first. */
function defined(packet: Uint8Array, text: Uint8Array, from: bigint, to: bigint): number {
  const end = to < BigInt(packet.length) ? Number(to) : packet.length;
  for (let at = Number(from); at + text.length <= end; at++)
    if (text.every((byte, i) => packet[at + i] === byte)) return at;
  return absent;
}

/** Searches for a string from one number to another, which stand in a segment. */
function searching(text: Uint8Array): Program {
  const data = literal(false, [...text]);
  const code: Word[] = [
    encode('prolog', 0, { high: 4 }),
    ...data,
    encode('mov', 0, { reg: 40, k: 8 + 2 }),
    encode('mov', 0, { reg: 41, k: text.length }),
    encode('ld.seg.abs', DW, { reg: 0, jf: 0, k: 0 }),
    encode('mov', 0x108, { reg: 42, jf: 32 }),
    encode('ld.seg.abs', DW, { reg: 0, jf: 0, k: 8 }),
    encode('mov', 0x108, { reg: 43, jf: 32 }),
    encode('host', 0, { k: 0 }),
    // A verdict of 0 would be a place too: nil is 2^32 - 1.
    encode('jeq', 0, { reg: 40, k: 0, jf: 1 }),
    encode('exit', 0, { k: 0xffffffff }),
    encode('exit', 0x10, {}),
  ];
  const imports: Program['imports'] = [
    { kind: 'function', name: 'packet.find', number: 0 },
    { kind: 'segment', name: 'bounds', number: 0 },
  ];
  return { ...program(code), imports };
}

const letters = { one: [7], two: [0, 255], few: [1, 2, 3], all: Array.from({ length: 256 }, (_, i) => i) } as const;
const lengths = [1, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 18, 31, 33, 255, 256, 257, 300];

/** A packet in which the string, or most of it, stands here and there, at the very end too. */
function packetWith(random: Random, text: Uint8Array, alphabet: readonly number[]): Uint8Array {
  const packet = Uint8Array.from(
    { length: random.chance(0.05) ? random.below(5000) : random.below(201 + text.length) },
    () => random.pick(alphabet),
  );
  for (let left = 1 + random.below(4); left > 0 && packet.length >= text.length; left--) {
    const last = packet.length - text.length;
    const at = random.chance(0.3) ? last : random.below(last + 1);
    packet.set(text, at);
    if (random.chance(0.4)) packet[at + random.below(text.length)]! ^= 1;
  }
  return packet;
}

const boundOf = (random: Random, length: number): bigint =>
  random.pick([
    () => 0n,
    () => BigInt(random.below(length + 3)),
    () => BigInt(random.below(length + 3)),
    () => BigInt(length),
    () => 2n ** 31n - 1n + BigInt(random.below(3)),
    () => 2n ** 32n + BigInt(random.below(length + 1)),
    () => 2n ** 63n,
    () => 2n ** 64n - 1n,
  ])();

test(`strings are found where they are (seed ${seed})`, () => {
  const random = randomFrom(seed);
  const seen = { found: 0, absent: 0, calls: 0 };
  const spied: HostFunction = {
    ...find,
    call: (inputs, run) => {
      seen.calls++;
      return find.call(inputs, run);
    },
  };
  for (let i = 0; i < 400; i++) {
    const alphabet = letters[random.pick(['one', 'two', 'two', 'two', 'few', 'all'] as const)];
    const length = random.chance(0.7) ? random.pick(lengths) : 1 + random.below(60);
    const text = Uint8Array.from({ length }, () => random.pick(alphabet));
    const of = searching(text);
    const bounds = new BigUint64Array(2);
    const segments = { bounds: { bytes: new Uint8Array(bounds.buffer), readable: true, writable: false } };
    const host = { ...defaultHost, functions: { 'packet.find': spied }, segments };
    const { validated, refusals } = validate(of, host);
    expect(refusals).toBeUndefined();
    const memory = new MachineMemory(65536);
    const jit = new Jit(validated!, host, { memory });
    const code = wordsToBytes(of.code);
    seen.calls = 0;
    for (let j = 0; j < 80; j++) {
      const packet = packetWith(random, text, alphabet);
      const from = random.chance(0.6) ? 0n : boundOf(random, packet.length);
      const to = random.chance(0.6) ? 2n ** 64n - 1n : boundOf(random, packet.length);
      bounds.set([from, to]);
      // Behind it the memory ends; or there is more of the string, which is no part of the packet.
      const behind = random.chance(0.5) ? 0 : text.length;
      const start = memory.bytes.length - packet.length - behind;
      memory.bytes.set(packet, start);
      memory.bytes.set(text.subarray(0, behind), start + packet.length);
      const wanted = defined(packet, text, from, to);
      const verdict = jit.runAt(start, packet.length, packet.length) | 0;
      const run = { packet, start: 0, caplen: packet.length, wirelen: packet.length, time: 0n, code };
      const answer = find.call([10n, BigInt(text.length), from, to], run);
      if (verdict !== wanted || answer !== (wanted === absent ? undefined : BigInt(wanted)))
        expect.fail(
          `[${text}] in [${packet}] from ${from} to ${to}: ${verdict}, host ${String(answer)}, not ${wanted}`,
        );
      seen[wanted === absent ? 'absent' : 'found']++;
    }
    // Short ones are not left to the host, long ones are.
    expect(seen.calls).toBe(length <= 256 ? 0 : 80);
  }
  console.info(`searches: ${JSON.stringify(seen)}`);
  expect(seen.found).toBeGreaterThan(8000);
  expect(seen.absent).toBeGreaterThan(8000);
});
