/**
 * The oracle on fengari: Lua 5.3 in JavaScript, with 32-bit integers. It agrees with the others only on filters whose
 * every value stays within 32 bits, signed.
 */
import { fengari as machine } from '../../cli/engines/fengari.ts';
import { oracleOf } from './engine.ts';
import type { Oracle } from './lua.ts';

/** Starts a Lua 5.3. */
export const fengari = (): Oracle => oracleOf('fengari', machine());
