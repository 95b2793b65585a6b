/**
 * The oracle on fengari: Lua 5.3 in JavaScript, with 32-bit integers. It agrees with the others only on filters whose
 * every value stays within 32 bits, signed.
 */

import fengariModule from 'fengari';
import { framesOf, harness, type Oracle, verdictsOf } from './lua.ts';

const { lua, lauxlib, lualib, to_luastring } = fengariModule;

/** Starts a Lua 5.3 with the harness in it. */
export function fengari(): Oracle {
  const state = lauxlib.luaL_newstate();
  lualib.luaL_openlibs(state);
  const text = Buffer.from(harness, 'latin1');
  if (lauxlib.luaL_loadbuffer(state, text, text.length, to_luastring('=harness')) !== lua.LUA_OK) {
    throw new Error(lua.lua_tojsstring(state, -1));
  }
  lua.lua_call(state, 0, 1);
  const check = lua.lua_gettop(state);

  return {
    name: 'fengari',
    async run(source, packets) {
      const frames = framesOf(packets);
      lua.lua_pushvalue(state, check);
      lua.lua_pushlstring(state, Uint8Array.from(Buffer.from(source, 'latin1')), source.length);
      lua.lua_pushlstring(state, frames, frames.length);
      const status = lua.lua_pcall(state, 2, 1, 0);
      const reply = lua.lua_tojsstring(state, -1);
      lua.lua_settop(state, check);
      if (status !== lua.LUA_OK) throw new Error(`the harness failed: ${reply}`);
      return verdictsOf(reply);
    },
    close: () => lua.lua_close(state),
  };
}
