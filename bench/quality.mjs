// @ts-check
/**
 * Our code beside tcpdump's: the instructions that a packet takes on the longest path, and those of the whole program.
 *
 *   node bench/quality.mjs
 *
 * First filters with raw loads, which reject what is cut off at the same byte as the expression does, then the same
 * with header fields, which look behind VLAN tags, options and extension headers, as the expressions do not.
 */
import { compile } from '../dist/compiler/index.js';
import { bound, defaultHost, parseClassicText, validate } from '../dist/vm/index.js';
import { classicPrograms, pairs } from './pairs.mjs';

/** @param {import('../dist/vm/index.js').Program} program */
function lengths(program) {
  const { validated } = validate(program, defaultHost);
  if (validated === undefined) throw new Error('refused');
  return { longest: bound(validated, defaultHost).at(1500), size: program.code.length };
}

/** @param {string} source */
function compiled(source) {
  const { program, diagnostics } = compile(source);
  if (program === undefined) throw new Error(JSON.stringify(diagnostics));
  return lengths(program);
}

const programs = classicPrograms();
/** @type {string[][]} */
const raw = [];
/** @type {string[][]} */
const headers = [];
for (const pair of pairs()) {
  const { program } = parseClassicText(programs[pair.expression] ?? '');
  if (program === undefined) throw new Error(`${pair.expression} is not recorded: node bench/pairs.mjs`);
  const theirs = lengths(program);
  const row = (/** @type {string} */ source) => {
    const ours = compiled(source);
    const ratio = (ours.longest / theirs.longest).toFixed(2);
    return [
      pair.expression,
      ...[theirs.longest, ours.longest].map(String),
      ratio,
      ...[theirs.size, ours.size].map(String),
    ];
  };
  raw.push(row(pair.raw));
  if (pair.headers !== undefined) headers.push(row(pair.headers));
}
for (const [title, rows] of /** @type {const} */ ([
  ['raw loads', raw],
  ['header fields', headers],
])) {
  console.log(`\n${title}\n`);
  console.log('| expression | longest path: tcpdump | luabpf | ratio | size: tcpdump | luabpf |');
  console.log('|---|---|---|---|---|---|');
  for (const [expression, ...figures] of rows) console.log(`| \`${expression}\` | ${figures.join(' | ')} |`);
}
