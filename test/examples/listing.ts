/** A compiled program as text: an instruction a line, and beside it the Lua line it comes from, where that changes. */

import { compile } from '../../compiler/index.ts';
import { disassemble, lineAt, type Program, wordText } from '../../vm/index.ts';

/** What `compile` gives for a source it takes. */
export interface Compiled {
  readonly program: Program;
  readonly bytes: Uint8Array;
}

/** Compiles for Ethernet; throws where the source is rejected. */
export function compiled(source: string, file: string): Compiled {
  const result = compile(source, { file });
  if (result.diagnostics !== undefined) {
    const texts = result.diagnostics.map(({ message, span }) => `${file}:${span.line}:${span.column}: ${message}`);
    throw new Error(texts.join('\n'));
  }
  return result;
}

/** The whole listing: pc (a label where a jump leads), the word in hexadecimal, its text, line and text of the source. */
export function listing({ program, bytes }: Compiled, source: string): string {
  const lines = source.split('\n');
  let last = 0;
  const rows = disassemble(program.code).map(({ pc, word, text, isTarget }) => {
    const line = lineAt(program.debug, pc)?.line ?? 0;
    const beside = line === last ? '' : `; ${String(line).padStart(2)}  ${lines[line - 1]?.trim() ?? ''}`;
    last = line;
    return `${(isTarget ? `L${pc}` : String(pc)).padStart(4)}  ${wordText(word)}  ${text.padEnd(40)} ${beside}`.trimEnd();
  });
  const head = `; ${program.debug?.file ?? ''}: ${program.code.length} instructions, a file of ${bytes.length} bytes`;
  return `${[head, ...rows].join('\n')}\n`;
}
