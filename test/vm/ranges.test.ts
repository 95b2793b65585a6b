/** What is proven of registers holds in every run, and the proofs that filters need are found. */
import { describe, expect, test } from 'vitest';
import { longestCapture } from '../../vm/host/host.ts';
import { assemble, defaultHost, type Program, type Validated, validate } from '../../vm/index.ts';
import { type Count, explore, findCounts } from '../../vm/validate/ranges/index.ts';
import { doorSlot } from '../../vm/validate/ranges/slots.ts';
import { caplen, type State } from '../../vm/validate/ranges/state.ts';
import { packetBytes, randomProgram } from './generate.ts';
import { randomFrom, seed } from './random.ts';
import { listing } from './same.ts';
import { interpreted, program } from './words.ts';

function validated(of: Program): Validated {
  const result = validate(of, defaultHost);
  if (result.validated === undefined) throw new Error(JSON.stringify(result.refusals));
  return result.validated;
}

/** What is known before each instruction of all functions. */
function knownStates(of: Validated): ReadonlyMap<number, State> {
  const states = new Map<number, State>();
  explore(of, { roots: new Set(of.functions.keys()) }, (pc, state) => states.set(pc, state.copy()));
  return states;
}

/** Registers that are followed, as 64-bit ones where they have 64 bits. */
const followed = Array.from({ length: 28 }, (_, slot) => (slot < 26 ? slot + 32 : slot));

/** What is wrong with what is known, or undefined. */
function contradiction(
  state: State,
  length: number,
  door: number,
  read: (register: number) => bigint,
): string | undefined {
  /** By root, one value of it: its integer, less the offset. */
  const roots = new Map<number, number>([
    [caplen.root, length],
    [0, 0],
  ]);
  const known = followed.flatMap((register) => {
    const value = state.get(register & 31);
    return value === undefined ? [] : [{ register, value, is: Number(BigInt.asIntN(64, read(register))) }];
  });
  const opened = state.get(doorSlot);
  if (opened !== undefined) known.push({ register: doorSlot, value: opened, is: door });
  if (length < state.low(caplen)) return `${length} bytes are captured, not ${state.low(caplen)}`;
  for (const { register, value, is } of known) {
    if (is < state.low(value) || is > state.high(value))
      return `register ${register} is ${is}, not ${state.low(value)} to ${state.high(value)}`;
    const root = roots.get(value.root);
    if (root !== undefined && root + value.offset !== is)
      return `register ${register} is ${is}, not ${root} + ${value.offset}`;
    if (Math.abs(is) < 2 ** 52) roots.set(value.root, is - value.offset);
  }
  for (const { register, value, is } of known)
    for (const [root, k] of state.above(value)) {
      const other = roots.get(root);
      if (other !== undefined && is > other + k) return `register ${register} is ${is}, above ${other} + ${k}`;
    }
  return undefined;
}

test.each(['none', 'endless'] as const)('what is known holds at every instruction of random runs (%s)', (turns) => {
  const random = randomFrom(seed + 21);
  const count = 300;
  let [steps, known, bounded] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    const { code, layout } = randomProgram(random, turns === 'endless' ? turns : undefined, 'made');
    const whole = { ...program(code), ...layout };
    const states = knownStates(validated(whole));
    const filter = interpreted(whole, { allowWrite: true, budget: 300, loopCap: 300 });
    for (let run = 0; run < 3; run++) {
      const length = random.chance(0.5) ? packetBytes : random.below(packetBytes);
      const packet = Uint8Array.from({ length }, () => (random.chance(0.5) ? random.below(8) : random.below(256)));
      let left = 400;
      filter.trace = ({ pc, registers, door }) => {
        if (left-- < 0) return;
        const state = states.get(pc);
        if (state === undefined) throw new Error(`program ${i}: the run got to ${pc}\n${listing(code)}`);
        steps++;
        known += state.size;
        for (const register of followed) {
          const value = state.get(register & 31);
          if (value !== undefined && register < 40 && state.high(value) < 2 ** 32) bounded++;
        }
        const wrong = contradiction(state, length, door, registers);
        if (wrong !== undefined) throw new Error(`program ${i} at ${pc}: ${wrong}\n${listing(code)}`);
      };
      filter.run(packet, 0, length, length + random.below(100));
    }
  }
  console.info(
    `${steps} steps; on average ${(known / steps).toFixed(1)} values known, ${(bounded / steps).toFixed(1)} of A to H bounded`,
  );
  expect(bounded / steps).toBeGreaterThan(2);
});

/** What is proven of the only loop by a register in an assembly text. */
function countOf(text: string): Count | undefined {
  const { program: assembled, problems } = assemble(`${text}\n`);
  if (assembled === undefined) throw new Error(JSON.stringify(problems));
  const counts = [...findCounts(validated(assembled)).values()];
  expect(counts.length).toBeLessThanOrEqual(1);
  return counts[0];
}

/** A loop at the end of a code, and its body. */
const loopBy = (by: 'AA' | 'X') => `loop ${by} Body\nNo: exit 0\nBody: exit A`;
const byAA = (...lines: readonly string[]): string => [...lines, loopBy('AA')].join('\n');
const byX = (...lines: readonly string[]): string => [...lines, loopBy('X')].join('\n');
const any = Number.POSITIVE_INFINITY;

