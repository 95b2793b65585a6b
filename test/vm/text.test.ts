/** Assembly: every instruction of the table and whole programs, from words to text and back, and what is refused. */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  assemble,
  assemblyText,
  classicDecimal,
  classicInitialisers,
  classicListing,
  decode,
  disassemble,
  encode,
  isClassicText,
  type Program,
  parseClassicText,
  type Word,
} from '../../vm/index.ts';
import { mnemonics, rows } from '../../vm/isa/instructions.ts';
import { readings } from '../../vm/text/assemble.ts';
import { tokenize } from '../../vm/text/lexer.ts';
import { readCases } from './cases.ts';
import { randomProgram } from './generate.ts';
import { type Random, randomFrom, seed } from './random.ts';
import { program, word } from './words.ts';

/** The words of a text that must be right. */
function wordsOf(text: string): readonly Word[] {
  const { program, problems } = assemble(text);
  if (program === undefined) throw new Error(`${problems.map((p) => `${p.line}: ${p.message}`).join('\n')}\n${text}`);
  return program.code;
}

/** From words to text to words, and from there to the same text. */
function expectRoundTrip(code: readonly Word[], given: Partial<Program> = {}): string {
  const whole = { ...program(code), ...given };
  const text = assemblyText(whole);
  const { program: again, problems } = assemble(text);
  if (again === undefined) throw new Error(`${problems.map((p) => `${p.line}: ${p.message}`).join('\n')}\n${text}`);
  if (JSON.stringify(again.code) !== JSON.stringify(whole.code)) expect(again.code, text).toEqual(whole.code);
  expect(again.entry).toBe(whole.entry);
  expect(again.profile).toBe(whole.profile);
  expect(assemblyText(again)).toBe(text);
  return text;
}

const fields = [0, 0, 1, 2, 3, 5, 7, 9, 10, 26, 27, 28, 58, 59, 63, 64, 70, 127, 128, 192, 250, 254, 255] as const;
const byte = (random: Random): number => (random.chance(0.7) ? random.pick(fields) : random.below(256));
const constants = [0, 1, 16, 31, 64, 128, 255, 256, 300, 0x7fffffff, 0x80000000, 0xffffffff] as const;
const u32 = (random: Random): number => (random.chance(0.7) ? random.pick(constants) : random.u32());

const variants = mnemonics.flatMap((mnemonic) => rows[mnemonic].variants.map((variant) => ({ mnemonic, variant })));

test.each(variants.map(({ mnemonic, variant }) => [`${mnemonic} ${variant.text}`, mnemonic, variant] as const))(
  '%s: words with any fields come back, and only it reads its text',
  (_, mnemonic, variant) => {
    const random = randomFrom(seed);
    const row = rows[mnemonic];
    let said = 0;
    for (let n = 0; n < 60; n++) {
      const signed = variant.signed === true && random.chance(0.4);
      const inCode = encode(mnemonic, variant.bits ^ row.variants[0]!.bits, { signed }).code;
      const isFull = random.chance(0.3);
      const mask = row.class === 'RET' || row.class === 'MISC' || row.layout === 'table' ? 0xff00 : 0xfc00;
      const upper = random.chance(0.8) ? random.u32() & mask : 0;
      const exits = row.class === 'RET' && random.chance(0.5) ? random.below(5) << 8 : 0;
      const jt =
        variant.jt === 'table' && random.chance(0.7) ? random.below(3) | random.pick([0, 8, 16]) : byte(random);
      const stray = isFull ? 0 : decode(word(inCode | upper | exits))!.stray;
      const w = word(
        (inCode | upper | exits) & ~stray,
        variant.jt !== undefined || isFull ? jt : 0,
        variant.jf !== undefined || isFull ? byte(random) : 0,
        variant.k !== undefined || isFull ? u32(random) : 0,
      );
      expectRoundTrip([w]);
      const [line] = disassemble([w]);
      if (line!.text.startsWith('.')) continue;
      said++;
      const read = readings(tokenize(line!.text, 1));
      expect(
        read.map(({ template }) => `${template.mnemonic} ${template.variant.text}`),
        line!.text,
      ).toEqual([`${decode(w)!.mnemonic} ${decode(w)!.variant.text}`]);
    }
    if (row.layout !== 'length') expect(said).toBeGreaterThan(1);
  },
);

