/**
 * docs/language.md: its table of fields is the compiler's, every row of its tables has an example, and every example
 * and filter does what the page says, compiled and in stock Lua.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { netTable } from '../../compiler/check/net.ts';
import { compile, foundIn, type HeaderName, headers } from '../../compiler/index.ts';
import type { FieldRow, GroupRow } from '../../compiler/protocols/table.ts';
import { faults } from '../../vm/index.ts';
import { luabpf, root, temporaryFolder } from '../cli/luabpf.ts';
import { fengari } from '../oracle/fengari.ts';
import type { Oracle, OraclePacket, Verdict } from '../oracle/lua.ts';
import { wasmoon } from '../oracle/wasmoon.ts';
import { type Compiled, compiledFilter, runCompiled } from '../support/run.ts';
import { type Block, type Example, readPage } from './notation.ts';
import { expectPart, read } from './part.ts';

const page = read('docs/language.md');
const { blocks, examples, bare, samples } = readPage(page);
const filters = blocks.filter(({ file }) => file === undefined);
/** Modules by what `require` calls them. */
const modules = Object.fromEntries(
  blocks.flatMap(({ file, text }) =>
    file === undefined ? [] : [[file.replace(/\.lua$/, '').replaceAll('/', '.'), text] as const],
  ),
);
const sample = samples[0]!;

// What is run

