// @ts-check
/**
 * Writes `test/data/examples/tcpdump.json`: for each filter of `test/data/examples/tcpdump/` the expression that its
 * first line names, and the numbers of the packets of `examples/captures/mixed.pcap` that tcpdump accepts by it.
 * Needs tcpdump; run it after a change to the capture or the filters: `node scripts/make-tcpdump-counts.mjs`.
 */

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** @param {string} path from the project's root */
const inProject = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const folder = inProject('test/data/examples/tcpdump/');

/** The expression that a filter's first line names. @param {string} source */
export function expressionOf(source) {
  const expression = /^-- tcpdump: (.+)\n/.exec(source)?.[1];
  if (expression === undefined) throw new Error('the first line does not name an expression');
  return expression;
}

/** The filters with a twin in tcpdump, by name. */
export const twins = () =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.lua'))
    .sort()
    .map((file) => {
      const source = readFileSync(folder + file, 'latin1');
      return { name: file.slice(0, -'.lua'.length), source, expression: expressionOf(source) };
    });

/** tcpdump's and libpcap's versions in one line; undefined where tcpdump is not installed. */
export function tcpdumpVersion() {
  try {
    const text = execFileSync('tcpdump', ['--version'], { stdio: ['ignore', 'pipe', 'pipe'] }).toString('latin1');
    const versions = /tcpdump version (\S+)\nlibpcap version (\S+)/.exec(text);
    return versions === null ? undefined : `${versions[1]}, libpcap ${versions[2]}`;
  } catch {
    return undefined;
  }
}

/** The times of the packets in a little-endian pcap, as text. @param {Buffer} file */
function times(file) {
  const found = [];
  for (let at = 24; at < file.length; at += 16 + file.readUInt32LE(at + 8)) {
    found.push(`${file.readUInt32LE(at)}.${file.readUInt32LE(at + 4)}`);
  }
  return found;
}

/**
 * The numbers of the packets that tcpdump accepts, from 1.
 * @param {Buffer} file a little-endian pcap whose packets have a time each of their own
 * @param {string} expression
 * @param {readonly string[]} [level] `-O` to go without the optimiser
 */
export function acceptedByTcpdump(file, expression, level = []) {
  const numbers = new Map(times(file).map((time, index) => [time, index + 1]));
  const stdio = /** @type {const} */ (['pipe', 'pipe', 'ignore']);
  const options = { input: file, stdio: [...stdio], maxBuffer: 1 << 28 };
  const kept = execFileSync('tcpdump', [...level, '-r', '-', '-w', '-', expression], options);
  return times(kept).map((time) => /** @type {number} */ (numbers.get(time)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const tcpdump = tcpdumpVersion();
  if (tcpdump === undefined) throw new Error('tcpdump is not installed');
  const file = readFileSync(inProject('examples/captures/mixed.pcap'));
  const lines = twins().map(({ name, expression }) =>
    JSON.stringify({ name, expression, accepted: acceptedByTcpdump(file, expression) }),
  );
  const text = `{\n"tcpdump":${JSON.stringify(tcpdump)},\n"filters":[\n${lines.join(',\n')}\n]\n}\n`;
  writeFileSync(inProject('test/data/examples/tcpdump.json'), text);
  console.log(`${lines.length} filters, tcpdump ${tcpdump}`);
}
