/**
 * The shim: a Lua module that makes `pkt` under stock Lua 5.3 and later, so that a filter runs uncompiled. It is the
 * oracle of the compiler's tests and the library of a filter's own unit tests. The fields come from the protocol
 * table, the rules for where a header stands are written in Lua. Nothing here knows of files or of a Lua engine.
 */

import { fieldsInLua } from './fields.ts';
import { findersInLua } from './finders.ts';
import { netInLua } from './net.ts';
import { shimReadme } from './readme.ts';
import { interfaceInLua, loadsInLua } from './runtime.ts';
import { stateInLua } from './state.ts';

export { type BundledFile, bundle } from './bundle.ts';

/** `require "bytes"` is one of the modules in the filter language. */
const bytesInLua = 'modules.bytes = finders.bytes\n';

/**
 * The Lua text of the module. Loaded, it returns a table with
 *
 * - `packet(bytes, { wirelen =, time =, linktype =, writable = })`: a `pkt`; only `bytes` is needed. The defaults are the
 *   length of `bytes`, 0, 1 (Ethernet) and false. On link types other than Ethernet and raw IP a packet has loads and
 *   no headers. `raw_packet(bytes, wirelen, time, linktype, writable)` makes the same and checks nothing;
 * - `bytes_of(pkt)`: the captured bytes, with what a filter has stored;
 * - `hex(text)`: the bytes that hexadecimal digits, with any space between, stand for;
 * - `verdict(filter, pkt)`: the bytes to keep, 0 to 4294967295; where the run ended in an error 0, and the error's class
 *   (`bounds`, `zero`, `type`, `permission` or `error`) and message;
 * - `verdict_of(value)`: the bytes to keep of what a filter returned;
 * - `classify(message)`: the class of an error message;
 * - `modules`: by name, what `require` gives of the modules that the compiler brings: `state`, `net`, `bytes`, and
 *   `args`, which is empty until it is filled;
 * - `save()`: as text, all that filters keep in state; `restore(text)` puts it back into what is declared alike.
 *
 * Under 32-bit integers (fengari) 32-bit loads from 2^31 are negative, and loads of 48 and 64 bits are errors.
 */
export function shim(): string {
  return [loadsInLua, fieldsInLua(), findersInLua(), stateInLua, netInLua, bytesInLua, interfaceInLua].join('\n');
}

/** What the first line of each file of `shimFiles` has in it. */
export const shimMark = 'written by luabpf shim';

/**
 * The shim as files, by name: with their folder on `LUA_PATH`, a filter loads in any Lua 5.3 and later, and
 * `require "luabpf"` gives what `shim` says.
 */
export function shimFiles(): ReadonlyMap<string, string> {
  const names = ['net', 'bytes', 'args', 'state'] as const;
  const modules = names.map((name) => [`${name}.lua`, `return require("luabpf").modules.${name}\n`] as const);
  const files = [['luabpf.lua', shim()], ...modules] as const;
  return new Map([
    ...files.map(([name, text]) => [name, `-- ${shimMark}\n${text}`] as const),
    ['README.md', `<!-- ${shimMark} -->\n${shimReadme}`],
  ]);
}
