/**
 * The instruction table: the one list of what BPF64 has. Codec, validator, disassembler and engines read it; what an
 * operation computes stands in `arithmetic.ts` and the engines, which are exhaustive over `Mnemonic`.
 *
 * A row has variants: the bits of `code` that choose it, what its fields hold, and its text. A field that a variant
 * does not name must be 0. In the text, `{reg}` is the register in `code`; `{jt}`, `{jf}` and `{k}` are written by
 * their roles, `{s}` is the S of a load. Texts of two variants never agree, so that the assembler reads by them too.
 */

/** The low three bits of `code`. */
export const classes = { LD: 0, LDX: 1, ST: 2, STX: 3, ALU: 4, JMP: 5, RET: 6, MISC: 7 } as const;
export type Class = keyof typeof classes;

/** What a field of the instruction word holds, beyond a register in `code`. */
export type Role =
  | 'constant' // k: a value, unsigned, or sign-extended with S
  | 'offset' // k: an unsigned byte offset
  | 'literal' // k: a signed byte offset from the instruction
  | 'word' // k: an index into M[]
  | 'register' // jt, jf, k: a register or pseudo-register
  | 'index' // jt: an index register, 0 for the one the mode names
  | 'segment' // jf: a segment number or a selector
  | 'atomic' // jt: 0 for a plain store, or an atomic operation
  | 'jump' // jt, jf: instructions to skip, forward
  | 'target' // k: instructions to skip, signed
  | 'body' // jt: where the body of a loop starts
  | 'bits' // k: 16, 32 or 64
  | 'levels' // jt: loop bodies to leave
  | 'inputs' // jf: of a function
  | 'outputs' // jt: of a function
  | 'import' // k: a host function's number
  | 'table'; // jt: kind and size of a jump table

export interface Variant {
  /** Bits of `code` besides the class, with every field that is not an opcode 0. */
  readonly bits: number;
  readonly text: string;
  readonly jt?: Role | undefined;
  readonly jf?: Role | undefined;
  readonly k?: Role | undefined;
  /** S may be set: it sign-extends what is loaded, or k. */
  readonly signed?: true | undefined;
}

/** How the bits of `code` above the opcode are laid out. */
export type Layout =
  | 'reg5' // 15..11: one of the 64-bit registers, or (LDX, STX) a special one; S 10
  | 'reg6' // 15..10: a register
  | 'class' // 15..8: an exit class
  | 'shift' // 15..11: how far a call shifts the window
  | 'private' // 12..8: private registers of a function
  | 'transfer' // 15..11: a 32-bit register; 10..8: a special one
  | 'table' // 13..8: a register
  | 'length' // 15..8: the low part of a literal's length
  | 'none';

export interface Row {
  readonly class: Class;
  readonly layout: Layout;
  /** How a load or store finds its place; undefined for all else. */
  readonly mode?: AddressMode | undefined;
  readonly variants: readonly Variant[];
  /** Whether validator and engines carry it; one that is not is refused with fault 14. */
  readonly ready: boolean;
  readonly about: string;
}

export const SIZE = { W: 0x00, H: 0x08, B: 0x10, DW: 0x18 } as const;
export type Size = keyof typeof SIZE;
/** By bits 4..3 of `code`. */
export const sizes = ['W', 'H', 'B', 'DW'] as const satisfies readonly Size[];
export const sizeBytes: Readonly<Record<Size, 1 | 2 | 4 | 8>> = { B: 1, H: 2, W: 4, DW: 8 };

export const MODE = {
  IMM: 0x00,
  ABS: 0x20,
  IND: 0x40,
  MEM: 0x60,
  LEN: 0x80,
  MSH: 0xa0,
  IND_Y: 0xc0,
  MSHX: 0xe0,
} as const;
/** Little-endian, or what else a mode makes of it: RODATA for IMM, the captured length for LEN. */
export const L = 0x100;
/** A segment instead of the packet. */
export const SEG = 0x200;
/** S in classes LD to STX, and in ALU and JMP. */
export const S_LOAD = 0x400;
export const S_ALU = 0x200;
/** Three-address form, in ALU and JMP. */
export const XF = 0x100;
/** SRC: the other operand is X (or, by XF, a register) and not k. */
export const SRC_X = 0x08;

/** `jf` of a segment access: from here on the selectors AS..ES, below it a segment's number; what is past them, nothing. */
export const SEGMENT_SELECTORS = 0xfa;
/** Operations of a store to a segment, by `jt`; 0 is none. */
export const atomics = [undefined, 'add', 'or', 'and', 'xor', 'exchange', 'compare-exchange'] as const;
export type Atomic = NonNullable<(typeof atomics)[number]>;
export const EXCHANGE = 5;

