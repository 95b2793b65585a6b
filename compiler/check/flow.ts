/**
 * What is known of locals at a point of the program. A state is a layer over the one that held where its branch
 * began, so that branching costs nothing and meeting costs what the branches changed.
 */
import type { ConstantValue, Expression, Local } from './tree.ts';
import {
  BOOLEAN,
  clamped,
  constantType,
  FALSE,
  FALSY,
  has,
  INTEGER,
  isOnly,
  NIL,
  never,
  only,
  SLICE,
  STALE,
  STRING,
  TEXT,
  TRUE,
  type Type,
  union,
  without,
} from './types.ts';

/** Whether no value of a type is true, or none false, in Lua's sense. */
const neverIs = (type: Type, truth: boolean): boolean => (truth ? isOnly(type, FALSY) : !has(type, FALSY));

/** What several branches know alike. */
export type Known = ReadonlyMap<Local, Type>;

export class Flow {
  readonly #below: Flow | undefined;
  readonly #types = new Map<Local, Type>();
  /** Whether control can get here. */
  reachable = true;

  constructor(below?: Flow) {
    this.#below = below;
  }

  typeOf(local: Local): Type {
    for (let flow: Flow | undefined = this; flow !== undefined; flow = flow.#below) {
      const type = flow.#types.get(local);
      if (type !== undefined) return type;
    }
    return local.header ? local.storage : never;
  }

  set(local: Local, type: Type): void {
    this.#types.set(local, type);
  }

  branch(): Flow {
    return new Flow(this);
  }

