/**
 * The code generator's verbs: what the walks over expressions and statements ask for. They alone know how values lie
 * in registers and which instruction moves, tests or stores them.
 */
import type { AluOperation } from '../../vm/isa/arithmetic.ts';
import { L, MODE, SIZE, SRC_X, XF } from '../../vm/isa/instructions.ts';
import { AA } from '../../vm/isa/registers.ts';
import { StringTable } from '../../vm/program/strings.ts';
import type { Local } from '../check/tree.ts';
import { HEADER, has, INTEGER, isOnly, type Type } from '../check/types.ts';
import type { Span } from '../diagnostics.ts';
import { Emitter, type Label, type Test } from './emitter.ts';
import { type Fact, type Facts, noFacts } from './facts.ts';
import {
  FALSE_CODE,
  INTEGER_TAG,
  isCoded,
  type Operand,
  type Place,
  shapeOf,
  TRUE_CODE,
  tagOf,
  wordOf,
} from './operand.ts';
import { Registers } from './registers.ts';

/** Registers that locals and cached headers leave for the values of an expression. */
const reserve = 8;

/** The 32-bit twin of a register. */
export const low = (register: number): number => register & 31;

/** Whether an instruction's k can carry a 64-bit constant, and whether S must extend it. */
export function immediate(value: bigint): { k: number; signed: boolean } | undefined {
  if (value >= 0n && value <= 0xffffffffn) return { k: Number(value), signed: false };
  if (value < 0n && value >= -0x80000000n) return { k: Number(value), signed: true };
  return undefined;
}

export class Generator {
  readonly emit: Emitter;
  readonly registers = new Registers();
  readonly strings = new StringTable();
  readonly locals = new Map<Local, Operand>();
  readonly linktype: number;
  /** Headers that are known here. */
  facts: Facts = noFacts;
  /** Ends of the program that many places share, and those that are rarely reached: placed at the end. */
  readonly accept: Label;
  readonly reject: Label;
  /** Facts that hold registers, and what other paths than the one being walked still know. */
  readonly #kept = new Set<Fact>();
  readonly #held: Facts[] = [];
  readonly #cold = new Map<string, { label: Label; span: Span; message: string }>();

  constructor(span: Span, linktype: number) {
    this.emit = new Emitter(span);
    this.linktype = linktype;
    this.accept = this.emit.label();
    this.reject = this.emit.label();
    // PROLOG's place: `finish` says how many registers.
    this.emit.op('prolog', 0, {});
  }

  // Places

  take(): Place & { kind: 'register' } {
    return { kind: 'register', register: this.registers.take(), owned: true };
  }

  /** Whether something that is to live long may have a register. */
  get roomy(): boolean {
    return this.registers.left > reserve;
  }

  release(operand: Operand): void {
    if (operand.kind === 'constant') return;
    if (operand.at.owned) this.registers.release(operand.at);
    if (operand.kind === 'pair' && operand.tag.owned) this.registers.release(operand.tag);
  }

  /** The register that holds a place's word, loaded if need be. The result takes over what `place` owns. */
  inRegister(place: Place): Place & { kind: 'register' } {
    if (place.kind === 'register') return place;
    const to = this.take();
    this.emit.op('ld.mem', SIZE.DW, { reg: to.register, k: place.word });
    if (place.owned) this.registers.release(place);
    return to;
  }

  /** Frees a register for what comes next where few are left, by moving a temporary to M[]. */
  park(operand: Operand): Operand {
    if (operand.kind !== 'plain' || !operand.at.owned || operand.at.kind === 'memory' || this.registers.left > 4)
      return operand;
    const word = this.registers.word();
    this.emit.op('st.mem', SIZE.DW, { reg: operand.at.register, k: word });
    this.registers.release(operand.at);
    return { ...operand, at: { kind: 'memory', word, owned: true } };
  }

