/** Loops over the whole instruction table, so that a new row is tested before anyone touches a test. */

import { describe, expect, test } from 'vitest';
import { decode, encode, instructionText } from '../../vm/index.ts';
import {
  classes,
  classicCodes,
  exitClasses,
  type Mnemonic,
  mnemonics,
  type Row,
  rows,
  type Variant,
} from '../../vm/isa/instructions.ts';
import { registerNames, specialRegister, specials } from '../../vm/isa/registers.ts';
import { checkFields, memoryWords } from '../../vm/validate/fields.ts';
import { Refusals } from '../../vm/validate/refusal.ts';
import { program, refusalsOf } from './words.ts';

const variants = mnemonics.flatMap((mnemonic) => rows[mnemonic].variants.map((variant) => ({ mnemonic, variant })));
const name = (mnemonic: Mnemonic, variant: Variant): string => `${mnemonic} 0x${variant.bits.toString(16)}`;

/** What the fields in `code` of a layout can hold. */
const codeFields: Readonly<Record<Row['layout'], readonly { readonly reg?: number; readonly high?: number }[]>> = {
  reg5: [{ reg: 0 }, { reg: 1 }, { reg: 6 }, { reg: 31 }],
  reg6: [{ reg: 0 }, { reg: 1 }, { reg: 31 }, { reg: 32 }, { reg: 63 }],
  class: [{ high: 0 }, { high: 4 }, { high: 255 }],
  shift: [{ high: 0 }, { high: 1 }, { high: 31 }],
  private: [{ high: 0 }, { high: 1 }, { high: 31 }],
  transfer: [
    { reg: 0, high: 0 },
    { reg: 31, high: 1 },
    { reg: 5, high: 7 },
  ],
  table: [{ reg: 0 }, { reg: 1 }, { reg: 63 }],
  length: [{ high: 0 }, { high: 255 }],
  none: [{}],
};
const others = [
  { jt: 0, jf: 0, k: 0 },
  { jt: 1, jf: 2, k: 3 },
  { jt: 255, jf: 254, k: 0xfffffffd },
] as const;

describe.each(variants.map(({ mnemonic, variant }) => [name(mnemonic, variant), mnemonic, variant] as const))(
  '%s',
  (_, mnemonic, variant) => {
    test('encodes and decodes to itself', () => {
      const row = rows[mnemonic];
      for (const inCode of codeFields[row.layout])
        for (const fields of others)
          for (const signed of variant.signed === true ? [false, true] : [false]) {
            const wanted = { ...inCode, ...fields, signed };
            const word = encode(mnemonic, variant.bits ^ row.variants[0]!.bits, wanted);
            const got = decode(word)!;
            const special = row.class === 'LDX' || row.class === 'STX';
            expect(got).toMatchObject({ ...word, ...fields, mnemonic, variant, signed, stray: 0 });
            if (inCode.reg !== undefined && row.layout === 'reg5')
              expect(got.reg).toBe(special ? specialRegister(inCode.reg) : 32 + inCode.reg);
            else if (inCode.reg !== undefined) expect(got.reg).toBe(inCode.reg);
            if (inCode.high !== undefined) expect(got.high).toBe(inCode.high);
            expect(word.code & 7).toBe(classes[row.class]);
          }
    });

    test('has a text that shows all of its fields', () => {
      const shown = new Set([...variant.text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]));
      for (const field of ['jt', 'jf', 'k'] as const)
        if (variant[field] === 'atomic') continue;
        else expect(shown.has(field), `${field} in "${variant.text}"`).toBe(variant[field] !== undefined);
      const text = instructionText(encode(mnemonic, variant.bits ^ rows[mnemonic].variants[0]!.bits, {}), 0);
      expect(text).not.toMatch(/[{}]|undefined|\.word/);
    });
  },
);

test('opcodes are unambiguous', () => {
  const seen = new Map<string, string>();
  for (const { mnemonic, variant } of variants)
    for (const signed of variant.signed === true ? [false, true] : [false]) {
      const { code } = encode(mnemonic, variant.bits ^ rows[mnemonic].variants[0]!.bits, { signed });
      const key = code.toString(16);
      expect(seen.get(key), `0x${key} is ${name(mnemonic, variant)} too`).toBeUndefined();
      seen.set(key, name(mnemonic, variant));
    }
  expect(seen.size).toBeGreaterThan(300);
});

test('encode refuses a variant that the row does not have, and fields that do not fit', () => {
  expect(() => encode('ja', 8, {})).toThrow('ja has no variant 0x8');
  expect(() => encode('ldx.imm', 0x18, {})).toThrow('ldx.imm has no variant 0x18');
  expect(() => encode('jeq', 0, { jt: 256 })).toThrow('jt 256');
  expect(() => encode('add', 0, { reg: 64 })).toThrow('reg 64');
  expect(() => encode('exit', 0, { high: 256 })).toThrow('high 256');
});

test('a row that is marked not ready is refused with fault 14', () => {
  const add = decode(encode('add', 0, { k: 1 }))!;
  const refusals = new Refusals();
  checkFields({ ...add, row: { ...add.row, ready: false } }, 7, memoryWords, refusals);
  expect(refusals.all()).toMatchObject([{ code: 'not-ready', fault: 14, pc: 7 }]);
  const ready = new Refusals();
  checkFields(add, 7, memoryWords, ready);
  expect(ready.all()).toEqual([]);
});

const notReady = mnemonics.filter((mnemonic) => !rows[mnemonic].ready);
test.each(notReady)('%s is not ready, and refused with fault 14', (mnemonic) => {
  for (const variant of rows[mnemonic].variants) {
    const word = encode(mnemonic, variant.bits ^ rows[mnemonic].variants[0]!.bits, { jt: 1, k: 1 });
    const refusals = refusalsOf(program([word, encode('exit', 0, {})]));
    expect(refusals).toMatchObject([{ code: 'not-ready', fault: 14, pc: 0 }]);
  }
});

