// @ts-check
/**
 * libpcap's testprogs/TESTrun: its apply blocks, each an expression, a capture, and what the program returns for every
 * packet. The installed tcpdump compiles the expressions, with its optimizer and without, as TESTrun does with its own.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CaptureReader } from '../../dist/capture/index.js';
import { parseClassicText } from '../../dist/vm/index.js';
import { SourceProblem } from './c-text.mjs';
import { hex, loaded } from './entry.mjs';
import { hosts } from './hosts.mjs';

/** @import { Result } from './entry.mjs' */
/** @typedef {{ name: string, line: number, savefile: string, expr: string, netmask: string | undefined, results: number[] }} ApplyBlock */

export const title = 'libpcap apply blocks';
const path = 'testprogs/TESTrun';
export const markers = [path];
export const files = () => [path];

/** @param {string} root @returns {Result[]} */
export function run(root) {
  const version = installedVersion();
  return applyBlocks(readFileSync(join(root, path), 'latin1')).flatMap((block) =>
    ['-O', ''].map((flag) => {
      const of = { name: `${block.name} ${flag === '' ? 'optimized' : 'unoptimized'}`, place: `${path}:${block.line}` };
      if (version === undefined) return { ...of, outcome: 'not applicable', why: 'tcpdump is not installed' };
      if (block.netmask !== undefined)
        return { ...of, outcome: 'not applicable', why: 'tcpdump cannot be told the netmask of a capture' };
      return applied(of, block, join(root, 'tests/filter', block.savefile), flag, version);
    }),
  );
}

/** The blocks of the Perl list `@filter_apply_blocks`. @param {string} text @returns {ApplyBlock[]} */
function applyBlocks(text) {
  const lines = text.split('\n');
  const first = lines.findIndex((line) => /^my @filter_apply_blocks = \($/.test(line));
  const last = lines.findIndex((line, i) => i > first && /^\);$/.test(line));
  if (first < 0 || last < 0) throw new SourceProblem(path, 'no list @filter_apply_blocks');
  /** @type {ApplyBlock[]} */
  const blocks = [];
  let from = -1;
  for (let i = first; i < last; i++) {
    if (/^\t\{$/.test(lines[i] ?? '')) from = i;
    if (from < 0 || !/^\t\},$/.test(lines[i] ?? '')) continue;
    blocks.push(
      applyBlock(
        lines
          .slice(from, i)
          .filter((line) => !/^\s*#/.test(line))
          .join('\n'),
        from + 1,
      ),
    );
    from = -1;
  }
  if (blocks.length === 0) throw new SourceProblem(`${path}:${first + 1}`, '@filter_apply_blocks holds no block');
  return blocks;
}

/** @param {string} text between its braces @param {number} line @returns {ApplyBlock} */
function applyBlock(text, line) {
  const value = (/** @type {string} */ key) =>
    new RegExp(`^\\t\\t${key} => '((?:[^'\\\\]|\\\\.)*)'`, 'm').exec(text)?.[1]?.replace(/\\(['\\])/g, '$1');
  const [name, savefile, expr] = ['name', 'savefile', 'expr'].map(value);
  const results = /^\t\tresults => \[([^\]]*)\]/m.exec(text)?.[1]?.replace(/#.*/g, '');
  if (name === undefined || savefile === undefined || expr === undefined || !/^[\d,\s]+$/.test(results ?? ''))
    throw new SourceProblem(`${path}:${line}`, 'a block without name, savefile, expr or results as plain text');
  const numbers = (results ?? '').split(',').flatMap((number) => (number.trim() === '' ? [] : [Number(number)]));
  return { name, line, savefile, expr, netmask: value('netmask'), results: numbers };
}

/** @param {readonly string[]} given */
function tcpdump(...given) {
  const { status, stdout, stderr } = spawnSync('tcpdump', given, { maxBuffer: 1 << 26 });
  return { isFine: status === 0, stdout: stdout ?? Buffer.alloc(0), stderr: String(stderr ?? '') };
}

/** libpcap's version, undefined without tcpdump. */
const installedVersion = () => /libpcap version (\S+)/.exec(String(tcpdump('--version').stdout))?.[1];

/**
 * @param {{ name: string, place: string }} of @param {ApplyBlock} block @param {string} capture
 * @param {string} flag @param {string} version
 * @returns {Result}
 */
function applied(of, { expr, results }, capture, flag, version) {
  const given = [...(flag === '' ? [] : [flag]), '-r', capture];
  const { isFine, stdout, stderr } = tcpdump(...given, '-ddd', expr);
  const said = stderr.split('\n').findLast((line) => line.startsWith('tcpdump:')) ?? 'tcpdump: no program';
  if (!isFine)
    return { ...of, outcome: 'not applicable', why: `libpcap ${version} does not compile it: ${said.slice(9)}` };
  const { program } = parseClassicText(String(stdout));
  const filter = loaded(program?.code ?? [], hosts.libpcap);
  if (typeof filter === 'string') return { ...of, outcome: 'differs', why: `refused: ${filter}` };
  const packets = packetsOf(readFileSync(capture));
  const found = packets.map(({ bytes, wirelen }) => filter.run(bytes, 0, bytes.length, wirelen));
  const at = results.findIndex((result, i) => result !== found[i]);
  if (at < 0 && found.length === results.length) return { ...of, outcome: 'passed' };
  const why =
    at < 0
      ? `${found.length} packets in place of ${results.length}`
      : `packet ${at + 1}: ${hex(found[at] ?? 0)} in place of ${hex(results[at] ?? 0)}`;
  // The same program, run by the libpcap that made it.
  const peer = packetsOf(tcpdump(...given, '-w', '-', expr).stdout);
  const ours = packets.filter((_, i) => (found[i] ?? 0) > 0);
  const isSame = peer.length === ours.length && peer.every(({ bytes }, i) => bytes.equals(ours[i]?.bytes ?? bytes));
  const known = `libpcap ${version} makes another program, and accepts by it what this machine does`;
  return { ...of, outcome: 'differs', why, ...(isSame ? { known } : {}) };
}

/** The packets of a capture. @param {Buffer} file */
function packetsOf(file) {
  const reader = new CaptureReader();
  reader.push(file);
  reader.end();
  /** @type {{ bytes: Buffer, wirelen: number }[]} */
  const packets = [];
  for (let packet = reader.next(); packet !== undefined; packet = reader.next()) {
    const { bytes, start, caplen, wirelen } = packet;
    packets.push({ bytes: Buffer.from(bytes.subarray(start, start + caplen)), wirelen });
  }
  return packets;
}
