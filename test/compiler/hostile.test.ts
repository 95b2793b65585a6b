/**
 * Sources made to break the compiler: deep, long, wide, and not text at all. Whatever comes in, a program that loads or
 * at least one diagnostic comes out. No clocks: what would be slow by its growth does not end within a test's timeout.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compile, type DiagnosticCode } from '../../compiler/index.ts';
import { randomPacket, rng } from '../../scripts/packets.mjs';
import { load } from '../../vm/index.ts';
import type { Oracle, OraclePacket, Verdict } from '../oracle/lua.ts';
import { wasmoon } from '../oracle/wasmoon.ts';
import { randomFilter } from '../support/filters.ts';
import { runCompiled } from '../support/run.ts';

type Outcome = DiagnosticCode | { readonly instructions: number };

/** What comes of a source: the first code, or how long the program is. */
function outcome(source: string | Uint8Array): Outcome {
  const { bytes, program, diagnostics } = compile(source);
  if (diagnostics !== undefined) {
    expect(diagnostics.length).toBeGreaterThan(0);
    for (const { message, hint } of diagnostics.slice(0, 100)) expect(message.length + hint.length).toBeLessThan(1000);
    return diagnostics[0]!.code;
  }
  const { filter, problem, refusals } = load(bytes);
  expect(filter, JSON.stringify(problem ?? refusals)).toBeDefined();
  return { instructions: program.code.length };
}

test('every byte, wherever it stands, ends in a program or a diagnostic with a place', () => {
  for (let byte = 0; byte < 256; byte++) {
    const character = String.fromCharCode(byte);
    for (const source of [`${character}return 1`, `local x${character} = 1`, `local x = 1 + ${character} 2`]) {
      const { diagnostics = [] } = compile(source);
      expect(diagnostics.length, JSON.stringify(source)).toBeGreaterThan(0);
      expect(diagnostics[0]!.span.line, JSON.stringify(source)).toBeGreaterThan(0);
    }
  }
});

const filter = (body: string): string => `return function(pkt)\n${body}\nend`;
const times = (count: number, piece: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => piece(i)).join('');
const compiles = (source: string, atMost: number) => {
  const result = outcome(source);
  expect(result).toHaveProperty('instructions');
  expect((result as { instructions: number }).instructions).toBeLessThanOrEqual(atMost);
};

