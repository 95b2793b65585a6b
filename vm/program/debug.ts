/**
 * The debug section: which place of the source an instruction comes from, and where variables are. u32s: version 2; the
 * numbers of files, lines and variables; a file is its name; a line is pc, file, line, column; a variable is its name,
 * first and last pc, and its place: a register's number, or 256 and more for a word of M[].
 *
 * SPEC: the draft leaves its layout open.
 */
import { readU32s, u32Bytes } from './bytes.ts';
import { type DebugInfo, type LineEntry, nameAt, type VariableEntry } from './program.ts';
import type { StringTable } from './strings.ts';

const version = 2;
const headNumbers = 4;
const lineNumbers = 4;
const variableNumbers = 4;
const firstWord = 0x100;
const limits = { files: 256, fileBytes: 4096, nameBytes: 255 } as const;

export function writeDebug(debug: DebugInfo, strings: StringTable): Uint8Array {
  const files = [debug.file, ...(debug.otherFiles ?? [])];
  const variables = debug.variables ?? [];
  const numbers = [version, files.length, debug.lines.length, variables.length];
  for (const file of files) numbers.push(strings.add(file));
  for (const { pc, file = 0, line, column } of debug.lines) numbers.push(pc, file, line, column);
  for (const { name, first, last, place } of variables)
    numbers.push(strings.add(name), first, last, 'word' in place ? firstWord + place.word : place.register);
  return u32Bytes(numbers);
}

/** What a debug section holds, or (as text) what is wrong with it. */
export function readDebug(contents: Uint8Array, strings: Uint8Array): DebugInfo | string {
  const numbers = readU32s(contents);
  if (numbers.length < headNumbers) return 'it has no head';
  const [found, fileCount, lineCount, variableCount] = four(numbers, 0);
  if (found !== version) return `version ${found}; this machine reads version ${version}`;
  const needed = headNumbers + fileCount + lineCount * lineNumbers + variableCount * variableNumbers;
  // A u32 of padding may follow.
  if (numbers.length < needed || numbers.length > needed + 1)
    return `${needed} numbers are announced, ${numbers.length} are there`;
  if (fileCount === 0 || fileCount > limits.files) return `${fileCount} files; it takes 1 to ${limits.files}`;
  const files: string[] = [];
  for (const offset of numbers.subarray(headNumbers, headNumbers + fileCount)) {
    const name = nameAt(strings, offset, limits.fileBytes);
    if (name === undefined) return `no file name at ${offset} of the strings`;
    files.push(name);
  }
  const lines = readLines(
    numbers.subarray(headNumbers + fileCount, needed - variableCount * variableNumbers),
    fileCount,
  );
  if (typeof lines === 'string') return lines;
  const variables = readVariables(numbers.subarray(needed - variableCount * variableNumbers, needed), strings);
  if (typeof variables === 'string') return variables;
  const [file, ...otherFiles] = files as [string, ...string[]];
  return {
    file,
    ...(otherFiles.length > 0 ? { otherFiles } : {}),
    lines,
    ...(variables.length > 0 ? { variables } : {}),
  };
}

/** The head, a line and a variable are four numbers each. */
const four = (numbers: Uint32Array, at: number): [number, number, number, number] => [
  numbers[at]!,
  numbers[at + 1]!,
  numbers[at + 2]!,
  numbers[at + 3]!,
];

function readLines(numbers: Uint32Array, files: number): LineEntry[] | string {
  const lines: LineEntry[] = [];
  let before = -1;
  for (let at = 0; at < numbers.length; at += lineNumbers) {
    const [pc, file, line, column] = four(numbers, at);
    if (pc <= before) return `the line of instruction ${pc} stands behind that of ${before}`;
    if (file >= files) return `instruction ${pc} comes from file ${file}; there are ${files}`;
    before = pc;
    lines.push({ pc, line, column, ...(file === 0 ? {} : { file }) });
  }
  return lines;
}

function readVariables(numbers: Uint32Array, strings: Uint8Array): VariableEntry[] | string {
  const variables: VariableEntry[] = [];
  let before = 0;
  for (let at = 0; at < numbers.length; at += variableNumbers) {
    const [offset, first, last, place] = four(numbers, at);
    const name = nameAt(strings, offset, limits.nameBytes);
    if (name === undefined) return `no variable name at ${offset} of the strings`;
    if (first < before || last < first) return `variable ${name}: ${first} to ${last} is out of order`;
    before = first;
    const where = place >= firstWord ? { word: place - firstWord } : { register: place };
    variables.push({ name, first, last, place: where });
  }
  return variables;
}
