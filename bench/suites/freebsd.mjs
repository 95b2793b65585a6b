// @ts-check
/** FreeBSD's tools/regression/bpf/bpf_filter: a header a test, with the program, the packet and what is expected. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freebsd as prelude } from './bpf-h.mjs';
import { CFile } from './c.mjs';
import { bytesOf, sizeOf, unsigned, wordsOf } from './c-values.mjs';
import { attempted, judged } from './entry.mjs';
import { hosts } from './hosts.mjs';

export const title = 'FreeBSD bpf_filter';
const folder = 'tools/regression/bpf/bpf_filter/tests';

/** @param {string} root */
export const files = (root) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.h'))
    .sort()
    .map((name) => `${folder}/${name}`);
export const markers = [folder];

/** @param {string} root @param {string} path @returns {import('./entry.mjs').Result[]} */
export function run(root, path) {
  const file = new CFile(path, readFileSync(join(root, path), 'latin1'), { prelude, builtins: {} });
  const of = { name: path.replace(/^.*\/|\.h$/g, ''), place: path };
  return [attempted(of, () => outcome(of, file))];
}

/** @param {{ name: string, place: string }} of @param {CFile} file @returns {import('./entry.mjs').Result} */
function outcome(of, file) {
  const code = wordsOf(file.value('pc'));
  if (code.length === 0)
    return { ...of, outcome: 'not applicable', why: 'no instructions, which this kernel takes to accept all' };
  const [wirelen = 0, buflen = 0, verdict = 0] = ['wirelen', 'buflen', 'expect'].map((name) =>
    unsigned(file.value(name), 32),
  );
  const bytes = file.value('pkt');
  // Some tests claim more bytes than they have, and do not read them.
  const caplen = Math.min(buflen, sizeOf(bytes));
  const run = { packet: bytesOf(bytes, caplen), wirelen, caplen, verdict };
  return judged(of, code, hosts.freebsd, file.value('invalid') === 0n ? [run] : 'refused');
}
