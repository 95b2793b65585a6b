/** Random classic programs that every machine takes, whose runs all machines must agree on. */

import type { Word } from '../../vm/index.ts';
import type { OraclePacket } from '../oracle/lua.ts';
import type { Random } from '../vm/random.ts';

const word = (code: number, k = 0): Word => ({ code, jt: 0, jf: 0, k });

const LD = 0x00;
const LDX = 0x01;
const ST = 0x02;
const STX = 0x03;
const ALU = 0x04;
const JMP = 0x05;
const RET = 0x06;
const TAX = 0x07;
const TXA = 0x87;
const ABS = 0x20;
const IND = 0x40;
const MEM = 0x60;
const LEN = 0x80;
const MSH = 0xb1;
const SRC_X = 0x08;
const RVAL_A = 0x10;
const AND = 0x50;
const NEG = 0x80;
const ADD_TO_XOR = [0x00, 0x10, 0x20, 0x40, AND, 0xa0];
const DIV_MOD = [0x30, 0x90];
const SHIFTS = [0x60, 0x70];
const COMPARISONS = [0x10, 0x20, 0x30, 0x40];
const SIZES = [0x00, 0x08, 0x10];

const constants = [
  0, 1, 2, 3, 4, 7, 14, 20, 31, 32, 33, 63, 255, 0x800, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
];

/**
 * The machine that is to agree. The Linux kernel differs in three things: it masks shifts by X to five bits, wraps
 * X + k, and gives a meaning of its own to loads from 2^31 up. Its programs have none of those.
 */
export type Peer = 'libpcap' | 'kernel';

/**
 * A program of the classic profile. It divides by k = 0 and shifts by k ≥ 32 nowhere, since not every machine takes
 * that, and reads words of M[] only after it wrote them: what they are before is 0 here alone.
 */
export function randomClassic(random: Random, peer: Peer): Word[] {
  const { below, chance, pick } = random;
  const inKernel = peer === 'kernel';
  const constant = (): number => (chance(0.85) ? pick(constants) : random.u32());
  const offset = (): number => (chance(0.9) ? below(64) : inKernel ? below(2 ** 31) : constant());
  const kept = Array.from({ length: below(4) }, () => below(16));
  // X, where the kernel would see more of it than others do: a few bits of A, which the next instruction needs no more.
  const masked = (bits: number): Word[] => (inKernel ? [word(ALU | AND, bits), word(TAX)] : []);

  const load = (): Word[] => {
    const choice = below(kept.length > 0 ? 8 : 7);
    if (choice < 2) return [word(LD | ABS | pick(SIZES), offset())];
    if (choice < 4) return [...masked(63), word(LD | IND | pick(SIZES), offset())];
    if (choice === 4) return [word(MSH, offset())];
    if (choice === 5) return [word(pick([LD, LDX]), constant())];
    if (choice === 6) return [word(pick([LD, LDX]) | LEN)];
    return [word(pick([LD, LDX]) | MEM, pick(kept))];
  };
  const arithmetic = (): Word[] => {
    const choice = below(10);
    if (choice < 3) return [word(ALU | pick(ADD_TO_XOR), constant())];
    if (choice < 5) return [word(ALU | pick(ADD_TO_XOR) | SRC_X)];
    if (choice === 5) return [word(ALU | pick(DIV_MOD), constant() || 3)];
    if (choice === 6) return [word(ALU | pick(DIV_MOD) | SRC_X)];
    if (choice === 7) return [word(ALU | pick(SHIFTS), below(32))];
    if (choice === 8) return [...masked(31), word(LD, constant()), word(ALU | pick(SHIFTS) | SRC_X)];
    return [word(ALU | NEG)];
  };
  const keep = (): Word[] => (kept.length > 0 ? [word(pick([ST, STX]), pick(kept))] : []);
  const piece = (): Word[] => {
    const choice = below(20);
    if (choice < 6) return load();
    if (choice < 12) return arithmetic();
    if (choice < 14) return [word(pick([TAX, TXA]))];
    if (choice < 16) return keep();
    if (choice === 16 && chance(0.3)) return [pick([word(RET, constant()), word(RET | RVAL_A)])];
    if (choice === 17) return [word(JMP)];
    return [word(JMP | pick(COMPARISONS) | pick([0, SRC_X]), constant())];
  };

  const opening = kept.map((k) => [word(LD, constant()), word(ST, k)]);
  const pieces = [...opening, ...Array.from({ length: 3 + below(30) }, piece), [word(RET | RVAL_A)]];
  return linked(random, pieces);
}

/** The pieces one behind another, their jumps to the starts of pieces a little ahead. */
function linked({ below }: Random, pieces: readonly (readonly Word[])[]): Word[] {
  const starts: number[] = [];
  let length = 0;
  for (const piece of pieces) {
    starts.push(length);
    length += piece.length;
  }
  return pieces.flatMap((piece, at) =>
    piece.map((instruction) => {
      if ((instruction.code & 7) !== JMP) return { ...instruction, jt: below(256), jf: below(256) };
      const ahead = (): number => starts[at + 1 + below(Math.min(8, pieces.length - at - 1))]! - starts[at]! - 1;
      return instruction.code === JMP ? { ...instruction, k: ahead() } : { ...instruction, jt: ahead(), jf: ahead() };
    }),
  );
}

/** A packet of often small bytes, so that comparisons go either way; whole for the kernel, which knows one length. */
export function randomBytes(random: Random, peer: Peer): OraclePacket {
  const wirelen = 1 + random.below(80);
  const caplen = peer === 'kernel' || random.chance(0.8) ? wirelen : random.below(wirelen);
  const bytes = Uint8Array.from({ length: caplen }, () => (random.chance(0.5) ? random.below(8) : random.below(256)));
  return { bytes, wirelen };
}
