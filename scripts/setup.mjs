// @ts-check
/**
 * Makes a checkout ready to run: installs the packages of the lock file where they are missing, and builds. Needs Node
 * and npm alone. When there is nothing to do it takes about half a second; it says nothing then.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.mjs';

/** @typedef {{ version?: string, optional?: boolean, devOptional?: boolean }} LockedPackage */

const root = fileURLToPath(new URL('..', import.meta.url));

/** @type {(path: string) => any} */
const readJson = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'));

/** The first number is what `package.json` asks for, as in `>=20.19`. */
function checkNode() {
  const minimum = String(readJson('package.json').engines.node).replace('>=', '');
  const [major = 0, minor = 0] = minimum.split('.').map(Number);
  const [ownMajor = 0, ownMinor = 0] = process.versions.node.split('.').map(Number);
  if (ownMajor > major || (ownMajor === major && ownMinor >= minor)) return;
  stop(`luabpf needs Node ${minimum} or later; this is ${process.versions.node} (${process.execPath})`);
}

/**
 * Whether node_modules is what the lock file says. npm leaves a lock file of its own there, last of all. Contents are
 * compared, not times, which copies and checkouts change. Optional packages are for other systems.
 */
function isInstalled() {
  const own = 'node_modules/.package-lock.json';
  if (!existsSync(join(root, own))) return false;
  /** @type {Record<string, LockedPackage>} */
  const installed = readJson(own).packages;
  /** @type {[string, LockedPackage][]} */
  const locked = Object.entries(readJson('package-lock.json').packages);
  return locked.every(([path, { version, optional, devOptional }]) => {
    if (path === '') return true;
    const found = installed[path];
    return found === undefined ? optional === true || devOptional === true : found.version === version;
  });
}

function install() {
  console.error('luabpf: installing packages (npm ci)');
  // Without a network, npm would try again for more than a minute.
  const patience = ['--fetch-retries=2', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=4000'];
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund'];
  const { status, output } = run(...npm(), 'ci', '--include=dev', ...patience, ...quiet);
  if (status === 0) return;
  console.error(output);
  const offline =
    /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT|ENOTCACHED)\b/;
  stop(
    offline.test(output)
      ? 'npm ci could not reach the package registry (see above): the packages are fetched once, so connect and try again'
      : 'npm ci failed (see above)',
  );
}

/**
 * The npm that runs this script, if one does. Otherwise the one on PATH, which on Windows is a script for its shell.
 * @returns {[string, ...string[]]}
 */
function npm() {
  const path = process.env.npm_execpath ?? '';
  if (basename(path) === 'npm-cli.js') return [process.execPath, path];
  return process.platform === 'win32' ? ['cmd.exe', '/c', 'npm'] : ['npm'];
}

function build() {
  const { status, output } = run(process.execPath, join(root, 'node_modules/typescript/bin/tsc'), '-b');
  if (status === 0) return;
  console.error(output);
  stop('the build failed (see above)');
}

/** Removes from dist what was built from sources that are gone, so that nothing runs or is packed by mistake. */
function prune() {
  /** @type {string[]} */
  const zones = readJson('tsconfig.json').references.map((/** @type {{ path: string }} */ { path }) => path);
  for (const zone of zones) {
    const folder = join(root, 'dist', zone);
    if (!existsSync(folder)) continue;
    for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      const source = /^(.+?)(\.d\.ts|\.js)(\.map)?$/.exec(file)?.[1];
      if (source !== undefined && !existsSync(join(root, zone, `${source}.ts`))) rmSync(join(folder, file));
    }
  }
}

/** @type {(command: string, ...args: string[]) => { status: number | null, output: string }} */
function run(command, ...args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = error === undefined ? `${stdout}${stderr}` : `${command}: ${error.message}`;
  return { status, output: output.trimEnd() };
}

/** @type {(message: string) => never} */
function stop(message) {
  console.error(`luabpf: ${message}`);
  process.exit(1);
}

checkNode();
if (!isInstalled()) install();
build();
prune();
await bundle();
