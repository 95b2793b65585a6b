/**
 * The program file: a header that is a literal itself, the sections, the code. Reads and writes bytes; says what is
 * wrong with a file and at which byte, and leaves the instructions to the validator.
 *
 * SPEC: the draft leaves the layout of section contents open. Ours: strings as in the draft; impex as `impex.ts`
 * has it; debug as below. Section names start behind the section headers, at name offset 0 with a NUL.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToWords, wordBytes, wordsToBytes } from '../isa/codec.ts';
import { crc32 } from './crc32.ts';
import { readExports, writeExports } from './impex.ts';
import { type DebugInfo, decodeUtf8, encodeUtf8, type Program, stringAt } from './program.ts';
import { StringTable } from './strings.ts';

export const magic = 'BPF64';
export const formatVersion = 0;
const byteOrderMark = 0x1234;
const fixedHeaderBytes = 64;
const headerUnit = 128;
/** Section types, by number. */
export const sectionTypes = { strings: 1, impex: 2, on_fatal: 3, rodatas: 4, debug: 5, doc: 6 } as const;
type SectionType = keyof typeof sectionTypes;

/** What is wrong with a file, as data. */
export interface FileProblem {
  readonly code: string;
  readonly message: string;
  /** The byte of the file where it shows. */
  readonly offset: number;
}

export type ReadResult =
  | { readonly program: Program; readonly problem?: never }
  | { readonly problem: FileProblem; readonly program?: never };

interface Section {
  readonly type: SectionType;
  readonly contents: Uint8Array;
}

/** Whether bytes begin as a BPF64 file does, whole or not. */
export function isProgramFile(bytes: Uint8Array): boolean {
  return bytes.length >= 7 && decodeUtf8(bytes.subarray(2, 7)) === magic;
}

/** Writes a BPF64 program as a file. The same program gives the same bytes. */
export function writeProgram(program: Program): Uint8Array {
  const table = new StringTable(program.strings);
  const exports = writeExports({ entry: program.entry, linktype: program.linktype }, table);
  const debug = program.debug === undefined ? undefined : writeDebug(program.debug, table);
  const sections: Section[] = [
    { type: 'strings', contents: table.bytes() },
    { type: 'impex', contents: exports },
    ...(debug === undefined ? [] : [{ type: 'debug', contents: debug } as const]),
  ];
  const names = new StringTable();
  const headers = sections.map(({ type }) => Uint8Array.of(...u16(names.add(type)), sectionTypes[type], 0));
  const literals = sections.map(({ contents }, i) => sectionLiteral(contents, headers[i]!));
  const nameBytes = names.bytes();

  const used = fixedHeaderBytes + sections.length * wordBytes + nameBytes.length;
  const length = Math.ceil(used / headerUnit) * headerUnit;
  const header = new Uint8Array(length);
  const view = new DataView(header.buffer);
  view.setUint16(0, literalHead(length / wordBytes - 1), true);
  header.set(encodeUtf8(magic), 2);
  view.setUint8(7, formatVersion);
  view.setUint16(8, byteOrderMark, true);
  view.setUint8(10, sections.length);
  header.set(encodeUtf8('portable'), 16);
  view.setUint32(
    24,
    literals.reduce((sum, literal) => sum + literal.length, 0),
    true,
  );
  view.setUint32(28, program.entry, true);
  for (const [i, literal] of literals.entries()) {
    header.set(headers[i]!, fixedHeaderBytes + i * wordBytes);
    header.set(literal.subarray(4, 8), fixedHeaderBytes + i * wordBytes + 4);
  }
  header.set(nameBytes, fixedHeaderBytes + sections.length * wordBytes);

  const file = concat([header, ...literals, wordsToBytes(program.code)]);
  file.set(sha256(file).subarray(0, 16), 32);
  return file;
}

