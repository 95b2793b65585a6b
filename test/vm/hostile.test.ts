/**
 * Programs made to cost: long ones, validated in about the time that reading them takes, and never by recursion. An
 * eighth of the longest shows what is quadratic as well (it takes minutes), and keeps the suite short.
 */
import { expect, test } from 'vitest';
import { bound, defaultHost, encode, validate, type Word } from '../../vm/index.ts';
import { maxRefusals } from '../../vm/validate/index.ts';
import { loaded, program, word } from './words.ts';

const size = defaultHost.programSize / 8;
const add = word(0x04, 0, 0, 1);
const exit = word(0x06, 0, 0, 1);
const loop = (jt: number, k = 1): Word => word(0x66, jt, 0, k);
const fill = (of: Word, before: readonly Word[] = [], behind: readonly Word[] = [exit]): Word[] => [
  ...before,
  ...Array(size - before.length - behind.length).fill(of),
  ...behind,
];
const half = size / 2;
const at = (make: (pc: number) => Word): Word[] => Array.from({ length: size }, (_, pc) => make(pc));
const to = (code: number) => (pc: number, target: number) => word(code, 0, 0, target - pc - 1);
const [ja, call] = [to(0x05), to(0x26)];
/** In milliseconds; generous, for a busy machine. */
const limit = 4000;

const all = { refusals: maxRefusals + 1, last: 'more' };
test.each<[string, () => Word[], { readonly refusals: number; readonly last?: string; readonly entry?: number }]>([
  ['straight code', () => fill(add), { refusals: 0 }],
  ['jumps everywhere', () => fill(word(0x15, 1, 0, 3), [], [exit, exit]), { refusals: 0 }],
  [
    'flat loops',
    () => Array.from({ length: size }, (_, i) => (i % 3 === 0 && i < size - 2 ? loop(1) : exit)),
    { refusals: 0 },
  ],
  [
    '31 loops whose bodies nest to the end',
    () =>
      fill(
        add,
        Array.from({ length: 62 }, (_, i) => (i % 2 ? exit : loop(1))),
      ),
    { refusals: 0 },
  ],
  ['unknown opcodes', () => fill(word(0x0d)), all],
  ['wrong fields', () => fill(word(0x104, 255, 59, 3)), all],
  ['jumps past the end', () => fill(word(0x05, 0, 0, 0x7fffffff)), all],
  ['undeclared registers', () => fill(word(0x2004, 0, 0, 3)), all],
  ['no end', () => fill(add, [], [add]), { refusals: 1, last: 'falls-off' }],
  ['loops all over each other', () => fill(loop(255), [], Array(300).fill(exit)), { refusals: 1, last: 'frames' }],
  ['200 bodies that fall into the next one', () => fill(add, Array(200).fill(loop(255))), all],
  ['backward jumps that nest', () => at((pc) => (pc < half ? add : ja(pc, size - 1 - pc))), { refusals: 0 }],
  [
    'jumps to one place, backward and forward',
    () => at((pc) => (pc < half / 2 || pc >= half ? ja(pc, half / 2) : add)),
    { refusals: 0 },
  ],
  [
    'backward jumps that nest, and jumps into the innermost',
    () => at((pc) => (pc < half / 2 ? ja(pc, half) : pc <= half ? add : pc < half * 1.5 ? ja(pc, size - pc) : exit)),
    all,
  ],
  ['backward jumps that overlap', () => fill(word(0x05, 0, 0, -2), [add]), { refusals: 1, last: 'backward-overlap' }],
  [
    'functions, and a call of each',
    () => at((pc) => (pc < half || pc === size - 1 ? exit : call(pc, pc - half))),
    { refusals: 0, entry: half },
  ],
  [
    'calls of one function',
    () => at((pc) => (pc === 0 || pc === size - 1 ? exit : call(pc, 0))),
    { refusals: 0, entry: 1 },
  ],
  [
    'functions that each call the one before',
    () => at((pc) => (pc < 2 || pc % 2 === 1 ? exit : call(pc, pc - 2))),
    { ...all, entry: size - 2 },
  ],
  [
    'calls of what is no function before them',
    () => at((pc) => (pc < half ? add : pc === size - 1 ? exit : call(pc, pc - half))),
    { ...all, entry: size - 1 },
  ],
])('%s', (_, make, wanted) => {
  const code = make();
  expect(code.length).toBe(size);
  const start = performance.now();
  const { refusals = [] } = validate({ ...program(code), entry: wanted.entry ?? 0 }, defaultHost);
  const time = performance.now() - start;
  expect(refusals.length).toBe(wanted.refusals);
  expect(refusals.at(-1)?.code).toBe(wanted.last);
  expect(time).toBeLessThan(limit);
});

