/** What those write who come from other languages, as far as it is no Lua. Knows the text alone. */

export interface Habit {
  /** Where it stands, in bytes from 0. */
  readonly start: number;
  readonly written: string;
  /** What to write in its place; '' where one edit does not do. */
  readonly lua: string;
  /** What to do, where that is not just to write `lua`. */
  readonly hint?: string;
}

interface Rule {
  /** What stands before the place where the parser gave up, and behind it; what both match is what was written. */
  readonly before?: RegExp;
  readonly after?: RegExp;
  /** `$1` is the name before it. */
  readonly lua: string;
  readonly hint?: string;
}

const assigned = /(?<=\b(?<name>\w+)\s*)$/;

const rules: readonly Rule[] = [
  { before: /&$/, after: /^&/, lua: 'and' },
  { before: /\|$/, after: /^\|/, lua: 'or' },
  { before: /==$/, after: /^=/, lua: '==' },
  { before: /<$/, after: /^>/, lua: '~=' },
  { before: /(?<=\b(?:if|elseif|while)\b[^\n=]*)$/, after: /^=(?!=)/, lua: '==' },
  { before: assigned, after: /^\+\+/, lua: '= $1 + 1' },
  { before: assigned, after: /^\+=/, lua: '= $1 +' },
  { before: assigned, after: /^-=/, lua: '= $1 -' },
  { before: assigned, after: /^\*=/, lua: '= $1 *' },
  { before: assigned, after: /^\|=/, lua: '= $1 |' },
  { before: assigned, after: /^&=/, lua: '= $1 &' },
  { before: /\b(?:let|var|const)(?=\s+$)/, lua: 'local' },
  { before: /\b(?:elif|elsif)(?=\s+$)/, lua: 'elseif' },
  { after: /^(?:elif|elsif)\b/, lua: 'elseif' },
  { after: /^\/\//, lua: '--' },
  { after: /^\/\*/, lua: '', hint: 'a comment is `-- …` to the end of the line, or `--[[ … ]]`' },
  { after: /^\{/, lua: '', hint: 'a block is `if … then … end`, `while … do … end`, `do … end`' },
];

/** How far before the place a rule looks. */
const reach = 100;

/** The habit at the place where a parser gave up. */
export function habitAt(text: string, index: number): Habit | undefined {
  const from = Math.max(0, index - reach);
  for (const { before = /$/, after = /^/, lua, hint } of rules) {
    const head = before.exec(text.slice(from, index));
    const tail = after.exec(text.slice(index, index + reach));
    if (head === null || tail === null) continue;
    return {
      start: from + head.index,
      written: head[0] + tail[0],
      lua: lua.replace('$1', head.groups?.name ?? ''),
      ...(hint === undefined ? {} : { hint }),
    };
  }
  return undefined;
}
