/** Why a run, or a program before it runs, is stopped: the fault numbers of BPF64 and their names. */

/** By number, as isa.md has them. 5 to 8 and 14 are the validator's: no validated program raises them. */
export const faults = {
  1: { name: 'packet-bounds', text: 'read past the captured bytes' },
  2: { name: 'segment-bounds', text: 'access outside a segment' },
  3: { name: 'permission', text: 'access that the host does not permit' },
  4: { name: 'division', text: 'division by zero' },
  5: { name: 'call-depth', text: 'too many frames' },
  6: { name: 'register-stack', text: 'too many registers' },
  7: { name: 'register', text: 'a register that the function does not have' },
  8: { name: 'loop-counter', text: 'a loop counter outside its loop' },
  9: { name: 'next-by-zero', text: 'NEXT by 0' },
  10: { name: 'loop-cap', text: 'a loop longer than the cap' },
  11: { name: 'budget', text: 'the budget is used up' },
  12: { name: 'host-call', text: 'a host function failed' },
  13: { name: 'error', text: 'an error in the program' },
  14: { name: 'opcode', text: 'an instruction that this machine does not have' },
  15: { name: 'door', text: 'the door: a closed byte, or more turns than captured bytes' },
} as const;

export type FaultCode = keyof typeof faults;

/** A run that ended without a verdict of its own. */
export interface Fault {
  readonly code: FaultCode;
  readonly pc: number;
  /** Fault 13: what A held, which is the offset of a message in the strings section, or 0. */
  readonly argument: number;
}
