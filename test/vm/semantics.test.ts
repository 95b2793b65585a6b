/**
 * Every ready instruction × operand mode × width × edge values, against the model. Operands come in by the packet, so
 * that one program is run with many values; each result is checked twice, by the model's rule for the one operation
 * and by running the whole program on the model.
 */
import { describe, expect, test } from 'vitest';
import { encode, type Word } from '../../vm/index.ts';
import type { ReadyMnemonic } from '../../vm/isa/instructions.ts';
import { compare, compute, pseudo, swapped } from './model.ts';
import { aRun, comparing } from './same.ts';

const XF = 0x100;
const SRC_X = 8;
const [A, B, C, X, AA, BB, CC] = [0, 1, 2, 26, 32, 33, 34] as const;
const edges: readonly bigint[] = [
  0n,
  1n,
  2n,
  16n,
  31n,
  32n,
  33n,
  63n,
  64n,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  0x100000000n,
  0x100000001n,
  0x123456789abcdef0n,
  0x7fffffffffffffffn,
  0x8000000000000000n,
  0x8000000000000001n,
  0xffffffff00000000n,
  0xffffffffffffffffn,
];
const constants = [0, 1, 2, 31, 32, 33, 63, 64, 0x7fffffff, 0x80000000, 0xffffffff];
const exit: Word = encode('exit', 0x10, {});
/** AA and BB from the packet, X the low half of BB. */
const operands: readonly Word[] = [
  encode('ld.abs', 0x18, { reg: 0, k: 0 }),
  encode('ld.abs', 0x18, { reg: 1, k: 8 }),
  encode('ldx.abs', 0, { reg: 0, k: 12 }),
];

const packet = new Uint8Array(16);
const view = new DataView(packet.buffer);
function withOperands(a: bigint, b: bigint): Uint8Array {
  view.setBigUint64(0, a);
  view.setBigUint64(8, b);
  return packet;
}

const aluOps = {
  add: 0,
  sub: 1,
  mul: 2,
  div: 3,
  or: 4,
  and: 5,
  lsh: 6,
  rsh: 7,
  neg: 8,
  mod: 9,
  xor: 10,
  mov: 11,
  arsh: 12,
  sdiv: 14,
  smod: 15,
} as const satisfies Partial<Record<ReadyMnemonic, number>>;
const divisions = new Set(['div', 'mod', 'sdiv', 'smod']);
const truncated = (v: bigint, register: number): bigint => (register < 32 ? BigInt.asUintN(32, v) : v);

/** Where an ALU instruction finds its operands: registers by number, or k. */
interface Form {
  readonly choice: number;
  readonly d: number;
  readonly a: number;
  readonly b?: number;
}
const binaryForms: Record<string, Form> = {
  'd op= X, 64 bits': { choice: SRC_X, d: AA, a: AA, b: X },
  'd op= X, 32 bits': { choice: SRC_X, d: A, a: A, b: X },
  'd = a op b, 64 bits': { choice: XF | SRC_X, d: CC, a: AA, b: BB },
  'd = a op b, 32 bits': { choice: XF | SRC_X, d: C, a: A, b: B },
  'd = a op d': { choice: XF | SRC_X, d: BB, a: AA, b: BB },
  'd = d op a': { choice: XF | SRC_X, d: AA, a: AA, b: BB },
  'd = d op d': { choice: XF | SRC_X, d: AA, a: AA, b: AA },
  '64-bit d, 32-bit a': { choice: XF | SRC_X, d: CC, a: A, b: BB },
  '64-bit d, 32-bit b': { choice: XF | SRC_X, d: CC, a: AA, b: B },
  '64-bit d, 32-bit a and b, d the twin of both': { choice: XF | SRC_X, d: AA, a: A, b: A },
  '64-bit d, X for a': { choice: XF | SRC_X, d: CC, a: X, b: BB },
  '32-bit d, 64-bit a and b': { choice: XF | SRC_X, d: C, a: AA, b: BB },
  'pseudo-register of ones for b': { choice: XF | SRC_X, d: CC, a: AA, b: 0xd0 },
  'pseudo-register of zeros for a': { choice: XF | SRC_X, d: CC, a: 0x87, b: BB },
  'pseudo-register at 32 bits': { choice: XF | SRC_X, d: C, a: A, b: 0xff },
};
const constantForms: Record<string, Form> = {
  'd op= k, 64 bits': { choice: 0, d: AA, a: AA },
  'd op= k, 32 bits': { choice: 0, d: A, a: A },
  'd = a op k, 64 bits': { choice: XF, d: CC, a: AA },
  'd = a op k, 32 bits': { choice: XF, d: C, a: A },
  '64-bit d, 32-bit a, k': { choice: XF, d: CC, a: A },
};

