/** docs/language.md: its table of fields is the compiler's, and its examples compile. */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compile, headers } from '../../compiler/index.ts';
import type { FieldRow, GroupRow } from '../../compiler/protocols/table.ts';

const path = new URL('../../docs/language.md', import.meta.url);
const page = readFileSync(path, 'utf8');

const row = (name: string, about: string): string => `| \`${name}\` | ${about} |`;
const rowsOf = (name: string, field: FieldRow | GroupRow): string[] =>
  'parts' in field
    ? Object.entries(field.parts).map(([part, { about }]) => row(`${name}.${part}`, `${field.about}: ${about}`))
    : [row(name, field.about)];

const fieldTables = Object.entries(headers)
  .map(([header, { title, about, fields }]) =>
    [
      `### ${header}`,
      '',
      `${title}: ${about}.`,
      '',
      '| field | |',
      '|---|---|',
      ...Object.entries(fields).flatMap(([name, field]) => rowsOf(`${header}.${name}`, field)),
    ].join('\n'),
  )
  .join('\n\n');

test('the fields are those of the table', () => {
  const [, before, , after] = /^([\s\S]*<!-- fields:[^\n]*-->\n)([\s\S]*?)(<!-- \/fields -->\n)$/.exec(page) ?? [];
  const fresh = `${before}\n${fieldTables}\n\n${after}`;
  if (process.env.UPDATE_GOLDENS === '1') writeFileSync(path, fresh);
  else expect(page).toBe(fresh);
});

const examples = [...page.matchAll(/```lua\n([\s\S]*?)```/g)].map(([, text]) => text!);
/** Blocks that are modules, by their files' names, which stand behind the language's. */
const modules = new Map([...page.matchAll(/```lua (\S+)\n([\s\S]*?)```/g)].map(([, file, text]) => [file!, text!]));

test.each(examples)('the example compiles:\n%s', (source) => {
  const findModule = (name: string) => {
    const file = `${name.replaceAll('.', '/')}.lua`;
    const text = modules.get(file);
    return text === undefined ? undefined : { text, file };
  };
  expect(compile(source, { findModule }).diagnostics).toBeUndefined();
});

test('every module is one that an example requires', () => {
  const required = new Set(
    [...page.matchAll(/require "([\w.]+)"/g)].map(([, name]) => `${name!.replaceAll('.', '/')}.lua`),
  );
  expect([...modules.keys()].filter((file) => !required.has(file))).toEqual([]);
  expect(modules.size).toBeGreaterThan(0);
});

test('there are examples', () => {
  expect(examples.length).toBeGreaterThanOrEqual(3);
});
