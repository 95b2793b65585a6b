/**
 * Valid programs made to cost the compiler and the engine of WebAssembly behind it: each shape as heavy as a program may
 * be that is compiled. All take a few times as long as straight code of that length, and run as the interpreter does.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import {
  defaultHost,
  encode,
  type Host,
  type HostFunction,
  Interpreter,
  isCompilable,
  Jit,
  type Program,
  packetFunctions,
  validate,
  type Word,
} from '../../vm/index.ts';
import { literal, u16s } from '../vm/literals.ts';
import { program } from '../vm/words.ts';

/** What a program weighs at most, in simple instructions; calls and accesses weigh more (vm/jit/weight.ts). */
const most = 2 ** 16;
const [access, calling] = [4, 16];
const XF = 0x100;
const SRC_X = 8;
const DW = 0x18;
/** Of a table's key, in `jt`. */
const H = 8;

const inputs18: HostFunction = { inputs: 18, cost: { base: 1, perByte: 0 }, call: (inputs) => inputs[17]! + 1n };
const host: Partial<Host> = { functions: { ...packetFunctions, 'eighteen.inputs': inputs18 } };
const imports = Object.keys(host.functions!).map((name, number) => ({ kind: 'function', name, number }) as const);

const add = encode('add', 0, { reg: 32, k: 1 });
const exit = encode('exit', 0, { k: 1 });
const exitA = encode('exit', 0x10, {});
const ja = (k: number): Word => encode('ja', 0, { k });
const call = (pc: number, target: number): Word => encode('call', 0, { k: target - pc - 1 });
const repeat = (count: number, make: (i: number) => readonly Word[]): Word[] =>
  Array.from({ length: count }, (_, i) => make(i)).flat();

/** Uses A..H, X, Y, selectors, V0..V3 and M[]: what every function shares with its callers. */
const everything: readonly Word[] = [
  ...repeat(8, (reg) => [encode('add', 0, { reg: 32 + reg, k: reg + 1 })]),
  ...repeat(7, (special) => [encode('ldx.imm', 0, { reg: special, k: special + 1 })]),
  ...repeat(4, (v) => [encode('xor', XF | SRC_X, { reg: 60 + v, jf: 60 + v, jt: 60 + ((v + 1) % 4) })]),
  ...repeat(128, (k) => [encode('st.mem', DW, { reg: k % 8, k })]),
];
const window = encode('prolog', 0, { jf: 0, high: 18 });
const passing = encode('prolog', 0, { jf: 18 });

interface Shape {
  readonly code: readonly Word[];
  readonly entry?: number;
}

const straight = (): Shape => ({ code: [...repeat(most - 1, () => [add]), exitA] });

/** `weight` of a piece; what is `before` weighs less than `margin`. */
const filled = (
  weight: number,
  make: (i: number, count: number) => readonly Word[],
  before: readonly Word[] = [],
  margin = 1000,
): Shape => {
  const count = Math.floor((most - margin) / weight);
  return { code: [...before, ...repeat(count, (i) => make(i, count)), exitA] };
};

/** A callee, then `caller` of nothing but calls of it. */
const callsOf = (callee: readonly Word[], opening: readonly Word[]): Shape => {
  const code = [...callee, ...opening];
  for (let left = Math.floor((most - 2000) / calling); left > 0; left--) code.push(call(code.length, 0));
  return { code: [...code, exitA], entry: callee.length };
};

