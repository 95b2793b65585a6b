/**
 * Lua's edges, each three ways: what this file says, what stock Lua 5.4 says, and what the compiled filter does.
 */
import { describe, expect, test } from 'vitest';
import { rng } from '../../scripts/packets.mjs';
import type { ErrorClass, OraclePacket } from '../oracle/lua.ts';
import { runCompiled } from '../support/run.ts';
import { essence, filter, lua, same, whole } from './edges.ts';

const max = 2n ** 63n - 1n;
const min = -(2n ** 63n);
const wrap = (value: bigint): bigint => BigInt.asIntN(64, value);
const unsigned = (value: bigint): bigint => BigInt.asUintN(64, value);

/** A packet that starts with these integers, 8 bytes each. */
function packetOf(...words: readonly bigint[]): OraclePacket {
  const bytes = new Uint8Array(8 * words.length);
  const view = new DataView(bytes.buffer);
  for (const [i, word] of words.entries()) view.setBigUint64(8 * i, unsigned(word));
  return { bytes, wirelen: bytes.length };
}

const literal = (value: bigint): string => (value === min ? 'math.mininteger' : value < 0n ? `(${value})` : `${value}`);

type Result = bigint | 'zero';
/** A value of 64 bits as two verdicts of 32. */
const halves = [
  ['& 0xffffffff', (value: bigint) => Number(unsigned(value) & 0xffff_ffffn)],
  ['>> 32', (value: bigint) => Number(unsigned(value) >> 32n)],
] as const;

const floorDivide = (a: bigint, b: bigint): bigint => (a % b !== 0n && a < 0n !== b < 0n ? a / b - 1n : a / b);
const shiftLeft = (a: bigint, n: bigint): bigint =>
  n <= -64n || n >= 64n ? 0n : n >= 0n ? wrap(a << n) : wrap(unsigned(a) >> -n);
const binary: Readonly<Record<string, (a: bigint, b: bigint) => Result>> = {
  '+': (a, b) => wrap(a + b),
  '-': (a, b) => wrap(a - b),
  '*': (a, b) => wrap(a * b),
  '//': (a, b) => (b === 0n ? 'zero' : wrap(floorDivide(a, b))),
  '%': (a, b) => (b === 0n ? 'zero' : a - b * floorDivide(a, b)),
  '&': (a, b) => a & b,
  '|': (a, b) => a | b,
  '~': (a, b) => a ^ b,
  '<<': shiftLeft,
  '>>': (a, b) => shiftLeft(a, -b),
  'math.min': (a, b) => (a < b ? a : b),
  'math.max': (a, b) => (a > b ? a : b),
};
const compare: Readonly<Record<string, (a: bigint, b: bigint) => boolean>> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '==': (a, b) => a === b,
  '~=': (a, b) => a !== b,
  'math.ult': (a, b) => unsigned(a) < unsigned(b),
};
const apply = (operator: string, a: string, b: string): string =>
  operator.startsWith('math') ? `${operator}(${a}, ${b})` : `(${a} ${operator} ${b})`;

// biome-ignore format: a list
const edges = [
  0n, 1n, -1n, 2n, -2n, 3n, 7n, -7n, 8n, -8n, 31n, 32n, 33n, 63n, 64n, 65n, -31n, -32n, -63n, -64n, -65n,
  0x7fff_ffffn, 0x8000_0000n, 0xffff_fffdn, 0xffff_ffffn, 0x1_0000_0000n, -0x8000_0000n, -0x8000_0001n,
  max, max - 1n, min, min + 1n,
];
const pairs = edges.flatMap((a) => edges.map((b) => [a, b] as const));

/** How a load of the last bytes of an 8-byte word sees it. */
const loads: readonly (readonly [text: (word: number) => string, see: (value: bigint) => bigint])[] = [
  [(word) => `pkt:u64(${8 * word})`, (value) => value],
  [(word) => `pkt:u32(${8 * word + 4})`, (value) => BigInt.asUintN(32, value)],
  [(word) => `pkt:i32(${8 * word + 4})`, (value) => BigInt.asIntN(32, value)],
  [(word) => `pkt:u8(${8 * word + 7})`, (value) => BigInt.asUintN(8, value)],
  [(word) => `pkt:i8(${8 * word + 7})`, (value) => BigInt.asIntN(8, value)],
];

