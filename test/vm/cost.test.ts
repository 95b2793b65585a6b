/** The bound: no run takes more, however its packet is chosen; and where a program has one way only, each takes as much. */
import { describe, expect, test } from 'vitest';
import {
  assemble,
  type Bound,
  bound,
  defaultHost,
  encode,
  type Host,
  type Program,
  validate,
  type Word,
} from '../../vm/index.ts';
import { packetBytes, randomProgram } from './generate.ts';
import { type Random, randomFrom, seed } from './random.ts';
import { comparing, listing } from './same.ts';
import { interpreted, loaded, program, refusalsOf } from './words.ts';

const boundOf = (of: Program, host: Partial<Host> = {}): Bound => {
  const whole = { ...defaultHost, ...host };
  const { validated, refusals } = validate(of, whole);
  if (validated === undefined) throw new Error(JSON.stringify(refusals));
  return bound(validated, whole);
};

function assembled(...lines: readonly string[]): Program {
  const { program: made, problems } = assemble(`${lines.join('\n')}\n`);
  if (made === undefined) throw new Error(JSON.stringify(problems));
  return made;
}

/** How often a run comes to each instruction. */
function visits(of: Program, packet: Uint8Array, host: Partial<Host> = {}): number[] {
  const filter = interpreted(of, host);
  const times = of.code.map(() => 0);
  filter.trace = ({ pc }) => times[pc]!++;
  filter.run(packet, 0, packet.length, packet.length);
  return times;
}
const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, n) => total + n, 0);
const stepsOf = (of: Program, packet: Uint8Array, host: Partial<Host> = {}): number => sum(visits(of, packet, host));

/** Polynomials of the captured length, put together. */
const polynomialAt = ({ once, aJump }: Bound, n: number): number =>
  sum(once.map((by, power) => by * n ** power)) + sum(aJump.map((by, power) => by * n ** (power + 1)));

const exit = encode('exit', 0, { k: 1 });
const call = (from: number, to: number): Word => encode('call', 0, { k: to - from - 1 });
const scan = (base: number, perByte: number): Partial<Host> => ({
  functions: { 0: { inputs: 0, cost: { base, perByte }, call: () => 0n } },
});

describe('programs with one way only take what the bound says', () => {
  const nested = ['loop 5 Outer', 'exit 0', 'Outer: loop 3 Inner', 'exit A', 'Inner: A := 7', 'exit A'];
  const turning = ['Turn: A := 7', 'goto Turn'];
  test.each<[what: string, of: Program, at: (n: number) => number]>([
    ['straight code', assembled('A := 1', 'A += 1', 'exit A'), () => 3],
    ['loops in loops', assembled(...nested), () => 2 + 5 * (2 + 3 * 2)],
    ['a loop of no passes', assembled('loop 0 Body', 'exit 0', 'Body: exit A'), () => 2],
    // The last jump is refused: it was begun all the same.
    ['a loop that only the door ends', assembled(...turning), (n) => 2 + 2 * n],
    [
      'loops and calls in a loop that only the door ends',
      assembled(
        '.entry Main',
        'Called: loop 3 Body',
        'exit A',
        'Body: exit A',
        'Main: A := 1',
        'Turn: call Called',
        'loop 2 Pass',
        'goto Turn',
        'Pass: call Called',
        'exit A',
      ),
      (n) => 1 + (n + 1) * (1 + 5 + 1 + 2 * (1 + 5 + 1) + 1),
    ],
    [
      'a loop over the captured bytes',
      assembled('AA = caplen', 'loop AA Body', 'exit 0', 'Body: exit A'),
      (n) => 3 + n,
    ],
    [
      'a loop over what stands behind the first byte',
      assembled('AA = caplen', 'AA -= 1', 'loop AA Body', 'exit 0', 'Body: exit A'),
      (n) => 4 + Math.max(0, n - 1),
    ],
    [
      'a loop over the captured bytes and three more',
      assembled('AA = caplen', 'AA += 3', 'loop AA Body', 'exit 0', 'Body: exit A'),
      (n) => 4 + n + 3,
    ],
    [
      'loops over the captured bytes in each other, and behind the door',
      assembled(
        'Turn: AA = caplen',
        'loop AA Outer',
        'goto Turn',
        'Outer: X = caplen',
        'loop X Inner',
        'exit A',
        'Inner: exit A',
      ),
      (n) => (n + 1) * (3 + n * (3 + n)),
    ],
  ])('%s', (_, of, at) => {
    const whole = boundOf(of);
    const { at: most, spent } = whole;
    for (const n of [1, 2, 7, 64]) {
      expect(most(n)).toBe(at(n));
      expect(polynomialAt(whole, n)).toBeGreaterThanOrEqual(at(n));
      const times = visits(of, new Uint8Array(n));
      expect(sum(times)).toBe(at(n));
      expect([...spent(n)]).toEqual(times);
    }
  });

  test('the host’s costs: a scan inside a loop that only the door ends is quadratic', () => {
    const of = assembled('prolog in=0 private=1 out=0', 'Turn: host 0 shift 0', 'goto Turn');
    const { at, once, aJump } = boundOf(of, scan(5, 2));
    expect([once, aJump]).toEqual([
      [8, 2],
      [7, 2],
    ]);
    for (const n of [0, 1, 64, 1500]) {
      expect(at(n)).toBe(8 + 2 * n + n * (7 + 2 * n));
      const costs = (n + 1) * (5 + 2 * n);
      expect(stepsOf(of, new Uint8Array(n), { ...scan(5, 2), budget: 2 ** 40 }) + costs).toBe(at(n));
    }
  });

  test('the JA to its main of a program without header', () => {
    const of = { ...program([encode('ja', 0, { k: 1 }), exit, call(2, 1), exit]), headerless: true };
    expect(boundOf(of).at(9)).toBe(4);
    expect([...boundOf(of).spent(9)]).toEqual([1, 1, 1, 1]);
    expect(comparing(of.code, undefined, { entry: 0, headerless: true })(new Uint8Array(9)).steps).toBe(4);
  });
});