  // Constants and moves

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
    this.constant(to.register, wordOf(operand.value));
    return to;
  }

  // Variables

  /** A place for a value of this type that lives as long as its scope. */
  storage(type: Type): Operand {
    return shapeOf(type) === 'plain' ? { kind: 'plain', at: this.#place(), type } : this.pairStorage(type);
  }

  pairStorage(type: Type): Operand & { kind: 'pair' } {
    return { kind: 'pair', tag: this.#place(), at: this.#place(), type };
  }

  #place(): Place {
    return this.roomy
      ? { ...this.take(), owned: false }
      : { kind: 'memory', word: this.registers.word(), owned: false };
  }

  /** Runs `walk` on one path while what is known on others must stay in its registers. */
  holding<T>(held: readonly Facts[], walk: () => T): T {
    this.#held.push(...held);
    const result = walk();
    this.#held.length -= held.length;
    return result;
  }

  /** Frees what was known of headers on paths that have ended. */
  forget(): void {
    for (const fact of this.#kept) {
      const known = [this.facts, ...this.#held].some((facts) => [...facts.values()].includes(fact));
      if (known) continue;
      for (const place of fact) this.registers.release(place);
      this.#kept.delete(fact);
    }
  }

  /** Makes temporaries of a fact: they stay taken until the fact is dropped. */
  keep(words: readonly (Place & { kind: 'register' })[]): Fact {
    const fact = words.map((word): Place => {
      if (this.roomy) return { ...word, owned: false };
      const memory = { kind: 'memory', word: this.registers.word(), owned: false } as const;
      this.emit.op('st.mem', SIZE.DW, { reg: word.register, k: memory.word });
      this.registers.release(word);
      return memory;
    });
    this.#kept.add(fact);
    return fact;
  }

  freeStorage(storage: Operand): void {
    if (storage.kind === 'constant') return;
    this.registers.release(storage.at);
    if (storage.kind === 'pair') this.registers.release(storage.tag);
  }

  /** Writes an operand to a storage whose type includes its own; releases the operand. */
  store(storage: Operand, operand: Operand): void {
    if (storage.kind === 'constant') throw new TypeError('a constant is no storage');
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

  #writePlain(to: Place, operand: Operand): void {
    if (operand.kind !== 'pair')
      return this.#write(to, operand.kind === 'constant' ? wordOf(operand.value) : operand.at);
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
      const isInteger = typeof operand.value === 'bigint';
      this.#write(tag, isInteger ? BigInt(INTEGER_TAG) : wordOf(operand.value));
      return isInteger ? this.#write(at, wordOf(operand.value)) : undefined;
    }
    const payload = BigInt(tagOf(operand.type));
    if (!isCoded(operand.type)) {
      this.#write(tag, payload);
      return this.#write(at, operand.at);
    }
    const done = this.emit.label();
    const value = this.emit.label();
    this.#write(tag, operand.at);
    if (!has(operand.type, INTEGER | HEADER)) return;
    this.branchCoded(operand.at, TRUE_CODE, done, value);
    this.emit.place(value);
    this.#write(at, operand.at);
    this.#write(tag, payload);
    this.emit.place(done);
  }

  /** A local's value as flow knows it here: what is left of a pair may be less than a pair. */
  read(storage: Operand, type: Type): Operand {
    if (storage.kind !== 'pair') return { ...storage, type };
    if (isOnly(type, INTEGER)) return { kind: 'plain', at: storage.at, type };
    if (!has(type, INTEGER | HEADER)) return { kind: 'plain', at: storage.tag, type };
    return isOnly(type, HEADER) && type.headers.length === 1
      ? { kind: 'plain', at: storage.at, type }
      : { ...storage, type };
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

  /** Jumps on the truth of an operand, and releases it. */
  branchTruth(operand: Operand, yes: Label, no: Label): void {
    if (operand.kind === 'constant') this.emit.jump(operand.value === null || operand.value === false ? no : yes);
    else if (!isCoded(operand.type)) this.emit.jump(yes);
    else this.branchCoded(operand.kind === 'pair' ? operand.tag : operand.at, FALSE_CODE, no, yes);
    this.release(operand);
  }

  /** Goes on only if an operand is an integer: else the run ends with an error. */
  demandInteger(operand: Operand, message: string, span: Span): Operand {
    return this.#demand(operand, has(operand.type, HEADER) ? 'integer' : 'payload', message, span);
  }

  /** Goes on only if an operand is a header. */
  demandHeader(operand: Operand, message: string, span: Span): Operand {
    return this.#demand(operand, has(operand.type, INTEGER) ? 'header' : 'payload', message, span);
  }

  /** `payload`: not nil, false or true. What comes back is still a pair where it was one. */
  #demand(operand: Operand, wanted: 'integer' | 'header' | 'payload', message: string, span: Span): Operand {
    if (operand.kind === 'constant') {
      if (typeof operand.value !== 'bigint') this.emit.jump(this.cold(message, span));
      return operand;
    }
    const word = operand.kind === 'pair' ? operand.tag : operand.at;
    if (isCoded(operand.type) && wanted !== 'integer') {
      const fine = this.emit.label();
      this.branchCoded(word, TRUE_CODE, this.cold(message, span), fine);
      this.emit.place(fine);
    }
    if (operand.kind === 'pair' && wanted !== 'payload') {
      const isInteger = this.emit.label();
      const isNot = this.emit.label();
      const tag = this.inRegister({ ...operand.tag, owned: false });
      const [yes, no] =
        wanted === 'integer' ? [isInteger, this.cold(message, span)] : [this.cold(message, span), isNot];
      this.compare('jeq', tag.register, BigInt(INTEGER_TAG), false, yes, no);
      if (tag.owned) this.registers.release(tag);
      this.emit.place(wanted === 'integer' ? isInteger : isNot);
    }
    return operand;
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

  // Ends

  /** A place that ends the run with an error, written at the end of the code. */
  cold(message: string, span: Span): Label {
    const key = `${span.start} ${message}`;
    const known = this.#cold.get(key);
    if (known !== undefined) return known.label;
    const label = this.emit.label();
    this.#cold.set(key, { label, span, message });
    return label;
  }

  /** EXIT with a constant verdict. */
  exit(verdict: number): void {
    this.emit.op('exit', 0, { k: verdict });
  }

  /** EXIT with the verdict in a register. */
  exitRegister(register: number): void {
    this.move(AA, register, true);
    this.emit.op('exit', 0x10, {});
  }

  /** Writes what was put off, and says how many registers the program has. */
  finish(): void {
    this.emit.place(this.accept);
    this.exit(0xffffffff);
    this.emit.place(this.reject);
    this.exit(0);
    for (const { label, span, message } of this.#cold.values()) {
      this.emit.at(span);
      this.emit.place(label);
      this.emit.op('exit', 0, { high: 4, k: this.strings.add(message) });
    }
    this.emit.patchFirst('prolog', 0, { high: this.registers.windowed });
  }
}
