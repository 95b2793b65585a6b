/** The program file: what is written is read again, and nothing that is not one is taken for one. */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import {
  defaultHost,
  encode,
  fileOf,
  type Host,
  type Import,
  isProgramFile,
  lineAt,
  load,
  type Program,
  readProgram,
  stringAt,
  type Word,
  writeProgram,
} from '../../vm/index.ts';
import { type Random, randomFrom, seed } from './random.ts';

const code: readonly Word[] = [
  encode('ld.abs', 8, { reg: 0, k: 12 }),
  encode('jeq', 0, { reg: 0, k: 0x800, jt: 0, jf: 1 }),
  encode('exit', 0, { k: 0xffffffff }),
  encode('exit', 0, { k: 1, high: 4 }),
];
const small: Program = { profile: 'bpf64', code, entry: 0, strings: Uint8Array.of(0) };
const whole: Program = {
  ...small,
  linktype: 1,
  strings: Uint8Array.from(Buffer.from('\0bad header\0größer als 0\0')),
  debug: {
    file: 'a filter.lua',
    lines: [
      { pc: 0, line: 1, column: 1 },
      { pc: 3, line: 70000, column: 12 },
    ],
  },
};
/** Its debug section needs a long literal. */
const large: Program = {
  ...whole,
  debug: { file: 'large.lua', lines: Array.from({ length: 1500 }, (_, i) => ({ pc: i * 2, line: i + 1, column: 3 })) },
};
/** One of everything. */
const full: Program = {
  ...whole,
  code: [encode('ld.imm', 0, {}), encode('ja', 0, { k: -2 }), encode('exit', 0, { k: 5 })],
  debug: {
    file: 'main.lua',
    otherFiles: ['lib/flows.lua', 'lib/größe.lua'],
    lines: [
      { pc: 0, line: 1, column: 1 },
      { pc: 1, line: 7, column: 3, file: 2 },
      { pc: 2, line: 9, column: 1, file: 1 },
    ],
    variables: [
      { name: 'ttl', first: 0, last: 2, place: { register: 40 } },
      { name: 'ttl', first: 1, last: 1, place: { word: 0 } },
      { name: 'zähler', first: 1, last: 2, place: { word: 127 } },
    ],
  },
  exported: { attributes: [{ name: 'verdict', value: 'bytes' }], version: 7n },
  imports: [
    { kind: 'function', name: 'string.find', number: 0 },
    { kind: 'function', name: 'string.pack.le', number: 4000000000, version: 2n },
    {
      kind: 'segment',
      name: 'string.flows',
      number: 249,
      format: 'map',
      attributes: [
        { name: 'size', value: 65536n },
        { name: 'keys', value: 'src dst' },
        { name: 'initial', value: 2n ** 64n - 1n },
        { name: 'zero', value: 0n },
        { name: 'wide', value: 2n ** 29n },
      ],
      version: 2n ** 56n - 1n,
      description: { label: 'v1', text: 'what was seen' },
    },
    { kind: 'segment', name: 'other.seen', number: 0 },
    { kind: 'function', name: 'print', number: 1 },
  ],
  onFatal: [encode('ld.imm', 0, { k: 4 }), encode('exit', 16, {})],
  rodatas: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
  doc: 'Über Filter\nund mehr',
};
const programs = [
  ['small', small],
  ['whole', whole],
  ['full', full],
  ['large', large],
] as const;

/** A host that has what `full` imports. */
const host: Partial<Host> = {
  functions: Object.fromEntries(
    ['string.find', 'string.pack.le', 'print'].map((name) => [
      name,
      { inputs: 0, cost: { base: 0, perByte: 0 }, call: () => 1n },
    ]),
  ),
  segments: Object.fromEntries(
    ['string.flows', 'other.seen'].map((name) => [name, { bytes: new Uint8Array(8), readable: true, writable: true }]),
  ),
};