test('a backward jump that no run gets to costs nothing', () => {
  expect(boundOf(assembled('exit 1', 'Turn: A := 1', 'goto Turn')).at(100)).toBe(1);
});

test('what is too large to say is infinite, what is just not is exact', () => {
  const loops = (count: number): string[] =>
    Array.from({ length: count }, (_, i) => [`Body${i}: loop 262144 Body${i + 1}`, 'exit A']).flat();
  const at = (count: number): number => boundOf(assembled(...loops(count), `Body${count}: exit A`)).at(0);
  expect(at(2)).toBe(2 + 262144 * (2 + 262144));
  expect(at(3)).toBe(Number.POSITIVE_INFINITY);
  expect(boundOf(assembled(...loops(30), 'Body30: exit A')).at(1500)).toBe(Number.POSITIVE_INFINITY);
});

test('a count that nothing bounds is the cap, one that more does is less', () => {
  const by = (line: string): number =>
    boundOf(assembled(line, 'loop AA Body', 'exit A', 'Body: exit A'), { loopCap: 100 }).at(30);
  expect(by('AA = P[0:DW]')).toBe(3 + 100);
  expect(by('AA = P[0:B]')).toBe(3 + 100);
  expect(by('AA = caplen')).toBe(3 + 30);
  expect(by('AA = 20')).toBe(3 + 20);
});

test('frames, registers, words of M[], and what on_fatal adds', () => {
  const of = assembled(
    '.entry Main',
    'Called: prolog in=1 private=3 out=0',
    'loop 3 Body',
    'exit A',
    'Body: exit A',
    'Main: prolog in=0 private=9 out=0',
    'M[5:DW] = AA',
    'call Called shift 8',
    'exit A',
  );
  const onFatal = [encode('tax', 0, {}), encode('exit', 0x10, {})];
  const { frames, registers, memoryWords, onFatal: more, at } = boundOf({ ...of, onFatal });
  expect({ frames, registers, memoryWords, more, at: at(0) }).toEqual({
    frames: 3,
    registers: 8 + 18,
    memoryWords: 6,
    more: 2,
    at: 4 + 3 + 3,
  });
});

test('the longest packet within a budget is the longest', () => {
  const of = assembled('Turn: A := 1', 'AA = caplen', 'loop AA Body', 'goto Turn', 'Body: exit A');
  const { at, longestWithin } = boundOf(of);
  for (const budget of [0, 3, 4, 20, 1000, 12345]) {
    let longest = -1;
    while (at(longest + 1) <= budget) longest++;
    expect(longestWithin(budget)).toBe(longest);
  }
  expect(boundOf(assembled('A := 1', 'exit A')).longestWithin(2)).toBe(Number.POSITIVE_INFINITY);
});

const limits = { allowWrite: true, budget: 20_000, loopCap: 40 };

