/** What the host offers a run: what its functions are given and may do, binding by name, costs against a count by hand. */
import { describe, expect, test } from 'vitest';
import {
  type Coprocessor,
  encode,
  type Host,
  type HostFunction,
  hostFailure,
  load,
  type Program,
} from '../../vm/index.ts';
import { randomFrom, seed } from './random.ts';
import { loaded, program, refusalsOf } from './words.ts';

const free = { base: 0, perByte: 0 };
const exitA = encode('exit', 0x10, {});
const nothing = new Uint8Array(0);
const giving = (value: bigint | undefined): HostFunction => ({ inputs: 0, cost: free, call: () => value });

test('a host function sees the packet where it lies, its lengths, its inputs and the code', () => {
  const seen: unknown[] = [];
  const look: HostFunction = {
    inputs: 2,
    cost: free,
    call: (inputs, { packet, start, caplen, wirelen, code }) => {
      seen.push(inputs, [...packet.subarray(start, start + caplen)], wirelen, code.length, code[16]);
      return undefined;
    },
  };
  const of: Program = {
    ...program([
      encode('prolog', 0, { high: 3 }),
      encode('mov', 0, { reg: 42, k: 0xfffffffe, signed: true }),
      encode('host', 0, { high: 1, k: 4 }),
      exitA,
    ]),
    imports: [{ kind: 'function', name: 'look', number: 4 }],
  };
  const filter = loaded(of, { functions: { look } }, true);
  expect(filter.run(Uint8Array.of(9, 9, 1, 2, 3, 9), 2, 3, 1500)).toBe(0);
  // By each engine.
  const once = [[0n, 2n ** 64n - 2n], [1, 2, 3], 1500, 32, 0x26];
  expect(seen).toEqual([...once, ...once, ...once]);
});

test('an exception of a host function is the host’s, and the next run is as any other', () => {
  let fails = true;
  const functions = {
    0: {
      inputs: 0,
      cost: free,
      call: () => {
        if (fails) throw new Error('disk full');
        return 3n;
      },
    },
  };
  const filter = loaded(program([encode('prolog', 0, { high: 1 }), encode('host', 0, {}), exitA]), { functions });
  expect(() => filter.run(nothing, 0, 0, 0)).toThrow('disk full');
  fails = false;
  expect(filter.run(nothing, 0, 0, 0)).toBe(3);
  expect(filter.fault).toBeUndefined();
});

describe('binding', () => {
  const call = (imports: Program['imports'], number = 0): Program => ({
    ...program([encode('prolog', 0, { high: 1 }), encode('host', 0, { k: number }), exitA]),
    ...(imports === undefined ? {} : { imports }),
  });
  const functions = { 0: giving(10n), a: giving(11n), b: giving(12n), '01': giving(13n), '-1': giving(14n) };
  const verdict = (of: Program): number => loaded(of, { functions }).run(nothing, 0, 0, 0);
  test('is by name where a program imports, by number where it does not', () => {
    expect(verdict(call(undefined))).toBe(10);
    expect(verdict(call([]))).toBe(10);
    expect(verdict(call([{ kind: 'function', name: 'b', number: 0 }]))).toBe(12);
    expect(verdict(call([{ kind: 'function', name: '01', number: 0 }]))).toBe(13);
  });
  test('of names that are no plain number goes by import only', () => {
    expect(refusalsOf(call(undefined, 1), { functions })).toMatchObject([{ code: 'host-unknown', fault: 12, pc: 1 }]);
  });
  test('says all that is missing, by name', () => {
    const missing = call([
      { kind: 'function', name: 'a', number: 0 },
      { kind: 'function', name: 'x.y', number: 1 },
      { kind: 'segment', name: 'seen', number: 0 },
      { kind: 'segment', name: 'b', number: 1 },
    ]);
    const { refusals, filter } = load(missing, { functions });
    expect(filter).toBeUndefined();
    expect(refusals?.map(({ code, message }) => [code, message])).toEqual([
      ['import-missing', 'import "x.y": the host has no such function'],
      ['import-missing', 'import "seen": the host has no such segment'],
      ['import-kind', 'import "b": the program wants a segment, the host has a function'],
    ]);
  });
});

test(`costs are charged before each event: the budget is used up exactly where a count by hand says (seed ${seed})`, () => {
  const random = randomFrom(seed + 30);
  const cost = () => ({ base: random.below(6), perByte: random.below(3) });
  const seenCodes = new Set<number | undefined>();
  for (let i = 0; i < 3000; i++) {
    const caplen = random.below(9);
    const functions: Record<string, HostFunction> = {
      0: { inputs: 0, cost: cost(), call: () => 1n },
      1: { inputs: 1, cost: cost(), call: () => hostFailure },
    };
    const coprocessor: Record<number, Coprocessor> = {
      0: { cost: cost(), call: (a) => a },
      5: { cost: cost(), call: () => hostFailure },
    };
    const price = (of: HostFunction | Coprocessor): number => of.cost.base + of.cost.perByte * caplen;
    const host: Partial<Host> = { functions, coprocessor, budget: random.below(60) };
    const code = [encode('prolog', 0, { high: 1 })];
    let left = host.budget!;
    let wanted: { code: number; pc: number } | undefined;
    const charge = (units: number, failure: boolean): void => {
      if (wanted !== undefined) return;
      if (left < units) wanted = { code: 11, pc: code.length };
      else if (failure) wanted = { code: 12, pc: code.length };
      left -= units;
    };
    const dearest = Math.max(price(coprocessor[0]!), price(coprocessor[5]!));
    for (let n = random.below(10); n >= 0; n--) {
      const way = random.below(12);
      if (way < 5) {
        charge(price(functions[0]!), false);
        code.push(encode('host', 0, { k: 0 }));
      } else if (way < 6) {
        charge(price(functions[1]!), true);
        code.push(encode('host', 0, { k: 1 }));
      } else if (way < 9) {
        const k = random.pick([0, 0, 0, 0, 5, 6]);
        charge(coprocessor[k] === undefined ? 0 : price(coprocessor[k]), k !== 0);
        code.push(encode('cop', 0, { k }));
      } else {
        const x = random.pick([0, 0, 0, 0, 5, 6]);
        code.push(encode('ldx.imm', 0, { k: x }));
        charge(dearest, x !== 0);
        code.push(encode('copx', 0, {}));
      }
    }
    const filter = loaded(program([...code, exitA]), host);
    filter.run(new Uint8Array(caplen), 0, caplen, 99);
    const fault = filter.fault === undefined ? undefined : { code: filter.fault.code, pc: filter.fault.pc };
    expect(fault, `program ${i}`).toEqual(wanted);
    seenCodes.add(wanted?.code);
  }
  expect([...seenCodes].sort()).toEqual([11, 12, undefined]);
});
