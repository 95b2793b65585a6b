/** `--split`: accepted packets to captures, one for each number that the filter returns. */
import { basename, dirname, extname, join } from 'node:path';
import type { CaptureReader } from '../capture/index.ts';
import { refuseSameFile } from './files.ts';
import { type CaptureSinkOptions, captureSink } from './output.ts';
import { failure } from './problem.ts';
import type { Sink } from './sink.ts';

/** Files that may be open at once. */
const mostFiles = 256;
/** The verdict of true, and of whatever else accepts a packet whole. */
const whole = 0xffff_ffff;

/** `out.pcap` for packets on which the filter returned 3: `out-3.pcap`; true: `out-true.pcap`. */
export function splitPath(path: string, verdict: number): string {
  const extension = extname(path);
  const name = `${basename(path, extension)}-${verdict === whole ? 'true' : verdict}${extension}`;
  return join(dirname(path), name);
}

/**
 * Writes pcap, since a pcapng file would need what was said of interfaces before it was begun. `inputs` are refused as
 * outputs.
 */
export function splitSink(
  path: string,
  inputs: readonly string[],
  options: Pick<CaptureSinkOptions, 'grows' | 'joins'>,
): Sink & { readonly paths: () => string[] } {
  const parts = new Map<number, Sink>();
  let reader: CaptureReader | undefined;
  const open = (verdict: number): Sink => {
    const own = splitPath(path, verdict);
    if (parts.size === mostFiles)
      throw failure({
        code: 'split-files',
        message: `the filter returns more than ${mostFiles} different numbers, and --split writes a file for each`,
        place: own,
        hint: 'return fewer: a remainder (x % 16), or a class of your own',
      });
    for (const input of inputs) refuseSameFile(input, own);
    const part = captureSink(own, { ...options, wants: 'accepted', format: 'pcap' });
    parts.set(verdict, part);
    if (reader !== undefined) part.begin?.(reader);
    return part;
  };
  return {
    wants: 'accepted',
    begin(next) {
      reader = next;
      for (const part of parts.values()) part.begin?.(next);
    },
    packet: (packet, length, verdict, failed) =>
      (parts.get(verdict) ?? open(verdict)).packet(packet, length, verdict, failed),
    block(bytes, start, end) {
      for (const part of parts.values()) part.block?.(bytes, start, end);
    },
    settle(show) {
      const full = [...parts.values()].map((part) => part.settle?.(show)).filter((wait) => wait !== undefined);
      return full.length === 0 ? undefined : Promise.all(full).then(() => {});
    },
    async finish() {
      for (const part of parts.values()) await part.finish();
    },
    discard() {
      for (const part of parts.values()) part.discard();
    },
    paths: () => [...parts.keys()].sort((a, b) => a - b).map((verdict) => splitPath(path, verdict)),
  };
}
