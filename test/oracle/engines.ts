/** The three Luas that the tests run on, and how they start. */

import { fengari } from './fengari.ts';
import type { Oracle } from './lua.ts';
import { hasLua54, lua54 } from './lua54.ts';
import { wasmoon } from './wasmoon.ts';

export interface Engine {
  /** For a test's name; it says why where the engine is missing. */
  readonly title: string;
  readonly missing: boolean;
  /** Whether integers have 64 bits. */
  readonly wide: boolean;
  readonly start: () => Promise<Oracle>;
}

export const engines: readonly Engine[] = [
  { title: 'wasmoon', missing: false, wide: true, start: wasmoon },
  { title: 'fengari', missing: false, wide: false, start: async () => fengari() },
  {
    title: hasLua54 ? 'lua5.4' : 'lua5.4 (skipped: not installed)',
    missing: !hasLua54,
    wide: true,
    start: async () => lua54(),
  },
];
