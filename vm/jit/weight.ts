/**
 * Which programs are compiled: engines of WebAssembly refuse functions of more than some 7 MB, and take seconds for them.
 * What an instruction weighs is how long its code may be, in units of about 64 bytes.
 */
import type { Instruction } from '../isa/codec.ts';
import type { Validated } from '../validate/validated.ts';

/** What a program weighs at most that is compiled: as many instructions, if they are simple. */
const mostWeight = 2 ** 16;

/** Accesses check, and swap bytes; a CALL carries up to 200 values each way; of a BITSET every other bit may be one. */
function weightOf({ mnemonic, row, table }: Instruction): number {
  if (mnemonic === 'call') return 16;
  if (table?.kind === 'bitset') return 1 + 2 * table.bits.length;
  return row.mode !== undefined || mnemonic === 'endian' || mnemonic === 'host' ? 4 : 1;
}

/** Whether a program can be compiled: all but very long ones. */
export function isCompilable({ code }: Validated): boolean {
  // Words of literals are no instructions; they weigh what tables need for them.
  return code.reduce((sum, i) => sum + (i === undefined ? 1 : weightOf(i)), 0) <= mostWeight;
}
