// @ts-check
/**
 * Writes `test/data/differences.json`: what tcpdump compiles of the expressions in docs/differences.md, for Ethernet.
 * Needs tcpdump; run it after a change to the page: `node scripts/make-differences.mjs`.
 */

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { tcpdumpVersion } from './make-tcpdump-counts.mjs';

/** @param {string} path from the project's root */
const inProject = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/**
 * @typedef {object} Difference
 * @property {string} title
 * @property {Uint8Array} packet
 * @property {string} expression of tcpdump's language
 * @property {string} tcpdump what it does with the packet: accepts or rejects
 * @property {string} body of the filter
 * @property {string} luabpf what that does with it
 */

/** The packets of the page, and what is said of them. @returns {Difference[]} */
export function differences() {
  const sections = readFileSync(inProject('docs/differences.md'), 'utf8').split(/^## /m).slice(1);
  return sections.map((section) => {
    const [title = ''] = section.split('\n');
    const hex = /^```text\n([\da-f\s]+)```$/m.exec(section)?.[1];
    const rows = [...section.matchAll(/^\| `(.+)` \| (accepts|rejects) \|$/gm)].map(([, text = '', says = '']) => ({
      text: text.replaceAll('\\|', '|'),
      says,
    }));
    const [first, second] = rows;
    if (hex === undefined || first === undefined || second === undefined || rows.length !== 2)
      throw new Error(`docs/differences.md: "${title}" is no packet with two answers`);
    const packet = Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'));
    return { title, packet, expression: first.text, tcpdump: first.says, body: second.text, luabpf: second.says };
  });
}

/** What tcpdump compiles of an expression. @param {string} expression */
export const compiledByTcpdump = (expression) =>
  execFileSync('tcpdump', ['-ddd', '-y', 'EN10MB', expression], { stdio: ['ignore', 'pipe', 'ignore'] }).toString();

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const tcpdump = tcpdumpVersion();
  if (tcpdump === undefined) throw new Error('tcpdump is not installed');
  const programs = differences().map(({ expression }) =>
    JSON.stringify({ expression, program: compiledByTcpdump(expression) }),
  );
  const text = `{\n"tcpdump":${JSON.stringify(tcpdump)},\n"programs":[\n${programs.join(',\n')}\n]\n}\n`;
  writeFileSync(inProject('test/data/differences.json'), text);
  console.log(`${programs.length} expressions, tcpdump ${tcpdump}`);
}