test('a file in a Buffer, whose slices are views, is read and left as it was', () => {
  const file = Buffer.from(writeProgram(whole));
  const before = Buffer.from(file);
  expect(readProgram(file)).toEqual(readProgram(Uint8Array.from(before)));
  expect(readProgram(file).problem).toBeUndefined();
  expect(file.equals(before)).toBe(true);
});

const problemOf = (file: Uint8Array): string => readProgram(file).problem?.code ?? 'none';
const dataView = (file: Uint8Array): DataView => new DataView(file.buffer, file.byteOffset, file.byteLength);

/** Puts right the uuid of a file that was changed, so that what is behind it is looked at. */
function signed(file: Uint8Array): Uint8Array {
  file.fill(0, 32, 48);
  file.set(createHash('sha256').update(file).digest().subarray(0, 16), 32);
  return file;
}

/** A file from sections by hand: type, contents, section flags. */
function forge(
  sections: readonly (readonly [type: number, contents: Uint8Array, flags?: number])[],
  head?: (view: DataView) => void,
) {
  const literals = sections.map(([type, contents, flags = 0]) => {
    const literal = new Uint8Array(8 + Math.ceil(contents.length / 8) * 8);
    const length = literal.length / 8 - 1;
    dataView(literal).setUint16(0, ((length & 0xff) << 8) | 0xe7, true);
    dataView(literal).setUint16(2, length >> 8, true);
    literal.set([0, 0, type, flags], 4);
    literal.set(contents, 8);
    dataView(literal).setUint32(4, crc32(literal), true);
    return literal;
  });
  const header = new Uint8Array(128);
  const view = dataView(header);
  header.set([0x0f, 0x0f, ...Buffer.from('BPF64'), 0, 0x34, 0x12, sections.length]);
  header.set(Buffer.from('portable'), 16);
  view.setUint32(
    24,
    literals.reduce((sum, literal) => sum + literal.length, 0),
    true,
  );
  for (const [i, literal] of literals.entries()) {
    header.set([0, 0, sections[i]![0], sections[i]![2] ?? 0], 64 + i * 8);
    header.set(literal.subarray(4, 8), 68 + i * 8);
  }
  head?.(view);
  return signed(
    Uint8Array.from([header, ...literals, Uint8Array.of(6, 0, 0, 0, 1, 0, 0, 0)].flatMap((part) => [...part])),
  );
}

describe.each(programs)('%s', (_, program) => {
  const file = writeProgram(program);

  test('what is written is read again', () => {
    const { program: read, problem } = readProgram(file);
    expect(problem).toBeUndefined();
    expect(read).toMatchObject({ ...program, strings: expect.anything() });
    expect([...read!.strings.subarray(0, program.strings.length)]).toEqual([...program.strings]);
    expect(load(file, host).refusals).toBeUndefined();
    expect(load(file, host).filter).toBeDefined();
  });
  test('what is read is written as the same bytes', () => {
    expect(writeProgram(readProgram(file).program!)).toEqual(file);
  });
  test('what was read is written and read as itself', () => {
    const read = readProgram(file).program!;
    expect(readProgram(writeProgram(read)).program).toEqual(read);
  });
  test('the same program gives the same bytes, another one others', () => {
    expect(writeProgram(structuredClone(program))).toEqual(file);
    expect(writeProgram({ ...program, linktype: 113 })).not.toEqual(file);
  });
  test('is read from the middle of a larger buffer', () => {
    const buffer = new Uint8Array(file.length + 20).fill(0xaa);
    buffer.set(file, 11);
    expect(readProgram(buffer.subarray(11, 11 + file.length))).toEqual(readProgram(file));
  });
  test('truncated at every byte is refused', () => {
    // All of the first kilobyte, then every 37th byte: each length costs a hash.
    for (let length = 0; length < file.length; length += length < 1024 ? 1 : 37) {
      const wanted = length < 7 ? ['file-magic'] : ['file-truncated', 'file-uuid'];
      expect(wanted, `${length} bytes`).toContain(problemOf(file.subarray(0, length)));
    }
  });
});

