/** Parts of pages that are made from what they speak of: written anew by UPDATE_GOLDENS=1, else compared. */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';

const root = new URL('../../', import.meta.url);

/** A file of the repository, by its path from the root. */
export const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

/** Expects `content` between `<!-- name: … -->` and `<!-- /name -->`. */
export function expectPart(path: string, name: string, content: string): void {
  const page = read(path);
  const pattern = new RegExp(`^([\\s\\S]*<!-- ${name}:[^\\n]*-->\\n)[\\s\\S]*?(<!-- /${name} -->\\n[\\s\\S]*)$`);
  const [, before, after] = pattern.exec(page) ?? [];
  const fresh = `${before}\n${content}\n\n${after}`;
  if (process.env.UPDATE_GOLDENS === '1') writeFileSync(new URL(path, root), fresh);
  else expect(page).toBe(fresh);
}
