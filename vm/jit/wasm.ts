/**
 * WebAssembly's binary format (the core specification's chapter 5), as far as this engine writes it. Knows nothing of
 * BPF64.
 */
import * as event from './locals.ts';

export const I32 = 0x7f;
export const I64 = 0x7e;
export const F64 = 0x7c;
export const V128 = 0x7b;
export type ValueType = typeof I32 | typeof I64 | typeof F64 | typeof V128;
const VOID = 0x40;

/** Opcodes by their names in the specification, dots as underscores. */
export const op = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  br_if: 0x0d,
  br_table: 0x0e,
  return: 0x0f,
  call: 0x10,
  drop: 0x1a,
  select: 0x1b,
  local_get: 0x20,
  local_set: 0x21,
  local_tee: 0x22,
  i32_load: 0x28,
  i64_load: 0x29,
  i32_load8_s: 0x2c,
  i32_load8_u: 0x2d,
  i32_load16_s: 0x2e,
  i32_load16_u: 0x2f,
  i32_store: 0x36,
  i64_store: 0x37,
  i32_store8: 0x3a,
  i32_store16: 0x3b,
  i32_const: 0x41,
  i64_const: 0x42,
  f64_const: 0x44,
  i32_eqz: 0x45,
  i32_eq: 0x46,
  i32_ne: 0x47,
  i32_lt_s: 0x48,
  i32_lt_u: 0x49,
  i32_gt_s: 0x4a,
  i32_gt_u: 0x4b,
  i32_le_s: 0x4c,
  i32_le_u: 0x4d,
  i32_ge_s: 0x4e,
  i32_ge_u: 0x4f,
  i64_eqz: 0x50,
  i64_eq: 0x51,
  i64_ne: 0x52,
  i64_lt_s: 0x53,
  i64_lt_u: 0x54,
  i64_gt_s: 0x55,
  i64_gt_u: 0x56,
  i64_le_s: 0x57,
  i64_le_u: 0x58,
  i64_ge_s: 0x59,
  i64_ge_u: 0x5a,
  f64_lt: 0x63,
  i32_ctz: 0x68,
  i32_add: 0x6a,
  i32_sub: 0x6b,
  i32_mul: 0x6c,
  i32_div_s: 0x6d,
  i32_div_u: 0x6e,
  i32_rem_s: 0x6f,
  i32_rem_u: 0x70,
  i32_and: 0x71,
  i32_or: 0x72,
  i32_xor: 0x73,
  i32_shl: 0x74,
  i32_shr_s: 0x75,
  i32_shr_u: 0x76,
  i32_rotl: 0x77,
  i64_add: 0x7c,
  i64_sub: 0x7d,
  i64_mul: 0x7e,
  i64_div_s: 0x7f,
  i64_div_u: 0x80,
  i64_rem_s: 0x81,
  i64_rem_u: 0x82,
  i64_and: 0x83,
  i64_or: 0x84,
  i64_xor: 0x85,
  i64_shl: 0x86,
  i64_shr_s: 0x87,
  i64_shr_u: 0x88,
  i64_rotl: 0x89,
  f64_add: 0xa0,
  f64_sub: 0xa1,
  f64_mul: 0xa2,
  f64_max: 0xa5,
  i32_wrap_i64: 0xa7,
  i64_extend_i32_s: 0xac,
  i64_extend_i32_u: 0xad,
  f64_convert_i32_u: 0xb8,
  i32_extend8_s: 0xc0,
  i32_extend16_s: 0xc1,
  i64_extend32_s: 0xc4,
} as const;
export type Opcode = (typeof op)[keyof typeof op];

/** Opcodes of 128-bit vectors, which stand behind a prefix. */
const vector = {
  load: 0x00,
  const: 0x0c,
  i8x16_eq: 0x23,
  and: 0x4e,
  any_true: 0x53,
  i8x16_bitmask: 0x64,
} as const;
const VECTOR_PREFIX = 0xfd;

