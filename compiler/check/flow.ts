/**
 * What is known of locals at a point of the program. A state is a layer over the one that held where its branch
 * began, so that branching costs nothing and meeting costs what the branches changed.
 */
import type { ConstantValue, Expression, Local } from './tree.ts';
import {
  BOOLEAN,
  constantType,
  FALSE,
  FALSY,
  has,
  INTEGER,
  isOnly,
  NIL,
  never,
  only,
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

  #assumeEqual(local: Local, type: Type, other: ConstantValue, equal: boolean): void {
    const value = constantType(other);
    if (equal) this.#narrow(local, has(value, INTEGER) && has(type, INTEGER) ? value : only(type, value.atoms));
    // Of the other atoms only a single value can be excluded.
    else if (isOnly(value, NIL | FALSE | TRUE | BOOLEAN)) this.#narrow(local, without(type, value.atoms));
  }

  /** Keeps the type where nothing would be left of it: the branch is dead, and what is in it is still checked. */
  #narrow(local: Local, type: Type): void {
    if (type.atoms !== 0) this.#types.set(local, type);
  }
}
