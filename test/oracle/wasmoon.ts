/** The oracle on wasmoon: PUC Lua 5.4 in WebAssembly, with 64-bit integers. */

import { LuaFactory, type LuaWasm } from 'wasmoon';
import { framesOf, harness, type Oracle, verdictsOf } from './lua.ts';

/** The C function itself: wasmoon's wrapper decodes what was pushed as UTF-8, and warns where it is not. */
interface RawModule {
  _lua_pushlstring(state: number, pointer: number, length: number): number;
}

/** Pushes a Lua string by way of the module's memory: JavaScript strings would cross as UTF-8 and end at a NUL. */
function push(lua: LuaWasm, state: number, bytes: Uint8Array): void {
  const module = lua.module as typeof lua.module & RawModule;
  const pointer = module._malloc(bytes.length);
  module.HEAPU8.set(bytes, pointer);
  module._lua_pushlstring(state, pointer, bytes.length);
  module._free(pointer);
}

/** Starts a Lua 5.4 with the harness in it. */
export async function wasmoon(): Promise<Oracle> {
  const engine = await new LuaFactory().createEngine({ injectObjects: false, enableProxy: false });
  const { lua, address: state } = engine.global;
  engine.global.loadString(harness, '=harness');
  lua.lua_callk(state, 0, 1, 0, null);
  const check = lua.lua_gettop(state);

  return {
    name: 'wasmoon',
    async run(source, packets) {
      lua.lua_pushvalue(state, check);
      push(lua, state, Buffer.from(source, 'latin1'));
      push(lua, state, framesOf(packets));
      const status: number = lua.lua_pcallk(state, 2, 1, 0, 0, null);
      const reply = lua.lua_tolstring(state, -1, null);
      lua.lua_settop(state, check);
      if (status !== 0) throw new Error(`the harness failed: ${reply}`);
      return verdictsOf(reply);
    },
    close: () => engine.global.close(),
  };
}