type Fields = Omit<Variant, 'bits' | 'text'>;

/** One variant a size, the size's letter put for `:z`. */
const sized = (bits: number, sizes: readonly Size[], text: string, fields: Fields): Variant[] =>
  sizes.map((size) => {
    const { signed, ...rest } = fields;
    return {
      bits: bits | SIZE[size],
      text: text.replace(':z', signed === true && size !== 'DW' ? `:{s}${size}` : `:${size}`),
      ...rest,
      // A full-width load has no sign to extend.
      ...(signed === true && size !== 'DW' ? { signed } : {}),
    };
  });

/** Packet access by one mode, in network order and (L) little-endian. */
const packet = (
  mode: number,
  sizes: readonly Size[],
  place: string,
  wrap: (place: string) => string,
  fields: Fields,
) => [...sized(mode, sizes, wrap(`P[${place}:z]`), fields), ...sized(mode | L, sizes, wrap(`P[${place}:zle]`), fields)];

type Mode = Readonly<Record<string, (load: boolean, sizes: readonly Size[]) => readonly Variant[]>>;
const move = (load: boolean) => (place: string) => (load ? `{reg} = ${place}` : `${place} = {reg}`);
const sign = (load: boolean): Fields => (load ? { signed: true } : {});
const segment = (mode: number, place: string, fields: Fields) => (load: boolean, sizes: readonly Size[]) =>
  sized(mode | SEG, sizes, load ? `{reg} = {jf}[${place}:z]` : `{jf}[${place}:z] {jt} {reg}`, {
    ...fields,
    jf: 'segment',
    k: 'offset',
    ...(load ? sign(load) : { jt: 'atomic' }),
  });

/** The addressing modes, as variants of a load or a store. */
const modes = {
  imm: () => sized(MODE.IMM, ['W'], '{reg} = {k}', { k: 'constant', signed: true }),
  rodata: (_, sizes) => sized(MODE.IMM | L, sizes, '{reg} = C[{jt}{k}:z]', { jt: 'index', k: 'literal', signed: true }),
  abs: (load, sizes) => packet(MODE.ABS, sizes, '{k}', move(load), { k: 'offset', ...sign(load) }),
  ind: (load, sizes) => packet(MODE.IND, sizes, '{jt}+{k}', move(load), { jt: 'index', k: 'offset', ...sign(load) }),
  ind_y: (load, sizes) => packet(MODE.IND_Y, sizes, 'Y+{k}', move(load), { k: 'offset', ...sign(load) }),
  mem: (_, sizes) =>
    sized(MODE.MEM, sizes.includes('DW') ? ['W', 'DW'] : ['W'], '{reg} = M[{k}:z]', { k: 'word', signed: true }),
  'mem.store': (_, sizes) =>
    sized(MODE.IMM, sizes.includes('DW') ? ['W', 'DW'] : ['W'], 'M[{k}:z] = {reg}', { k: 'word' }),
  len: () => sized(MODE.LEN, ['W'], '{reg} = wirelen', {}),
  caplen: () => sized(MODE.LEN | L, ['W'], '{reg} = caplen', {}),
  msh: () => sized(MODE.MSH, ['B'], '{reg} = 4*(P[{k}]&15)', { k: 'offset' }),
  mshx: () => sized(MODE.MSHX, ['B'], '{reg} = 4*(P[{jt}+{k}]&15)', { jt: 'index', k: 'offset' }),
  'seg.abs': segment(MODE.ABS, '{k}', {}),
  'seg.ind': (load, sizes) => segment(MODE.IND, load ? '{jt}+{k}' : 'X+{k}', load ? { jt: 'index' } : {})(load, sizes),
  'seg.ind_y': segment(MODE.IND_Y, 'Y+{k}', {}),
  'seg.len': () => sized(MODE.LEN | SEG, ['W'], '{reg} = {jf}.length', { jf: 'segment' }),
} as const satisfies Mode;

export type AddressMode = keyof typeof modes;

/** LDX and STX move 32 bits at most. */
const specialSizes = ['W', 'H', 'B'] as const;
const memory =
  (cls: 'LD' | 'LDX' | 'ST' | 'STX') =>
  <Ready extends boolean>(mode: AddressMode, ready: Ready, about: string): Row & { readonly ready: Ready } => ({
    class: cls,
    layout: 'reg5',
    mode,
    variants: modes[mode](cls === 'LD' || cls === 'LDX', cls === 'LD' || cls === 'ST' ? sizes : specialSizes),
    ready,
    about,
  });
