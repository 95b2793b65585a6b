/** What the parsers of both formats have in common, and how packets become a batch. */

import { type PacketBatch, packetWords } from './batch.ts';
import { PacketSlot } from './packet.ts';
import type { CaptureProblem } from './problem.ts';
import type { ByteQueue } from './queue.ts';

/** What a parser made of the queue: a packet or another block in the slot, hunger for more bytes, or a problem. */
export type Step = 'packet' | 'block' | 'more' | CaptureProblem;

export interface Parser {
  /** Packets that have been read. */
  count: number;
  next(queue: ByteQueue, packet: PacketSlot): Step;
  /** `next` for a packet that has been read before, whatever has come since. */
  again(queue: ByteQueue, packet: PacketSlot): void;
  /** Whether what comes next changes how the packets before it would be read. */
  isBorder(queue: ByteQueue): boolean;
}

const slot = new PacketSlot();

/**
 * Adds packets to a batch, one by one, as long as they are of one link type and none is read otherwise for what follows.
 * 'packet': the batch is to be used first. Where another block ends it, `block` says where that lies.
 */
export function scanByOne(parser: Parser, queue: ByteQueue, batch: PacketBatch): Step {
  const { table, records, most } = batch;
  while (batch.count < most && !(batch.count > 0 && parser.isBorder(queue))) {
    const step = parser.next(queue, slot);
    if (step === 'block') batch.block = { bytes: slot.bytes, start: slot.recordStart, end: slot.recordEnd };
    if (step !== 'packet') return step;
    if (batch.count === 0) batch.linktype = slot.linktype;
    if (batch.linktype !== slot.linktype) {
      queue.at = slot.recordStart;
      parser.count--;
      break;
    }
    const word = batch.count * packetWords.size;
    records[batch.count++] = slot.recordStart;
    table[word] = slot.bytes.byteOffset + slot.start;
    table[word + packetWords.caplen] = slot.caplen;
    table[word + packetWords.wirelen] = slot.wirelen;
    batch.bytes += slot.caplen;
    batch.longest = Math.max(batch.longest, slot.caplen);
  }
  return 'packet';
}
