/** The text that `tcpdump -ddd` prints: a line with the number of instructions, then `code jt jf k` in decimal a line. */
import type { Word } from '../isa/codec.ts';
import type { Program } from '../program/program.ts';

/** Where a classic text is wrong. Lines count from 1. */
export interface TextProblem {
  readonly code: string;
  readonly message: string;
  readonly line: number;
}

export type TextResult =
  | { readonly program: Program; readonly problem?: never }
  | { readonly problem: TextProblem; readonly program?: never };

/** Whether a text looks like `tcpdump -ddd` output, right or wrong. */
export const isClassicText = (text: string): boolean => /^\s*\d+[ \t]*\r?\n\s*\d+\s+\d+\s+\d+\s+\d+/.test(text);

const limits = { code: 0xffff, jt: 0xff, jf: 0xff, k: 0xffffffff } as const;

/** Reads `tcpdump -ddd` text as a classic program. */
export function parseClassicText(text: string): TextResult {
  const problem = (line: number, message: string): TextResult => ({ problem: { code: 'classic-text', message, line } });
  const lines = text.split(/\r?\n/);
  while (lines.length > 0 && lines.at(-1)!.trim() === '') lines.pop();
  const count = /^\s*(\d+)\s*$/.exec(lines[0] ?? '');
  if (count === null)
    return problem(1, 'the first line must be the number of instructions, as `tcpdump -ddd` prints it');
  const code: Word[] = [];
  for (const [i, line] of lines.slice(1).entries()) {
    const fields = line.trim().split(/\s+/);
    if (fields.length !== 4 || !fields.every((field) => /^\d+$/.test(field)))
      return problem(i + 2, `"${line.trim().slice(0, 40)}" is not an instruction: four decimal numbers, code jt jf k`);
    const [c, jt, jf, k] = fields.map(Number) as [number, number, number, number];
    for (const [name, value] of Object.entries({ code: c, jt, jf, k })) {
      const limit = limits[name as keyof typeof limits];
      if (value > limit) return problem(i + 2, `${name} is ${value}; the largest is ${limit}`);
    }
    code.push({ code: c, jt, jf, k });
  }
  if (code.length !== Number(count[1]))
    return problem(1, `the first line says ${Number(count[1])} instructions, ${code.length} follow`);
  return { program: { profile: 'classic', code, entry: 0, strings: Uint8Array.of(0) } };
}
