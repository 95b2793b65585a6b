/**
 * The program file: a header that is a literal itself, the sections, the code. Reads and writes bytes; says what is
 * wrong with a file and at which byte, and leaves the instructions to the validator.
 *
 * SPEC: the draft leaves much of the contents of sections open; `impex.ts` and `debug.ts` settle theirs, and
 * docs/file-format.md has it all.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToWords, type Word, wordBytes, wordsToBytes } from '../isa/codec.ts';
import { literalLength } from '../isa/literals.ts';
import { concat, equalBytes } from './bytes.ts';
import { readDebug, writeDebug } from './debug.ts';
import { type FileProblem, hasBackwardJumps, problem, readHeader, uuidAt, uuidBytes, writeHeader } from './header.ts';
import { type Impex, readImpex, writeImpex } from './impex.ts';
import { type DebugInfo, decodeUtf8, encodeUtf8, type Program } from './program.ts';
import { type FoundSection, readSections, type Section, sectionTypes, writeSections } from './sections.ts';
import { StringTable } from './strings.ts';

export { type FileProblem, isProgramFile } from './header.ts';

export type ReadResult =
  | { readonly program: Program; readonly problem?: never }
  | { readonly problem: FileProblem; readonly program?: never };

/** The longest code that is read unless the host says otherwise, in instructions. */
const usualProgramSize = 2 ** 20;

/**
 * Writes a BPF64 program as a file. The same program gives the same bytes. Throws a RangeError for what no file can
 * hold, such as a name of more than 255 bytes.
 */
export function writeProgram(program: Program): Uint8Array {
  const { entry, linktype, exported, imports = [], debug, onFatal, rodatas, doc } = program;
  const table = new StringTable(program.strings);
  const described = {
    entry,
    imports,
    ...(linktype === undefined ? {} : { linktype }),
    ...(exported === undefined ? {} : { exported }),
  };
  const impex = writeImpex(described, table);
  const debugContents = debug === undefined ? undefined : writeDebug(debug, table);
  const contents: Readonly<Record<Section['type'], Uint8Array | undefined>> = {
    strings: table.bytes(),
    impex,
    on_fatal: onFatal === undefined ? undefined : wordsToBytes(onFatal),
    rodatas,
    debug: debugContents,
    doc: doc === undefined ? undefined : encodeUtf8(doc.replaceAll('\0', '\u2400')),
  };
  const { headers, literals } = writeSections(
    Object.entries(contents).flatMap(([type, bytes]) =>
      bytes === undefined ? [] : [{ type: type as Section['type'], contents: bytes }],
    ),
  );
  const sections = Object.values(contents).filter((bytes) => bytes !== undefined).length;
  const flags = goesBack(program.code) ? hasBackwardJumps : 0;
  const header = writeHeader({ sections, sectionBytes: literals.length, entrypoint: entry, flags }, headers);
  const file = concat([header, literals, wordsToBytes(program.code)]);
  file.set(uuidOf(file), uuidAt);
  return file;
}

/** The first half of SHA-256 over all but the uuid itself: same source, same bytes. */
function uuidOf(file: Uint8Array): Uint8Array {
  const hash = sha256.create();
  hash.update(file.subarray(0, uuidAt)).update(new Uint8Array(uuidBytes));
  return hash
    .update(file.subarray(uuidAt + uuidBytes))
    .digest()
    .subarray(0, uuidBytes);
}

/** Whether some JA jumps backward; literals between the instructions are data, whatever they look like. */
function goesBack(code: readonly Word[]): boolean {
  for (let pc = 0; pc < code.length; pc++) {
    const word = code[pc]!;
    if ((word.code & 0x3ff) === 0x05 && (word.k | 0) < 0) return true;
    pc += literalLength(word) ?? 0;
  }
  return false;
}

/** Reads a BPF64 file of at most `programSize` instructions. Sections of a type unknown here are checked and left out. */
export function readProgram(file: Uint8Array, programSize = usualProgramSize): ReadResult {
  const header = readHeader(file);
  if ('code' in header) return { problem: header };
  const codeStart = header.bytes + header.sectionBytes;
  const length = (file.length - codeStart) / wordBytes;
  // Before the code is turned into words, which take ten times its room.
  if (length > programSize)
    return { problem: problem('file-size', codeStart, `${length} instructions; the limit is ${programSize}`) };
  if (!equalBytes(uuidOf(file), file.subarray(uuidAt, uuidAt + uuidBytes)))
    return {
      problem: problem('file-uuid', uuidAt, "the file's bytes do not match its uuid: it is damaged or was changed"),
    };
  const { sections, problem: wrong } = readSections(file, header);
  if (sections === undefined) return { problem: wrong };
  const code = bytesToWords(file.subarray(codeStart));
  const isBackward = goesBack(code);
  if (isBackward !== ((header.flags & hasBackwardJumps) !== 0)) {
    const says = isBackward
      ? 'has backward jumps, the header says none'
      : 'has no backward jumps, the header says some';
    return { problem: problem('file-flags', 11, `the code ${says}`) };
  }
  return readContents(sections, code, header.entrypoint);
}

function readContents(sections: ReadonlyMap<number, FoundSection>, code: Word[], entry: number): ReadResult {
  // A copy: the file may be somebody's buffer.
  const strings = Uint8Array.from(sections.get(sectionTypes.strings)?.contents ?? [0]);
  if (strings[0] !== 0 || strings.at(-1) !== 0) {
    const { offset } = sections.get(sectionTypes.strings)!;
    return { problem: problem('file-strings', offset, 'the strings do not begin and end with NUL') };
  }
  let impex: Impex = { imports: [] };
  const impexSection = sections.get(sectionTypes.impex);
  if (impexSection !== undefined) {
    const read = readImpex(impexSection.contents, strings, entry);
    if (read.impex === undefined) {
      const { offset, message } = read.problem;
      return { problem: problem('file-impex', impexSection.offset + offset, message) };
    }
    impex = read.impex;
  }
  const debugSection = sections.get(sectionTypes.debug);
  const debug = debugSection === undefined ? undefined : readDebug(debugSection.contents, strings);
  if (typeof debug === 'string')
    return { problem: problem('file-debug', debugSection!.offset, `the debug section: ${debug}`) };
  return { program: programOf(sections, code, entry, strings, impex, debug) };
}

function programOf(
  sections: ReadonlyMap<number, FoundSection>,
  code: Word[],
  entry: number,
  strings: Uint8Array,
  { linktype, exported, imports }: Impex,
  debug: DebugInfo | undefined,
): Program {
  const onFatal = sections.get(sectionTypes.on_fatal)?.contents;
  const rodatas = sections.get(sectionTypes.rodatas)?.contents;
  const doc = sections.get(sectionTypes.doc)?.contents;
  return {
    profile: 'bpf64',
    code,
    entry,
    strings,
    ...(linktype === undefined ? {} : { linktype }),
    ...(debug === undefined ? {} : { debug }),
    ...(imports.length === 0 ? {} : { imports }),
    ...(exported === undefined ? {} : { exported }),
    ...(onFatal === undefined ? {} : { onFatal: bytesToWords(onFatal) }),
    ...(rodatas === undefined ? {} : { rodatas: Uint8Array.from(rodatas) }),
    ...(doc === undefined ? {} : { doc: decodeUtf8(doc).replace(/\0+$/, '') }),
  };
}
