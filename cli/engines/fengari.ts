/**
 * Lua 5.3 in JavaScript, with 32-bit integers. It agrees with the others only on filters whose every value stays within
 * 32 bits, signed.
 */
import fengariModule, { type State } from 'fengari';
import type { EnginePacket } from './engine.ts';
import { type ErrorClass, harness } from './harness.ts';
import type { LuaMachine, LuaState, Reply } from './lua.ts';

const { lua, lauxlib, lualib, to_luastring } = fengariModule;

const chunk = Uint8Array.from(Buffer.from(harness, 'latin1'));

export const fengari = (): LuaMachine => ({ name: 'fengari', wide: false, start: startState });

function startState(bundle: string, limit: number, kept = ''): LuaState {
  const state = lauxlib.luaL_newstate();
  lualib.luaL_openlibs(state);
  let status = lauxlib.luaL_loadbuffer(state, chunk, chunk.length, to_luastring('=harness'));
  if (status === lua.LUA_OK) {
    pushText(state, bundle);
    lua.lua_pushinteger(state, limit);
    pushText(state, kept);
    status = lua.lua_pcall(state, 3, 1, 0);
  }
  if (status !== lua.LUA_OK) throw new Error(textAt(state, -1));
  return {
    run: (packet, linktype, writable = false) => runOnce(state, packet, linktype, writable),
    save: () => {
      lua.lua_pushvalue(state, 1);
      lua.lua_call(state, 0, 1);
      const text = textAt(state, 2);
      lua.lua_settop(state, 1);
      return text;
    },
    close: () => lua.lua_close(state),
  };
}

const pushText = (state: State, text: string): void =>
  lua.lua_pushlstring(state, Uint8Array.from(Buffer.from(text, 'latin1')), text.length);

const textAt = (state: State, index: number): string =>
  Buffer.from(lua.lua_tostring(state, index) ?? []).toString('latin1');

/** Calls the function that is the only value on the stack. */
function runOnce(
  state: State,
  { bytes, start, caplen, wirelen }: EnginePacket,
  linktype: number,
  writable: boolean,
): Reply {
  lua.lua_pushvalue(state, 1);
  lua.lua_pushlstring(state, bytes.subarray(start, start + caplen), caplen);
  // A length of 2^31 or more becomes negative; a filter that reads it is refused.
  lua.lua_pushinteger(state, wirelen | 0);
  lua.lua_pushinteger(state, linktype);
  lua.lua_pushinteger(state, writable ? 1 : 0);
  // No time in nanoseconds fits; a filter that reads it is refused.
  lua.lua_pushinteger(state, 0);
  lua.lua_call(state, 5, 7);
  const error = lua.lua_isnil(state, 5)
    ? {}
    : {
        error: {
          class: textAt(state, 5) as ErrorClass,
          message: textAt(state, 6),
          place: lua.lua_isnil(state, 7) ? undefined : textAt(state, 7),
        },
      };
  const verdict = lua.lua_tonumber(state, 2);
  const printed = lua.lua_isnil(state, 4) ? '' : textAt(state, 4);
  const stored = lua.lua_isnil(state, 8) ? {} : { bytes: Uint8Array.from(lua.lua_tostring(state, 8) ?? []) };
  lua.lua_settop(state, 1);
  return { verdict, kilobytes: 0, printed, ...stored, ...error };
}
