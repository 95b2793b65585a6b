/**
 * PUC Lua 5.4 in WebAssembly, with 64-bit integers: the module that wasmoon carries. It is used by its C functions, since
 * wasmoon's own strings cross as UTF-8 and end at a NUL.
 */
import { LuaFactory, type LuaWasm } from 'wasmoon';
import type { EnginePacket } from './engine.ts';
import { type ErrorClass, harness } from './harness.ts';
import type { LuaMachine, LuaState, Reply } from './lua.ts';

/** C functions as the module exports them; pointers and lua_States are numbers. */
interface Exports {
  readonly HEAPU8: Uint8Array;
  readonly HEAPU32: Uint32Array;
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  _luaL_newstate(): number;
  _luaL_openlibs(state: number): void;
  _luaL_loadbufferx(state: number, text: number, length: number, name: number, mode: number): number;
  _lua_close(state: number): void;
  _lua_pcallk(state: number, inputs: number, results: number, handler: number, context: number, k: number): number;
  _lua_pushinteger(state: number, value: bigint): void;
  _lua_pushlstring(state: number, bytes: number, length: number): number;
  _lua_pushvalue(state: number, index: number): void;
  _lua_settop(state: number, index: number): void;
  _lua_tolstring(state: number, index: number, length: number): number;
  _lua_tonumberx(state: number, index: number, isNumber: number): number;
  _lua_type(state: number, index: number): number;
}

/** The collector rests as long as a state lives. */
const chunk = Buffer.from(`collectgarbage("stop") ${harness}`, 'latin1');

/** Starts the module. */
export async function wasmoon(): Promise<LuaMachine> {
  const wasm: LuaWasm = await new LuaFactory().getLuaModule();
  const module = new Module(wasm.module as unknown as Exports);
  return { name: 'lua', wide: true, start: (bundle, limit, kept) => startState(module, bundle, limit, kept) };
}

/** The exports, and memory for what crosses. */
class Module {
  readonly lua: Exports;
  /** Where lua_tolstring leaves a length. */
  readonly #length: number;
  #buffer = 0;
  #bufferSize = 0;

  constructor(lua: Exports) {
    this.lua = lua;
    this.#length = lua._malloc(4);
  }

  /** Bytes in the module's memory, until the next call. */
  place(bytes: Uint8Array, start: number, end: number): number {
    const size = end - start;
    if (size > this.#bufferSize) {
      this.lua._free(this.#buffer);
      this.#bufferSize = Math.max(2 * size, 4096);
      this.#buffer = this.lua._malloc(this.#bufferSize);
      if (this.#buffer === 0) throw new RangeError('no memory left for Lua');
    }
    this.lua.HEAPU8.set(bytes.subarray(start, end), this.#buffer);
    return this.#buffer;
  }

  /** A string on the stack, one character a byte. */
  text(state: number, index: number): string {
    return this.#string(state, index).toString('latin1');
  }

  /** A copy of a string's bytes; undefined where there is none. */
  bytes(state: number, index: number): Uint8Array | undefined {
    return this.lua._lua_type(state, index) === NIL ? undefined : Uint8Array.from(this.#string(state, index));
  }

  #string(state: number, index: number): Buffer {
    const at = this.lua._lua_tolstring(state, index, this.#length);
    return Buffer.from(this.lua.HEAPU8.buffer, at, this.lua.HEAPU32[this.#length >> 2]!);
  }
}

/** LUA_TNIL. */
const NIL = 0;

function startState(module: Module, bundle: string, limit: number, kept = ''): LuaState {
  const { lua } = module;
  const state = lua._luaL_newstate();
  if (state === 0) throw new RangeError('no memory left for Lua');
  lua._luaL_openlibs(state);
  const pushText = (content: string): void => {
    const bytes = Buffer.from(content, 'latin1');
    lua._lua_pushlstring(state, module.place(bytes, 0, bytes.length), bytes.length);
  };
  // Without a mode text and bytecode would both do; the text is ours. Its name is a NUL-terminated string.
  const name = module.place(Buffer.from('=harness\0'), 0, 9);
  const text = lua._malloc(chunk.length);
  lua.HEAPU8.set(chunk, text);
  let status = lua._luaL_loadbufferx(state, text, chunk.length, name, 0);
  lua._free(text);
  if (status === 0) {
    pushText(bundle);
    lua._lua_pushinteger(state, BigInt(limit));
    pushText(kept);
    status = lua._lua_pcallk(state, 3, 1, 0, 0, 0);
  }
  if (status !== 0) {
    const message = module.text(state, -1);
    lua._lua_close(state);
    throw new Error(message);
  }
  return {
    run: (packet, linktype, writable = false) => runOnce(module, state, packet, linktype, writable),
    save: () => {
      lua._lua_pushvalue(state, 1);
      const status = lua._lua_pcallk(state, 0, 1, 0, 0, 0);
      const text = module.text(state, 2);
      lua._lua_settop(state, 1);
      if (status !== 0) throw new RangeError(text);
      return text;
    },
    close: () => lua._lua_close(state),
  };
}

/** Calls the function that is the only value on the stack. */
function runOnce(module: Module, state: number, packet: EnginePacket, linktype: number, writable: boolean): Reply {
  const { lua } = module;
  const { bytes, start, caplen, wirelen } = packet;
  lua._lua_pushvalue(state, 1);
  lua._lua_pushlstring(state, module.place(bytes, start, start + caplen), caplen);
  lua._lua_pushinteger(state, BigInt(wirelen));
  lua._lua_pushinteger(state, BigInt(linktype));
  lua._lua_pushinteger(state, writable ? 1n : 0n);
  lua._lua_pushinteger(state, packet.time ?? 0n);
  const status = lua._lua_pcallk(state, 5, 7, 0, 0, 0);
  // Outside the filter only memory can run out.
  if (status !== 0) {
    const message = module.text(state, -1);
    lua._lua_settop(state, 1);
    return { verdict: 0, kilobytes: Infinity, printed: '', error: { class: 'error', message, place: undefined } };
  }
  const verdict = lua._lua_tonumberx(state, 2, 0);
  const kilobytes = lua._lua_tonumberx(state, 3, 0);
  const printed = lua._lua_type(state, 4) === NIL ? '' : module.text(state, 4);
  const error =
    lua._lua_type(state, 5) === NIL
      ? {}
      : {
          error: {
            class: module.text(state, 5) as ErrorClass,
            message: module.text(state, 6),
            place: lua._lua_type(state, 7) === NIL ? undefined : module.text(state, 7),
          },
        };
  const stored = module.bytes(state, 8);
  lua._lua_settop(state, 1);
  return { verdict, kilobytes, printed, ...(stored === undefined ? {} : { bytes: stored }), ...error };
}
