/** How far a long run has come: a line on a terminal that rewrites itself, and goes when the run ends. */
import { statSync } from 'node:fs';

/** A run that is over by then shows nothing, in milliseconds. */
const patience = 500;
/** Between two looks, in milliseconds. */
const pause = 100;

export interface Progress {
  /** So many bytes of the captures have been read. */
  read(bytes: number): void;
  /** Takes the line away, for other text or for good. */
  clear(): void;
}

export interface ProgressOptions {
  readonly stream: { readonly isTTY?: boolean; write(text: string): unknown };
  /** Bytes there are to be read, where that is known. */
  readonly total: number | undefined;
  /** The time, in milliseconds. */
  readonly now?: () => number;
}

const silent: Progress = { read: () => {}, clear: () => {} };

/** Shows nothing where the stream is no terminal. */
export function progressOn({ stream, total, now = () => performance.now() }: ProgressOptions): Progress {
  if (stream.isTTY !== true) return silent;
  const begin = now();
  let next = begin + patience;
  let done = 0;
  let isShown = false;
  return {
    read(bytes) {
      done += bytes;
      const time = now();
      if (time < next) return;
      next = time + pause;
      isShown = true;
      stream.write(`\r${progressText(done, total, (time - begin) / 1000)}\x1b[K`);
    },
    clear() {
      if (isShown) stream.write('\r\x1b[K');
      isShown = false;
    },
  };
}

/** `412.3 MB of 1.0 GB (41 %), 512.0 MB/s, 2 s left`. */
export function progressText(done: number, total: number | undefined, seconds: number): string {
  const rate = done / seconds;
  const speed = `${size(rate)}/s`;
  // What is compressed gives more bytes than the file has.
  if (total === undefined || done > total) return `${size(done)}, ${speed}`;
  const left = Math.ceil((total - done) / rate);
  const time = left < 60 ? `${left} s` : `${Math.floor(left / 60)} min ${left % 60} s`;
  return `${size(done)} of ${size(total)} (${Math.floor((100 * done) / total)} %), ${speed}, ${time} left`;
}

function size(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

/** The bytes of files together; undefined where one is none, or cannot be looked at. */
export function bytesOf(paths: readonly string[]): number | undefined {
  let sum = 0;
  for (const path of paths) {
    const stat = path === '-' ? undefined : statSync(path, { throwIfNoEntry: false });
    if (stat === undefined || !stat.isFile()) return undefined;
    sum += stat.size;
  }
  return sum;
}
