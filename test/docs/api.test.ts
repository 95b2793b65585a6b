/** docs/api.md: its examples run as they stand and print what they say, and every export of the library is in one. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import * as library from '../../cli/library.ts';
import { read } from './part.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

const blocks = ['docs/api.md', 'README.md'].flatMap((page) =>
  [...read(page).matchAll(/^```js\n([\s\S]*?)^```/gm)].map(([, text], index) => ({
    title: `${page}, ${index + 1}`,
    text: text!,
  })),
);

/** What a block says that it prints, a line for each `console.log`. */
const promised = (text: string): string[] =>
  text.split('\n').flatMap((line) => /console\.log\(.*\); \/\/ (.*)$/.exec(line)?.[1] ?? []);

test.concurrent.each(blocks)('$title runs and prints what it says', async ({ text }) => {
  const args = ['--input-type=module', '--eval', text];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: root, timeout: 60_000 });
  expect([stdout.trimEnd().split('\n'), stderr]).toEqual([promised(text), '']);
  expect(promised(text)).not.toEqual([]);
});

test('every export has an example', () => {
  const imported = blocks.flatMap(({ text }) =>
    [...text.matchAll(/import \{([^}]*)\} from 'luabpf'/g)].flatMap(([, names]) =>
      names!.split(',').map((name) => name.trim()),
    ),
  );
  expect(Object.keys(library).filter((name) => !imported.includes(name))).toEqual([]);
});
