/** The captures of `test/data/tshark/`, with what tshark shows of their packets. */
import { readFileSync } from 'node:fs';
import { unpacked } from '../../scripts/make-tshark-fixtures.mjs';
import { truthCaptures } from '../../scripts/tshark-packets.mjs';
import { inProject } from '../examples/files.ts';
import type { DissectedPacket } from './differences.ts';
import { outermost } from './observe.ts';

export const captures = truthCaptures().map((capture) => {
  const text = readFileSync(inProject(`test/data/tshark/${capture.name}.json`), 'utf8');
  const { tshark, packets } = JSON.parse(text) as {
    /** The version that was asked. */
    readonly tshark: string;
    readonly packets: readonly Parameters<typeof unpacked>[0][];
  };
  return {
    ...capture,
    /** The file of JSON as it is. */
    text,
    tshark,
    packets: capture.frames.map(
      (frame, i): DissectedPacket => ({
        ...frame,
        linktype: capture.linktype,
        layers: outermost(unpacked(packets[i] ?? [])),
      }),
    ),
    recorded: packets.length,
  };
});
