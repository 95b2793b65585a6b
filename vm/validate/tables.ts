/** Jump tables: a JTBL by itself, and the literal behind it. Where its targets lie is judged as any jump's are. */
import type { Instruction } from '../isa/codec.ts';
import { SRC_X } from '../isa/instructions.ts';
import { type Literal, literalAround } from '../isa/literals.ts';
import { readTable, tableForm, tableKinds, tableSizes } from '../isa/tables.ts';
import type { Refusals } from './refusal.ts';

/** A JTBL with its table, or undefined for one that is refused. */
export function withTable(
  instruction: Instruction,
  pc: number,
  literals: readonly Literal[],
  refusals: Refusals,
): Instruction | undefined {
  const { jt, reg, variant } = instruction;
  const refuse = (code: string, what: () => string): undefined => {
    refusals.refuse(code, 14, pc, () => `jtbl at ${pc}: ${what()}`);
  };
  const form = tableForm(jt);
  if (form === undefined)
    return refuse(
      'table-kind',
      () => `jt 0x${jt.toString(16)} is no table; the kinds are 0 to ${tableKinds.length - 1}`,
    );
  const { kind, size } = form;
  const sizes = tableSizes[kind];
  if (!sizes.includes(size)) return refuse('table-size', () => `${kind} has size ${sizes.join(', ')}, not ${size}`);
  if ((variant.bits & SRC_X) !== 0 && reg !== 0)
    return refuse('field-unused', () => `bits 0x${(reg << 8).toString(16)} of code must be 0`);
  const literal = literalAround(literals, pc + 1);
  if (literal?.head !== pc + 1) return refuse('table-literal', () => 'its literal must follow');
  if (kind === 'index' && size === 'B' && literal.isLong)
    return refuse('table-literal', () => 'a table for B keys takes a short literal');
  return { ...instruction, table: readTable(instruction, literal) };
}