test('every code from 0 to 0xffff comes back', () => {
  for (let code = 0; code <= 0xffff; code += 1) {
    if (code % 7 !== 0 && (code & 0xff00) !== 0) continue;
    const [line] = disassemble([word(code)]);
    const [again] = wordsOf(line!.text);
    if (again?.code !== code) throw new Error(`0x${code.toString(16)}: ${line!.text}`);
  }
});

describe('programs', () => {
  test('random ones come back, and their text too', () => {
    for (let n = 0; n < 60; n++) {
      const { code, layout } = randomProgram(randomFrom(seed + n));
      expectRoundTrip(code, layout);
    }
  });

  test('random words come back', () => {
    const random = randomFrom(seed);
    for (let n = 0; n < 200; n++) {
      const length = 1 + random.below(40);
      const code = Array.from({ length }, () => word(random.below(0x10000), byte(random), byte(random), u32(random)));
      expectRoundTrip(code);
    }
  });

  test('random codes with literals and tables come back', () => {
    const random = randomFrom(seed);
    for (let n = 0; n < 300; n++) expectRoundTrip(withTables(random));
  });

  test('all cases that are data come back', () => {
    for (const { code, entry, profile } of readCases())
      if (code.length < 2000) expectRoundTrip(code, { entry, profile });
  });

  test('settings come back', () => {
    const code = [encode('exit', 0, {}), encode('exit', 0, { k: 1 })];
    const strings = new TextEncoder().encode('\0one\0\0two "2" \\\0');
    const text = expectRoundTrip(code, { entry: 1, linktype: 101, strings, headerless: true });
    expect(assemble(text).program).toMatchObject({ entry: 1, linktype: 101, strings, headerless: true });
    const odd = Uint8Array.of(65, 66, 67, 68, 0, 255);
    expect(assemble(assemblyText({ ...program(code), strings: odd })).program!.strings).toEqual(odd);
    const imports = [
      { kind: 'function', number: 7, name: 'string.find' },
      { kind: 'segment', number: 3, name: 'counts', format: 'u64' },
      {
        kind: 'segment',
        number: 4,
        name: 'state.seen',
        attributes: [
          { name: 'kind', value: 'array "a"' },
          { name: 'initial', value: 2n ** 64n - 1n },
        ],
      },
    ] as const;
    expect(assemble(assemblyText({ ...program(code), imports })).program!.imports).toEqual(imports);
    expectRoundTrip(code, { entry: 9 });
  });

  test('names stand for places, but for those that cannot', () => {
    const code = wordsOf('goto main\na: exit 0\nmain: goto a');
    const names = new Map([
      [1, 'early'],
      [2, 'AA'],
    ]);
    expect(assemblyText(program(code), names)).toBe('  goto L2\nearly:\n  exit 0\nL2:\n  goto early ; back\n');
  });
});

/** A code of switches with tables of every kind, plain literals, loads from them, and jumps to anywhere. */
function withTables(random: Random): Word[] {
  const code: Word[] = [];
  const literal = (bytes: readonly number[]): void => {
    const long = random.chance(0.4);
    const data = [...(long ? [0, 0, 0, 0] : [0, 0]), ...bytes];
    while (data.length % 8 !== 0) data.push(random.chance(0.1) ? 1 : 0);
    const length = data.length / 8 - 1;
    data.splice(0, long ? 4 : 2, ...(long ? [0xe7, length, 0, 0] : [0x0f, length]));
    const view = new DataView(Uint8Array.from(data).buffer);
    for (let at = 0; at < data.length; at += 8)
      code.push(word(view.getUint16(at, true), data[at + 2], data[at + 3], view.getUint32(at + 4, true)));
  };
  for (let n = 0; n < 6; n++) {
    const table = random.below(3) | random.pick([0, 8, 16, 24]);
    const k = random.chance(0.5) ? random.below(6) : u32(random);
    if (random.chance(0.8)) code.push(encode('jtbl', random.pick([0, 8]), { reg: 0, jt: table, k }));
    const bytes = Array.from({ length: random.below(30) }, () => (random.chance(0.6) ? 0 : random.below(8)));
    if (random.chance(0.9)) literal(random.chance(0.2) ? [...new TextEncoder().encode('a "text" in it')] : bytes);
    code.push(encode('ld.rodata', random.pick([0, 8, 0x10]), { jt: byte(random) & 63, k: random.below(60) - 30 }));
    code.push(encode('jeq', 0, { jt: random.below(12), jf: random.below(300) & 255 }));
    code.push(encode('ja', 0, { k: random.below(40) - 20 }));
  }
  return code;
}

