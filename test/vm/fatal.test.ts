/** on_fatal: from a file to a verdict, and against a count by hand. */
import { expect, test } from 'vitest';
import { encode, load, type Program, writeProgram } from '../../vm/index.ts';
import { interpret } from './model.ts';
import { randomFrom, seed } from './random.ts';
import { aRun } from './same.ts';
import { loaded, program, word } from './words.ts';

const nothing = new Uint8Array(0);
const retA = word(0x16);

test('a file’s on_fatal makes the verdict, and the fault is reported all the same', () => {
  const of: Program = {
    ...program([encode('ld.abs', 0, { reg: 0, k: 0 }), encode('exit', 0x10, {})]),
    onFatal: [word(0x87), word(0x04, 0, 0, 40), retA],
  };
  const { filter } = load(writeProgram(of));
  expect(filter!.run(Uint8Array.of(0, 0, 0, 7), 0, 4, 4)).toBe(7);
  expect(filter!.fault).toBeUndefined();
  expect(filter!.run(nothing, 0, 0, 0)).toBe(41);
  expect(filter!.fault).toEqual({ code: 1, pc: 0, argument: 0 });
  expect(filter!.run(Uint8Array.of(0, 0, 0, 8), 0, 4, 4)).toBe(8);
});

test('runs of on_fatal begin anew: M[] is the last run’s, A and X the fault’s', () => {
  // M[0] counts up in on_fatal; the run itself never writes it.
  const counting = [word(0x60), word(0x04, 0, 0, 1), word(0x02), retA];
  const filter = loaded({ ...program([encode('exit', 0, { k: 5, high: 4 })]), onFatal: counting });
  for (let i = 0; i < 3; i++) expect(filter.run(nothing, 0, 0, 0)).toBe(1);
});

test('only a BPF64 program has one: a classic one keeps its 0', () => {
  const classic = program([word(0x20, 0, 0, 9), retA], 'classic');
  expect(loaded(classic).run(nothing, 0, 0, 0)).toBe(0);
});

test(`random on_fatals compute what the model does from the same start (seed ${seed})`, () => {
  const random = randomFrom(seed + 40);
  const codes = [0x04, 0x0c, 0x14, 0x1c, 0x24, 0x44, 0x4c, 0x54, 0x5c, 0x64, 0x6c, 0x74, 0x84, 0xa4, 0xac];
  for (let i = 0; i < 1500; i++) {
    const instruction = () =>
      random.pick([
        () => word(random.pick(codes), 0, 0, random.pick([1, 3, 0xff, random.u32()])),
        () => word(random.pick([0x60, 0x61, 0x02, 0x03]), 0, 0, random.below(16)),
        () => word(random.pick([0x07, 0x87, 0x80])),
        () => word(random.pick([0x15, 0x25, 0x35, 0x45]), random.below(2), 0, random.below(20)),
      ])();
    const body = Array.from({ length: random.below(12) }, instruction).map((w) =>
      w.code === 0x84 || w.code === 0x07 || w.code === 0x87 || w.code === 0x80 || (w.code & 0x0f) === 0x0c
        ? { ...w, k: 0 }
        : w,
    );
    const onFatal = [...body, retA, retA];
    const argument = random.u32();
    const words = Array.from({ length: 16 }, () => random.u32());
    const start = words.flatMap((value, k) => [
      encode('ld.imm', 0, { reg: 0, k: value }),
      encode('st.mem', 0, { reg: 0, k }),
    ]);
    const filter = loaded({ ...program([...start, encode('exit', 0, { k: argument, high: 4 })]), onFatal });
    const verdict = filter.run(nothing, 0, 0, 77);
    // The model has no on_fatal: the same words follow what puts M[], A and X where they start.
    const setup = [...start, encode('ldx.imm', 0, { reg: 0, k: 13 }), encode('ld.imm', 0, { reg: 0, k: argument })];
    const wanted = interpret([...setup, ...onFatal], { ...aRun, packet: nothing, wirelen: 77 });
    expect(verdict, `program ${i}`).toBe(wanted.verdict);
    expect(filter.fault).toEqual({ code: 13, pc: start.length, argument });
  }
});