const LD = memory('LD');
const LDX = memory('LDX');
const ST = memory('ST');
const STX = memory('STX');

/** K and X operate on `reg` in place; by XF the sources are registers that the other fields name. */
const binary = (op: number, symbol: string, about: string): Row & { readonly ready: true } => ({
  class: 'ALU',
  layout: 'reg6',
  variants: [
    { bits: op, text: `{reg} ${symbol}= {k}`, k: 'constant', signed: true },
    { bits: op | SRC_X, text: `{reg} ${symbol}= X` },
    { bits: op | XF, text: `{reg} = {jf} ${symbol} {k}`, jf: 'register', k: 'constant', signed: true },
    { bits: op | XF | SRC_X, text: `{reg} = {jf} ${symbol} {jt}`, jf: 'register', jt: 'register' },
  ],
  ready: true,
  about,
});

const comparison = (op: number, symbol: string, about: string): Row & { readonly ready: true } => ({
  class: 'JMP',
  layout: 'reg6',
  variants: [
    {
      bits: op,
      text: `if {reg} ${symbol} {k} goto {jt} else {jf}`,
      jt: 'jump',
      jf: 'jump',
      k: 'constant',
      signed: true,
    },
    { bits: op | SRC_X, text: `if {reg} ${symbol} X goto {jt} else {jf}`, jt: 'jump', jf: 'jump' },
    {
      bits: op | XF | SRC_X,
      text: `if {reg} ${symbol} {k} goto {jt} else {jf}`,
      jt: 'jump',
      jf: 'jump',
      k: 'register',
    },
  ],
  ready: true,
  about,
});

const ret = <Ready extends boolean>(
  layout: Layout,
  ready: Ready,
  variants: readonly Variant[],
  about: string,
): Row & { readonly ready: Ready } => ({
  class: 'RET',
  layout,
  ready,
  variants,
  about,
});
const misc = <Ready extends boolean>(
  layout: Layout,
  ready: Ready,
  variants: readonly Variant[],
  about: string,
): Row & { readonly ready: Ready } => ({
  ...ret(layout, ready, variants, about),
  class: 'MISC',
});

