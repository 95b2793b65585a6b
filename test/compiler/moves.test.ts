/** Words are put into registers all at once, in whatever order that takes. */
import { describe, expect, test } from 'vitest';
import { moveAll } from '../../compiler/generate/calls.ts';
import { Generator } from '../../compiler/generate/generator.ts';
import { Inlining } from '../../compiler/generate/inlining.ts';
import type { Place } from '../../compiler/generate/operand.ts';
import { Registers } from '../../compiler/generate/registers.ts';
import { Unit } from '../../compiler/generate/unit.ts';
import { rng } from '../../scripts/packets.mjs';
import { decode, type Word } from '../../vm/isa/codec.ts';
import { R0 } from '../../vm/isa/registers.ts';

const seed = 7;
const span = { start: 0, end: 0, line: 1, column: 1, endLine: 1, endColumn: 1 };

/** What is in the registers after moves, loads of words of M[] and constants, and exclusive ors. */
function after(code: readonly Word[], registers: Map<number, bigint>): Map<number, bigint> {
  const read = (register: number): bigint => registers.get(register) ?? 0n;
  for (const word of code) {
    const { mnemonic, reg, jt, jf, k } = decode(word)!;
    if (mnemonic === 'mov') registers.set(reg, read(jf));
    else if (mnemonic === 'xor') registers.set(reg, read(jf) ^ read(jt));
    else if (mnemonic === 'ld.imm') registers.set(reg, BigInt(k));
    else if (mnemonic === 'ld.mem') registers.set(reg, 1_000n + BigInt(k));
    else expect(mnemonic).toBe('prolog');
  }
  return registers;
}

describe(`words move to registers at once (seed ${seed})`, () => {
  const random = rng(seed);
  const cases = Array.from({ length: 400 }, () => {
    const count = random.range(1, 6);
    const first = R0 + random.below(4);
    const words = Array.from({ length: count }, (): bigint | Place => {
      const kind = random.below(10);
      if (kind === 0) return BigInt(random.below(100));
      if (kind === 1) return { kind: 'memory', word: random.below(8), owned: false };
      return { kind: 'register', register: R0 + random.below(10), owned: true };
    });
    return { targets: words.map((_, i) => first + i), words };
  });

  test('each target has its word', () => {
    let circles = 0;
    for (const { targets, words } of cases) {
      const registers = new Registers({ inputs: 0, calls: true, firstWord: 0, isFrugal: false });
      const unit = new Unit(1, new Inlining([]), []);
      const g = new Generator({ span, file: 0 }, unit, registers, { kind: 'verdict' });
      // What the words stand in is taken, as when a function is called.
      registers.claim([
        ...new Set(
          words.flatMap((word) => (typeof word !== 'bigint' && word.kind === 'register' ? [word.register] : [])),
        ),
      ]);
      moveAll(g, targets, words);
      const { code } = g.emit.close();
      const before = new Map(Array.from({ length: 18 }, (_, i) => [R0 + i, BigInt(2_000 + i)]));
      const expected = words.map((word) =>
        typeof word === 'bigint'
          ? word
          : word.kind === 'memory'
            ? 1_000n + BigInt(word.word)
            : before.get(word.register),
      );
      const found = after(code, new Map(before));
      expect(
        targets.map((target) => found.get(target)),
        targets.join(),
      ).toEqual(expected);
      if (code.some((word) => decode(word)!.mnemonic === 'xor')) circles++;
    }
    expect(circles).toBeGreaterThan(10);
  });
});
