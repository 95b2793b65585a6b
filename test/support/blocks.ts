/** What random statements are made of: lines with what is known behind them, names, and who may be assigned what. */
import type { Type, Variable } from './kinds.ts';
import * as kinds from './kinds.ts';
import type { Expression, Maker, Scene } from './terms.ts';

/** Lines of a block and what is known behind it; no facts where every way through it returns. */
export interface Block {
  readonly lines: readonly string[];
  readonly scene: Scene;
  readonly returned: boolean;
}

export const names = {
  integer: ['n', 'len', 'port', 'off', 'x', 'y', 'k', 'total', 'limit', 'id'],
  value: ['v', 'w', 'found', 'mark', 'ok', 'hit', 'what', 'keep'],
  header: ['h', 'l4', 'seg', 'inner', 'tcp', 'ip'],
  text: ['s', 'name', 'word', 'what'],
} as const;

export const indent = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);

export const going = (lines: readonly string[], scene: Scene): Block => ({ lines, scene, returned: false });

/** The scene with a new local of a name; an older one of that name is hidden. */
export function declare(scene: Scene, variable: Variable, e: Expression): Scene {
  return {
    ...scene,
    visible: [...scene.visible.filter(({ name }) => name !== variable.name), variable],
    facts: kinds.learn(scene.facts, variable, { type: e.type, dynamic: e.dynamic }),
  };
}

export const local = (name: string, e: Expression): Variable => ({
  name,
  initial: e.type,
  headers: e.variable?.headers ?? e.type.headers,
  fixed: false,
});

export const nameFor = (m: Maker, e: Expression): string =>
  m.random.pick(
    e.type.headers.length > 0
      ? names.header
      : e.type.text
        ? names.text
        : kinds.isInteger(e.type)
          ? names.integer
          : names.value,
  );

/** What a local may be assigned here: anything, but in a loop that it was there before. */
export function limitOf({ loop }: Scene, variable: Variable): Type | 'any' | undefined {
  if (variable.fixed) return undefined;
  return loop?.outside.includes(variable) ? loop.limits.get(variable) : 'any';
}

export const mayHold = (scene: Scene, variable: Variable, type: Type): boolean => {
  const limit = limitOf(scene, variable);
  return limit === 'any' || (limit !== undefined && kinds.isWithin(type, limit));
};

/** The scene after an assignment. */
export const set = (scene: Scene, variable: Variable, e: Expression): Scene => ({
  ...scene,
  facts: kinds.learn(scene.facts, variable, { type: e.type, dynamic: e.dynamic }),
});
