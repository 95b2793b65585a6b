/** The generator: from a checked filter to a program, in one walk in source order. */
import type { Program } from '../../vm/program/program.ts';
import type { CheckedFilter } from '../check/tree.ts';
import { type Diagnostic, diagnostic } from '../diagnostics.ts';
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
  } catch (error) {
    if (error !== outOfRegisters) throw error;
    return { problem: diagnostic('too-complex', filter.span) };
  }
  // Falling off the end returns nothing, which rejects.
  g.emit.jump(g.reject);
  g.finish();
  const { code, lines } = g.emit.close();
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
