/** The program file: what is written is read again, and nothing that is not one is taken for one. */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import {
  encode,
  isProgramFile,
  load,
  type Program,
  readProgram,
  stringAt,
  type Word,
  writeProgram,
} from '../../vm/index.ts';
import { randomFrom, seed } from './random.ts';

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
const programs = [
  ['small', small],
  ['whole', whole],
  ['large', large],
] as const;

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

/** A file from sections by hand: type, contents and the two words before them. */
function forge(sections: readonly (readonly [type: number, contents: Uint8Array])[], head?: (view: DataView) => void) {
  const literals = sections.map(([type, contents]) => {
    const literal = new Uint8Array(8 + Math.ceil(contents.length / 8) * 8);
    const length = literal.length / 8 - 1;
    dataView(literal).setUint16(0, ((length & 0xff) << 8) | 0xe7, true);
    dataView(literal).setUint16(2, length >> 8, true);
    literal.set([0, 0, type, 0], 4);
    literal.set(contents, 8);
    dataView(literal).setUint32(4, crc32(literal), true);
    return literal;
  });
  const header = new Uint8Array(128);
  const view = dataView(header);
  header.set([0x0f, 0x0f, ...Buffer.from('BPF64'), 0, 0x34, 0x12, sections.length]);
  view.setUint32(
    24,
    literals.reduce((sum, literal) => sum + literal.length, 0),
    true,
  );
  for (const [i, literal] of literals.entries()) {
    header.set([0, 0, sections[i]![0], 0], 64 + i * 8);
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
    expect(load(file).filter).toBeDefined();
  });
  test('what is read is written as the same bytes', () => {
    expect(writeProgram(readProgram(file).program!)).toEqual(file);
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
  test('exports out of place', () => {
    for (const contents of [record('&', 0n), record('}', 0n), record('{', 0n), join(record('{', 0n), record('q', 0n))])
      expect(
        problemOf(
          forge([
            [1, nul],
            [2, contents],
          ]),
        ),
      ).toBe('file-impex');
  });
  test('debug entries that are not there, out of order, of no file, of another version', () => {
    const debug = (...numbers: number[]): Uint8Array => new Uint8Array(Uint32Array.from(numbers).buffer);
    expect(
      problemOf(
        forge([
          [1, nul],
          [5, debug(1, 0, 1, 0, 1, 1)],
        ]),
      ),
    ).toBe('none');
    for (const contents of [
      debug(1, 0),
      debug(1, 0, 0xffffffff),
      debug(1, 0, 2, 5, 1, 1, 5, 1, 1),
      debug(1, 99, 0),
      debug(2, 0, 0),
    ])
      expect(
        problemOf(
          forge([
            [1, nul],
            [5, contents],
          ]),
        ),
      ).toBe('file-debug');
  });
  test('a long name in every record costs no more than a short one', () => {
    const strings = new Uint8Array(1 << 20).fill(0x61);
    const attributes = Array.from({ length: 20000 }, (_, i) => record('a', BigInt(i) << 29n));
    const file = forge([
      [1, strings],
      [2, join(record('{', 0n), ...attributes, record('}', 0n))],
    ]);
    const start = performance.now();
    expect(problemOf(file)).toBe('none');
    expect(performance.now() - start).toBeLessThan(2000);
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
