import { describe, expect, it } from 'vitest';
import {
  block,
  concat,
  data,
  enhanced,
  interfaceBlock,
  obsolete,
  option,
  pcapngFile,
  readAll,
  section,
  simple,
  Words,
} from './files.ts';

const second = 1_000_000_000n;

/** A little-endian file with one interface and one packet of it, at `time` in the interface's units. */
const timed = (options: number[], time: bigint): bigint | undefined =>
  readAll(concat(section(true), interfaceBlock(true, 1, 0, options), enhanced(true, 0, time, data(1, 5)))).packets[0]
    ?.time;

describe('pcapng in', () => {
  for (const little of [true, false]) {
    it(`reads every kind of block, ${little ? 'little' : 'big'}-endian first`, () => {
      const outcome = readAll(pcapngFile(little));
      expect(outcome).toMatchObject({
        problem: undefined,
        format: 'pcapng',
        linktype: 1,
        snaplen: 262144,
        nanoseconds: false,
      });
      expect(outcome.packets).toEqual([
        { number: 1, data: data(1, 60), wirelen: 60, time: 1_700_000_000n * second + 1000n, linktype: 1 },
        { number: 2, data: data(2, 41), wirelen: 1500, time: 1_700_000_000n * second + 1n, linktype: 101 },
        { number: 3, data: data(3, 33), wirelen: 33, time: 0n, linktype: 1 },
        { number: 4, data: data(4, 22), wirelen: 22, time: 5n * second, linktype: 101 },
        { number: 5, data: data(5, 9), wirelen: 9, time: 7000n, linktype: 113 },
      ]);
    });
  }

  it('counts time in powers of ten and of two, and adds the offset', () => {
    expect(timed([], 3_000_001n)).toBe(3n * second + 1000n);
    expect(timed(option(true, 9, [0]), 3n)).toBe(3n * second);
    expect(timed(option(true, 9, [3]), 3001n)).toBe(3n * second + 1_000_000n);
    expect(timed(option(true, 9, [12]), 3_000_000_001_999n)).toBe(3n * second + 1n);
    expect(timed(option(true, 9, [0x80 | 20]), 3n << 20n)).toBe(3n * second);
    expect(timed(option(true, 9, [0x80 | 1]), 7n)).toBe(3n * second + 500_000_000n);
    const later = option(true, 14, [100, 0, 0, 0, 0, 0, 0, 0]);
    expect(timed([...option(true, 9, [9]), ...later], 5n)).toBe(100n * second + 5n);
    expect(timed(option(true, 14, new Array(8).fill(0xff)), 5_000_000n)).toBe(4n * second);
  });

  it('tells whether the clock is finer than microseconds', () => {
    const fine = concat(section(true), interfaceBlock(true, 1, 0, option(true, 9, [9])));
    expect(readAll(fine).nanoseconds).toBe(true);
    expect(readAll(concat(section(true), interfaceBlock(true, 1, 0))).nanoseconds).toBe(false);
  });

  it('cuts to the snaplen of the interface', () => {
    const head = concat(section(true), interfaceBlock(true, 1, 16));
    const { packets, problem } = readAll(
      concat(head, enhanced(true, 0, 0n, data(1, 30)), simple(true, data(2, 16), 400)),
    );
    expect(problem).toBeUndefined();
    expect(packets).toMatchObject([
      { data: data(1, 16), wirelen: 30 },
      { data: data(2, 16), wirelen: 400 },
    ]);
  });

  it('skips long unknown blocks without keeping them', () => {
    const file = concat(section(true), block(true, 0x4000_0001, new Uint8Array(300_000)), interfaceBlock(true, 1, 0));
    expect(readAll(concat(file, enhanced(true, 0, 0n, [1])), () => 4096).packets).toHaveLength(1);
  });

  it('needs no interface where there are no packets', () => {
    expect(readAll(section(false))).toMatchObject({ packets: [], problem: undefined, linktype: undefined });
  });
});

describe('a pcapng that contradicts itself', () => {
  const head = concat(section(true), interfaceBlock(true, 1, 0));
  const packet = enhanced(true, 0, 0n, data(1, 8));
  const at = head.length;
  const changed = (offset: number, value: number) => {
    const file = concat(head, packet);
    new DataView(file.buffer).setUint32(offset < 0 ? file.length + offset : at + offset, value, true);
    return readAll(file);
  };

  for (const [what, outcome, code, message] of [
    [
      'a length under the least',
      changed(4, 16),
      'capture-block',
      `the enhanced packet block at byte ${at} is 16 bytes long, the least is 32`,
    ],
    [
      'a length that is no multiple of 4',
      changed(4, 47),
      'capture-block',
      `the enhanced packet block at byte ${at} is 47 bytes long, not a multiple of 4`,
    ],
    [
      'a length that is absurd',
      changed(4, 0x7fff_fff0),
      'capture-block',
      `the enhanced packet block at byte ${at} is 2147483632 bytes long, the limit is 16777216`,
    ],
    [
      'another length at its end',
      changed(-4, 44),
      'capture-block',
      `the enhanced packet block at byte ${at} is 48 bytes long at its start and 44 at its end`,
    ],
    [
      'an interface nobody described',
      changed(8, 1),
      'capture-interface',
      `packet 1 at byte ${at} is of interface 1, but 1 is described before it`,
    ],
    [
      'more data than the block',
      changed(20, 17),
      'capture-block',
      `packet 1 at byte ${at} has 17 captured bytes, its block has room for 16`,
    ],
    [
      'data beyond belief',
      changed(20, 300_000),
      'capture-record',
      `packet 1 at byte ${at} claims 300000 captured bytes, the limit is 262144`,
    ],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(outcome.packets).toEqual([]);
      expect(outcome.problem).toMatchObject({ code, message, offset: at });
    });
  }

  it('refuses packets before any interface', () => {
    for (const early of [packet, simple(true, [1, 2]), obsolete(true, 0, 0n, [1])]) {
      const { problem } = readAll(concat(section(true), early));
      expect(problem?.message).toBe('packet 1 at byte 28 is of interface 0, but none is described before it');
    }
  });

  it('forgets the interfaces of the section before', () => {
    const { packets, problem } = readAll(concat(head, packet, section(true), packet));
    expect(packets).toHaveLength(1);
    expect(problem?.code).toBe('capture-interface');
  });

  it('refuses a section without byte order or of another version', () => {
    const words = new Words(true).u32(1, 0, 0, 0).bytes;
    expect(readAll(block(true, 0x0a0d0d0a, words)).problem?.message).toBe(
      'the section header at byte 0 has no byte-order magic',
    );
    expect(readAll(section(false, 2, 1)).problem).toMatchObject({
      code: 'capture-version',
      message: 'pcapng version 2.1 at byte 0 is not known',
    });
  });

  it('refuses clocks that cannot be', () => {
    for (const [options, fault] of [
      [option(true, 9, [20]), /too fine/],
      [option(true, 9, [0xff]), /too fine/],
      [option(true, 9, [1, 2]), /if_tsresol of 2 bytes/],
      [option(true, 14, [1]), /if_tsoffset of 1 bytes/],
      [[2, 0, 0xff, 0], /does not fit/],
    ] as const) {
      const { problem } = readAll(concat(section(true), interfaceBlock(true, 1, 0, [...options])));
      expect(problem?.code).toBe('capture-block');
      expect(problem?.message).toMatch(fault);
    }
  });
});
