/** Files as commands use them: whole, in chunks, and written so that no half of one is ever left. */
import { closeSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
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

/** Whether two paths are one file. */
function isSameFile(a: string, b: string): boolean {
  const [first, second] = [a, b].map((path) => statSync(path, { throwIfNoEntry: false }));
  return first !== undefined && second !== undefined && first.ino === second.ino && first.dev === second.dev;
}

/**
 * A file that is being written: under a temporary name beside its own, which it takes when it is whole. Standard
 * output (`-`), devices and pipes are written to directly, and what `grows`: a file that is to be read meanwhile.
 */
export class OutputFile {
  readonly #path: string;
  readonly #temporary: string | undefined;
  readonly #descriptor: number;
  /** What a pipe that was full has not taken. */
  #waiting: Uint8Array[] = [];
  #open = true;

  constructor(path: string, grows = false) {
    this.#path = path;
    const existing = path === '-' ? undefined : statSync(path, { throwIfNoEntry: false });
    const direct = path === '-' || grows || (existing !== undefined && !existing.isFile());
    this.#temporary = direct ? undefined : `${path}.${process.pid}.part`;
    try {
      if (existing?.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
      this.#descriptor = path === '-' ? 1 : openSync(this.#temporary ?? path, 'w');
    } catch (error) {
      throw fileFailure(path, error);
    }
    if (this.#temporary !== undefined) unfinished.add(this);
  }

  /** Writes, or keeps a copy of what a pipe cannot take for the moment: see `drain`. */
  write(bytes: Uint8Array): void {
    const rest = this.#waiting.length > 0 ? bytes : this.#write(bytes);
    if (rest.length > 0) this.#waiting.push(rest.slice());
  }

  /** A promise that all has been written, where it has not been yet. */
  drain(): Promise<void> | undefined {
    return this.#waiting.length > 0 ? this.#drain() : undefined;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const rest = this.#write(this.#waiting[0]!);
      if (rest.length === 0) this.#waiting.shift();
      else {
        this.#waiting[0] = rest;
        await new Promise((resolve) => setTimeout(resolve, pipePause));
      }
    }
  }

  /** Writes what can be written at once; the rest. */
  #write(bytes: Uint8Array): Uint8Array {
    let at = 0;
    try {
      while (at < bytes.length) at += writeSync(this.#descriptor, bytes, at);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw fileFailure(this.#path, error);
    }
    return bytes.subarray(at);
  }

  /** The file is whole, and nothing waits to be written: it takes its name. */
  finish(): void {
    this.#close();
    try {
      if (this.#temporary !== undefined) renameSync(this.#temporary, this.#path);
    } catch (error) {
      throw fileFailure(this.#path, error);
    }
  }

  /** Leaves nothing behind, but what grows. */
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

/** How long a pipe that is full is left alone, in milliseconds. */
const pipePause = 2;

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
