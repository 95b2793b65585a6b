/** The heads of literals that a file is made of: its header and its sections. */

const longestShort = 0x3ff;

/** `code` of a short literal: bits 7..0 of the length above, 9..8 in 5..4. */
export const shortHead = (length: number): number => ((length & 0xff) << 8) | ((length >> 8) << 4) | 0x0f;

/** The first four bytes of a literal of some length, the shorter form where there is a choice. */
export function literalHead(length: number): Uint8Array {
  if (length <= longestShort) return Uint8Array.of(0x0f | ((length >> 8) << 4), length & 0xff, 0, 0);
  return longHead(length);
}

/** The first four bytes of a long literal: its data begin behind them. */
export const longHead = (length: number): Uint8Array =>
  Uint8Array.of(0xe7 | ((length >>> 24) << 3), length & 0xff, (length >> 8) & 0xff, (length >> 16) & 0xff);
