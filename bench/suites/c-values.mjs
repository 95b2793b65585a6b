// @ts-check
/** What the expressions of a C source give here, and how it is laid out in memory as far as `sizeof` tells. */

/**
 * Integers are exact, of any size: what takes them cuts them to its own. NULL is 0.
 * @typedef {bigint | string | CArray | CStruct | Reference | CFunction} Value
 */
/** @typedef {(...given: Value[]) => Value} CFunction */

/** @typedef {(scope: Scope) => Value} Evaluate */
/** @typedef {{ value: Value } | 'break' | 'continue' | undefined} Signal what ends the statements around, if anything */
/** @typedef {(scope: Scope) => Signal} Execute */
/** Names by what they hold. @typedef {{ names: Map<string, Reference>, outer?: Scope }} Scope */
/**
 * `place` where it can be assigned to; `bytes` is the size of what it gives, where the value does not tell.
 * @typedef {{ evaluate: Evaluate, place?: (scope: Scope) => Reference, bytes?: (scope: Scope) => number }} Expression
 */
/** A value, or what stands in braces: by position, or behind `.a.b =` and `[3] =`. @typedef {Expression | Item[]} Initialiser */
/** @typedef {{ path: (string | Evaluate)[], value: Initialiser }} Item */
/** @typedef {{ bytes: number, isStruct: boolean }} Type */

/** An array, which is a pointer to its first element too. */
export class CArray {
  /** @param {Value[]} items @param {number} elementBytes */
  constructor(items, elementBytes) {
    this.items = items;
    this.elementBytes = elementBytes;
  }
}

/** A struct by its members, which is a pointer to itself too. */
export class CStruct {
  /** @param {Map<string, Value>} members */
  constructor(members = new Map()) {
    this.members = members;
  }
}

/** A place that holds a value: a variable, an element, a member. */
export class Reference {
  /** @param {() => Value} get @param {(value: Value) => void} set */
  constructor(get, set) {
    this.get = get;
    this.set = set;
  }
}

/** @param {Value | undefined} value */
export const isTrue = (value) => value !== undefined && value !== 0n;

/** @param {Value | undefined} value @returns {bigint} */
export function integer(value) {
  if (typeof value === 'bigint') return value;
  throw new TypeError(`${value === undefined ? 'nothing' : typeof value} where an integer stands`);
}

/** The low bits of an integer. @param {Value | undefined} value @param {8 | 16 | 32} bits */
export const unsigned = (value, bits) => Number(BigInt.asUintN(bits, integer(value)));

/** The bytes of an array of bytes, zeros behind its end. @param {Value | undefined} value @param {number} length */
export function bytesOf(value, length) {
  const bytes = new Uint8Array(length);
  if (value instanceof CArray)
    for (const [i, item] of value.items.slice(0, length).entries()) bytes[i] = unsigned(item, 8);
  return bytes;
}

/** @param {Value} value a pointer, for what it is not told of here @returns {number} */
export function sizeOf(value) {
  if (value instanceof CArray) return value.items.length * value.elementBytes;
  return value instanceof CStruct ? 8 : 4;
}

/** @param {Value | undefined} array */
export function itemsOf(array) {
  if (array instanceof CArray) return array.items;
  throw new TypeError('no array where one stands');
}

/**
 * A program of BPF: an array of struct bpf_insn, the first `count` of them.
 * @param {Value | undefined} array @param {number} [count]
 */
export function wordsOf(array, count) {
  if (count === 0) return [];
  return itemsOf(array)
    .slice(0, count)
    .map((item) => {
      const member = (/** @type {string} */ name) => (item instanceof CStruct ? (item.members.get(name) ?? 0n) : 0n);
      return {
        code: unsigned(member('code'), 16),
        jt: unsigned(member('jt'), 8),
        jf: unsigned(member('jf'), 8),
        k: unsigned(member('k'), 32),
      };
    });
}

/** Members of struct bpf_insn and struct sock_filter, as initialisers without names fill them. */
const instructionMembers = ['code', 'jt', 'jf', 'k'];

/** A variable of its own. @param {Value} value */
export const variable = (value) =>
  new Reference(
    () => value,
    (next) => (value = next),
  );

/** @param {Value} pointer @param {number} index @returns {Reference} */
export function element(pointer, index) {
  if (pointer instanceof CArray) {
    const { items } = pointer;
    return new Reference(
      () => items[index] ?? 0n,
      (next) => (items[index] = next),
    );
  }
  if (pointer instanceof Reference && index === 0) return pointer;
  throw new TypeError('no array, and no pointer');
}

/** @param {Value} struct @param {string} name @returns {Reference} */
export function member(struct, name) {
  const { members } = struct instanceof Reference ? asStruct(struct.get()) : asStruct(struct);
  return new Reference(
    () => members.get(name) ?? 0n,
    (next) => void members.set(name, next),
  );
}

/** @param {Value} value */
function asStruct(value) {
  if (value instanceof CStruct) return value;
  throw new TypeError('no struct');
}

/** What a variable holds before anything is stored. @param {Type} type @param {number[]} lengths @returns {Value} */
export function zero(type, lengths) {
  const [length, ...inner] = lengths;
  if (length === undefined) return type.isStruct ? new CStruct() : 0n;
  return new CArray(
    Array.from({ length }, () => zero(type, inner)),
    elementBytes(type, inner),
  );
}

/** @param {Type} type @param {number[]} inner */
const elementBytes = ({ bytes }, inner) => inner.reduce((product, length) => product * length, bytes);

/**
 * The value of an initialiser; an array without a length takes that of its items.
 * @param {Initialiser} given @param {Type} type @param {(number | undefined)[]} lengths @param {Scope} scope @returns {Value}
 */
export function build(given, type, lengths, scope) {
  if (!Array.isArray(given)) return given.evaluate(scope);
  const [length, ...inner] = lengths;
  if (lengths.length > 0) {
    const known = inner.map((value) => value ?? 0);
    /** @type {Value[]} */
    const items = length === undefined ? [] : Array.from({ length }, () => zero(type, known));
    let at = 0;
    for (const { path, value } of given) {
      if (typeof path[0] === 'function') at = Number(integer(path[0](scope)));
      items[at++] = build(value, type, inner, scope);
    }
    return new CArray(
      Array.from(items, (item) => item ?? zero(type, known)),
      elementBytes(type, known),
    );
  }
  if (!type.isStruct) return given[0] === undefined ? 0n : build(given[0].value, type, [], scope);
  const struct = new CStruct();
  for (const [i, { path, value }] of given.entries()) {
    const name = path[0] ?? instructionMembers[i];
    if (typeof name !== 'string') throw new TypeError('more values than members');
    struct.members.set(name, build(value, { bytes: 4, isStruct: false }, [], scope));
  }
  return struct;
}