test.each(programs.slice(0, 2))('%s: with any byte changed it is refused by a named problem', (_, program) => {
  const file = writeProgram(program);
  for (let at = 0; at < file.length; at++)
    for (const bits of [0x01, 0x80, 0xff]) {
      const changed = file.slice();
      changed[at]! ^= bits;
      const { problem } = readProgram(changed);
      expect(problem, `byte ${at} ^ ${bits}`).toMatchObject({ code: expect.stringMatching(/^file-/) });
    }
});

test('with any byte changed and the uuid put right, it is refused or read, and never throws', () => {
  const file = writeProgram(whole);
  const seen = new Map<string, number>();
  for (let at = 0; at < file.length; at++)
    for (const bits of [0x01, 0x10, 0x80, 0xff]) {
      const changed = file.slice();
      changed[at]! ^= bits;
      const result = load(signed(changed));
      const kind = result.problem?.code ?? (result.refusals === undefined ? 'loaded' : 'refused');
      seen.set(kind, (seen.get(kind) ?? 0) + 1);
    }
  for (const kind of ['file-magic', 'file-header', 'file-byte-order', 'file-version', 'file-truncated', 'file-section'])
    expect(seen.get(kind), kind).toBeGreaterThan(0);
  for (const kind of ['file-checksum', 'loaded', 'refused']) expect(seen.get(kind), kind).toBeGreaterThan(0);
});

test('a big-endian program is named as one', () => {
  const file = writeProgram(small);
  dataView(file).setUint16(8, 0x1234, false);
  expect(readProgram(signed(file)).problem).toMatchObject({
    code: 'file-byte-order',
    offset: 8,
    message: expect.stringContaining('big-endian'),
  });
});

test('another version is named', () => {
  const file = writeProgram(small);
  file[7] = 3;
  expect(readProgram(signed(file)).problem).toMatchObject({
    code: 'file-version',
    offset: 7,
    message: 'format version 3; this machine reads version 0',
  });
});

test('flags, platform and reserved bytes that this machine does not know are refused by name', () => {
  const with_ = (at: number, ...bytes: number[]): unknown => {
    const file = writeProgram(small);
    file.set(bytes, at);
    const { code, offset } = readProgram(signed(file)).problem!;
    return [code, offset];
  };
  expect(with_(11, 2)).toEqual(['file-flags', 11]);
  expect(with_(11, 0x80)).toEqual(['file-flags', 11]);
  expect(with_(12, 1)).toEqual(['file-platform', 12]);
  expect(with_(16, ...Buffer.from('NetBSD\0\0'))).toEqual(['file-platform', 16]);
  expect(with_(23, 0)).toEqual(['file-platform', 16]);
  for (let at = 48; at < 64; at++) expect(with_(at, 1)).toEqual(['file-header', 48]);
  expect(with_(8, 0x21, 0x43)).toEqual(['file-byte-order', 8]);
});

describe('the flag of backward jumps', () => {
  const back: Program = {
    ...small,
    code: [encode('ld.imm', 0, {}), encode('ja', 0, { k: -2 }), encode('exit', 0, {})],
  };
  const flag = (program: Program): number => writeProgram(program)[11]!;
  test('is written', () => {
    expect([flag(small), flag(back)]).toEqual([0, 1]);
    expect(load(writeProgram(back)).filter).toBeDefined();
    expect(load(writeProgram(back), { backwardJumps: 'refuse' }).refusals).toMatchObject([{ code: 'backward-jump' }]);
  });
  test('is not taken from the data of a literal', () => {
    const ja = encode('ja', 0, { k: -2 });
    const literal = { code: 0x010f, jt: 0, jf: 0, k: 0 };
    const long = { code: 0x01e7, jt: 0, jf: 0, k: 0 };
    expect(flag({ ...small, code: [literal, ja, ...code] })).toBe(0);
    expect(flag({ ...small, code: [long, ja, ...code] })).toBe(0);
    expect(flag({ ...small, code: [literal, ja, ja, ...code] })).toBe(1);
  });
  test('is checked, both ways', () => {
    for (const program of [small, back]) {
      const file = writeProgram(program);
      file[11]! ^= 1;
      expect(readProgram(signed(file)).problem).toMatchObject({ code: 'file-flags', offset: 11 });
    }
  });
});

