// @ts-check
/** What a C file holds: variables, functions, and the statements in these, each read into a closure that runs it. */
import { readAssignment, readExpression, readInitialiser } from './c-expressions.mjs';
import { SourceProblem } from './c-text.mjs';
import { build, integer, isTrue, variable, zero } from './c-values.mjs';

/** @import { Cursor } from './c-cursor.mjs' */
/** @import { Evaluate, Execute, Initialiser } from './c-values.mjs' */
/** @typedef {{ variable: (name: string, evaluate: Evaluate, initialiser: Initialiser | undefined) => void, function: (name: string, parameters: string[], line: number, body: () => Execute) => void }} Found */

/** All of a file: variables, functions, `MACRO(name, …) { … }`. @param {Cursor} cursor @param {Found} found */
export function readItems(cursor, found) {
  while (cursor.peek().kind !== 'end') {
    const from = cursor.at;
    // Up to the brackets of a function, or to what ends a declaration.
    while (!/^[;={(]$/.test(cursor.peek().text) && cursor.peek().kind !== 'end') cursor.at++;
    const { text } = cursor.peek();
    const words = cursor.tokens.slice(from, cursor.at).map((token) => token.text);
    if (text === '(') readFunction(cursor, found);
    else if (text === '{') readDefinition(cursor, words, found);
    else if (words.includes('typedef') || words.length < 2) cursor.at++;
    else {
      cursor.at = from;
      for (const { name, evaluate, initialiser } of readDeclaration(cursor))
        found.variable(name, evaluate, initialiser);
    }
  }
}

/** @param {Cursor} cursor @param {Found} found */
function readFunction(cursor, found) {
  const { text: name, line } = cursor.peek(-1);
  const parameters = cursor.brackets();
  // Attributes, or the next item where this was a macro by itself.
  if (cursor.peek().text !== '{') {
    cursor.take(';');
    return;
  }
  const body = cursor.brackets();
  /** @type {Execute | undefined} */
  let parsed;
  const names = parameters.filter(({ kind }, i) => kind === 'name' && /^[,[]?$/.test(parameters[i + 1]?.text ?? ''));
  found.function(
    name,
    names.map(({ text }) => text),
    line,
    () => (parsed ??= readStatements(cursor.within(body))),
  );
}

/** `struct x { … };`, which is passed over, or `enum { A = 1, … };`. @param {Cursor} cursor @param {string[]} words @param {Found} found */
function readDefinition(cursor, words, found) {
  const inside = cursor.brackets();
  cursor.take(';');
  if (words[0] !== 'enum') return;
  const parser = cursor.within(inside);
  /** @type {Evaluate} */
  let next = () => 0n;
  while (parser.peek().kind !== 'end') {
    const name = parser.name();
    const evaluate = parser.take('=') ? readAssignment(parser).evaluate : next;
    next = (scope) => integer(evaluate(scope)) + 1n;
    found.variable(name, evaluate, undefined);
    if (!parser.take(',')) break;
  }
}

/** `int a = 1, b[] = { … };` @param {Cursor} cursor */
function readDeclaration(cursor) {
  const base = cursor.type();
  /** @type {{ name: string, evaluate: Evaluate, initialiser: Initialiser | undefined }[]} */
  const declared = [];
  do {
    let isPointer = false;
    while (cursor.take('*') || cursor.take('const')) isPointer = true;
    const type = isPointer ? { bytes: 8, isStruct: false } : base;
    // Attributes, such as __initconst.
    while (cursor.peek(1).kind === 'name') cursor.at++;
    const name = cursor.name();
    /** @type {(Evaluate | undefined)[]} */
    const lengths = [];
    while (cursor.take('[')) {
      lengths.push(cursor.peek().text === ']' ? undefined : readExpression(cursor).evaluate);
      cursor.expect(']');
    }
    const initialiser = cursor.take('=') ? readInitialiser(cursor) : undefined;
    /** @type {Evaluate} */
    const evaluate = (scope) => {
      const known = lengths.map((length) => length && Number(integer(length(scope))));
      if (initialiser !== undefined) return build(initialiser, type, known, scope);
      return zero(
        type,
        known.map((length) => length ?? 0),
      );
    };
    declared.push({ name, evaluate, initialiser });
  } while (cursor.take(','));
  cursor.expect(';');
  return declared;
}

/** Statements up to the end, each in turn. @param {Cursor} cursor @returns {Execute} */
function readStatements(cursor) {
  /** @type {Execute[]} */
  const list = [];
  while (cursor.peek().kind !== 'end') list.push(readStatement(cursor));
  return (scope) => {
    for (const execute of list) {
      const signal = execute(scope);
      if (signal !== undefined) return signal;
    }
    return undefined;
  };
}

/** @param {Cursor} cursor @returns {Execute} */
function readStatement(cursor) {
  if (cursor.take(';')) return () => undefined;
  if (cursor.peek().text === '{') {
    const inside = readStatements(cursor.within(cursor.brackets()));
    return (outer) => inside({ names: new Map(), outer });
  }
  if (cursor.take('if')) return readIf(cursor);
  if (cursor.take('for')) return readFor(cursor);
  if (cursor.take('return')) {
    const value = cursor.peek().text === ';' ? undefined : readExpression(cursor);
    cursor.expect(';');
    return (scope) => ({ value: value?.evaluate(scope) ?? 0n });
  }
  for (const word of /** @type {const} */ (['break', 'continue']))
    if (cursor.take(word)) {
      cursor.expect(';');
      return () => word;
    }
  return readSimple(cursor);
}

/** A declaration or an expression, with its semicolon. @param {Cursor} cursor @returns {Execute} */
function readSimple(cursor) {
  if (cursor.isType()) {
    const declared = readDeclaration(cursor);
    return (scope) => {
      for (const { name, evaluate } of declared) scope.names.set(name, variable(evaluate(scope)));
      return undefined;
    };
  }
  const { evaluate } = readExpression(cursor);
  cursor.expect(';');
  return (scope) => void evaluate(scope);
}

/** @param {Cursor} cursor @returns {Execute} */
function readIf(cursor) {
  cursor.expect('(');
  const { evaluate } = readExpression(cursor);
  cursor.expect(')');
  const then = readStatement(cursor);
  const otherwise = cursor.take('else') ? readStatement(cursor) : undefined;
  return (scope) => (isTrue(evaluate(scope)) ? then(scope) : otherwise?.(scope));
}

/** Turns of one loop: the suites' longest fills a program, and what a named file says must not run for ever. */
const mostTurns = 1_000_000;

/** @param {Cursor} cursor @returns {Execute} */
function readFor(cursor) {
  const place = `${cursor.file}:${cursor.peek().line}`;
  cursor.expect('(');
  const first = cursor.take(';') ? undefined : readSimple(cursor);
  const condition = cursor.peek().text === ';' ? undefined : readExpression(cursor);
  cursor.expect(';');
  const step = cursor.peek().text === ')' ? undefined : readExpression(cursor);
  cursor.expect(')');
  const body = readStatement(cursor);
  return (outer) => {
    const scope = { names: new Map(), outer };
    let turns = 0;
    for (first?.(scope); condition === undefined || isTrue(condition.evaluate(scope)); step?.evaluate(scope)) {
      if (++turns > mostTurns) throw new SourceProblem(place, `a loop of more than ${mostTurns} turns`);
      const signal = body(scope);
      if (signal === 'break') break;
      if (typeof signal === 'object') return signal;
    }
    return undefined;
  };
}