const half = (result: Result, of: (value: bigint) => number): number | ErrorClass =>
  result === 'zero' ? 'zero' : of(result);

describe.each(Object.entries(binary))('a %s b', (operator, compute) => {
  test('of constants', async () => {
    const lines = pairs.flatMap(([a, b], i) => {
      const result = compute(a, b);
      if (result === 'zero') return [];
      return [`if ${apply(operator, literal(a), literal(b))} ~= ${literal(result)} then return ${i + 1} end`];
    });
    await same(filter(`${lines.join('\n')}\nreturn 0`), [packetOf(0n)], [0]);
  });

  test('of a value and a constant, either way around', async () => {
    const packets = edges.map((value) => packetOf(value));
    for (const constant of edges) {
      for (const [text, of] of halves) {
        const right = filter(`return ${apply(operator, 'pkt:u64(0)', literal(constant))} ${text}`);
        const left = filter(`return ${apply(operator, literal(constant), 'pkt:u64(0)')} ${text}`);
        await same(
          right,
          packets,
          edges.map((value) => half(compute(value, constant), of)),
        );
        await same(
          left,
          packets,
          edges.map((value) => half(compute(constant, value), of)),
        );
      }
    }
  });

  test('of values of every width', async () => {
    const packets = pairs.map(([a, b]) => packetOf(a, b));
    for (const [left, seeLeft] of loads) {
      for (const [right, seeRight] of loads) {
        const results = pairs.map(([a, b]) => compute(seeLeft(a), seeRight(b)));
        for (const [text, of] of halves) {
          const source = filter(`return ${apply(operator, left(0), right(1))} ${text}`);
          await same(
            source,
            packets,
            results.map((result) => half(result, of)),
          );
        }
      }
    }
  });
});

describe.each(Object.entries(compare))('a %s b', (operator, compute) => {
  test('of constants', async () => {
    const lines = pairs.map(
      ([a, b], i) => `if ${apply(operator, literal(a), literal(b))} ~= ${compute(a, b)} then return ${i + 1} end`,
    );
    await same(filter(`${lines.join('\n')}\nreturn 0`), [packetOf(0n)], [0]);
  });

  test('of a value and a constant, either way around', async () => {
    const packets = edges.map((value) => packetOf(value));
    for (const constant of edges) {
      for (const [load, see] of loads) {
        const right = filter(`if ${apply(operator, load(0), literal(constant))} then return 1 else return 2 end`);
        const left = filter(`return ${apply(operator, literal(constant), load(0))} and 1 or 2`);
        await same(
          right,
          packets,
          edges.map((value) => (compute(see(value), constant) ? 1 : 2)),
        );
        await same(
          left,
          packets,
          edges.map((value) => (compute(constant, see(value)) ? 1 : 2)),
        );
      }
    }
  });

  test('of values of every width', async () => {
    const packets = pairs.map(([a, b]) => packetOf(a, b));
    for (const [left, seeLeft] of loads) {
      for (const [right, seeRight] of loads) {
        const source = filter(`return ${apply(operator, left(0), right(1))} and 1 or 2`);
        await same(
          source,
          packets,
          pairs.map(([a, b]) => (compute(seeLeft(a), seeRight(b)) ? 1 : 2)),
        );
      }
    }
  });
});

describe('operators with one operand', () => {
  const unary: Readonly<Record<string, (a: bigint) => bigint>> = {
    '-': (a) => wrap(-a),
    '~': (a) => ~a,
    'math.abs': (a) => wrap(a < 0n ? -a : a),
    'math.max': (a) => a,
    '- -': (a) => a,
    '-~': (a) => wrap(a + 1n),
  };
  test.each(Object.entries(unary))('%s', async (operator, compute) => {
    const packets = edges.map((value) => packetOf(value));
    for (const [text, of] of halves) {
      for (const [load, see] of loads)
        await same(
          filter(`return ${operator}(${load(0)}) ${text}`),
          packets,
          edges.map((a) => of(compute(see(a)))),
        );
      for (const value of edges)
        await same(filter(`return ${operator}(${literal(value)}) ${text}`), [packetOf(0n)], [of(compute(value))]);
    }
  });
});

