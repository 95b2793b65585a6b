/** The bound: no run takes more instructions, and where a program has one way only, every run takes as many. */
import { describe, expect, test } from 'vitest';
import { bound, defaultHost, encode, type Host, type Program, validate, type Word } from '../../vm/index.ts';
import { packetBytes, randomProgram } from './generate.ts';
import { randomFrom, seed } from './random.ts';
import { comparing } from './same.ts';
import { loaded, program } from './words.ts';

const boundOf = (of: Program, host: Host, caplen: number): number => {
  const { validated, refusals } = validate(of, host);
  if (validated === undefined) throw new Error(JSON.stringify(refusals));
  const { once, aByte } = bound(validated, host, caplen);
  return once + caplen * aByte;
};

/** Instructions that a run takes. */
function stepsOf(of: Program, packet: Uint8Array): number {
  const filter = loaded(of);
  let steps = 0;
  filter.trace = () => steps++;
  filter.run(packet, 0, packet.length, packet.length);
  return steps;
}

const exit = encode('exit', 0, { k: 1 });
const call = (from: number, to: number): Word => encode('call', 0, { k: to - from - 1 });
const pass = encode('exit', 0x10, {});

describe('programs with one way only take what the bound says', () => {
  test('six functions, each calling the one before ten times: exponential in the depth of calls', () => {
    const code: Word[] = [exit];
    let callee = 0;
    for (let depth = 1; depth < 6; depth++) {
      const root = code.length;
      for (let i = 0; i < 10; i++) code.push(call(code.length, callee));
      code.push(exit);
      callee = root;
    }
    const six = { ...program(code), entry: callee };
    expect(code.length).toBe(56);
    expect(boundOf(six, defaultHost, 0)).toBe(222_221);
    expect(stepsOf(six, new Uint8Array(0))).toBe(222_221);
  });

  test('loops in loops', () => {
    const nested = program([
      encode('loop', 0, { k: 5, jt: 1 }),
      exit,
      encode('loop', 0, { k: 3, jt: 1 }),
      pass,
      encode('mov', 0, { reg: 0, k: 7 }),
      pass,
    ]);
    expect(boundOf(nested, defaultHost, 0)).toBe(2 + 5 * (2 + 3 * 2));
    expect(stepsOf(nested, new Uint8Array(0))).toBe(42);
  });

  test('a loop that only the door ends', () => {
    const endless = program([encode('mov', 0, { reg: 0, k: 7 }), encode('ja', 0, { k: -2 })]);
    for (const caplen of [0, 1, 7, 64]) {
      // The last jump is refused: it was begun all the same.
      expect(boundOf(endless, defaultHost, caplen)).toBe(2 + caplen * 2);
      expect(stepsOf(endless, new Uint8Array(caplen))).toBe(2 + caplen * 2);
    }
  });
});

test('a loop by a register is taken to run up to the cap, and what is too large to say is infinite', () => {
  const byX = program([encode('loop', 0x08, { jt: 1 }), exit, pass]);
  expect(boundOf(byX, { ...defaultHost, loopCap: 100 }, 0)).toBe(2 + 100);
  const deep = program([
    ...Array.from({ length: 5 }, () => [encode('loop', 0x08, { jt: 1 }), pass]).flat(),
    encode('exit', 0x10, {}),
  ]);
  expect(boundOf(deep, defaultHost, 0)).toBe(Number.POSITIVE_INFINITY);
});

test.each([undefined, 'endless'] as const)(
  'no random program exceeds it (loops that only the door ends: %s)',
  (turns) => {
    const random = randomFrom(seed + 11);
    let nearest = 0;
    let fine = 0;
    const count = 1500;
    for (let i = 0; i < count; i++) {
      const { code, layout } = randomProgram(random, turns);
      const limits = { allowWrite: true, budget: 10 ** 6, loopCap: 4 };
      const caplen = random.chance(0.8) ? packetBytes : random.below(packetBytes);
      const { steps, fault } = comparing(code, limits, layout)(
        Uint8Array.from({ length: caplen }, () => random.below(256)),
        caplen,
        `program ${i}`,
      );
      const most = boundOf({ ...program(code), ...layout }, { ...defaultHost, ...limits }, caplen);
      expect(steps, `program ${i}`).toBeLessThanOrEqual(most);
      if (fault === undefined) fine++;
      nearest = Math.max(nearest, steps / most);
    }
    console.info(
      `${fine} of ${count} runs end without a fault; the longest takes ${(100 * nearest).toFixed(0)} % of its bound`,
    );
    expect(nearest).toBeGreaterThan(0.9);
  },
);
