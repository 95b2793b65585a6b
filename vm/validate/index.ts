/** The gate: what passes here, every engine runs without a check of its own on the program. */

import { dialects } from '../host/dialect.ts';
import type { Host } from '../host/host.ts';
import { decode, type Instruction, type Word } from '../isa/codec.ts';
import { literalAround } from '../isa/literals.ts';
import type { Program } from '../program/program.ts';
import { checkStores, classicMemoryWords, hasOpcode, withDialect, withoutIgnoredFields } from './classic.ts';
import { bound } from './cost.ts';
import { checkOnFatal } from './fatal.ts';
import { checkFields, memoryWords } from './fields.ts';
import { checkHostCalls, checkImports } from './imports.ts';
import { checkLandings, checkRodata, findLiterals, isRodata, withoutIdleLiterals } from './literals.ts';
import { type Refusal, Refusals } from './refusal.ts';
import { checkStructure } from './structure.ts';
import { withTable } from './tables.ts';
import type { Validated } from './validated.ts';

export { maxRefusals, type Refusal } from './refusal.ts';
export { maxFrames, type Region, type Regions } from './regions.ts';
export type { Validated } from './validated.ts';
export { type FunctionInfo, registerStack } from './windows.ts';

export type ValidateResult =
  | { readonly validated: Validated; readonly refusals?: never }
  | { readonly refusals: readonly Refusal[]; readonly validated?: never };

/** Judges a program for a host; says all that is wrong at the first stage that finds something. */
export function validate(program: Program, host: Host): ValidateResult {
  const limit = program.profile === 'classic' ? host.dialect.programSize : host.programSize;
  const { length } = program.code;
  if (length === 0) return refused('program-empty', 0, 'the program has no instructions');
  if (length > limit) return refused('program-size', limit, `${length} instructions; the limit is ${limit}`);
  const isClassic = program.profile === 'classic';
  const refusals = new Refusals();
  const literals = isClassic ? [] : findLiterals(program.code, refusals);
  if (refusals.count > 0) return { refusals: refusals.all() };
  const code: (Instruction | undefined)[] = [];
  for (let pc = 0; pc < length; pc++) {
    if (literals.length > 0 && (literalAround(literals, pc)?.head ?? pc) !== pc) {
      code.push(undefined);
      continue;
    }
    const word = isClassic ? withoutIgnoredFields(program.code[pc]!) : program.code[pc]!;
    const instruction = decode(word);
    if (instruction === undefined || (isClassic && !hasOpcode(word.code, host))) {
      const kind = isClassic ? 'classic ' : '';
      refusals.refuse(
        'opcode-unknown',
        14,
        pc,
        () => `instruction ${pc}: no ${kind}opcode 0x${word.code.toString(16)}`,
      );
      continue;
    }
    checkFields(instruction, pc, isClassic ? classicMemoryWords : memoryWords, refusals);
    if (isClassic && pc === length - 1 && instruction.mnemonic !== 'exit')
      refusals.refuse('falls-off', 14, pc, () => `${instruction.mnemonic} at ${pc}: the last instruction must be RET`);
    if (isClassic) {
      code.push(withDialect(instruction, pc, host, refusals));
      continue;
    }
    if (isRodata(instruction)) checkRodata(instruction, pc, literals, refusals);
    code.push(instruction.mnemonic === 'jtbl' ? withTable(instruction, pc, literals, refusals) : instruction);
  }
  const bindings = checkImports(program, host, refusals);
  const onFatal = program.onFatal === undefined ? undefined : validateOnFatal(program.onFatal, host, refusals);
  if (refusals.count > 0) return { refusals: refusals.all() };
  if (literals.length > 0) checkLandings(code, literals, program.entry, refusals);
  if (refusals.count > 0) return { refusals: refusals.all() };
  const live = literals.length > 0 ? withoutIdleLiterals(code, literals, program.entry) : code;
  const { dialect } = host;
  const backwardJumps = isClassic && !dialect.backwardJumps ? 'refuse' : host.backwardJumps;
  const structure = checkStructure(live, program, backwardJumps, refusals);
  if (structure === undefined) return { refusals: refusals.all() };
  if (isClassic && dialect.unstoredMemory === 'refuse') checkStores(live, refusals);
  checkHostCalls(live, structure.regions, structure.functions, bindings, refusals);
  if (refusals.count > 0) return { refusals: refusals.all() };
  const fatal = onFatal === undefined ? {} : { onFatal };
  const validated = { program, code: live, literals, bindings, ...structure, ...fatal };
  checkCost(validated, host, refusals);
  return refusals.count > 0 ? { refusals: refusals.all() } : { validated };
}

function checkCost(validated: Validated, host: Host, refusals: Refusals): void {
  const { maxCost, longestPacket } = host;
  if (maxCost === Number.POSITIVE_INFINITY) return;
  const { at, onFatal } = bound(validated, host);
  const cost = at(longestPacket) + onFatal;
  if (cost <= maxCost) return;
  const most = cost === Number.POSITIVE_INFINITY ? 'more than 2^53' : cost;
  refusals.refuse(
    'cost',
    11,
    validated.program.entry,
    () => `a packet of ${longestPacket} bytes may take ${most} instructions; this host allows ${maxCost}`,
  );
}

/** on_fatal is a classic program that cannot fail, nor go on for ever; its refusals say that they are of it. */
function validateOnFatal(code: readonly Word[], host: Host, refusals: Refusals): Validated | undefined {
  checkOnFatal(code, refusals);
  const program: Program = { profile: 'classic', code, entry: 0, strings: Uint8Array.of(0) };
  const { validated, refusals: found = [] } = validate(program, {
    ...host,
    backwardJumps: 'refuse',
    dialect: dialects.pcap,
  });
  for (const { code, fault, pc, message } of found) refusals.refuse(code, fault, pc, () => `on_fatal: ${message}`);
  return validated;
}

const refused = (code: string, pc: number, message: string): ValidateResult => ({
  refusals: [{ code, fault: 14, pc, message }],
});
