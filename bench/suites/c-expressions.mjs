// @ts-check
/** Expressions and initialisers of C: read by recursive descent, each into a closure that computes it. */
import { SourceProblem } from './c-text.mjs';
import { build, CArray, element, integer, isTrue, member, Reference, sizeOf } from './c-values.mjs';

/** @import { Cursor } from './c-cursor.mjs' */
/** @import { Token } from './c-text.mjs' */
/** @import { Evaluate, Expression, Initialiser, Item, Scope, Value } from './c-values.mjs' */
/**
 * By operator, how strongly it binds, and what it computes of integers.
 * @type {Readonly<Record<string, [number, (a: bigint, b: bigint) => bigint]>>}
 */
const binary = {
  '|': [3, (a, b) => a | b],
  '^': [4, (a, b) => a ^ b],
  '&': [5, (a, b) => a & b],
  '<': [7, (a, b) => BigInt(a < b)],
  '>': [7, (a, b) => BigInt(a > b)],
  '<=': [7, (a, b) => BigInt(a <= b)],
  '>=': [7, (a, b) => BigInt(a >= b)],
  '<<': [8, (a, b) => a << b],
  '>>': [8, (a, b) => a >> b],
  '+': [9, (a, b) => a + b],
  '-': [9, (a, b) => a - b],
  '*': [10, (a, b) => a * b],
  '/': [10, (a, b) => a / b],
  '%': [10, (a, b) => a % b],
};
const equality = 6;
const lazy = { '||': 1, '&&': 2 };

/** Integers are equal that C's `unsigned int` cannot tell apart; all else is the same thing or not. @param {Value} a @param {Value} b */
const isEqual = (a, b) => (typeof a === 'bigint' && typeof b === 'bigint' ? BigInt.asUintN(32, a - b) === 0n : a === b);

/** @param {string} name @param {Scope | undefined} scope @returns {Reference | undefined} */
const lookUp = (name, scope) => scope && (scope.names.get(name) ?? lookUp(name, scope.outer));

/** An expression, with values before the last that are computed for what they do. @param {Cursor} cursor @returns {Expression} */
export function readExpression(cursor) {
  let left = readAssignment(cursor);
  while (cursor.take(',')) {
    const [before, { evaluate }] = [left, readAssignment(cursor)];
    left = {
      evaluate: (scope) => {
        before.evaluate(scope);
        return evaluate(scope);
      },
    };
  }
  return left;
}

/** @param {Cursor} cursor @returns {Initialiser} */
export function readInitialiser(cursor) {
  if (!cursor.take('{')) return readAssignment(cursor);
  /** @type {Item[]} */
  const items = [];
  while (!cursor.take('}')) {
    /** @type {(string | Evaluate)[]} */
    const path = [];
    for (let some = true; some; ) {
      if (cursor.take('.')) path.push(cursor.name());
      else if (cursor.take('[')) {
        path.push(readExpression(cursor).evaluate);
        cursor.expect(']');
      } else some = false;
    }
    if (path.length > 0) cursor.expect('=');
    items.push({ path, value: readInitialiser(cursor) });
    if (!cursor.take(',') && cursor.peek().text !== '}') cursor.fail('`,` or `}` is expected');
  }
  return items;
}

/** An expression without commas, as between those of a list. @param {Cursor} cursor @returns {Expression} */
export function readAssignment(cursor) {
  const left = readConditional(cursor);
  const sign = /^(.*)=$/.exec(cursor.peek().text)?.[1];
  if (sign === undefined || /^[=!<>]$/.test(sign) || left.place === undefined) return left;
  cursor.at++;
  const { place } = left;
  const right = readAssignment(cursor);
  const compute = binary[sign]?.[1];
  return {
    evaluate: (scope) => {
      const target = place(scope);
      const value = right.evaluate(scope);
      target.set(compute === undefined ? value : compute(integer(target.get()), integer(value)));
      return target.get();
    },
  };
}

