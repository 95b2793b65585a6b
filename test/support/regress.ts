/**
 * The files of `test/data/regress/`: a filter with all that a test of it needs in comments, each on lines of its own.
 *
 *     -- packet WIRELEN[ writable]: HEX        one packet after another
 *     -- arg NAME = VALUE                      an integer, true, false, or a string as in JSON
 *     -- module NAME
 *     --| a line of that module's text
 */
import { writeFileSync } from 'node:fs';
import type { Filter, OraclePacket } from '../oracle/lua.ts';

export const regressFolder = new URL('../data/regress/', import.meta.url);

/** The filter and its packets of a file's text. */
export function readRegress(source: string): { filter: Filter; packets: readonly OraclePacket[] } {
  const packets = [...source.matchAll(/^-- packet (\d+)( writable)?: ([0-9a-f]*)$/gm)].map(
    ([, wirelen, writable, hex = '']) => ({
      bytes: Uint8Array.from(Buffer.from(hex, 'hex')),
      wirelen: Number(wirelen),
      writable: writable !== undefined,
    }),
  );
  if (packets.length === 0) throw new Error(`no line \`-- packet WIRELEN: HEX\` in\n${source}`);
  const args = [...source.matchAll(/^-- arg (\w+) = (.*)$/gm)].map(([, name, value]) => [name!, argument(value!)]);
  const modules = [...source.matchAll(/^-- module (\S+)\n((?:--\|.*\n)*)/gm)].map(([, name, lines = '']) => [
    name!,
    lines.replace(/^--\| ?/gm, ''),
  ]);
  return { filter: { text: source, modules: Object.fromEntries(modules), args: Object.fromEntries(args) }, packets };
}

const argument = (text: string): bigint | boolean | string =>
  /^-?\d+$/.test(text) ? BigInt(text) : (JSON.parse(text) as boolean | string);

/** A file's text. `why` is one line on what went wrong. */
export function regressText(why: string, { text, modules = {}, args = {} }: Filter, packets: readonly OraclePacket[]) {
  const lines = [
    `-- ${why}`,
    ...packets.map(
      ({ bytes, wirelen, writable }) =>
        `-- packet ${wirelen}${writable === true ? ' writable' : ''}: ${Buffer.from(bytes).toString('hex')}`,
    ),
    ...Object.entries(args).map(
      ([name, value]) => `-- arg ${name} = ${typeof value === 'bigint' ? value : JSON.stringify(value)}`,
    ),
    ...Object.entries(modules).flatMap(([name, module]) => [
      `-- module ${name}`,
      ...module
        .trim()
        .split('\n')
        .map((line) => `--| ${line}`.trimEnd()),
    ]),
    text.trim(),
  ];
  return `${lines.join('\n')}\n`;
}

/** Writes a file; gives where it stands. */
export function writeRegress(name: string, why: string, filter: Filter, packets: readonly OraclePacket[]): string {
  const url = new URL(`${name}.lua`, regressFolder);
  writeFileSync(url, regressText(why, filter, packets), 'latin1');
  return url.pathname;
}
