/** The memory that engines share: what is allocated in it, and what becomes of engines and packets when it grows. */
import { expect, test } from 'vitest';
import {
  defaultHost,
  encode,
  type HostFunction,
  Jit,
  MachineMemory,
  type Program,
  type Room,
  validate,
} from '../../vm/index.ts';
import { literal } from '../vm/literals.ts';
import { randomFrom, seed } from '../vm/random.ts';
import { program } from '../vm/words.ts';

const page = 65536;

test(`what is allocated lies apart, is kept, and can be used again (seed ${seed})`, () => {
  const random = randomFrom(seed + 70);
  const memory = new MachineMemory(page);
  const held: { room: Room; mark: number }[] = [];
  const check = (): void => {
    held.sort((a, b) => a.room.at - b.room.at);
    for (const [i, { room, mark }] of held.entries()) {
      expect(room.at % 16).toBe(0);
      expect(room.at).toBeGreaterThanOrEqual(2048);
      expect(room.at + room.size).toBeLessThanOrEqual(held[i + 1]?.room.at ?? memory.bytes.length);
      expect([memory.bytes[room.at], memory.bytes[room.at + room.size - 1]]).toEqual([mark, mark]);
    }
  };
  for (let i = 0; i < 3000; i++) {
    if (held.length > 0 && random.chance(0.48)) {
      const [{ room }] = held.splice(random.below(held.length), 1) as [(typeof held)[number]];
      memory.free(room);
      continue;
    }
    const bytes = random.chance(0.03) ? random.below(3 * page) : random.below(500);
    const room = memory.allocate(bytes);
    expect(room.size).toBeGreaterThanOrEqual(bytes);
    const mark = random.below(256);
    memory.bytes.fill(mark, room.at, room.at + room.size);
    held.push({ room, mark });
    if (i % 50 === 0) check();
  }
  check();
  // Freed, all of it is one stretch again.
  for (const { room } of held) memory.free(room);
  const { length } = memory.bytes;
  expect(length).toBeGreaterThan(2 * page);
  const whole = memory.allocate(length - 2048);
  expect(whole).toEqual({ at: 2048, size: length - 2048 });
  expect(memory.bytes.length).toBe(length);
  expect(memory.words.buffer).toBe(memory.bytes.buffer);
  memory.allocate(1);
  expect(memory.bytes.length).toBe(length + page);
});

const exitA = encode('exit', 0x10, {});
/** Ten times the table's entry that the packet's first byte names. */
const lookup = (table: readonly number[]): Program =>
  program([
    encode('ld.abs', 0x10, { reg: 0, k: 0 }),
    ...literal(false, table),
    encode('ld.rodata', 0x10, { reg: 0, jt: 32, k: -8 * literal(false, table).length + 2 }),
    encode('mul', 0, { reg: 0, k: 10 }),
    exitA,
  ]);

function engine(of: Program, memory: MachineMemory, functions: Readonly<Record<string, HostFunction>> = {}): Jit {
  const host = { ...defaultHost, allowWrite: true, functions };
  const { validated, refusals } = validate(of, host);
  if (validated === undefined) throw new Error(refusals.map(({ message }) => message).join('\n'));
  return new Jit(validated, host, { memory });
}

const runOn = (jit: Jit, ...bytes: number[]): number => jit.run(Uint8Array.from(bytes), 0, bytes.length, bytes.length);

test('engines that share a memory keep their code and packets apart while it grows', () => {
  const memory = new MachineMemory(page);
  const tables = Array.from({ length: 40 }, (_, i) => [i, i + 1, i + 2, i + 3, 100, 101]);
  const jits = tables.map((table) => engine(lookup(table), memory));
  for (const round of [1, 2, 3, 4]) {
    for (const [i, jit] of jits.entries()) expect(runOn(jit, round - 1)).toBe(10 * (i + round - 1));
    // A packet that is longer than all there was.
    const long = new Uint8Array(round * 3 * page).fill(4);
    expect(jits[round]!.run(long, 1, long.length - 1, long.length)).toBe(1000);
  }
  expect(memory.bytes.length).toBeGreaterThan(12 * page);
});

test('a packet of any length is copied in, and back where the program writes', () => {
  const memory = new MachineMemory(page);
  // Its last byte becomes the captured length's low byte, the verdict what it was.
  const jit = engine(
    program([
      encode('ldx.caplen', 0, { reg: 0 }),
      encode('ldx.caplen', 0, { reg: 1 }),
      encode('sub', 0, { reg: 26, k: 1 }),
      encode('ld.ind', 0x10, { reg: 0, k: 0 }),
      encode('stx.ind', 0x10, { reg: 1, k: 0 }),
      exitA,
    ]),
    memory,
  );
  for (const length of [1, 100, 5000, page, 5 * page, 17, 5 * page + 1]) {
    const bytes = new Uint8Array(length + 20).fill(9);
    expect(jit.run(bytes, 10, length, length)).toBe(9);
    const wanted = new Uint8Array(length + 20).fill(9);
    wanted[10 + length - 1] = length & 255;
    expect(Buffer.compare(bytes, wanted)).toBe(0);
  }
});

test('a host function may run another engine of the memory, which may grow', () => {
  const memory = new MachineMemory(page);
  const inner = engine(lookup([7, 8, 9]), memory);
  let length = 1;
  const call: HostFunction['call'] = () => {
    length *= 30;
    return BigInt(inner.run(new Uint8Array(length), 0, length, length));
  };
  const table = literal(false, [0, 50, 60]);
  const outer = engine(
    {
      ...program([
        encode('prolog', 0, { high: 1 }),
        ...table,
        encode('host', 0, { k: 0 }),
        encode('mov', 0x108, { reg: 34, jf: 32 }),
        encode('ld.abs', 0x10, { reg: 1, k: 0 }),
        encode('ld.rodata', 0x10, { reg: 0, jt: 33, k: -8 * (table.length + 3) + 2 }),
        encode('add', 0x108, { reg: 32, jf: 32, jt: 34 }),
        exitA,
      ]),
      imports: [{ kind: 'function', name: 'other', number: 0 }],
    },
    memory,
    { other: { inputs: 0, cost: { base: 1, perByte: 0 }, call } },
  );
  for (let i = 0; i < 4; i++) expect(runOn(outer, 2)).toBe(70 + 60);
  expect(memory.bytes.length).toBeGreaterThan(10 * page);
});