test.each([
  ['0xffffffffffffffff', -1n],
  ['0x10000000000000000', 0n],
  ['0x123456789abcdef0123456789abcdef0', 0x1234_5678_9abc_def0n],
  ['0x8000000000000000', min],
  ['0X7FFFffffFFFFffff', max],
  ['9223372036854775807', max],
  ['-9223372036854775807', -max],
  ['-9223372036854775807 - 1', min],
  ['009', 9n],
  ['0000000000000000000000000000000000000000000007', 7n],
  [`0x${'0'.repeat(1000)}1`, 1n],
  ['math.maxinteger + 1', min],
  ['math.mininteger - 1', max],
  ['-math.mininteger', min],
  ['- 2 // 3', -1n],
  ['-3 % 5', 2n],
  ['3 % -5', -2n],
  ['1 << 2 + 3', 32n],
  ['1 | 2 ~ 3 & 4 << 1', 3n],
  ['0x7fffffffffffffff + 1', min],
  ['0xfffffffffffffffff', -1n],
  ['0x00000000000000000000000000000001', 1n],
  ['-0x8000000000000000', min],
  ['-0xffffffffffffffff', 1n],
  ['9223372036854775807 + 1', min],
  ['math.mininteger // -1', min],
  ['math.mininteger % -1', 0n],
  ['math.mininteger * -1', min],
  ['-7 // 2', -4n],
  ['7 // -2', -4n],
  ['-7 // -2', 3n],
  ['-7 % 2', 1n],
  ['7 % -2', -1n],
  ['-7 % -2', -1n],
  ['-6 % 3', 0n],
  ['1 << 63', min],
  ['1 << 64', 0n],
  ['1 << -1', 0n],
  ['-1 >> 63', 1n],
  ['-1 >> -63', min],
  ['-1 << math.mininteger', 0n],
  ['-1 >> math.mininteger', 0n],
  ['1 << math.maxinteger', 0n],
  ['- - -3', -3n],
  ['-~-5', -4n],
  ['~-1 + 1', 1n],
  ['~5 & 7', 2n],
  ['-5 & 7', 3n],
  ['-3 * -3', 9n],
  ['- 2 * 3 % 5', 4n],
  ['2 + -3', -1n],
  ['5 - -5', 10n],
  ['5 ~ ~5', -1n],
  ['5 ~ -5', -2n],
  ['#"abc" + 1', 4n],
  ['-#"abc" * 2', -6n],
  ['7 // 2 * 2', 6n],
  ['7 - 3 + 2', 6n],
  ['1 + 2 << 3', 24n],
  ['1 << 2 << 3', 32n],
  ['256 >> 2 >> 1', 32n],
  ['6 & 3 ~ 1 | 8', 11n],
  ['3 | 4 & 6 ~ 2', 7n],
  ['1 < 2 == true and 3 or 4', 3n],
  ['1 == 1 ~= false and 3 or 4', 3n],
  ['not false and 5', 5n],
  ['not (1 == 2) and 5 or 6', 5n],
  ['not not nil == false and 5 or 6', 5n],
  ['false or nil or 7', 7n],
  ['nil and 1 // 0 or 8', 8n],
  ['0 and "" and 9', 9n],
  ['1 and nil or false or 2 and 3', 3n],
  ['5 & 4 == 4 and 1 or 2', 1n],
  ['2 - 3 - 4', -5n],
  ['100 // 7 // 2', 7n],
  ['~0 >> 60', 15n],
  ['not nil == true and 1 or 2', 1n],
  ['1 or 2 and 3', 1n],
  ['nil and 1 or 2', 2n],
  ['false == false and 7', 7n],
])('the literals and priorities of %s', async (text, value) => {
  for (const [suffix, of] of halves)
    await same(filter(`local r = ${text} return r ${suffix}`), [packetOf(0n)], [of(value)]);
});

