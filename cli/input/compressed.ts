/** Captures that are compressed, which their first bytes tell: gzip and Zstandard. */
import { createGunzip } from 'node:zlib';
import { isSystemError } from '../problem.ts';
import { damaged, type Input, piecesInput, readFully } from './input.ts';

/** What is compressed is read in pieces of so many bytes. */
const pieceBytes = 64 * 1024;

/** The input itself, or what is compressed in it. */
export async function decompressed(input: Input): Promise<Input> {
  const head = await readFully(input, 4);
  const whole = after(head, input);
  if (head[0] === 0x1f && head[1] === 0x8b) return piecesInput(whole, gunzipped(whole));
  const [a, b, c, d] = head;
  const isFrame = a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd;
  // What compresses in parallel may begin with a frame that is to be skipped.
  const isSkipped = a !== undefined && a >> 4 === 5 && b === 0x2a && c === 0x4d && d === 0x18;
  if (!isFrame && !isSkipped) return whole;
  const { unzstd } = await import('./zstd.ts');
  return piecesInput(whole, unzstd(whole));
}

/** What has been read already, and then the rest. */
function after(head: Uint8Array, input: Input): Input {
  let rest = head;
  return {
    ...input,
    read(into) {
      if (rest.length === 0) return input.read(into);
      const { length } = rest;
      into.set(rest);
      rest = rest.subarray(length);
      return length;
    },
  };
}

/** One or more members of gzip, one behind the other, as gunzip reads them. */
async function* gunzipped(input: Input): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip();
  let read = 0;
  let made = 0;
  const feed = async (): Promise<void> => {
    const piece = new Uint8Array(pieceBytes);
    for (;;) {
      const length = await input.read(piece);
      if (length === 0) break;
      read += length;
      // Called when the piece has been taken in, and there is room for what comes of it.
      await new Promise((resolve) => gunzip.write(piece.subarray(0, length), resolve));
    }
    gunzip.end();
  };
  feed().catch((error: Error) => gunzip.destroy(error));
  try {
    for await (const piece of gunzip as AsyncIterable<Buffer>) {
      made += piece.length;
      yield piece;
    }
  } catch (error) {
    if (!isSystemError(error) || !error.code.startsWith('Z_')) throw error;
    throw damaged(input.name, 'gzip', error.code === 'Z_BUF_ERROR', read, made);
  } finally {
    gunzip.destroy();
  }
}
