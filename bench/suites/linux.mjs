// @ts-check
/** Linux's lib/test_bpf.c: a table of programs, data, and verdicts by how much of the data the packet has. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { linux as prelude } from './bpf-h.mjs';
import { CFile } from './c.mjs';
import { bytesOf, CArray, CStruct, integer, itemsOf, unsigned, wordsOf } from './c-values.mjs';
import { attempted, judged } from './entry.mjs';
import { hosts, skbAncillary } from './hosts.mjs';

/** @import { Initialiser } from './c-values.mjs' */
/** @import { Result } from './entry.mjs' */

export const title = 'Linux test_bpf';
const path = 'lib/test_bpf.c';
export const markers = [path];
export const files = () => [path];

/** Members of struct bpf_test, as initialisers without names fill them. */
const members = ['descr', 'u', 'aux', 'data', 'test', 'fill_helper', 'expected_errcode', 'frag_data'];
const given =
  'ETH_P_IP ETH_HLEN SKB_TYPE SKB_DEV_IFINDEX SKB_MARK SKB_QUEUE_MAP SKB_DEV_TYPE SKB_HASH SKB_VLAN_TCI SKB_VLAN_PRESENT'.split(
    ' ',
  );
/** MAX_DATA: bytes of data, and of the piece of a packet that lies elsewhere. */
const dataBytes = 128;
const flags = { noData: 1n, expectedFail: 2n, fragment: 4n, classic: 1n << 6n };

/** @param {string} root @returns {Result[]} */
export function run(root) {
  // What its packets are given stands in macros; a variable each makes them values.
  const asked = given.map((name) => `\nstatic unsigned value_of_${name} = ${name};`).join('');
  const text = `${readFileSync(join(root, path), 'latin1')}${asked}`;
  const file = new CFile(path, text, { prelude, builtins: builtins() });
  const ancillary = skbAncillary((name) => unsigned(file.value(`value_of_${name}`), 32));
  const host = { ...hosts.linux, ancillary };
  return file.items('tests').flatMap(({ value }) => {
    const entry = membersOf(value);
    const flagged = integer(file.scalar(entry('aux') ?? []));
    if ((flagged & flags.classic) === 0n) return [];
    const of = { name: String(file.scalar(entry('descr') ?? [])), place: path };
    const isRefused = (flagged & flags.expectedFail) !== 0n;
    return [
      attempted(of, () => judged(of, codeOf(file, entry), host, isRefused ? 'refused' : runsOf(file, entry, flagged))),
    ];
  });
}

/** The members of an entry, by name. @param {Initialiser} entry @returns {(name: string) => Initialiser | undefined} */
function membersOf(entry) {
  /** @type {Map<string, Initialiser>} */
  const found = new Map();
  let at = 0;
  for (const { path, value } of Array.isArray(entry) ? entry : []) {
    const [name] = path;
    if (typeof name === 'string') at = members.indexOf(name);
    found.set(members[at++] ?? '', value);
  }
  return (name) => found.get(name);
}

/** The program: in the table, or made by a function that it names. @param {CFile} file @param {(name: string) => Initialiser | undefined} entry */
function codeOf(file, entry) {
  const fill = file.scalar(entry('fill_helper') ?? []);
  if (typeof fill !== 'function') return wordsOf(file.array(entry('u') ?? [], 'structs'));
  const pointer = new CStruct();
  fill(new CStruct(new Map([['u', new CStruct(new Map([['ptr', pointer]]))]])));
  return wordsOf(pointer.members.get('insns'), unsigned(pointer.members.get('len'), 32));
}

/**
 * What the program is run on: as many bytes of the data as a test says, the fragment behind them.
 * @param {CFile} file @param {(name: string) => Initialiser | undefined} entry @param {bigint} flagged
 */
function runsOf(file, entry, flagged) {
  const bytes = (/** @type {string} */ name) => bytesOf(file.array(entry(name) ?? [], 'bytes'), dataBytes);
  const tests = entry('test');
  const runs = (Array.isArray(tests) ? tests : []).map(({ value }) => {
    const items = itemsOf(file.array(value, 'bytes', 2));
    return { size: unsigned(items[0], 32), verdict: unsigned(items[1], 32) };
  });
  const end = runs.findIndex(({ size, verdict }) => size === 0 && verdict === 0);
  return runs.slice(0, end < 0 ? undefined : end).map(({ size, verdict }) => {
    const data = (flagged & flags.noData) === 0n ? bytes('data').subarray(0, size) : new Uint8Array(0);
    const packet = (flagged & flags.fragment) === 0n ? data : Uint8Array.of(...data, ...bytes('frag_data'));
    return { packet, wirelen: packet.length, caplen: packet.length, verdict };
  });
}

/** What the functions that make programs call. @returns {Readonly<Record<string, import('./c-cursor.mjs').Builtin>>} */
function builtins() {
  let state = [0, 0, 0, 0];
  return {
    kmalloc_array: () => new CArray([], 8),
    prandom_seed_state: ([, seed]) => {
      state = seeded(integer(seed));
      return 0n;
    },
    prandom_u32_state: () => {
      state = state.map((s, i) => next(s, /** @type {[number, number, number, number]} */ (steps[i])));
      return BigInt(state.reduce((all, s) => all ^ s, 0) >>> 0);
    },
  };
}

/** Linux's generator for such tests is L'Ecuyer's taus113 (lib/random32.c): its four parts, by shift, shift, mask, shift. */
const steps = [
  [6, 13, 0xfffffffe, 18],
  [2, 27, 0xfffffff8, 2],
  [13, 21, 0xfffffff0, 7],
  [3, 12, 0xffffff80, 13],
];

/** @param {number} s @param {[number, number, number, number]} step */
const next = (s, [a, b, mask, d]) => (((s & mask) << d) ^ (((s << a) ^ s) >>> b)) >>> 0;

/** @param {bigint} seed */
function seeded(seed) {
  const mixed = Number(BigInt.asUintN(32, (seed >> 32n) ^ (seed << 10n) ^ seed));
  return [2, 8, 16, 128].map((least) => (mixed < least ? mixed + least : mixed));
}