/** Whether Lua reads a code as an expression. */
const isExpression = (code: string): boolean =>
  !/^print\(/.test(code) &&
  !compile(`return function(pkt) local x = (${code}) end`).diagnostics?.some(
    ({ code: kind }) => kind === 'syntax' || kind === 'label-shadow' || kind === 'goto-backward',
  );

const isVerdict = (value: string): boolean => /^(accepts|rejects|\d+ bytes)$/.test(value);

/** A filter that prints what an example gives, or, where the page speaks of a verdict or a rejection, has it. */
function filterOf({ code, value, given }: Example): string {
  if (/\breturn function\(pkt\)/.test(code)) {
    if (value.startsWith('rejected')) return code;
    return `${code.replace('return function(pkt)', 'local function example(pkt)')}\n${printing('example(pkt)')}`;
  }
  if (isExpression(code)) return given + printing(code);
  const isPlain = !/\breturn\b/.test(code) || isVerdict(value) || value.startsWith('rejected');
  if (isPlain) return `${given}return function(pkt) ${code} end`;
  return `${given}local function example(pkt) ${code} end\n${printing('example(pkt)')}`;
}
const printing = (expression: string): string => `return function(pkt) print((${expression})) end`;

/** The packet that an example speaks of: the first that has the header of which it reads a field. */
function packetFor(code: string, value: string): OraclePacket {
  const header = /^pkt\.(\w+)[.:]\w/.exec(code)?.[1];
  const has = (packet: OraclePacket): boolean =>
    header === undefined || runCompiled(`return function(pkt) return pkt.${header} end`, [packet])[0]!.verdict > 0;
  const writable = code.includes(':set_') && !value.includes(faults[3].text);
  return { ...(samples.find(has) ?? sample), writable };
}

// What came of it

const causes: Readonly<Record<string, string>> = {
  bounds: faults[1].text,
  permission: faults[3].text,
  zero: faults[4].text,
  budget: 'endless',
};

/** In the words of the page: an error's cause, what was printed. */
function said({ error, message, printed = '', limit }: Compiled): string {
  if (limit !== undefined) return `stops: ${faults[limit].text}`;
  const own = (message ?? '').replace(/^(filter|harness):\d+: /, '');
  if (error === 'budget') return 'endless';
  if (error !== undefined) return `error: ${causes[error] ?? own}`;
  return printed.replace(/\n$/, '').replaceAll('\n', ' ').replaceAll('\t', '\\t');
}

function verdictText({ verdict }: Verdict): string {
  if (verdict === 0) return 'rejects';
  return verdict === 0xffffffff ? 'accepts' : `${verdict} bytes`;
}

function expectSaid(result: Compiled, value: string, where: string): void {
  if (isVerdict(value)) expect(verdictText(result), where).toBe(value);
  else if (value.startsWith('error: ')) expect(said(result), where).toContain(value);
  else expect(said(result), where).toBe(value);
}

let lua: Oracle;
let lua53: Oracle;
beforeAll(async () => {
  lua = await wasmoon();
  lua53 = fengari();
});
afterAll(() => {
  lua.close();
  lua53.close();
});

/** Runs a filter in a Lua of which the page says something. */
async function expectIn(oracle: Oracle, source: string, packet: OraclePacket, value: string): Promise<void> {
  const where = `${oracle.name}\n${source}`;
  const run = oracle.run({ text: source, modules }, [packet]);
  if (value === 'does not load') await expect(run, where).rejects.toThrow();
  else expectSaid((await run)[0]!, value, where);
}

// The page

const plain = examples.filter(({ code }) => !code.startsWith('--@test '));

describe('examples in tables', () => {
  test.each(plain.map((example) => [example.line, `${example.code} --> ${example.value}`, example] as const))(
    'line %i: %s',
    async (_, __, example) => {
      const { code, value, in54, in53 } = example;
      const source = filterOf(example);
      const packet = packetFor(code, value);
      if (value.startsWith('rejected: ')) {
        const codes = compile(source).diagnostics?.map((each) => each.code) ?? [];
        expect(codes, source).toContain(value.slice('rejected: '.length));
        if (in54 === undefined) return;
      } else expectSaid(runCompiled({ text: source, modules }, [packet])[0]!, value, `compiled\n${source}`);
      // Behind a limit stock Lua goes on.
      if (value.startsWith('stops: ')) return;
      const plainly = value.startsWith('rejected: ') ? filterOf({ ...example, value: in54! }) : source;
      await expectIn(lua, plainly, packet, in54 ?? value);
      if (in53 !== undefined) await expectIn(lua53, plainly, packet, in53);
    },
  );
});

test('every row of every table has an example', () => {
  expect(bare).toEqual([]);
  expect(plain.length).toBeGreaterThan(100);
  const table = '| a | b |\n|---|---|\n| `#pkt` | `#pkt --> 93` |\n| `pkt.caplen` | |\n';
  expect(readPage(table).bare).toEqual(['4: | `pkt.caplen` | |']);
});

test('every number of the module net is listed', () => {
  const listed = (start: string, name: RegExp): string[] => {
    const row = page.split('\n').find((line) => line.startsWith(`| \`${start}`)) ?? '';
    return [...row.matchAll(name)].map(([, found]) => found!).toSorted();
  };
  expect(listed('net.TCP', /`(?:net\.)?([A-Z]\w*)`/g)).toEqual([...netTable.entries.keys()].toSorted());
  for (const [name, { entries }] of netTable.tables)
    expect(listed(`net.${String(name)}.`, /`([\w-]+)`/g)).toEqual([...entries.keys()].toSorted());
});

const requiredBy = (text: string): string[] => [...text.matchAll(/require "([\w.]+)"/g)].map(([, name]) => name!);

test.each(filters.map((block) => [block.line, block] as const))('the filter of line %i', async (_, block: Block) => {
  const { text, value } = block;
  const filter = { text, modules };
  expect(() => compiledFilter(filter)).not.toThrow();
  // A filter with tests of its own says what it does by them.
  if (value === undefined) return expect(text).toContain('--@test ');
  expect(verdictText(runCompiled(filter, [sample])[0]!), text).toBe(value);
  await expectIn(lua, text, sample, value);
});

test('its tests pass, those of tables too', () => {
  const [filter] = filters.filter(({ text }) => text.includes('--@test '));
  const tests = examples.filter(({ code }) => code.startsWith('--@test '));
  expect(tests.length).toBeGreaterThan(5);
  const folder = temporaryFolder();
  const path = join(folder, 'page.lua');
  const text = `${filter!.text}${tests.map(({ code }) => `${code}\n`).join('')}`;
  writeFileSync(path, text.replaceAll(/"?captures\/mixed.pcap"?/g, `"${join(root, 'examples/captures/mixed.pcap')}"`));
  const { status, stdout, stderr } = luabpf(['test', path]);
  expect(status, stdout + stderr).toBe(0);
});

test('every module is one that a filter requires', () => {
  const names = filters.flatMap(({ text }) => requiredBy(text));
  expect(Object.keys(modules).filter((name) => !names.includes(name))).toEqual([]);
  expect(Object.keys(modules).length).toBeGreaterThan(0);
});

// The part that is made from the compiler's table

const fieldRow = (name: string, about: string): string => {
  const code = `pkt.${name}`;
  const [result] = runCompiled(printing(code), [packetFor(code, '')]);
  return `| \`${name}\` | ${about} | \`${code} --> ${said(result!)}\` |`;
};
/** Addresses are not printed. */
const addressRow = (name: string, about: string): string =>
  `| \`${name}\` | ${about} | \`pkt.${name} == nil --> false\` |`;
/** Of a method, asked with a text; a domain name is compared. */
const asked: Readonly<Record<string, string>> = {
  'dns.qname': 'pkt.dns.qname == "a.example"',
  'dns.is_below': 'pkt.dns:is_below("example")',
  'tls.is_below': 'pkt.tls:is_below("example")',
  'tls.has_alpn': 'pkt.tls:has_alpn("h2")',
  'http.path_starts': 'pkt.http:path_starts("/admin")',
  'http.is_below': 'pkt.http:is_below("example")',
};
function foundRow(header: HeaderName, { path, takes, about }: ReturnType<typeof foundIn>[number]): string {
  const name = `${header}.${path}`;
  const code = asked[name] ?? `pkt.${name}`;
  const [result] = runCompiled(printing(code), [packetFor(code, '')]);
  const written = takes === undefined ? name : `${header}:${path}(s)`;
  return `| \`${written}\` | ${about} | \`${code} --> ${said(result!)}\` |`;
}
const rowsOf = (name: string, field: FieldRow | GroupRow): string[] =>
  'parts' in field
    ? Object.entries(field.parts).map(([part, { about }]) => fieldRow(`${name}.${part}`, `${field.about}: ${about}`))
    : [field.size === 16 ? addressRow(name, field.about) : fieldRow(name, field.about)];

test('the fields are those of the table', () => {
  const tables = (Object.keys(headers) as HeaderName[])
    .map((header) => [header, headers[header]] as const)
    .map(([header, { title, about, fields }]) =>
      [
        `### ${header}`,
        '',
        `${title}: ${about}.`,
        '',
        '| field | | example |',
        '|---|---|---|',
        ...Object.entries(fields).flatMap(([name, field]) => rowsOf(`${header}.${name}`, field)),
        ...foundIn(header).map((row) => foundRow(header, row)),
      ].join('\n'),
    );
  expectPart('docs/language.md', 'fields', tables.join('\n\n'));
});
