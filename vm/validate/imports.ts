/** What a program needs of its host, and what it calls there. Assumes for calls that its structure has been found. */

import type { FaultCode } from '../host/faults.ts';
import type { Host } from '../host/host.ts';
import type { Instruction } from '../isa/codec.ts';
import { SEGMENT_SELECTORS } from '../isa/instructions.ts';
import type { Import, Program } from '../program/program.ts';
import { type Bindings, bind } from './bindings.ts';
import type { Refusals } from './refusal.ts';
import type { Regions } from './regions.ts';
import type { FunctionInfo } from './windows.ts';

/** What a run would meet where the import is not there. */
const faultOf = ({ kind }: Import): FaultCode => (kind === 'segment' ? 2 : 12);

/** Finds what a program imports in the host's context; refuses what is not there, or numbered as no instruction can. */
export function checkImports({ imports = [] }: Program, host: Host, refusals: Refusals): Bindings {
  const taken = new Map<string, string>();
  for (const wanted of imports) {
    const { kind, name, number } = wanted;
    const other = taken.get(`${kind} ${number}`);
    taken.set(`${kind} ${number}`, name);
    const most = kind === 'segment' ? SEGMENT_SELECTORS - 1 : 0xffffffff;
    if (number > most)
      refusals.refuse('import-number', 14, 0, () => `import "${name}": ${kind} ${number}; ${most} is the largest`);
    if (other !== undefined)
      refusals.refuse('import-number', 14, 0, () => `import "${name}": ${kind} ${number} is "${other}" already`);
  }
  const { bindings, unbound } = bind(imports, host);
  for (const { import: wanted, found } of unbound) {
    const { kind, name } = wanted;
    if (found === undefined)
      refusals.refuse('import-missing', faultOf(wanted), 0, () => `import "${name}": the host has no such ${kind}`);
    else
      refusals.refuse(
        'import-kind',
        faultOf(wanted),
        0,
        () => `import "${name}": the program wants a ${kind}, the host has a ${found}`,
      );
  }
  return bindings;
}

/** Calls of host functions: of ones that are imported, with inputs and answer in the caller's window. */
export function checkHostCalls(
  code: readonly (Instruction | undefined)[],
  regions: Regions,
  functions: ReadonlyMap<number, FunctionInfo>,
  bindings: Bindings,
  refusals: Refusals,
): void {
  for (let pc = 0; pc < code.length; pc++) {
    const instruction = code[pc];
    if (instruction?.mnemonic !== 'host') continue;
    const { k, high: shift } = instruction;
    const called = bindings.functions.get(k);
    if (called === undefined) {
      refusals.refuse('host-unknown', 12, pc, () => `host at ${pc}: the program imports no function ${k}`);
      continue;
    }
    const { open } = functions.get(regions[pc]!.root)!;
    // R[shift] takes part of the answer even where nothing is passed.
    const needed = Math.max(called.inputs, 1);
    if (shift + needed > open)
      refusals.refuse(
        'host-window',
        7,
        pc,
        () => `host at ${pc}: shift ${shift} and ${needed} registers; the function declares ${open}`,
      );
  }
}
