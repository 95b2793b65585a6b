/**
 * The code generator's verbs: what the walks over expressions and statements ask for. They alone know how values lie
 * in registers and which instruction moves, tests or stores them.
 */
import type { AluOperation } from '../../vm/isa/arithmetic.ts';
import { L, MODE, SIZE, SRC_X, XF } from '../../vm/isa/instructions.ts';
import { AA } from '../../vm/isa/registers.ts';
import { Address } from '../check/address.ts';
import type { ConstantValue, Expression, Local, Target } from '../check/tree.ts';
import { ADDRESS, HEADER, has, INTEGER, isOnly, PAYLOAD, type Type } from '../check/types.ts';
import type { Span } from '../diagnostics.ts';
import { Emitter, type Label, type Test } from './emitter.ts';
import { type Fact, type FactName, type Facts, noFacts, withFact, withoutBytes, withoutReads } from './facts.ts';
import { Kept } from './kept.ts';
import {
  ADDRESS_TAG,
  FALSE_CODE,
  type Held,
  INTEGER_TAG,
  isCoded,
  laidOut,
  moved,
  NIL_CODE,
  type Operand,
  type Place,
  pairOf,
  placesOf,
  STRING_TAG,
  shapeOf,
  TRUE_CODE,
  tagOf,
} from './operand.ts';
import { Region } from './region.ts';
import type { Registers } from './registers.ts';
import { Repeats } from './repeats.ts';
import { type Term, Terms } from './terms.ts';
import type { Unit } from './unit.ts';

/** The 32-bit twin of a register. */
export const low = (register: number): number => register & 31;

/** Whether an instruction's k can carry a 64-bit constant, and whether S must extend it. */
export function immediate(value: bigint): { k: number; signed: boolean } | undefined {
  if (value >= 0n && value <= 0xffffffffn) return { k: Number(value), signed: false };
  if (value < 0n && value >= -0x80000000n) return { k: Number(value), signed: true };
  return undefined;
}

/** The two words of 128 bits, as constants of registers. */
export const halvesOf = (bits: bigint): { readonly high: bigint; readonly low: bigint } => ({
  high: BigInt.asIntN(64, bits >> 64n),
  low: BigInt.asIntN(64, bits),
});

/** The low half of what may be an address; undefined where there is none. */
export function lowOf(operand: Operand): bigint | Place | undefined {
  if (operand.kind !== 'constant') return operand.low;
  return operand.value instanceof Address ? halvesOf(operand.value.bits).low : undefined;
}

/** What a `return` does: end the run with a verdict, leave a function, or go on behind a body that is inlined. */
export type Returning =
  | { readonly kind: 'verdict' }
  | { readonly kind: 'function'; readonly results: readonly Type[] }
  | {
      readonly kind: 'inline';
      readonly results: readonly Operand[];
      readonly done: Label;
      /** What is known at every `return` so far. */
      facts: Facts | undefined;
      /** Of the code around it. */
      readonly outer: Returning;
    };

/** A loop that is being written. */
export interface Loop {
  /** Where its `break`s go; undefined for one whose body only an EXIT leaves. */
  readonly done: Label | undefined;
  breaks: boolean;
}

/** A place that `goto`s lead to. */
export interface Landing {
  readonly label: Label;
  /** Loop bodies around it. */
  readonly depth: number;
  /** What is known wherever control comes from, as far as that has been written. */
  facts: Facts | undefined;
}

export class Generator {
  readonly emit: Emitter;
  readonly registers: Registers;
  readonly unit: Unit;
  /** Where the values of locals are; of one that is never read, nowhere. */
  readonly locals = new Map<Local, Operand>();
  readonly landings = new Map<Target, Landing>();
  /** For `goto`s that leave loop bodies: the register that says where to, and the numbers of the places. */
  readonly pending = new Map<Target, { readonly register: number; readonly number: bigint }>();
  readonly loops: Loop[] = [];
  returning: Returning;
  /** Headers and loads that are known here. */
  facts: Facts = noFacts;
  readonly kept: Kept;
  readonly repeats: Repeats;
  readonly terms = new Terms();
  /** The function, or the loop body, that is being written. */
  region: Region;

