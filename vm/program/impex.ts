/**
 * The impex section: u64 records, exports first, each opened by its command character in the top byte. For now a
 * program exports one entry with attributes, and imports nothing.
 *
 * Records: `{` name 28..0; `}`; `&` name 55..32, entry 31..0; `a` type 55..53, name 52..29, value 28..0.
 * SPEC: the draft does not number attribute types; 0 is an integer here, 1 a string.
 */
import { encodeUtf8, holdsString } from './program.ts';
import type { StringTable } from './strings.ts';

export interface Exports {
  readonly entry: number;
  readonly linktype: number | undefined;
}

const entryName = 'filter';
const linktypeName = 'linktype';
const linktypeBytes = encodeUtf8(linktypeName);
const command = (character: string): bigint => BigInt(character.charCodeAt(0)) << 56n;

export function writeExports(exports: Exports, strings: StringTable): Uint8Array {
  const records = [command('{'), command('&') | (BigInt(strings.add(entryName)) << 32n) | BigInt(exports.entry)];
  if (exports.linktype !== undefined)
    records.push(command('a') | (BigInt(strings.add(linktypeName)) << 29n) | BigInt(exports.linktype));
  records.push(command('}'));
  const contents = new Uint8Array(records.length * 8);
  const view = new DataView(contents.buffer);
  for (const [i, record] of records.entries()) view.setBigUint64(i * 8, record, true);
  return contents;
}

/** The exports of a section, or undefined for records out of place. No section: nothing exported. */
export function readExports(contents: Uint8Array | undefined, strings: Uint8Array): Exports | undefined {
  let exports: Exports = { entry: 0, linktype: undefined };
  if (contents === undefined) return exports;
  const view = new DataView(contents.buffer, contents.byteOffset, contents.byteLength);
  let depth = 0;
  for (let at = 0; at + 8 <= contents.length; at += 8) {
    const record = view.getBigUint64(at, true);
    const kind = String.fromCharCode(Number(record >> 56n));
    if (kind === '{') depth++;
    else if (depth === 0) return undefined;
    else if (kind === '}') depth--;
    else if (kind === '&') exports = { ...exports, entry: Number(record & 0xffffffffn) };
    else if (kind === 'a') {
      // Compared, not decoded: a hostile section could name one long string in every record.
      if (holdsString(strings, Number((record >> 29n) & 0xffffffn), linktypeBytes))
        exports = { ...exports, linktype: Number(record & 0x1fffffffn) };
    } else return undefined;
    if (depth === 0) return exports;
  }
  return undefined;
}
