// @ts-check
/** Where the reading of a C source is: its tokens, what may stand next, and the types whose names are known. */
import { SourceProblem } from './c-text.mjs';

/** @import { Token } from './c-text.mjs' */
/** @import { Type, Value } from './c-values.mjs' */
/** A function that stands in for one of the file; `call` is where it is called. @typedef {(given: Value[], call: { line: number, text: string }) => Value} Builtin */

/** Names of types that are no structs, by their bytes. @type {Readonly<Record<number, string>>} */
const typeNames = {
  1: 'char bool u_char uint8_t int8_t __u8 u8',
  2: 'short u_short uint16_t int16_t __u16 u16',
  4: 'int unsigned signed void u_int uint32_t int32_t __u32 u32',
  8: 'long u_long size_t ssize_t uint64_t int64_t __u64 u64 bpfjit_func_t',
};
/** @type {ReadonlyMap<string, number>} */
const typeBytes = new Map(
  Object.entries(typeNames).flatMap(([bytes, names]) => names.split(' ').map((name) => [name, Number(bytes)])),
);
const structTypes = new Set(['bpf_args_t', 'bpf_ctx_t']);
const qualifiers = new Set(['static', 'const', 'inline', 'extern', 'volatile']);

/** The tokens of a file, or of a part of it, and the place in them. */
export class Cursor {
  at = 0;

  /** @param {string} file @param {Token[]} tokens @param {Readonly<Record<string, Builtin>>} builtins */
  constructor(file, tokens, builtins) {
    this.file = file;
    this.tokens = tokens;
    this.builtins = builtins;
  }

  /** What stands between brackets, by itself. @param {Token[]} tokens */
  within(tokens) {
    return new Cursor(this.file, tokens, this.builtins);
  }

  /** @returns {Token} */
  peek(ahead = 0) {
    const last = this.tokens.at(-1)?.line ?? 1;
    return this.tokens[this.at + ahead] ?? { kind: 'end', text: '', line: last };
  }

  /** @param {string} text */
  take(text) {
    const { kind, text: found } = this.peek();
    if (found !== text || kind === 'string') return false;
    this.at++;
    return true;
  }

  /** @param {string} text */
  expect(text) {
    if (!this.take(text)) this.fail(`\`${text}\` is expected`);
  }

  /** @param {string} what @returns {never} */
  fail(what) {
    const { text, line } = this.peek();
    throw new SourceProblem(`${this.file}:${line}`, `${what} before \`${text || 'the end'}\``);
  }

  name() {
    const { kind, text } = this.peek();
    if (kind !== 'name') this.fail('a name is expected');
    this.at++;
    return text;
  }

  /** Passes over what is in brackets, from the opening one on; gives the tokens between. */
  brackets() {
    const from = this.at;
    let depth = 0;
    do {
      const { kind, text } = this.peek();
      if (kind === 'end') this.fail('a bracket is not closed');
      if (kind === 'sign' && /^[([{]$/.test(text)) depth++;
      if (kind === 'sign' && /^[)\]}]$/.test(text)) depth--;
      this.at++;
    } while (depth > 0);
    return this.tokens.slice(from + 1, this.at - 1);
  }

  /** Whether a type stands here: `struct x`, a known name, or two names, as in no expression. */
  isType() {
    const { kind, text } = this.peek();
    if (kind !== 'name' || text === 'return') return false;
    if (text === 'struct' || qualifiers.has(text) || typeBytes.has(text) || structTypes.has(text)) return true;
    return this.peek(1).kind === 'name';
  }

  /** Passes over a type without its stars; one that is not known counts as 8 bytes. @returns {Type} */
  type() {
    let [bytes, isStruct] = [0, false];
    for (let some = true; some; ) {
      const { text } = this.peek();
      if (this.take('struct')) {
        this.name();
        [bytes, isStruct] = [8, true];
      } else if (structTypes.has(text)) [bytes, isStruct] = [8, true];
      else if (typeBytes.has(text)) bytes = Math.max(bytes === 4 ? 0 : bytes, typeBytes.get(text) ?? 0);
      else if (!qualifiers.has(text)) {
        if (bytes > 0) break;
        bytes = 8;
      }
      if (!isStruct || structTypes.has(text) || qualifiers.has(text)) this.at++;
      some = this.peek().kind === 'name';
    }
    return { bytes, isStruct };
  }

  /** Whether a type stands behind the parenthesis here. */
  isCast() {
    this.at++;
    const { text } = this.peek();
    const found = text === 'struct' || text === 'const' || typeBytes.has(text) || structTypes.has(text);
    this.at--;
    return found;
  }
}
