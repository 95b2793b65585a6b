/** Seeded random numbers (mulberry32), so that a failure can be run again: tests print the seed. */
export interface Random {
  /** A number in 0..2^32-1. */
  readonly u32: () => number;
  /** A number in 0..n-1. */
  readonly below: (n: number) => number;
  readonly chance: (probability: number) => boolean;
  readonly pick: <T>(list: readonly T[]) => T;
}

export function randomFrom(seed: number): Random {
  let state = seed | 0;
  const u32 = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
  const below = (n: number): number => Math.floor((u32() / 2 ** 32) * n);
  return { u32, below, chance: (p) => u32() / 2 ** 32 < p, pick: (list) => list[below(list.length)]! };
}

/** The seed of this run: SEED in the environment, or the fixed one. */
export const seed = Number(process.env.SEED ?? 20261122);
