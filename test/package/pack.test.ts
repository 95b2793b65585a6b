/**
 * The package as its users get it: packed, installed into an empty folder with what it declares and nothing else, run,
 * imported by plain Node, and its types read. Needs no network: the dependencies are packed from node_modules too.
 */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

interface Manifest {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, unknown>>;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const modules = join(root, 'node_modules');
const readManifest = (folder: string): Manifest => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const manifest = readManifest(root);

const folder = mkdtempSync(join(tmpdir(), 'luabpf-package-'));
const installed = join(folder, 'node_modules/luabpf');
let packed: readonly string[] = [];

beforeAll(async () => {
  const output = await npm(root, 'pack', '--json', '--pack-destination', folder);
  const [{ filename, files }] = JSON.parse(output.slice(output.indexOf('['))) as [
    { readonly filename: string; readonly files: readonly { readonly path: string }[] },
  ];
  packed = files.map(({ path }) => path);
  write('package.json', JSON.stringify({ name: 'user', private: true, type: 'module' }));
  const packages = closure(manifest).map((name) => join(modules, name));
  await npm(folder, 'install', '--offline', '--install-links', '--ignore-scripts', join(folder, filename), ...packages);
}, 180_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The packages that are needed at run time, as node_modules has them. */
function closure({ dependencies = {} }: Manifest): string[] {
  const found = new Set<string>();
  const visit = (names: readonly string[]): void => {
    for (const name of names) {
      if (found.has(name)) continue;
      found.add(name);
      visit(Object.keys(readManifest(join(modules, name)).dependencies ?? {}));
    }
  };
  visit(Object.keys(dependencies));
  return [...found];
}

/** Runs npm, the one that runs the tests if one does, without the settings that it gives to scripts. */
async function npm(cwd: string, ...args: readonly string[]): Promise<string> {
  const path = process.env.npm_execpath ?? '';
  const [command, ...first] = basename(path) === 'npm-cli.js' ? [process.execPath, path] : ['npm'];
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(npm_(?!config_cache$|config_userconfig$)|INIT_CWD)/.test(name),
  );
  const env = { ...Object.fromEntries(kept), npm_execpath: path };
  const options = { cwd, env, maxBuffer: 1 << 26, timeout: 150_000 };
  const { stdout } = await promisify(execFile)(command!, [...first, ...args, '--no-audit', '--no-fund'], options);
  return stdout;
}

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

function run(command: string, ...args: readonly string[]): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: folder,
    encoding: 'utf8',
    timeout: 60_000,
    env: { ...process.env, NO_COLOR: '1' },
  });
  if (error !== undefined) throw error;
  return { status, output: stdout + stderr };
}

/** A program that imports the entries, in JavaScript that is TypeScript as well. */
const userProgram = `
import { compile } from 'luabpf/compiler';
import { load } from 'luabpf/vm';

const compiled = compile('return function(pkt) return pkt:u8(0) == 7 end');
if (compiled.diagnostics !== undefined) throw new Error(compiled.diagnostics[0]?.message);
const loaded = load(compiled.bytes);
if (loaded.filter === undefined) throw new Error('not loaded');
const packet = Uint8Array.of(7, 8, 9);
const verdict = loaded.filter.run(packet, 0, packet.length, packet.length);
if (verdict !== 0xffffffff) throw new Error(String(verdict));
`;

const libraryProgram = `
import { CaptureReader, compile, load } from 'luabpf';

const kinds = [typeof CaptureReader, typeof compile, typeof load];
if (kinds.some((kind) => kind !== 'function')) throw new Error(kinds.join());
`;

