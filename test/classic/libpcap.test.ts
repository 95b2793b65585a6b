/** Random classic programs, right and wrong ones: the validator and the machine beside libpcap's own. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Random, rng } from '../../scripts/rng.mjs';
import { classicListing, load, type Program, type Word } from '../../vm/index.ts';
import { classicCodes } from '../../vm/isa/instructions.ts';
import { inProject } from '../examples/files.ts';

const seed = 74;
const count = 10_000;
const codes = [...classicCodes];
const edges = [0, 1, 2, 3, 4, 14, 15, 16, 31, 32, 33, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

function randomWord(random: Random, pc: number, length: number): Word {
  // Other opcodes are not asked for: older versions let some through and abort at them.
  const code = random.pick(codes);
  const any = random.chance(0.5) ? random.pick(edges) : random.below(24);
  // What a shift by a constant past 31 gives is up to the C compiler in older versions; newer ones refuse it.
  const k = code === 0x64 || code === 0x74 ? any & 31 : any;
  const left = length - pc - 1;
  const skip = (): number => (random.chance(0.99) ? random.below(Math.max(1, Math.min(4, left))) : random.below(256));
  // libpcap takes jumps backward, and might not come back from them.
  if (code === 0x05) return { code, jt: 0, jf: 0, k: skip() };
  return { code, jt: skip(), jf: skip(), k: random.chance(0.01) ? k : likelyK(code, k) };
}

/** What may stand there, for the most: a word of M[], a divisor. */
function likelyK(code: number, k: number): number {
  if ([0x60, 0x61, 0x02, 0x03].includes(code)) return k & 15;
  return (code === 0x34 || code === 0x94) && k === 0 ? 7 : k;
}

/** Older versions leave M[] as the stack has it. */
const clearing = Array.from({ length: 16 }, (_, k): Word => ({ code: 0x02, jt: 0, jf: 0, k }));

interface Case {
  readonly code: readonly Word[];
  readonly packet: Uint8Array;
  readonly wirelen: number;
}

const cases = (() => {
  const random = rng(seed);
  return Array.from({ length: count }, (): Case => {
    const length = random.range(2, 14);
    const code = Array.from({ length }, (_, pc) => randomWord(random, pc, length));
    if (random.chance(0.98)) code[length - 1] = { code: random.chance(0.8) ? 0x16 : 0x06, jt: 0, jf: 0, k: 5 };
    const packet = random.bytes(random.below(40));
    return { code: [...clearing, ...code], packet, wirelen: packet.length + random.below(3) };
  });
})();

/** What our machine says: 0, or 1 and the verdict. */
function ours({ code, packet, wirelen }: Case): string {
  const program: Program = { profile: 'classic', code, entry: 0, strings: Uint8Array.of(0) };
  const { filter } = load(program, { backwardJumps: 'refuse' });
  return filter === undefined ? '0' : `1 ${filter.run(packet, 0, packet.length, wirelen)}`;
}

/** What libpcap says of each. */
function libpcap(): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'luabpf-libpcap-'));
  try {
    const binary = join(folder, 'bpf_filter');
    execFileSync('gcc', ['-O1', '-o', binary, inProject('test/classic/bpf_filter.c'), '-lpcap'], { stdio: 'pipe' });
    const input = cases.map(({ code, packet, wirelen }) =>
      [
        `${code.length} ${packet.length} ${wirelen}`,
        ...code.map((word) => `${word.code} ${word.jt} ${word.jf} ${word.k}`),
        [...packet].join(' '),
      ].join('\n'),
    );
    return execFileSync(binary, { input: `${input.join('\n')}\n`, maxBuffer: 1 << 26 })
      .toString('latin1')
      .trimEnd()
      .split('\n');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function installed(): string {
  if (!existsSync('/usr/include/pcap/pcap.h')) return 'libpcap-dev is not installed';
  try {
    execFileSync('gcc', ['--version'], { stdio: 'ignore' });
    return '';
  } catch {
    return 'gcc is not installed';
  }
}

const lacking = installed();
test.skipIf(lacking !== '')(
  `${count} programs are let through and run as by libpcap (seed ${seed})${lacking && ` (skipped: ${lacking})`}`,
  () => {
    const theirs = libpcap();
    expect(theirs.length).toBe(count);
    let valid = 0;
    for (const [i, answer] of theirs.entries()) {
      const c = cases[i]!;
      const mine = ours(c);
      if (mine !== answer)
        expect.fail(`program ${i}: ${mine}, libpcap says ${answer}\n${classicListing(c.code)}packet ${c.packet}`);
      if (answer !== '0') valid++;
    }
    // Neither side may have it easy.
    expect(valid).toBeGreaterThan(count / 2);
    expect(valid).toBeLessThan(count * 0.97);
  },
);
