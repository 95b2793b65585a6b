/**
 * Bounds checks that stand for those of later accesses: where a run that gets past an access surely comes to others
 * behind it, before anything else could end it or be seen, the first check may be of all of them (as in NetBSD's bpfjit,
 * "array bounds check elimination"; unlike there, a rejection is not taken for a failed check, since a fault can be told
 * from it).
 */
import { longestCapture } from '../host/host.ts';
import type { Instruction } from '../isa/codec.ts';
import { SRC_X } from '../isa/instructions.ts';
import { type Code, isBackward } from '../validate/flow.ts';
import { accessesPacket, endOf } from '../validate/ranges/effect.ts';
import type { Validated } from '../validate/validated.ts';
import { indexOf, type Slot, slotOf, visitSlots } from './slots.ts';

/** Accesses at constants. */
const CONSTANT = -1;

/** How far accesses reach that surely follow, by the slot that they are indexed by as it is now, or `CONSTANT`. */
type Reach = ReadonlyMap<Slot | typeof CONSTANT, number>;
const nothing: Reach = new Map();

/**
 * By pc, where the access there has reason to check farther than its own end: how far, counted from its index. An access
 * that `meetsDoor` may end the run by another fault.
 */
export function hoistedEnds(
  { code, next }: Validated,
  allowWrite: boolean,
  meetsDoor: (pc: number) => boolean,
): ReadonlyMap<number, number> {
  const ends = new Map<number, number>();
  const reaches: (Reach | undefined)[] = [];
  for (let pc = code.length - 1; pc >= 0; pc--) {
    const i = code[pc];
    if (i === undefined) continue;
    const behind = reachBehind(code, reaches, i, next[pc]!);
    if (!accessesPacket(i) || i.variation !== undefined) {
      if (behind.size > 0 && isSilent(i)) reaches[pc] = without(behind, i);
      continue;
    }
    const isStore = i.row.class === 'ST' || i.row.class === 'STX';
    // That is what its fault says, wherever it would go.
    if (isStore && !allowWrite) continue;
    const isSeen = isStore || meetsDoor(pc);
    const register = indexOf(i);
    const key = register === undefined ? CONSTANT : slotOf(register);
    // What it reads into its index has nothing to do with what follows.
    const later = isSeen ? nothing : without(behind, i);
    const own = endOf(i);
    const end = Math.max(own, later.get(key) ?? 0);
    // Past every packet sums would wrap.
    if (end > longestCapture) continue;
    if (end > own) ends.set(pc, end);
    reaches[pc] = new Map(later).set(key, end);
  }
  return ends;
}

/** What surely follows on every way from an instruction. */
function reachBehind(
  code: Code,
  reaches: readonly (Reach | undefined)[],
  i: Instruction,
  next: readonly number[],
): Reach {
  if (isBackward(i) || next.length === 0) return nothing;
  const first = next[0]!;
  const reach = reaches[first] ?? nothing;
  if (next.length === 1) return code[first] === undefined ? nothing : reach;
  if (reach.size === 0) return nothing;
  const common = new Map<Slot, number>();
  for (const [key, end] of reach) {
    const least = next.reduce((most, to) => Math.min(most, reaches[to]?.get(key) ?? 0), end);
    if (least > 0) common.set(key, least);
  }
  return common;
}

/** Less what is indexed by a slot that the instruction writes. */
function without(reach: Reach, i: Instruction): Reach {
  if (reach.size === 0) return reach;
  let left: Map<Slot, number> | undefined;
  visitSlots(i, (slot, written) => {
    if (!written || !reach.has(slot)) return;
    left ??= new Map(reach);
    left.delete(slot);
  });
  return left ?? reach;
}

const loud: ReadonlySet<string> = new Set(['call', 'host', 'cop', 'copx', 'loop', 'exit', 'prolog']);
const divisions: ReadonlySet<string> = new Set(['div', 'mod', 'sdiv', 'smod']);

/** Whether an instruction that accesses no packet can neither end the run nor be seen from outside. */
function isSilent(i: Instruction): boolean {
  const { mnemonic, row, variant } = i;
  if (loud.has(mnemonic) || variant.jf === 'segment' || i.variation !== undefined) return false;
  if (row.mode === 'rodata' && i.jt !== 0) return false;
  return !divisions.has(mnemonic) || (variant.bits & SRC_X) === 0;
}
