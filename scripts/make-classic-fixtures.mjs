// @ts-check
/**
 * Writes `test/data/classic/expressions.json`: the expressions of `classic-expressions.mjs`, the classic BPF that
 * tcpdump makes of them (`tcpdump -ddd`), what libpcap's interpreter says with it of generated packets, and for
 * Ethernet the numbers of the packets of `examples/captures/mixed.pcap` that tcpdump accepts. Needs tcpdump, gcc and
 * libpcap-dev; run it after a change to the capture, the list or the generators:
 * `node scripts/make-classic-fixtures.mjs`.
 *
 * One program a line: { dlt, expression, optimised, snaplen, program, generated, accepted? }. `snaplen` is what an
 * accepted packet returns; `program` is the text of -ddd: the number of instructions, then a line `code jt jf k` for
 * each; `generated` has how many generated packets were accepted, and a digest of the verdicts. Where the optimiser
 * changes nothing, the program without it is left out.
 */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { linkExpressions } from './classic-expressions.mjs';
import { mixedCapture } from './make-captures.mjs';
import { acceptedByTcpdump } from './make-tcpdump-counts.mjs';
import { randomLinkPacket, rng } from './packets.mjs';
import { peer } from './peers.mjs';

/** tcpdump's own when not told. */
const SNAPLEN = 262_144;

/** The seed of all generated packets. */
export const packetSeed = 20_261_124;

/** How many packets are generated for each link type. */
export const packetCount = 20_000;

/** The generated packets of a link type, or the first of them. @param {string} dlt */
export function linkPackets(dlt, count = packetCount) {
  const random = rng(packetSeed);
  return Array.from({ length: count }, () => randomLinkPacket(random, dlt));
}

/**
 * Verdicts of all packets, in short.
 * @param {Uint32Array} verdicts
 * @returns {{ accepted: number, digest: string }} the digest is of the verdicts as little-endian words
 */
export function summary(verdicts) {
  const bytes = Buffer.alloc(4 * verdicts.length);
  for (const [i, verdict] of verdicts.entries()) bytes.writeUInt32LE(verdict, 4 * i);
  const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  return { accepted: verdicts.reduce((sum, verdict) => sum + (verdict === 0 ? 0 : 1), 0), digest };
}

/** @param {boolean} optimised */
const level = (optimised) => (optimised ? [] : ['-O']);

/**
 * The text of `tcpdump -ddd`.
 * @param {{ dlt: string, expression: string, optimised: boolean }} wanted
 */
export function compiledByTcpdump({ dlt, expression, optimised }) {
  const options = [...level(optimised), '-y', dlt, '-s', `${SNAPLEN}`, '-ddd', expression];
  return execFileSync('tcpdump', options, { stdio: ['ignore', 'pipe', 'ignore'] }).toString('latin1');
}

/** The instructions in a text of -ddd. @param {string} text */
function instructions(text) {
  return text
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [code = 0, jt = 0, jf = 0, k = 0] = line.split(' ').map(Number);
      return { code, jt, jf, k };
    });
}

function make() {
  const libpcap = peer('libpcap');
  if (libpcap.machine === undefined) throw new Error(libpcap.lacking);
  const mixed = Buffer.from(mixedCapture());
  const lines = [];
  for (const { dlt, expressions } of linkExpressions) {
    const programs = expressions.flatMap((expression, index) => {
      const compiled = (/** @type {boolean} */ optimised) => {
        const wanted = { dlt, expression, optimised };
        return { ...wanted, snaplen: SNAPLEN, program: compiledByTcpdump(wanted) };
      };
      const optimised = compiled(true);
      const plain = index % 3 === 0 ? compiled(false) : optimised;
      return plain.program === optimised.program ? [optimised] : [optimised, plain];
    });
    const answers = libpcap.machine(
      programs.map(({ program }) => instructions(program)),
      linkPackets(dlt),
    );
    for (const [i, entry] of programs.entries()) {
      const generated = summary(/** @type {typeof answers[0]} */ (answers[i]).verdicts);
      if (generated.accepted === 0 || generated.accepted === packetCount)
        console.error(`${dlt}, ${entry.expression}: accepts ${generated.accepted} of the generated packets`);
      const accepted =
        dlt === 'EN10MB' ? { accepted: acceptedByTcpdump(mixed, entry.expression, level(entry.optimised)) } : {};
      lines.push(JSON.stringify({ ...entry, generated, ...accepted }));
    }
  }
  const target = fileURLToPath(new URL('../test/data/classic/expressions.json', import.meta.url));
  writeFileSync(target, `[\n${lines.join(',\n')}\n]\n`);
  console.log(`${lines.length} programs for ${linkExpressions.length} link types`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) make();
