// @ts-check
/**
 * The compiled engine on packets in its memory, a line of JSON a workload as `native.c` prints them:
 *
 *   node ours.mjs batch CAPTURE      many packets a call
 *   node ours.mjs call CAPTURE       one packet a call, each filter from a loop of its own
 *   node ours.mjs verdicts CAPTURE   of each workload, a digit for every packet
 *   node ours.mjs scaling            ns a packet against the length of its payload
 */
import { readFileSync } from 'node:fs';
import { compile } from '../../dist/compiler/index.js';
import { hostWith, Jit, validate } from '../../dist/vm/index.js';
import { ethernet, ipv4, join, rng, u16, u32 } from '../../scripts/packets.mjs';
import { drawn, drawnFrom, makeLoop, placed, readPackets, timed } from './capture.mjs';

const workloads = ['w1', 'w2', 'w3', 'w4', 'w5', 'w1i', 'w2i', 'w4f'];

/** @typedef {import('../../dist/vm/index.js').MachineMemory} MachineMemory */

/** @param {string} name of a workload @param {MachineMemory} memory */
function load(name, memory) {
  const { program, diagnostics } = compile(readFileSync(new URL(`../filters/${name}.lua`, import.meta.url)));
  if (program === undefined) throw new Error(`${name}: ${JSON.stringify(diagnostics)}`);
  const host = hostWith();
  const { validated, refusals } = validate(program, host);
  if (validated === undefined) throw new Error(`${name}: ${JSON.stringify(refusals)}`);
  return new Jit(validated, host, { memory });
}

/** @param {object} line */
const print = (line) => console.log(JSON.stringify(line));

/** @param {string} path */
function batch(path) {
  const packets = readPackets(path);
  const order = drawn(packets.length);
  const { memory, records, longest } = placed(packets.slice(0, drawnFrom), order);
  for (const workload of workloads) {
    const jit = load(workload, memory);
    print({ workload, ...timed(order.length, () => jit.batch(records, order.length, longest)) });
  }
}

/** @param {string} path */
function call(path) {
  const packets = readPackets(path);
  const order = drawn(packets.length);
  const { memory, start, caplen, wirelen, longest } = placed(packets.slice(0, drawnFrom), new Uint32Array(0));
  for (const [number, workload] of workloads.entries()) {
    const run = load(workload, memory).entry(longest);
    const loop = makeLoop(number, 'run(start[i], caplen[i], wirelen[i])');
    print({ workload, ...timed(order.length, () => loop(run, start, caplen, wirelen, order)) });
  }
}

/** @param {string} path */
function verdicts(path) {
  const packets = readPackets(path);
  const { memory, start, caplen, wirelen } = placed(packets, new Uint32Array(0));
  for (const workload of workloads) {
    const jit = load(workload, memory);
    const digits = packets.map((_, i) => (jit.runAt(start[i] ?? 0, caplen[i] ?? 0, wirelen[i] ?? 0) === 0 ? '0' : '1'));
    print({ workload, verdicts: digits.join('') });
  }
}

const ends = { src: '192.0.2.1', dst: '198.51.100.10' };

/** TCP from 1024 to 443 with a payload of small letters, none of which begins an "attack". @param {number} length @param {number} seed */
function segment(length, seed) {
  const random = rng(seed);
  const payload = Uint8Array.from({ length }, () => 0x62 + random.below(25));
  const tcp = join(u16(1024), u16(443), u32(1), u32(1), [0x50, 0x18], u16(65535), u16(0), u16(0), payload);
  const bytes = ethernet({ type: 0x0800 }, ipv4({ ...ends, proto: 6 }, tcp));
  return { bytes, wirelen: bytes.length };
}

function scaling() {
  const distinct = 16;
  for (let length = 64; length <= 65536; length *= 2) {
    const packets = Array.from({ length: distinct }, (_, i) => segment(length, length + i));
    for (const filter of ['w4', 'w4f', 'w1']) {
      const count = filter === 'w1' ? 20_000 : Math.max(distinct, Math.floor(2 ** 22 / length));
      const { memory, records, longest } = placed(packets, drawn(distinct, count));
      const jit = load(filter, memory);
      const { ns } = timed(count, () => jit.batch(records, count, longest));
      print({ filter, length, ns });
    }
  }
}

const [mode, path] = process.argv.slice(2);
if (mode === 'batch' && path !== undefined) batch(path);
else if (mode === 'call' && path !== undefined) call(path);
else if (mode === 'verdicts' && path !== undefined) verdicts(path);
else if (mode === 'scaling') scaling();
else throw new Error('ours.mjs batch|call|verdicts CAPTURE, or scaling');
