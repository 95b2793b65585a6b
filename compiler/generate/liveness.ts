/** How long a local's place is needed: up to the last statement of its block that names it. */
import type { Block, Local } from '../check/tree.ts';
import { walk } from './inlining.ts';

/**
 * By statement of a block, the block's own locals that no later one names. Jumps within a block go forward, and where
 * it is run anew its locals are declared anew, so that nothing can come back to them.
 */
export function lastUses(block: Block): ReadonlyMap<number, readonly Local[]> {
  const last = new Map<Local, number>();
  for (const statement of block)
    if (statement.kind === 'local') for (const local of statement.locals) last.set(local, 0);
  if (last.size === 0) return new Map();
  for (const [i, statement] of block.entries()) {
    const use = (local: Local): void => {
      if (last.has(local)) last.set(local, i);
    };
    if (statement.kind === 'local') for (const local of statement.locals) use(local);
    walk(
      [statement],
      (node) => {
        if (node.kind === 'local') use(node.local);
      },
      (inner) => {
        if (inner.kind === 'assign') for (const target of inner.targets) if (target.kind === 'local') use(target.local);
      },
    );
  }
  const ends = new Map<number, Local[]>();
  for (const [local, i] of last) ends.set(i, [...(ends.get(i) ?? []), local]);
  return ends;
}
