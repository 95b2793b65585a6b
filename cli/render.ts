/** Text for people: diagnostics under their source lines, numbers, sizes. */
import type { Diagnostic } from '../compiler/index.ts';

/** Whether standard error takes colours: a terminal, and NO_COLOR not set. */
const colours = process.stderr.isTTY === true && (process.env.NO_COLOR ?? '') === '';
const paint = (code: number, text: string): string => (colours ? `\x1b[${code}m${text}\x1b[0m` : text);
const red = (text: string): string => paint(31, text);
const bold = (text: string): string => paint(1, text);
const dim = (text: string): string => paint(2, text);

/** A line of the source is shown up to this many characters around the place. */
const widest = 160;

/** All diagnostics of a file, each with its line, a caret, and what to do. `source` is one character a byte. */
export function renderDiagnostics(file: string, source: string, diagnostics: readonly Diagnostic[]): string {
  const lines = source.split('\n');
  const count = diagnostics.length === 1 ? '1 rejection' : `${diagnostics.length} rejections`;
  return [...diagnostics.map((diagnostic) => renderDiagnostic(file, lines, diagnostic)), `${file}: ${count}`].join(
    '\n\n',
  );
}

function renderDiagnostic(file: string, lines: readonly string[], { code, message, hint, span }: Diagnostic): string {
  const line = printable((lines[span.line - 1] ?? '').replace(/\r$/, ''));
  const from = span.column - 1;
  const to = span.endLine === span.line ? span.endColumn - 1 : line.length;
  const cut = Math.max(0, from - widest / 2);
  const shown = line.slice(cut, cut + widest);
  const number = String(span.line);
  const gutter = ' '.repeat(number.length);
  const width = Math.max(1, Math.min(to, cut + widest) - from);
  const caret = `${' '.repeat(from - cut)}${'^'.repeat(width)}`;
  return [
    `${bold(`${file}:${span.line}:${span.column}:`)} ${red(`rejected [${code}]`)}: ${message}`,
    `  ${dim(`${number} |`)} ${shown}`,
    `  ${dim(`${gutter} |`)} ${red(caret)}`,
    `  ${dim(`${gutter} =`)} ${hint}`,
  ].join('\n');
}

/** One column a byte: control characters, tabs among them, and bytes above ASCII must not move the caret. */
const printable = (line: string): string =>
  Array.from(line, (character) =>
    character < ' ' || character > '~' ? (character === '\t' ? ' ' : '·') : character,
  ).join('');

/** A whole number with commas between thousands. */
export const count = (value: number): string => value.toLocaleString('en-US');

/** `1 packet`, `2 packets`. */
export const plural = (value: number, noun: string): string => `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