/** @param {Cursor} cursor @returns {Expression} */
function readConditional(cursor) {
  const test = readBinary(cursor, 1);
  if (!cursor.take('?')) return test;
  const then = readExpression(cursor);
  cursor.expect(':');
  const otherwise = readConditional(cursor);
  return { evaluate: (scope) => (isTrue(test.evaluate(scope)) ? then : otherwise).evaluate(scope) };
}

/** @param {Cursor} cursor @param {number} lowest @returns {Expression} */
function readBinary(cursor, lowest) {
  let left = readUnary(cursor);
  for (;;) {
    const { text, kind } = cursor.peek();
    const [a, isEquality] = [left, text === '==' || text === '!='];
    const strength = isEquality ? equality : (binary[text]?.[0] ?? Reflect.get(lazy, text));
    if (kind !== 'sign' || strength === undefined || strength < lowest) return left;
    cursor.at++;
    const b = readBinary(cursor, strength + 1);
    const compute = binary[text]?.[1];
    if (compute !== undefined)
      left = { evaluate: (scope) => compute(integer(a.evaluate(scope)), integer(b.evaluate(scope))) };
    else if (isEquality)
      left = { evaluate: (scope) => BigInt(isEqual(a.evaluate(scope), b.evaluate(scope)) === (text === '==')) };
    else
      left = {
        evaluate: (scope) => BigInt(isTrue((isTrue(a.evaluate(scope)) === (text === '&&') ? b : a).evaluate(scope))),
      };
  }
}

/** @param {Cursor} cursor @returns {Expression} */
function readUnary(cursor) {
  const { text, kind } = cursor.peek();
  if (kind === 'sign' && /^([-+~!*&]|\+\+|--)$/.test(text)) {
    cursor.at++;
    return prefixed(text, readUnary(cursor));
  }
  if (cursor.take('sizeof')) return readSizeof(cursor);
  if (text === '(' && cursor.isCast()) return readCast(cursor);
  return readPostfix(cursor);
}

/** `(type)value`, which cuts integers to its bytes, or `(type){ … }`. @param {Cursor} cursor @returns {Expression} */
function readCast(cursor) {
  cursor.expect('(');
  const type = cursor.type();
  let isPointer = false;
  while (cursor.take('*')) isPointer = true;
  cursor.expect(')');
  if (cursor.peek().text === '{') {
    const value = readInitialiser(cursor);
    return { evaluate: (scope) => build(value, type, [], scope) };
  }
  const { evaluate } = readUnary(cursor);
  return {
    evaluate: (scope) => {
      const value = evaluate(scope);
      return typeof value === 'bigint' && !isPointer ? BigInt.asUintN(8 * type.bytes, value) : value;
    },
  };
}

/** @param {Cursor} cursor @returns {Expression} */
function readSizeof(cursor) {
  if (cursor.peek().text === '(' && cursor.isCast()) {
    cursor.expect('(');
    const { bytes } = cursor.type();
    const isPointer = cursor.take('*');
    cursor.expect(')');
    return { evaluate: () => (isPointer ? 8n : BigInt(bytes)) };
  }
  const { evaluate, bytes } = readUnary(cursor);
  return { evaluate: (scope) => BigInt(bytes?.(scope) ?? sizeOf(evaluate(scope))) };
}

/** @param {Cursor} cursor @returns {Expression} */
function readPostfix(cursor) {
  const from = cursor.at;
  let left = readPrimary(cursor);
  for (;;) {
    const { evaluate: base } = left;
    const { line } = cursor.peek();
    if (cursor.take('[')) {
      const index = readExpression(cursor).evaluate;
      cursor.expect(']');
      left = {
        ...placed((scope) => element(base(scope), Number(integer(index(scope))))),
        bytes: elementSize(base),
      };
    } else if (cursor.take('.') || cursor.take('->')) {
      const name = cursor.name();
      left = placed((scope) => member(base(scope), name));
    } else if (cursor.take('(')) left = readCall(cursor, from, left, line);
    else if (cursor.take('++')) left = stepped(left, 1n);
    else if (cursor.take('--')) left = stepped(left, -1n);
    else return left;
  }
}

