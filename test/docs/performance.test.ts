/** docs/performance.md: its tables and its plot are made from what the bench has measured. */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type CliResults, cliSetting, cliTable } from '../../bench/cli/report.mjs';
import { scalingPlot } from '../../bench/jit/plot.mjs';
import { compilingTable, engineTable, type Results, setting, targetTable } from '../../bench/jit/report.mjs';
import { expectPart, read } from './part.ts';

const page = 'docs/performance.md';
const results = JSON.parse(read('bench/results/jit.json')) as Results;

test.each([
  ['setting', setting],
  ['targets', targetTable],
  ['engines', engineTable],
  ['compiling', compilingTable],
] as const)('%s', (name, table) => expectPart(page, name, table(results)));

test.each([
  ['cli setting', cliSetting],
  ['cli', cliTable],
] as const)('%s', (name, table) =>
  expectPart(page, name, table(JSON.parse(read('bench/results/cli.json')) as CliResults)),
);

test('the plot', () => {
  const file = new URL('../../docs/scaling.svg', import.meta.url);
  const svg = scalingPlot(results.scaling);
  if (process.env.UPDATE_GOLDENS === '1') writeFileSync(file, svg);
  else expect(readFileSync(file, 'utf8')).toBe(svg);
});
