/**
 * The shim: a Lua module that makes `pkt` under stock Lua 5.3 and later, so that a filter runs uncompiled. It is the
 * oracle of the compiler's tests and the library of a filter's own unit tests. The fields come from the protocol
 * table, the rules for where a header stands are written in Lua. Nothing here knows of files or of a Lua engine.
 */

import { fieldsInLua } from './fields.ts';
import { netInLua } from './net.ts';
import { interfaceInLua, loadsInLua, locateInLua } from './runtime.ts';
import { stateInLua } from './state.ts';

export { type BundledFile, bundle } from './bundle.ts';

/**
 * The Lua text of the module. Loaded, it returns a table with
 *
 * - `packet(bytes, wirelen, time, linktype, writable)`: a `pkt`; only `bytes` is needed. The defaults are the length of
 *   `bytes`, 0, 1 (Ethernet) and false. On link types other than Ethernet and raw IP a packet has loads and no headers.
 * - `verdict(value)`: the bytes to keep, 0 to 4294967295, of what a filter returned.
 * - `run(filter, pkt)`: the verdict and, where the run ended in an error, its class (`bounds`, `zero`, `type` or
 *   `error`) and its message.
 * - `classify(message)`: the class of an error message;
 * - `modules`: by name, what `require` gives of the modules that the compiler brings: `state`, `net`, and `args`, which
 *   is empty until it is filled;
 * - `save()`: as text, all that filters keep in state; `restore(text)` puts it back into what is declared alike.
 *
 * Under 32-bit integers (fengari) 32-bit loads from 2^31 are negative, and loads of 48 and 64 bits are errors.
 */
export function shim(): string {
  return [loadsInLua, fieldsInLua(), locateInLua, stateInLua, netInLua, interfaceInLua].join('\n');
}
