/** V registers: which instructions take their 128 bits, and in which forms. */
import { type Instruction, sizeOf } from '../isa/codec.ts';
import { L, SRC_X, XF } from '../isa/instructions.ts';
import { isVector, operandName } from '../isa/registers.ts';
import { isRodata } from './literals.ts';

/** What is wrong with the V registers that an instruction names; undefined where nothing is. */
export function vectorProblem(instruction: Instruction): string | undefined {
  const { mnemonic, variant, reg, jt, jf, k } = instruction;
  // Nearly all instructions name none, whatever their fields mean.
  if (!isVector(reg) && !isVector(jt) && !isVector(jf) && !isVector(k)) return undefined;
  for (const field of ['jt', 'jf', 'k'] as const)
    if (variant[field] === 'index' && isVector(instruction[field]))
      return `${operandName(instruction[field])} is no index`;
  const operands = [
    ...(reg >= 0 ? [reg] : []),
    ...(['jf', 'jt', 'k'] as const).flatMap((field) => (variant[field] === 'register' ? [instruction[field]] : [])),
  ];
  const vector = operands.find(isVector);
  if (vector === undefined) return undefined;
  const name = operandName(vector);
  const form = variant.bits & (XF | SRC_X);
  switch (mnemonic) {
    case 'and':
    case 'or':
    case 'xor':
    case 'mov':
      if (form !== (XF | SRC_X)) return `${name} goes with registers by XF only`;
      break;
    case 'jeq':
      if (form !== (XF | SRC_X)) return `${name} is compared with a register by XF only`;
      break;
    case 'lsh':
    case 'rsh':
      if (form !== XF || instruction.signed) return `${name} is shifted by XF and an unsigned constant only`;
      if (k % 8 !== 0) return `${name} is shifted by a multiple of 8, not by ${k}`;
      break;
    default:
      return /^(ld|st)\./.test(mnemonic) ? accessProblem(instruction, name) : `there is no ${mnemonic} of ${name}`;
  }
  const other = operands.find((operand) => !isVector(operand));
  return other === undefined ? undefined : `${name} does not go with ${operandName(other)}`;
}

/** SPEC: L chooses the byte order of an integer, and 16 bytes have one order: with V it is refused (RODATA has it as its mode). */
function accessProblem(instruction: Instruction, name: string): string | undefined {
  const { variant } = instruction;
  const size = sizeOf(instruction);
  if (size !== 'DW') return `${name} takes size DW, not ${size}`;
  if ((variant.bits & L) !== 0 && !isRodata(instruction)) return `${name} has one byte order, L another`;
  if (variant.jt === 'atomic' && instruction.jt !== 0) return `there is no atomic operation on ${name}`;
  return undefined;
}
