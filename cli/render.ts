/** Text for people: diagnostics under their source lines, numbers, sizes. */
import { type Diagnostic, type Edit, explanation } from '../compiler/index.ts';

/** Whether standard error takes colours: a terminal, and NO_COLOR not set. */
const colours = process.stderr.isTTY === true && (process.env.NO_COLOR ?? '') === '';
const paint = (code: number, text: string): string => (colours ? `\x1b[${code}m${text}\x1b[0m` : text);
const red = (text: string): string => paint(31, text);
const yellow = (text: string): string => paint(33, text);
const bold = (text: string): string => paint(1, text);
const dim = (text: string): string => paint(2, text);

/** A line of the source is shown up to this many characters around the place. */
const widest = 160;

/**
 * All diagnostics of a filter, each with its line, a caret, what to do, and what led there. `sources` has the texts of
 * the filter's files, one character a byte.
 */
export function renderDiagnostics(
  file: string,
  diagnostics: readonly Diagnostic[],
  sources: ReadonlyMap<string, string>,
): string {
  const lines = new Map([...sources].map(([name, text]) => [name, text.split('\n')]));
  const warnings = diagnostics.filter(({ severity }) => severity === 'warning').length;
  const rejections = diagnostics.length - warnings;
  const counts = [
    rejections > 0 ? plural(rejections, 'rejection') : '',
    warnings > 0 ? plural(warnings, 'warning') : '',
  ];
  const rendered = diagnostics.map((each) => renderDiagnostic(file, each, lines));
  return [...rendered, `${file}: ${counts.filter((text) => text !== '').join(', ')}`].join('\n\n');
}

function renderDiagnostic(
  own: string,
  { code, message, hint, span, severity, suggestion, path = [], file = own }: Diagnostic,
  sources: ReadonlyMap<string, readonly string[]>,
): string {
  const lines = sources.get(file) ?? [];
  const line = printable((lines[span.line - 1] ?? '').replace(/\r$/, ''));
  const from = span.column - 1;
  const to = span.endLine === span.line ? span.endColumn - 1 : line.length;
  const cut = Math.max(0, from - widest / 2);
  const shown = line.slice(cut, cut + widest);
  const number = String(span.line);
  const gutter = ' '.repeat(number.length);
  const width = Math.max(1, Math.min(to, cut + widest) - from);
  const edited = suggestion === undefined ? undefined : editedLine(lines, suggestion);
  const colour = severity === 'warning' ? yellow : red;
  const notes = [
    hint,
    ...path.map((step) => `${step.file}:${step.span.line}:${step.span.column}: ${step.text}`),
    ...(suggestion === undefined ? [`see ${explanation(code)}`] : []),
  ];
  return [
    `${bold(`${file}:${span.line}:${span.column}:`)} ${colour(`${severity ?? 'rejected'} [${code}]`)}: ${message}`,
    `  ${dim(`${number} |`)} ${shown}`,
    `  ${dim(`${gutter} |`)} ${' '.repeat(from - cut)}${colour('^'.repeat(width))}`,
    ...(edited === undefined ? [] : [`  ${dim(`${number} +`)} ${printable(edited).slice(cut, cut + widest)}`]),
    ...notes.map((note) => `  ${dim(`${gutter} =`)} ${note}`),
  ].join('\n');
}

/** A line of the source as it is after an edit; undefined where the edit is not within a line. */
function editedLine(lines: readonly string[], { span, text }: Edit): string | undefined {
  if (span.line !== span.endLine || text.includes('\n')) return undefined;
  const line = (lines[span.line - 1] ?? '').replace(/\r$/, '');
  return line.slice(0, span.column - 1) + text + line.slice(span.endColumn - 1);
}

/** One column a byte: control characters, tabs among them, and bytes above ASCII must not move the caret. */
const printable = (line: string): string =>
  Array.from(line, (character) =>
    character < ' ' || character > '~' ? (character === '\t' ? ' ' : '·') : character,
  ).join('');

/** A whole number with commas between thousands. */
export const count = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ',');

/** `1 packet`, `2 packets`. */
export const plural = (value: number, noun: string): string => `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
