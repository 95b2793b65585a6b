// @ts-check
/**
 * What clang makes of `wasm.c`, on packets in its memory: `node clang-wasm.mjs FILTERS.wasm batch|call CAPTURE`. A line
 * of JSON a workload, as `native.c` prints them.
 */
import { readFileSync } from 'node:fs';
import { drawn, drawnFrom, makeLoop, readPackets, timed } from './capture.mjs';
import { webAssembly } from './webassembly.mjs';

const [binary = '', mode, path = ''] = process.argv.slice(2);
const packets = readPackets(path).slice(0, drawnFrom);
const order = drawn(packets.length);
const { exports } = new webAssembly.Instance(new webAssembly.Module(readFileSync(binary)));
const heap = /** @type {{ value: number }} */ (exports.__heap_base).value;
const memory = /** @type {import('./webassembly.mjs').Memory} */ (exports.memory);
/** @param {string} name */
const exported = (name) => /** @type {(...values: number[]) => number} */ (exports[name]);

const total = packets.reduce((sum, { bytes }) => sum + bytes.length, 0);
const base = (heap + 63) & ~63;
const words = { start: (base + total + 63) & ~63, caplen: 0, order: 0 };
words.caplen = words.start + 4 * packets.length;
words.order = words.caplen + 4 * packets.length;
memory.grow(Math.ceil((words.order + 4 * order.length) / 65536));
const { buffer } = memory;
const start = new Uint32Array(buffer, words.start, packets.length);
const caplen = new Uint32Array(buffer, words.caplen, packets.length);
new Uint32Array(buffer, words.order, order.length).set(order);
let at = base;
for (const [i, { bytes }] of packets.entries()) {
  new Uint8Array(buffer, at, bytes.length).set(bytes);
  start[i] = at;
  caplen[i] = bytes.length;
  at += bytes.length;
}

for (const [number, workload] of ['w1', 'w2', 'w3', 'w4', 'w5', 'w1i', 'w2i'].entries()) {
  const loop = makeLoop(number, 'run(start[i], caplen[i])');
  const filter = exported(workload);
  const overDraws = exported(`batch_${workload}`);
  const batch = () => overDraws(words.start, words.caplen, words.order, order.length);
  const calls = () => loop(filter, start, caplen, caplen, order);
  console.log(JSON.stringify({ workload, ...timed(order.length, mode === 'batch' ? batch : calls) }));
}