  constructor(
    { span, file }: { span: Span; file: number },
    unit: Unit,
    registers: Registers,
    returning: Returning,
    repeats = new Repeats(),
  ) {
    this.emit = new Emitter(span, file);
    this.unit = unit;
    this.registers = registers;
    this.kept = new Kept(registers, repeats);
    this.repeats = repeats;
    this.returning = returning;
    this.region = new Region(this.emit, unit, 0);
    // PROLOG's place: `finish` says how many registers.
    this.emit.op('prolog', 0, {});
  }

  // Places

  take(): Place & { kind: 'register' } {
    return { kind: 'register', register: this.registers.take(), owned: true };
  }

  release(operand: Operand): void {
    for (const place of placesOf(operand)) if (place.owned) this.registers.release(place);
  }

  /** The register that holds a place's word, loaded if need be. The result takes over what `place` owns. */
  inRegister(place: Place): Place & { kind: 'register' } {
    if (place.kind === 'register') return place;
    const to = this.take();
    this.emit.op('ld.mem', SIZE.DW, { reg: to.register, k: place.word });
    if (place.owned) this.registers.release(place);
    return to;
  }

  /**
   * Makes an operand last while others are computed, or what `next` is: it goes out of AA, and into M[] where few
   * registers are left.
   */
  park(operand: Operand, next?: Expression): Operand {
    // Neither of these takes any code.
    const mayStay = next?.kind === 'constant' || next?.kind === 'local';
    return moved(operand, (place) => this.#parked(place, mayStay));
  }

  #parked(place: Place, mayStay: boolean): Place {
    if (place.kind === 'memory' || !place.owned) return place;
    if (this.registers.isTight) this.kept.spare();
    if (this.registers.isTight) {
      const word = this.registers.word();
      this.emit.op('st.mem', SIZE.DW, { reg: place.register, k: word });
      this.registers.release(place);
      return { kind: 'memory', word, owned: true };
    }
    if (place.register !== AA || mayStay) return place;
    const to = this.take();
    this.move(to.register, AA, true);
    return to;
  }

  /** Adds a constant to a word that stays where it is. */
  advance(place: Place, by: bigint): void {
    const at = this.inRegister({ ...place, owned: false });
    this.alu('add', at.register, at.register, by, true);
    if (place.kind === 'register') return;
    this.emit.op('st.mem', SIZE.DW, { reg: at.register, k: place.word });
    this.registers.release(at);
  }

  // Constants and moves

  /** What stands in a register for a constant: the integer, an address's high half, the number of a string, or the code. */
  wordOf(value: ConstantValue): bigint {
    if (typeof value === 'bigint') return value;
    if (value instanceof Address) return halvesOf(value.bits).high;
    return typeof value === 'string' ? BigInt(this.unit.textNumber(value)) : this.codeOf(value);
  }

  /** The tag of a constant in a pair. */
  codeOf(value: ConstantValue): bigint {
    if (value === null) return BigInt(NIL_CODE);
    if (typeof value === 'boolean') return BigInt(value ? TRUE_CODE : FALSE_CODE);
    if (value instanceof Address) return BigInt(ADDRESS_TAG);
    return BigInt(typeof value === 'string' ? STRING_TAG : INTEGER_TAG);
  }

  /** Puts a constant into a register. */
  constant(register: number, value: bigint): void {
    const short = immediate(value);
    if (short !== undefined) {
      this.emit.op('ld.imm', MODE.IMM, { reg: register, ...short });
      return;
    }
    this.emit.op('ld.imm', MODE.IMM, { reg: register, k: Number(value >> 32n), signed: true });
    this.emit.op('lsh', 0, { reg: register, k: 32 });
    const rest = Number(value & 0xffffffffn);
    if (rest !== 0) this.emit.op('or', 0, { reg: register, k: rest });
  }