describe('depth', () => {
  const nested: readonly (readonly [title: string, source: (n: number) => string, levels: number])[] = [
    ['parentheses', (n) => filter(`return ${'('.repeat(n)}1${')'.repeat(n)}`), 1],
    ['not', (n) => filter(`return ${'not '.repeat(n)}1`), 1],
    ['minus', (n) => filter(`return ${'- '.repeat(n)}1`), 1],
    ['do', (n) => filter(`${'do '.repeat(n)}return 1${' end'.repeat(n)}`), 1],
    ['if', (n) => filter(`${'if pkt.tcp then '.repeat(n)}return 1${' end'.repeat(n)}`), 1],
    ['else', (n) => filter(`${'if pkt.tcp then else '.repeat(n)}return 1${' end'.repeat(n)}`), 1],
    ['sums to the right', (n) => filter(`local x = pkt:u8(0) return ${'x + ('.repeat(n)}x${')'.repeat(n)}`), 2],
    ['conditions to the right', (n) => filter(`local x = #pkt return ${'x == 1 and ('.repeat(n)}x${')'.repeat(n)}`), 2],
    ['calls', (n) => filter(`return ${'math.abs('.repeat(n)}#pkt${')'.repeat(n)}`), 1],
    ['loads', (n) => filter(`return ${'pkt:u8('.repeat(n)}0${')'.repeat(n)}`), 1.6],
    ['lookups', (n) => `local t = {}\n${filter(`return ${'t['.repeat(n)}#pkt${']'.repeat(n)}`)}`, 1],
    [
      'every priority',
      (n) => filter(`return ${'1 or 1 and 1 == 1 | 2 ~ 2 & 1 << 1 + 1 * ('.repeat(n)}1${')'.repeat(n)}`),
      10,
    ],
  ];

  let lua: Oracle;
  beforeAll(async () => {
    lua = await wasmoon();
  });
  afterAll(() => lua.close());

  test.each(nested)('%s', async (_, source, levels) => {
    // The function is a level of its own.
    const deepest = Math.floor(178 / levels);
    compiles(source(deepest), 100_000);
    await expect(lua.run(source(deepest), [])).resolves.toEqual([]);
    for (const n of [182, 1000, 100_000]) expect(outcome(source(n))).toBe('nesting');
  });

  test.each(['^', '..'])('a chain of %s, which goes to the right', (operator) => {
    expect(outcome(filter(`return ${`1 ${operator} `.repeat(100_000)}1`))).toBe('nesting');
  });

  test.each(['+', '-', '*', '//', '%', '&', '|', '~', '<<', '>>'])('a chain of %s', (operator) => {
    const chain = (n: number) => filter(`local x = pkt:u8(0) return ${`x ${operator} `.repeat(n)}x`);
    compiles(chain(990), 30_000);
    for (const n of [1001, 100_000]) expect(outcome(chain(n))).toBe('expression-size');
  });

  test.each(['and', 'or'])('a chain of %s', (operator) => {
    const chain = (n: number) =>
      filter(`local x = pkt:u32(0) return ${times(n, (i) => `x == ${2 * i} ${operator} `)}x`);
    compiles(chain(990), 3000);
    for (const n of [1001, 100_000]) expect(outcome(chain(n))).toBe('expression-size');
  });

  test('chains in parentheses in chains', () => {
    const nest = (n: number, m: number) =>
      filter(`local x = #pkt return ${`(${'x + '.repeat(m)}`.repeat(n)}x${')'.repeat(n)}`);
    compiles(nest(80, 10), 10_000);
    compiles(filter(`local x = #pkt return ${'('.repeat(170)}x${' + x)'.repeat(170)}${' + x'.repeat(800)}`), 10_000);
    expect(outcome(nest(20, 1000))).toBe('expression-size');
    expect(
      outcome(filter(`local x = #pkt return ${'('.repeat(170)}x${' or x == 1'.repeat(900)})${' or x)'.repeat(169)}`)),
    ).toBe('expression-size');
  });

  test.each([
    ['members', '.tcp'],
    ['group names', '.flags'],
    ['calls', '()'],
    ['methods', ':u8(0)'],
    ['indices', '[0]'],
    ['string calls', '""'],
  ])('100,000 %s behind each other', (_, piece) => {
    for (const base of ['pkt', 'pkt.tcp', 'f', 'x', '("")'])
      expect(typeof outcome(filter(`local x = 1 return ${base}${piece.repeat(100_000)}`))).toBe('string');
  });
});

describe('length', () => {
  test('10,000 times elseif', () => {
    const chain = (piece: (i: number) => string) =>
      filter(
        `local x, y = pkt:u32(0), 0 if x == 0 then y = 1 ${times(10_000, (i) => `elseif x == ${i + 1} then ${piece(i)} `)}end return y`,
      );
    compiles(
      chain((i) => `y = ${i}`),
      40_000,
    );
    compiles(
      chain((i) => `return ${i}`),
      40_000,
    );
    compiles(
      chain(() => 'local z = x y = z'),
      60_000,
    );
    compiles(
      chain((i) => `y = y and ${i}`),
      60_000,
    );
  });

  test('a header that each of many branches looks for anew', () => {
    const body = times(200, (i) => `elseif x == ${i + 1} then y = pkt.tcp and ${i} `);
    compiles(filter(`local x, y = pkt:u32(0), 0 if x == 0 then y = 1 ${body}end return y`), 50_000);
    compiles(
      filter(
        `local y = 0 ${times(150, (i) => `if #pkt == ${i} then y = pkt.tcp and ${i} else `)}${'end '.repeat(150)}return y`,
      ),
      50_000,
    );
  });

  test('long bodies', () => {
    compiles(filter(`local x = pkt:u8(0) ${'x = x + 1 '.repeat(50_000)}return x`), 300_000);
    compiles(filter(`local x = pkt:u8(0) ${'if x then x = x + 1 end '.repeat(40_000)}return x`), 300_000);
    compiles(filter(`local x, t = 0, pkt.tcp ${'x = x + t.seq '.repeat(30_000)}return x`), 500_000);
    compiles(filter(`local x = 0 ${'x = x + pkt.tcp.seq '.repeat(20_000)}return x`), 500_000);
    compiles(filter('do local a = pkt:u8(0) end '.repeat(40_000)), 50_000);
    compiles(filter(';'.repeat(1_000_000)), 10);
  });

  test('1 MB of mistakes', () => {
    const locals = times(150, (i) => `local abc${i} = 1 `);
    expect(outcome(filter(`${locals}${'abc1 = qqqq '.repeat(80_000)}`))).toBe('global-unknown');
    expect(outcome(filter('q = 1 '.repeat(160_000)))).toBe('global-write');
    expect(outcome(`local t = { ${'nil, '.repeat(200_000)} }\n${filter('')}`)).toBe('table-nil');
    expect(outcome(filter('return pkt.tpc '.repeat(1) + ' '.repeat(1_000_000)))).toBe('packet-member');
  });

  test('tables of 100,000 entries', () => {
    const set = (entry: (i: number) => string) => `local t = { ${times(100_000, (i) => `${entry(i)}, `)} }\n`;
    compiles(set((i) => `[${i}] = true`) + filter('return t[pkt:u32(0)]'), 10);
    compiles(set(() => 'true') + filter('return t[pkt:u32(0)]'), 10);
    compiles(set((i) => `[${2 * i}] = true`) + filter('return t[pkt:u32(0)]'), 300_000);
    compiles(set((i) => `[${2 * i}] = ${i}`) + filter('return t[pkt:u32(0)]'), 500_000);
    expect(
      outcome(
        set((i) => `[${2 * i}] = true`) +
          filter(`local x = 0 ${'if t[x + #pkt] then x = x + 1 end '.repeat(20)}return x`),
      ),
    ).toBe('too-large');
    expect(outcome(set((i) => `[${i % 50_000}] = true`) + filter(''))).toBe('table-duplicate');
    compiles(set((i) => `[${2 * i}] = true`) + filter(`${'do local x = t[4] end '.repeat(1000)}return t[7]`), 2000);
  });

  test('long names, numbers, strings and comments', () => {
    const long = 'a'.repeat(1_000_000);
    compiles(filter(`local ${long} = 5 return ${long}`), 10);
    compiles(`-- ${long}\n--[==[ ${long} ]==]\n${filter('return 1')}`, 10);
    compiles(filter(`return 0x${'0'.repeat(1_000_000)}1 == 1`), 10);
    compiles(filter(`return ${'0'.repeat(1_000_000)}1 == 1`), 10);
    expect(outcome(filter(`return ${long}`))).toBe('global-unknown');
    expect(outcome(filter(`return pkt.${long}, pkt.tcp.${long}, pkt:${long}(), math.${long}`))).toBe('packet-member');
    expect(outcome(filter(`return ${'9'.repeat(1_000_000)}`))).toBe('integer-literal');
    expect(outcome(filter(`return 1.${'9'.repeat(1_000_000)}`))).toBe('float');
    compiles(filter(`return "${long}"`), 10);
    expect(outcome(filter(`return "${long}`))).toBe('syntax');
    expect(outcome(filter(`return require "${long}"`))).toBe('require-place');
    expect(outcome(filter(`local x <${long}> = 1`))).toBe('syntax');
    expect(outcome(filter(`return 3${long}`))).toBe('syntax');
  });

  test('many locals', () => {
    compiles(filter(times(100, (i) => `local a${i} = pkt:u8(${i}) `)), 1000);
    const sum = (count: number): string => `return ${times(count, (i) => `a${i} + `)}0`;
    compiles(filter(times(140, (i) => `local a${i} = pkt:u8(${i}) `) + sum(140)), 1000);
    expect(outcome(filter(times(190, (i) => `local a${i} = pkt:u8(${i}) `) + sum(190)))).toBe('too-complex');
    expect(outcome(filter(times(10_000, (i) => `local a${i} = 1 `)))).toBe('lua-limit');
    expect(outcome(filter(`local ${times(5000, (i) => `a${i}, `)}z`))).toBe('lua-limit');
    expect(outcome(filter(`do return 1 end ${times(300, (i) => `local a${i} = 1 `)}`))).toBe('lua-limit');
    expect(outcome(times(300, (i) => `local a${i} = 1 `) + filter(''))).toBe('lua-limit');
    compiles(times(200, (i) => `local a${i} = ${i} `) + filter(`return ${times(200, (i) => `a${i} + `)}0`), 10);
    compiles(filter(times(3000, (i) => `do local a${i} = pkt:u8(0) end `)), 10_000);
  });

  test('long lists', () => {
    compiles(filter(`return math.max(${times(99, (i) => `#pkt + ${i}, `)}1)`), 1000);
    for (const list of ['return LIST', 'local a = LIST', 'local a a = LIST', 'return math.max(LIST)'])
      expect(outcome(filter(list.replace('LIST', `${'1, '.repeat(100_000)}1`)))).toBe('lua-limit');
    expect(outcome(filter(`local a ${'a, '.repeat(1000)}a = 1`))).toBe('lua-limit');
    expect(outcome(filter(`return pkt:u8(${'1, '.repeat(100_000)}1)`))).toBe('argument-count');
  });
});

/** Each is answered, by a program that loads or by a code; how long that took is printed, and judged by nobody. */
describe('constructs by the thousand', () => {
  const answered = (source: string): string => {
    const started = performance.now();
    const result = outcome(source);
    const shown = typeof result === 'string' ? result : `${result.instructions} instructions`;
    process.stdout.write(`    ${source.length} bytes: ${shown}, ${Math.round(performance.now() - started)} ms\n`);
    return typeof result === 'string' ? result : 'compiled';
  };
  const shifts = (count: number, by: number) => times(count, (i) => `a${i} = a${(i + by) % count} `);

  test.each<[title: string, answer: string, source: string]>([
    [
      '150 loops in each other',
      'compiled',
      filter(`local a = 1 ${'while #pkt > a do '.repeat(150)}a = a + 1 ${'end '.repeat(150)}return a`),
    ],
    [
      '60 loops in each other, whose locals change type',
      'compiled',
      filter(
        `${times(60, (i) => `local a${i} = ${i} `)}${times(60, (i) => `while a${i} do a${i} = a${(i + 1) % 60} and nil `)}a1 = pkt.tcp ${'end '.repeat(60)}return true`,
      ),
    ],
    [
      '140 loops in each other that change nothing they look at',
      'loop-condition',
      filter(
        `${times(30, (i) => `local a${i} = ${i % 2 === 0 ? 'nil' : i} `)}${times(140, (i) => `while #pkt ~= ${i} do a${i % 30} = a${(i + 7) % 30} `)}${'end '.repeat(140)}return true`,
      ),
    ],
    [
      'loops in each other, as many as the locals allow',
      'lua-limit',
      filter(`local n = 0 ${times(60, (i) => `for i${i} = 1, #pkt do `)}n = n + 1 ${'end '.repeat(60)}return n`),
    ],
    [
      '190 locals whose types move on by one each turn',
      'too-complex',
      filter(
        `${times(190, (i) => `local a${i} = ${['1', 'nil', 'true', '"x"', 'pkt.ip'][i % 5]} `)}local i = 0 while i < 10 do i = i + 1 ${shifts(190, 1)}end return i`,
      ),
    ],
    [
      '190 locals, the other way',
      'too-complex',
      filter(
        `${times(190, (i) => `local a${i} = ${['1', 'nil', 'true', '"x"', 'pkt.ip'][i % 5]} `)}local i = 0 while i < 10 do i = i + 1 ${shifts(190, 189)}end return i`,
      ),
    ],
    [
      'functions that permute arguments of many types',
      'compiled',
      `local function f0(a, b, c, d, e, f, g) return a end\n${times(15, (i) => `local function f${i + 1}(a, b, c, d, e, f, g) return f${i}(b, a, c, d, e, f, g) or f${i}(a, c, b, d, e, f, g) or f${i}(b, c, a, e, d, g, f) end\n`)}${filter('return f15(1, nil, true, pkt.tcp, "x", pkt.ip, pkt:bytes(0, 1))')}`,
    ],
    [
      'a function with 3,000 constant strings',
      'call-types',
      `local function f(a) return a == "s1" end\n${filter(times(3000, (i) => `if f("s${i}") then return 1 end `))}`,
    ],
    [
      'calls that double, 40 deep',
      'compiled',
      `local function f0(x) return x end\n${times(40, (i) => `local function f${i + 1}(x) return f${i}(x) + f${i}(x + 1) end\n`)}${filter('return f40(#pkt)')}`,
    ],
    [
      'calls of loops that double, 20 deep',
      'compiled',
      `local function f0(x) while x > 3 do x = x - 1 end return x end\n${times(20, (i) => `local function f${i + 1}(x) return f${i}(x) + f${i}(x + 1) end\n`)}${filter('return f20(#pkt)')}`,
    ],
    [
      'a chain of 5,000 functions',
      'call-depth',
      `local M = {}\nfunction M.f0(x) return x end\n${times(5000, (i) => `function M.f${i + 1}(x) return M.f${i}(x) end\n`)}${filter('return M.f5000(#pkt)')}`,
    ],
    [
      '20,000 functions, and a call of each',
      'compiled',
      `local M = {}\n${times(20_000, (i) => `function M.f${i}(x) return x + ${i} end\n`)}${filter(`local n = 0 ${times(20_000, (i) => `n = n + M.f${i}(n) `)}return n`)}`,
    ],
    [
      '10,000 calls forward',
      'call-forward',
      `local M = {}\n${times(10_000, (i) => `function M.f${i}(x) return M.f${i + 1}(x) end\n`)}${filter('return M.f1(#pkt)')}`,
    ],
    [
      'a table of 50,000 strings, looked up by bytes of the packet',
      'compiled',
      `local t = { ${times(50_000, (i) => `s${i} = ${i}, `)} }\n${filter('return t[pkt:bytes(0, 4)]')}`,
    ],
    [
      'tables in tables, 170 deep',
      'table-value',
      `local t = ${'{ a = '.repeat(170)}1${'}'.repeat(170)}\n${filter(`return t${'.a'.repeat(170)}`)}`,
    ],
    [
      '10,000 times goto',
      'compiled',
      filter(`${times(10_000, (i) => `if #pkt == ${i} then goto done end `)}::done:: return 1`),
    ],
    [
      '5,000 labels',
      'compiled',
      filter(`${times(5000, (i) => `if #pkt == ${i} then goto l${i} end ::l${i}:: `)}return 1`),
    ],
    [
      '5,000 loops, one behind the other',
      'compiled',
      filter(`local o = 0 ${times(5000, (i) => `while o < ${i} do o = o + 1 end `)}return o`),
    ],
    ['20,000 times print', 'compiled', filter(`${times(20_000, (i) => `print("x${i}", #pkt) `)}return 1`)],
    [
      '5,000 searches',
      'compiled',
      filter(`local o = 0 ${times(5000, (i) => `o = pkt:find("x${i}", 0) or o `)}return o`),
    ],
    [
      'a chain of 990 operators behind a loop',
      'compiled',
      filter(`local o = 0 while o < #pkt do o = o + 1 end local x = pkt:u8(o) return ${'x + '.repeat(990)}x`),
    ],
    [
      '1,000 reads behind 1,000 loops',
      'compiled',
      filter(
        `local o = 0 ${times(1000, (i) => `while o < ${i} do o = o + 1 end if pkt:u8(${i}) == 3 then return 1 end `)}`,
      ),
    ],
  ])('%s: %s', (_, answer, source) => {
    expect(answered(source)).toBe(answer);
  });
});

describe('bytes', () => {
  const ok = filter('return 1');
  test.each([
    ['CR LF', ok.replaceAll('\n', '\r\n')],
    ['CR', ok.replaceAll('\n', '\r')],
    ['LF CR', ok.replaceAll('\n', '\n\r')],
    ['form feeds and tabs', ok.replaceAll('\n', '\f\v\t')],
    ['NUL in a comment', `-- \0\n${ok}`],
    ['any byte in comments', `--[[ ${times(256, (i) => String.fromCharCode(i))} ]]\n-- \x80\xff\n${ok}`],
    ['long comments', `--[==[ ]] ]=] ]==]${ok}--[[ ]]--[=[\n]=]`],
    ['a comment without an end of line', `${ok} --`],
    ['a first line with #', `#!/usr/bin/env lua\n${ok}`],
    ['a first line with # and CR LF', `# 1\r\n${ok}`],
  ])('%s', (_, source) => {
    compiles(source, 5);
    compiles(Buffer.from(source, 'latin1').toString('latin1'), 5);
    expect(outcome(Uint8Array.from(Buffer.from(source, 'latin1')))).toHaveProperty('instructions');
  });

  test.each<[string, string, DiagnosticCode]>([
    ['nothing', '', 'chunk-return'],
    ['only comments', '-- a\n--[==[ b ]==]', 'chunk-return'],
    ['only a first line', '#!/usr/bin/lua', 'chunk-return'],
    ['NUL', filter('return 1 \0'), 'character'],
    ['a # that is not first', `\n#!/usr/bin/lua\n${ok}`, 'character'],
    ['a byte order mark', `\xef\xbb\xbf${ok}`, 'byte-order-mark'],
    ['letters beyond ASCII', filter('local \xe9 = 1'), 'character'],
    ['a no-break space', filter('return\xa01'), 'character'],
    ['an escape too large', filter('return "\\300"'), 'syntax'],
    ['characters that are no bytes', filter('return "\u2014"'), 'syntax'],
    ['a comment that never ends', `${ok} --[==[ ]]`, 'syntax'],
    ['a string that never ends', `${ok} [==[ ]]`, 'syntax'],
  ])('%s', (_, source, code) => {
    expect(outcome(source)).toBe(code);
  });

  test.each(['\n', '\r\n', '\r', '\n\r'])('lines are counted alike by every part, with %j', (newline) => {
    const lines = ['-- one', '--[[ two', 'three ]]', 'return function(pkt)', '  return port', 'end'];
    const [unknown] = compile(lines.join(newline)).diagnostics!;
    expect(unknown?.span).toMatchObject({ line: 5, column: 10, endLine: 5, endColumn: 14 });
    lines[4] = '  return 1 $';
    const [syntax] = compile(lines.join(newline)).diagnostics!;
    expect(syntax?.span).toMatchObject({ line: 5, column: 12, endLine: 5, endColumn: 13 });
  });
});

describe('filters with mistakes put into them', () => {
  const packets: readonly OraclePacket[] = Array.from({ length: 10 }, (_, i) => randomPacket(rng(i)));
  const essence = ({ verdict, error }: Verdict): string => `${verdict} ${error ?? ''}`;
  const words = (source: string): string[] => source.match(/\s+|\w+|[=~<>]=|<<|>>|\/\/|\.\.\.?|./gs) ?? [];
  /** Words that may stand for each other without an error of syntax, mostly. */
  const kindOf = (word: string): string =>
    [
      /^\s/,
      /^(nil|true|false|\d\w*)$/,
      /^(and|or|[=~<>]=|<<|>>|\/\/|[+*%&|<>])$/,
      /^(then|do|else|end|if|local|return)$/,
    ]
      .findIndex((kind) => kind.test(word))
      .toString() + (/^\W$/.test(word) ? word : '');
  let lua: Oracle;
  beforeAll(async () => {
    lua = await wasmoon();
  });
  afterAll(() => lua.close());

  const count = Number(process.env.FILTERS ?? 300);
  const seed = Number(process.env.SEED ?? 1);

  test(`are rejected, or mean what stock Lua says (seed ${seed}, ${count} filters)`, { timeout: 600_000 }, async () => {
    const codes = new Map<string, number>();
    for (let i = 0; i < count; i++) {
      const random = rng(seed * 7_000_003 + i);
      const pool = words(`${randomFilter(random, 'bits64').text} ${randomFilter(random, 'bits64').text}`);
      const text = words(randomFilter(random, 'bits64').text);
      for (let n = random.range(1, 2); n > 0; n--) {
        const at = random.range(0, text.length - 1);
        const like = pool.filter((word) => kindOf(word) === kindOf(text[at]!));
        const kind = random.range(0, 9);
        if (kind === 0) text.splice(at, 1);
        else if (kind === 1) text.splice(at, 0, ' ', random.pick(pool), ' ');
        else if (like.length > 0) text[at] = random.pick(like);
      }
      const source = text.join('');
      const result = outcome(source);
      const name = typeof result === 'string' ? result : 'compiled';
      codes.set(name, (codes.get(name) ?? 0) + 1);
      if (typeof result === 'string') continue;
      const expected = await lua
        .run(source, packets)
        .catch((error: Error) => expect.fail(`${error.message}\n${source}`));
      for (const [at, verdict] of runCompiled(source, packets).entries())
        if (verdict.limit === undefined)
          expect(essence(verdict), `filter ${i}, packet ${at}\n${source}`).toBe(essence(expected[at]!));
    }
    console.info([...codes].map(([code, n]) => `${code} ${n}`).join(', '));
    expect(codes.get('compiled') ?? 0).toBeGreaterThan(count / 20);
  });
});