/** An integer of 32 bits, unsigned, in LEB128. */
function unsigned(out: number[], value: number): void {
  let rest = value >>> 0;
  while (rest > 0x7f) {
    out.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  out.push(rest);
}

/** An integer of 32 bits, signed. */
function signed(out: number[], value: number): void {
  let rest = value | 0;
  while (rest < -0x40 || rest > 0x3f) {
    out.push((rest & 0x7f) | 0x80);
    rest >>= 7;
  }
  out.push(rest & 0x7f);
}

function signed64(out: number[], value: bigint): void {
  let rest = BigInt.asIntN(64, value);
  while (rest < -0x40n || rest > 0x3fn) {
    out.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  out.push(Number(rest & 0x7fn));
}

/** A block, loop or if that is open, to branch to: how many were open around it. */
export type Label = number;

/** One function as it is written: its locals and its code. */
export class FunctionBody {
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
  readonly #locals: ValueType[] = [];
  /** The code, but for what is done with locals. */
  readonly #out: number[] = [];
  /** Instructions in it, by event that they stand in front of. */
  readonly #counts: number[] = [];
  readonly #events = {
    kinds: [] as number[],
    values: [] as number[],
    places: [] as number[],
    marks: [] as number[],
    tables: [] as (readonly number[])[],
  };
  /** Blocks that are open, by the events that opened them. */
  readonly #open: number[] = [];
  /** By event, 1 in what is written once. */
  readonly #once: number[] = [];
  #isOnce = false;
  #count = 0;
  /** By the event that opens a loop, instructions in it. */
  readonly #loops = new Map<number, number>();

  constructor(parameters: readonly ValueType[], results: readonly ValueType[]) {
    this.parameters = parameters;
    this.results = results;
  }

  /** A new local, 0 when the function begins; parameters are the first. */
  local(type: ValueType): number {
    this.#locals.push(type);
    return this.parameters.length + this.#locals.length - 1;
  }

  op(...opcodes: readonly Opcode[]): this {
    for (const opcode of opcodes) this.#out.push(opcode);
    this.#count += opcodes.length;
    return this;
  }

  get(local: number): this {
    return this.#note(event.GET, local);
  }

  /** `mark`: what the value is computed by since then may be left out if nothing reads the local. */
  set(local: number, mark = -1): this {
    return this.#note(event.SET, local, mark);
  }

  tee(local: number): this {
    return this.#note(event.TEE, local);
  }

  /** Begins a value that a `set` takes. */
  mark(): number {
    return this.#note(event.MARK, 0).position;
  }

  call(index: number): this {
    return this.#indexed(op.call, index);
  }

  /** Taken modulo 2^32. */
  i32(value: number): this {
    this.#count++;
    this.#out.push(op.i32_const);
    signed(this.#out, value);
    return this;
  }

  /** Taken modulo 2^64. */
  i64(value: bigint | number): this {
    this.#count++;
    this.#out.push(op.i64_const);
    if (typeof value === 'number' && value === (value | 0)) signed(this.#out, value);
    else signed64(this.#out, BigInt(value));
    return this;
  }

  f64(value: number): this {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat64(0, value, true);
    this.#count++;
    this.#out.push(op.f64_const, ...bytes);
    return this;
  }

  /** A load or a store, of which nothing is known to be aligned. The offset is added to the address without wrapping. */
  memory(opcode: Opcode, offset: number): this {
    this.#count++;
    this.#out.push(opcode, 0);
    unsigned(this.#out, offset);
    return this;
  }

  /** Operations of 128-bit vectors that take nothing but the stack. */
  vector(...names: readonly Exclude<keyof typeof vector, 'load' | 'const'>[]): this {
    for (const name of names) this.#out.push(VECTOR_PREFIX, vector[name]);
    return this;
  }

  /** Loads 16 bytes, wherever they are. */
  vectorLoad(offset: number): this {
    this.#out.push(VECTOR_PREFIX, vector.load, 0);
    unsigned(this.#out, offset);
    return this;
  }

  /** The same byte 16 times. */
  splat(byte: number): this {
    this.#out.push(VECTOR_PREFIX, vector.const, ...Array.from({ length: 16 }, () => byte));
    return this;
  }

  /** Opens a block, loop or if that leaves nothing on the stack, or one value. */
  open(kind: 'block' | 'loop' | 'if', result: ValueType | typeof VOID = VOID): Label {
    this.#note(opens[kind], 0);
    this.#count++;
    this.#out.push(op[kind], result);
    return this.#open.push(this.#events.kinds.length - 1) - 1;
  }

  else(): this {
    return this.#note(event.ELSE, 0).op(op.else);
  }

  /** Closes what was opened last. */
  close(): this {
    return this.#note(event.END, this.#open.pop()!).op(op.end);
  }

  br(label: Label): this {
    return this.#note(event.BR, label).#indexed(op.br, this.#open.length - 1 - label);
  }

  /**
   * Nothing is on the stack for the label. Forward it is an `if` around a branch: at a `br_if`, Liftoff gives each local
   * that is compared a register of its own first, whether the branch is taken or not.
   */
  brIf(label: Label): this {
    if (this.#events.kinds[this.#open[label]!] !== event.LOOP) {
      this.open('if');
      return this.br(label).close();
    }
    return this.#note(event.BR_IF, label).#indexed(op.br_if, this.#open.length - 1 - label);
  }

  /** Writes what a loop runs once, as it is left: it does not count among its instructions. */
  once(write: () => void): this {
    const count = this.#count;
    this.#isOnce = true;
    write();
    this.#isOnce = false;
    this.#count = count;
    return this;
  }

  brTable(labels: readonly Label[], otherwise: Label): this {
    this.#note(event.BR_TABLE, this.#events.tables.push([...labels, otherwise]) - 1);
    this.#indexed(op.br_table, labels.length);
    for (const label of [...labels, otherwise]) unsigned(this.#out, this.#open.length - 1 - label);
    return this;
  }

  /** Where it has come to, counted in what was done with locals and control. */
  get position(): number {
    return this.#events.kinds.length - 1;
  }

  /** Instructions in a loop, by its position when it had been opened; known once `finish` has been called. */
  instructionsIn(loop: number): number {
    return this.#loops.get(loop)!;
  }

  /** As it stands in the code section: what comes before the code, and the code. Nothing more can be written. */
  finish(): readonly [head: readonly number[], code: readonly number[]] {
    const types = [...this.parameters, ...this.#locals];
    const { fates, renamed, types: locals } = event.allocate(this.#events, types, this.parameters.length);
    const groups: [number, ValueType][] = [];
    for (const type of locals) {
      const last = groups.at(-1);
      if (last?.[1] === type) last[0]++;
      else groups.push([1, type]);
    }
    const head = leb(groups.length);
    for (const [count, type] of groups) {
      unsigned(head, count);
      head.push(type);
    }
    const code = this.#settled(fates, renamed);
    code.push(op.end);
    return [[...leb(head.length + code.length), ...head], code];
  }

  /** The code, with what is left to do with locals. */
  #settled(fates: Uint8Array, renamed: Int32Array): number[] {
    const { kinds, values, places } = this.#events;
    const out: number[] = [];
    let [done, count, total] = [0, 0, 0];
    const upTo = (place: number, counted: number, isDead: boolean): void => {
      if (!isDead) {
        for (let at = done; at < place; at++) out.push(this.#out[at]!);
        total += counted - count;
      }
      [done, count] = [place, counted];
    };
    for (let at = 0; at < kinds.length; at++) {
      const [kind, value, fate] = [kinds[at]!, values[at]!, fates[at]!];
      upTo(places[at]!, this.#counts[at]!, fate === event.DEAD);
      if (kind === event.LOOP) this.#loops.set(at, total);
      else if (kind === event.END && kinds[value] === event.LOOP)
        this.#loops.set(value, total - this.#loops.get(value)!);
      if (kind > event.TEE || fate >= event.GONE) continue;
      if (this.#once[at] === 0) total++;
      if (fate === event.DROPPED) out.push(op.drop);
      else {
        out.push(fate === event.TEED ? op.local_tee : accesses[kind]!);
        unsigned(out, renamed[value]!);
      }
    }
    upTo(this.#out.length, this.#count, false);
    return out;
  }

  #note(kind: number, value: number, mark = -1): this {
    const { kinds, values, places, marks } = this.#events;
    kinds.push(kind);
    values.push(value);
    places.push(this.#out.length);
    marks.push(mark);
    this.#counts.push(this.#count);
    this.#once.push(this.#isOnce ? 1 : 0);
    return this;
  }

  #indexed(opcode: Opcode, index: number): this {
    this.#count++;
    this.#out.push(opcode);
    unsigned(this.#out, index);
    return this;
  }
}

const opens = { block: event.BLOCK, loop: event.LOOP, if: event.IF } as const;
const accesses = [op.local_get, op.local_set, op.local_tee] as const;

export interface FunctionType {
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** A module that imports one memory and functions, all from the module "m", and exports functions by name. */
export class ModuleBuilder {
  readonly #types: FunctionType[] = [];
  /** The entries of the sections. */
  readonly #typeBytes: number[] = [];
  readonly #imports: number[] = [];
  readonly #functions: number[] = [];
  readonly #exports: number[] = [];
  readonly #code: (readonly number[])[] = [];
  #importCount = 0;
  #functionCount = 0;
  #exportCount = 0;

  /** The memory is called "memory". */
  constructor() {
    text(this.#imports, 'm');
    text(this.#imports, 'memory');
    this.#imports.push(2, 0, 0);
  }

  /** All imports come before the first `add`; the number is what `call` takes. */
  import(name: string, type: FunctionType): number {
    text(this.#imports, 'm');
    text(this.#imports, name);
    this.#imports.push(0);
    unsigned(this.#imports, this.#type(type));
    return this.#importCount++;
  }

  /** Adds a function, whose code is complete; exported if it has a name. */
  add(body: FunctionBody, name?: string): number {
    const index = this.#importCount + this.#functionCount++;
    unsigned(this.#functions, this.#type(body));
    this.#code.push(...body.finish());
    if (name !== undefined) {
      this.#exportCount++;
      text(this.#exports, name);
      this.#exports.push(0);
      unsigned(this.#exports, index);
    }
    return index;
  }

  /** The module's bytes. */
  bytes(): Uint8Array<ArrayBuffer> {
    const parts: (readonly number[])[] = [[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]];
    const section = (id: number, count: number, ...entries: readonly (readonly number[])[]): void => {
      const head = leb(count);
      parts.push([id, ...leb(sizeOf(entries) + head.length), ...head], ...entries);
    };
    section(1, this.#types.length, this.#typeBytes);
    section(2, 1 + this.#importCount, this.#imports);
    section(3, this.#functionCount, this.#functions);
    section(7, this.#exportCount, this.#exports);
    section(10, this.#functionCount, ...this.#code);
    const out = new Uint8Array(sizeOf(parts));
    let at = 0;
    for (const part of parts) {
      out.set(part, at);
      at += part.length;
    }
    return out;
  }

  #type(type: FunctionType): number {
    const { parameters, results } = type;
    const known = this.#types.findIndex(
      (other) => isSame(other.parameters, parameters) && isSame(other.results, results),
    );
    if (known >= 0) return known;
    const out = this.#typeBytes;
    out.push(0x60);
    for (const types of [parameters, results]) {
      unsigned(out, types.length);
      for (const one of types) out.push(one);
    }
    return this.#types.push(type) - 1;
  }
}

const isSame = (a: readonly ValueType[], b: readonly ValueType[]): boolean =>
  a.length === b.length && a.every((type, at) => type === b[at]);

const sizeOf = (parts: readonly (readonly number[])[]): number => parts.reduce((size, part) => size + part.length, 0);

function leb(value: number): number[] {
  const out: number[] = [];
  unsigned(out, value);
  return out;
}

/** Names are ASCII. */
function text(out: number[], name: string): void {
  unsigned(out, name.length);
  for (let at = 0; at < name.length; at++) out.push(name.charCodeAt(at));
}
