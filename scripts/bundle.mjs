// @ts-check
/**
 * Makes one file of the command line, with a few beside it for what is loaded when it is asked for: most of the time from
 * a command to its first packet went into finding and reading two hundred modules.
 */
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const built = join(root, 'dist');
const target = join(built, 'bin');

/** What is loaded when it is asked for comes from its own package. */
const external = ['wasmoon', 'fengari', 'fzstd', '@hpcc-js/wasm-graphviz'];

/** Bundles dist/cli/main.js to dist/bin/luabpf.js, if anything in dist is newer than that. */
export async function bundle() {
  if (isFresh()) return;
  const { rolldown } = await import('rolldown');
  const build = await rolldown({ input: { luabpf: join(built, 'cli/main.js') }, platform: 'node', external });
  rmSync(target, { recursive: true, force: true });
  await build.write({
    dir: target,
    format: 'esm',
    chunkFileNames: '[name].js',
    comments: { legal: true },
    // Names stay, for those who read a stack.
    minify: { mangle: false, compress: false, codegen: true },
  });
}

/** @type {(path: string) => number} */
const timeOf = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

function isFresh() {
  const own = timeOf(join(target, 'luabpf.js'));
  return ['vm', 'compiler', 'capture', 'cli'].every((zone) => {
    const folder = join(built, zone);
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js'));
    return files.every((file) => timeOf(join(folder, file)) < own);
  });
}
