/** Which names a body assigns: what they stand for there changes while the filter runs. */
import type { AstStatement } from '../parse.ts';

const known = new WeakMap<readonly AstStatement[], ReadonlySet<string>>();

/** The names that stand on the left of an assignment, at any depth, whatever they are there. */
export function assignedIn(body: readonly AstStatement[]): ReadonlySet<string> {
  const before = known.get(body);
  if (before !== undefined) return before;
  const names = new Set<string>();
  for (const statement of body) {
    if (statement.type === 'AssignmentStatement')
      for (const variable of statement.variables) if (variable.type === 'Identifier') names.add(variable.name);
    for (const block of blocksOf(statement)) for (const name of assignedIn(block)) names.add(name);
  }
  known.set(body, names);
  return names;
}

function blocksOf(statement: AstStatement): readonly (readonly AstStatement[])[] {
  if (statement.type === 'IfStatement') return statement.clauses.map(({ body }) => body);
  return 'body' in statement ? [statement.body] : [];
}
