/** docs/pipeline.md shows what the program really makes: each of its blocks is made again and compared. */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { expectGolden, inProject } from './files.ts';
import { stages } from './stages.ts';

const path = 'docs/pipeline.md';
const document = readFileSync(inProject(path), 'utf8');
/** A mark, the fence, the block. */
const marked = /(<!-- made: (\w+) -->\n```\w+\n)([\s\S]*?)(\n```\n)/g;

test('every block is marked, and every stage is shown once', () => {
  const names = [...document.matchAll(marked)].map((match) => match[2]!);
  expect(names.sort()).toEqual(Object.keys(stages).sort());
  expect(document.match(/^```\w+$/gm)?.length).toBe(names.length);
});

test('every block is what the program makes today', () => {
  const fresh = document.replace(marked, (whole, start: string, name: string, _, end: string) => {
    const stage = stages[name];
    return stage === undefined ? whole : start + stage() + end;
  });
  expectGolden(path, fresh);
});
