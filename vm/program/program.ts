/**
 * A program as data: what the compiler hands over, what a file holds, what the validator judges. No behaviour.
 */
import type { Word } from '../isa/codec.ts';

/** Classic: the BPF of tcpdump and the kernels, to the letter. BPF64: its extension. The two never mix. */
export type Profile = 'classic' | 'bpf64';

/** Where instructions come from in the source: `pc` and all after it, up to the next entry. Lines and columns from 1. */
export interface LineEntry {
  readonly pc: number;
  readonly line: number;
  readonly column: number;
  /** Which of the other files, from 1; left out for the source itself. */
  readonly file?: number;
}

/** A variable of the source, and where its value is while `first` to `last` run. */
export interface VariableEntry {
  readonly name: string;
  readonly first: number;
  readonly last: number;
  readonly place: { readonly register: number } | { readonly word: number };
}

export interface DebugInfo {
  /** The source's name, as the user gave it. */
  readonly file: string;
  /** Names of the other files that code comes from; LineEntry.file counts them from 1. */
  readonly otherFiles?: readonly string[];
  /** By ascending pc. */
  readonly lines: readonly LineEntry[];
  /** By ascending first pc. */
  readonly variables?: readonly VariableEntry[];
}

/** What impex says of the entry, or of an import, besides its name. */
export interface Declaration {
  /** What the host is to make of it: kind, size, key parts, initial value. Data: the machine reads only `linktype`. */
  readonly attributes?: readonly Attribute[];
  readonly version?: bigint;
  readonly description?: { readonly label: string; readonly text: string };
}

export interface Attribute {
  readonly name: string;
  /** An unsigned integer of at most 64 bits, or a string. */
  readonly value: bigint | string;
}

/** What a program needs of its host. */
export interface Import extends Declaration {
  readonly kind: 'function' | 'segment';
  /** With the namespaces before it, between dots: `string.find`. */
  readonly name: string;
  /** What instructions call it: k of a host call, jf of a segment access. */
  readonly number: number;
  /** Of a segment: the name of its format; left out where it has none. */
  readonly format?: string;
}

export interface Program {
  readonly profile: Profile;
  readonly code: readonly Word[];
  /** The first instruction, counted from the code's start. */
  readonly entry: number;
  /** A program that came without header has its entry at 0, and may begin with one JA to its main, over its functions. */
  readonly headerless?: boolean;
  /** The link type (LINKTYPE_ number) whose packets the program expects; undefined: not said. */
  readonly linktype?: number;
  /** Bytes of the strings section: NUL, then NUL-terminated strings. EXIT ERROR names its message by its offset here. */
  readonly strings: Uint8Array;
  readonly debug?: DebugInfo;
  /** What it needs of its host, by name. */
  readonly imports?: readonly Import[];
  /** What the file says of the entry besides the link type. */
  readonly exported?: Declaration;
  /** A classic program that makes the verdict of a run that ended by a fault. */
  readonly onFatal?: readonly Word[];
  /** Data beside the code, whole words of 8 bytes; carried, no instruction reads it. */
  readonly rodatas?: Uint8Array;
  /** Documentation, for people. */
  readonly doc?: string;
}

/** The string at a byte offset of a strings section, as UTF-8; undefined outside it. */
export function stringAt(strings: Uint8Array, offset: number): string | undefined {
  const end = strings.indexOf(0, offset);
  if (offset >= strings.length || end < 0) return undefined;
  return decodeUtf8(strings.subarray(offset, end));
}

/** Whether the bytes at an offset begin with a string (its UTF-8) and its end, be it by NUL or with the section. */
export function holdsString(strings: Uint8Array, offset: number, bytes: Uint8Array): boolean {
  return bytes.every((byte, i) => strings[offset + i] === byte) && (strings[offset + bytes.length] ?? 0) === 0;
}

/** A short string at an offset: undefined outside the section, and for one of more than `most` bytes. */
export function nameAt(strings: Uint8Array, offset: number, most: number): string | undefined {
  if (offset >= strings.length) return undefined;
  const length = strings.subarray(offset, offset + most + 1).indexOf(0);
  return length < 0 ? undefined : decodeUtf8(strings.subarray(offset, offset + length));
}

/** The name of the file that a line entry speaks of. */
export const fileOf = (debug: DebugInfo, { file = 0 }: LineEntry): string =>
  file === 0 ? debug.file : (debug.otherFiles?.[file - 1] ?? debug.file);

/** The line entry that covers `pc`. */
export function lineAt(debug: DebugInfo | undefined, pc: number): LineEntry | undefined {
  return debug?.lines.findLast((entry) => entry.pc <= pc);
}

/** UTF-8 without the platform's TextDecoder, which neither plain ECMAScript nor this zone has. Bad bytes give U+FFFD. */
export function decodeUtf8(bytes: Uint8Array): string {
  if (bytes.length < 256 && bytes.every((b) => b < 0x80)) return String.fromCharCode(...bytes);
  try {
    return decodeURIComponent(Array.from(bytes, (b) => `%${b.toString(16).padStart(2, '0')}`).join(''));
  } catch {
    return Array.from(bytes, (b) => (b < 0x80 ? String.fromCharCode(b) : '\ufffd')).join('');
  }
}

export function encodeUtf8(text: string): Uint8Array {
  const escaped = encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd'));
  const bytes: number[] = [];
  for (let i = 0; i < escaped.length; i++) {
    const isEscape = escaped[i] === '%';
    bytes.push(isEscape ? Number.parseInt(escaped.slice(i + 1, i + 3), 16) : escaped.charCodeAt(i));
    if (isEscape) i += 2;
  }
  return Uint8Array.from(bytes);
}