/** What people write, and the words it makes. */
const examples: readonly [string, string][] = [
  ['nop', 'goto +0'],
  ['NOT A', 'A = A ^ ones 64'],
  ['BB = not AA', 'BB = AA ^ ones 64'],
  ['accept', 'exit 0xffffffff'],
  ['reject', 'exit 0'],
  ['ret A', 'exit A'],
  ["A += 'a'", 'A += 97'],
  ["A := '\\n'", 'A := 10'],
  ['exit -1', 'exit 0xffffffff'],
  ['A=B+X', 'A = B + (X)'],
  ['A = P[0x10:W]', 'r1 := 0'],
  ['if A != 5 goto +3', 'if A == 5 goto +0 else +3'],
  ['if A < B goto +3 else +4', 'if A >= B goto +4 else +3'],
  ['if AA s<= -1 goto +3 else +4', 'if AA s> -1 goto +4 else +3'],
  ['if A !& 1 goto +1', 'if A & 1 goto +0 else +1'],
  ['call -3', 'call -3 shift 0'],
  ['exit ok 5', 'exit 5'],
  ['  x:y:\tgoto x ; a comment: "', 'goto -1'],
];
test.each(examples.filter(([, to]) => to !== 'r1 := 0'))('%s is %s', (from, to) => {
  expect(wordsOf(from)).toEqual(wordsOf(to));
});

describe('literals', () => {
  test.each([
    ['.bytes', [word(0x000f)]],
    ['.bytes 01 02ff "a"', [word(0x000f, 1, 2, 0x61ff)]],
    ['.bytes "abcdefg"', [word(0x010f, 0x61, 0x62, 0x66656463), word(0x67)]],
    ['.bytes long "abcd"', [word(0x00e7, 0, 0, 0x64636261)]],
    ['.u16 1, 2, 0xffff', [word(0x000f, 1, 0, 0xffff0002)]],
    ['.u16 1, -2', [word(0x000f, 1, 0, 0x0000fffe)]],
    ['.u32 long 7', [word(0x00e7, 0, 0, 7)]],
  ])('%s', (text, code) => {
    expect(wordsOf(text)).toEqual(code);
  });

  test('a load names a byte by the literal that holds it', () => {
    const text = ['L0:', '  .bytes 01 02 03', '  AA = C[L0.2:B]', '  BB = C[C+L0.1:sH]', '  X = C[+100:W]', ''].join(
      '\n',
    );
    const code = wordsOf(text);
    expect(code.slice(1).map(({ k, jt }) => [k | 0, jt])).toEqual([
      [-4, 0],
      [-13, 2],
      [100, 0],
    ]);
    expect(assemblyText(program(code))).toBe(text);
  });

  test('tables stand behind their switch, with targets by name', () => {
    const text = [
      '  switch A:H index else L9',
      '  .targets L8, L9, L9, L7',
      '  switch B:H ranges else L9',
      '  .ranges 1..3 L8, 80 L7',
      '  switch (X):B bitset base 64 goto L9',
      'L7:',
      '  exit 1',
      'L8:',
      '  exit 2',
      'L9:',
      '  exit 3',
      '',
    ];
    text.splice(5, 0, '  .set 65, 70..90');
    const code = wordsOf(text.join('\n').replaceAll('L7', 'x').replaceAll('L8', 'y').replaceAll('L9', 'z'));
    const lines = disassemble(code).flatMap((line) => (line.text === '' ? [] : [line.text]));
    expect(lines).toEqual([
      'switch A:H index else L10',
      '.targets L9, L10, L10, L8',
      'switch B:H ranges else L10',
      '.ranges 1..3 L9, 80 L8',
      'switch (X):B bitset base 64 goto L10',
      '.set 65, 70..90',
      'exit 1',
      'exit 2',
      'exit 3',
    ]);
  });

  test('a short table is padded with what a miss would find', () => {
    const code = wordsOf('switch A:H index else a\n.targets b\nb: exit 0\na: exit 1');
    expect(code[1]).toEqual(word(0x000f, 0, 0, 0x00010001));
    expect(wordsOf('switch A:H ranges goto a\n.ranges 5..6\na: exit 1')[1]).toEqual(word(0x00e7, 0, 0, 0x00060005));
    expect(wordsOf('switch A:H ranges goto a\n.ranges 5, 7\na: exit 1').slice(1, 3)).toEqual([
      word(0x01e7, 0, 0, 0x00050005),
      word(0x0007, 7, 0, 0x00070007),
    ]);
  });

  test('long lines go on after a backslash', () => {
    const bytes = Array.from({ length: 300 }, (_, i) => (i * 7) & 255);
    const code = wordsOf(`.bytes ${bytes.map((b) => b.toString(16).padStart(2, '0')).join(' ')}`);
    const text = expectRoundTrip(code);
    expect(text).toContain(' \\\n');
    for (const line of text.split('\n')) expect(line.length).toBeLessThan(125);
  });
});

