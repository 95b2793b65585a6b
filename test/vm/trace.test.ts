/** The trace: what it tells, and that a run with it is the run without it. */
import { expect, test } from 'vitest';
import { longestCapture } from '../../vm/host/host.ts';
import type { TraceStep } from '../../vm/index.ts';
import { encode } from '../../vm/isa/codec.ts';
import { randomProgram } from './generate.ts';
import { interpret } from './model.ts';
import { randomFrom, seed } from './random.ts';
import { aRun } from './same.ts';
import { interpreted, program, word } from './words.ts';

/** A function that adds 1 to its input and jumps back once; the program calls it in the body of a loop. */
const code = [
  word(0x0046, 0, 1), // prolog in=1
  word(0xa004, 0, 0, 1), // R0 += 1
  word(0xa015, 0, 1, 1), // if R0 == 1 goto 3 else 4
  word(0x0005, 0, 0, -3), // goto 1
  word(0x0006),
  word(0x0146), // prolog private=1
  word(0x0066, 1, 0, 2), // loop 2 8
  word(0x0006, 0, 0, 9),
  word(0x0026, 0, 0, -9), // call 0
  word(0x0006),
];

test('tells of each instruction before it runs: place, registers, door, frames', () => {
  const filter = interpreted({ ...program(code), entry: 5 });
  const steps: string[] = [];
  filter.trace = ({ pc, instruction, registers, door, frames }: TraceStep) =>
    steps.push(`${pc} ${instruction.mnemonic} R0=${registers(40)} door=${door} frames=${frames}`);
  const packet = new Uint8Array(4);
  expect(filter.run(packet, 0, 4, 4)).toBe(9);
  expect(steps).toEqual([
    '5 prolog R0=0 door=0 frames=1',
    '6 loop R0=0 door=0 frames=1',
    '8 call R0=0 door=0 frames=2',
    '0 prolog R0=0 door=0 frames=3',
    '1 add R0=0 door=0 frames=3',
    '2 jeq R0=1 door=0 frames=3',
    '3 ja R0=1 door=0 frames=3',
    '1 add R0=1 door=1 frames=3',
    '2 jeq R0=2 door=1 frames=3',
    '4 exit R0=2 door=1 frames=3',
    '9 exit R0=2 door=1 frames=2',
    '8 call R0=2 door=1 frames=2',
    '0 prolog R0=2 door=1 frames=3',
    '1 add R0=2 door=1 frames=3',
    '2 jeq R0=3 door=1 frames=3',
    '4 exit R0=3 door=1 frames=3',
    '9 exit R0=3 door=1 frames=2',
    '7 exit R0=3 door=1 frames=1',
  ]);
  filter.trace = undefined;
  expect(filter.run(packet, 0, 4, 4)).toBe(9);
  expect(steps.length).toBe(18);
});

test('changes nothing of a run, and tells of every instruction', () => {
  const random = randomFrom(seed);
  for (let i = 0; i < 500; i++) {
    const { code, layout } = randomProgram(random);
    const filter = interpreted({ ...program(code), ...layout }, { budget: 5000 });
    const packet = Uint8Array.from({ length: 256 }, () => random.below(256));
    const run = () => [filter.run(packet.slice(), 0, 256, 300), filter.fault, filter.door, filter.register(32)];
    const plain = run();
    let told = 0;
    filter.trace = () => told++;
    expect(run()).toEqual(plain);
    const { steps } = interpret(code, { ...aRun, budget: 5000, packet, wirelen: 300, entry: layout.entry });
    // The JA that a program without header begins with is no part of its run.
    expect(told).toBe(steps - (layout.headerless && code[0]!.code === 0x05 ? 1 : 0));
  }
});

test('a packet that compilers do not reckon with is the caller’s error', () => {
  const filter = interpreted(program([encode('exit', 0, { k: 1 })]));
  expect(filter.run(new Uint8Array(1), 0, longestCapture, longestCapture)).toBe(1);
  expect(() => filter.run(new Uint8Array(1), 0, longestCapture + 1, longestCapture + 1)).toThrow(RangeError);
});