describe('proofs', () => {
  test.each<[what: string, text: string, most: number, beyond: number]>([
    ['a byte', byAA('AA = P[20:B]'), 255, any],
    ['a half word', byAA('AA = P[20:H]'), 65535, any],
    ['the length of an IPv4 header', byX('X = 4*(P[14]&15)'), 60, any],
    ['nothing of 64 bits', byAA('AA = P[0:DW]'), any, any],
    ['a mask of 64 bits', byAA('AA = P[0:DW]', 'AA &= 63'), 63, any],
    ['a remainder', byAA('AA = P[0:W]', 'AA %= 10'), 9, any],
    ['a shift right', byAA('AA = P[0:H]', 'AA >>= 12'), 15, any],
    ['a product, a sum and a quotient', byAA('AA = P[0:B]', 'AA *= 4', 'AA += 20', 'AA /= 10'), 104, any],
    ['a register that a run starts with', byX('AA = 1'), 0, any],
    ['the captured length', byX('X = caplen'), longestCapture, 0],
    ['the captured length and one', byAA('AA = caplen', 'AA += 1'), longestCapture + 1, 1],
    ['less than the captured length', byAA('AA = caplen', 'AA -= 20'), longestCapture - 20, -20],
    ['part of the captured length', byAA('AA = caplen', 'AA >>= 1'), (longestCapture - 1) / 2, 0],
    ['through M[]', byAA('BB = P[0:B]', 'M[3:W] = BB', 'BB = 0', 'AA = M[3:W]'), 255, any],
    ['through a compare', byAA('AA = P[0:W]', 'if AA <= 100 goto Go else No', 'Go: BB = 0'), 100, any],
    ['through a signed compare', byAA('AA = P[0:DW]', 'if AA s> 100 goto No else Go', 'Go: BB = 0'), 100, any],
    ['through an equality', byAA('AA = P[0:DW]', 'if AA == 7 goto Go else No', 'Go: BB = 0'), 7, any],
    ['through bits that are not set', byAA('AA = P[0:H]', 'if A & 0xfff8 goto No else Go', 'Go: BB = 0'), 7, any],
    ['a copy of what is compared', byAA('BB = P[0:W]', 'AA = BB', 'if BB > 9 goto No else Go', 'Go: BB = 0'), 9, any],
    [
      'what is less by a constant than what is compared',
      byAA('BB = P[0:W]', 'AA = BB - 4', 'if BB > 9 goto No else Go', 'Go: BB = 0'),
      5,
      any,
    ],
    [
      'a length on the wire that is all captured',
      byAA('AA = wirelen', 'BB = caplen', 'if AA > BB goto No else Go', 'Go: CC = 0'),
      longestCapture,
      0,
    ],
    [
      // for i = 0, total - 20 - 1, where what the header says is captured
      'what a header says, less the header',
      byAA('BB = P[16:H]', 'CC = caplen', 'if CC >= BB goto Go else No', 'Go: AA = BB - 20'),
      65515,
      -20,
    ],
    [
      // for i = start, caplen - 1, start from the packet
      'from a place in the packet to its end',
      byAA('BB = P[14:B]', 'CC = caplen', 'DD = CC - 1', 'if BB s> DD goto No else Go', 'Go: AA = DD - BB', 'AA += 1'),
      longestCapture,
      0,
    ],
    ['from a place to four bytes on', byAA('BB = P[0:W]', 'CC = BB + 3', 'AA = CC - BB', 'AA += 1'), 4, any],
    [
      'a difference that may wrap says nothing',
      byAA('AA = P[0:DW]', 'if AA s> 100 goto No else L', 'L: AA -= 5', 'if AA s>= 0 goto Go else No', 'Go: AA &= 255'),
      255,
      any,
    ],
    ['the smaller of two', byAA('AA = P[0:H]', 'if AA > 50 goto Cut else Go', 'Cut: AA = 50', 'Go: BB = 0'), 50, any],
    [
      'the larger of two ways',
      byAA('BB = P[0:B]', 'if B == 1 goto One else Two', 'One: AA = 8', 'goto Go', 'Two: AA = P[1:B]', 'Go: BB = 0'),
      255,
      any,
    ],
    [
      'not what a loop before it writes',
      byAA('BB = P[0:B]', 'loop 5 First', 'goto Go', 'First: BB += 1', 'exit A', 'Go: AA = BB'),
      any,
      any,
    ],
    [
      'what a loop before it leaves alone',
      byAA('BB = P[0:B]', 'loop 5 First', 'goto Go', 'First: CC += 1', 'exit A', 'Go: AA = BB'),
      255,
      any,
    ],
    [
      'not what comes round by the door',
      byAA('BB = P[60:B]', 'Turn: BB += 1', 'if BB > 9 goto Go else More', 'More: goto Turn', 'Go: AA = BB'),
      any,
      any,
    ],
    [
      'a difference that may be below 0 is above the cap then',
      byAA('AA = P[0:B]', 'BB = P[1:B]', 'AA = AA - BB'),
      255,
      any,
    ],
  ])('%s', (_, text, most, beyond) => {
    const count = countOf(text)!;
    expect(count.most).toBe(most);
    // Where it is no constant, what is proven by the captured length may be more than is asked.
    if (beyond < any || most === any) expect(count.beyond).toBe(beyond);
  });

  test('a loop inside another by what the counter of that is at most', () => {
    const { program: nested } = assemble(
      [
        'AA = P[0:B]',
        'loop AA Outer',
        'exit 0',
        'Outer: X = 0',
        'X <- LC0',
        'loop X Inner',
        'exit A',
        'Inner: exit A',
      ].join('\n'),
    );
    expect([...findCounts(validated(nested!)).values()].map(({ most }) => most)).toEqual([255, 255]);
  });

  test('nothing of a function that is called, but what it finds out itself', () => {
    const called = (...lines: readonly string[]): string =>
      ['.entry Main', ...lines, 'loop AA Body', 'exit 0', 'Body: exit A', 'Main: AA = 5', 'call Called', 'exit 0'].join(
        '\n',
      );
    expect(countOf(called('Called: BB = 0'))!.most).toBe(any);
    expect(countOf(called('Called: AA &= 31'))!.most).toBe(31);
  });
});
