/** Captures that are cut, overwritten and torn: a message or a right result, never more memory than bytes that came. */
import { describe, expect, test } from 'vitest';
import {
  type CaptureFormat,
  type CaptureProblem,
  CaptureReader,
  CaptureWriter,
  maximumCaplen,
  PacketBatch,
  PacketSlot,
  packetWords,
} from '../../capture/index.ts';
import type { Random } from '../../scripts/packets.mjs';
import { type Copy, concat, pcapFile, pcapngFile, readAll, rng } from './files.ts';

const seed = 20261125;
const files = [
  pcapFile({ little: true }),
  pcapFile({ little: false, magic: 0xa1b23c4d }),
  pcapFile({ little: true, version: [2, 3], snaplen: 50 }),
  pcapngFile(true),
  pcapngFile(false),
];
const extremes = [0, 1, 0x7f, 0xff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 262_145];

/** The file with a few wounds. */
function damaged(random: Random, file: Uint8Array): Uint8Array {
  let bytes: Uint8Array = file.slice();
  for (let wounds = 1 + random.below(3); wounds > 0 && bytes.length > 8; wounds--) {
    const at = random.below(bytes.length - 4);
    switch (random.below(5)) {
      case 0:
        bytes = bytes.slice(0, at);
        break;
      case 1:
        bytes[at]! ^= 1 << random.below(8);
        break;
      case 2:
        new DataView(bytes.buffer).setUint32(at & ~3, extremes[random.below(extremes.length)]!, random.below(2) === 0);
        break;
      case 3:
        bytes = concat(bytes.subarray(0, at), bytes.subarray(at + random.below(40)));
        break;
      default:
        bytes = concat(bytes.subarray(0, at), bytes.subarray(random.below(at + 1)));
    }
  }
  return bytes;
}

interface Scanned {
  readonly packets: readonly Copy[];
  readonly problem: CaptureProblem | undefined;
  /** Of each packet that was written, as much as was to be kept. */
  readonly kept: readonly number[][];
  readonly written: Uint8Array;
  /** The most memory that was asked for at once, in bytes. */
  readonly memory: number;
}

/** Reads by batches, in pieces of random sizes, and writes what it reads, each packet cut to a random length. */
function scanned(random: Random, file: Uint8Array, format: CaptureFormat | undefined): Scanned {
  let memory = 0;
  const reader = new CaptureReader((bytes) => {
    memory = Math.max(memory, bytes);
    return new Uint8Array(bytes);
  });
  const parts: Uint8Array[] = [];
  const writer = new CaptureWriter((bytes) => parts.push(bytes.slice()), format);
  const batch = new PacketBatch(new Uint32Array(7 * packetWords.size));
  const slot = new PacketSlot();
  const packets: Copy[] = [];
  const kept: number[][] = [];
  let linktype: number | undefined;
  let hasBegun = false;
  const begin = (): void => {
    if (!hasBegun) writer.begin(reader);
    hasBegun = true;
  };
  for (let at = 0, more = true; more; ) {
    const piece = file.subarray(at, at + 1 + random.below(400));
    at += piece.length;
    more = piece.length > 0;
    if (more) reader.space().set(piece);
    if (more) reader.added(piece.length);
    else reader.end();
    for (let fills = true; fills; ) {
      fills = reader.scan(batch);
      for (let index = 0; index < batch.count; index++) {
        const { number, bytes, start, caplen, wirelen, time, linktype: own } = reader.packet(batch, index, slot);
        const words = [...batch.table.subarray(4 * index, 4 * index + 3)];
        expect(words).toEqual([bytes.byteOffset + start, caplen, wirelen]);
        expect(start + caplen).toBeLessThanOrEqual(bytes.length);
        expect(caplen).toBeLessThanOrEqual(maximumCaplen(own));
        packets.push({ number, data: [...bytes.subarray(start, start + caplen)], wirelen, time, linktype: own });
        begin();
        // A pcap file holds one link type.
        linktype ??= own;
        if (writer.format === 'pcap' && own !== linktype) continue;
        const length = random.below(3) === 0 ? random.below(caplen + 1) : caplen;
        writer.packet(slot, length);
        kept.push(packets.at(-1)!.data.slice(0, length));
      }
      if (batch.block !== undefined) {
        begin();
        writer.block(batch.block.bytes, batch.block.start, batch.block.end);
      }
    }
    writer.settle();
  }
  writer.finish();
  return { packets, problem: reader.problem, kept, written: concat(...parts), memory };
}

describe(`10,000 damaged captures (seed ${seed})`, () => {
  test.each([0, 1, 2, 3, 4])('of form %i', (form) => {
    const random = rng(seed + form);
    const problems = new Set<string>();
    for (let round = 0; round < 2000; round++) {
      const file = damaged(random, files[form]!);
      const format = ([undefined, 'pcap', 'pcapng'] as const)[random.below(3)];
      const { packets, problem, kept, written, memory } = scanned(random, file, format);
      const whole = readAll(file);
      expect({ packets, problem }, `round ${round}`).toEqual({ packets: whole.packets, problem: whole.problem });
      const again = readAll(written);
      expect(again.problem, `round ${round}`).toBeUndefined();
      expect(
        again.packets.map((packet) => packet.data),
        `round ${round}`,
      ).toEqual(kept);
      expect(memory).toBeLessThanOrEqual(2 * (64 * 1024 + file.length));
      problems.add(problem?.code ?? 'none');
    }
    // The wounds are of many kinds.
    expect(problems.size).toBeGreaterThanOrEqual(4);
  });
});
