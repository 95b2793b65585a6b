// @ts-check
/** A small seeded random source (mulberry32), so that a failing test can be run again from its seed. */

/**
 * @typedef {object} Random
 * @property {() => number} next 32 random bits, unsigned
 * @property {(bound: number) => number} below from 0 to bound - 1; bound from 1 to 2 ** 32
 * @property {(low: number, high: number) => number} range from low to high, both included
 * @property {<T>(list: readonly T[]) => T} pick one of a list that is not empty
 * @property {(probability: number) => boolean} chance true with this probability, 0 to 1
 * @property {(length: number) => Uint8Array} bytes so many random bytes
 */

/**
 * The same numbers for the same seed, on every machine.
 * @param {number} seed any integer; its low 32 bits count
 * @returns {Random}
 */
export function rng(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (/** @type {number} */ bound) => Math.floor((next() / 2 ** 32) * bound);
  return {
    next,
    below,
    range: (low, high) => low + below(high - low + 1),
    pick: (list) => /** @type {(typeof list)[number]} */ (list[below(list.length)]),
    chance: (probability) => next() < probability * 2 ** 32,
    bytes: (length) => Uint8Array.from({ length }, () => next() & 0xff),
  };
}