describe('what is wrong is told', () => {
  const problemsPath = new URL('../data/vm/text/problems.json', import.meta.url);
  const { problems: cases } = JSON.parse(readFileSync(problemsPath, 'utf8')) as {
    readonly problems: readonly { readonly text: string; readonly problems: readonly string[] }[];
  };
  const told = (text: string): string[] =>
    (assemble(text).problems ?? []).map(
      ({ code, message, hint, line, column }) =>
        `${line}:${column} ${code}: ${message}${hint === undefined ? '' : ` (${hint})`}`,
    );
  test.each(cases.map((c) => [c.text, c.problems] as const))('%j', (text, problems) => {
    if (process.env.UPDATE_GOLDENS !== '1') expect(told(text)).toEqual(problems);
  });
  test('each kind of problem has a case', () => {
    if (process.env.UPDATE_GOLDENS === '1') {
      const lines = cases.map(({ text }) => `    ${JSON.stringify({ text, problems: told(text) })}`);
      writeFileSync(problemsPath, `{\n  "problems": [\n${lines.join(',\n')}\n  ]\n}\n`);
    }
    const sources = ['lexer', 'data', 'macros', 'assemble'].map((name) =>
      readFileSync(new URL(`../../vm/text/${name}.ts`, import.meta.url), 'utf8'),
    );
    const codes = [...sources.join('\n').matchAll(/raise\(\s*'([a-z-]+)'/g)].map(([, code]) => code!);
    const seen = cases.flatMap(({ problems }) => problems.map((line) => / ([a-z-]+):/.exec(line)![1]!));
    if (process.env.UPDATE_GOLDENS === '1') return;
    expect([...new Set(codes)].filter((code) => !seen.includes(code))).toEqual(['literal-long']);
  });
  test('a short table that grows too long', () => {
    const text = `switch A:H index else b\n.targets ${'b, '.repeat(5000)}\nb: exit 0`;
    expect(told(text)).toEqual(['2:2 literal-long: a short literal has 8190 bytes at most']);
    expect(assemble(text.replace('.targets', '.targets long')).problems).toBeUndefined();
  });

  test('nothing throws', () => {
    const random = randomFrom(seed);
    const pieces = [
      'A',
      'AA',
      'X',
      '(',
      ')',
      '[',
      ']',
      ':',
      'P',
      'if',
      'goto',
      'else',
      '+',
      '-',
      '5',
      '.',
      'bytes',
      'L',
      '=',
      '==',
      '"a"',
      "'",
      '\\',
      'switch',
      'H',
      'index',
      'exit',
      '\n',
      ',',
      'word',
      'entry',
      'set',
      'ones',
      'M',
      'C',
      'not',
      'string',
      'import',
    ];
    for (let n = 0; n < 3000; n++) {
      const text = Array.from({ length: 1 + random.below(9) }, () => random.pick(pieces)).join(random.pick([' ', '']));
      const { program, problems } = assemble(text);
      expect(program !== undefined || problems!.length > 0).toBe(true);
    }
  });
});

interface Listing {
  readonly expression: string;
  readonly d: readonly string[];
  readonly ddd: readonly string[];
}
const data = (path: string): unknown => JSON.parse(readFileSync(new URL(`../data/${path}`, import.meta.url), 'utf8'));

/** Without what a listing does not show: fields that classic BPF ignores. */
const shown = (code: readonly Word[]): readonly Word[] =>
  code.map((w) => {
    const { k } = decode(w)!.variant;
    return (w.code & 7) === 5 && w.code !== 5 ? w : word(w.code, 0, 0, k === undefined ? 0 : w.k);
  });

describe('classic text', () => {
  const { listings } = data('vm/listings.json') as { readonly listings: readonly Listing[] };
  const { dd } = data('vm/text/initialisers.json') as { readonly dd: Readonly<Record<string, readonly string[]>> };
  test.each(listings.map((listing) => [listing.expression, listing] as const))(
    '%j in all three forms',
    (_, { d, ddd, expression }) => {
      const lines = (all: readonly string[]): string => `${all.join('\n')}\n`;
      const { code } = parseClassicText(lines(ddd)).program!;
      expect(classicDecimal(code)).toBe(lines(ddd));
      expect(isClassicText(lines(d))).toBe(true);
      expect(parseClassicText(lines(d)).program!.code).toEqual(shown(code));
      expect(classicListing(code)).toBe(lines(d));
      const initialisers = classicInitialisers(code);
      if (dd[expression] !== undefined) expect(initialisers).toBe(lines(dd[expression]));
      expect(isClassicText(initialisers)).toBe(true);
      expect(parseClassicText(initialisers).program!.code).toEqual(code);
      expectRoundTrip(code, { profile: 'classic' });
    },
  );

  const expressions = data('classic/expressions.json') as readonly { readonly program: string }[];
  test('every program of tcpdump comes back in all three forms, and as assembly', () => {
    expect(expressions.length).toBeGreaterThan(100);
    for (const { program: ddd } of expressions) {
      const { code } = parseClassicText(ddd).program!;
      expect(classicDecimal(code)).toBe(ddd);
      const listing = parseClassicText(classicListing(code));
      expect(listing.problem).toBeUndefined();
      expect(listing.program!.code).toEqual(shown(code));
      expect(classicListing(listing.program!.code)).toBe(classicListing(code));
      expect(parseClassicText(classicInitialisers(code)).program!.code).toEqual(code);
      expectRoundTrip(code, { profile: 'classic' });
    }
  });

  test.each([
    ['(000) ldh      [12]\n(002) ret      #0', 2, 'instruction 1 is numbered 2'],
    ['(000) ldq      [12]', 1, 'there is no classic instruction ldq'],
    ['(000) ldh      x', 1, 'ldh does not take "x"'],
    ['(000) jeq      #0x1 jt 0\tjf 1', 1, 'jt and jf go forward, 256 instructions at most'],
    ['(000) ret      #9999999999', 1, '9999999999 does not fit 32 bits'],
    ['(000) ret      #0\nreturn', 2, '"return" is not an instruction as `tcpdump -d` prints it'],
    ['{ 0x06, 0, 0, 0x1 },\n{ 0x6, 0, 0 },', 2, '"{ 0x6, 0, 0 }," is not an instruction: { code, jt, jf, k },'],
    ['{ 0x06, 256, 0, 0x1 },', 1, 'jt is 256; the largest is 255'],
  ])('%j is refused', (text, line, message) => {
    expect(parseClassicText(text)).toEqual({ problem: { code: 'classic-text', line, message } });
  });
});
