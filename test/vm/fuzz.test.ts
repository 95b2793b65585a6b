/** Random words and random programs: refused, or run to an end; and what they leave is what the model says. */
import { describe, expect, test } from 'vitest';
import { decode, defaultHost, faults, validate, type Word } from '../../vm/index.ts';
import { mnemonics, rows } from '../../vm/isa/instructions.ts';
import { notGenerated, packetBytes, randomProgram } from './generate.ts';
import { isModelled } from './model.ts';
import { type Random, randomFrom, seed } from './random.ts';
import { aRun, comparing, listing } from './same.ts';
import { program, word } from './words.ts';

const packetOf = (random: Random, length: number): Uint8Array =>
  Uint8Array.from({ length }, () =>
    random.chance(0.4) ? random.pick([0, 0, 1, 5, 0x45, 0x80, 0xff]) : random.below(256),
  );

const codes = mnemonics.flatMap((mnemonic) =>
  rows[mnemonic].ready ? rows[mnemonic].variants.map(({ bits }) => bits | decodeClass(mnemonic)) : [],
);
function decodeClass(mnemonic: (typeof mnemonics)[number]): number {
  return { LD: 0, LDX: 1, ST: 2, STX: 3, ALU: 4, JMP: 5, RET: 6, MISC: 7 }[rows[mnemonic].class];
}

/** Words with little sense, but of opcodes that are there, and fields that are often small. */
function randomWord(random: Random): Word {
  if (random.chance(0.1)) return word(random.below(0x10000), random.below(256), random.below(256), random.u32());
  if (random.chance(0.2)) return word(0x06, 0, 0, random.below(3));
  const high = random.chance(0.7) ? 0 : random.below(64) << 10;
  const field = () => (random.chance(0.7) ? 0 : random.below(4));
  return word(random.pick(codes) | high, field(), field(), random.chance(0.7) ? random.below(8) : random.u32());
}

/** Ends so that the code is often one that has an end. */
const randomWords = (random: Random): Word[] => [
  ...Array.from({ length: random.below(6) }, () => randomWord(random)),
  word(0x06, 0, 0, 1),
  word(0x16),
];

describe(`seed ${seed}`, () => {
  test('random words are refused with reasons, or run as the model does', () => {
    const random = randomFrom(seed);
    let ran = 0;
    const refused = new Map<string, number>();
    for (let i = 0; i < 60000; i++) {
      const code = randomWords(random);
      const { refusals } = validate(program(code), defaultHost);
      if (refusals === undefined && code.every(isModelled)) {
        ran++;
        // A loop over X can be long: the budget ends it.
        comparing(code, { ...aRun, allowWrite: random.chance(0.5), budget: 1000 })(
          packetOf(random, random.below(40)),
          70,
        );
      } else for (const { code } of refusals ?? []) refused.set(code, (refused.get(code) ?? 0) + 1);
    }
    console.info(`random words: ${ran} of 60000 programs ran; refusals ${JSON.stringify(Object.fromEntries(refused))}`);
    expect(ran).toBeGreaterThan(3000);
    expect(refused.size).toBeGreaterThan(12);
  });

  test('random words of the classic profile are refused, or run', () => {
    const random = randomFrom(seed + 1);
    let ran = 0;
    for (let i = 0; i < 20000; i++) {
      const code = Array.from({ length: random.below(5) }, () => ({ ...randomWord(random), jf: random.below(256) }));
      const { validated } = validate(program([...code, word(0x16)], 'classic'), defaultHost);
      if (validated !== undefined) ran++;
    }
    expect(ran).toBeGreaterThan(1000);
  });

  test('random valid programs run as the model does', () => {
    const random = randomFrom(seed + 2);
    const ends = new Map<string, number>();
    const used = new Set<string>();
    const mean = { instructions: 0, steps: 0, calls: 0, door: 0 };
    const count = 6000;
    for (let i = 0; i < count; i++) {
      const { code, layout } = randomProgram(random);
      for (const word of code) used.add(decode(word)!.mnemonic);
      mean.instructions += code.length / count;
      mean.calls += code.filter((word) => decode(word)!.mnemonic === 'call').length / count;
      const budget = random.chance(0.98) ? 20000 : random.below(20);
      const loopCap = random.chance(0.98) ? 1000 : random.below(5);
      const run = comparing(code, { allowWrite: random.chance(0.98), budget, loopCap }, layout);
      const full = random.chance(0.98) ? packetBytes : random.below(packetBytes);
      const outcome = run(packetOf(random, full), full + random.below(2000), `program ${i}`);
      mean.steps += outcome.steps / count;
      mean.door += outcome.door / count;
      const end = outcome.fault === undefined ? 'verdict' : faults[outcome.fault.code as 1].name;
      ends.set(end, (ends.get(end) ?? 0) + 1);
    }
    const means = Object.entries(mean).map(([what, value]) => `${value.toFixed(1)} ${what}`);
    console.info(`random programs: ${JSON.stringify(Object.fromEntries(ends))}; on average ${means.join(', ')}`);
    expect(ends.get('verdict')! / count).toBeGreaterThan(0.7);
    const missing = mnemonics.filter((name) => rows[name].ready && !used.has(name) && !notGenerated.has(name));
    expect(missing).toEqual([]);
    for (const code of [1, 3, 4, 9, 10, 11, 13, 15] as const)
      expect(ends.get(faults[code].name), faults[code].name).toBeGreaterThan(0);
  });

  test('no run jumps back more often than the packet has bytes, and every run ends', () => {
    const random = randomFrom(seed + 3);
    const ends = new Map<string, number>();
    let most = 0;
    for (let i = 0; i < 3000; i++) {
      const { code, layout } = randomProgram(random, 'endless');
      // Only the door ends them: the units of passes and calls that it lets through fit the budget.
      const run = comparing(code, { allowWrite: true, budget: 10 ** 6, loopCap: 4 }, layout);
      const caplen = random.chance(0.8) ? packetBytes : random.below(packetBytes);
      const { fault, door } = run(packetOf(random, caplen), caplen + 50, `program ${i}`);
      expect(door).toBeLessThanOrEqual(caplen);
      most = Math.max(most, door / (caplen + 1));
      const end = fault === undefined ? 'verdict' : faults[fault.code as 1].name;
      ends.set(end, (ends.get(end) ?? 0) + 1);
    }
    console.info(`programs that only the door ends: ${JSON.stringify(Object.fromEntries(ends))}`);
    expect(ends.get('door')).toBeGreaterThan(100);
    expect(ends.get('verdict')).toBeGreaterThan(300);
    expect(ends.get('budget')).toBeUndefined();
    expect(most).toBeGreaterThan(0.9);
  });

  test('the same seed makes the same program', () => {
    const text = (from: number): string => listing(randomProgram(randomFrom(from)).code);
    expect(text(seed)).toBe(text(seed));
    expect(text(seed)).not.toBe(text(seed + 1));
  });
});
