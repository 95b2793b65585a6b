/** Segments: random accesses against a model, every atomic at every alignment, what changes between runs. */
import { expect, test } from 'vitest';
import { encode, MachineMemory, type Segment, type Word } from '../../vm/index.ts';
import { type Random, randomFrom, seed } from './random.ts';
import { listing } from './same.ts';
import { type ModelSegment, runSegments } from './segments.ts';
import { compiled, loaded, program } from './words.ts';

const exit = encode('exit', 0x10, {});
const sizes = [0, 8, 0x10, 0x18] as const;
const numbers = [0, 1, 3, 249, 250, 60000];

/** The same segments for both: random bytes, mostly free to read and write. */
function randomSegments(random: Random): [Readonly<Record<string, Segment>>, Map<number, ModelSegment>] {
  const mine: Record<string, Segment> = {};
  const model = new Map<number, ModelSegment>();
  for (const number of numbers.filter(() => random.chance(0.97))) {
    const bytes = Array.from({ length: random.pick([0, 7, 33, 64, 64, 64, 64, 64, 64, 64]) }, () =>
      random.pick([0, 1, 0x80, 0xff, 7]),
    );
    const permissions = { readable: random.chance(0.97), writable: random.chance(0.97) };
    // Not at the start of its buffer: alignment is the offset's, not the memory's.
    const buffer = new Uint8Array(bytes.length + 5);
    buffer.set(bytes, 3);
    mine[number] = { bytes: buffer.subarray(3, 3 + bytes.length), ...permissions };
    model.set(number, { bytes, ...permissions });
  }
  return [mine, model];
}

function randomAccess(random: Random): Word {
  const isSpecial = random.chance(0.3);
  const isLoad = random.chance(0.5);
  const jf = random.chance(0.8) ? random.pick([0, 1, 3, 249]) : 250 + random.below(5);
  const reg = random.below(isSpecial ? 7 : 4);
  if (random.chance(0.08)) return encode(isSpecial ? 'ldx.seg.len' : 'ld.seg.len', 0, { reg, jf });
  const atomic = !isLoad && random.chance(0.6) ? 1 + random.below(6) : 0;
  const size = random.pick(sizes.filter((s) => !(isSpecial && s === 0x18) && (atomic === 0 || s === 0 || s === 0x18)));
  const mode = random.pick(['abs', 'ind', 'ind_y'] as const);
  const kind = `${isLoad ? 'ld' : 'st'}${isSpecial ? 'x' : ''}` as 'ld';
  const k = random.chance(0.97)
    ? random.pick(random.chance(0.9) ? [0, 8, 16, 24] : [1, 2, 3, 4, 6, 25, 57, 64])
    : random.u32();
  const jt = !isLoad ? atomic : mode === 'ind' ? random.pick([0, 0, 0, 27, 27, 1, 2, 33, 35]) : 0;
  const signed = isLoad && size !== 0x18 && random.chance(0.4);
  return encode(`${kind}.seg.${mode}`, size, { reg, jt, jf, k, signed });
}

function randomCode(random: Random): Word[] {
  const constant = () => random.pick([0, 1, 2, 4, 8, 3, 0xff, 0x80000000, 0xffffffff, random.u32()]);
  const setup = [
    encode('ldx.imm', 0, { reg: 0, k: random.pick([0, 8, 8, 16, 4, 1, 0xffffffff]) }),
    encode('ldx.imm', 0, { reg: 1, k: random.pick([0, 8, 8, 16, 4, 2]) }),
    ...[0, 1, 2, 3].map((reg) => encode('ld.imm', 0, { reg, k: constant(), signed: random.chance(0.5) })),
    ...[2, 3, 4, 5, 6].map((reg) => encode('ldx.imm', 0, { reg, k: random.pick(numbers) })),
    encode('tax', 0, { reg: random.below(4), high: random.below(2) + 5 }),
  ];
  return [...setup, ...Array.from({ length: 1 + random.below(8) }, () => randomAccess(random)), exit];
}

/** Room for all segments: what lies in it stays while it does not grow. */
const memory = new MachineMemory(2 ** 24);

/** The same segments where compiled code reaches them. */
function placed(segments: Readonly<Record<string, Segment>>): Readonly<Record<string, Segment>> {
  const entries = Object.entries(segments).map(([number, { bytes, ...permissions }]) => {
    const { at } = memory.allocate(bytes.length);
    memory.bytes.set(bytes, at);
    const segment = { place: { memory, at }, bytes: memory.bytes.subarray(at, at + bytes.length), ...permissions };
    return [number, segment] as const;
  });
  return Object.fromEntries(entries);
}

const registers = [...Array(4).keys()].map((n) => 32 + n).concat([26, 27], [64, 65, 66, 67, 68]);