describe('the tarball', () => {
  test('has what a user needs', () => {
    const wanted = ['README.md', 'LICENSE', 'CHANGELOG.md', 'package.json', 'docs/architecture.md', 'examples/web.lua'];
    const built = ['vm/index', 'compiler/index', 'capture/index', 'cli/library'];
    const outputs = built.flatMap((name) => [`dist/${name}.js`, `dist/${name}.d.ts`]);
    const all = [...wanted, ...outputs, 'dist/bin/luabpf.js', 'examples/captures/mixed.pcap'];
    expect(all.filter((path) => !packed.includes(path))).toEqual([]);
  });

  test('has nothing else', () => {
    const allowed = /^(README\.md|LICENSE|CHANGELOG\.md|package\.json|(docs|examples)\/.+|dist\/bin\/[\w-]+\.js)$/;
    const output = /^dist\/(vm|compiler|capture|cli)\/.+(\.js|\.js\.map|\.d\.ts)$/;
    expect(packed.filter((path) => !allowed.test(path) && !output.test(path))).toEqual([]);
  });

  test('has nothing built from sources that are gone', () => {
    const sources = packed.flatMap((path) => /^dist\/((?!bin\/).+)\.js$/.exec(path)?.[1] ?? []);
    const present = new Set(
      readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) => !path.startsWith('node_modules')),
    );
    expect(sources.filter((path) => !present.has(`${path}.ts`))).toEqual([]);
  });

  test('has source maps that hold their sources', () => {
    const maps = packed.filter((path) => path.endsWith('.map'));
    expect(maps.length).toBeGreaterThan(0);
    for (const path of maps) {
      const { sources, sourcesContent } = JSON.parse(readFileSync(join(installed, path), 'utf8'));
      expect(sourcesContent, path).toHaveLength(sources.length);
    }
  });
});

test('the lock file names no registry', () => {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  expect(Object.keys(packages).filter((path) => packages[path].resolved !== undefined)).toEqual([]);
});

describe('the command', () => {
  const command = join(folder, 'node_modules/.bin/luabpf');

  test('says its version', () => {
    expect(run(command, '--version')).toEqual({ status: 0, output: `${manifest.version}\n` });
  });

  test('runs the packaged example', () => {
    const [filter, capture] = [join(installed, 'examples/web.lua'), join(installed, 'examples/captures/mixed.pcap')];
    const { status, output } = run(command, 'run', filter, capture);
    expect(status, output).toBe(0);
    expect(output).toMatch(/packets +\d+[\s\S]*accepted +\d+[\s\S]*rejected +\d+/);
  });

  test('runs the tests of the packaged examples on every engine', () => {
    const { status, output } = run(command, 'test', join(installed, 'examples'));
    expect(status, output).toBe(0);
    expect(output).toMatch(/\d+ tests: all passed \(jit \d+, interpreter \d+, lua \d+, fengari \d+\)/);
  });

  test('draws, by what it loads late', () => {
    const path = join(folder, 'web.svg');
    const { status, output } = run(command, 'disasm', '--graph', path, join(installed, 'examples/web.lua'));
    expect(status, output).toBe(0);
    expect(readFileSync(path, 'utf8')).toMatch(/^<\?xml[\s\S]*<svg [\s\S]*<\/svg>\s*$/);
  });
});

describe('plain Node', () => {
  test.each([
    ['luabpf/compiler and luabpf/vm', userProgram],
    ['luabpf', libraryProgram],
  ])('imports %s', (_, text) => {
    const { status, output } = run(process.execPath, write('program.mjs', text));
    expect(status, output).toBe(0);
  });

  test('gets no file that is not exported', () => {
    const { status, output } = run(process.execPath, write('inner.mjs', "import 'luabpf/dist/vm/index.js';"));
    expect(status).toBe(1);
    expect(output).toContain('ERR_PACKAGE_PATH_NOT_EXPORTED');
  });
});

describe('the types', () => {
  /** No global of Node or a browser is known, and what the package declares is checked too. */
  const compilerOptions = {
    target: 'es2023',
    lib: ['es2023'],
    module: 'nodenext',
    moduleResolution: 'nodenext',
    strict: true,
    skipLibCheck: false,
    noEmit: true,
    types: [],
  };

  test.each([
    ['of luabpf/compiler and luabpf/vm', 'halves', userProgram],
    ['of luabpf', 'library', libraryProgram],
  ])('%s resolve in a strict project', (_, name, text) => {
    write(`${name}.mts`, text);
    const project = write(`${name}.json`, JSON.stringify({ compilerOptions, files: [`${name}.mts`] }));
    const { status, output } = run(process.execPath, join(modules, 'typescript/bin/tsc'), '-p', project);
    expect(status, output).toBe(0);
  });

  test('are given for every entry', () => {
    for (const [name, entry] of Object.entries(manifest.exports)) {
      if (name.endsWith('.json')) continue;
      const { types, default: code } = entry as { readonly types: string; readonly default: string };
      expect(packed).toContain(types.replace('./', ''));
      expect(packed).toContain(code.replace('./', ''));
    }
  });
});
