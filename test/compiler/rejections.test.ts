/**
 * What the compiler refuses, and in which words: a golden for every message of the catalogue and for every construct
 * that the language leaves out. `vitest -u` rewrites the expectations; read the difference before it is committed.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { catalogue, compile, type Diagnostic, headers } from '../../compiler/index.ts';

const path = fileURLToPath(new URL('../data/compiler/rejections.txt', import.meta.url));

interface Case {
  readonly title: string;
  readonly linktype: number;
  /** As it stands in the file. */
  readonly written: string;
}

/** Before the first `==` stands what the file says of itself. */
function casesOf(text: string): { preamble: string; cases: Case[] } {
  const [preamble = '', ...sections] = text.split(/^== /m);
  const cases = sections.map((section): Case => {
    const [head = '', ...lines] = section.split('\n');
    const [, title = head, linktype = '1'] = /^(.*?)(?: \[linktype (\d+)\])?$/.exec(head) ?? [];
    const written = lines.filter((line) => line !== '' && !line.startsWith('! ')).join('\n');
    return { title, linktype: Number(linktype), written };
  });
  return { preamble, cases };
}

/** `<BOM>` is a byte order mark; `<<12|text>>` is twelve times the text, `@` in it counts from 1. */
const sourceOf = (written: string): string =>
  written
    .replace('<BOM>', '\xef\xbb\xbf')
    .replace(/<<(\d+)\|(.*?)>>/g, (_, count: string, piece: string) =>
      Array.from({ length: Number(count) }, (_, i) => piece.replaceAll('@', String(i + 1))).join(''),
    );

function render({ code, message, hint, span }: Diagnostic): string {
  const end = span.endLine === span.line ? span.endColumn : `${span.endLine}:${span.endColumn}`;
  return `! ${span.line}:${span.column}-${end} ${code}: ${message}\n!   ${hint}`;
}

const { preamble, cases } = casesOf(readFileSync(path, 'utf8'));
const results = cases.map((each) => ({
  ...each,
  source: sourceOf(each.written),
  diagnostics: compile(sourceOf(each.written), { linktype: each.linktype }).diagnostics ?? [],
}));

describe('rejections', () => {
  test('say what the file expects', async () => {
    const sections = results.map(({ title, linktype, written, diagnostics }) =>
      [`== ${title}${linktype === 1 ? '' : ` [linktype ${linktype}]`}`, written, ...diagnostics.map(render), ''].join(
        '\n',
      ),
    );
    await expect(preamble + sections.join('\n')).toMatchFileSnapshot(path);
  });

  test.each(results)('$title: rejected, in order, at places that are there', ({ source, diagnostics }) => {
    expect(diagnostics.length).toBeGreaterThan(0);
    const lines = source.split('\n');
    let last = 0;
    for (const { span, message, hint } of diagnostics) {
      expect(span.start).toBeGreaterThanOrEqual(last);
      last = span.start;
      expect(span.end).toBeGreaterThanOrEqual(span.start);
      expect(span.end).toBeLessThanOrEqual(source.length);
      const offset = lines.slice(0, span.line - 1).reduce((sum, line) => sum + line.length + 1, 0);
      expect(offset + span.column - 1).toBe(span.start);
      expect(message).not.toMatch(/undefined|\[object|^[A-Z]/);
      expect(hint).not.toMatch(/undefined|\[object|``/);
    }
  });

  test('there is a case for every message', () => {
    const seen = new Set(results.flatMap(({ diagnostics }) => diagnostics.map(({ code }) => code)));
    const missing = Object.keys(catalogue).filter((code) => !seen.has(code as keyof typeof catalogue));
    expect(missing).toEqual(hasMixedFields() ? [] : ['header-mix']);
  });
});

/** Whether some name is a boolean field of one header and a number in another: only then can `header-mix` be said. */
function hasMixedFields(): boolean {
  const kinds = new Map<string, string>();
  for (const { fields } of Object.values(headers)) {
    for (const [name, row] of Object.entries(fields)) {
      const rows =
        'parts' in row
          ? Object.entries(row.parts).map(([part, r]) => [`${name}.${part}`, r] as const)
          : [[name, row] as const];
      for (const [full, { type = 'number' }] of rows) {
        if ((kinds.get(full) ?? type) !== type) return true;
        kinds.set(full, type);
      }
    }
  }
  return false;
}