/** Reads a BPF64 file. Sections of a type unknown here are checked and left out. */
export function readProgram(file: Uint8Array): ReadResult {
  const problem = (code: string, offset: number, message: string): ReadResult => ({
    problem: { code, message, offset },
  });
  if (!isProgramFile(file)) return problem('file-magic', 0, `not a BPF64 program: "${magic}" is missing at byte 2`);
  if (file.length < fixedHeaderBytes)
    return problem(
      'file-truncated',
      file.length,
      `the header needs ${fixedHeaderBytes} bytes, the file has ${file.length}`,
    );
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const mark = view.getUint16(8, true);
  if (mark !== byteOrderMark)
    return problem(
      'file-byte-order',
      8,
      'a big-endian program (or a damaged one): this machine reads little-endian programs',
    );
  const head = view.getUint16(0, true);
  if ((head & 0xcfcf) !== 0x0f0f)
    return problem('file-header', 0, `the header's length word is 0x${head.toString(16)}, which no header has`);
  const version = view.getUint8(7);
  if (version !== formatVersion)
    return problem('file-version', 7, `format version ${version}; this machine reads version ${formatVersion}`);
  const headerBytes = (literalLength(head) + 1) * wordBytes;
  const sectionBytes = view.getUint32(24, true);
  const codeStart = headerBytes + sectionBytes;
  if (codeStart > file.length)
    return problem(
      'file-truncated',
      file.length,
      `the code starts at byte ${codeStart}, the file ends at ${file.length}`,
    );
  if ((file.length - codeStart) % wordBytes !== 0)
    return problem('file-truncated', file.length, 'the code ends in the middle of an instruction');
  // Not slice(), which on Node's Buffer is a view of the same bytes.
  const blank = Uint8Array.from(file);
  blank.fill(0, 32, 48);
  if (!equal(sha256(blank).subarray(0, 16), file.subarray(32, 48)))
    return problem('file-uuid', 32, "the file's bytes do not match its uuid: the file is damaged or was changed");

  const count = view.getUint8(10);
  if (fixedHeaderBytes + count * wordBytes > headerBytes)
    return problem('file-header', 10, `${count} section headers do not fit a header of ${headerBytes} bytes`);
  const sections = new Map<number, Uint8Array>();
  let at = headerBytes;
  for (let i = 0; i < count; i++) {
    const word = fixedHeaderBytes + i * wordBytes;
    const length = at + wordBytes > codeStart ? undefined : sectionLength(view, at);
    if (length === undefined || at + length > codeStart)
      return problem('file-section', at, `section ${i + 1} of ${count} does not fit between header and code`);
    const literal = Uint8Array.from(file.subarray(at, at + length));
    literal.set(file.subarray(word, word + 4), 4);
    const sum = view.getUint32(word + 4, true);
    if (crc32(literal) !== sum || view.getUint32(at + 4, true) !== sum)
      return problem('file-checksum', at, `section ${i + 1} of ${count} does not match its checksum`);
    const type = view.getUint8(word + 2);
    if (sections.has(type)) return problem('file-section', at, `a second section of type ${type}`);
    sections.set(type, literal.subarray(wordBytes));
    at += length;
  }
  if (at !== codeStart)
    return problem('file-section', at, `the sections end at byte ${at}, the code starts at byte ${codeStart}`);

  const strings = sections.get(sectionTypes.strings) ?? Uint8Array.of(0);
  const exports = readExports(sections.get(sectionTypes.impex), strings);
  if (exports === undefined) return problem('file-impex', headerBytes, 'the impex section is malformed');
  const debugContents = sections.get(sectionTypes.debug);
  const debug = debugContents === undefined ? undefined : readDebug(debugContents, strings);
  if (debugContents !== undefined && debug === undefined)
    return problem('file-debug', headerBytes, 'the debug section is malformed');
  return {
    program: {
      profile: 'bpf64',
      code: bytesToWords(file.subarray(codeStart)),
      entry: view.getUint32(28, true),
      strings,
      ...(exports.linktype === undefined ? {} : { linktype: exports.linktype }),
      ...(debug === undefined ? {} : { debug }),
    },
  };
}

/** Bits 7..0 and 9..8 of a literal's length, as the short form's `code` has them. */
const literalHead = (length: number): number => ((length & 0xff) << 8) | ((length >> 8) << 4) | 0x0f;
const literalLength = (code: number): number => (code >> 8) | ((code & 0x30) << 4);
const longestShortLiteral = 0x3ff;

/** A section: a short or long literal whose k is its checksum and whose contents start at byte 8. */
function sectionLiteral(contents: Uint8Array, header: Uint8Array): Uint8Array {
  const padded = Math.ceil(contents.length / wordBytes) * wordBytes;
  const literal = new Uint8Array(wordBytes + padded);
  const view = new DataView(literal.buffer);
  const length = padded / wordBytes;
  if (length <= longestShortLiteral) view.setUint16(0, literalHead(length), true);
  else {
    view.setUint16(0, ((length & 0xff) << 8) | 0xe7 | ((length >>> 24) << 3), true);
    view.setUint16(2, (length >>> 8) & 0xffff, true);
  }
  literal.set(contents, wordBytes);
  literal.set(header, 4);
  view.setUint32(4, crc32(literal), true);
  return literal;
}

/** Bytes of the literal at `at`, its head included; undefined where none starts. */
function sectionLength(view: DataView, at: number): number | undefined {
  const code = view.getUint16(at, true);
  if ((code & 0xcf) === 0x0f) return (literalLength(code) + 1) * wordBytes;
  if ((code & 0xe7) !== 0xe7) return undefined;
  const length = (code >> 8) | (view.getUint16(at + 2, true) << 8) | (((code >> 3) & 3) << 24);
  return (length + 1) * wordBytes;
}

/** Debug contents, u32 each: version 1, the file name's string, the number of entries; then pc, line, column. */
function writeDebug(debug: DebugInfo, table: StringTable): Uint8Array {
  const numbers = [1, table.add(debug.file), debug.lines.length];
  for (const { pc, line, column } of debug.lines) numbers.push(pc, line, column);
  const contents = new Uint8Array(numbers.length * 4);
  const view = new DataView(contents.buffer);
  for (const [i, number] of numbers.entries()) view.setUint32(i * 4, number, true);
  return contents;
}

function readDebug(contents: Uint8Array, strings: Uint8Array): DebugInfo | undefined {
  if (contents.length < 12) return undefined;
  const view = new DataView(contents.buffer, contents.byteOffset, contents.byteLength);
  const file = stringAt(strings, view.getUint32(4, true));
  const count = view.getUint32(8, true);
  if (view.getUint32(0, true) !== 1 || file === undefined || contents.length < 12 + count * 12) return undefined;
  const lines = Array.from({ length: count }, (_, i) => ({
    pc: view.getUint32(12 + i * 12, true),
    line: view.getUint32(16 + i * 12, true),
    column: view.getUint32(20 + i * 12, true),
  }));
  return lines.every((entry, i) => i === 0 || entry.pc > lines[i - 1]!.pc) ? { file, lines } : undefined;
}

const u16 = (value: number): [number, number] => [value & 0xff, value >> 8];
const equal = (a: Uint8Array, b: Uint8Array): boolean => a.every((byte, i) => byte === b[i]);

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
