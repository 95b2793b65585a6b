/** Filters that tcpdump can express, in Lua with raw loads: as short as its own code, and cut packets end at the same byte. */
import { describe, expect, test } from 'vitest';
import { classicPrograms, pairs } from '../../bench/pairs.mjs';
import { compile } from '../../compiler/index.ts';
import { randomPacket, rng } from '../../scripts/packets.mjs';
import { bound, defaultHost, load, type Program, parseClassicText, validate } from '../../vm/index.ts';
import { mixed } from '../examples/files.ts';

const seed = 41;
const random = rng(seed);
const packets = [...mixed, ...Array.from({ length: 300 }, () => randomPacket(random))];
const programs = classicPrograms();

function classic(expression: string): Program {
  const { program } = parseClassicText(programs[expression] ?? '');
  if (program === undefined) throw new Error(`${expression} is not recorded: node bench/pairs.mjs`);
  return program;
}

function compiled(source: string): Program {
  const { program, diagnostics } = compile(source);
  if (program === undefined) throw new Error(JSON.stringify(diagnostics));
  return program;
}

function longestPath(program: Program): number {
  const { validated, refusals } = validate(program, defaultHost);
  if (validated === undefined) throw new Error(JSON.stringify(refusals));
  return bound(validated, defaultHost).at(1500);
}

function runs(program: Program): (bytes: Uint8Array, caplen: number, wirelen: number) => boolean {
  const { filter } = load(program);
  if (filter === undefined) throw new Error('refused');
  return (bytes, caplen, wirelen) => filter.run(bytes, 0, caplen, wirelen) > 0;
}

test('there are 20 pairs, and 15 of them have a form with header fields', () => {
  expect(pairs().length).toBe(20);
  expect(pairs().filter(({ headers }) => headers !== undefined).length).toBeGreaterThanOrEqual(15);
  expect(Object.keys(programs).sort()).toEqual(
    pairs()
      .map(({ expression }) => expression)
      .sort(),
  );
});

describe.each(pairs())('$name: $expression', ({ expression, raw }) => {
  const theirs = classic(expression);
  const ours = compiled(raw);

  test('takes no more than 1.2 times the instructions on the longest path', () => {
    expect(longestPath(ours)).toBeLessThanOrEqual(longestPath(theirs) * 1.2);
  });

  test(`says the same of every packet, cut at every byte (seed ${seed})`, () => {
    const [a, b] = [runs(ours), runs(theirs)];
    let acceptedCount = 0;
    for (const { bytes, wirelen } of packets)
      for (let caplen = 0; caplen <= Math.min(bytes.length, 130); caplen++) {
        const expected = b(bytes, caplen, wirelen);
        if (expected) acceptedCount++;
        if (a(bytes, caplen, wirelen) !== expected)
          expect.fail(`${Buffer.from(bytes).toString('hex')} cut to ${caplen}: tcpdump says ${expected}`);
      }
    expect(acceptedCount).toBeGreaterThan(0);
  });
});

test.each(pairs().filter(({ headers }) => headers !== undefined))(
  '$name with header fields accepts packets too',
  ({ headers }) => {
    const filter = runs(compiled(headers!));
    expect(packets.filter(({ bytes, wirelen }) => filter(bytes, bytes.length, wirelen)).length).toBeGreaterThan(0);
  },
);
