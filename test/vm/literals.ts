/** Literals for tests: data bytes as words, in both forms. */
import type { Word } from '../../vm/index.ts';
import { bytesToWords } from '../../vm/isa/codec.ts';

/** Data of a short literal (6 + 8n bytes) or a long one (4 + 8n); what is missing to the end of the last word is 0. */
export function literal(isLong: boolean, data: Iterable<number>): Word[] {
  const bytes = [...data];
  const inHead = isLong ? 4 : 2;
  while ((bytes.length + inHead) % 8 !== 0 || bytes.length === 0) bytes.push(0);
  const n = (bytes.length + inHead) / 8 - 1;
  const head = isLong
    ? [0xe7 | ((n >> 24) << 3), n & 255, (n >> 8) & 255, (n >> 16) & 255]
    : [0x0f | ((n >> 8) << 4), n & 255];
  return bytesToWords(Uint8Array.from([...head, ...bytes]));
}

export const u16s = (values: readonly number[]): number[] => values.flatMap((v) => [v & 255, v >> 8]);
export const u32s = (values: readonly number[]): number[] =>
  values.flatMap((v) => [v & 255, (v >> 8) & 255, (v >> 16) & 255, v >>> 24]);
