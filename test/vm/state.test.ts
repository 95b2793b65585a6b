/** What hosts make for programs that ask for state: the hash against a model, objects by their attributes. */
import { describe, expect, test } from 'vitest';
import { rng } from '../../scripts/packets.mjs';
import { LruHash } from '../../vm/host/lru.ts';
import { load, State, stateLimits } from '../../vm/index.ts';
import type { Attribute, Import, Program } from '../../vm/program/program.ts';
import { HashModel } from './lru.ts';

const seed = 20;
const wide = [0n, 1n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 32n, 2n ** 32n + 1n];

describe(`the hash does what a Map does (seed ${seed})`, () => {
  for (const [size, parts, keys] of [
    [1, 1, 3],
    [2, 1, 3],
    [3, 2, 3],
    [7, 1, 20],
    [64, 3, 6],
    [100, 1, 90],
    [100, 8, 2],
  ] as const)
    test(`${size} entries, keys of ${parts} parts`, () => {
      const random = rng(seed + size + parts);
      const hash = new LruHash({ size, parts });
      const model = new HashModel(size);
      for (let step = 0; step < 4000; step++) {
        const key = Array.from({ length: parts }, () => {
          const n = random.below(keys);
          return wide[n] ?? BigInt(n);
        });
        const value = BigInt(random.below(1000)) * 0x1234567890abcdn;
        const operation = random.below(10);
        if (operation < 4) expect(hash.get(key)).toBe(model.get(key));
        else if (operation < 7) for (const each of [hash, model]) each.set(key, value);
        else if (operation < 9) expect(hash.add(key, value)).toBe(model.add(key, value));
        else for (const each of [hash, model]) each.delete(key);
        if (step % 16 === 0) expect([...hash.entries()]).toEqual(model.entries());
      }
      expect([...hash.entries()]).toEqual(model.entries());
      expect(hash.count).toBe(model.entries().length);
    });

  test('more keys than entries, all in the order of their use', () => {
    const hash = new LruHash({ size: 1000, parts: 1 });
    for (let n = 0n; n < 5000n; n++) hash.set([n * 0x100000001n], n);
    expect([...hash.entries()].map(({ value }) => value)).toEqual(
      Array.from({ length: 1000 }, (_, i) => BigInt(4000 + i)),
    );
  });
});

const attributes = (named: Readonly<Record<string, bigint | string>>): Attribute[] =>
  Object.entries(named).map(([name, value]) => ({ name, value }));
const segment = (name: string, named: Readonly<Record<string, bigint | string>>): Import => ({
  kind: 'segment',
  name,
  number: 0,
  attributes: attributes(named),
});
const operation = (name: string, named: Readonly<Record<string, bigint | string>>): Import => ({
  ...segment(name, named),
  kind: 'function',
});

describe('objects by attributes', () => {
  test('an array is a segment of 64-bit integers that begin with the initial value', () => {
    const { segments, problems } = new State().serve([
      segment('a', { kind: 'array', size: 3n, initial: 2n ** 64n - 2n }),
    ]);
    expect(problems).toEqual([]);
    expect([...segments.a!.bytes]).toEqual(
      Array.from({ length: 3 }, () => [0xfe, 255, 255, 255, 255, 255, 255, 255]).flat(),
    );
  });

  test('objects show what programs put into them', () => {
    const state = new State();
    const hash = { kind: 'hash', size: 2n, parts: 2n };
    const { functions, segments } = state.serve([operation('h.get', hash), segment('c', { kind: 'counter' })]);
    const run = {} as never;
    functions['h.set']!.call([1n, 2n ** 64n - 1n, 5n], run);
    functions['h.add']!.call([3n, 4n, 2n ** 64n - 7n], run);
    expect(functions['h.get']!.call([1n, 2n ** 64n - 1n], run)).toBe(5n);
    expect(functions['h.get']!.call([1n, 1n], run)).toBeUndefined();
    segments.c!.bytes[0] = 9;
    expect(state.objects.map(({ name, kind, entries }) => [name, kind, [...entries()]])).toEqual([
      [
        'h',
        'hash',
        [
          { key: [3n, 4n], value: -7n },
          { key: [1n, -1n], value: 5n },
        ],
      ],
      ['c', 'counter', [{ key: [0n], value: 9n }]],
    ]);
    functions['h.delete']!.call([3n, 4n], run);
    expect([...state.objects[0]!.entries()]).toEqual([{ key: [1n, -1n], value: 5n }]);
  });

  test('programs that ask for the same object share it', () => {
    const state = new State();
    const [a, b] = [1, 2].map(() => state.serve([segment('a', { kind: 'array', size: 3n })]));
    expect(a!.segments.a).toBe(b!.segments.a);
  });

  test('names of objects of JavaScript are names like others', () => {
    const state = new State();
    const { segments } = state.serve(['__proto__', 'constructor'].map((name) => segment(name, { kind: 'counter' })));
    expect(Object.keys(segments)).toEqual(['__proto__', 'constructor']);
  });

  const refused: readonly (readonly [Import, RegExp])[] = [
    [segment('a', { kind: 'stack' }), /no kind of state is called "stack"/],
    [segment('a', { kind: 'hash' }), /a hash is no segment/],
    [operation('a.get', { kind: 'array' }), /an array is no function/],
    [segment('a', { kind: 'array', size: 0n }), /a size of 0; it goes from 1 to 16777216/],
    [segment('a', { kind: 'array', size: BigInt(stateLimits.size) + 1n }), /a size of 16777217/],
    [segment('a', { kind: 'array', size: 'big' }), /a size of big/],
    [segment('a', { kind: 'array', initial: 'big' }), /its initial value is no integer/],
    [operation('a.get', { kind: 'hash', parts: 17n }), /keys of 17 parts; there are 1 to 16/],
    [
      operation('a.get', { kind: 'hash', size: 2n ** 24n, parts: 16n }),
      /it takes \d+ bytes, and there are 1073741824 left/,
    ],
  ];
  for (const [wanted, message] of refused)
    test(`refused: ${message.source}`, () => {
      expect(new State().serve([wanted]).problems.map((problem) => problem.message)).toEqual([
        expect.stringMatching(message),
      ]);
      const program: Program = {
        profile: 'bpf64',
        code: [{ code: 6, jt: 0, jf: 0, k: 0 }],
        entry: 0,
        strings: new Uint8Array(1),
        imports: [wanted],
      };
      expect(load(program).refusals).toEqual([
        { code: 'import-state', fault: 12, pc: 0, message: expect.stringMatching(message) },
      ]);
    });

  test('an object of another shape under the same name', () => {
    const state = new State();
    state.serve([segment('a', { kind: 'array', size: 3n })]);
    const { problems } = state.serve([segment('a', { kind: 'array', size: 4n })]);
    expect(problems).toEqual([{ name: 'a', message: '"a" is an array of 3, with keys of 1, already' }]);
  });

  test('the limit is on all objects together', () => {
    const state = new State();
    const imports = Array.from({ length: 9 }, (_, i) => segment(`a${i}`, { kind: 'array', size: 2n ** 24n }));
    expect(state.serve(imports).problems.map(({ name }) => name)).toEqual(['a8']);
  });
});
