/**
 * What is particular to classic programs: fields that are ignored, the opcodes, and what a dialect does otherwise. An
 * instruction that departs from its row leaves here with a variation, which is all that an engine sees of a dialect.
 */
import type { Host } from '../host/host.ts';
import {
  type AncillaryName,
  ancillaryOf,
  SKF_AD_OFF,
  SKF_LL_OFF,
  SKF_NET_OFF,
  type Variation,
} from '../isa/ancillary.ts';
import { decode, type Instruction, type Word } from '../isa/codec.ts';
import { classes, classicCodes } from '../isa/instructions.ts';
import { type Code, successors } from './flow.ts';
import type { Refusals } from './refusal.ts';

/** Words of M[]. */
export const classicMemoryWords = 16;

const XOR_X = 0xac;
const RANDOM = 0xc0;
const MSH = 0xb1;
const [COP, COPX] = [0x27, 0x47];
const modXorCodes: ReadonlySet<number> = new Set([0x94, 0x9c, 0xa4, XOR_X]);
const absoluteCodes: ReadonlySet<number> = new Set([0x20, 0x28, 0x30, MSH]);
const indirectCodes: ReadonlySet<number> = new Set([0x40, 0x48, 0x50]);
const shiftByXCodes: ReadonlySet<number> = new Set([0x6c, 0x7c]);
const shiftCodes: ReadonlySet<number> = new Set([0x64, 0x74]);
const packetCodes: ReadonlySet<number> = new Set([...absoluteCodes, ...indirectCodes]);

/** Classic programs may leave anything in `jt` and `jf` outside the jump class, and in k where it has no use. */
export function withoutIgnoredFields(word: Word): Word {
  const isJump = (word.code & 7) === classes.JMP;
  const used = decode({ ...word, jt: 0, jf: 0 })?.variant;
  const isJa = word.code === 0x05;
  const hasK = used === undefined || (used.k !== undefined && word.code !== RANDOM);
  return {
    code: word.code,
    jt: isJump && !isJa ? word.jt : 0,
    jf: isJump && !isJa ? word.jf : 0,
    k: hasK ? word.k : 0,
  };
}

/** Whether a host's dialect has an opcode. */
export function hasOpcode(code: number, { dialect }: Host): boolean {
  if (code === RANDOM) return dialect.random;
  if (code === COP || code === COPX) return dialect.coprocessor;
  return classicCodes.has(code) && (dialect.modXor || !modXorCodes.has(code));
}

/** An instruction as the host's dialect means it, or undefined for one that it refuses. */
export function withDialect(i: Instruction, pc: number, host: Host, refusals: Refusals): Instruction | undefined {
  const { dialect } = host;
  const { code, k, mnemonic } = i;
  const refuse = (what: string, message: () => string): undefined => {
    refusals.refuse(what, 14, pc, () => `${mnemonic} at ${pc}: ${message()}`);
  };
  const vary = (variation: Variation): Instruction => ({ ...i, variation });
  const load = (name: AncillaryName): Instruction | undefined =>
    host.ancillary[name] === undefined
      ? refuse('ancillary', () => `loads ${name}, which this host does not know of its packets`)
      : vary({ kind: 'ancillary', name });
  if (code === RANDOM) return load('random');
  if (code === COP && !Object.hasOwn(host.coprocessor, k))
    return refuse('coprocessor', () => `the host has no coprocessor function ${k}`);
  if (code === COPX && Object.keys(host.coprocessor).length === 0)
    return refuse('coprocessor', () => 'the host has no coprocessor functions');
  if (shiftCodes.has(code) && k > 31 && dialect.longShift === 'refuse')
    return refuse('shift-range', () => `a shift by ${k}; in ${dialect.name} 31 is the most`);
  if (shiftByXCodes.has(code) && dialect.shiftByX === 'modulo') return vary({ kind: 'modulo' });
  if (packetCodes.has(code) && k >= dialect.offsetLimit)
    return refuse('offset-range', () => `offset ${k}; in ${dialect.name} ${dialect.offsetLimit - 1} is the most`);
  if (dialect.ancillary) {
    const name = ancillaryOf(i);
    if (name === 'alu_xor_x') return decode({ code: XOR_X, jt: 0, jf: 0, k: 0 });
    if (name !== undefined) return load(name);
    if (absoluteCodes.has(code) && code !== MSH && (k | 0) < 0 && (k | 0) >= SKF_AD_OFF)
      return refuse('ancillary', () => `${dialect.name} has no ancillary data at SKF_AD_OFF+${(k | 0) - SKF_AD_OFF}`);
  }
  if (indirectCodes.has(code) && dialect.offsets !== 'exact') return vary({ kind: dialect.offsets });
  // Below SKF_LL_OFF there is nothing: as an unsigned offset it is out of bounds, which gives 0 too.
  if (absoluteCodes.has(code) && dialect.offsets === 'signed' && (k | 0) < 0 && (k | 0) >= SKF_LL_OFF) {
    if ((k | 0) >= SKF_NET_OFF && host.ancillary.network_offset === undefined)
      return refuse('ancillary', () => 'loads from the network header, which this host does not find in its packets');
    return vary({ kind: 'signed' });
  }
  return i;
}

/**
 * Refuses loads of words of M[] that are not stored on every way to them, as kernels do which do not clear M[]:
 * `check_load_and_stores` of Linux, `bpf_validate_ext` of NetBSD. Assumes that jumps go forward and stay inside.
 *
 * Both take what stands behind a RET to follow it, so that a program can be refused for a way that there is not. What
 * nothing leads to at all, behind a jump, may load anything.
 */
export function checkStores(code: Code, refusals: Refusals): void {
  const every = (1 << classicMemoryWords) - 1;
  /** By instruction, the words that are stored wherever a jump comes from. */
  const atTarget = new Int32Array(code.length).fill(every);
  let stored = 0;
  for (let pc = 0; pc < code.length; pc++) {
    const i = code[pc];
    if (i === undefined) continue;
    stored &= atTarget[pc]!;
    if (i.mnemonic === 'st.mem' || i.mnemonic === 'stx.mem') stored |= 1 << i.k;
    else if (i.variant.k === 'word' && (stored & (1 << i.k)) === 0)
      refusals.refuse(
        'memory-unstored',
        14,
        pc,
        () => `${i.mnemonic} at ${pc}: M[${i.k}] is not stored on every way here`,
      );
    if (i.row.class !== 'JMP') continue;
    for (const target of successors(i, pc)) atTarget[target] = atTarget[target]! & stored;
    stored = every;
  }
}