test.each(['+', '-', '*', '//', '%', '&', '|', '~', '<<', '>>'])('%s says of nil what Lua says', async (operator) => {
  const packets = [packetOf(0n)];
  for (const operation of [`x ${operator} 1`, `1 ${operator} x`]) {
    const source = filter(`local x = pkt.udp and 1 return ${operation}`);
    const [inLua] = await lua().run(source, packets);
    expect(runCompiled(source, packets)[0], source).toEqual({
      ...inLua,
      message: inLua?.message?.replace('filter:2: ', ''),
    });
  }
});

test('priorities of random expressions without parentheses', async () => {
  const random = rng(11);
  const operand = (): string =>
    random.pick(['', '', '', '-', '~', '- -']) + random.pick(['a', 'b', 'c', '3', '0x10', '7']);
  const sum = (): string => {
    let text = operand();
    for (let n = random.range(1, 5); n > 0; n--)
      text += ` ${random.pick(['+', '-', '*', '//', '%', '&', '|', '~', '<<', '>>'])} ${operand()}`;
    return text;
  };
  const packets = pairs.slice(0, 40).map(([a, b]) => packetOf(a, b, a ^ b));
  for (let i = 0; i < 300; i++) {
    const value = random.chance(0.5)
      ? sum()
      : `${sum()} ${random.pick(['<', '<=', '>', '>=', '==', '~='])} ${sum()} and ${sum()} or ${sum()}`;
    const source = filter(
      `local a, b, c = pkt:u64(0), pkt:u8(15), pkt:i32(20)\nlocal r = ${value}\nreturn r & 0xffffffff`,
    );
    expect(runCompiled(source, packets).map(essence), source).toEqual((await lua().run(source, packets)).map(essence));
  }
});

/** Values of every type that a filter without headers has, with what a test can see of them. */
const values: readonly (readonly [text: string, value: bigint | boolean | null])[] = [
  ['nil', null],
  ['false', false],
  ['true', true],
  ['0', 0n],
  ['1', 1n],
  ['-1', -1n],
  ['0xfffffffd', 0xffff_fffdn],
  ['0xfffffffe', 0xffff_fffen],
  ['0xffffffff', 0xffff_ffffn],
  ['math.mininteger', min],
];
type Value = (typeof values)[number][1];
const isTrue = (value: Value): boolean => value !== null && value !== false;
const seen = (value: Value): number => 1 + values.findIndex(([, other]) => other === value);
/** Which of `values` the local `r` is: nil last, since what is not nil cannot be compared with every type. */
const look = `if pkt.caplen == 255 then r = nil end
${values
  .map(([text], i) => `if r == ${text} then return ${i + 1} end`)
  .reverse()
  .join('\n')}
return 99`;

const logic: Readonly<Record<string, (a: Value, b: Value) => Value>> = {
  'a and b': (a, b) => (isTrue(a) ? b : a),
  'a or b': (a, b) => (isTrue(a) ? a : b),
  'not a': (a) => !isTrue(a),
  'not (a and b)': (a, b) => !(isTrue(a) && isTrue(b)),
  'a and not b or a': (a, b) => (isTrue(a) ? (isTrue(b) ? a : true) : a),
  'a == b': (a, b) => a === b,
  'a ~= b': (a, b) => a !== b,
  '(a or b) == (b or a)': (a, b) => (isTrue(a) ? a : b) === (isTrue(b) ? b : a),
  '(a and b) ~= a': (a, b) => (isTrue(a) ? b : a) !== a,
};