test(`random accesses do what the model does (seed ${seed})`, () => {
  const random = randomFrom(seed + 20);
  const ends = new Map<string, number>();
  for (let i = 0; i < 5000; i++) {
    const code = randomCode(random);
    const [segments, model] = randomSegments(random);
    const inMemory = placed(segments);
    const filters = [
      { filter: loaded(program(code), { segments }), segments },
      { filter: compiled(program(code), { memory, isObserved: true }, { segments: inMemory }), segments: inMemory },
    ];
    const wanted = runSegments(code, model);
    const expected = {
      fault: wanted.fault,
      registers: registers.map((number) => wanted.registers.get(number) ?? 0n),
      segments: [...model.values()].map(({ bytes }) => bytes),
    };
    for (const { filter, segments } of filters) {
      filter.run(new Uint8Array(0), 0, 0, 0);
      const { fault } = filter;
      const got = {
        fault: fault === undefined ? undefined : { code: fault.code, pc: fault.pc },
        registers: registers.map((number) => filter.register(number)),
        segments: [...model.keys()].map((number) => [...segments[number]!.bytes]),
      };
      expect(got, `program ${i}\n${listing(code)}`).toEqual(expected);
    }
    const end = String(wanted.fault?.code ?? 'verdict');
    ends.set(end, (ends.get(end) ?? 0) + 1);
  }
  console.info(`random accesses to segments: ${JSON.stringify(Object.fromEntries(ends))}`);
  expect(ends.get('verdict')).toBeGreaterThan(1000);
  expect(ends.get('2')).toBeGreaterThan(500);
  expect(ends.get('3')).toBeGreaterThan(200);
});

const atomics = ['add', 'or', 'and', 'xor', 'exchange', 'compare-exchange'];
test.each(atomics.flatMap((name, i) => [4, 8].map((size) => [name, size, i + 1] as const)))(
  'atomic %s of %i bytes, at every offset of 24, changes its bytes alone or none',
  (_, size, jt) => {
    for (let at = 0; at <= 24; at++)
      for (const equal of [false, true]) {
        const bytes = Array.from({ length: 24 }, (_, i) => (i * 37 + 1) & 255);
        const old = bytes.slice(at, at + size).reduceRight((value, byte) => value * 256n + BigInt(byte), 0n);
        const segments = { 5: { bytes: Uint8Array.from(bytes), readable: true, writable: true } };
        const code = [
          encode('ld.abs', 0x18, { reg: 0, k: 0 }),
          encode('ld.abs', 0x18, { reg: 1, k: 8 }),
          encode('st.seg.abs', size === 8 ? 0x18 : 0, { reg: 1, jt, jf: 5, k: at }),
          exit,
        ];
        const model = new Map([[5, { bytes, readable: true, writable: true }]]);
        // The model has no packet: its constants are what the packet holds.
        const packet = new Uint8Array(16);
        const view = new DataView(packet.buffer);
        view.setBigUint64(0, equal ? old : ~old);
        view.setBigUint64(8, 0x89abcdef_01234567n);
        const filter = loaded(program(code), { segments });
        filter.run(packet, 0, 16, 16);
        const isFine = at % size === 0 && at + size <= 24;
        expect(filter.fault?.code, `at ${at}`).toBe(isFine ? undefined : 2);
        const halves = [
          encode('ld.imm', 0, { reg: 1, k: 0x01234567 }),
          encode('st.seg.abs', 0, { reg: 1, jf: 6, k: 0 }),
          encode('ld.imm', 0, { reg: 1, k: 0x89abcdef }),
          encode('st.seg.abs', 0, { reg: 1, jf: 6, k: 4 }),
          encode('ld.seg.abs', 0x18, { reg: 1, jf: 6, k: 0 }),
          encode('ld.seg.abs', 0x18, { reg: 0, jf: 7, k: 0 }),
        ];
        const expected = [...Array(8).keys()].map((i) => Number(((equal ? old : ~old) >> BigInt(8 * i)) & 255n));
        const whole = { readable: true, writable: true };
        runSegments(
          [...halves, ...code.slice(2)],
          new Map([...model, [6, { bytes: Array(8).fill(0), ...whole }], [7, { bytes: expected, ...whole }]]),
        );
        expect([...segments[5].bytes], `at ${at}`).toEqual(bytes);
        if (!isFine) expect(filter.register(33)).toBe(0x89abcdef_01234567n);
      }
  },
);

test('a segment keeps what runs leave in it, and may be another one in the next run', () => {
  const counting = [encode('ld.imm', 0, { reg: 1, k: 1 }), encode('st.seg.abs', 0, { reg: 1, jt: 1, jf: 0 }), exit];
  const segment = { bytes: new Uint8Array(4), readable: true, writable: true };
  const filter = loaded(program(counting), { segments: { 0: segment } });
  for (let i = 0; i < 300; i++) filter.run(new Uint8Array(0), 0, 0, 0);
  expect([...segment.bytes]).toEqual([44, 1, 0, 0]);
  segment.bytes = new Uint8Array(2);
  filter.run(new Uint8Array(0), 0, 0, 0);
  expect(filter.fault).toEqual({ code: 2, pc: 1, argument: 0 });
});

test('a register that only an exchange writes starts each run at 0', () => {
  const code = [
    encode('st.seg.abs', 0x18, { reg: 3, jt: 5, jf: 0 }),
    encode('stx.seg.abs', 0, { reg: 4, jt: 5, jf: 1 }),
    exit,
  ];
  const of = (n: number) => ({ bytes: new Uint8Array(8).fill(n), readable: true, writable: true });
  const segments = { 0: of(1), 1: of(2) };
  const filter = loaded(program(code), { segments });
  for (let i = 0; i < 2; i++) filter.run(new Uint8Array(0), 0, 0, 0);
  // What the first run stored was 0: the second one gets it back.
  expect([filter.register(35), filter.register(66), filter.fault]).toEqual([0n, 0n, undefined]);
  expect([...segments[0].bytes]).toEqual(Array(8).fill(0));
});
