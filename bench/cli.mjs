// @ts-check
/**
 * `luabpf run` beside `tcpdump -r -w` on a capture of 1 GB, W1, everything pinned to one core, the page cache warm: to
 * /dev/null, to a file, and from a pipe; how long a small capture takes beyond `node -e 0`. In every round each is run
 * once, one after another; what counts is the best of all rounds, which all must accept the same packets.
 *
 *   node bench/cli.mjs [ROUNDS] [BYTES]
 *
 * Writes bench/results/cli.json and prints the table of docs/performance.md. Needs Linux with tcpdump, taskset, GNU time,
 * and room for two such captures; the capture is that of ../shared/anchors, again and again, or else random packets.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PcapWriter } from '../dist/capture/index.js';
import { randomPacket, rng } from '../scripts/packets.mjs';
import { cliTable } from './cli/report.mjs';

const [rounds = '10', bytes = String(2 ** 30)] = process.argv.slice(2);
const inProject = (/** @type {string} */ path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'luabpf-bench-'));
const inFolder = (/** @type {string} */ name) => join(folder, name);
const capture = inFolder('large.pcap');
const small = inProject('examples/captures/mixed.pcap');
const luabpf = ['node', inProject('dist/bin/luabpf.js'), 'run', inProject('bench/filters/w1.lua')];
const tcpdump = ['tcpdump', '-r', capture, '-w'];
const w1 = 'tcp port 80';

/** One capture of 200,000 packets. @returns {Buffer} */
function source() {
  const anchors = inProject('../shared/anchors/gen.mjs');
  if (existsSync(anchors)) {
    execFileSync(process.execPath, [anchors, inFolder('one.pcap')], { stdio: 'ignore' });
    return readFileSync(inFolder('one.pcap'));
  }
  const random = rng(1);
  /** @type {Uint8Array[]} */
  const parts = [];
  const writer = new PcapWriter((part) => parts.push(part.slice()), { linktype: 1 });
  for (let index = 0; index < 200_000; index++) {
    const { bytes, wirelen } = randomPacket(random);
    writer.write({ bytes, start: 0, caplen: bytes.length, wirelen, time: BigInt(index) * 1000n });
  }
  writer.flush();
  return Buffer.concat(parts);
}

/**
 * Seconds of wall time and kilobytes of memory that a command takes.
 * @param {string[]} command
 * @param {string} [input] a file that comes over a pipe
 */
function measure(command, input) {
  const words = [...command].map((word) => `'${word}'`).join(' ');
  const timed = `taskset -c 0 /usr/bin/time -f '%e %M' -o '${inFolder('time')}' ${words}`;
  const start = process.hrtime.bigint();
  // The one that fills the pipe has the other core.
  const { status, stderr } = spawnSync('sh', [
    '-c',
    input === undefined ? timed : `taskset -c 1 cat '${input}' | ${timed}`,
  ]);
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  if (status !== 0) throw new Error(`${command.join(' ')}: ${stderr}`);
  const [, kilobytes] = readFileSync(inFolder('time'), 'latin1').trim().split(' ').map(Number);
  return { seconds, kilobytes: kilobytes ?? 0 };
}

try {
  const one = source();
  writeFileSync(capture, one);
  while (statSync(capture).size < Number(bytes)) appendFileSync(capture, one.subarray(24));
  const [ours, theirs] = [inFolder('ours.pcap'), inFolder('theirs.pcap')];
  /** @type {Record<string, { command: string[], input?: string }>} */
  const commands = {
    'tcpdump to /dev/null': { command: [...tcpdump, '/dev/null', w1] },
    'luabpf to /dev/null': { command: [...luabpf, capture, '-w', '/dev/null'] },
    'tcpdump to a file': { command: [...tcpdump, theirs, w1] },
    'luabpf to a file': { command: [...luabpf, capture, '-w', ours] },
    'tcpdump from a pipe': { command: ['tcpdump', '-r', '-', '-w', '/dev/null', w1], input: capture },
    'luabpf from a pipe': { command: [...luabpf, '-', '-w', '/dev/null'], input: capture },
    'luabpf, a small capture': { command: [...luabpf, small] },
    'node -e 0': { command: ['node', '-e', '0'] },
  };
  /** @type {Record<string, { seconds: number, megabytes: number }>} */
  const best = {};
  for (let round = 0; round < Number(rounds); round++)
    for (const [name, { command, input }] of Object.entries(commands)) {
      const { seconds, kilobytes } = measure(command, input);
      const before = best[name];
      best[name] = {
        seconds: Math.min(before?.seconds ?? Infinity, seconds),
        megabytes: Math.max(before?.megabytes ?? 0, Math.round(kilobytes / 1024)),
      };
    }
  if (Buffer.compare(readFileSync(ours), readFileSync(theirs)) !== 0) throw new Error('the outputs are not the same');
  const version = execFileSync('sh', ['-c', 'tcpdump --version 2>&1'], { encoding: 'latin1' }).split('\n')[0];
  const results = {
    machine: `${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}, ${version}`,
    date: new Date().toISOString().slice(0, 10),
    rounds: Number(rounds),
    bytes: statSync(capture).size,
    best,
  };
  writeFileSync(new URL('results/cli.json', import.meta.url), `${JSON.stringify(results, null, 2)}\n`);
  console.log(cliTable(results));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