const read = (register: number, a: bigint, b: bigint): bigint => {
  if (register >= 0x80) return pseudo(register);
  return truncated(register === X || (register & 31) === 1 ? (register === X ? b & 0xffffffffn : b) : a, register);
};

function checkAlu(name: keyof typeof aluOps, form: Form, k: number | undefined, signed: boolean): number {
  const three = (form.choice & XF) !== 0;
  const instruction = encode(name, form.choice, {
    reg: form.d,
    signed,
    ...(three ? { jf: form.a } : {}),
    ...(three && form.b !== undefined ? { jt: form.b } : {}),
    ...(k === undefined ? {} : { k }),
  });
  const run = comparing([...operands, instruction, exit]);
  const width = form.d < 32 ? 32 : 64;
  let faults = 0;
  for (const a of edges)
    for (const b of k === undefined ? edges : [0n]) {
      const right =
        form.b === undefined ? BigInt.asUintN(64, signed ? BigInt(k! | 0) : BigInt(k!)) : read(form.b, a, b);
      const wanted = compute(aluOps[name], width, read(form.a, a, b), right);
      const hint = `a = 0x${a.toString(16)}, b = 0x${b.toString(16)}`;
      const got = run(withOperands(a, b), 16, hint);
      if (wanted === undefined) faults++;
      if (wanted === undefined) expect(got.fault, hint).toMatchObject({ code: 4, pc: 3 });
      else if (got.register(form.d < 32 ? form.d + 32 : form.d) !== wanted)
        throw new Error(`${name} ${hint}: ${got.register(form.d)}, not ${wanted}`);
    }
  return faults;
}

const binaries = (Object.keys(aluOps) as (keyof typeof aluOps)[]).filter((name) => name !== 'neg' && name !== 'mov');

describe.each(binaries)('%s', (name) => {
  test.each(Object.entries(binaryForms))('%s', (_, form) => {
    const faults = checkAlu(name, form, undefined, false);
    const mayDivideByZero = divisions.has(name) && (form.b ?? 0) < 0x80;
    expect(faults > 0).toBe(mayDivideByZero);
  });
  test.each(Object.entries(constantForms))('%s', (_, form) => {
    for (const k of constants.filter((v) => v !== 0 || !divisions.has(name)))
      for (const signed of [false, true]) expect(checkAlu(name, form, k, signed)).toBe(0);
  });
});

describe('neg and mov', () => {
  test.each([
    ['neg', { choice: 0, d: AA, a: AA, b: AA }],
    ['neg', { choice: 0, d: A, a: A, b: A }],
    ['neg', { choice: XF, d: CC, a: BB, b: BB }],
    ['neg', { choice: XF, d: CC, a: B, b: B }],
    ['neg', { choice: XF, d: C, a: BB, b: BB }],
    ['neg', { choice: XF, d: CC, a: 0xd0, b: 0xd0 }],
    ['mov', { choice: SRC_X, d: AA, a: X, b: X }],
    ['mov', { choice: SRC_X, d: A, a: X, b: X }],
    ['mov', { choice: XF | SRC_X, d: CC, a: BB, b: BB }],
    ['mov', { choice: XF | SRC_X, d: CC, a: B, b: B }],
    ['mov', { choice: XF | SRC_X, d: C, a: BB, b: BB }],
    ['mov', { choice: XF | SRC_X, d: AA, a: A, b: A }],
    ['mov', { choice: XF | SRC_X, d: CC, a: 0x90, b: 0x90 }],
  ] as const)('%s %o', (name, form) => {
    const three = (form.choice & XF) !== 0;
    const instruction = encode(name, form.choice, { reg: form.d, ...(three ? { jf: form.a } : {}) });
    const run = comparing([...operands, instruction, exit]);
    for (const a of edges)
      for (const b of edges) {
        const wanted = compute(aluOps[name], form.d < 32 ? 32 : 64, read(form.a, a, b), read(form.b, a, b));
        expect(run(withOperands(a, b)).register((form.d & 31) + 32)).toBe(wanted);
      }
  });
  test.each([A, AA])('mov k to register %i', (d) => {
    for (const k of constants)
      for (const signed of [false, true]) expect(checkAlu('mov', { choice: 0, d, a: d }, k, signed)).toBe(0);
  });
});

