// @ts-check
/**
 * Updates of a hash a second: `hash:add(key, 1)` for each packet of a batch, in the engine's memory, by how many entries
 * there are and what the keys are. The minimum over rounds, in nanoseconds, with what the filter takes without the hash
 * in it; and the bytes that the state takes.
 */
import { compile } from '../dist/compiler/index.js';
import { load, MachineMemory, record, State, stateBytes } from '../dist/vm/index.js';
import { rng } from '../scripts/packets.mjs';

const [rounds = 5] = process.argv.slice(2).map(Number);
const count = 4096;
const batches = 200;
const packetBytes = 64;

/** Keys by the number of an update, below the number of entries or twice that; `hostile` ones differ where a plain hash looks least. */
const keys = {
  random: (/** @type {number} */ n) => [0, n],
  'random, half of them evict': (/** @type {number} */ n) => [0, 2 * n],
  'hostile: multiples of 2^16': (/** @type {number} */ n) => [n >>> 16, (n << 16) >>> 0],
  'hostile: the highest bits': (/** @type {number} */ n) => [(n << 8) >>> 0, 0],
};

const filterOf = (/** @type {number} */ size) => `local state = require "state"
local hash = state.hash(${size})
return function(pkt) return hash:add(pkt:u64(0), 1) end`;

console.log('entries     MB     keys                           ns   million/s  to random');
for (const size of [65_536, 1_000_000, 10_000_000]) {
  let random = 0;
  for (const [name, keyOf] of Object.entries(keys)) {
    const memory = new MachineMemory(2 ** 24 + stateBytes);
    const state = new State(memory);
    const { program } = compile(filterOf(size));
    const { filter } = load(/** @type {NonNullable<typeof program>} */ (program), {}, state, { memory, engine: 'jit' });
    if (filter === undefined || !('batch' in filter)) throw new Error('not loaded');
    const records = memory.allocate(count * record.size).at;
    const packets = memory.allocate(count * packetBytes).at;
    const view = new DataView(memory.memory.buffer);
    for (let i = 0; i < count; i++)
      memory.words.set([packets + i * packetBytes, packetBytes, packetBytes], (records + i * record.size) / 4);
    const chance = rng(1);
    const fill = () => {
      for (let i = 0; i < count; i++) {
        const [high = 0, low = 0] = keyOf(chance.below(size));
        view.setUint32(packets + i * packetBytes, high);
        view.setUint32(packets + i * packetBytes + 4, low);
      }
    };
    // The table fills up first.
    for (let i = 0; i < (4 * size) / count; i++) {
      fill();
      filter.batch(records, count, packetBytes);
    }
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < rounds; round++) {
      let spent = 0;
      for (let i = 0; i < batches; i++) {
        fill();
        const begin = performance.now();
        filter.batch(records, count, packetBytes);
        spent += performance.now() - begin;
      }
      best = Math.min(best, (spent / batches / count) * 1e6);
    }
    if (random === 0) random = best;
    console.log(
      `${size.toLocaleString('en').padEnd(11)} ${(state.bytes / 2 ** 20).toFixed(0).padStart(3)}    ${name.padEnd(28)} ${best.toFixed(1).padStart(6)} ${(1e3 / best).toFixed(1).padStart(8)} ${(best / random).toFixed(2).padStart(10)}`,
    );
  }
}
