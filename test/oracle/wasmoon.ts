/** The oracle on wasmoon: PUC Lua 5.4 in WebAssembly, with 64-bit integers. */
import { wasmoon as machine } from '../../cli/engines/wasmoon.ts';
import { oracleOf } from './engine.ts';
import type { Oracle } from './lua.ts';

/** Starts a Lua 5.4. */
export const wasmoon = async (): Promise<Oracle> => oracleOf('wasmoon', await machine());
