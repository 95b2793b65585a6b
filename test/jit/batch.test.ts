/** Many packets at a time: what a batch says of each is what a run of it says, and what they leave is the same. */
import { describe, expect, test } from 'vitest';
import { encode, type Program, printFunctions, type Word } from '../../vm/index.ts';
import { Batch } from '../support/batch.ts';
import { literal } from '../vm/literals.ts';
import { randomFrom, seed } from '../vm/random.ts';
import { program, word } from '../vm/words.ts';
import { atOnce, engines, memory, oneByOne } from './batches.ts';

const XF = 0x100;
const SRC_X = 8;
const DW = 0x18;
const exitA = encode('exit', 0x10, {});

describe('each packet begins anew', () => {
  const packets = Array.from({ length: 5 }, (_, i) => ({ bytes: Uint8Array.of(i, 1, 2, 3), wirelen: 4 }));
  /** Gives what was left in a place, then leaves something there. */
  const leaving = (get: readonly Word[], put: readonly Word[], before: readonly Word[] = []): Word[] => [
    ...before,
    ...get,
    encode('mov', XF | SRC_X, { reg: 33, jf: 32 }),
    encode('mov', 0, { reg: 32, k: 77 }),
    ...put,
    encode('mov', XF | SRC_X, { reg: 32, jf: 33 }),
    exitA,
  ];
  const to = (reg: number): Word[] => [encode('mov', XF | SRC_X, { reg, jf: 32 })];
  const from = (reg: number): Word[] => [encode('mov', XF | SRC_X, { reg: 32, jf: reg })];
  test.each<[string, Word[]]>([
    ['a register of 64 bits', leaving(from(37), to(37))],
    ['a register of 32 bits', leaving(from(5), to(5))],
    ['X', leaving(from(26), to(26))],
    ['Y', leaving(from(27), to(27))],
    ['a selector', leaving([encode('txa', 0, { reg: 0, high: 3 })], [encode('tax', 0, { reg: 0, high: 3 })])],
    ['a word of M[]', leaving([encode('ld.mem', 0, { reg: 0, k: 9 })], [encode('st.mem', 0, { reg: 0, k: 9 })])],
    [
      'a double word of M[]',
      leaving([encode('ld.mem', DW, { reg: 0, k: 99 })], [encode('st.mem', DW, { reg: 0, k: 99 })]),
    ],
    [
      'the high half of V1',
      leaving(
        [encode('st.mem', DW, { reg: 29, k: 3 }), encode('ld.mem', DW, { reg: 0, k: 3 })],
        [encode('st.mem', DW, { reg: 0, k: 3 }), encode('ld.mem', DW, { reg: 29, k: 3 })],
      ),
    ],
    ['the window', leaving(from(40), to(40), [encode('prolog', 0, { high: 2 })])],
  ])('%s', (_, code) => {
    const { interpreter, jit } = engines(program(code), {});
    expect(oneByOne(interpreter, packets).verdicts).toEqual([0, 0, 0, 0, 0]);
    expect(atOnce(jit, packets)).toEqual(oneByOne(interpreter, packets));
  });

  test('the door, and a budget that is just enough', () => {
    // Two turns, then byte 2, which is open still.
    const turning = [
      encode('add', 0, { reg: 32, k: 1 }),
      encode('jge', 0, { reg: 32, k: 3, jt: 1 }),
      encode('ja', 0, { k: -3 }),
      encode('ld.abs', 0x10, { reg: 0, k: 2 }),
      exitA,
    ];
    for (const [budget, verdict] of [
      [2, 2],
      [1, 0],
    ] as const) {
      const { interpreter, jit } = engines(program(turning), { budget });
      expect(oneByOne(interpreter, packets).verdicts).toEqual(packets.map(() => verdict));
      expect(atOnce(jit, packets)).toEqual(oneByOne(interpreter, packets));
    }
  });

  test('on_fatal sees the fault, its argument and M[] of its own packet', () => {
    // By the packet's first byte: a verdict, error, bounds. M[1] is that byte.
    const code = [
      encode('ld.abs', 0x10, { reg: 0, k: 0 }),
      encode('st.mem', 0, { reg: 0, k: 1 }),
      encode('jeq', 0, { reg: 0, k: 2, jt: 2 }),
      encode('jge', 0, { reg: 0, k: 3, jt: 2 }),
      encode('exit', 0, { k: 1000 }),
      encode('exit', 0x10, { high: 4 }),
      encode('ld.abs', 0, { reg: 0, k: 2 }),
      exitA,
    ];
    // A * 65536 + X * 256 + M[1].
    const onFatal = [
      word(0x64, 0, 0, 8),
      word(0x0c),
      word(0x64, 0, 0, 8),
      word(0x02, 0, 0, 0),
      word(0x60, 0, 0, 1),
      word(0x07),
      word(0x60, 0, 0, 0),
      word(0x0c),
      word(0x16),
    ];
    const { interpreter, jit } = engines({ ...program(code), onFatal }, {});
    const wanted = oneByOne(interpreter, packets);
    expect(wanted.verdicts).toEqual([1000, 1000, 0x020d02, 0x000103, 0x000104]);
    expect(atOnce(jit, packets)).toEqual(wanted);
  });
});

