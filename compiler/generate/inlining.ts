/** Which functions are written where they are called: those for which that is shorter. */
import { type Block, type Expression, type Instance, operandsOf, type Statement } from '../check/tree.ts';

/** Nodes of a body that is not longer than a call with its moves, PROLOG and EXIT. */
const small = 12;
/** Nodes of a body that is worth it where there is one call of it. */
const once = 80;

export class Inlining {
  readonly #calls = new Map<Block, ReadonlySet<Instance>>();
  readonly #sites = new Map<Instance, number>();
  readonly #inlined = new Map<Instance, boolean>();
  readonly #sizes = new Map<Instance, number>();
  /** All functions that may run, each behind those it calls. */
  readonly instances: readonly Instance[];
  /** Whether any of them, or the filter, has a loop that goes through the door. */
  readonly hasDoor: boolean;

  constructor(main: Block) {
    const found = new Set<Instance>();
    const visit = (block: Block): void => {
      for (const instance of this.callsOf(block)) {
        if (found.has(instance)) continue;
        visit(instance.body);
        found.add(instance);
      }
    };
    visit(main);
    this.instances = [...found];
    let hasDoor = false;
    const look = ({ kind }: Statement): void => {
      hasDoor ||= kind === 'while' || kind === 'repeat';
    };
    for (const block of [main, ...this.instances.map(({ body }) => body)]) walk(block, () => {}, look);
    this.hasDoor = hasDoor;
    for (const instance of this.instances) {
      const size = sizeOf(instance.body, (callee) => (this.isInlined(callee) ? this.#sizes.get(callee)! : 0));
      this.#sizes.set(instance, size);
      const isShort = size <= small || (size <= once && this.#sites.get(instance) === 1);
      this.#inlined.set(instance, isShort && !returnsFromCounted(instance.body, false));
    }
  }

  /** What finds headers always is: what it has found is known behind it then. */
  isInlined(instance: Instance): boolean {
    return instance.findsHeaders || (this.#inlined.get(instance) ?? false);
  }

  /** The functions that a block calls itself. */
  callsOf(block: Block): ReadonlySet<Instance> {
    const known = this.#calls.get(block);
    if (known !== undefined) return known;
    const calls = new Set<Instance>();
    walk(block, (node) => {
      if (node.kind !== 'call') return;
      calls.add(node.instance);
      this.#sites.set(node.instance, (this.#sites.get(node.instance) ?? 0) + 1);
    });
    this.#calls.set(block, calls);
    return calls;
  }
}

/** The expressions that stand in a statement, and the blocks in it. */
export function partsOf(statement: Statement): {
  readonly expressions: readonly Expression[];
  readonly blocks: readonly Block[];
} {
  switch (statement.kind) {
    case 'assign': {
      const keys = statement.targets.flatMap((target) => (target.kind === 'entry' ? [target.key] : []));
      return { expressions: [...keys, ...statement.values.nodes], blocks: [] };
    }
    case 'local':
    case 'return':
      return { expressions: statement.values.nodes, blocks: [] };
    case 'if': {
      const { clauses, otherwise } = statement;
      const blocks = clauses.map(({ body }) => body);
      return {
        expressions: clauses.map(({ condition }) => condition),
        blocks: otherwise === undefined ? blocks : [...blocks, otherwise],
      };
    }
    case 'do':
    case 'each':
      return { expressions: [], blocks: [statement.body] };
    case 'while':
    case 'repeat':
      return { expressions: [statement.condition], blocks: [statement.body] };
    case 'for':
      return { expressions: [statement.first, statement.last], blocks: [statement.body] };
    case 'call':
      return { expressions: [statement.call], blocks: [] };
    case 'break':
    case 'goto':
    case 'label':
      return { expressions: [], blocks: [] };
  }
}

/** Visits all expressions of a block, those around others first, and where that is wanted its statements. */
export function walk(
  block: Block,
  visit: (node: Expression) => void,
  visitStatement?: (statement: Statement) => void,
): void {
  const inside = (node: Expression): void => {
    visit(node);
    for (const operand of operandsOf(node)) inside(operand);
  };
  for (const statement of block) {
    visitStatement?.(statement);
    const { expressions, blocks } = partsOf(statement);
    for (const expression of expressions) inside(expression);
    for (const inner of blocks) walk(inner, visit, visitStatement);
  }
}

/** Nodes of a block, with those of what is inlined in it; header searches count as what they take. */
function sizeOf(block: Block, inlined: (callee: Instance) => number): number {
  let size = 0;
  walk(block, (node) => {
    size += ['header', 'inside', 'inner', 'find'].includes(node.kind) ? 10 : 1;
    if (node.kind === 'call') size += inlined(node.instance);
  });
  const statements = (inner: Block): number =>
    inner.reduce(
      (sum, statement) => sum + 1 + partsOf(statement).blocks.reduce((all, each) => all + statements(each), 0),
      0,
    );
  return size + statements(block);
}

/** Whether a `return` stands in the body of a counted loop, which only an EXIT of the whole function leaves. */
function returnsFromCounted(block: Block, counted: boolean): boolean {
  return block.some(
    (statement) =>
      (counted && statement.kind === 'return') ||
      partsOf(statement).blocks.some((inner) =>
        returnsFromCounted(inner, counted || statement.kind === 'for' || statement.kind === 'each'),
      ),
  );
}
