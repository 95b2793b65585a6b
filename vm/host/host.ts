/** What the machine's host allows and limits. */
export interface Host {
  /** Whether programs may store to the packet. */
  readonly allowWrite: boolean;
  /** The longest count of one LOOP. */
  readonly loopCap: number;
  /** Units (body passes) that one run may use. */
  readonly budget: number;
  /** The longest program, in instructions. */
  readonly programSize: number;
}

/** The longest classic program, as in every kernel (BPF_MAXINSNS). */
export const classicProgramSize = 4096;

export const defaultHost: Host = {
  allowWrite: false,
  // The largest usual snap length.
  loopCap: 262144,
  budget: 2 ** 24,
  programSize: 2 ** 20,
};
