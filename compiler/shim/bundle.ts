/** A filter with all that it requires as one Lua text, so that a Lua needs no files to run it. */

/** A file of a filter: its own, or a module's. */
export interface BundledFile {
  /** What places in it are called: `lib/web.lua`. */
  readonly name: string;
  /** One character a byte. */
  readonly text: string;
  /** By name in its `require`, the place of a file in the bundle, from 0; what is missing is a module of the shim. */
  readonly required?: ReadonlyMap<string, number>;
}

/**
 * Lua text of a chunk that returns `{ args = {…}, { name = …, text = …, required = {…} }, … }`, the filter's own file
 * first, the places of files from 1. `args` is what `require "args"` gives.
 */
export function bundle(
  files: readonly BundledFile[],
  args: ReadonlyMap<string, bigint | boolean | string> = new Map(),
): string {
  const rows = files.map(({ name, text, required = new Map<string, number>() }) => {
    const places = [...required].map(([key, place]) => [key, BigInt(place + 1)] as const);
    return `{ name = ${literal(name)}, text = ${literal(text)}, required = ${table(places)} },\n`;
  });
  return `return {\nargs = ${table([...args])},\n${rows.join('')}}\n`;
}

const table = (entries: readonly (readonly [string, bigint | boolean | string])[]): string =>
  `{ ${entries.map(([key, value]) => `[${literal(key)}] = ${literal(value)}`).join(', ')} }`;

/** A decimal literal of 2^63 would be a float, a hexadecimal one wraps. */
function literal(value: bigint | boolean | string): string {
  if (typeof value === 'bigint') return value < 0n ? `0x${BigInt.asUintN(64, value).toString(16)}` : String(value);
  if (typeof value === 'boolean') return String(value);
  // What may stand in quotes as it is: bytes from 0x80, and printable ASCII but for `"` and the backslash.
  const escaped = value.replace(
    /[^ !#-[\]-~\x80-\xff]/g,
    (character) => `\\${String(character.charCodeAt(0)).padStart(3, '0')}`,
  );
  return `"${escaped}"`;
}
