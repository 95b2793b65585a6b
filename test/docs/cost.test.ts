/** docs/cost.md: its table is computed and run, its example is what the command prints. */
import { expect, test } from 'vitest';
import { assemble, bound, defaultHost, Interpreter, validate } from '../../vm/index.ts';
import { luabpf } from '../cli/luabpf.ts';
import { expectPart, read } from './part.ts';

const page = 'docs/cost.md';
const count = (value: number): string => value.toLocaleString('en-US');

/** Each function calls the one before it ten times; the first returns. The last is the program's own. */
function callsTenTimes(functions: number): string {
  const texts = Array.from({ length: functions }, (_, i) =>
    [`F${i}:`, ...Array<string>(i === 0 ? 0 : 10).fill(`call F${i - 1}`), 'exit 1'].join('\n'),
  );
  return [`.entry F${functions - 1}`, ...texts, ''].join('\n');
}

test('functions that call the one before ten times: the bound is what they run, and grows by ten a level', () => {
  const rows = Array.from({ length: 6 }, (_, i) => {
    const { program } = assemble(callsTenTimes(i + 1));
    const { validated } = validate(program!, defaultHost);
    const filter = new Interpreter(validated!, defaultHost);
    let run = 0;
    filter.trace = () => run++;
    expect(filter.run(new Uint8Array(0), 0, 0, 0)).toBe(1);
    expect(bound(validated!, defaultHost).at(0)).toBe(run);
    const { length } = program!.code;
    return { functions: i + 1, length, run, squared: length ** 2 };
  });
  for (const [i, { run }] of rows.entries()) if (i > 0) expect(run).toBe(11 + 10 * rows[i - 1]!.run);
  expect(rows.at(-1)).toEqual({ functions: 6, length: 56, run: 222_221, squared: 3136 });
  const table = rows.map((row) => `| ${Object.values(row).map(count).join(' | ')} |`);
  const head = ['| functions | instructions n | run, which is the bound | n² |', '|--:|--:|--:|--:|'];
  expectPart(page, 'functions', [...head, ...table].join('\n'));
});

test('the example is what check --cost prints', () => {
  const { stdout, status } = luabpf(['check', '--cost', 'examples/web.lua']);
  expect(status).toBe(0);
  expectPart(page, 'check', ['```text', '$ luabpf check --cost examples/web.lua', `${stdout}\`\`\``].join('\n'));
});

test('the limits that the page names are the defaults', () => {
  expect(read(page)).toContain(`the cap (${count(defaultHost.loopCap)})`);
  expect(defaultHost.budget).toBe(2 ** 24);
});
