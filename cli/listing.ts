/** Programs as text: instructions with the lines of the source that they come from. */
import { linktypeName } from '../capture/index.ts';
import { classicLine, disassemble, lineAt, type Program, wordText } from '../vm/index.ts';
import { plural } from './render.ts';

/**
 * A listing. Classic programs are written as `tcpdump -d` does. `source`, where it is at hand, is shown line by line
 * above the instructions that it became; else only line numbers are.
 */
export function listing(program: Program, name: string, source?: string): string {
  const title = `; ${name}: ${describe(program)}`;
  if (program.profile === 'classic') {
    const lines = program.code.map((word, pc) => classicLine(word, pc).trimEnd());
    return `${[title, ...lines].join('\n')}\n`;
  }
  const sourceLines = source?.split('\n');
  const text = [title];
  let shown = 0;
  const { entry } = program;
  for (const { pc, word, text: instruction, label, note } of disassemble(program.code, entry > 0 ? { entry } : {})) {
    const line = lineAt(program.debug, pc)?.line ?? 0;
    if (line !== shown) {
      shown = line;
      const content = sourceLines?.[line - 1]?.trimEnd();
      text.push('', content === undefined ? `; line ${line}` : `; ${line} | ${content}`);
    }
    const name = label === undefined ? '' : `${label}:`;
    const comment = note === undefined ? '' : ` ; ${note}`;
    text.push(`${String(pc).padStart(5)}  ${wordText(word)}  ${name.padEnd(6)} ${instruction}${comment}`.trimEnd());
  }
  return `${text.join('\n')}\n`;
}

/** `99 instructions for ETHERNET`. */
export function describe(program: Program): string {
  const size = plural(program.code.length, 'instruction');
  const kind = program.profile === 'classic' ? 'classic BPF' : 'BPF64';
  return `${kind}, ${size}${program.linktype === undefined ? '' : ` for ${linktypeName(program.linktype)}`}`;
}