const read = (code: number) => {
  const decoded = decode({ code, jt: 0, jf: 0, k: 0 });
  const refusals = refusalsOf(program([{ code, jt: 0, jf: 0, k: 0 }, encode('exit', 0, {})]));
  return { decoded, refusals };
};

test('every code from 0 to 0xffff decodes, or is refused as unknown; nothing throws', () => {
  let known = 0;
  for (let code = 0; code <= 0xffff; code++) {
    const { decoded, refusals } = read(code);
    if (decoded === undefined) {
      if (refusals[0]?.code !== 'opcode-unknown' || refusals.length !== 1) throw new Error(`0x${code.toString(16)}`);
    } else {
      known++;
      if (refusals.some((refusal) => refusal.code === 'opcode-unknown')) throw new Error(`0x${code.toString(16)}`);
    }
  }
  expect(known).toBeGreaterThan(10000);
});

test('every code that decodes and is let through is what encode makes of its fields', () => {
  let letThrough = 0;
  for (let code = 0; code <= 0xffff; code++) {
    const { decoded, refusals } = read(code);
    if (decoded === undefined || refusals.length > 0) continue;
    letThrough++;
    const { mnemonic, variant, reg, high, signed, row } = decoded;
    const isSpecial = row.class === 'LDX' || row.class === 'STX';
    const fields = { ...(reg < 0 ? {} : { reg: isSpecial ? high : reg % (row.layout === 'reg5' ? 32 : 64) }), signed };
    const inCode = row.layout === 'reg5' ? fields : { ...fields, ...(high > 0 ? { high } : {}) };
    const again = encode(mnemonic, variant.bits ^ row.variants[0]!.bits, inCode);
    if (again.code !== code) throw new Error(`0x${code.toString(16)} is encoded as 0x${again.code.toString(16)}`);
  }
  expect(letThrough).toBeGreaterThan(2000);
});

test.each([
  [0x0126, 0x0100],
  [0x0426, 0x0400],
  [0x0626, 0x0400],
  [0x8046, 0x8000],
  [0x6046, 0x6000],
  [0x4055, 0x4000],
  [0x0166, 0x0100],
  [0x0427, 0x0400],
  [0xfc05, 0xfc00],
  [0x0420, 0],
  [0x0402, 0x0400],
])('in code %i the bits without use are %i', (code, stray) => {
  expect(decode({ code, jt: 0, jf: 0, k: 0 })?.stray).toBe(stray);
});

/** isa.md in numbers, copied by hand: the table could be consistent with itself and wrong. */
test('opcodes are the ones of the specification', () => {
  const first = (mnemonic: Mnemonic) => rows[mnemonic].variants[0]!.bits | classes[rows[mnemonic].class];
  const wanted: Partial<Record<Mnemonic, number>> = {
    'ld.imm': 0x00,
    'ld.rodata': 0x100,
    'ld.abs': 0x20,
    'ld.ind': 0x40,
    'ld.ind_y': 0xc0,
    'ld.mem': 0x60,
    'ld.len': 0x80,
    'ld.caplen': 0x180,
    'ld.seg.abs': 0x220,
    'ld.seg.len': 0x280,
    'ldx.imm': 0x01,
    'ldx.msh': 0xb1,
    'ldx.mshx': 0xf1,
    'st.mem': 0x02,
    'stx.mem': 0x03,
    'st.abs': 0x22,
    'st.ind': 0x42,
    'st.ind_y': 0xc2,
    add: 0x04,
    sub: 0x14,
    mul: 0x24,
    div: 0x34,
    or: 0x44,
    and: 0x54,
    lsh: 0x64,
    rsh: 0x74,
    neg: 0x84,
    mod: 0x94,
    xor: 0xa4,
    mov: 0xb4,
    arsh: 0xc4,
    endian: 0xd4,
    sdiv: 0xe4,
    smod: 0xf4,
    ja: 0x05,
    jeq: 0x15,
    jgt: 0x25,
    jge: 0x35,
    jset: 0x45,
    jtbl: 0x55,
    jsgt: 0x65,
    jsge: 0x75,
    exit: 0x06,
    call: 0x26,
    host: 0x226,
    prolog: 0x46,
    loop: 0x66,
    tax: 0x07,
    txa: 0x87,
    cop: 0x27,
    copx: 0x47,
    literal: 0x0f,
  };
  for (const [mnemonic, code] of Object.entries(wanted)) expect(first(mnemonic as Mnemonic), mnemonic).toBe(code);
  expect(exitClasses).toEqual(['ok', 'next', 'last', 'return', 'error']);
  expect(specials).toEqual(['X', 'Y', 'AS', 'BS', 'CS', 'DS', 'ES']);
  const named = {
    A: 0,
    H: 7,
    W0: 8,
    W17: 25,
    X: 26,
    Y: 27,
    LC0: 28,
    LC3: 31,
    AA: 32,
    HH: 39,
    R0: 40,
    R17: 57,
    V0: 60,
    V3: 63,
  };
  for (const [register, number] of Object.entries(named)) expect(registerNames[number]).toBe(register);
  expect([registerNames[58], registerNames[59]]).toEqual([undefined, undefined]);
});

test('classic codes are those of the kernels, and all are in the table', () => {
  expect(classicCodes.size).toBe(9 + 4 + 2 + 20 + 1 + 1 + 8 + 2 + 2);
  for (const code of classicCodes) expect(decode({ code, jt: 0, jf: 0, k: 0 }), code.toString(16)).toBeDefined();
});
