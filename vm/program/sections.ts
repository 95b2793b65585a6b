/** The sections of a program file: their headers, names, literals and checksums. What is in them, their own files know. */
import { bytesToWords, wordBytes } from '../isa/codec.ts';
import { literalLength } from '../isa/literals.ts';
import { concat, viewOf } from './bytes.ts';
import { crc32 } from './crc32.ts';
import { type FileProblem, fixedHeaderBytes, type Header, problem } from './header.ts';
import { literalHead } from './literal.ts';
import { nameAt } from './program.ts';
import { StringTable } from './strings.ts';

/** Section types, by number. */
export const sectionTypes = { strings: 1, impex: 2, on_fatal: 3, rodatas: 4, debug: 5, doc: 6 } as const;
export type SectionType = keyof typeof sectionTypes;

/** Section flags. Those by which a debugger needs a section (0x20, 0x40) are no concern of a machine. */
const zipped = 0x01;
const neededToLoad = 0x80;
const knownFlags = 0xe1;
const longestName = 255;

export interface Section {
  readonly type: SectionType;
  readonly contents: Uint8Array;
}

/** What a machine that does not know a type must not run without. */
const flagsOf = (type: SectionType): number =>
  type === 'impex' || type === 'on_fatal' || type === 'strings' ? neededToLoad : 0;

/** Section headers and names, which go into the file's header, and the literals behind it. */
export function writeSections(sections: readonly Section[]): { headers: Uint8Array; literals: Uint8Array } {
  const names = new StringTable();
  const literals: Uint8Array[] = [];
  const headers = sections.map(({ type, contents }) => {
    const name = names.add(type);
    const start = Uint8Array.of(name & 0xff, name >> 8, sectionTypes[type], flagsOf(type));
    const literal = sectionLiteral(contents, start);
    literals.push(literal);
    return concat([start, literal.subarray(4, 8)]);
  });
  return { headers: concat([...headers, names.bytes()]), literals: concat(literals) };
}

/** A section: a literal whose k is its checksum, made with the first half of its header there instead. */
function sectionLiteral(contents: Uint8Array, start: Uint8Array): Uint8Array {
  const length = Math.ceil(contents.length / wordBytes);
  const literal = new Uint8Array((1 + length) * wordBytes);
  literal.set(literalHead(length));
  literal.set(start, 4);
  literal.set(contents, wordBytes);
  viewOf(literal).setUint32(4, crc32(literal), true);
  return literal;
}

/** A section that was read. */
export interface FoundSection {
  readonly contents: Uint8Array;
  /** The byte of the file where its contents start. */
  readonly offset: number;
}
export type SectionsResult =
  | { readonly sections: ReadonlyMap<number, FoundSection>; readonly problem?: never }
  | { readonly problem: FileProblem; readonly sections?: never };

/** Every section of a file, by type: checked, whether the type is known or not. All that are announced must be there. */
export function readSections(file: Uint8Array, header: Header): SectionsResult {
  const sections = new Map<number, FoundSection>();
  const names = file.subarray(fixedHeaderBytes + header.sections * wordBytes, header.bytes);
  const end = header.bytes + header.sectionBytes;
  let at = header.bytes;
  for (let i = 0; i < header.sections; i++) {
    const word = fixedHeaderBytes + i * wordBytes;
    const { problem: wrong, bytes } = readSection(file, word, at, end, names);
    if (wrong !== undefined)
      return { problem: { ...wrong, message: `section ${i + 1} of ${header.sections}: ${wrong.message}` } };
    const type = file[word + 2]!;
    if (sections.has(type)) return { problem: problem('file-section', at, `a second section of type ${type}`) };
    sections.set(type, { contents: file.subarray(at + wordBytes, at + bytes), offset: at + wordBytes });
    at += bytes;
  }
  if (at !== end)
    return {
      problem: problem('file-section', at, `the sections end at byte ${at}, the code starts at byte ${end}`),
    };
  return { sections };
}

type OneSection =
  | { readonly bytes: number; readonly problem?: never }
  | { readonly problem: FileProblem; readonly bytes?: never };

/** Checks the section at `at`, whose header is at `word`; gives its length with its head. */
function readSection(file: Uint8Array, word: number, at: number, end: number, names: Uint8Array): OneSection {
  const view = viewOf(file);
  const length = at + wordBytes > end ? undefined : literalLength(bytesToWords(file.subarray(at, at + wordBytes))[0]!);
  if (length === undefined || at + (1 + length) * wordBytes > end)
    return { problem: problem('file-section', at, 'no literal that ends before the code starts') };
  const bytes = (1 + length) * wordBytes;
  const literal = Uint8Array.from(file.subarray(at, at + bytes));
  literal.set(file.subarray(word, word + 4), 4);
  const sum = view.getUint32(word + 4, true);
  if (crc32(literal) !== sum || view.getUint32(at + 4, true) !== sum)
    return { problem: problem('file-checksum', at, 'its bytes do not match its checksum') };
  const type = file[word + 2]!;
  const flags = file[word + 3]!;
  const nameOffset = view.getUint16(word, true);
  if (nameOffset > 0x1fff || nameAt(names, nameOffset, longestName) === undefined)
    return { problem: problem('file-section', word, `no name at ${nameOffset} of the section names`) };
  if ((flags & zipped) !== 0)
    return { problem: problem('file-section', word + 3, 'it is compressed, which this machine does not undo') };
  if ((flags & ~knownFlags) !== 0)
    return { problem: problem('file-section', word + 3, `flags 0x${flags.toString(16)} have no meaning`) };
  if ((flags & neededToLoad) !== 0 && !Object.values(sectionTypes).includes(type as 1))
    return { problem: problem('file-section', word + 2, `needed to load, of type ${type}, which is not known here`) };
  return { bytes };
}
