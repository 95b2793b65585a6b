/** The generator: from a checked filter to a program, in one walk in source order. */
import type { Program } from '../../vm/program/program.ts';
import type { CheckedFilter } from '../check/tree.ts';
import { type Diagnostic, diagnostic } from '../diagnostics.ts';
import { programLimit, programTooLarge } from './emitter.ts';
import { Generator } from './generator.ts';
import { outOfRegisters } from './registers.ts';
import { block } from './statements.ts';

export type GenerateResult =
  | { readonly program: Program; readonly problem?: never }
  | { readonly problem: Diagnostic; readonly program?: never };

/** `file` is what the debug section calls the source. */
export function generate(filter: CheckedFilter, linktype: number, file: string): GenerateResult {
  const g = new Generator(filter.span, linktype);
  try {
    block(g, filter.body);
    // Falling off the end returns nothing, which rejects.
    g.emit.jump(g.reject);
    g.finish();
  } catch (error) {
    if (error === outOfRegisters) return { problem: diagnostic('too-complex', g.emit.span) };
    if (error !== programTooLarge) throw error;
    return { problem: diagnostic('too-large', g.emit.span, String(programLimit)) };
  }
  const { code, lines } = g.emit.close();
  if (code.length > programLimit) return { problem: diagnostic('too-large', filter.span, String(programLimit)) };
  return {
    program: {
      profile: 'bpf64',
      code,
      entry: 0,
      linktype,
      strings: g.strings.bytes(),
      debug: { file, lines },
    },
  };
}
