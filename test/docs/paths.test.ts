/** What the pages name is there: paths in backticks and in code blocks, links and their anchors. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const pages = ['README.md', 'CHANGELOG.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)].filter(
  (path) => path.endsWith('.md'),
);

/** Made by the setup or by a command, so not there in every clone. */
const made = ['dist', 'node_modules', 'coverage', 'out.pcap'];
const folders = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== '.git' && !made.includes(entry.name))
  .map(({ name }) => name);
/** Every file and folder, from the root. */
const entries = [
  ...readdirSync(root),
  ...folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map(
      (path) => `${folder}/${path.replaceAll('\\', '/')}`,
    ),
  ),
];
const names = new Set(entries.map((path) => path.replace(/^.*\//, '')));

/** Files that only a project like this one has: named without a folder, one of them must be somewhere. */
const sourceName = /^\.?[\w-]+(\.[\w-]+)*\.(ts|mjs|json|md)$/;

/** The pages' text without the section that names what is not there yet. */
function pageText(path: string): string {
  return readFileSync(join(root, path), 'utf8').replace(/^## Seams\n[\s\S]*?(?=^## |$(?![\s\S]))/m, '');
}

/**
 * What a page names as a path: words in code that begin with a folder of ours, and, in backticks, names of sources.
 * `*`, `**`, `<name>` and `…` stand for anything.
 */
function pathsOf(text: string): string[] {
  const blocks = [...text.matchAll(/^```[^\n]*\n([\s\S]*?)^```/gm)].map(([, block]) => block!);
  const spans = [...text.replace(/^```[\s\S]*?^```/gm, '').matchAll(/`([^`\n]+)`/g)].map(([, span]) => span!);
  const words = (piece: string): string[] =>
    piece.split(/[\s'"`=,;()]+/).map((word) => word.replace(/^\.\/|:.*$|\.$/g, ''));
  const inFolders = [...blocks, ...spans]
    .flatMap(words)
    .filter((word) => folders.includes(word.split('/')[0]!) && word.includes('/'));
  const inSpans = spans.flatMap(words).filter((word) => sourceName.test(word) || isForeignFolder(word));
  return [...new Set([...inFolders, ...inSpans])];
}

/** A source in a folder, whether or not the folder is one of ours: catches those that are gone or misspelt. */
const isForeignFolder = (word: string): boolean =>
  /^[\w.-]+(\/[\w.*<>…-]+)*\/[\w.*<>…-]*\.(ts|mjs|json|md)$/.test(word) && !made.includes(word.split('/')[0]!);

function exists(path: string): boolean {
  const plain = path.replace(/\/$/, '');
  if (/[*<…]/.test(plain)) return entries.some((entry) => pattern(plain).test(entry));
  return plain.includes('/') ? entries.includes(plain) : names.has(plain);
}

const pattern = (glob: string): RegExp =>
  new RegExp(
    `^${glob
      .split(/(\*\*\/?|\*|<[^>]*>|…)/)
      .map((part) =>
        /^(\*\*|…)/.test(part) ? '.*' : /^[*<]/.test(part) ? '[^/]*' : part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'),
      )
      .join('')}$`,
  );

/** Headings as anchors, as GitHub makes them. */
const anchorsOf = (text: string): string[] =>
  [...text.replace(/^```[\s\S]*?^```/gm, '').matchAll(/^#+ +(.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );

describe.each(pages)('%s', (page) => {
  test('names paths that exist', () => {
    expect(pathsOf(pageText(page)).filter((path) => !exists(path))).toEqual([]);
  });

  test('has links that lead somewhere', () => {
    const text = readFileSync(join(root, page), 'utf8');
    const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);
    const dead = targets.filter((target) => {
      if (/^[a-z]+:/.test(target)) return false;
      const [path, anchor] = target.split('#');
      const file = path === '' ? join(root, page) : resolve(root, dirname(page), path!);
      if (!existsSync(file)) return true;
      return anchor !== undefined && !anchorsOf(readFileSync(file, 'utf8')).includes(anchor);
    });
    expect(dead).toEqual([]);
  });
});

test('the zones of docs/architecture.md are those there are', () => {
  const text = pageText('docs/architecture.md');
  const isCode = (folder: string): boolean => existsSync(join(root, folder, 'tsconfig.json'));
  const inside = (zone: string): string[] =>
    readdirSync(join(root, zone), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && readdirSync(join(root, zone, entry.name)).length > 0)
      .map(({ name }) => `${zone}/${name}`);
  const all = [...folders.filter(isCode), ...inside('vm'), ...inside('compiler')];
  expect(all.filter((folder) => !text.includes(`\`${folder}/\``))).toEqual([]);
});

test('the check finds what it is for', () => {
  const text = 'See `vm/isa/nothing.ts`, `vn/isa/codec.ts`, `nothing.mjs`, `vm/*/codec.ts`, `dist/cli/main.js`, `a/b`.';
  expect(pathsOf(text).filter((path) => !exists(path))).toEqual([
    'vm/isa/nothing.ts',
    'vn/isa/codec.ts',
    'nothing.mjs',
  ]);
  expect(pathsOf('```sh\nluabpf run examples/none.lua out.pcap\n```\n').filter((path) => !exists(path))).toEqual([
    'examples/none.lua',
  ]);
});