test('a program longer than the host takes is refused before its code is read', () => {
  const file = writeProgram({ ...small, code: Array(9).fill(encode('exit', 0, {})) });
  expect(load(file, { programSize: 9 }).filter).toBeDefined();
  expect(load(file, { programSize: 8 }).problem).toMatchObject({
    code: 'file-size',
    message: '9 instructions; the limit is 8',
  });
  const longest = new Uint8Array(file.length + 8 * defaultHost.programSize);
  longest.set(file);
  expect(problemOf(longest)).toBe('file-size');
});

test('what no file can hold is an error of the writer', () => {
  const refused = (changes: Partial<Program>): unknown => expect(() => writeProgram({ ...small, ...changes }));
  const imported = (changes: Partial<Import>): Partial<Program> => ({
    imports: [{ kind: 'segment', name: 'a', number: 0, ...changes }],
  });
  for (const changes of [
    imported({ number: 256 }),
    imported({ number: -1 }),
    imported({ kind: 'function', number: 2 ** 32 }),
    imported({ name: '' }),
    imported({ name: 'a..b' }),
    imported({ name: `${'a.'.repeat(9)}b` }),
    imported({ name: 'x'.repeat(256) }),
    imported({ version: 2n ** 56n }),
    imported({ attributes: [{ name: 'a', value: 2n ** 64n }] }),
    imported({ attributes: [{ name: 'a', value: -1n }] }),
    { linktype: 1, exported: { description: { label: '', text: 'x'.repeat(300) } } },
  ])
    (refused(changes) as { toThrow: (kind: typeof RangeError) => void }).toThrow(RangeError);
  expect(problemOf(writeProgram({ ...small, ...imported({ name: `${'a.'.repeat(8)}b`, number: 255 }) }))).toBe('none');
});

test('line entries name their files', () => {
  const { debug } = full;
  expect([0, 1, 2].map((pc) => fileOf(debug!, lineAt(debug, pc)!))).toEqual([
    'main.lua',
    'lib/größe.lua',
    'lib/flows.lua',
  ]);
});

test(`random programs are read as they were written (seed ${seed})`, () => {
  const random = randomFrom(seed + 5);
  for (let i = 0; i < 300; i++) {
    const program = randomContents(random);
    const file = writeProgram(program);
    const { program: read, problem } = readProgram(file);
    expect(problem).toBeUndefined();
    expect(read).toEqual({ ...program, strings: read!.strings });
    expect(writeProgram(read!)).toEqual(file);
  }
});

/** A program of any parts, which need not be one that the validator lets through. */
function randomContents(random: Random): Program {
  const names = ['a', 'b.c', 'b.d', 'b.c.e', 'größe', 'x.y.z', 'filter', 'linktype'];
  const some = <T>(make: () => T): T[] => Array.from({ length: random.below(5) }, make);
  const maybe = <K extends string, T>(key: K, make: () => T) => (random.chance(0.5) ? { [key]: make() } : {});
  const wide = (): bigint => (BigInt(random.u32()) << 32n) | BigInt(random.u32());
  const words = (): Word[] =>
    some(() => ({ code: random.below(0x10000), jt: 1, jf: random.below(256), k: random.u32() }));
  const declaration = () => ({
    ...maybe('version', () => wide() >> 8n),
    ...maybe('description', () => ({ label: random.pick(names), text: random.pick(names) })),
    ...maybe('attributes', () =>
      ['kind', 'size', 'initial'].slice(random.below(3)).map((name) => ({
        name,
        value: random.pick([() => wide(), () => random.pick(names), () => BigInt(random.below(9))])(),
      })),
    ),
  });
  const imported = (): Import => ({
    ...declaration(),
    name: random.pick(names),
    ...random.pick([
      () => ({ kind: 'function' as const, number: random.u32() }),
      () => ({ kind: 'segment' as const, number: random.below(256), ...maybe('format', () => random.pick(names)) }),
    ])(),
  });
  const imports = some(imported);
  const exported = declaration();
  const first = random.below(5);
  return {
    profile: 'bpf64',
    code: words(),
    entry: random.below(9),
    strings: Uint8Array.of(0),
    ...(imports.length > 0 ? { imports } : {}),
    ...(Object.keys(exported).length > 0 ? { exported } : {}),
    ...maybe('linktype', () => random.below(2 ** 29)),
    ...maybe('onFatal', words),
    ...maybe('rodatas', () => Uint8Array.from({ length: 8 * random.below(3) }, () => random.below(256))),
    ...maybe('doc', () => random.pick(names)),
    ...maybe('debug', () => ({
      file: 'a.lua',
      ...maybe('otherFiles', () => ['b.lua', 'c.lua']),
      lines: [{ pc: first, line: random.below(99), column: 1 }],
      ...maybe('variables', () => [
        { name: 'x', first, last: first + 3, place: random.pick([{ register: 3 }, { word: 3 }]) },
      ]),
    })),
  };
}