describe('endian', () => {
  const ways = { le: 0, be: SRC_X, swap: 0x200 } as const;
  const targets = [
    [AA, AA],
    [A, A],
    [CC, BB],
    [CC, B],
    [C, BB],
    [C, B],
    [CC, 0x9f],
  ] as const;
  const cases = (Object.keys(ways) as (keyof typeof ways)[]).flatMap((way) =>
    targets.flatMap(([d, a]) => [16, 32, 64].filter((k) => d >= 32 || k < 64).map((k) => [way, k, d, a] as const)),
  );
  test.each(cases)('%s%i: register %i from %i', (way, k, d, a) => {
    const three = d !== a;
    const instruction = encode('endian', ways[way] | (three ? XF : 0), { reg: d, k, ...(three ? { jf: a } : {}) });
    const run = comparing([...operands, instruction, exit]);
    for (const x of edges)
      for (const y of [0x1122334455667788n, ...edges]) {
        const wanted = swapped(read(a, x, y), k, way !== 'le');
        expect(run(withOperands(x, y)).register((d & 31) + 32)).toBe(wanted);
      }
  });
});

describe.each(Object.entries({ jeq: 1, jgt: 2, jge: 3, jset: 4, jsgt: 6, jsge: 7 } as const))('%s', (name, op) => {
  const mnemonic = name as 'jeq';
  const verdicts = [encode('exit', 0, { k: 1 }), encode('exit', 0, { k: 2 }), encode('exit', 0, { k: 3 })];
  const taken = (run: ReturnType<typeof comparing>, a: bigint, b: bigint): boolean => {
    const { verdict } = run(withOperands(a, b));
    expect(verdict === 2 || verdict === 3).toBe(true);
    return verdict === 3;
  };
  test.each([
    ['X, 64 bits', SRC_X, AA, X],
    ['X, 32 bits', SRC_X, A, X],
    ['64 bits', XF | SRC_X, AA, BB],
    ['32 bits', XF | SRC_X, A, B],
    ['64 against 32 bits', XF | SRC_X, AA, B],
    ['32 against 64 bits', XF | SRC_X, A, BB],
    ['a pseudo-register', XF | SRC_X, AA, 0xd0],
    ['a pseudo-register at 32 bits', XF | SRC_X, A, 0xa0],
  ])('%s', (_, choice, a, b) => {
    const fields = { reg: a, jt: 2, jf: 1, ...((choice & XF) === 0 ? {} : { k: b }) };
    const run = comparing([...operands, encode(mnemonic, choice, fields), ...verdicts]);
    for (const x of edges)
      for (const y of edges) {
        const wanted = compare(op, a < 32 ? 32 : 64, read(a, x, y), read(b, x, y));
        expect(taken(run, x, y), `${x} ${y}`).toBe(wanted);
      }
  });
  test.each([
    [A, false],
    [A, true],
    [AA, false],
    [AA, true],
  ] as const)('register %i against k, S %s', (a, signed) => {
    for (const k of constants) {
      const run = comparing([...operands, encode(mnemonic, 0, { reg: a, jt: 2, jf: 1, k, signed }), ...verdicts]);
      const right = BigInt.asUintN(64, signed ? BigInt(k | 0) : BigInt(k));
      for (const x of edges)
        expect(taken(run, x, 0n), `${x} ${k}`).toBe(compare(op, a < 32 ? 32 : 64, read(a, x, 0n), right));
    }
  });
});

