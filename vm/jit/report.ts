/** What the engine has found out of a program: for those who want to know why a filter is as fast as it is. */
import type { Host } from '../host/host.ts';
import { isBackward, targetOf } from '../validate/flow.ts';
import { accessesPacket } from '../validate/ranges/effect.ts';
import type { Validated } from '../validate/validated.ts';
import { findFacts } from './facts.ts';
import { calledFrom, moduleBytes } from './module.ts';

/** A loop that backward jumps make. */
export interface LoopReport {
  /** Its first instruction, and the last of its backward jumps. */
  readonly head: number;
  readonly last: number;
  /**
   * Instructions of WebAssembly in it, those of loops in it included, but not what it runs once, as it is left; and how
   * many there were without a door.
   */
  readonly instructions: number;
  readonly withoutDoor: number;
  /**
   * Accesses and backward jumps in it that may meet the door, by pc. A loop without any, in a program without any, is
   * recognised: it goes on at least a byte a turn and reads ahead of its position, and so never meets the door.
   */
  readonly meetDoor: readonly number[];
}

export interface JitReport {
  /** Of the module that runs one packet, in bytes. */
  readonly moduleBytes: number;
  /** Accesses of the packet, and those whose bounds are checked. */
  readonly accesses: number;
  readonly checked: number;
  /** Accesses and backward jumps that may meet the door anywhere, by pc: where there are some, runs count their backward jumps. */
  readonly meetDoor: readonly number[];
  readonly loops: readonly LoopReport[];
}

export function jitReport(validated: Validated, host: Host): JitReport {
  const { code, regions } = validated;
  const roots = new Set(calledFrom(validated));
  const facts = findFacts(validated, roots, { hoists: true, allowWrite: host.allowWrite });
  const common = { entry: 'run', memory: undefined, codeAt: 0, isCounted: false, isObserved: false } as const;
  const counts = (isOpen: boolean) => {
    const loops = new Map<number, () => number>();
    const bytes = moduleBytes(validated, host, { ...common, isOpen, onLoop: (head, count) => loops.set(head, count) });
    return { found: new Map([...loops].map(([head, count]) => [head, count()])), bytes: bytes.length };
  };
  const [real, open] = [counts(false), counts(true)];
  const meetDoor: number[] = [];
  const lasts = new Map<number, number>();
  let [accesses, checked] = [0, 0];
  for (let pc = 0; pc < code.length; pc++) {
    const i = code[pc];
    if (i === undefined || !roots.has(regions[pc]!.root)) continue;
    if (accessesPacket(i)) {
      accesses++;
      if (facts.checkedEnd(pc) !== undefined) checked++;
    } else if (!isBackward(i)) continue;
    else lasts.set(targetOf(i, pc), pc);
    if (facts.meetsDoor(pc)) meetDoor.push(pc);
  }
  const loops = [...real.found].map(([head, instructions]) => {
    const last = lasts.get(head)!;
    const inside = meetDoor.filter((pc) => pc >= head && pc <= last);
    return { head, last, instructions, withoutDoor: open.found.get(head)!, meetDoor: inside };
  });
  return { moduleBytes: real.bytes, accesses, checked, meetDoor, loops: loops.sort((a, b) => a.head - b.head) };
}