/** A packet for which a program runs long: the best of what small changes find. */
function dearest(random: Random, of: Program, most: Bound, rounds: number): { steps: number; share: number } {
  const filter = interpreted(of, limits);
  let steps = 0;
  filter.trace = () => steps++;
  let packet: Uint8Array = Uint8Array.from({ length: packetBytes }, () => random.below(256));
  let best = { steps: 0, share: 0 };
  for (let round = 0; round < rounds; round++) {
    const length = random.chance(0.8) ? packet.length : random.below(packetBytes);
    const tried = packet.slice(0, length);
    for (let left = random.below(12); left > 0 && length > 0; left--)
      tried[random.below(length)] = random.chance(0.5) ? random.pick([0, 1, 2, 3, 7, 15, 60, 255]) : random.below(256);
    steps = 0;
    filter.run(tried, 0, length, length + random.below(3));
    if (steps > most.at(length))
      throw new Error(`${steps} steps on [${tried}], not ${most.at(length)}\n${listing(of.code)}`);
    if (steps < best.steps) continue;
    best = { steps, share: steps / most.at(length) };
    packet = Uint8Array.from({ length: Math.max(length, 1) }, (_, i) => tried[i] ?? 0);
  }
  return best;
}

test.each([
  ['small', undefined],
  ['made', undefined],
  ['small', 'endless'],
  ['made', 'endless'],
] as const)(
  'no random program exceeds it, however its packet is chosen (counts %s, loops that only the door ends: %s)',
  (counts, turns) => {
    const random = randomFrom(seed + 11);
    const count = 120;
    const shares: number[] = [];
    for (let i = 0; i < count; i++) {
      const { code, layout } = randomProgram(random, turns, counts);
      const of = { ...program(code), ...layout };
      const most = boundOf(of, limits);
      shares.push(dearest(random, of, most, 60).share);
      for (const n of [0, 1, 39, 64, 256, 5000]) {
        const wanted = most.at(n);
        expect(polynomialAt(most, n), `program ${i} at ${n}`).toBeGreaterThanOrEqual(wanted);
        if (wanted < Number.POSITIVE_INFINITY) expect(sum(most.spent(n))).toBe(wanted);
      }
    }
    const near = shares.filter((share) => share > 0.5).length;
    const nearest = Math.max(...shares);
    console.info(
      `the search got to ${(100 * nearest).toFixed(0)} % of the bound at best, past half of it in ${near} of ${count} programs`,
    );
    expect(nearest).toBeGreaterThan(0.9);
    expect(near).toBeGreaterThan(5);
  },
);

describe('no run can tell whether its budget is counted', () => {
  test('at every budget, a long one that needs no counter or a short one that ends it, random runs end as the model’s', () => {
    const random = randomFrom(seed + 12);
    const seen = { counted: 0, uncounted: 0, ended: 0 };
    for (let i = 0; i < 250; i++) {
      const { code, layout } = randomProgram(
        random,
        random.chance(0.5) ? 'endless' : undefined,
        random.pick(['small', 'made']),
      );
      const of = { ...program(code), ...layout };
      const length = random.chance(0.8) ? packetBytes : random.below(packetBytes);
      const packet = Uint8Array.from({ length }, () => random.below(random.pick([4, 256])));
      const most = boundOf(of, limits);
      const exactly = most.at(length);
      // Around T, where the counter goes, and small ones, which are used up.
      for (const budget of [exactly - 1, exactly, exactly + 1, random.below(3), random.below(8), random.below(200)]) {
        if (budget < 0 || budget > 10 ** 6) continue;
        const isCounted = length > most.longestWithin(budget);
        expect(isCounted).toBe(exactly > budget);
        const { fault } = comparing(code, { ...limits, budget }, layout)(
          packet,
          length,
          `program ${i}, budget ${budget}`,
        );
        seen[isCounted ? 'counted' : 'uncounted']++;
        if (fault?.code === 11) seen.ended++;
      }
    }
    console.info(`runs: ${JSON.stringify(seen)}`);
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(50);
  });

  test('costs of the host count, and a budget below T may do', () => {
    const of = assembled('prolog in=0 private=1 out=0', 'Turn: host 0 shift 0', 'goto Turn');
    const run = (n: number, budget: number): number | undefined => {
      const filter = loaded(of, { ...scan(3, 1), budget });
      filter.run(new Uint8Array(n), 0, n, n);
      return filter.fault?.code;
    };
    // Units: (n + 1) scans of 3 + n, and as many jumps, the last of which the door refuses.
    for (const n of [0, 1, 10]) {
      const units = (n + 1) * (3 + n) + n + 1;
      expect([run(n, units - 1), run(n, units), run(n, boundOf(of, scan(3, 1)).at(n))]).toEqual([11, 15, 15]);
    }
  });
});

test('a host may refuse by the bound', () => {
  const of = assembled('Turn: A := 1', 'goto Turn');
  expect(refusalsOf(of, { maxCost: 2 + 2 * 64, longestPacket: 64 })).toEqual([]);
  expect(refusalsOf(of, { maxCost: 1 + 2 * 64, longestPacket: 64 })).toMatchObject([
    { code: 'cost', fault: 11, pc: 0 },
  ]);
  expect(refusalsOf(of, { maxCost: 10 ** 6 })).toEqual([]);
});