  move(to: number, from: number, wide: boolean): void {
    if (to === from) return;
    this.emit.op('mov', XF | SRC_X, wide ? { reg: to, jf: from } : { reg: low(to), jf: low(from) });
  }

  /** A register with the value of a plain operand or constant; owned by the result if it was, or if it is new. */
  register(operand: Operand): Place & { kind: 'register' } {
    if (operand.kind === 'pair') throw new TypeError('a pair has no single register');
    if (operand.kind === 'plain') return this.inRegister(operand.at);
    const to = this.take();
    this.constant(to.register, this.wordOf(operand.value));
    return to;
  }

  /** The same, for a register that is to be an index: AA, whose number says that there is none, cannot be one. */
  index(operand: Operand): Place & { kind: 'register' } {
    const at = this.register(operand);
    if (at.register !== AA) return at;
    const to = this.take();
    this.move(to.register, AA, true);
    return to;
  }

  // Variables

  /** A place for a value of this type that lives as long as its scope. */
  storage(type: Type): Held {
    return laidOut(type, () => this.place());
  }

  pairStorage(type: Type): Operand & { kind: 'pair' } {
    return pairOf(type, () => this.place());
  }

  /** A place for one word of it. */
  place(): Place {
    if (!this.registers.roomy) this.kept.spare();
    return this.registers.roomy
      ? { ...this.take(), owned: false }
      : { kind: 'memory', word: this.registers.word(), owned: false };
  }

  /** Says where a local's value is from here on; `term` is what it is for good, if that is known. */
  bind(local: Local, operand: Operand, term?: Term): void {
    this.locals.set(local, operand);
    this.changed(new Set([local]));
    this.terms.bind(local, term);
  }

  /** What loads have given at places that these locals say is not what is there now. */
  changed(locals: ReadonlySet<Local>): void {
    this.facts = withoutReads(this.facts, locals);
  }

  // What is known

  /** Makes temporaries of a fact: they stay taken until the fact is dropped. */
  learn(name: FactName, words: readonly Place[], reads: readonly Local[] = []): Fact {
    const places = words.map((word): Place => {
      if (word.kind === 'memory') return { ...word, owned: false };
      if (!this.registers.roomy) this.kept.spare();
      if (this.registers.roomy) return { ...word, owned: false };
      const memory = { kind: 'memory', word: this.registers.word(), owned: false } as const;
      this.emit.op('st.mem', SIZE.DW, { reg: word.register, k: memory.word });
      this.registers.release(word);
      return memory;
    });
    return this.#know({ name, words: places, reads });
  }

  /** Remembers what a load has given, and keeps it where that is worth it; the register it is in then. */
  learnLoad(
    name: FactName,
    load: { number: number; reads: readonly Local[] },
    at: Place & { kind: 'register' },
  ): Place & { kind: 'register' } {
    const kept = { ...at, owned: false };
    // Where registers are few, the packet is as near as M[].
    const isKept = this.repeats.isRepeated(load.number) && at.owned && this.registers.roomy;
    const { number, reads } = load;
    const fact = this.#know({ name, words: isKept ? [kept] : [], reads, load: { number } });
    if (isKept) this.kept.pin(fact);
    return isKept ? kept : at;
  }

