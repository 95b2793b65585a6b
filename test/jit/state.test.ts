/** What programs keep in the engine's memory: hashes worked on by compiled code and by the host in turns, what lies where. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { compile } from '../../compiler/index.ts';
import { rng } from '../../scripts/packets.mjs';
import { entry, hashLayout, head } from '../../vm/host/lru.ts';
import { Interpreter, Jit, load, MachineMemory, State } from '../../vm/index.ts';
import { HashModel } from '../vm/lru.ts';

/** Byte 0 of a packet says what is done with the key behind it; the answer is printed, so that it is seen whole. */
const filterOf = (size: number, parts: number): string => {
  const key = Array.from({ length: parts }, (_, part) => `pkt:u64(${16 + 8 * part})`).join(', ');
  return `local state = require "state"
local hash = state.hash(${size}, ${parts})
return function(pkt)
  local n, value = pkt:u8(0), pkt:u64(8)
  if n == 0 then print(hash:get(${key}))
  elseif n == 1 then hash:set(${key}, value)
  elseif n == 2 then print(hash:add(${key}, value))
  else hash:delete(${key}) end
end`;
};

function ways(size: number, parts: number, memory: MachineMemory) {
  const state = new State(memory);
  const { program } = compile(filterOf(size, parts));
  let printed = '';
  const write = (text: string): void => {
    printed += text;
  };
  const functions = {
    'print.integer': {
      inputs: 1,
      cost: { base: 0, perByte: 0 },
      call: ([value]: readonly bigint[]) => {
        write(String(BigInt.asUintN(64, value!)));
        return undefined;
      },
    },
    'print.text': { inputs: 2, cost: { base: 0, perByte: 0 }, call: () => undefined },
  };
  const filters = [
    load(program!, { functions }, state, { memory }).filter!,
    load(program!, { functions }, state, { engine: 'interpreter' }).filter!,
  ];
  expect(filters[0]).toBeInstanceOf(Jit);
  expect(filters[1]).toBeInstanceOf(Interpreter);
  const take = (): string => {
    const text = printed;
    printed = '';
    return text;
  };
  return { state, filters, take };
}

const wide = [0n, 1n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 32n, 0x0100_0000_0000_0000n];
const signed = (value: bigint): bigint => BigInt.asIntN(64, value);

const seed = 31;
afterEach(() => void vi.restoreAllMocks());

describe(`a hash is the same in compiled code and in the host, by turns (seed ${seed})`, () => {
  for (const [size, parts, keys, turns, alike] of [
    [1, 1, 3, 1],
    [2, 1, 4, 1],
    [7, 1, 20, 3],
    [3, 2, 3, 2],
    [64, 3, 5, 1],
    [100, 1, 90, 50],
    [9, 8, 2, 1],
    [20, 2, 6, 1, 'all in one bucket, with the same word'],
  ] as const)
    test(`${size} entries, keys of ${parts} parts${alike === undefined ? '' : `, ${alike}`}`, () => {
      // Words that are all the same leave none of a key.
      if (alike !== undefined) vi.spyOn(Math, 'random').mockReturnValue(0.25);
      const random = rng(seed + size + parts);
      const memory = new MachineMemory();
      const { state, filters, take } = ways(size, parts, memory);
      const model = new HashModel(size);
      const packet = new Uint8Array(16 + 8 * parts);
      const view = new DataView(packet.buffer);
      let answers = 0;
      for (let step = 0; step < 3000; step++) {
        const key = Array.from({ length: parts }, () => {
          const n = random.below(keys);
          return wide[n] ?? BigInt(n);
        });
        const value = BigInt.asUintN(64, BigInt(random.below(1000)) * 0x1234567890abcdn - 7n);
        const operation = random.pick([0, 0, 1, 1, 2, 2, 3]);
        packet[0] = operation;
        view.setBigUint64(8, value);
        for (const [part, each] of key.entries()) view.setBigUint64(16 + 8 * part, each);
        // Memory that grows leaves what lies in it where it is.
        if (step % 1000 === 999) memory.allocate(2 ** 20);
        filters[Math.floor(step / turns) % 2]!.run(packet, 0, packet.length, packet.length);
        const answer = operation === 0 ? model.get(key) : operation === 2 ? model.add(key, value) : undefined;
        if (operation === 1) model.set(key, value);
        if (operation === 3) model.delete(key);
        expect(take()).toBe(answer === undefined ? '' : String(answer));
        if (answer !== undefined) answers++;
        if (step % 8 !== 0) continue;
        const entries = [...state.objects[0]!.entries()];
        expect(entries).toEqual(
          model.entries().map(({ key, value }) => ({ key: key.map(signed), value: signed(value) })),
        );
      }
      expect(answers).toBeGreaterThan(500);
    });
});

test('arrays and counters lie in the memory, keep what they begin with, and are the objects that are shown', () => {
  const memory = new MachineMemory();
  const state = new State(memory);
  const text = `local state = require "state"
local seen, total = state.array(4), state.counter()
return function(pkt)
  local i = pkt:u8(0)
  seen[i] = seen[i] * 3 + 1
  total:add(i)
  return seen[i]
end`;
  const { filter } = load(compile(text).program!, {}, state, { memory });
  const run = (n: number): number => filter!.run(Uint8Array.of(n), 0, 1, 1);
  expect([run(1), run(1), run(3)]).toEqual([1, 4, 1]);
  memory.allocate(2 ** 22);
  expect([run(1), run(4)]).toEqual([13, 0]);
  expect(filter!.fault?.code).toBe(13);
  const values = state.objects.map(({ entries }) => [...entries()].map(({ value }) => value));
  expect(values).toEqual([[0n, 13n, 0n, 1n], [6n]]);
  expect(state.bytes).toBe(5 * 8);
});

test('keys that are alike share no bucket more than others do', () => {
  // Whoever does not know the words cannot choose keys that collide: none of these may have longer chains than random ones.
  const size = 4096;
  const kinds: Readonly<Record<string, (n: bigint) => bigint>> = {
    'one after another': (n) => n,
    'in the upper half': (n) => n << 32n,
    'in the highest bits': (n) => n << 52n,
    'multiples of a power of two': (n) => n << 16n,
    'with all bytes the same': (n) => (n & 255n) * 0x01010101n + ((n >> 8n) << 32n),
  };
  for (const [kind, keyOf] of Object.entries(kinds)) {
    const memory = new MachineMemory();
    const firstRoom = memory.allocate(0);
    memory.free(firstRoom);
    const { filters } = ways(size, 1, memory);
    const packet = new Uint8Array(24);
    const view = new DataView(packet.buffer);
    packet[0] = 1;
    for (let n = 0; n < size; n++) {
      view.setBigUint64(16, BigInt.asUintN(64, keyOf(BigInt(n))));
      filters[0]!.run(packet, 0, 24, 24);
    }
    const chains = new Map<number, number>();
    const { bucketMask, entries, entrySize } = hashLayout({ size, parts: 1 });
    // What was allocated in a fresh memory first.
    const { at } = firstRoom;
    expect(memory.words[(at + head.count) >> 2]).toBe(size);
    for (let n = 0; n < size; n++) {
      const bucket = memory.words[(at + entries + n * entrySize + entry.word) >> 2]! & bucketMask;
      chains.set(bucket, (chains.get(bucket) ?? 0) + 1);
    }
    // Of a full table of random keys the mean chain that a search meets is 1.5 long.
    const mean = [...chains.values()].reduce((sum, length) => sum + (length * (length + 1)) / 2, 0) / size;
    expect(mean, kind).toBeLessThan(2);
  }
});
