/** Random classic programs on random packets, beside libpcap's interpreter and the running kernel. */

import { describe, expect, test } from 'vitest';
import { peer } from '../../scripts/peers.mjs';
import { classicText, type Word } from '../../vm/index.ts';
import { randomFrom, seed } from '../vm/random.ts';
import { word } from '../vm/words.ts';
import { type Peer, randomBytes, randomClassic } from './generate.ts';
import { expectSame, verdictsOf } from './programs.ts';

const peers = { libpcap: peer('libpcap'), kernel: peer('kernel') };
const skipped = (name: Peer): string => {
  const { lacking } = peers[name];
  return lacking === undefined ? '' : ` (skipped: ${lacking})`;
};
const listing = (code: readonly Word[]): string => code.map((one, pc) => `(${pc}) ${classicText(one, pc)}`).join('\n');

describe.each(['libpcap', 'kernel'] as const)('%s', (name) => {
  const [count, each] = [2000, 32];
  const title = `agrees on ${count} random programs, ${each} packets (seed ${seed})`;
  test.skipIf(skipped(name) !== '')(`${title}${skipped(name)}`, () => {
    const random = randomFrom(seed);
    const programs = Array.from({ length: count }, () => randomClassic(random, name));
    const packets = Array.from({ length: each }, () => randomBytes(random, name));
    let accepted = 0;
    for (const [i, { status, verdicts }] of peers[name].machine!(programs, packets).entries()) {
      const code = programs[i]!;
      expect(status, listing(code)).toBe(0);
      const ours = verdictsOf(code, packets);
      const cut = name === 'kernel' ? ours.map((verdict, at) => Math.min(verdict, packets[at]!.wirelen)) : ours;
      expectSame(cut, verdicts, packets, listing(code));
      accepted += cut.filter((verdict) => verdict > 0).length;
    }
    // Neither answer may be so rare that the comparison says nothing.
    expect(accepted / (count * each)).toBeGreaterThan(0.2);
    expect(accepted / (count * each)).toBeLessThan(0.8);
  });
});

const EINVAL = 22;
const retA = word(0x16);
const retAll = word(0x06, 0, 0, 0xffffffff);
const ld = (k: number): Word => word(0x00, 0, 0, k);
const ldx = (k: number): Word => word(0x01, 0, 0, k);

/** What a machine makes of a packet of ten bytes, 1 to 10: a length, or an errno with which it refuses the program. */
interface Corner {
  readonly what: string;
  readonly code: readonly Word[];
  readonly ours: number;
  /** Left out where its own C leaves it undefined. */
  readonly libpcap?: number;
  readonly kernel: number | { readonly refused: number };
}

const corners: readonly Corner[] = [
  { what: 'a shift by X = 33', code: [ld(1), ldx(33), word(0x6c), retA], ours: 0, libpcap: 0, kernel: 2 },
  {
    what: 'a shift by k = 33',
    code: [ld(1), word(0x64, 0, 0, 33), retA],
    ours: 0,
    kernel: { refused: EINVAL },
  },
  {
    what: 'a load at X + k = 2^32 + 3',
    code: [ldx(5), word(0x50, 0, 0, 0xfffffffe), retA],
    ours: 0,
    libpcap: 0,
    kernel: 4,
  },
  {
    what: "a load at 0xfffff004, Linux's packet type",
    code: [word(0x28, 0, 0, 0xfffff004), retAll],
    ours: 0,
    libpcap: 0,
    kernel: 10,
  },
  {
    what: 'a word of M[] that was never written',
    code: [word(0x60, 0, 0, 3), word(0x04, 0, 0, 1), retA],
    ours: 1,
    kernel: { refused: EINVAL },
  },
];

describe.each(corners)('differs: $what', ({ code, ours, libpcap, kernel }) => {
  const packets = [{ bytes: Uint8Array.from({ length: 10 }, (_, i) => i + 1), wirelen: 10 }];
  test('ours', () => expect([...verdictsOf(code, packets)]).toEqual([ours]));
  if (libpcap !== undefined)
    test.skipIf(skipped('libpcap') !== '')(`libpcap${skipped('libpcap')}`, () => {
      const [answer] = peers.libpcap.machine!([code], packets);
      expect([answer!.status, ...answer!.verdicts]).toEqual([0, libpcap]);
    });
  test.skipIf(skipped('kernel') !== '')(`the kernel${skipped('kernel')}`, () => {
    const [answer] = peers.kernel.machine!([code], packets);
    const expected = typeof kernel === 'number' ? [0, kernel] : [kernel.refused];
    expect([answer!.status, ...answer!.verdicts]).toEqual(expected);
  });
});
