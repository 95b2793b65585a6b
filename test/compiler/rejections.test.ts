/**
 * What the compiler refuses, and in which words: a golden for every message of the catalogue and for every construct
 * that the language leaves out. `vitest -u` rewrites the expectations; read the difference before it is committed.
 */
import { describe, expect, test } from 'vitest';
import { catalogue, type Diagnostic, type DiagnosticCode, type Edit, type Span } from '../../compiler/index.ts';
import { diagnosticsOf, readRejections, rejectionsPath } from './rejections.ts';

const placeOf = ({ line, column, endLine, endColumn }: Span): string =>
  `${line}:${column}-${endLine === line ? endColumn : `${endLine}:${endColumn}`}`;

function render({ code, message, hint, span, file, severity, suggestion, path = [] }: Diagnostic): string {
  const place = file === undefined ? placeOf(span) : `${file} ${placeOf(span)}`;
  const lines = [
    `! ${place} ${severity === undefined ? '' : `${severity} `}${code}: ${message}`,
    `!   ${hint}`,
    ...(suggestion === undefined ? [] : [`!   + ${placeOf(suggestion.span)}: ${suggestion.text}`]),
    ...path.map((step) => `!   < ${step.file} ${placeOf(step.span)}: ${step.text}`),
  ];
  return lines.join('\n');
}

const { preamble, cases } = readRejections();
const results = cases.map((each) => ({ ...each, diagnostics: diagnosticsOf(each, each.files) }));

describe('rejections', () => {
  test('say what the file expects', async () => {
    const sections = results.map(({ title, written, diagnostics }) =>
      [`== ${title}`, written, ...diagnostics.map(render), ''].join('\n'),
    );
    await expect(preamble + sections.join('\n')).toMatchFileSnapshot(rejectionsPath);
  });

  test.each(results)('$title: said in order, at places that are there', ({ files, diagnostics }) => {
    expect(diagnostics.length).toBeGreaterThan(0);
    const expectPlace = (file: string, span: Span): void => {
      const source = files.get(file)!;
      const lines = source.split('\n');
      expect(span.end).toBeGreaterThanOrEqual(span.start);
      expect(span.end).toBeLessThanOrEqual(source.length);
      const offset = lines.slice(0, span.line - 1).reduce((sum, line) => sum + line.length + 1, 0);
      expect(offset + span.column - 1).toBe(span.start);
    };
    const last = new Map<string, number>();
    for (const { span, message, hint, path = [], suggestion, file = 'filter.lua' } of diagnostics) {
      expect(span.start).toBeGreaterThanOrEqual(last.get(file) ?? 0);
      last.set(file, span.start);
      expectPlace(file, span);
      if (suggestion !== undefined) expectPlace(file, suggestion.span);
      for (const step of path) expectPlace(step.file, step.span);
      expect(message).not.toMatch(/undefined|\[object|^[A-Z]/);
      expect(hint).not.toMatch(/undefined|\[object|``/);
    }
  });

  test('there is a case for every message', () => {
    const seen = new Set(results.flatMap(({ diagnostics }) => diagnostics.map(({ code }) => code)));
    const missing = Object.keys(catalogue).filter((code) => !seen.has(code as keyof typeof catalogue));
    expect(missing).toEqual([]);
  });
});

describe('suggestions', () => {
  const suggesting = results.filter(({ diagnostics }) => diagnostics.some(({ suggestion }) => suggestion));
  const edited = (files: ReadonlyMap<string, string>, file: string, edits: readonly Edit[]) => {
    let text = files.get(file)!;
    for (const { span, text: piece } of edits.toSorted((a, b) => b.span.start - a.span.start))
      text = text.slice(0, span.start) + piece + text.slice(span.end);
    return new Map(files).set(file, text);
  };
  const saying = (diagnostics: readonly Diagnostic[], code: DiagnosticCode): number =>
    diagnostics.filter((each) => each.code === code).length;

  test.each(suggesting)('$title: each edit does away with what it was suggested for', (each) => {
    for (const { code, suggestion, file = 'filter.lua' } of each.diagnostics) {
      if (suggestion === undefined) continue;
      const after = diagnosticsOf(each, edited(each.files, file, [suggestion]));
      // Where the text ends the parse at once, what is behind it is seen for the first time.
      if (code !== 'character' && code !== 'other-language')
        expect(saying(after, code), `${code}: ${suggestion.text}`).toBeLessThan(saying(each.diagnostics, code));
      expect(after.filter(({ span, code: other }) => span.start === suggestion.span.start && other === code)).toEqual(
        [],
      );
      expect(saying(after, 'syntax'), suggestion.text).toBeLessThanOrEqual(saying(each.diagnostics, 'syntax'));
    }
  });

  const whole = suggesting.filter(({ diagnostics }) => diagnostics.every(({ suggestion }) => suggestion));
  test.each(whole)('$title: all edits together make a filter that compiles', (each) => {
    let files = each.files;
    // An edit may uncover what stood behind it: a few rounds, each with at least one edit less to make.
    for (let round = 0; round < 4; round++) {
      const diagnostics = diagnosticsOf(each, files).filter(({ severity }) => severity === undefined);
      const file = diagnostics[0]?.file ?? 'filter.lua';
      const edits = diagnostics
        .filter((one) => (one.file ?? 'filter.lua') === file)
        .flatMap((one) => one.suggestion ?? []);
      if (edits.length > 0) files = edited(files, file, edits);
    }
    expect(diagnosticsOf(each, files).filter(({ severity }) => severity === undefined)).toEqual([]);
  });

  test('many messages have one', () => {
    const codes = new Set(
      suggesting.flatMap(({ diagnostics }) => diagnostics.flatMap((d) => (d.suggestion ? [d.code] : []))),
    );
    expect(codes.size).toBeGreaterThanOrEqual(25);
  });
});