/** @param {Cursor} cursor @param {number} from where the name stands @param {Expression} called @param {number} line @returns {Expression} */
function readCall(cursor, from, called, line) {
  /** @type {Evaluate[]} */
  const given = [];
  const open = cursor.at;
  while (cursor.peek().text !== ')') {
    given.push(readAssignment(cursor).evaluate);
    if (!cursor.take(',')) break;
  }
  const text = cursor.tokens
    .slice(open, cursor.at)
    .map((token) => token.text)
    .join(' ');
  cursor.expect(')');
  const { text: name } = /** @type {Token} */ (cursor.tokens[from]);
  const builtin = open === from + 2 && Object.hasOwn(cursor.builtins, name) ? cursor.builtins[name] : undefined;
  return {
    evaluate: (scope) => {
      const values = () => given.map((evaluate) => evaluate(scope));
      if (builtin !== undefined) return builtin(values(), { line, text });
      const run = called.evaluate(scope);
      if (typeof run !== 'function') throw new SourceProblem(`${cursor.file}:${line}`, `${name} is no function here`);
      return run(...values());
    },
  };
}

/** @param {Cursor} cursor @returns {Expression} */
function readPrimary(cursor) {
  const { kind, text, line } = cursor.peek();
  cursor.at++;
  if (kind === 'number') {
    const value = BigInt(/^0\d/.test(text) ? `0o${text.slice(1)}` : text);
    return { evaluate: () => value };
  }
  if (kind === 'string') {
    let whole = text;
    while (cursor.peek().kind === 'string') whole += cursor.tokens[cursor.at++]?.text;
    return { evaluate: () => whole };
  }
  if (text === '(') {
    const inside = readExpression(cursor);
    cursor.expect(')');
    return inside;
  }
  if (kind !== 'name') {
    cursor.at--;
    cursor.fail('a value is expected');
  }
  return placed((scope) => {
    const found = lookUp(text, scope);
    if (found === undefined) throw new SourceProblem(`${cursor.file}:${line}`, `${text} is not defined`);
    return found;
  });
}

/** Bytes of what a pointer points to. @param {Evaluate} pointer @returns {(scope: Scope) => number} */
const elementSize = (pointer) => (scope) => {
  const array = pointer(scope);
  return array instanceof CArray ? array.elementBytes : 4;
};

/** @param {(scope: Scope) => Reference} place @returns {Expression} */
const placed = (place) => ({ place, evaluate: (scope) => place(scope).get() });

/** `i++`: the value before. @param {Expression} of @param {bigint} by @returns {Expression} */
const stepped = ({ place, evaluate }, by) => ({
  evaluate: (scope) => {
    const before = evaluate(scope);
    place?.(scope).set(integer(before) + by);
    return before;
  },
});

/** @param {string} sign @param {Expression} of @returns {Expression} */
function prefixed(sign, of) {
  const { evaluate, place } = of;
  switch (sign) {
    case '-':
      return { evaluate: (scope) => -integer(evaluate(scope)) };
    case '~':
      return { evaluate: (scope) => ~integer(evaluate(scope)) };
    case '!':
      return { evaluate: (scope) => BigInt(!isTrue(evaluate(scope))) };
    case '*':
      return { ...placed((scope) => element(evaluate(scope), 0)), bytes: elementSize(evaluate) };
    case '&':
      return {
        evaluate: (scope) => {
          const value = evaluate(scope);
          const isPlace = typeof value === 'bigint' || typeof value === 'string';
          return isPlace && place !== undefined ? place(scope) : value;
        },
      };
    case '++':
    case '--': {
      const { evaluate: step } = stepped(of, sign === '++' ? 1n : -1n);
      return {
        evaluate: (scope) => {
          step(scope);
          return evaluate(scope);
        },
      };
    }
    default:
      return of;
  }
}
