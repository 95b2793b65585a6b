/**
 * Captures, pcap and pcapng in and out, as bytes: no files, no Node. Everything reads in constant memory: push
 * chunks of any size, take packets as they become whole.
 */

export { PacketBatch, packetWords } from './batch.ts';
export { type CaptureFormat, CaptureWriter } from './copy.ts';
export { type LinktypeName, linktypeName, linktypeNumber, linktypes, maximumCaplen } from './linktypes.ts';
export { type Packet, PacketSlot } from './packet.ts';
export type { CaptureProblem, CaptureProblemCode } from './problem.ts';
export { CaptureReader } from './reader.ts';
export { type PcapOptions, PcapWriter, pcapHeader, pcapRecord, type WritablePacket } from './writer.ts';