describe('packet access', () => {
  const L = 0x100;
  const sizes = { W: 0, H: 8, B: 0x10, DW: 0x18 } as const;
  const bytes = Uint8Array.from([0x80, 0x01, 0xff, 0x7f, 0x00, 0xfe, 0x12, 0x34, 0x81, 0x92, 0xa3, 0xb4]);
  /** Index registers are given by jt; their values come from k of a load. */
  const places = [
    ['abs', 0, 0],
    ['ind', 0, 0],
    ['ind', 3, 0],
    ['ind', 35, 0],
    ['ind', 27, 0],
    ['ind_y', 0, 0],
  ] as const;
  const indices = [0, 1, 4, 11, 12, 0xffffffff];
  const offsets = [0, 1, 4, 5, 8, 9, 10, 11, 12, 0x7fffffff, 0xfffffff0, 0xffffffff];
  const setIndex = (value: number): Word[] => [
    encode('ldx.imm', 0, { reg: 0, k: value }),
    encode('ldx.imm', 0, { reg: 1, k: value }),
    encode('ld.imm', 0, { reg: 3, k: value }),
  ];
  const cases = (['ld', 'ldx', 'st', 'stx'] as const).flatMap((cls) =>
    (Object.keys(sizes) as (keyof typeof sizes)[])
      .filter((size) => size !== 'DW' || cls === 'ld' || cls === 'st')
      .map((size) => [cls, size] as const),
  );
  test.each(cases)('%s %s', (cls, size) => {
    let ran = 0;
    let faults = 0;
    for (const [place, jt] of places)
      for (const little of [0, L])
        for (const signed of cls.startsWith('ld') && size !== 'DW' ? [false, true] : [false])
          for (const index of place === 'abs' ? [0] : indices)
            for (const k of offsets) {
              const reg = cls === 'ld' || cls === 'st' ? 5 : 2;
              const instruction = encode(`${cls}.${place}`, sizes[size] | little, { reg, jt, k, signed });
              const value = encode('ld.abs', 0x18, { reg: 5, k: 0 });
              const selector = encode('tax', 0, { reg: 5, high: 2 });
              const host = { ...aRun, allowWrite: true };
              const run = comparing([value, selector, ...setIndex(index), instruction, exit], host);
              if (run(bytes).fault === undefined) ran++;
              else faults++;
            }
    expect(ran).toBeGreaterThan(20);
    expect(faults).toBeGreaterThan(20);
  });

  test('an index past 2^32 is out of bounds, never another byte', () => {
    const load = encode('ld.ind', 0x10, { reg: 0, jt: 33, k: 0xffffffff });
    const run = comparing([encode('ld.abs', 0x18, { reg: 1, k: 0 }), load, exit]);
    for (const index of [1n, 2n ** 32n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 64n - 2n ** 32n + 1n]) {
      view.setBigUint64(0, index);
      expect(run(packet).fault).toMatchObject({ code: 1, pc: 1 });
    }
  });

  test.each([
    ['ldx.msh', 0, 0],
    ['ldx.mshx', 0, 1],
    ['ldx.mshx', 3, 1],
    ['ldx.mshx', 35, 1],
  ] as const)('%s by index register %i', (mnemonic, jt, index) => {
    for (const reg of [0, 1, 2])
      for (const k of [0, 5, 10, 11, 12, 0xffffffff]) {
        const run = comparing([...setIndex(index), encode(mnemonic, 0, { reg, jt, k }), exit]);
        const { fault, register } = run(bytes);
        const at = k + (mnemonic === 'ldx.msh' ? 0 : index);
        const target = [26, 27, 64][reg]!;
        if (at >= bytes.length) expect(fault).toMatchObject({ code: 1 });
        else expect(register(target)).toBe(BigInt((bytes[at]! & 15) * 4));
      }
  });
});

