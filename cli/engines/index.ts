/** The engines that `--engine` names. What one is made of is loaded when it is asked for. */
import { compiledEngine } from './compiled.ts';
import type { Engine, EngineSettings } from './engine.ts';
import { luaEngine } from './lua.ts';

export { type Engine, type EnginePacket, type EngineSettings, type Failure, newMemory, type Runner } from './engine.ts';
export { defaultStatePackets } from './lua.ts';

export const engines = {
  jit: async (settings) => compiledEngine(undefined, settings),
  interpreter: async (settings) => compiledEngine('interpreter', settings),
  lua: async (settings) => luaEngine(await (await import('./wasmoon.ts')).wasmoon(), settings),
  fengari: async (settings) => luaEngine((await import('./fengari.ts')).fengari(), settings),
} as const satisfies Record<string, (settings: EngineSettings) => Promise<Engine>>;

export type EngineName = keyof typeof engines;

export const engineNames = Object.keys(engines) as EngineName[];
