/** The files of `test/data/regress/`: a filter with its packet in a comment. */
import { writeFileSync } from 'node:fs';
import type { OraclePacket } from '../oracle/lua.ts';

export const regressFolder = new URL('../data/regress/', import.meta.url);

/** The packet of a file's text. */
export function packetOf(source: string): OraclePacket {
  const line = /^-- packet (\d+)( writable)?: ([0-9a-f]*)$/m.exec(source);
  if (line === null) throw new Error(`no line \`-- packet WIRELEN: HEX\` in\n${source}`);
  const bytes = Uint8Array.from(Buffer.from(line[3] ?? '', 'hex'));
  return { bytes, wirelen: Number(line[1]), writable: line[2] !== undefined };
}

/** Writes a file; gives where it stands. `why` is one line on what went wrong. */
export function writeRegress(name: string, why: string, source: string, packet: OraclePacket): string {
  const { bytes, wirelen, writable } = packet;
  const shown = `${wirelen}${writable === true ? ' writable' : ''}: ${Buffer.from(bytes).toString('hex')}`;
  const url = new URL(`${name}.lua`, regressFolder);
  writeFileSync(url, `-- ${why}\n-- packet ${shown}\n${source.trim()}\n`, 'latin1');
  return url.pathname;
}
