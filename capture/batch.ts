/**
 * Packets by the thousand, as a table of numbers: what a filter needs of each, and where its record lies, so that the
 * rest is looked up for those few that are of interest.
 */

/** A packet's words in the table. */
export const packetWords = { start: 0, caplen: 1, wirelen: 2, verdict: 3, size: 4 } as const;

/** Packets of one link type, in the order of the file. `CaptureReader.scan` fills it. */
export class PacketBatch {
  /**
   * Four words a packet (`packetWords`): where it starts in the buffer that the reader's bytes are of (`Packet.bytes.buffer`),
   * its bytes captured and on the wire, and a word that is left to who filters.
   */
  readonly table: Uint32Array;
  /** Where in the reader's bytes each record starts. */
  readonly records: Uint32Array;
  /** Packets to take at most; may be set to fewer than there is room for. */
  most: number;
  count = 0;
  /** What stands behind them and is no packet: a block of pcapng with its frame. */
  block: { readonly bytes: Uint8Array; readonly start: number; readonly end: number } | undefined;
  linktype = 0;
  /** Captured bytes of all of them, and of the longest. */
  bytes = 0;
  longest = 0;
  /** Number of the first one. */
  first = 0;

  /** @param table room for any number of packets; memory of the caller's */
  constructor(table: Uint32Array) {
    this.table = table;
    this.most = Math.floor(table.length / packetWords.size);
    this.records = new Uint32Array(this.most);
  }
}
