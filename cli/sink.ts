/** What a run gives its packets to: the seam between reading captures and everything that is made of them. */
import type { CaptureReader, Packet } from '../capture/index.ts';
import type { Failure } from './engines/index.ts';

/**
 * It is told of packets in the order of the input. Where it throws, the run fails, and all sinks are discarded.
 *
 * A packet is valid during the call; its bytes, and those of a block, until `settle`.
 */
export interface Sink {
  /** Which packets it is given; the others cost nothing. */
  readonly wants: 'accepted' | 'rejected' | 'all';
  /** Another capture begins; `reader` knows its format and, unless it is empty, the link type of its first packets. */
  begin?(reader: CaptureReader): void;
  /**
   * @param length bytes to keep of the packet, as the verdict says, at most those captured; of a rejected one 0
   * @param verdict 0 for a rejected one
   * @param failure why the filter could not finish, which rejects
   */
  packet(packet: Packet, length: number, verdict: number, failure: Failure | undefined): void;
  /** A block of pcapng that is no packet, with its frame, from `start` to `end`. */
  block?(bytes: Uint8Array, start: number, end: number): void;
  /**
   * What packets and blocks lie in is about to be overwritten.
   * @param show whether the input has no more for now, and what was given is to be seen
   * @returns what to wait for, of a sink that cannot take more
   */
  settle?(show: boolean): Promise<void> | undefined;
  /** There are no more packets. */
  finish(): void | Promise<void>;
  /** The run has failed: nothing half-written may stay. */
  discard(): void;
}