export const instructions = {
  'ld.imm': LD('imm', true, 'a constant; S sign-extends it to 64 bits'),
  'ld.rodata': LD('rodata', true, 'bytes of a literal, little-endian'),
  'ld.abs': LD('abs', true, 'packet bytes at k'),
  'ld.ind': LD('ind', true, 'packet bytes at an index register + k'),
  'ld.ind_y': LD('ind_y', true, 'packet bytes at Y + k'),
  'ld.mem': LD('mem', true, 'a word of M[]'),
  'ld.len': LD('len', true, 'the length on the wire'),
  'ld.caplen': LD('caplen', true, 'the captured length'),
  'ld.seg.abs': LD('seg.abs', true, 'segment bytes at k'),
  'ld.seg.ind': LD('seg.ind', true, 'segment bytes at an index register + k'),
  'ld.seg.ind_y': LD('seg.ind_y', true, 'segment bytes at Y + k'),
  'ld.seg.len': LD('seg.len', true, "a segment's length"),

  'ldx.imm': LDX('imm', true, 'a constant into a special register'),
  'ldx.rodata': LDX('rodata', true, 'bytes of a literal into a special register'),
  'ldx.abs': LDX('abs', true, 'packet bytes at k into a special register'),
  'ldx.ind': LDX('ind', true, 'packet bytes at an index register + k into a special register'),
  'ldx.ind_y': LDX('ind_y', true, 'packet bytes at Y + k into a special register'),
  'ldx.mem': LDX('mem', true, 'a word of M[] into a special register'),
  'ldx.len': LDX('len', true, 'the length on the wire into a special register'),
  'ldx.caplen': LDX('caplen', true, 'the captured length into a special register'),
  // SPEC: the draft gives MSH to LD too, but only with X as its target, which is what LDX says.
  'ldx.msh': LDX('msh', true, 'the length of the IPv4 header at k'),
  'ldx.mshx': LDX('mshx', true, 'the length of the IPv4 header at an index register + k'),
  'ldx.seg.abs': LDX('seg.abs', true, 'segment bytes at k into a special register'),
  'ldx.seg.ind': LDX('seg.ind', true, 'segment bytes at an index register + k into a special register'),
  'ldx.seg.ind_y': LDX('seg.ind_y', true, 'segment bytes at Y + k into a special register'),
  'ldx.seg.len': LDX('seg.len', true, "a segment's length into a special register"),

  'st.mem': ST('mem.store', true, 'to a word of M[]; W clears its upper half'),
  'st.abs': ST('abs', true, 'to the packet at k'),
  'st.ind': ST('ind', true, 'to the packet at an index register + k'),
  'st.ind_y': ST('ind_y', true, 'to the packet at Y + k'),
  'st.seg.abs': ST('seg.abs', true, 'to a segment at k; jt makes it atomic'),
  'st.seg.ind': ST('seg.ind', true, 'to a segment at X + k; jt makes it atomic'),
  'st.seg.ind_y': ST('seg.ind_y', true, 'to a segment at Y + k; jt makes it atomic'),

  'stx.mem': STX('mem.store', true, 'a special register to a word of M[]'),
  'stx.abs': STX('abs', true, 'a special register to the packet at k'),
  'stx.ind': STX('ind', true, 'a special register to the packet at an index register + k'),
  'stx.ind_y': STX('ind_y', true, 'a special register to the packet at Y + k'),
  'stx.seg.abs': STX('seg.abs', true, 'a special register to a segment at k'),
  'stx.seg.ind': STX('seg.ind', true, 'a special register to a segment at X + k'),
  'stx.seg.ind_y': STX('seg.ind_y', true, 'a special register to a segment at Y + k'),

  add: binary(0x00, '+', 'sum, wrapping'),
  sub: binary(0x10, '-', 'difference, wrapping'),
  mul: binary(0x20, '*', 'product, wrapping'),
  div: binary(0x30, '/', 'unsigned quotient; by zero is fault 4'),
  or: binary(0x40, '|', 'bitwise or'),
  and: binary(0x50, '&', 'bitwise and'),
  lsh: binary(0x60, '<<', 'left shift; by the width or more gives 0'),
  rsh: binary(0x70, '>>', 'logical right shift; by the width or more gives 0'),
  neg: {
    class: 'ALU',
    layout: 'reg6',
    variants: [
      { bits: 0x80, text: 'neg {reg}' },
      { bits: 0x80 | XF, text: '{reg} = neg {jf}', jf: 'register' },
    ],
    ready: true,
    about: 'two’s complement',
  },
  mod: binary(0x90, '%', 'unsigned remainder; by zero is fault 4'),
  xor: binary(0xa0, '^', 'bitwise exclusive or; with the pseudo-register of 64 ones, not'),
  mov: {
    class: 'ALU',
    layout: 'reg6',
    variants: [
      { bits: 0xb0, text: '{reg} := {k}', k: 'constant', signed: true },
      { bits: 0xb0 | SRC_X, text: '{reg} := X' },
      { bits: 0xb0 | XF | SRC_X, text: '{reg} = {jf}', jf: 'register' },
    ],
    ready: true,
    about: 'a copy',
  },
  arsh: binary(0xc0, 's>>', 'arithmetic right shift; by the width or more gives the sign'),
  endian: {
    class: 'ALU',
    layout: 'reg6',
    variants: [
      { bits: 0xd0, text: 'le{k} {reg}', k: 'bits' },
      { bits: 0xd0 | SRC_X, text: 'be{k} {reg}', k: 'bits' },
      { bits: 0xd0 | S_ALU, text: 'swap{k} {reg}', k: 'bits' },
      { bits: 0xd0 | XF, text: '{reg} = le{k} {jf}', jf: 'register', k: 'bits' },
      { bits: 0xd0 | XF | SRC_X, text: '{reg} = be{k} {jf}', jf: 'register', k: 'bits' },
      { bits: 0xd0 | XF | S_ALU, text: '{reg} = swap{k} {jf}', jf: 'register', k: 'bits' },
    ],
    ready: true,
    about: 'the low k bits: as they are (little-endian), or with their bytes swapped',
  },
  sdiv: binary(0xe0, 's/', 'signed quotient, toward zero; by zero is fault 4'),
  smod: binary(0xf0, 's%', "signed remainder, the dividend's sign; by zero is fault 4"),

  ja: {
    class: 'JMP',
    layout: 'none',
    variants: [{ bits: 0x00, text: 'goto {k}', k: 'target' }],
    ready: true,
    about: 'a jump; backward through the door',
  },
  jeq: comparison(0x10, '==', 'equal'),
  jgt: comparison(0x20, '>', 'greater, unsigned'),
  jge: comparison(0x30, '>=', 'greater or equal, unsigned'),
  jset: comparison(0x40, '&', 'any bit in common'),
  jtbl: {
    class: 'JMP',
    layout: 'table',
    variants: [
      { bits: 0x50, text: 'switch {reg}:{jt} {k}', jt: 'table', k: 'constant' },
      { bits: 0x50 | SRC_X, text: 'switch X:{jt} {k}', jt: 'table', k: 'constant' },
    ],
    ready: true,
    about: 'a jump table; its literal follows',
  },
  jsgt: comparison(0x60, 's>', 'greater, signed'),
  jsge: comparison(0x70, 's>=', 'greater or equal, signed'),

  exit: ret(
    'class',
    true,
    [
      { bits: 0x00, text: 'exit{class} {k}{jt}', jt: 'levels', k: 'constant' },
      { bits: 0x08, text: 'exit{class} X{jt}', jt: 'levels' },
      { bits: 0x10, text: 'exit{class} A{jt}', jt: 'levels' },
    ],
    'leaves a body, a function, or the program',
  ),
  call: ret('shift', true, [{ bits: 0x20, text: 'call {k}{shift}', k: 'target' }], 'calls a function, backward'),
  host: ret('shift', true, [{ bits: 0x220, text: 'host {k}{shift}', k: 'import' }], 'calls a host function'),
  prolog: ret(
    'private',
    true,
    [{ bits: 0x40, text: 'prolog in={jf} private={private} out={jt}', jt: 'outputs', jf: 'inputs' }],
    'opens the window of a function',
  ),
  loop: ret(
    'none',
    true,
    [
      { bits: 0x60, text: 'loop {k} {jt}', jt: 'body', k: 'constant' },
      { bits: 0x68, text: 'loop X {jt}', jt: 'body' },
      { bits: 0x70, text: 'loop AA {jt}', jt: 'body' },
    ],
    'runs a body so many times',
  ),

  tax: misc('transfer', true, [{ bits: 0x00, text: '{special} <- {reg}' }], 'to a special register'),
  txa: misc('transfer', true, [{ bits: 0x80, text: '{reg} <- {special}' }], 'from a special register'),
  cop: misc('none', true, [{ bits: 0x20, text: 'cop {k}', k: 'import' }], "calls the host's coprocessor"),
  copx: misc('none', true, [{ bits: 0x40, text: 'cop X' }], "calls the host's coprocessor by X"),
  literal: misc(
    'length',
    true,
    [0x08, 0x18, 0x28, 0x38].map((bits) => ({ bits, text: 'literal' })),
    'data between instructions; skipped',
  ),
  'literal.long': misc(
    'length',
    true,
    [0xe0, 0xe8, 0xf0, 0xf8].map((bits) => ({ bits, text: 'literal' })),
    'data between instructions, with a length of 26 bits; skipped',
  ),
} as const satisfies Readonly<Record<string, Row>>;

