// @ts-check
/**
 * Runs the classic programs of other systems' test suites, from checkouts that the user names: what is run, what passes,
 * what differs and why. A checkout is told by the files that are in it; none of them comes with this project.
 *
 *   npm run suites -- --suite DIR [--suite DIR …]
 *
 * Exit codes: 0, 1 where something differs without a known reason, 2 where a suite is not there or cannot be read.
 */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SourceProblem } from './suites/c-text.mjs';
import * as freebsd from './suites/freebsd.mjs';
import { knownDifferences } from './suites/hosts.mjs';
import * as libpcap from './suites/libpcap.mjs';
import * as linux from './suites/linux.mjs';
import * as netbsd from './suites/netbsd.mjs';

/** @typedef {import('./suites/entry.mjs').Result} Result */

const suites = [freebsd, netbsd, linux, libpcap];

/** @type {(message: string, hint?: string) => never} */
function stop(message, hint) {
  console.error(`suites: ${message}${hint === undefined ? '' : `\n  ${hint}`}`);
  process.exit(2);
}

/** The checkouts that the command line names. */
function named() {
  const usage = 'npm run suites -- --suite DIR [--suite DIR …]';
  try {
    const { values } = parseArgs({ options: { suite: { type: 'string', multiple: true } } });
    return values.suite ?? stop('no checkout is named', usage);
  } catch (error) {
    return stop(error instanceof Error ? error.message : String(error), usage);
  }
}

/** The suites that a checkout holds. @param {string} root */
function suitesIn(root) {
  if (statSync(root, { throwIfNoEntry: false })?.isDirectory() !== true) stop(`${root}: no such folder`);
  const found = suites.filter(({ markers }) => markers.some((path) => existsSync(join(root, path))));
  const wanted = suites.map(({ title, markers }) => `${title}: ${markers.join(' or ')}`).join('\n  ');
  return found.length > 0 ? found : stop(`${root}: none of the suites is there, by these files:`, wanted);
}

/** @param {typeof suites[number]} suite @param {string} root @returns {Result[]} */
function resultsOf({ files, run }, root) {
  try {
    return files(root)
      .flatMap((path) => run(root, path))
      .map(withReason);
  } catch (error) {
    if (error instanceof SourceProblem) return stop(`${root}: ${error.message}`);
    throw error;
  }
}

/** @param {Result} result @returns {Result} */
function withReason(result) {
  const known = knownDifferences.find(({ entries }) => entries.test(result.name))?.why;
  return result.outcome !== 'differs' || known === undefined ? result : { known, ...result };
}

/** @param {Result[]} results */
function counts(results) {
  const of = (/** @type {Result['outcome']} */ outcome) =>
    results.filter((result) => result.outcome === outcome).length;
  const [passed, differs, skipped] = [of('passed'), of('differs'), of('not applicable')];
  const unknown = results.filter(({ outcome, known }) => outcome === 'differs' && known === undefined).length;
  return [results.length, passed + differs, passed, differs, unknown, skipped];
}

/** Names to the left, numbers to the right. @param {string[][]} rows */
function table(rows) {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const cell = (/** @type {string} */ text, /** @type {number} */ i) =>
    i === 0 ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0);
  return rows.map((row) => row.map(cell).join('  ')).join('\n');
}

const measured = named().flatMap((root) =>
  suitesIn(root).map((suite) => ({ title: suite.title, results: resultsOf(suite, root) })),
);
const head = ['suite', 'entries', 'run', 'passed', 'differs', 'unexplained', 'not applicable'];
console.log(table([head, ...measured.map(({ title, results }) => [title, ...counts(results).map(String)])]));
for (const { title, results } of measured) {
  const others = results.filter(({ outcome }) => outcome !== 'passed');
  if (others.length > 0) console.log(`\n${title}`);
  for (const { name, place, outcome, why, known } of others)
    console.log(`  ${outcome}: ${name} (${place}): ${why}${known === undefined ? '' : `\n    ${known}`}`);
}
const isExplained = measured.every(({ results }) =>
  results.every(({ outcome, known }) => outcome !== 'differs' || known),
);
process.exitCode = isExplained ? 0 : 1;
