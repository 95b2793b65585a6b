/**
 * What is known of locals at a point of the program. A state is a layer over the one that held where its branch
 * began, so that branching costs nothing and joining costs what the branches changed.
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
    return never;
  }

  /** A header that a branch has not asked for can be all it ever is. */
  #known(local: Local): Type {
    const type = this.typeOf(local);
    return type.atoms === 0 ? local.storage : type;
  }

  set(local: Local, type: Type): void {
    this.#types.set(local, type);
  }

  branch(): Flow {
    return new Flow(this);
  }

  /** Goes on from where these branches of this state meet. */
  join(branches: readonly Flow[]): void {
    const live = branches.filter((branch) => branch.reachable);
    if (live.length === 0) {
      this.reachable = false;
      return;
    }
    for (const local of new Set(live.flatMap((branch) => [...branch.#types.keys()])))
      this.#types.set(local, live.map((branch) => branch.#known(local)).reduce(union));
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
