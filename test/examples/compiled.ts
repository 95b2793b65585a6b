/** Compiles sources that the tests know to be right. */

import { compile } from '../../compiler/index.ts';
import type { Program } from '../../vm/index.ts';
import { findModule } from './files.ts';

/** What `compile` gives for a source it takes. */
export interface Compiled {
  readonly program: Program;
  readonly bytes: Uint8Array;
}

/** Compiles for Ethernet; throws where the source is rejected. */
export function compiled(source: string, file: string): Compiled {
  const result = compile(source, { file, findModule });
  if (result.diagnostics !== undefined) {
    const texts = result.diagnostics.map(({ message, span }) => `${file}:${span.line}:${span.column}: ${message}`);
    throw new Error(texts.join('\n'));
  }
  return result;
}