describe('the rest of the loads', () => {
  const both = (word: Word): void => {
    const run = comparing([...operands, word, encode('ldx.mem', 0, { reg: 1, k: 9 }), exit]);
    for (const a of edges) expect(run(withOperands(a, 0x8765432112345678n), 70000).fault).toBeUndefined();
  };
  test('immediates', () => {
    for (const k of constants)
      for (const signed of [false, true]) {
        both(encode('ld.imm', 0, { reg: 4, k, signed }));
        for (const reg of [0, 1, 2, 6]) both(encode('ldx.imm', 0, { reg, k, signed }));
      }
  });
  test('lengths', () => {
    both(encode('ld.len', 0, { reg: 4 }));
    both(encode('ld.caplen', 0, { reg: 4 }));
    for (const reg of [0, 1, 2, 6]) {
      both(encode('ldx.len', 0, { reg }));
      both(encode('ldx.caplen', 0, { reg }));
    }
  });
  test('M[]: W clears the upper half, S extends, a selector takes 16 bits', () => {
    for (const store of [0, 0x18])
      for (const load of [0, 0x18])
        for (const signed of load === 0 ? [false, true] : [false])
          for (const k of [0, 9, 127]) {
            const before = encode('st.mem', 0x18, { reg: 1, k });
            const put = encode('st.mem', store, { reg: 0, k });
            const back = encode('ld.mem', load, { reg: 2, k, signed });
            const special = encode('ldx.mem', 0, { reg: 2, k, signed });
            const run = comparing([...operands, before, put, back, special, exit]);
            for (const a of edges) {
              const wanted = store === 0 ? BigInt.asUintN(32, a) : a;
              const half = BigInt.asUintN(64, signed ? BigInt.asIntN(32, wanted) : BigInt.asUintN(32, wanted));
              const { register } = run(withOperands(a, 0xffffffffffffffffn));
              expect(register(CC)).toBe(load === 0 ? half : wanted);
              expect(register(64)).toBe(a & 0xffffn);
            }
          }
  });
  test('a run finds M[] and all registers at 0 whatever the last one left', () => {
    const fill = [encode('st.mem', 0x18, { reg: 0, k: 3 }), encode('tax', 0, { reg: 0, high: 6 })];
    const skip = encode('jeq', 0, { reg: A, k: 0, jt: fill.length, jf: 0 });
    const run = comparing([
      encode('ld.abs', 0, { reg: 0, k: 0 }),
      skip,
      ...fill,
      encode('ld.mem', 0x18, { reg: 5, k: 3 }),
      encode('txa', 0, { reg: 6, high: 6 }),
      exit,
    ]);
    expect(run(Uint8Array.of(1, 2, 3, 4)).register(37)).toBe(0x01020304n);
    expect(run(Uint8Array.of(0, 0, 0, 0)).register(37)).toBe(0n);
    expect(run(Uint8Array.of()).register(6)).toBe(0n);
  });
  test('transfers: 32 bits to X and Y, 16 to a selector; back they clear the upper half', () => {
    for (let special = 0; special < 7; special++) {
      const to = encode('tax', 0, { reg: A, high: special });
      const back = encode('txa', 0, { reg: B, high: special });
      const run = comparing([...operands, to, back, exit]);
      for (const a of edges) {
        const wanted = special < 2 ? a & 0xffffffffn : a & 0xffffn;
        expect(run(withOperands(a, 0xffffffffffffffffn)).register(BB)).toBe(wanted);
      }
    }
  });
  test('exits: K and X set A and clear the upper half of AA, A leaves it', () => {
    for (const [choice, wanted] of [
      [0, 0xfffffff0n],
      [8, 0x12345678n],
      [0x10, 0x123456789abcdef0n],
    ] as const) {
      const run = comparing([...operands, encode('exit', choice, choice === 0 ? { k: 0xfffffff0 } : {})]);
      const { verdict, register } = run(withOperands(0x123456789abcdef0n, 0x12345678n));
      expect(register(AA)).toBe(wanted);
      expect(verdict).toBe(Number(wanted & 0xffffffffn));
    }
  });
});
