// @ts-check
/**
 * The packets that every engine is measured on, and how a pass over them is timed; `native.c` and `luajit.lua` do the
 * same.
 */
import { readFileSync } from 'node:fs';
import { CaptureReader } from '../../dist/capture/index.js';
import { MachineMemory, record } from '../../dist/vm/index.js';

/** So many draws a pass, from the first so many packets. */
export const draws = 200_000;
export const drawnFrom = 2000;
/** What native code needs no more than one of; what compiles itself while it runs, some. */
const warmUp = 4;
const passes = 5;

/** @typedef {{ readonly bytes: Uint8Array, readonly wirelen: number }} Packet */

/** @param {string} path @returns {Packet[]} */
export function readPackets(path) {
  const reader = new CaptureReader();
  reader.push(readFileSync(path));
  reader.end();
  const list = [];
  for (let packet = reader.next(); packet !== undefined; packet = reader.next()) {
    const { bytes, start, caplen, wirelen } = packet;
    list.push({ bytes: bytes.subarray(start, start + caplen), wirelen });
  }
  return list;
}

/** By draw, the number of a packet. @param {number} packets how many there are @param {number} [count] */
export function drawn(packets, count = draws) {
  const order = new Uint32Array(count);
  for (let i = 0, seed = 12345; i < count; i++) {
    seed = (seed * 16807) % 2147483647;
    order[i] = seed % Math.min(packets, drawnFrom);
  }
  return order;
}

/**
 * Packets in a memory of engines, and records for `batch`, one a draw.
 * @param {readonly Packet[]} packets @param {Uint32Array} order
 */
export function placed(packets, order) {
  const memory = new MachineMemory(2 ** 24);
  const start = new Uint32Array(packets.length);
  const caplen = Uint32Array.from(packets, ({ bytes }) => bytes.length);
  const wirelen = Uint32Array.from(packets, (packet) => packet.wirelen);
  const total = caplen.reduce((sum, length) => sum + length, 0);
  const [room, records] = [memory.allocate(total), memory.allocate(order.length * record.size).at];
  let at = room.at;
  for (const [i, { bytes }] of packets.entries()) {
    start[i] = at;
    memory.bytes.set(bytes, at);
    at += bytes.length;
  }
  for (const [draw, i] of order.entries())
    memory.words.set([start[i] ?? 0, caplen[i] ?? 0, wirelen[i] ?? 0], (records + draw * record.size) / 4);
  return { memory, records, start, caplen, wirelen, longest: caplen.reduce((a, b) => Math.max(a, b), 0) };
}

/**
 * The best of some passes, in nanoseconds a packet, and what the last one accepted.
 * @param {number} count packets a pass @param {() => number} pass
 */
export function timed(count, pass) {
  let best = Number.POSITIVE_INFINITY;
  let accepted = 0;
  for (let i = -warmUp; i < passes; i++) {
    const begin = process.hrtime.bigint();
    accepted = pass();
    const ns = Number(process.hrtime.bigint() - begin) / count;
    if (i >= 0) best = Math.min(best, ns);
  }
  return { ns: Number(best.toFixed(3)), accepted };
}

/**
 * A loop for each filter that is called, from a text of its own: from a loop that several share, a call takes twice as
 * long.
 * @param {number} number that makes it another text
 * @param {string} call an expression of the packet `i`
 */
export const makeLoop = (number, call) =>
  new Function(
    'run',
    'start',
    'caplen',
    'wirelen',
    'order',
    `/* ${number} */
     let accepted = 0;
     for (let draw = 0; draw < order.length; draw++) {
       const i = order[draw];
       if (${call} !== 0) accepted++;
     }
     return accepted;`,
  );
