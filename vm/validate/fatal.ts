/** What on_fatal may not have beyond what classic programs may not: anything that could end it by a fault of its own. */
import { decode, type Word } from '../isa/codec.ts';
import type { Mnemonic } from '../isa/instructions.ts';
import type { Refusals } from './refusal.ts';

const mayFault: ReadonlySet<Mnemonic> = new Set<Mnemonic>(['ld.abs', 'ld.ind', 'ldx.msh', 'div', 'mod']);

export function checkOnFatal(code: readonly Word[], refusals: Refusals): void {
  for (const [pc, word] of code.entries()) {
    const mnemonic = decode(word)?.mnemonic;
    if (mnemonic !== undefined && mayFault.has(mnemonic))
      refusals.refuse(
        'on-fatal',
        14,
        pc,
        () => `on_fatal: ${mnemonic} at ${pc}: it could fault, and nothing is left then`,
      );
  }
}
