/** What is used of fengari, which has no types of its own. Its strings are bytes. */
declare module 'fengari' {
  export type State = { readonly luaState: unique symbol };

  const fengari: {
    readonly lua: {
      readonly LUA_OK: number;
      lua_call(state: State, args: number, results: number): void;
      lua_close(state: State): void;
      lua_isnil(state: State, index: number): boolean;
      lua_pcall(state: State, args: number, results: number, handler: number): number;
      lua_pushinteger(state: State, value: number): void;
      lua_pushlstring(state: State, bytes: Uint8Array, length: number): void;
      lua_pushvalue(state: State, index: number): void;
      lua_settop(state: State, index: number): void;
      lua_tonumber(state: State, index: number): number;
      /** null where the value is neither a string nor a number. */
      lua_tostring(state: State, index: number): Uint8Array | null;
    };
    readonly lauxlib: {
      luaL_loadbuffer(state: State, bytes: Uint8Array, size: number, name: Uint8Array): number;
      luaL_newstate(): State;
    };
    readonly lualib: { luaL_openlibs(state: State): void };
    to_luastring(text: string): Uint8Array;
  };
  export default fengari;
}
