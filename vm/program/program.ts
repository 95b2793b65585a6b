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
}

export interface DebugInfo {
  /** The source's name, as the user gave it. */
  readonly file: string;
  /** By ascending pc. */
  readonly lines: readonly LineEntry[];
}

export interface Program {
  readonly profile: Profile;
  readonly code: readonly Word[];
  /** The first instruction, counted from the code's start. */
  readonly entry: number;
  /** The link type (LINKTYPE_ number) whose packets the program expects; undefined: not said. */
  readonly linktype?: number;
  /** Bytes of the strings section: NUL, then NUL-terminated strings. EXIT ERROR names its message by its offset here. */
  readonly strings: Uint8Array;
  readonly debug?: DebugInfo;
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

/** The line entry that covers `pc`. */
export function lineAt(debug: DebugInfo | undefined, pc: number): LineEntry | undefined {
  return debug?.lines.findLast((entry) => entry.pc <= pc);
}

/** UTF-8 without the platform's TextDecoder, which neither plain ECMAScript nor this zone has. Bad bytes give U+FFFD. */
export function decodeUtf8(bytes: Uint8Array): string {
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
