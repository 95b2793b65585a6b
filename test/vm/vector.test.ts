/**
 * V registers against a model of their own: random straight programs of loads, stores, M[] and operations, in BigInt.
 * The single cases stand in test/data/vm/vectors.txt.
 */
import { expect, test } from 'vitest';
import { encode, type Word } from '../../vm/index.ts';
import { literal } from './literals.ts';
import { type Random, randomFrom, seed } from './random.ts';
import { listing } from './same.ts';
import { loaded, program } from './words.ts';

const DW = 0x18;
const XF = 0x100;
const SRC_X = 8;
const V0 = 60;
const ones = (1n << 128n) - 1n;

/** What a program leaves: V0..V3, M[], the packet. */
interface State {
  readonly v: bigint[];
  readonly m: bigint[];
  readonly packet: Uint8Array;
}
/** An instruction, and what it means. */
interface Move {
  readonly word: Word;
  readonly apply: (s: State) => void;
}

const fromBytes = (bytes: Iterable<number>): bigint => [...bytes].reduce((v, byte) => (v << 8n) | BigInt(byte), 0n);
const register = (random: Random): number => random.below(4);
const data = Array.from({ length: 62 }, (_, i) => (i * 37 + 11) & 255);

function randomMove(random: Random, pc: number, codeLength: number): Move {
  const [d, a, b] = [register(random), register(random), register(random)];
  const reg = V0 + d;
  const k = random.below(24);
  const word = random.below(127);
  const by = random.chance(0.9) ? 8 * random.below(20) : 8 * random.below(2 ** 29);
  const at = random.below(data.length - 15);
  const both = (mnemonic: 'and' | 'or' | 'xor', compute: (x: bigint, y: bigint) => bigint): Move => ({
    word: encode(mnemonic, XF | SRC_X, { reg, jf: V0 + a, jt: V0 + b }),
    apply: ({ v }) => (v[d] = compute(v[a]!, v[b]!)),
  });
  const half = { st: encode('st.mem', DW, { reg, k: word }), ld: encode('ld.mem', DW, { reg, k: word }) };
  return random.pick<() => Move>([
    () => both('and', (x, y) => x & y),
    () => both('or', (x, y) => x | y),
    () => both('xor', (x, y) => x ^ y),
    () => ({ word: encode('mov', XF | SRC_X, { reg, jf: V0 + a }), apply: ({ v }) => (v[d] = v[a]!) }),
    () => ({
      word: encode('lsh', XF, { reg, jf: V0 + a, k: by }),
      apply: ({ v }) => (v[d] = by > 127 ? 0n : (v[a]! << BigInt(by)) & ones),
    }),
    () => ({
      word: encode('rsh', XF, { reg, jf: V0 + a, k: by }),
      apply: ({ v }) => (v[d] = by > 127 ? 0n : v[a]! >> BigInt(by)),
    }),
    () => ({
      word: encode('ld.abs', DW, { reg, k }),
      apply: ({ v, packet }) => (v[d] = fromBytes(packet.slice(k, k + 16))),
    }),
    () => ({
      word: encode('st.abs', DW, { reg, k }),
      apply: ({ v, packet }) => {
        for (let i = 0; i < 16; i++) packet[k + i] = Number((v[d]! >> BigInt(8 * (15 - i))) & 255n);
      },
    }),
    () => ({
      word: half.st,
      apply: ({ v, m }) => {
        m[word] = v[d]! >> 64n;
        m[word + 1] = v[d]! & 0xffffffffffffffffn;
      },
    }),
    () => ({ word: half.ld, apply: ({ v, m }) => (v[d] = (m[word]! << 64n) | m[word + 1]!) }),
    () => ({
      word: encode('ld.rodata', DW, { reg, k: 8 * (codeLength - pc) + 2 + at }),
      apply: ({ v }) => (v[d] = fromBytes(data.slice(at, at + 16))),
    }),
  ])();
}

test(`random programs leave what BigInt says (seed ${seed})`, () => {
  const random = randomFrom(seed + 50);
  for (let i = 0; i < 1500; i++) {
    const length = 1 + random.below(30);
    // The moves, an exit, then the literal that they read.
    const moves = Array.from({ length }, (_, pc) => randomMove(random, pc, length + 1));
    const code = [...moves.map(({ word }) => word), encode('exit', 0, { k: 1 }), ...literal(false, data)];
    const packet = Uint8Array.from({ length: 40 }, () => random.below(256));
    const state: State = { v: Array(4).fill(0n), m: Array(128).fill(0n), packet: packet.slice() };
    for (const { apply } of moves) apply(state);
    const filter = loaded(program(code), { allowWrite: true });
    // Twice: a run starts with registers and M[] at 0 whatever the last one left.
    for (let run = 0; run < 2; run++) {
      const bytes = packet.slice();
      expect(filter.run(bytes, 0, bytes.length, bytes.length), listing(code)).toBe(1);
      expect(
        [0, 1, 2, 3].map((n) => filter.register(V0 + n)),
        listing(code),
      ).toEqual(state.v);
      expect(bytes, listing(code)).toEqual(state.packet);
    }
  }
});

test('jeq compares all 128 bits', () => {
  const load = (reg: number, k: number): Word => encode('ld.abs', DW, { reg, k });
  const exit = (k: number): Word => encode('exit', 0, { k });
  const jeq = encode('jeq', XF | SRC_X, { reg: V0, k: V0 + 1, jt: 0, jf: 1 });
  const filter = loaded(program([load(V0, 0), load(V0 + 1, 16), jeq, exit(1), exit(0)]));
  const packet = Uint8Array.from({ length: 32 }, (_, i) => (i % 16) * 16 + 3);
  expect(filter.run(packet, 0, 32, 32)).toBe(1);
  for (let bit = 0; bit < 128; bit++) {
    const other = packet.slice();
    other[bit >> 3]! ^= 1 << (bit & 7);
    expect(filter.run(other, 0, 32, 32), `bit ${bit}`).toBe(0);
  }
});

test('accesses are bounded by 16 bytes at every offset and length', () => {
  for (const store of [false, true]) {
    const access = encode(store ? 'st.ind' : 'ld.ind', DW, { reg: V0 + 2, k: 3 });
    const filter = loaded(program([encode('ldx.abs', 0x10, { k: 0 }), access, encode('exit', 0, { k: 1 })]), {
      allowWrite: true,
    });
    for (let length = 1; length < 24; length++)
      for (let x = 0; x < 12; x++) {
        const buffer = new Uint8Array(64).fill(7);
        buffer[5] = x;
        const verdict = filter.run(buffer, 5, length, length);
        expect(verdict).toBe(3 + x + 16 <= length ? 1 : 0);
        expect(filter.fault?.code).toBe(verdict === 1 ? undefined : 1);
        if (store && verdict === 0) expect(buffer.filter((byte) => byte === 0).length).toBe(x === 0 ? 1 : 0);
      }
  }
});
