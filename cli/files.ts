/** Files as commands use them: whole, in chunks, and written so that no half of one is ever left. */
import { closeSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { failure, fileFailure } from './problem.ts';

/** What `-` stands for, in messages. */
const standardInput = '<stdin>';
export const displayName = (path: string): string => (path === '-' ? standardInput : path);

/** A whole file, or standard input for `-`. */
export async function readWhole(path: string): Promise<Uint8Array> {
  if (path !== '-') {
    try {
      return readFileSync(path);
    } catch (error) {
      throw fileFailure(path, error);
    }
  }
  const parts: Buffer[] = [];
  for await (const part of process.stdin) parts.push(part);
  return Buffer.concat(parts);
}

/** Large enough that reading costs little, small enough to stay in the cache. */
const chunkBytes = 256 * 1024;

/** A file in chunks; each is valid until the next is asked for. They are read to a buffer that `allocate` makes. */
export async function* readChunks(
  path: string,
  allocate: (bytes: number) => Uint8Array = (bytes) => new Uint8Array(bytes),
): AsyncGenerator<Uint8Array> {
  if (path === '-') {
    for await (const part of process.stdin) yield part;
    return;
  }
  const file = await open(path).catch((error: unknown) => {
    throw fileFailure(path, error);
  });
  try {
    let buffer = allocate(chunkBytes);
    for (;;) {
      // A memory that grew for a long packet leaves what lay in it empty.
      if (buffer.length === 0) buffer = allocate(chunkBytes);
      const { bytesRead } = await file.read(buffer, 0, chunkBytes, null).catch((error: unknown) => {
        throw fileFailure(path, error);
      });
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** Whether two paths are one file. */
function isSameFile(a: string, b: string): boolean {
  const [first, second] = [a, b].map((path) => statSync(path, { throwIfNoEntry: false }));
  return first !== undefined && second !== undefined && first.ino === second.ino && first.dev === second.dev;
}

/**
 * A file that is being written: under a temporary name beside its own, which it takes when it is whole. Standard
 * output (`-`), devices and pipes are written to directly.
 */
export class OutputFile {
  readonly #path: string;
  readonly #temporary: string | undefined;
  readonly #descriptor: number;
  #open = true;

  constructor(path: string) {
    this.#path = path;
    const existing = path === '-' ? undefined : statSync(path, { throwIfNoEntry: false });
    const direct = path === '-' || (existing !== undefined && !existing.isFile());
    this.#temporary = direct ? undefined : `${path}.${process.pid}.part`;
    try {
      if (existing?.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
      this.#descriptor = path === '-' ? 1 : openSync(this.#temporary ?? path, 'w');
    } catch (error) {
      throw fileFailure(path, error);
    }
    if (this.#temporary !== undefined) unfinished.add(this);
  }

  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      try {
        at += writeSync(this.#descriptor, bytes, at);
      } catch (error) {
        // A pipe that is full for the moment.
        if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') continue;
        throw fileFailure(this.#path, error);
      }
    }
  }

  /** The file is whole: it takes its name. */
  finish(): void {
    this.#close();
    try {
      if (this.#temporary !== undefined) renameSync(this.#temporary, this.#path);
    } catch (error) {
      throw fileFailure(this.#path, error);
    }
  }

  /** Leaves nothing behind. */
  discard(): void {
    this.#close();
    if (this.#temporary !== undefined) rmSync(this.#temporary, { force: true });
  }

  #close(): void {
    if (this.#open && this.#descriptor !== 1) closeSync(this.#descriptor);
    this.#open = false;
    unfinished.delete(this);
  }
}

const unfinished = new Set<OutputFile>();

/** Removes what has not been finished: for an end by a signal. */
export function discardUnfinished(): void {
  for (const file of unfinished) file.discard();
}

/** Writes a whole file at once, or nothing. */
export function writeWhole(path: string, bytes: Uint8Array): void {
  if (path === '-') {
    writeFileSync(1, bytes);
    return;
  }
  const file = new OutputFile(path);
  try {
    file.write(bytes);
    file.finish();
  } catch (error) {
    file.discard();
    throw error;
  }
}

/** Refuses to write over the file that is being read. */
export function refuseSameFile(input: string, output: string): void {
  if (input !== '-' && output !== '-' && isSameFile(input, output))
    throw failure({
      code: 'output-is-input',
      message: 'the output is the input itself',
      place: output,
      hint: 'write to another file',
    });
}
