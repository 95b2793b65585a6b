/** docs/isa.md, spec-notes.md and assembly.md: tables are what the source says, examples assemble. */
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { assemble, assemblyText, defaultHost, validate } from '../../vm/index.ts';
import {
  type Class,
  classes,
  type Layout,
  mnemonics,
  type Role,
  rows,
  type Variant,
} from '../../vm/isa/instructions.ts';
import { expectPart, read } from './part.ts';

const root = new URL('../../', import.meta.url);

const roles: Readonly<Record<Role, string>> = {
  constant: 'a value',
  offset: 'bytes from the start',
  literal: 'bytes from the load, signed',
  word: 'a word of M[]',
  register: 'a register',
  index: 'an index register, or 0',
  segment: 'a segment',
  atomic: '0, or an atomic operation',
  jump: 'instructions to skip',
  target: 'instructions to skip, signed',
  body: 'instructions to the body',
  bits: '16, 32 or 64',
  levels: 'bodies to leave',
  inputs: 'registers',
  outputs: 'registers',
  import: 'a number of the host’s',
  table: 'size 4..3, kind 2..0',
};

const layouts: Readonly<Record<Layout, string>> = {
  reg5: 'reg 15..11',
  reg6: 'reg 15..10',
  class: 'class 15..8',
  shift: 'shift 15..11',
  private: 'private 12..8',
  transfer: 'reg 15..11, special 10..8',
  table: 'reg 13..8',
  length: 'length 15..8',
  none: '',
};

const titles: Readonly<Record<Class, string>> = {
  LD: 'loads into 64-bit registers',
  LDX: 'loads into special registers',
  ST: 'stores of 64-bit registers',
  STX: 'stores of special registers',
  ALU: 'arithmetic',
  JMP: 'jumps',
  RET: 'exits, calls, loops',
  MISC: 'transfers, coprocessor, literals',
};

function fieldsText(layout: Layout, variant: Variant): string {
  const fields = (['jt', 'jf', 'k'] as const).flatMap((field) => {
    const role = variant[field];
    return role === undefined ? [] : [`${field}: ${roles[role]}`];
  });
  return [layouts[layout], ...(variant.signed === true ? ['S'] : []), ...fields]
    .filter((text) => text !== '')
    .join('; ');
}

function classTable(cls: Class): string {
  const lines = mnemonics.flatMap((mnemonic) => {
    const { class: own, layout, variants, ready, about } = rows[mnemonic];
    if (own !== cls) return [];
    return variants.map((variant, i) => {
      const code = `0x${(variant.bits | classes[cls]).toString(16).padStart(2, '0')}`;
      const what = i > 0 ? '' : ready ? about : `${about} *(not carried yet)*`;
      const name = i > 0 ? '' : `\`${mnemonic}\``;
      const text = layout === 'length' ? '.bytes …' : variant.text;
      const cells = [name, `\`${code}\``, `\`${text}\``, fieldsText(layout, variant), what];
      return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
    });
  });
  return [`### ${cls}: ${titles[cls]}`, '', '| | `code` | text | fields | |', '|---|---|---|---|---|', ...lines].join(
    '\n',
  );
}

test('isa.md lists the instruction table', () => {
  const content = (Object.keys(classes) as Class[]).map(classTable).join('\n\n');
  for (const mnemonic of mnemonics) expect(content).toContain(`\`${mnemonic}\``);
  expectPart('docs/isa.md', 'instructions', content);
});

/** The `SPEC:` comments of a file, each as one line. */
function specComments(source: string): string[] {
  const comments: string[] = [];
  let open: string[] | undefined;
  const close = (): void => {
    if (open !== undefined) comments.push(open.join(' ').trim());
    open = undefined;
  };
  for (const line of source.split('\n')) {
    const [, text] = /^\s*(?:\/\/|\/\*\*|\*(?!\/))\s?(.*?)\s*(?:\*\/)?$/.exec(line) ?? [];
    const start = text === undefined ? -1 : text.indexOf('SPEC:');
    if (start >= 0) {
      if (start > 0) open?.push(text!.slice(0, start).trim());
      close();
      open = [text!.slice(start + 'SPEC:'.length).trim()];
    } else if (text === undefined || text === '') close();
    else open?.push(text);
    if (line.trimEnd().endsWith('*/')) close();
  }
  close();
  return comments;
}

test('SPEC comments are found in both kinds of comments', () => {
  const source =
    '// SPEC: one\n// more\nx();\n/** a\n * SPEC: two\n * lines. SPEC: three\n *\n * b\n */\n/** SPEC: four */\n';
  expect(specComments(source)).toEqual(['one more', 'two lines.', 'three', 'four']);
});

test('spec-notes.md has every SPEC comment of the machine', () => {
  const files = (readdirSync(new URL('vm/', root), { recursive: true }) as string[]).filter((name) =>
    name.endsWith('.ts'),
  );
  const notes = files.sort().flatMap((file) => {
    const comments = specComments(read(`vm/${file}`));
    const count = read(`vm/${file}`).split('SPEC:').length - 1;
    expect(comments.length, `SPEC comments of vm/${file}`).toBe(count);
    return comments.length === 0 ? [] : [`**vm/${file}**\n\n${comments.map((text) => `- ${text}`).join('\n')}`];
  });
  expectPart('docs/spec-notes.md', 'notes', notes.join('\n\n'));
});

describe('assembly.md', () => {
  const page = read('docs/assembly.md');
  const blocks = [...page.matchAll(/```bpfasm\n([\s\S]*?)```/g)].map(([, text]) => text!);
  test.each(blocks)('the example assembles, and comes back:\n%s', (text) => {
    const { program, problems } = assemble(text);
    expect(problems).toBeUndefined();
    expect(assemble(assemblyText(program!)).program!.code).toEqual(program!.code);
    // A host without segments has none to give.
    const segments = { 0: { bytes: new Uint8Array(64), readable: true, writable: true } };
    expect(validate(program!, { ...defaultHost, segments }).refusals ?? []).toEqual([]);
  });

  test('there are examples', () => {
    expect(blocks.length).toBeGreaterThanOrEqual(6);
  });

  const table = (title: string): string => page.split(`## ${title}\n`)[1]!.split('\n## ')[0]!;
  const shorts = [...table('Short forms').matchAll(/^\| `([^`]+)` \| `([^`]+)` \|$/gm)].map(
    ([, a, b]) => [a!, b!] as const,
  );
  test.each(shorts)('%s is %s', (short, long) => {
    expect(assemble(short).program?.code).toEqual(assemble(long).program!.code);
    expect(assemblyText(assemble(long).program!)).toContain(long.split(' ')[0]);
  });

  test('every directive is one, and the operands are read', () => {
    // An attribute is of the import above it.
    for (const [, directive] of table('Directives').matchAll(/^\| `([^`]+)` \|/gm))
      expect(assemble(`.import function 1 "f"\n${directive}\nNAME: exit 0`).problems, directive).toBeUndefined();
    for (const [, cell] of table('Operands').matchAll(/^\| (`.*?) \|/gm))
      for (const [, operand] of cell!.matchAll(/`([^`]+)`/g)) {
        const forms = [`AA = ${operand}`, `A := ${operand}`, `A = A + ${operand}`, `goto ${operand}`];
        const fits = forms.some((form) => assemble(`table: .bytes 01\nL3: exit 0\n${form}`).program !== undefined);
        expect(fits, operand).toBe(true);
      }
  });
});
