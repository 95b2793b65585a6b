/**
 * Zstandard (RFC 8878), frame by frame and block by block: what a frame claims is judged here, what is in a block is
 * unpacked by fzstd, which checks no checksums.
 */
import { Decompress } from 'fzstd';
import { failure } from '../problem.ts';
import { count } from '../render.ts';
import { damaged, type Input, readFully } from './input.ts';

/** How far back a frame may refer, in bytes: as much as `zstd` itself allows where nothing else is said. */
const mostWindow = 128 * 1024 * 1024;

const FRAME = 0xfd2f_b528;
const RUN_LENGTH_BLOCK = 1;
const RESERVED_BLOCK = 3;

export async function* unzstd(input: Input): AsyncGenerator<Uint8Array> {
  let read = 0;
  let made = 0;
  const cut = (): Error => damaged(input.name, 'Zstandard', true, read, made);
  const wrong = (): Error => damaged(input.name, 'Zstandard', false, read, made);
  const take = async (bytes: number): Promise<Uint8Array> => {
    const taken = await readFully(input, bytes);
    read += taken.length;
    if (taken.length < bytes) throw cut();
    return taken;
  };
  for (;;) {
    const magic = await readFully(input, 4);
    read += magic.length;
    if (magic.length === 0) return;
    if (magic.length < 4) throw cut();
    if (word(magic) !== FRAME) {
      if (word(magic) >>> 4 !== 0x184d_2a5) throw wrong();
      let left = word(await take(4));
      while (left > 0) left -= (await take(Math.min(left, 65_536))).length;
      continue;
    }
    const descriptor = await take(1);
    const rest = await take(headerLength(descriptor[0]!));
    if ((descriptor[0]! & 3) !== 0)
      throw failure({
        code: 'compressed-dictionary',
        message: 'the Zstandard data needs a dictionary',
        place: input.name,
        hint: 'unpack it first: zstd -d -D DICTIONARY',
      });
    const window = windowOf(descriptor[0]!, rest);
    if (window > mostWindow)
      throw failure({
        code: 'compressed-window',
        message: `the Zstandard data needs ${count(window)} bytes of memory to unpack, the limit is ${count(mostWindow)}`,
        place: input.name,
        hint: 'unpack it first: zstd -d --long=31 --memory=2048MB',
      });
    let pieces: Uint8Array[] = [];
    const frame = new Decompress((piece) => {
      made += piece.length;
      // It shares memory with what is unpacked next.
      pieces.push(piece.slice());
    });
    const push = (bytes: Uint8Array, isLast: boolean): void => {
      try {
        frame.push(bytes, isLast);
      } catch {
        throw wrong();
      }
    };
    let before = joined(magic, descriptor, rest);
    for (let isLast = false; !isLast; ) {
      const header = await take(3);
      const bits = header[0]! | (header[1]! << 8) | (header[2]! << 16);
      isLast = (bits & 1) === 1;
      const type = (bits >> 1) & 3;
      const length = bits >> 3;
      if (type === RESERVED_BLOCK || length > 131_072) throw wrong();
      const body = await take(type === RUN_LENGTH_BLOCK ? 1 : length);
      const checksum = await take(isLast && (descriptor[0]! & 4) !== 0 ? 4 : 0);
      push(joined(before, header, body, checksum), isLast);
      before = checksum.subarray(0, 0);
      yield* pieces;
      pieces = [];
    }
  }
}

const word = (bytes: Uint8Array): number =>
  (bytes[0]! | (bytes[1]! << 8) | (bytes[2]! << 16) | (bytes[3]! << 24)) >>> 0;

const joined = (...parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts);

/** Bytes of a frame's header behind its descriptor: window, length of the content. */
function headerLength(descriptor: number): number {
  const isSingle = (descriptor >> 5) & 1;
  const content = descriptor >> 6;
  return 1 - isSingle + (content === 0 ? isSingle : 1 << content);
}

/** How much of what was unpacked a frame may refer to, in bytes. */
function windowOf(descriptor: number, header: Uint8Array): number {
  if ((descriptor & 0x20) === 0) {
    const base = 2 ** (10 + (header[0]! >> 3));
    return base + (base / 8) * (header[0]! & 7);
  }
  // One segment: the window is the content.
  const size = header.reduceRight((sum, byte) => sum * 256 + byte, 0);
  return descriptor >> 6 === 1 ? size + 256 : size;
}
