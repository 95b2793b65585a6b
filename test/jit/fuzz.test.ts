/**
 * Random valid programs on both engines: every packet by itself, with all that a run leaves (test/vm/words.ts), and many
 * at a time. SEED in the environment makes others, MINUTES as many as there is time for: `scripts/campaign.mjs`.
 */
import { expect, test } from 'vitest';
import { faults, type Program } from '../../vm/index.ts';
import { windowIndex } from '../../vm/isa/registers.ts';
import { packetBytes, randomProgram } from '../vm/generate.ts';
import { type Random, randomFrom, seed } from '../vm/random.ts';
import { listing, registers } from '../vm/same.ts';
import { loaded, program, word } from '../vm/words.ts';
import { atOnce, engines, type Outcome, oneByOne, type Packet } from './batches.ts';

const minutes = Number(process.env.MINUTES ?? 0);
const count = 500;
const end = performance.now() + minutes * 60_000;
const goesOn = (done: number): boolean => (minutes > 0 ? performance.now() < end : done < count);

/** Compared by hand first: thousands of calls of toEqual take seconds. */
const isSame = (a: Outcome, b: Outcome): boolean =>
  JSON.stringify([a.verdicts, a.faults]) === JSON.stringify([b.verdicts, b.faults]) &&
  a.left.every((bytes, index) => Buffer.compare(bytes, b.left[index]!) === 0);

/** Faults of bounds without their pcs. */
const withoutPlaces = (outcome: Outcome): Outcome => ({
  ...outcome,
  faults: outcome.faults.map(([index, fault]) => [index, fault.code === 1 ? { ...fault, pc: 0 } : fault]),
});

/** What an engine says, and the program that it says it of. */
function compare(got: Outcome, wanted: Outcome, name: string, of: Program): void {
  if (!isSame(got, wanted)) expect(got, `${name}\n${listing(of.code)}`).toEqual(wanted);
}

/** What a random program may leave in M[], as on_fatal sees it. */
const onFatal = [0, 1, 15].flatMap((k) => [word(0x60, 0, 0, k), word(0xac), word(0x64, 0, 0, 1), word(0x07)]);

const randomPacket = (random: Random, length: number): Packet => ({
  bytes: Uint8Array.from({ length }, () => (random.chance(0.4) ? random.pick([0, 1, 5, 0xff]) : random.below(256))),
  wirelen: length + random.below(2000),
});

test(`random programs do the same on both engines (seed ${seed})`, { timeout: 3_600_000 }, () => {
  const ends = new Map<string, number>();
  const note = (name: string, packets: number): void => void ends.set(name, (ends.get(name) ?? 0) + packets);
  let done = 0;
  let packetsDone = 0;
  for (; goesOn(done); done++) {
    const random = randomFrom(seed * 1_000_003 + done);
    const { code, layout } = randomProgram(
      random,
      random.chance(0.1) ? 'endless' : undefined,
      random.chance(0.2) ? 'made' : 'small',
    );
    const fatal = random.chance(0.2) ? { onFatal: [...onFatal, word(0x16)] } : {};
    const of = { ...program(code), ...layout, ...fatal };
    const host = {
      allowWrite: random.chance(0.9),
      budget: random.chance(0.8) ? 20000 : random.below(40),
      loopCap: random.chance(0.9) ? 1000 : random.below(5),
    };
    const packets = Array.from({ length: random.below(10) }, () =>
      randomPacket(random, random.chance(0.8) ? packetBytes : random.below(packetBytes)),
    );
    const { interpreter, jit } = engines(of, host);
    const name = `program ${done} of seed ${seed}`;
    // Faults of bounds may be of an earlier access of the same run of loads, in runs as in batches.
    const all = atOnce(jit, packets, random.chance(0.5) ? packetBytes : undefined);
    compare(all, oneByOne(jit, packets), name, of);
    const wanted = withoutPlaces(oneByOne(interpreter, packets));
    compare(withoutPlaces(all), wanted, name, of);
    const [first] = packets;
    if (first !== undefined) {
      const both = loaded(of, host);
      both.run(first.bytes, 0, first.bytes.length, first.wirelen);
      for (const register of registers) if (windowIndex(register) < 0) both.register(register);
    }
    for (const [, { code }] of wanted.faults) note(faults[code].name, 1);
    note('verdict', packets.length - wanted.faults.length);
    packetsDone += packets.length;
  }
  console.info(`${done} random programs on both engines: ${JSON.stringify(Object.fromEntries(ends))}`);
  expect(ends.get('verdict')! / packetsDone).toBeGreaterThan(0.5);
  for (const code of [1, 3, 4, 10, 11, 13, 15] as const)
    expect(ends.get(faults[code].name), faults[code].name).toBeGreaterThan(0);
});
