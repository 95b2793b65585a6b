// @ts-check
/**
 * The part of C that test suites of BPF are written in, run as it stands: initialisers, integer expressions, loops,
 * functions. Every piece becomes a closure over its variables. A file is read tolerantly: what is never evaluated may
 * hold anything whose brackets match.
 */
import { Cursor } from './c-cursor.mjs';
import { readItems } from './c-statements.mjs';
import { readTokens, SourceProblem } from './c-text.mjs';
import { build, Reference, variable } from './c-values.mjs';

/** @import { Item, Initialiser, Scope, Value } from './c-values.mjs' */
/** @import { Builtin } from './c-cursor.mjs' */
/** @import { Macro } from './c-text.mjs' */

/** One C file: its variables and functions, made when they are asked for. */
export class CFile {
  /** @type {Scope} */
  #globals = { names: new Map() };
  /** @type {Map<string, Initialiser>} */
  #initialisers = new Map();
  #name;
  /** What stands behind a `testMacro(name, …)`, by name: the line, and what runs it. @type {Map<string, { line: number, run: () => void }>} */
  tests = new Map();

  /**
   * @param {string} name for messages
   * @param {string} text
   * @param {{ prelude: string, builtins: Readonly<Record<string, Builtin>>, testMacro?: string }} given `prelude` are
   *   definitions that stand before the file; a function of `builtins` takes the place of the file's own
   */
  constructor(name, text, { prelude, builtins, testMacro }) {
    this.#name = name;
    /** @type {Map<string, Macro>} */
    const macros = new Map();
    readTokens('prelude', prelude, macros);
    readItems(new Cursor(name, readTokens(name, text, macros), builtins), {
      variable: (declared, evaluate, initialiser) => {
        /** @type {Reference | undefined} */
        let made;
        const once = () => (made ??= variable(evaluate(this.#globals)));
        this.#globals.names.set(
          declared,
          new Reference(
            () => once().get(),
            (next) => once().set(next),
          ),
        );
        if (initialiser !== undefined) this.#initialisers.set(declared, initialiser);
      },
      function: (called, parameters, line, body) => {
        /** @param {Value[]} given */
        const run = (...given) => {
          const names = new Map(parameters.map((parameter, i) => [parameter, variable(given[i] ?? 0n)]));
          const signal = body()({ names, outer: this.#globals });
          return typeof signal === 'object' ? signal.value : 0n;
        };
        if (called === testMacro) this.tests.set(parameters[0] ?? '', { line, run: () => void run() });
        else this.#globals.names.set(called, variable(run));
      },
    });
  }

  /** The value of a variable of the file. @param {string} name */
  value(name) {
    const found = this.#globals.names.get(name);
    if (found === undefined) throw new SourceProblem(this.#name, `${name} is not defined`);
    return found.get();
  }

  /** What stands in the braces of a variable, not evaluated. @param {string} name @returns {Item[]} */
  items(name) {
    const found = this.#initialisers.get(name);
    if (!Array.isArray(found)) throw new SourceProblem(this.#name, `no array ${name} with values in braces`);
    return found;
  }

  /** An initialiser as an array, of structs or of values of one byte. @param {Initialiser} given @param {'structs' | 'bytes'} of @param {number} [length] */
  array(given, of, length) {
    return build(
      given,
      of === 'bytes' ? { bytes: 1, isStruct: false } : { bytes: 8, isStruct: true },
      [length],
      this.#globals,
    );
  }

  /** An initialiser as a value. @param {Initialiser} given */
  scalar(given) {
    return build(given, { bytes: 4, isStruct: false }, [], this.#globals);
  }
}
