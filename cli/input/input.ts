/** Where the bytes of captures come from: what is the same for files, pipes and programs. */
import { failure } from '../problem.ts';
import { count } from '../render.ts';

/** Bytes that arrive one after another. */
export interface Input {
  /** What messages call it. */
  readonly name: string;
  /** Whether bytes may take their time to come: then what is known so far is passed on at once. */
  readonly waits: boolean;
  /** Of a file, its length in bytes when it was opened. */
  readonly size?: number;
  /** Puts bytes at the start of `into`, one or more; their number, or 0 at the end. */
  read(into: Uint8Array): number | Promise<number>;
  close(): void | Promise<void>;
}

/** Opens an input when its turn comes. */
export type OpenInput = () => Input | Promise<Input>;

/** What comes in pieces, each as it is there. */
export function piecesInput(
  { name, waits, close }: Pick<Input, 'name' | 'waits' | 'close'>,
  pieces: AsyncIterator<Uint8Array>,
): Input {
  let rest: Uint8Array = new Uint8Array(0);
  return {
    name,
    waits,
    async read(into) {
      while (rest.length === 0) {
        const { value, done } = await pieces.next();
        if (done === true) return 0;
        rest = value;
      }
      const count = Math.min(rest.length, into.length);
      into.set(rest.subarray(0, count));
      rest = rest.subarray(count);
      return count;
    },
    close,
  };
}

/** Reads so many bytes, or as many as there are. */
export async function readFully(input: Input, bytes: number): Promise<Uint8Array> {
  const into = new Uint8Array(bytes);
  let length = 0;
  while (length < bytes) {
    const count = await input.read(into.subarray(length));
    if (count === 0) break;
    length += count;
  }
  return into.subarray(0, length);
}

/** What is compressed ends too early, or is no such data; `read` bytes of it gave `made` bytes. */
export function damaged(name: string, format: string, isCut: boolean, read: number, made: number): Error {
  return failure({
    code: isCut ? 'compressed-truncated' : 'compressed-damaged',
    message: `the ${format} data ${isCut ? 'ends too early' : 'is damaged'}: ${count(read)} bytes of it gave ${count(made)}`,
    place: name,
    hint: isCut ? 'was it copied or written to the end?' : 'the capture in it cannot be read further',
  });
}
