/**
 * The header of a program file: a short literal that a machine without BPF64 files would skip. Takes the fixed fields
 * apart and puts them together; sections are `sections.ts`'s.
 */
import { wordBytes } from '../isa/codec.ts';
import { literalLength } from '../isa/literals.ts';
import { equalBytes, viewOf } from './bytes.ts';
import { shortHead } from './literal.ts';
import { decodeUtf8, encodeUtf8 } from './program.ts';

export const magic = 'BPF64';
const formatVersion = 0;
const byteOrderMark = 0x1234;
/** What a program asks for that runs on every machine; the draft names others such as "NetBSD". */
const platform = 'portable';
const platformVersion = 0;
export const fixedHeaderBytes = 64;
export const uuidAt = 32;
export const uuidBytes = 16;
/** Header flags. */
export const hasBackwardJumps = 1;

/** What is wrong with a file, as data. */
export interface FileProblem {
  readonly code: string;
  readonly message: string;
  /** The byte of the file where it shows. */
  readonly offset: number;
}

export const problem = (code: string, offset: number, message: string): FileProblem => ({ code, message, offset });

/** The fields that say something of this file. */
export interface Header {
  /** Of the whole header: the fixed fields, the section headers, the names. */
  readonly bytes: number;
  readonly sections: number;
  readonly sectionBytes: number;
  readonly entrypoint: number;
  readonly flags: number;
}

/** Whether bytes begin as a BPF64 file does, whole or not. */
export function isProgramFile(bytes: Uint8Array): boolean {
  return bytes.length >= 7 && decodeUtf8(bytes.subarray(2, 7)) === magic;
}

/** The draft has headers of 128, 256, 384 and 512 bytes, then those and a multiple of 2048: `code & 0xcfcf` is 0x0f0f. */
function headerLength(used: number): number {
  for (let length = 15; length <= 0x3ff; length += 16)
    if ((length & 0xcf) === 0x0f && (length + 1) * wordBytes >= used) return (length + 1) * wordBytes;
  throw new RangeError(`a header of ${used} bytes`);
}

/** Writes a header with its uuid 0; `rest` follows the fixed fields. */
export function writeHeader(fields: Omit<Header, 'bytes'>, rest: Uint8Array): Uint8Array {
  const header = new Uint8Array(headerLength(fixedHeaderBytes + rest.length));
  const view = viewOf(header);
  view.setUint16(0, shortHead(header.length / wordBytes - 1), true);
  header.set(encodeUtf8(magic), 2);
  view.setUint8(7, formatVersion);
  view.setUint16(8, byteOrderMark, true);
  view.setUint8(10, fields.sections);
  view.setUint8(11, fields.flags);
  view.setUint32(12, platformVersion, true);
  header.set(encodeUtf8(platform), 16);
  view.setUint32(24, fields.sectionBytes, true);
  view.setUint32(28, fields.entrypoint, true);
  header.set(rest, fixedHeaderBytes);
  return header;
}

/** Reads the header of a file, or says what is wrong with it. */
export function readHeader(file: Uint8Array): Header | FileProblem {
  if (!isProgramFile(file)) return problem('file-magic', 0, `not a BPF64 program: "${magic}" is missing at byte 2`);
  if (file.length < fixedHeaderBytes)
    return problem(
      'file-truncated',
      file.length,
      `the header needs ${fixedHeaderBytes} bytes, the file has ${file.length}`,
    );
  const view = viewOf(file);
  const version = view.getUint8(7);
  if (version !== formatVersion)
    return problem('file-version', 7, `format version ${version}; this machine reads version ${formatVersion}`);
  const mark = view.getUint16(8, true);
  if (mark !== byteOrderMark)
    return problem('file-byte-order', 8, byteOrderText(view.getUint16(8, false) === byteOrderMark, mark));
  const head = view.getUint16(0, true);
  if ((head & 0xcfcf) !== 0x0f0f)
    return problem('file-header', 0, `the header's length word is 0x${head.toString(16)}, which no header has`);
  const bytes = (literalLength({ code: head, jt: 0, jf: 0, k: 0 })! + 1) * wordBytes;
  const sections = view.getUint8(10);
  if (fixedHeaderBytes + sections * wordBytes > bytes)
    return problem('file-header', 10, `${sections} section headers do not fit a header of ${bytes} bytes`);
  const flags = view.getUint8(11);
  if ((flags & ~hasBackwardJumps) !== 0)
    return problem('file-flags', 11, `header flags 0x${flags.toString(16)}; this machine knows 0x1`);
  if (!equalBytes(file.subarray(16, 24), encodeUtf8(platform)))
    return problem('file-platform', 16, `for the platform "${printable(file.subarray(16, 24))}", not "${platform}"`);
  const wanted = view.getUint32(12, true);
  if (wanted > platformVersion)
    return problem('file-platform', 12, `for platform version ${wanted}; this machine has ${platformVersion}`);
  if (file.subarray(48, fixedHeaderBytes).some((byte) => byte !== 0))
    return problem('file-header', 48, 'the reserved bytes of the header are not 0');
  const codeStart = bytes + view.getUint32(24, true);
  if (codeStart > file.length)
    return problem(
      'file-truncated',
      file.length,
      `the code starts at byte ${codeStart}, the file ends at ${file.length}`,
    );
  if ((file.length - codeStart) % wordBytes !== 0)
    return problem('file-truncated', file.length, 'the code ends in the middle of an instruction');
  return { bytes, sections, sectionBytes: codeStart - bytes, entrypoint: view.getUint32(28, true), flags };
}

const byteOrderText = (isSwapped: boolean, mark: number): string =>
  isSwapped
    ? 'a big-endian program: this machine reads little-endian ones'
    : `the byte order mark is 0x${mark.toString(16)}, neither little-endian nor big-endian`;

const printable = (bytes: Uint8Array): string =>
  decodeUtf8(bytes)
    .replace(/\0+$/, '')
    .replace(/[^ -~]/g, '?');
