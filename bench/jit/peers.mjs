// @ts-check
/**
 * The engines that are measured beside ours: what is at hand is built in a folder, of the rest it is said what is
 * missing. Each is a command that prints a line of JSON a workload.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const anchors = process.env.ANCHORS ?? join(here, '../../../shared/anchors');
const ports = [22, 25, 53, 80, 110, 143, 179, 389, 443, 445, 636, 993, 995, 3306, 3389, 5432, 6379, 8080, 8443, 9200];
/** W1 and W2 for what compiles pcap's expressions, where every port has its own `dst port`. */
export const expressions = [
  'tcp port 80',
  `ip and (dst net 10.1.0.0/16 or dst net 192.168.0.0/16) and tcp and (${ports.map((port) => `dst port ${port}`).join(' or ')})`,
];

/** The folder of ../shared/anchors, if it is at hand. */
export const anchorFolder = existsSync(join(anchors, 'filters.h')) ? anchors : undefined;

/** Where the C of W1 to W5 is looked for first. */
const includes = [...(anchorFolder === undefined ? [] : ['-I', anchorFolder]), '-I', here];
const sse = process.arch === 'x64' ? ['-march=x86-64-v2'] : [];

/** @typedef {{ readonly name: string, readonly command: readonly string[] }} Engine */
/** What is at hand, and of the others why not. @typedef {{ readonly engines: readonly Engine[], readonly missing: Readonly<Record<string, string>> }} Peers */

/** Whether there is such a program. @param {string} name */
export const has = (name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).error === undefined;

/** Runs a compiler; why it failed, or undefined. @param {string} compiler @param {readonly string[]} values */
function failure(compiler, values) {
  const { error, status, stderr } = spawnSync(compiler, values, { encoding: 'utf8' });
  if (error !== undefined) return `no ${compiler}`;
  return status === 0 ? undefined : (stderr.split('\n').find((line) => /error/i.test(line)) ?? stderr.slice(0, 200));
}

/** @param {string} folder @param {string} capture @returns {Peers} */
export function buildPeers(folder, capture) {
  /** @type {Record<string, string>} */
  const missing = {};
  /** @type {Engine[]} */
  const engines = [];
  /** @param {string} name @param {string | undefined} why @param {readonly string[]} command */
  const add = (name, why, ...command) => {
    if (why === undefined) engines.push({ name, command });
    else missing[name] = why;
  };
  const native = join(folder, 'native');
  const optimised = ['-O2', ...sse, ...includes];
  const noNative = failure('gcc', [...optimised, '-o', native, join(here, 'native.c'), '-lpcap']);
  add('native', noNative, native, capture);
  add('libpcap', noNative, native, capture, 'libpcap', ...expressions);

  const wasm = join(folder, 'filters.wasm');
  const freestanding = ['-O2', '-nostdlib', '-ffreestanding', '-Wl,--no-entry', '-Wl,--export=__heap_base'];
  const noWasm = failure('clang', ['--target=wasm32', ...freestanding, ...includes, '-o', wasm, join(here, 'wasm.c')]);
  const runWasm = [process.execPath, join(here, 'clang-wasm.mjs'), wasm];
  add('clang wasm, batch', noWasm, ...runWasm, 'batch', capture);
  add('clang wasm, call', noWasm, ...runWasm, 'call', capture);

  const luajit = ['luajit', join(here, 'luajit.lua'), capture];
  const noLuajit = has('luajit') ? undefined : 'no luajit';
  const ffi = join(anchors, 'filters_ffi.lua');
  add('luajit', noLuajit ?? (existsSync(ffi) ? undefined : 'no ../shared/anchors'), ...luajit, 'ffi', ffi);
  const { PFLUA_SRC, UBPF_DIR } = process.env;
  const noPflua = PFLUA_SRC === undefined ? 'PFLUA_SRC names no checkout of pflua/src' : undefined;
  add('pflua', noLuajit ?? noPflua, ...luajit, 'pflua', PFLUA_SRC ?? '', ...expressions);
  const noUbpf = UBPF_DIR === undefined ? 'UBPF_DIR names no checkout of ubpf' : buildUbpf(folder, UBPF_DIR);
  add('ubpf', noUbpf, join(folder, 'ubpf'), capture, 'ubpf', join(folder, 'filters.o'));
  return { engines, missing };
}

/** @param {string} folder @param {string} checkout */
function buildUbpf(folder, checkout) {
  const object = join(folder, 'filters.o');
  const target = ['--target=bpf', '-mcpu=v3', '-O2', '-ffreestanding', '-fno-jump-tables'];
  const noObject = failure('clang', [...target, ...includes, '-c', join(here, 'bpf.c'), '-o', object]);
  if (noObject !== undefined) return noObject;
  const vm = join(checkout, 'vm');
  writeFileSync(join(folder, 'ubpf_config.h'), '#pragma once\n#define UBPF_HAS_ELF_H 1\n');
  const sources = readdirSync(vm)
    .filter((file) => /^ubpf_.*\.c$/.test(file))
    .map((file) => join(vm, file));
  const flags = ['-O2', ...sse, '-w', '-D_GNU_SOURCE', '-DUBPF_HAS_ELF_H', '-DUBPF'];
  const folders = [folder, join(vm, 'inc'), vm].flatMap((path) => ['-I', path]);
  const output = ['-o', join(folder, 'ubpf')];
  return failure('gcc', [
    ...flags,
    ...folders,
    ...includes,
    ...output,
    join(here, 'native.c'),
    ...sources,
    '-lpcap',
    '-lm',
  ]);
}

/** The lines that an engine prints. @param {readonly string[]} command @returns {any[]} */
export function linesOf([program = '', ...values]) {
  const { error, status, stdout, stderr } = spawnSync(program, values, { encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (error !== undefined || status !== 0) throw new Error(`${[program, ...values].join(' ')}: ${error ?? stderr}`);
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
}
