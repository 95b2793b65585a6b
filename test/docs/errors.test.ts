/**
 * docs/errors.md: every message of the compiler, with an example that provokes it and a rewrite that compiles.
 * `UPDATE_GOLDENS=1` writes the page anew.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { catalogue, compile, type Diagnostic, type DiagnosticCode, explanation } from '../../compiler/index.ts';
import { diagnosticsOf, readRejections } from '../compiler/rejections.ts';

const path = new URL('../../docs/errors.md', import.meta.url);

interface Rewrite {
  readonly about: string;
  readonly lua: string;
}

function readRewrites(): ReadonlyMap<string, Rewrite> {
  const text = readFileSync(new URL('../data/compiler/rewrites.txt', import.meta.url), 'utf8');
  const [, ...sections] = text.split(/^== /m);
  return new Map(
    sections.map((section) => {
      const [, code, about, lua] = /^(\S+)\n(.*)\n\n([\s\S]*)$/.exec(section)!;
      return [code!, { about: about!, lua: lua!.trimEnd() }];
    }),
  );
}

const rewrites = readRewrites();

interface Example {
  /** Absent where the case is written in short, or has modules. */
  readonly source: string | undefined;
  readonly shown: Diagnostic;
}

/** What a message is shown by: a case that can be printed, that has an edit, that is short, in this order. */
function examples(): ReadonlyMap<DiagnosticCode, Example> {
  const ranked = readRejections().cases.flatMap((each) => {
    const isPlain = each.files.size === 1 && each.written !== '' && !/<<|<BOM>/.test(each.written);
    const source = isPlain ? each.written : undefined;
    return diagnosticsOf(each, each.files).map((shown) => ({
      source,
      shown,
      rank: each.written.length + (shown.suggestion === undefined ? 1e6 : 0) + (isPlain ? 0 : 1e7),
    }));
  });
  // The first of a code is the one that is kept.
  return new Map(ranked.sort((a, b) => b.rank - a.rank).map((each) => [each.shown.code, each]));
}

const edited = (source: string, { span, text }: NonNullable<Diagnostic['suggestion']>): string =>
  source.slice(0, span.start) + text + source.slice(span.end);

const lua = (text: string): string => `\`\`\`lua\n${text}\n\`\`\``;
const mostLines = 25;
function section(code: DiagnosticCode, { source, shown }: Example): string {
  const { message, hint, span, severity, suggestion } = shown;
  const kind = severity === undefined ? '' : '**Warning.** ';
  const parts = [`## ${code}`, `> ${kind}${message}\n>\n> ${hint}`];
  const lines = source?.split('\n') ?? [];
  const isWhole = lines.length <= mostLines;
  if (source !== undefined) parts.push(lua(isWhole ? source : lines.slice(span.line - 1, span.endLine).join('\n')));
  if (source !== undefined && suggestion !== undefined && isWhole)
    parts.push('Written instead:', lua(edited(source, suggestion).split('\n')[suggestion.span.line - 1]!.trim()));
  const rewrite = rewrites.get(code);
  if (rewrite !== undefined) parts.push(rewrite.about, lua(rewrite.lua));
  return parts.join('\n\n');
}

const head = `# What the compiler says

Every message has a code, which stays the same; \`luabpf check\` shows it with its place, and \`--json\` gives it to
editors. Each stands here with a filter that provokes it and, where there is more to say than the message does, a way to
write it that compiles. Errors of Lua that only a run can meet are no messages of the compiler: they end the run. This page is made from the catalogue and the tests' data:
\`UPDATE_GOLDENS=1 npx vitest run test/docs\` writes it anew.
`;

test('the page has every message', () => {
  const found = examples();
  const codes = (Object.keys(catalogue) as DiagnosticCode[]).filter((code) => found.has(code));
  expect(Object.keys(catalogue).filter((code) => !found.has(code as DiagnosticCode))).toEqual([]);
  const fresh = `${[head.trimEnd(), ...codes.map((code) => section(code, found.get(code)!))].join('\n\n')}\n`;
  if (process.env.UPDATE_GOLDENS === '1') writeFileSync(path, fresh);
  const page = readFileSync(path, 'utf8');
  expect(page).toBe(fresh);
  for (const code of codes) {
    const [, anchor] = explanation(code).split('#');
    expect(page).toContain(`\n## ${anchor}\n`);
  }
});

test.each([...rewrites])('the rewrite for %s compiles, without a warning', (code, rewrite) => {
  expect(Object.keys(catalogue)).toContain(code);
  const { diagnostics, warnings } = compile(rewrite.lua);
  expect(diagnostics).toBeUndefined();
  expect(warnings).toEqual([]);
});