  #know(fact: Fact): Fact {
    if (fact.words.length > 0) this.kept.add(fact);
    this.facts = withFact(this.facts, fact);
    return fact;
  }

  /** Frees what was known on paths that have ended, and loads that nothing asks for any more. */
  forget(): void {
    const here: (Facts | undefined)[] = [this.facts];
    for (const { facts } of this.landings.values()) here.push(facts);
    for (let at: Returning | undefined = this.returning; at?.kind === 'inline'; at = at.outer) here.push(at.facts);
    this.kept.forget(here);
  }

  freeStorage(storage: Operand): void {
    for (const place of placesOf(storage)) this.registers.release(place);
  }

  /** Writes an operand to a storage whose type includes its own; releases the operand. */
  store(storage: Operand, operand: Operand): void {
    if (storage.kind === 'constant') throw new TypeError('a constant is no storage');
    const low = lowOf(operand);
    if (storage.low !== undefined && low !== undefined) this.#writeWord(storage.low, low);
    if (storage.kind === 'plain') this.#writePlain(storage.at, operand);
    else this.#writePair(storage.tag, storage.at, operand);
    this.release(operand);
  }

  #write(to: Place, word: bigint | Place): void {
    if (typeof word === 'bigint') {
      if (to.kind === 'register') return this.constant(to.register, word);
      const scratch = this.take();
      this.constant(scratch.register, word);
      this.#write(to, scratch);
      return this.registers.release(scratch);
    }
    if (to.kind === 'register') {
      if (word.kind === 'register') this.move(to.register, word.register, true);
      else this.emit.op('ld.mem', SIZE.DW, { reg: to.register, k: word.word });
      return;
    }
    const from = this.inRegister({ ...word, owned: false });
    this.emit.op('st.mem', SIZE.DW, { reg: from.register, k: to.word });
    if (from.owned) this.registers.release(from);
  }

  /** The same; a temporary that the last instruction has made is made where it is wanted. */
  #writeWord(to: Place, word: bigint | Place): void {
    if (typeof word !== 'bigint' && to.kind === 'register' && word.kind === 'register' && word.owned)
      if (this.emit.retarget(word.register, to.register)) return;
    this.#write(to, word);
  }

  #writePlain(to: Place, operand: Operand): void {
    if (operand.kind !== 'pair')
      return this.#writeWord(to, operand.kind === 'constant' ? this.wordOf(operand.value) : operand.at);
    if (isOnly(operand.type, PAYLOAD)) return this.#write(to, operand.at);
    // A pair that flow has narrowed to what can be coded.
    const done = this.emit.label();
    const value = this.emit.label();
    this.#write(to, operand.tag);
    this.branchCoded(operand.tag, TRUE_CODE, done, value);
    this.emit.place(value);
    this.#write(to, operand.at);
    this.emit.place(done);
  }

  #writePair(tag: Place, at: Place, operand: Operand): void {
    if (operand.kind === 'pair') {
      this.#write(tag, operand.tag);
      return this.#write(at, operand.at);
    }
    if (operand.kind === 'constant') {
      const { value } = operand;
      const hasPayload = typeof value === 'bigint' || typeof value === 'string' || value instanceof Address;
      this.#write(tag, this.codeOf(value));
      return hasPayload ? this.#write(at, this.wordOf(value)) : undefined;
    }
    const payload = BigInt(tagOf(operand.type));
    if (!isCoded(operand.type)) {
      this.#write(tag, payload);
      return this.#write(at, operand.at);
    }
    const done = this.emit.label();
    const value = this.emit.label();
    this.#write(tag, operand.at);
    if (!has(operand.type, PAYLOAD)) return;
    this.branchCoded(operand.at, TRUE_CODE, done, value);
    this.emit.place(value);
    this.#write(at, operand.at);
    this.#write(tag, payload);
    this.emit.place(done);
  }

  /** A local's value as flow knows it here: what is left of a pair may be less than a pair. */
  read(storage: Operand, type: Type): Operand {
    if (storage.kind !== 'pair') return { ...storage, type };
    if (!has(type, PAYLOAD)) return { kind: 'plain', at: storage.tag, type };
    if (!isOnly(type, PAYLOAD) || shapeOf(type) !== 'plain') return { ...storage, type };
    const { at, low } = storage;
    return has(type, ADDRESS) && low !== undefined ? { kind: 'plain', at, low, type } : { kind: 'plain', at, type };
  }

  // Tests

  branch(test: Test, yes: Label, no: Label): void {
    this.emit.branch(test, yes, no);
  }

  /** Compares a register with a constant or another register, in 32 or 64 bits. Releases nothing. */
  compare(
    mnemonic: Test['mnemonic'],
    register: number,
    right: bigint | number,
    wide: boolean,
    yes: Label,
    no: Label,
  ): void {
    const reg = wide ? register : low(register);
    if (typeof right === 'number') {
      this.branch({ mnemonic, choice: XF | SRC_X, fields: { reg, k: wide ? right : low(right) } }, yes, no);
      return;
    }
    const short = immediate(right);
    if (short !== undefined) {
      this.branch({ mnemonic, choice: 0, fields: { reg, ...short } }, yes, no);
      return;
    }
    const scratch = this.take();
    this.constant(scratch.register, right);
    this.compare(mnemonic, register, scratch.register, wide, yes, no);
    this.registers.release(scratch);
  }

  /** Whether a coded word is `code` or above: TRUE_CODE asks for no payload, FALSE_CODE for falsy. */
  branchCoded(place: Place, code: number, yes: Label, no: Label): void {
    const at = this.inRegister({ ...place, owned: false });
    this.compare('jge', at.register, BigInt(code), false, yes, no);
    if (at.owned) this.registers.release(at);
  }

  /** Jumps on whether an operand that may be something else is an integer. Releases nothing. */
  branchInteger(operand: Operand & { kind: 'plain' | 'pair' }, integer: Label, other: Label): void {
    if (operand.kind === 'plain') return this.branchCoded(operand.at, TRUE_CODE, other, integer);
    const tag = this.inRegister({ ...operand.tag, owned: false });
    this.compare('jeq', tag.register, BigInt(INTEGER_TAG), false, integer, other);
    if (tag.owned) this.registers.release(tag);
  }

  /** Jumps on the truth of an operand, and releases it. */
  branchTruth(operand: Operand, yes: Label, no: Label): void {
    if (operand.kind === 'constant') this.emit.jump(operand.value === null || operand.value === false ? no : yes);
    else if (!isCoded(operand.type)) this.emit.jump(yes);
    else this.branchCoded(operand.kind === 'pair' ? operand.tag : operand.at, FALSE_CODE, no, yes);
    this.release(operand);
  }

  /** Goes on only if an operand's value is of one kind: else the run ends with an error. A pair stays one. */
  demand(operand: Operand, atom: number, message: string, span: Span): Operand {
    if (isOnly(operand.type, atom)) return operand;
    const wrong = this.cold(message, span);
    if (operand.kind === 'constant') {
      this.emit.jump(wrong);
      return operand;
    }
    if (operand.kind === 'plain') {
      const fine = this.emit.label();
      if (has(operand.type, atom)) this.branchCoded(operand.at, TRUE_CODE, wrong, fine);
      else this.emit.jump(wrong);
      this.emit.place(fine);
      return operand;
    }
    const tag = this.inRegister({ ...operand.tag, owned: false });
    this.branchTag(tag.register, operand.type, atom, wrong);
    if (tag.owned) this.registers.release(tag);
    return operand;
  }

  /** Goes on where a tag of this type is one of a kind, else to `otherwise`. */
  branchTag(register: number, type: Type, atom: number, otherwise: Label): void {
    const test = (mnemonic: Test['mnemonic'], code: number, holds: boolean): void => {
      const fine = this.emit.label();
      this.compare(mnemonic, register, BigInt(code), false, holds ? fine : otherwise, holds ? otherwise : fine);
      this.emit.place(fine);
    };
    if (atom !== HEADER) return test('jeq', tagOf({ ...type, atoms: atom }), true);
    // The tags of headers lie between the integers' and the others.
    if (has(type, INTEGER)) test('jeq', INTEGER_TAG, false);
    if (!isOnly(type, INTEGER | HEADER)) test('jge', STRING_TAG, false);
  }

  // Arithmetic and loads

  /** d := a op b, b a register's number or a constant. */
  alu(mnemonic: AluOperation, d: number, a: number, b: number | bigint, wide: boolean): void {
    const [reg, jf] = wide ? [d, a] : [low(d), low(a)];
    if (typeof b === 'number') return this.emit.op(mnemonic, XF | SRC_X, { reg, jf, jt: wide ? b : low(b) });
    const short = immediate(b);
    if (short !== undefined)
      return this.emit.op(mnemonic, d === a ? 0 : XF, { reg, ...(d === a ? {} : { jf }), ...short });
    const scratch = this.take();
    this.constant(scratch.register, b);
    this.alu(mnemonic, d, a, scratch.register, wide);
    this.registers.release(scratch);
  }

  /** d := packet bytes at k, or at a register + k. An index of 64 bits is one that may be negative or huge. */
  load(
    d: number,
    load: { size: 1 | 2 | 4 | 8; signed?: boolean; little?: boolean },
    index: { register: number; wide: boolean } | undefined,
    k: number,
  ): void {
    const size = { 1: SIZE.B, 2: SIZE.H, 4: SIZE.W, 8: SIZE.DW }[load.size];
    const choice = size | (load.little === true && load.size > 1 ? L : 0);
    const fields = { reg: d, k, signed: load.signed === true };
    if (index === undefined) this.emit.op('ld.abs', choice, fields);
    else this.emit.op('ld.ind', choice, { ...fields, jt: index.wide ? index.register : low(index.register) });
  }

  // The host

  /** A word for what takes words: the constant, or where the operand is. */
  wordFor(operand: Operand): bigint | Place {
    return operand.kind === 'constant' ? this.wordOf(operand.value) : operand.at;
  }

  /** The same, of an address both. */
  wordsFor(operand: Operand): (bigint | Place)[] {
    const low = lowOf(operand);
    return [this.wordFor(operand), ...(low === undefined ? [] : [low])];
  }

  /** The offset and length of a constant string in the code, as host functions take it. */
  literal(text: string): [Place, bigint] {
    const at = this.take();
    this.emit.op('ld.imm', MODE.IMM, { reg: at.register }, { kind: 'address', literal: text, byte: 0 });
    return [at, BigInt(text.length)];
  }

  /** d := the entry of a list, whose number is in a register. */
  loadEntry(d: number, words: readonly bigint[], index: number): void {
    const size = ([1, 2, 4, 8] as const).find(
      (bytes) => bytes === 8 || words.every((word) => word >= 0n && word < 1n << BigInt(bytes * 8)),
    )!;
    const bytes = words.flatMap((word) =>
      Array.from({ length: size }, (_, i) => Number((BigInt.asUintN(64, word) >> BigInt(8 * i)) & 0xffn)),
    );
    const literal = String.fromCharCode(...bytes);
    let offset = index;
    if (size > 1) {
      this.alu('lsh', d, index, BigInt(Math.log2(size)), false);
      offset = d;
    }
    const choice = { 1: SIZE.B, 2: SIZE.H, 4: SIZE.W, 8: SIZE.DW }[size];
    this.emit.op('ld.rodata', choice, { reg: d, jt: low(offset) }, { kind: 'rodata', literal, byte: 0 });
  }

  /** What was known of the packet is so no longer: it has been written to. */
  forgetPacket(): void {
    this.facts = withoutBytes(this.facts);
    this.terms.forgetPacket();
  }

  // Ends

  /** A place that ends the run with an error, written at the end of the code. */
  cold(message: string, span: Span): Label {
    return this.region.cold(message, span);
  }

  /** EXIT with the verdict in a register. */
  exitRegister(register: number): void {
    this.move(AA, register, true);
    this.region.leave();
  }

  /** Runs `walk` as the body of a LOOP, and writes what was put off in it. */
  body(walk: () => void): void {
    const outer = this.region;
    this.region = new Region(this.emit, this.unit, outer.depth + 1);
    walk();
    this.region.finish();
    this.region = outer;
  }

  /** Writes what was put off, and says how many registers the function has; `inputs` of them are parameters. */
  finish(inputs: number): void {
    this.region.finish();
    const { windowed } = this.registers;
    if (windowed === 0) this.emit.dropFirst();
    else this.emit.patchFirst('prolog', 0, { jf: inputs, high: windowed - inputs });
  }
}
