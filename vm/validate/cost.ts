/**
 * How many instructions a run can take at most, by the longest paths of the program (docs/isa.md, "How programs end").
 * Ranges of values are not looked at: a LOOP whose count is no constant is taken to run up to the host's cap.
 *
 * lp(pc) is the longest path from pc to the end of its function or body: a backward jump ends it, since what comes
 * behind it is counted by itself, at most once for each byte captured.
 */
import { costOf, type Host } from '../host/host.ts';
import type { Instruction } from '../isa/codec.ts';
import { bodyOf, isBackward, successors, targetOf } from './flow.ts';
import type { Validated } from './validated.ts';

/** A run takes at most `once + caplen * aByte` instructions; Infinity where that is past what a number holds exactly. */
export interface Bound {
  /** W: the longest run that never jumps backward. */
  readonly once: number;
  /** B: the longest way from the target of a backward jump; 0 without any. */
  readonly aByte: number;
}

const LOOP_K = 0x60;

/** The bound of a validated program on a host, for packets of `caplen` bytes; host functions may cost by the byte. */
export function bound({ program, code, entry, functions, bindings }: Validated, host: Host, caplen: number): Bound {
  const longest = new Float64Array(code.length + 1);
  const dearest = Math.max(0, ...Object.values(host.coprocessor).map(({ cost }) => costOf(cost, caplen)));
  /** What an instruction takes besides itself and what follows it. */
  const inside = (i: Instruction, pc: number): number => {
    switch (i.mnemonic) {
      case 'call':
        return longest[targetOf(i, pc)]!;
      case 'loop': {
        const passes = Math.min(i.variant.bits === LOOP_K ? i.k : host.loopCap, host.loopCap);
        return passes === 0 ? 0 : passes * longest[bodyOf(i, pc)]!;
      }
      case 'host':
        return costOf(bindings.functions.get(i.k)!.cost, caplen);
      case 'cop':
        return costOf(host.coprocessor[i.k]?.cost ?? { base: 0, perByte: 0 }, caplen);
      case 'copx':
        return dearest;
      default:
        return 0;
    }
  };
  // Calls go to functions before the caller, all else forward: functions upward, in each the instructions downward.
  const roots = [...functions.keys()].sort((a, b) => a - b);
  for (const [at, root] of roots.entries())
    for (let pc = (roots[at + 1] ?? code.length) - 1; pc >= root; pc--) {
      const i = code[pc];
      if (i === undefined) continue;
      const next = isBackward(i) ? [] : successors(i, pc);
      longest[pc] = exact(1 + inside(i, pc) + next.reduce((most, to) => Math.max(most, longest[to]!), 0));
    }
  let aByte = 0;
  for (const [pc, i] of code.entries())
    if (i !== undefined && isBackward(i)) aByte = Math.max(aByte, longest[targetOf(i, pc)]!);
  // The JA to its main that a program without header may begin with.
  const leap = entry === program.entry ? 0 : 1;
  return { once: leap + longest[entry]!, aByte };
}

/** Saturating: a sum that may have lost its last digit is no bound. */
const exact = (steps: number): number => (steps > Number.MAX_SAFE_INTEGER ? Number.POSITIVE_INFINITY : steps);
