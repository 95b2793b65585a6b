/** Captures in files and pipes, standard input among them. */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { Socket } from 'node:net';
import { isatty } from 'node:tty';
import { displayName } from '../files.ts';
import { failure, fileFailure, isSystemError } from '../problem.ts';
import { type Input, piecesInput } from './input.ts';

/** How often a file that is followed is looked at, in milliseconds. */
const followPause = 100;

/**
 * A file, or standard input for `-`. With `follow`, the end of a file is not an end: what is appended later is read too.
 */
export function openFile(path: string, follow = false): Input {
  const name = displayName(path);
  try {
    const descriptor = path === '-' ? 0 : openSync(path, 'r');
    const stat = fstatSync(descriptor);
    if (stat.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
    if (isatty(descriptor))
      throw failure({
        code: 'input-terminal',
        message: 'a capture is not typed at a terminal',
        place: name,
        hint: 'pipe one in: tcpdump -U -w - | luabpf run filter.lua -',
      });
    if (!stat.isFIFO() && !stat.isSocket()) return fileInput(name, descriptor, stat.size, follow);
    const socket = new Socket({ fd: descriptor, writable: false });
    return piecesInput({ name, waits: true, close: () => void socket.destroy() }, socket[Symbol.asyncIterator]());
  } catch (error) {
    throw isSystemError(error) ? fileFailure(name, error) : error;
  }
}

/** Whether a path is a pipe, whose end may be far. */
export function isPipe(path: string): boolean {
  try {
    const stat = path === '-' ? fstatSync(0) : statSync(path);
    return stat.isFIFO() || stat.isSocket();
  } catch {
    // What is wrong with it is said when it is opened.
    return false;
  }
}

/** What is read is mostly in memory already: to have another thread read it would take longer than to wait for it. */
function fileInput(name: string, descriptor: number, size: number, follow: boolean): Input {
  let closed = false;
  const read = (into: Uint8Array): number => {
    try {
      return readSync(descriptor, into, 0, into.length, null);
    } catch (error) {
      throw fileFailure(name, error);
    }
  };
  const awaited = async (into: Uint8Array): Promise<number> => {
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, followPause));
      const count = closed ? 0 : read(into);
      if (count > 0 || closed) return count;
    }
  };
  return {
    name,
    waits: follow,
    size,
    read: (into) => {
      const count = read(into);
      return count === 0 && follow ? awaited(into) : count;
    },
    close: () => {
      closed = true;
      closeSync(descriptor);
    },
  };
}