const shapes: Readonly<Record<string, () => Shape>> = {
  'arithmetic of 64 bits by all kinds of operands': () =>
    filled(1, (i) => [encode('mul', XF | SRC_X, { reg: 32 + (i % 8), jf: 33 + (i % 7), jt: 0x80 + (i % 128) })]),
  'loads of 8 bytes': () => filled(access, (i) => [encode('ld.ind', DW, { reg: 2 + (i % 6), k: i % 100, jt: 33 })]),
  'loads of 8 bytes behind the door': () => {
    const { code } = filled(access, (i) => [encode('ld.ind', DW, { reg: 2 + (i % 6), k: 200 + (i % 90), jt: 33 })]);
    return { code: [...code.slice(0, -1), encode('jeq', 0, { reg: 0, k: 0, jt: 1 }), ja(-code.length), exitA] };
  },
  'loads of 16 bytes': () => filled(access, (i) => [encode('ld.ind', DW, { reg: 28 + (i % 4), k: i % 100 })]),
  'forward jumps, each over one': () => filled(2, (i) => [encode('jeq', 0, { reg: 32, k: i, jt: 1 }), add], [], 1100),
  'all jumps ahead pending at once, with all state': () => {
    const half = 14000;
    const ahead = repeat(half, (i) => [encode('jeq', 0, { reg: 0, k: i, jf: 1 }), ja(2 * half - 2)]);
    return { code: [...everything, ...ahead, ...repeat(2 * half, () => [add]), exitA] };
  },
  'jumps that lead apart and together again, with all state': () =>
    filled(
      1,
      (i, count) => [
        encode('jgt', XF | SRC_X, { reg: 32 + (i % 8), k: 33 + (i % 7), jt: Math.min(i % 250, count - i - 1) }),
      ],
      everything,
    ),
  'loops beside each other': () => filled(4, () => [encode('loop', 0, { k: 2, jt: 1 }), ja(2), add, exit]),
  'loops in loops, with all state': () =>
    filled(
      9,
      () => [encode('loop', 0, { k: 2, jt: 1 }), ja(7), encode('loop', 8, { jt: 1 }), ja(3), add, add, exit, add, exit],
      everything,
    ),
  'loops by backward jumps that nest': () => {
    const depth = 20000;
    const heads = repeat(depth, () => [add]);
    return {
      code: [...heads, ...repeat(depth, (i) => [encode('jgt', 0, { reg: 0, k: 0, jt: 1 }), ja(-3 * i - 3)]), exitA],
    };
  },
  'calls of a function that changes all state and a whole window': () =>
    callsOf([passing, ...everything, exit], [window, ...everything]),
  'functions that each call the one with all state': () => {
    const code: Word[] = [...everything, exit];
    const roots: number[] = [];
    const count = Math.floor((most - 2000) / (2 * calling + 1));
    for (let i = 0; i < count; i++) {
      roots.push(code.length);
      code.push(call(code.length, 0), exit);
    }
    const entry = code.length;
    for (const root of roots) code.push(call(code.length, root));
    return { code: [...code, exitA], entry };
  },
  'functions of every number of parameters': () => {
    const code: Word[] = [];
    const roots: number[] = [];
    const count = Math.floor((most - 2000) / (calling + 18));
    for (let i = 0; i < count; i++) {
      roots.push(code.length);
      const words = repeat(4, (at) => [
        encode('st.mem', (i >> at) & 1 ? DW : 0, { reg: at, k: (i + at * (i % 29)) % 127 }),
      ]);
      code.push(encode('prolog', 0, { jf: i % 19 }), ...words.slice(0, 1 + (i % 4)), exit);
    }
    const entry = code.length;
    code.push(window);
    for (const root of roots) code.push(call(code.length, root));
    return { code: [...code, exitA], entry };
  },
  'calls of the host with 18 inputs': () =>
    filled(access, () => [encode('host', 0, { k: imports.length - 1 })], [window]),
  'searches for 200 bytes, each another string': () => {
    const text = literal(
      false,
      Array.from({ length: 4000 }, (_, i) => (i * i * 7) % 251),
    );
    return filled(
      2 + access,
      (i) => [
        encode('mov', 0, { reg: 40, k: 8 + 2 + (i % 3700) }),
        encode('mov', 0, { reg: 41, k: 200 + (i % 56) }),
        encode('host', 0, { k: 0 }),
      ],
      [window, ...text],
      2000,
    );
  },
  'tables of every other bit': () =>
    filled(1 + 2 * 8006 + 1001, () => [
      encode('jtbl', 0, { reg: 0, jt: H, k: 1 }),
      ...literal(false, Array(8000).fill(0x55)),
      add,
    ]),
  'index tables of the most slots, each to another place': () =>
    filled(3000, () => [
      encode('jtbl', 0, { reg: 0, jt: H | 1, k: 0 }),
      ...literal(false, u16s(Array.from({ length: 4000 }, (_, i) => i % 1990))),
      ...repeat(1990, () => [add]),
    ]),
};

const packet = Uint8Array.from({ length: 300 }, (_, i) => i);

/** Milliseconds until a shape has been compiled and has run. */
function timeOf({ code, entry = 0 }: Shape): number {
  const whole = { ...defaultHost, ...host };
  const of: Program = { ...program(code), entry, imports };
  const { validated, refusals } = validate(of, whole);
  expect(refusals).toBeUndefined();
  expect(isCompilable(validated!)).toBe(true);
  const start = performance.now();
  const jit = new Jit(validated!, whole);
  const verdict = jit.run(packet, 0, packet.length, packet.length);
  const time = performance.now() - start;
  expect(jit.fault).toBeUndefined();
  expect(verdict).toBe(new Interpreter(validated!, whole).run(packet, 0, packet.length, packet.length));
  return time;
}

describe('programs as heavy as they may be', () => {
  let usual = 0;
  beforeAll(() => {
    usual = timeOf(straight());
  });

  test.each(Object.keys(shapes))('%s', (name) => {
    // What were quadratic would take thousands of times as long.
    expect(timeOf(shapes[name]!()) / usual).toBeLessThan(50);
  });
});
