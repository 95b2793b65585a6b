/** Where what programs keep lies: in memory of its own, or in one that an engine's code reaches. */

/** Memory that objects are made in. */
export interface StateMemory {
  /** All of it: taken anew when it grows, after which the old array is empty. Its length is a multiple of 8. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Room for so many bytes, at a multiple of 16, of which nothing is known. */
  allocate(bytes: number): Room;
  free(room: Room): void;
}

/** A stretch of a memory. */
export interface Room {
  readonly at: number;
  readonly size: number;
}

/** Where an object lies. */
export interface Place {
  readonly memory: Pick<StateMemory, 'bytes'>;
  readonly at: number;
}

/** A place of so many zeros, in memory that nothing else lies in. */
export const ownPlace = (bytes: number): Place => ({
  memory: { bytes: new Uint8Array(Math.ceil(bytes / 8) * 8) },
  at: 0,
});
