// @ts-check
/**
 * C source as tokens, its preprocessor done: as much of it as test suites use. Knows no grammar but that of `#if`.
 * Included files are not read: what they would define is given as text to begin with.
 */

/** A text that cannot be read, or does what is not known here; `place` is file and line. */
export class SourceProblem extends Error {
  /** @param {string} place @param {string} message */
  constructor(place, message) {
    super(`${place}: ${message}`);
  }
}

/** @typedef {{ kind: 'name' | 'number' | 'string' | 'sign' | 'end', text: string, line: number }} Token */
/** @typedef {{ parameters?: string[], body: Token[] }} Macro */

const lexeme =
  /\s+|([A-Za-z_]\w*)|(0[xX][\da-fA-F]+[uUlL]*|\d+[uUlL]*)|"((?:[^"\\\n]|\\.)*)"|'(\\?.)'|(\.\.\.|<<=|>>=|->|\+\+|--|<<|>>|&&|\|\||[-+*/%&|^=!<>]=|##|[-+*/%&|^~!=<>?:;,.(){}[\]#])/y;

/**
 * The tokens of a line.
 * @param {string} file @param {string} text @param {number} line
 */
function tokensOf(file, text, line) {
  /** @type {Token[]} */
  const tokens = [];
  for (lexeme.lastIndex = 0; lexeme.lastIndex < text.length; ) {
    const at = lexeme.lastIndex;
    const match = lexeme.exec(text);
    if (match === null) throw new SourceProblem(`${file}:${line}`, `no C token: ${text.slice(at, at + 20)}`);
    const [, name, number, string, character, sign] = match;
    if (name !== undefined) tokens.push({ kind: 'name', text: name, line });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number.replace(/[uUlL]+$/, ''), line });
    else if (string !== undefined) tokens.push({ kind: 'string', text: string, line });
    else if (character !== undefined) tokens.push({ kind: 'number', text: String(character.charCodeAt(0)), line });
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign, line });
  }
  return tokens;
}

/**
 * All tokens of a file, macros expanded. `macros` are known before; those of the file are added to it.
 * @param {string} file @param {string} text @param {Map<string, Macro>} macros
 */
export function readTokens(file, text, macros) {
  /** @type {Token[]} */
  const done = [];
  /** @type {Token[]} */
  let waiting = [];
  /** By open `#if`, whether its lines count, and whether one of its branches did. @type {{ on: boolean, taken: boolean }[]} */
  const conditions = [];
  const isOn = () => conditions.every(({ on }) => on);
  const lines = withoutComments(text).split('\n');
  for (let i = 0; i < lines.length; i++) {
    const line = i + 1;
    let content = /** @type {string} */ (lines[i]);
    while (content.endsWith('\\') && i + 1 < lines.length) content = `${content.slice(0, -1)} ${lines[++i]}`;
    const directive = /^\s*#\s*(\w+)\s*(.*)$/.exec(content);
    if (directive === null) {
      if (isOn()) waiting.push(...tokensOf(file, content, line));
      continue;
    }
    const [, word, rest] = /** @type {[string, string, string]} */ (/** @type {unknown} */ (directive));
    const last = conditions.at(-1);
    if (/^if/.test(word)) {
      const holds =
        isOn() && (word === 'if' ? condition(rest, macros) : macros.has(rest.trim()) === (word === 'ifdef'));
      conditions.push({ on: holds, taken: holds || !isOn() });
    } else if (/^(elif|else|endif)$/.test(word)) {
      if (last === undefined) throw new SourceProblem(`${file}:${line}`, `#${word} without #if`);
      if (word === 'endif') conditions.pop();
      else {
        last.on = !last.taken && (word === 'else' || condition(rest, macros));
        last.taken ||= last.on;
      }
    } else if (isOn() && (word === 'define' || word === 'undef')) {
      // What stands before a definition does not see it.
      done.push(...expanded(file, waiting, macros));
      waiting = [];
      const name = /^\w+/.exec(rest)?.[0] ?? '';
      if (word === 'undef') macros.delete(name);
      else macros.set(name, macroOf(file, rest.slice(name.length), line));
    }
  }
  if (conditions.length > 0) throw new SourceProblem(`${file}:${lines.length}`, '#if without #endif');
  done.push(...expanded(file, waiting, macros));
  return done;
}

/** Comments as spaces, line ends kept. @param {string} text */
const withoutComments = (text) =>
  text.replace(/"(?:[^"\\\n]|\\.)*"|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, (found) =>
    found.startsWith('"') ? found : found.replace(/[^\n]/g, ' '),
  );

/** @param {string} file @param {string} text behind the name @param {number} line @returns {Macro} */
function macroOf(file, text, line) {
  const list = /^\(([^)]*)\)/.exec(text);
  const body = tokensOf(file, list === null ? text : text.slice(list[0].length), line);
  return list === null ? { body } : { body, parameters: (list[1] ?? '').split(',').map((name) => name.trim()) };
}

/** Whether an `#if` holds: `defined`, numbers, `!`, `&&`, `||`, parentheses. @param {string} text @param {Map<string, Macro>} macros */
function condition(text, macros) {
  const simple = text
    .replace(/defined\s*\(?\s*(\w+)\s*\)?/g, (_, name) => (macros.has(name) ? '1' : '0'))
    .replace(/[A-Za-z_]\w*/g, '0');
  const parts = simple.split('||').map((side) => side.split('&&').map((part) => part.replace(/[()\s]/g, '')));
  return parts.some((side) =>
    side.every((part) => (/^!/.test(part) ? Number(part.slice(1)) === 0 : Number(part) !== 0)),
  );
}

/**
 * @param {string} file @param {Token[]} tokens @param {Map<string, Macro>} macros
 * @param {ReadonlySet<string>} inside those being expanded, which are not expanded again
 * @returns {Token[]}
 */
function expanded(file, tokens, macros, inside = new Set()) {
  /** @type {Token[]} */
  const result = [];
  for (let at = 0; at < tokens.length; at++) {
    const token = /** @type {Token} */ (tokens[at]);
    const macro = token.kind === 'name' && !inside.has(token.text) ? macros.get(token.text) : undefined;
    if (macro === undefined || (macro.parameters !== undefined && tokens[at + 1]?.text !== '(')) {
      result.push(token);
      continue;
    }
    /** @type {Map<string, Token[]>} */
    const given = new Map();
    if (macro.parameters !== undefined) {
      const { list, end } = argumentsAt(file, tokens, at + 1);
      for (const [i, name] of macro.parameters.entries())
        given.set(name, expanded(file, list[i] ?? [], macros, inside));
      at = end;
    }
    const body = macro.body.flatMap((piece) => given.get(piece.text) ?? [{ ...piece, line: token.line }]);
    result.push(...expanded(file, body, macros, new Set([...inside, token.text])));
  }
  return result;
}

/** What stands between the parentheses that open at `open`, by commas. @param {string} file @param {Token[]} tokens @param {number} open */
function argumentsAt(file, tokens, open) {
  /** @type {Token[][]} */
  const list = [[]];
  let depth = 0;
  for (let at = open; at < tokens.length; at++) {
    const token = /** @type {Token} */ (tokens[at]);
    if (/^[([{]$/.test(token.text) && token.kind === 'sign' && depth++ === 0) continue;
    if (/^[)\]}]$/.test(token.text) && token.kind === 'sign' && --depth === 0) return { list, end: at };
    if (token.text === ',' && depth === 1) list.push([]);
    else list.at(-1)?.push(token);
  }
  throw new SourceProblem(`${file}:${tokens[open]?.line}`, 'a parenthesis that is not closed');
}
