/** The global names of Lua: which a filter has, and what to say of the others. */

export const metatableGlobals: ReadonlySet<string> = new Set([
  'setmetatable',
  'getmetatable',
  'rawget',
  'rawset',
  'rawequal',
  'rawlen',
]);

/** Those that a filter calls. */
export const functionGlobals: ReadonlySet<string> = new Set(['print', 'error', 'assert', 'ipairs', 'require']);

/** Why the rest of the standard library is not there. */
export const refusedGlobals: ReadonlyMap<string, string> = new Map([
  ['pairs', 'its order differs between Luas'],
  ['next', 'its order differs between Luas'],
  ['pcall', 'an error ends the run'],
  ['xpcall', 'an error ends the run'],
  ['load', 'a filter is compiled whole'],
  ['loadstring', 'a filter is compiled whole'],
  ['loadfile', 'a filter is compiled whole'],
  ['dofile', 'a filter is compiled whole'],
  ['coroutine', 'a filter runs once a packet, to its end'],
  ['string', 'strings are not built in filters'],
  ['table', 'tables are constants'],
  ['io', 'a filter sees the packet and nothing else'],
  ['os', 'a filter sees the packet and nothing else'],
  ['debug', 'a filter sees the packet and nothing else'],
  ['utf8', 'strings are not built in filters'],
  ['package', 'modules are found at compile time'],
  ['select', 'there are no variable arguments'],
  ['type', 'types are known at compile time'],
  ['tostring', 'strings are not built in filters'],
  ['tonumber', 'there are no strings to convert'],
  ['unpack', 'there are no variable arguments'],
  ['collectgarbage', 'a filter makes no garbage'],
  ['_G', 'there are no global variables'],
  ['_ENV', 'there are no global variables'],
  ['_VERSION', 'there are no strings'],
  ['arg', 'there are no global variables'],
]);

/** Values by their names in other languages. */
export const foreignNames: ReadonlyMap<string, string> = new Map([
  ['null', 'nil'],
  ['NULL', 'nil'],
  ['None', 'nil'],
  ['undefined', 'nil'],
  ['True', 'true'],
  ['False', 'false'],
]);