test('the uuid is the first half of SHA-256 over the rest', () => {
  const file = writeProgram(whole);
  expect(signed(file.slice())).toEqual(file);
});

describe('sections that lie', () => {
  const nul = Uint8Array.of(0);
  const record = (kind: string, value: bigint): Uint8Array => {
    const bytes = new Uint8Array(8);
    dataView(bytes).setBigUint64(0, (BigInt(kind.charCodeAt(0)) << 56n) | value, true);
    return bytes;
  };
  const join = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));

  test('a forged file without lies is read', () => {
    expect(problemOf(forge([[1, nul]]))).toBe('none');
    expect(readProgram(forge([])).program?.code).toEqual([{ code: 6, jt: 0, jf: 0, k: 1 }]);
  });
  test('more or fewer sections than there are', () => {
    expect(problemOf(forge([[1, nul]], (view) => view.setUint8(10, 0)))).toBe('file-section');
    expect(problemOf(forge([[1, nul]], (view) => view.setUint8(10, 2)))).toBe('file-section');
    expect(problemOf(forge([[1, nul]], (view) => view.setUint8(10, 255)))).toBe('file-header');
  });
  test('a size of all sections past the file, near 2^32', () => {
    for (const size of [0xffffffff, 0xfffffff8, 0x80000000])
      expect(problemOf(forge([[1, nul]], (view) => view.setUint32(24, size, true)))).toBe('file-truncated');
  });
  test('a header shorter than a header', () => {
    for (const head of [0x000f, 0x010f, 0x070f, 0x4f0f])
      expect(problemOf(forge([], (view) => view.setUint16(0, head, true)))).toBe('file-header');
  });
  test('a long literal of 2^26 instructions, and no literal at all', () => {
    const file = forge([[1, nul]]);
    dataView(file).setUint16(128, 0xffff, true);
    dataView(file).setUint16(130, 0xffff, true);
    expect(problemOf(signed(file))).toBe('file-section');
    dataView(file).setUint16(128, 0x0006, true);
    expect(problemOf(signed(file))).toBe('file-section');
  });
  test('two sections of one type', () => {
    expect(
      problemOf(
        forge([
          [6, nul],
          [6, nul],
        ]),
      ),
    ).toBe('file-section');
  });
  test('section flags: compressed, without meaning, needed but unknown', () => {
    const flagged = (type: number, flags: number) => problemOf(forge([[type, nul, flags]]));
    expect(flagged(1, 0x80)).toBe('none');
    expect(flagged(6, 0x60)).toBe('none');
    expect(flagged(200, 0x60)).toBe('none');
    for (const [type, flags] of [
      [1, 0x01],
      [200, 0x01],
      [1, 0x02],
      [1, 0x10],
      [200, 0x80],
      [0, 0x80],
    ] as const)
      expect(flagged(type, flags), `${type} ${flags}`).toBe('file-section');
  });
  test('a name that is not among the section names', () => {
    const file = forge([[1, nul]]);
    for (const name of [64, 0x1fff, 0x2000, 0xffff]) {
      dataView(file).setUint16(64, name, true);
      expect(problemOf(signed(file)), `${name}`).toBe('file-checksum');
    }
    const literal = file.subarray(128, 144);
    literal.set(file.subarray(64, 68), 4);
    const sum = crc32(literal);
    dataView(file).setUint32(132, sum, true);
    dataView(file).setUint32(68, sum, true);
    expect(readProgram(signed(file)).problem).toMatchObject({ code: 'file-section', offset: 64 });
  });
  test('strings that do not begin and end with NUL', () => {
    const eight = (...bytes: number[]): Uint8Array => Uint8Array.from({ length: 8 }, (_, i) => bytes[i] ?? 0x61);
    expect(problemOf(forge([[1, eight(0x61)]]))).toBe('file-strings');
    expect(problemOf(forge([[1, eight(0)]]))).toBe('file-strings');
    expect(problemOf(forge([[1, Uint8Array.of(0, 0x61, 0)]]))).toBe('none');
  });

  /** Strings at 1 `filter`, 8 `linktype`, 17 `a`. */
  const strings = Uint8Array.from(Buffer.from('\0filter\0linktype\0a\0'));
  const impex = (...records: readonly [string, bigint][]): Uint8Array =>
    forge([
      [1, strings],
      [2, join(...records.map(([kind, value]) => record(kind, value)))],
    ]);
  const open: [string, bigint] = ['{', 0n];
  const close: [string, bigint] = ['}', 0n];
  const entry: [string, bigint] = ['&', 1n << 32n];
  const segment: [string, bigint] = ['$', 17n << 32n];
  const attribute = (type: bigint, name: bigint, value: bigint): [string, bigint] => [
    'a',
    (type << 53n) | (name << 29n) | value,
  ];
  test('imports and exports by hand', () => {
    const file = impex(
      open,
      entry,
      attribute(0n, 8n, 113n),
      close,
      ['{', 17n],
      ['{', 8n],
      ['&', (17n << 32n) | 5n],
      close,
      ['$', (17n << 32n) | (8n << 8n) | 3n],
      attribute(1n, 17n, 1n),
      close,
    );
    expect(readProgram(file).program).toMatchObject({
      linktype: 113,
      imports: [
        { kind: 'function', name: 'a.linktype.a', number: 5 },
        { kind: 'segment', name: 'a.a', number: 3, format: 'linktype', attributes: [{ name: 'a', value: 'filter' }] },
      ],
    });
    expect(problemOf(impex(open, close))).toBe('none');
  });
  test.each<[string, readonly (readonly [string, bigint])[]]>([
    ['it is empty', []],
    ['a namespace is not closed', [open]],
    ['a namespace is not closed', [open, close, ['{', 17n]]],
    ['record 1 of impex: exports come first', [entry]],
    ['record 1 of impex: exports come first', [['{', 17n]]],
    ['record 1 of impex: exports come first', [close]],
    ['record 2 of impex: no command 0x71', [open, ['q', 0n]]],
    ['record 2 of impex: no command 0x0', [open, ['\0', 0n]]],
    ['record 2 of impex: this machine takes no namespaces among exports', [open, ['{', 17n]]],
    ['record 3 of impex: } closes nothing', [open, close, close]],
    ['record 1 of impex: bits 55 to 29 of { must be 0', [['{', 1n << 29n]]],
    ['record 2 of impex: bits 55 to 0 of } must be 0', [open, ['}', 1n]]],
    ['record 2 of impex: the exported entry is not called "filter"', [open, ['&', 17n << 32n]]],
    ["record 2 of impex: the exported entry is 1, the header's 0", [open, ['&', (1n << 32n) | 1n]]],
    ['record 3 of impex: a second exported entry', [open, entry, entry]],
    ['record 2 of impex: this machine takes no exported segments', [open, segment]],
    ['record 2 of impex: an attribute of nothing', [open, attribute(0n, 17n, 1n)]],
    ['record 2 of impex: a version of nothing', [open, ['v', 1n]]],
    ['record 2 of impex: a description of nothing', [open, ['d', 0n]]],
    ['record 4 of impex: an attribute of nothing', [open, entry, close, attribute(0n, 17n, 1n)]],
    ['record 5 of impex: an attribute of nothing', [open, close, segment, ['{', 17n], attribute(0n, 17n, 1n)]],
    ['record 3 of impex: no name at 0 of the strings', [open, close, ['&', 0n]]],
    ['record 3 of impex: no name at 99 of the strings', [open, close, ['$', 99n << 32n]]],
    ['record 3 of impex: no name at 99 of the strings', [open, close, ['$', (17n << 32n) | (99n << 8n)]]],
    ['record 3 of impex: no name at 0 of the strings', [open, close, ['{', 0n]]],
    ['record 3 of impex: no name at 99 of the strings', [open, entry, attribute(0n, 99n, 1n)]],
    ['record 3 of impex: attribute a: no string at 99', [open, entry, attribute(1n, 17n, 99n)]],
    ['record 3 of impex: attribute a: no type 3', [open, entry, attribute(3n, 17n, 0n)]],
    ['record 3 of impex: attribute a: nothing to go on with', [open, entry, attribute(2n, 17n, 0n)]],
    [
      'record 4 of impex: attribute a: nothing to go on with',
      [open, entry, attribute(0n, 8n, 1n), attribute(2n, 17n, 0n)],
    ],
    [
      'record 5 of impex: attribute a: nothing to go on with',
      [open, entry, attribute(0n, 17n, 1n), ['v', 1n], attribute(2n, 17n, 0n)],
    ],
    ['record 4 of impex: attribute a is there twice', [open, entry, attribute(0n, 17n, 1n), attribute(0n, 17n, 1n)]],
    [
      'record 5 of impex: attribute a: more than 64 bits',
      [open, entry, attribute(0n, 17n, 64n), attribute(2n, 17n, 0n), attribute(2n, 17n, 0n)],
    ],
    ['record 3 of impex: a description that is not among the strings', [open, entry, ['d', 99n]]],
    ['record 11 of impex: namespaces nest 9 deep; 8 are the most', [open, close, ...Array(9).fill(['{', 17n])]],
  ])('impex: %s', (message, records) => {
    const { problem } = readProgram(impex(...(records as [string, bigint][])));
    expect(problem).toMatchObject({ code: 'file-impex', message: expect.stringContaining(message) });
    const number = Number(/record (\d+)/.exec(message)?.[1] ?? records.length + 1);
    // Header, the strings' literal of 24 bytes and its head, the head of impex.
    expect(problem!.offset).toBe(128 + 8 + 24 + 8 + (number - 1) * 8);
  });
  test('too many records, and a long name in every one, cost no more than a short one', () => {
    const long = new Uint8Array(1 << 20).fill(0x61);
    long[0] = long[long.length - 1] = 0;
    const named = (count: number) =>
      forge([
        [1, long],
        [2, join(record('{', 0n), record('}', 0n), ...Array.from({ length: count }, () => record('&', 1n << 32n)))],
      ]);
    const start = performance.now();
    expect(readProgram(named(5000)).problem?.message).toBe('5002 records; 4096 are the most');
    expect(readProgram(named(4000)).problem?.message).toContain('no name at 1 of the strings');
    expect(performance.now() - start).toBeLessThan(3000);
  });
  test('debug entries that are not there, out of order, of no file, of another version', () => {
    const debug = (...numbers: number[]): string => {
      const contents = new Uint8Array(Uint32Array.from(numbers).buffer);
      const file = forge([
        [1, Uint8Array.from(Buffer.from('\0a\0'))],
        [5, contents],
      ]);
      const { problem } = readProgram(file);
      return problem === undefined ? 'none' : `${problem.code} ${problem.message}`;
    };
    const said = (what: string): string => `file-debug the debug section: ${what}`;
    expect(debug(2, 1, 1, 1, 1, 0, 0, 1, 1, 1, 0, 3, 40)).toBe('none');
    expect(debug()).toBe(said('it has no head'));
    expect(debug(1, 1, 0, 0, 1)).toBe(said('version 1; this machine reads version 2'));
    expect(debug(2, 1, 1, 0, 1)).toBe(said('9 numbers are announced, 6 are there'));
    expect(debug(2, 1, 0, 0, 1, 0, 0, 0)).toBe(said('5 numbers are announced, 8 are there'));
    expect(debug(2, 1, 0xffffffff, 0xffffffff, 1)).toMatch(/numbers are announced/);
    expect(debug(2, 0, 0, 0)).toBe(said('0 files; it takes 1 to 256'));
    expect(debug(2, 257, 0, 0, ...Array(257).fill(1))).toBe(said('257 files; it takes 1 to 256'));
    expect(debug(2, 1, 0, 0, 99)).toBe(said('no file name at 99 of the strings'));
    expect(debug(2, 1, 2, 0, 1, 5, 0, 1, 1, 5, 0, 1, 1)).toBe(
      said('the line of instruction 5 stands behind that of 5'),
    );
    expect(debug(2, 1, 1, 0, 1, 5, 1, 1, 1)).toBe(said('instruction 5 comes from file 1; there are 1'));
    expect(debug(2, 1, 0, 1, 1, 99, 0, 0, 0)).toBe(said('no variable name at 99 of the strings'));
    expect(debug(2, 1, 0, 1, 1, 1, 4, 3, 0)).toBe(said('variable a: 4 to 3 is out of order'));
    expect(debug(2, 1, 0, 2, 1, 1, 4, 4, 0, 1, 3, 9, 0)).toBe(said('variable a: 3 to 9 is out of order'));
  });
  test('an entry outside the code is read, and refused by the validator', () => {
    const { refusals } = load(forge([], (view) => view.setUint32(28, 0xffffffff, true)));
    expect(refusals).toMatchObject([{ code: 'entry', fault: 14 }]);
  });
  test('a file without code is read, and refused by the validator', () => {
    const file = writeProgram({ ...small, code: [] });
    expect(load(file).refusals).toMatchObject([{ code: 'program-empty' }]);
  });
});

