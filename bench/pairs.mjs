// @ts-check
/**
 * The filters of bench/filters/quality/: for each an expression that its first line names, the filter in Lua with raw
 * loads (raw/), most of them with header fields too (headers/), and the classic program that optimising tcpdump makes
 * of the expression, as recorded in tcpdump.json:
 *
 *   node bench/pairs.mjs     records anew; needs tcpdump
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = new URL('filters/quality/', import.meta.url);
const recorded = new URL('tcpdump.json', folder);

/**
 * @typedef {object} Pair
 * @property {string} name the files' name without `.lua`
 * @property {string} expression in pcap-filter's language
 * @property {string} raw Lua with raw loads, one character a byte
 * @property {string | undefined} headers Lua with header fields
 */

/** @param {string} path */
const source = (path) => readFileSync(new URL(path, folder), 'latin1');

/** @returns {Pair[]} */
export const pairs = () =>
  readdirSync(new URL('raw/', folder)).map((file) => {
    const raw = source(`raw/${file}`);
    const expression = /^-- tcpdump: (.+)\n/.exec(raw)?.[1];
    if (expression === undefined) throw new Error(`${file}: the first line does not name an expression`);
    const headers = existsSync(new URL(`headers/${file}`, folder)) ? source(`headers/${file}`) : undefined;
    return { name: file.replace('.lua', ''), expression, raw, headers };
  });

/** By expression, what `tcpdump -ddd` printed for it. @returns {Record<string, string>} */
export const classicPrograms = () => JSON.parse(readFileSync(recorded, 'utf8')).programs;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  /** @param {string[]} options */
  const tcpdump = (...options) => execFileSync('tcpdump', options, { encoding: 'latin1', stdio: 'pipe' });
  const programs = Object.fromEntries(
    pairs().map(({ expression }) => [expression, tcpdump('-y', 'EN10MB', '-ddd', expression)]),
  );
  const version = tcpdump('--version').split('\n').slice(0, 2).join(', ');
  writeFileSync(recorded, `${JSON.stringify({ version, programs }, null, 1)}\n`);
  console.log(`${Object.keys(programs).length} programs, ${version}`);
}