export type Mnemonic = keyof typeof instructions;
/** The rows that validator and engines carry: an engine is exhaustive over these. */
export type ReadyMnemonic = {
  [M in Mnemonic]: (typeof instructions)[M]['ready'] extends true ? M : never;
}[Mnemonic];

export const mnemonics = Object.keys(instructions) as readonly Mnemonic[];

/**
 * The table with plain row types, for code that loops over it. Rows and variants have every field here, absent ones too:
 * each stage of a load reads them of each instruction, and objects of one form are read fastest.
 */
export const rows = Object.fromEntries(
  mnemonics.map((mnemonic) => [mnemonic, whole(instructions[mnemonic])]),
) as Readonly<Record<Mnemonic, Row>>;

function whole({ class: cls, layout, mode, variants, ready, about }: Row): Row {
  const all = variants.map(({ bits, text, jt, jf, k, signed }) => ({ bits, text, jt, jf, k, signed }));
  return { class: cls, layout, mode, variants: all, ready, about };
}

/** Exit classes, by number. */
export const exitClasses = ['ok', 'next', 'last', 'return', 'error'] as const;
export type ExitClass = (typeof exitClasses)[number];

/** The instructions of classic BPF, as (mnemonic, `code`): what the strict classic validator lets through. */
export const classicCodes: ReadonlySet<number> = new Set([
  ...[0x00, 0x20, 0x28, 0x30, 0x40, 0x48, 0x50, 0x60, 0x80], // ld: imm, abs W H B, ind W H B, mem, len
  ...[0x01, 0x61, 0x81, 0xb1], // ldx: imm, mem, len, msh
  ...[0x02, 0x03], // st, stx
  ...[0x0, 0x1, 0x2, 0x3, 0x4, 0x5, 0x6, 0x7, 0x9, 0xa].flatMap((op) => [(op << 4) | 4, (op << 4) | 0xc]), // alu
  0x84, // neg
  0x05, // ja
  ...[1, 2, 3, 4].flatMap((op) => [(op << 4) | 5, (op << 4) | 0xd]), // jeq, jgt, jge, jset
  ...[0x06, 0x16], // ret k, ret a
  ...[0x07, 0x87], // tax, txa
]);
