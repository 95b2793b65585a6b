/** The "did you mean" of every message. */

/** The known name nearest to a misspelt one, or '' where none is near: at most a third of its letters differ. */
export function nearest(name: string, known: Iterable<string>): string {
  let best = '';
  // Of a single letter nothing is near.
  let least = Math.min(name.length, Math.max(1, Math.floor(name.length / 3)) + 1);
  if (name.length > 64) return best;
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) >= least) continue;
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

/** Insertions, deletions, replacements and swaps of neighbours that lead from `a` to `b`. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min(previous[j]! + 1, current[j - 1]! + 1, previous[j - 1]! + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, before[j - 2]! + 1);
      current.push(least);
    }
    [before, previous] = [previous, current];
  }
  return previous[b.length]!;
}
