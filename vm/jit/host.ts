/** Calls of the host, and the budget that they and loops draw on: in doubles, as hosts count. */
import type { Cost, HashOperation } from '../host/host.ts';
import { entry, type LruHash } from '../host/lru.ts';
import { type AncillaryName, ancillaryNames } from '../isa/ancillary.ts';
import type { Instruction } from '../isa/codec.ts';
import { A, AA, R0, X } from '../isa/registers.ts';
import type { Frame, ImportName } from './frame.ts';
import { hashIn } from './hash.ts';
import { layout } from './memory.ts';
import { BUDGET } from './slots.ts';
import { F64, I32, I64, op } from './wasm.ts';

/** What the imported functions return. */
export const NIL = 0;
export const VALUE = 1;
export const FAILED = 2;

/** Takes units off the budget, where one is kept: the most that any of the costs comes to. */
export function charge(f: Frame, pc: number, costs: readonly Cost[]): void {
  if (!f.context.isCounted || costs.every(({ base, perByte }) => base === 0 && perByte === 0)) return;
  const { w } = f;
  const units = f.scratch('units', F64);
  for (const [at, { base, perByte }] of costs.entries()) {
    w.f64(base);
    if (perByte !== 0) w.get(f.packet.caplen).op(op.f64_convert_i32_u).f64(perByte).op(op.f64_mul, op.f64_add);
    if (at > 0) w.op(op.f64_max);
  }
  w.set(units);
  const budget = f.local(BUDGET);
  f.failIf(11, pc, () => w.get(budget).get(units).op(op.f64_lt));
  w.get(budget).get(units).op(op.f64_sub).set(budget);
}

export const unit: readonly Cost[] = [{ base: 1, perByte: 0 }];

const packetArguments = ({ w, packet }: Frame): void => void w.get(packet.start).get(packet.caplen).get(packet.wirelen);

/** Inputs are whole registers from R[shift] on; the answer is AA, and in R[shift] whether there is one. */
export function hostCall(f: Frame, i: Instruction, pc: number): void {
  const { w, context } = f;
  const called = context.validated.bindings.functions.get(i.k)!;
  const { inputs, cost } = called;
  charge(f, pc, [cost]);
  const first = R0 + i.high;
  const hash = hashIn(called, context.memory);
  if (hash !== undefined) return hashCall(f, hash, first);
  const finder = context.finders.get(pc);
  if (finder !== undefined) return find(f, finder, first);
  for (let input = 0; input < inputs; input++) {
    w.i32(layout.window);
    f.get(first + input, true);
    w.memory(op.i64_store, 8 * input);
  }
  const status = f.scratch('status', I32);
  w.i32(i.k);
  packetArguments(f);
  f.callImport('host').set(status);
  f.failIf(12, pc, () => w.get(status).i32(FAILED).op(op.i32_eq));
  w.i32(layout.window).memory(op.i64_load, 0);
  f.set(AA, true);
  w.get(status);
  f.set(first, false);
}

/** The host's search for a string that is known. */
function find(f: Frame, finder: number, first: number): void {
  const { w, packet } = f;
  const place = f.scratch('place', I32);
  w.get(packet.start).get(packet.caplen);
  f.get(first + 2, true);
  f.get(first + 3, true);
  w.call(finder).set(place);
  w.i32(0).get(place).get(place).i32(0).op(op.i32_lt_s, op.select);
  f.set(AA, false);
  w.get(place).i32(0).op(op.i32_ge_s);
  f.set(first, false);
}

/** What the host does to a hash, done here. */
function hashCall(
  f: Frame,
  { hash, operation }: { readonly hash: LruHash; readonly operation: HashOperation },
  first: number,
): void {
  const { w } = f;
  const { parts } = hash;
  const functions = f.context.hashes.get(hash)!;
  for (let part = 0; part < parts; part++) f.get(first + part, true);
  if (operation === 'delete') {
    w.call(functions.delete!).i32(0);
    f.set(AA, false);
    w.i32(0);
    return f.set(first, false);
  }
  const at = f.scratch('entry', I32);
  if (operation === 'get') {
    w.call(functions.get!).tee(at).open('if', I64);
    w.get(at).memory(op.i64_load, entry.value).else().i64(0).close();
    f.set(AA, true);
    w.get(at).i32(0).op(op.i32_ne);
    return f.set(first, false);
  }
  w.call(functions.make!).set(at);
  if (operation === 'set') {
    w.get(at);
    f.get(first + parts, true);
    w.memory(op.i64_store, entry.value).i32(0);
    f.set(AA, false);
    w.i32(0);
    return f.set(first, false);
  }
  w.get(at).get(at).memory(op.i64_load, entry.value);
  f.get(first + parts, true);
  w.op(op.i64_add).memory(op.i64_store, entry.value);
  w.get(at).memory(op.i64_load, entry.value);
  f.set(AA, true);
  w.i32(1);
  f.set(first, false);
}

/** A in, A out. A number that the table does not have is fault 12. */
export function coprocessorCall(f: Frame, i: Instruction, pc: number): void {
  const { w, context } = f;
  const table = context.host.coprocessor;
  const isByX = i.mnemonic === 'copx';
  if (isByX)
    charge(
      f,
      pc,
      Object.values(table).map(({ cost }) => cost),
    );
  else if (Object.hasOwn(table, i.k)) charge(f, pc, [table[i.k]!.cost]);
  if (isByX) f.get(X, false);
  else w.i32(i.k);
  f.get(A, false);
  packetArguments(f);
  takeAnswer(f, pc, 'cop');
}

/** What the host knows of the packet, in place of its bytes. */
export function ancillaryLoad(f: Frame, name: AncillaryName, pc: number): void {
  f.w.i32(ancillaryNames.indexOf(name));
  f.get(A, false);
  f.get(X, false);
  packetArguments(f);
  takeAnswer(f, pc, 'ancillary');
}

/** Calls; the answer comes into A. */
function takeAnswer(f: Frame, pc: number, name: ImportName): void {
  const status = f.scratch('status', I32);
  f.callImport(name).set(status);
  f.failIf(12, pc, () => f.w.get(status).i32(FAILED).op(op.i32_eq));
  f.w.i32(layout.window).memory(op.i32_load, 0);
  f.set(A, false);
}