test('strings: NUL cannot be inside, other Unicode can; outside there is none', () => {
  const file = 'näme\u{1f600}\ud800\0x';
  const { program } = readProgram(writeProgram({ ...whole, debug: { file, lines: [] } }));
  expect(program?.debug?.file).toBe('näme\u{1f600}\ufffd\u2400x');
  expect(stringAt(whole.strings, 1)).toBe('bad header');
  expect(stringAt(whole.strings, 5)).toBe('header');
  expect(stringAt(whole.strings, 12)).toBe('größer als 0');
  expect(stringAt(whole.strings, 1000)).toBeUndefined();
  expect(stringAt(Uint8Array.of(0x61), 0)).toBeUndefined();
  expect(stringAt(Uint8Array.of(0x61, 0xff, 0), 0)).toBe('a\ufffd');
});

test(`random bytes are never read and never throw (seed ${seed})`, () => {
  const random = randomFrom(seed);
  const start = writeProgram(whole);
  for (let i = 0; i < 3000; i++) {
    const bytes = Uint8Array.from({ length: random.below(400) }, () => random.below(256));
    // Some begin as a file does, so that more than the magic is looked at.
    if (random.chance(0.7)) bytes.set(start.subarray(0, Math.min(bytes.length, random.below(140))));
    expect(isProgramFile(bytes) ? 'file-' : 'file-magic', `${i}`).toBe(
      isProgramFile(bytes) ? problemOf(bytes).slice(0, 5) : problemOf(bytes),
    );
    if (bytes.length >= 64) expect(() => load(signed(bytes))).not.toThrow();
  }
});