  /** All that is known here. */
  snapshot(): Known {
    const known = new Map<Local, Type>();
    for (let flow: Flow | undefined = this; flow !== undefined; flow = flow.#below)
      for (const [local, type] of flow.#types) if (!known.has(local)) known.set(local, type);
    return known;
  }

  /** What is known where this state and others meet: what only one of them knows is lost. */
  meeting(others: Known | undefined): Known | undefined {
    if (!this.reachable) return others;
    const here = this.snapshot();
    if (others === undefined) return here;
    const known = new Map<Local, Type>();
    for (const local of new Set([...here.keys(), ...others.keys()])) {
      const [own, other] = [here.get(local), others.get(local)];
      if (own !== undefined && other !== undefined) known.set(local, union(own, other));
      else if (local.header) known.set(local, local.storage);
    }
    return known;
  }

  /** Goes on from where this state, if control gets here, and others meet. */
  merge(others: Known | undefined): void {
    const known = this.meeting(others);
    for (const [local, type] of known ?? []) this.#types.set(local, type);
    this.reachable = known !== undefined;
  }

  /**
   * The packet has been written to: what tests have shown of its headers holds no longer, nor are slices of it what they
   * were, as Lua's strings still would be.
   */
  forgetPacket(): void {
    for (const [local, type] of this.snapshot()) {
      if (local.header) this.#types.set(local, local.storage);
      else if (has(type, SLICE)) this.#types.set(local, { ...type, atoms: type.atoms | STALE });
    }
  }

  /** What has been set or narrowed since a state below. */
  *#changedSince(below: Flow): Iterable<Local> {
    for (let flow: Flow | undefined = this; flow !== undefined && flow !== below; flow = flow.#below)
      yield* flow.#types.keys();
  }

  /**
   * One more branch of this state has come to its end: what is known where it meets those that did before, of which
   * `others` is known. Of what only one of them has changed, the others know what this state does, or less.
   */
  meet(others: Known | undefined, branch: Flow): Known | undefined {
    if (!branch.reachable) return others;
    const known = new Map<Local, Type>();
    for (const local of [...(others?.keys() ?? []), ...branch.#changedSince(this)]) {
      // What is not known here is a local of the branch's own.
      if (known.has(local) || this.typeOf(local).atoms === 0) continue;
      const type = branch.typeOf(local);
      known.set(local, others === undefined ? type : union(others.get(local) ?? this.typeOf(local), type));
    }
    return known;
  }

  /** Goes on from where branches of this state have met; from nowhere if none came to its end. */
  join(known: Known | undefined): void {
    if (known === undefined) this.reachable = false;
    else for (const [local, type] of known) this.#types.set(local, type);
  }

  /** Takes in that `condition` turned out true or false. */
  assume(condition: Expression, truth: boolean): void {
    switch (condition.kind) {
      case 'not':
        this.assume(condition.operand, !truth);
        break;
      case 'and':
      case 'or':
        if (truth === (condition.kind === 'and')) {
          this.assume(condition.left, truth);
          this.assume(condition.right, truth);
        } else {
          // Only one side can have decided where the other one never could: `h and h.port` is false by `h`.
          if (neverIs(condition.right.type, truth)) this.assume(condition.left, truth);
          if (neverIs(condition.left.type, truth)) this.assume(condition.right, truth);
        }
        break;
      case 'local':
      case 'header':
        this.#narrow(condition.local, truth ? without(condition.type, FALSY) : only(condition.type, FALSY));
        break;
      case 'less':
        this.#assumeLess(condition, truth);
        break;
      case 'assert':
        if (truth) this.assume(condition.condition, true);
        break;
      case 'equal': {
        const { left, right } = condition;
        const [subject, other] = right.kind === 'constant' ? [left, right] : [right, left];
        if ((subject.kind === 'local' || subject.kind === 'header') && other.kind === 'constant')
          this.#assumeEqual(subject.local, subject.type, other.value, truth !== condition.negated);
        break;
      }
      default:
        break;
    }
  }

  /** Narrows the ranges of locals and of what is compared with them. */
  #assumeLess({ left, right, swapped, orEqual, unsigned }: Expression & { kind: 'less' }, truth: boolean): void {
    // small < large, or where it is false large <= small.
    const [a, b] = swapped ? [right, left] : [left, right];
    const [small, large] = truth ? [a, b] : [b, a];
    const gap = truth === orEqual ? 0n : 1n;
    if (!isOnly(small.type, INTEGER) || !isOnly(large.type, INTEGER)) return;
    // As unsigned numbers negative ones are the largest.
    if (unsigned && large.type.low < 0n) return;
    const low = unsigned && small.type.low < 0n ? 0n : small.type.low;
    this.#narrowSum(small, low, large.type.high - gap);
    this.#narrowSum(large, low + gap, large.type.high);
  }

  /** A local, or one plus a constant, is in this range; a sum that can wrap says nothing. */
  #narrowSum(node: Expression, low: bigint, high: bigint): void {
    if (node.kind === 'local') this.#narrow(node.local, clamped(node.type, low, high));
    if (node.kind !== 'arithmetic' || node.operator !== '+') return;
    const { left, right } = node;
    if (left.kind !== 'local' || right.kind !== 'constant' || !isOnly(left.type, INTEGER)) return;
    const by = right.value as bigint;
    if (left.type.low + by === node.type.low && left.type.high + by === node.type.high)
      this.#narrow(left.local, clamped(left.type, low - by, high - by));
  }

  #assumeEqual(local: Local, type: Type, other: ConstantValue, equal: boolean): void {
    const value = constantType(other);
    if (equal && isOnly(value, INTEGER | STRING) && has(type, value.atoms)) {
      // What equals a string may be a slice.
      this.#narrow(local, has(type, SLICE) ? only(type, TEXT) : value);
    } else if (equal) this.#narrow(local, only(type, value.atoms));
    // Of the other atoms only a single value can be excluded, and of integers only the first and the last.
    else if (typeof other === 'bigint' && isOnly(type, INTEGER) && other === type.low)
      this.#narrow(local, clamped(type, type.low + 1n, type.high));
    else if (typeof other === 'bigint' && isOnly(type, INTEGER) && other === type.high)
      this.#narrow(local, clamped(type, type.low, type.high - 1n));
    else if (isOnly(value, NIL | FALSE | TRUE | BOOLEAN)) this.#narrow(local, without(type, value.atoms));
  }

  /** Keeps the type where nothing would be left of it: the branch is dead, and what is in it is still checked. */
  #narrow(local: Local, type: Type): void {
    if (type.atoms !== 0) this.#types.set(local, type);
  }
}