/** A loop by a register at the end of the longest program, and what makes following registers dear before it. */
test.each<[string, (pc: number, end: number) => Word, number]>([
  ['loads', (pc) => encode('ld.abs', 0x10, { reg: pc % 8, k: 0 }), 255],
  [
    'compares that lead apart and together again',
    (pc, end) => encode('jgt', 0x108, { reg: 32 + (pc % 8), k: 33 + (pc % 7), jt: Math.min(pc % 250, end - pc - 1) }),
    defaultHost.loopCap,
  ],
  [
    'jumps far ahead',
    (pc, end) => (pc % 2 === 0 ? word(0x15, 0, 1, pc) : word(0x05, 0, 0, Math.max(0, end - 2 * pc - 1))),
    defaultHost.loopCap,
  ],
  [
    'backward jumps that nest',
    (pc, end) => (pc < end / 2 ? word(0x8004, 0, 0, 1) : ja(pc, Math.max(0, end - 1 - pc))),
    defaultHost.loopCap,
  ],
])('the bound of a program of nothing but %s', (_, make, most) => {
  const end = size - 3;
  const code = [
    ...Array.from({ length: end }, (_, pc) => make(pc, end)),
    encode('loop', 0x10, { jt: 1 }),
    exit,
    encode('exit', 0x10, {}),
  ];
  const { validated, refusals } = validate(program(code), defaultHost);
  expect(refusals).toBeUndefined();
  const { at, longestWithin } = bound(validated!, defaultHost);
  expect(at(0)).toBeLessThanOrEqual(size + most);
  expect(at(longestWithin(defaultHost.budget))).toBeLessThanOrEqual(defaultHost.budget);
});

test('what is left out is counted', () => {
  const { refusals } = validate(program(fill(word(0x0d))), defaultHost);
  expect(refusals!.at(-1)!.message).toBe(
    `… and ${size - 1 - maxRefusals} more, the first at instruction ${maxRefusals}; ${maxRefusals} are reported`,
  );
});

test('the longest program is validated in about a second, loads and runs; one longer is refused', () => {
  const longest = defaultHost.programSize;
  const code = [...Array(longest - 1).fill(add), word(0x16)];
  const start = performance.now();
  const filter = loaded(program(code));
  expect(performance.now() - start).toBeLessThan(4 * limit);
  expect(filter.run(new Uint8Array(0), 0, 0, 0)).toBe(longest - 1);
  const { refusals } = validate(program([add, ...code]), defaultHost);
  expect(refusals).toMatchObject([{ code: 'program-size', pc: longest }]);
});

test('loops inside loops end by the budget', () => {
  // Six loops of 262144 passes each: 2^108 passes.
  const nested = Array.from({ length: 12 }, (_, i) => (i % 2 ? exit : loop(1, 262144)));
  const filter = loaded(program([...nested, exit]), { budget: 100000 });
  expect(filter.run(new Uint8Array(0), 0, 0, 0)).toBe(0);
  expect(filter.fault).toMatchObject({ code: 11 });
});