describe.each(Object.entries(logic))('%s', (text, compute) => {
  /** `a` and `b` are chosen by the packet among some of the values: the kinds of unions differ in their shape. */
  const choose = (name: string, byte: number, among: readonly number[]): string => {
    const clauses = among.map((i) => `if pkt:u8(${byte}) == ${i} then ${name} = ${values[i]![0]} end`);
    return `local ${name} = ${values[among[0]!]![0]}\n${clauses.join('\n')}`;
  };
  const groups = [
    [0, 1, 2],
    [0, 3, 4],
    [1, 2, 3, 4],
    [0, 1, 2, 3, 4, 6],
    [0, 1, 2, 3, 8],
    [0, 5],
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  ];

  test.each(groups.flatMap((left) => groups.map((right) => [left, right] as const)))(
    'of %s and %s',
    async (left, right) => {
      const chosen = left.flatMap((a) => right.map((b) => [a, b] as const));
      const packets = chosen.map((bytes) => ({ bytes: Uint8Array.from(bytes), wirelen: 2 }));
      const results = chosen.map(([a, b]) => compute(values[a]![1], values[b]![1]));
      const locals = `${choose('a', 0, left)}\n${choose('b', 1, right)}`;
      await same(filter(`${locals}\nlocal r = ${text}\n${look}`), packets, results.map(seen));
      await same(
        filter(`${locals}\nif ${text} then return 1 else return 2 end`),
        packets,
        results.map((result) => (isTrue(result) ? 1 : 2)),
      );
      await same(filter(`${locals}\nreturn ${text}`), packets, results.map(verdictOf));
    },
  );
});

function verdictOf(value: Value): number {
  if (typeof value !== 'bigint') return value ? whole : 0;
  return value <= 0n ? 0 : value >= BigInt(whole) ? whole : Number(value);
}

test('and, or and not of constants of every type', async () => {
  for (const [text, compute] of Object.entries(logic)) {
    for (const [a, left] of values) {
      for (const [b, right] of values) {
        if (/==|~=/.test(text) && left !== null && right !== null && typeof left !== typeof right) continue;
        const constants = text.replace(/\ba\b/g, a).replace(/\bb\b/g, b);
        const source = filter(`local r = ${constants}\n${look}`);
        await same(source, [packetOf(0n)], [seen(compute(left, right))]);
      }
    }
  }
});

/** Strings by what they are, byte for byte. */
const strings: readonly (readonly [literal: string, bytes: string])[] = [
  ['"\\a\\b\\f\\n\\r\\t\\v\\\\\\"\\\'"', '\x07\b\f\n\r\t\v\\"\''],
  ["'it\\'s \"so\"'", 'it\'s "so"'],
  ['"\\0\\00\\000\\0001"', '\0\0\0\x001'],
  ['"\\65\\066\\1234\\255"', 'AB{4\xff'],
  ['"\\x41\\x7F\\xfF\\x0ag"', 'A\x7f\xff\ng'],
  ['"\\u{41}\\u{7f}\\u{80}\\u{7FF}"', 'A\x7f\xc2\x80\xdf\xbf'],
  ['"\\u{800}\\u{FFFF}\\u{10FFFF}"', '\xe0\xa0\x80\xef\xbf\xbf\xf4\x8f\xbf\xbf'],
  ['"\\u{000000041}\\u{D800}"', 'A\xed\xa0\x80'],
  ['"a\\z  \t\n \n  b\\z"', 'ab'],
  ['"a\\\nb"', 'a\nb'],
  ['"a\\\r\nb\\\n\rc\\\rd"', 'a\nb\nc\nd'],
  ['[[a\\nb]]', 'a\\nb'],
  ['[[\na\n]]', 'a\n'],
  ['[[\r\na\r\nb\rc]]', 'a\nb\nc'],
  ['[==[a]]]=]]==]', 'a]]]=]'],
  ['""', ''],
  ['"\xff\xe9\x80"', '\xff\xe9\x80'],
  ['"--[[ no comment ]]" --[[ a comment ]]', '--[[ no comment ]]'],
];

describe('strings', () => {
  test.each(strings)('%j', async (text, bytes) => {
    const packets = [bytes, `${bytes}\0`, `!${bytes.slice(1)}`].map((each) => ({
      bytes: Uint8Array.from(each, (character) => character.charCodeAt(0)),
      wirelen: 99,
    }));
    const source = filter(`local s = ${text}\nreturn pkt:bytes(0, pkt.caplen) == s and #s + 1 or 0`);
    await same(source, packets, [bytes.length + 1, 0, 0]);
  });
});
