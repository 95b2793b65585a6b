// @ts-check
/**
 * The memory of `luabpf run --engine=lua` over a million packets, and how fast it is: examples/captures/mixed.pcap
 * again and again, by way of standard input. Prints the resident set size at every tenth of the way.
 *
 *   node bench/lua-memory.mjs [PACKETS A STATE] [PACKETS] [ENGINE]
 *
 * Needs Linux, or a `ps`.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CaptureReader } from '../dist/capture/index.js';

const [statePackets = '1000', total = '1000000', engine = 'lua'] = process.argv.slice(2);
const inProject = (/** @type {string} */ path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

const capture = readFileSync(inProject('examples/captures/mixed.pcap'));
const fileHeader = capture.subarray(0, 24);
const records = capture.subarray(24);

function packetsOfCapture() {
  const reader = new CaptureReader();
  reader.push(capture);
  reader.end();
  let count = 0;
  while (reader.next() !== undefined) count++;
  return count;
}

/** Resident set size in MB. @param {number} pid */
function residentSize(pid) {
  const status = `/proc/${pid}/status`;
  const kilobytes = existsSync(status)
    ? /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(status, 'latin1'))?.[1]
    : execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'latin1' });
  return Number(kilobytes) / 1024;
}

const options = ['run', `--engine=${engine}`, '--lua-state-packets', statePackets];
const child = spawn(
  process.execPath,
  [inProject('dist/bin/luabpf.js'), ...options, inProject('examples/web.lua'), '-'],
  {
    stdio: ['pipe', 'inherit', 'inherit'],
  },
);
const ended = once(child, 'exit');
child.stdin.write(fileHeader);
const each = packetsOfCapture();
const rounds = Math.ceil(Number(total) / each);
let shown = 0;
for (let round = 1; round <= rounds; round++) {
  if (!child.stdin.write(records)) await once(child.stdin, 'drain');
  if (round < ((shown + 1) * rounds) / 10) continue;
  shown++;
  const packets = (round * each).toLocaleString('en-US').padStart(11);
  console.log(`${packets} packets  ${residentSize(child.pid ?? 0).toFixed(0)} MB`);
}
child.stdin.end();
await ended;