describe('what lives from packet to packet', () => {
  const packets = Array.from({ length: 300 }, (_, i) => ({ bytes: Uint8Array.of(i, i >> 8), wirelen: 2 }));

  test('segments count through a batch', () => {
    const code = [
      encode('mov', 0, { reg: 33, k: 1 }),
      encode('st.seg.abs', DW, { reg: 1, jt: 1, jf: 0, k: 0 }),
      encode('ld.seg.abs', DW, { reg: 0, jf: 0, k: 0 }),
      exitA,
    ];
    const of: Program = { ...program(code), imports: [{ kind: 'segment', name: 'count', number: 0 }] };
    const made = () => ({ segments: { count: { bytes: new Uint8Array(8), readable: true, writable: true } } });
    const { jit } = engines(of, made());
    expect(atOnce(jit, packets).verdicts).toEqual(packets.map((_, i) => i + 1));
    expect(atOnce(jit, packets).verdicts.at(-1)).toBe(600);
  });

  test('prints come in the order of the packets, with what a literal and a slice say', () => {
    const text = literal(false, Buffer.from('packet '));
    const code = [
      encode('prolog', 0, { high: 2 }),
      ...text,
      encode('mov', 0, { reg: 40, k: 10 }),
      encode('mov', 0, { reg: 41, k: 7 }),
      encode('host', 0, { k: 0 }),
      encode('ld.abs', 8, { reg: 0, k: 0 }),
      encode('mov', XF | SRC_X, { reg: 40, jf: 32 }),
      encode('host', 0, { k: 1 }),
      encode('mov', 0, { reg: 40, k: 1 }),
      encode('mov', 0, { reg: 41, k: 1 }),
      encode('host', 0, { k: 2 }),
      exitA,
    ];
    const names = ['print.text', 'print.integer', 'print.slice'];
    const imports = names.map((name, number) => ({ kind: 'function', name, number }) as const);
    const some = packets.slice(65, 70);
    let printed = '';
    const { interpreter, jit } = engines(
      { ...program(code), imports },
      {
        functions: printFunctions((piece) => {
          printed += `${piece}|`;
        }),
      },
    );
    const wanted = oneByOne(interpreter, some);
    const expected = printed;
    expect(expected).toMatch(/^packet \|16640\|\0\|packet \|16896\|/);
    printed = '';
    expect(atOnce(jit, some)).toEqual(wanted);
    expect(printed).toBe(expected);
  });

  test('an empty batch leaves all as it is', () => {
    const { jit } = engines(program([exitA]), {});
    expect(atOnce(jit, [])).toEqual({ verdicts: [], faults: [], left: [] });
  });
});

describe('packets of a capture, wherever they lie', () => {
  /** The wire length if the packet's last byte is what it should be. */
  const code = [
    encode('ldx.caplen', 0, { reg: 0 }),
    encode('sub', 0, { reg: 26, k: 1 }),
    encode('ld.ind', 0x10, { reg: 0, k: 0 }),
    encode('jeq', 0, { reg: 0, k: 0x5a, jf: 1 }),
    encode('exit', 0, { k: 3 }),
    encode('exit', 0x10, { high: 4 }),
  ];

  test('in the memory, outside it, too many to copy at once, too long to copy', () => {
    const { jit } = engines(program(code), {});
    const random = randomFrom(seed + 61);
    const inside = memory.allocate(20_000);
    const outside = new Uint8Array(3 * 2 ** 20).fill(0x5a);
    const batch = new Batch(memory);
    for (let round = 0; round < 6; round++) {
      memory.bytes.fill(0x5a, inside.at, inside.at + inside.size);
      const count = [0, 1, 7, 100, 3000, 50][round]!;
      const packets = Array.from({ length: count + 5 }, (_, i) => {
        const isInside = random.chance(0.5);
        const caplen = isInside
          ? 1 + random.below(60)
          : i % 37 === 5
            ? 2 ** 20 + random.below(3) - 1
            : random.below(round === 3 ? 200_000 : 2000) + (random.chance(0.05) ? 0 : 1);
        const start = random.below((isInside ? inside.size : outside.length) - caplen);
        const bytes = isInside ? memory.bytes.subarray(inside.at, inside.at + inside.size) : outside;
        return { bytes, start, caplen, wirelen: caplen };
      });
      const [verdicts, faults] = [new Uint32Array(count + 5).fill(99), new Map<number, number>()];
      // Some end in another byte.
      for (const { bytes, start, caplen } of packets.slice(0, 3)) bytes[start + caplen - 1] = 0xa5;
      const wanted = packets.map(({ bytes, start, caplen }) =>
        caplen > 0 && bytes[start + caplen - 1] === 0x5a ? 3 : 0,
      );
      batch.run(jit, packets, count, verdicts, (index, fault) => faults.set(index, fault.code));
      expect([...verdicts.subarray(0, count)]).toEqual(wanted.slice(0, count));
      expect([...verdicts.subarray(count)]).toEqual([99, 99, 99, 99, 99]);
      const failed = packets
        .slice(0, count)
        .flatMap(({ caplen }, i) => (wanted[i] === 0 ? [[i, caplen === 0 ? 1 : 13]] : []));
      expect([...faults]).toEqual(failed);
      outside.fill(0x5a);
    }
  });
});
