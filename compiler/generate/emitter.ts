/**
 * The emitter: instructions in the order in which they are asked for, labels that are placed later, and the line of
 * the source that each belongs to. Jumps go forward, but for those that begin a loop's next turn: as in the source. A
 * conditional jump is written with two labels and becomes a test with 8-bit offsets when the code is closed, with a JA
 * behind it where one is too far. Calls of other functions are filled in when all code is joined.
 *
 * Code that control cannot reach is dropped as it is asked for: a label that nothing refers to does not revive it.
 */
import { decode, encode, type Fields, type Word } from '../../vm/isa/codec.ts';
import { type Mnemonic, SRC_X, XF } from '../../vm/isa/instructions.ts';
import { V0 } from '../../vm/isa/registers.ts';
import type { LineEntry } from '../../vm/program/program.ts';
import type { Instance } from '../check/tree.ts';
import type { Span } from '../diagnostics.ts';
import { type JumpTable, tableLabels, tableSize, tableWords } from './jump-table.ts';
import type { Label } from './label.ts';

export type { Label } from './label.ts';

/** A comparison to jump on: all of the instruction but its offsets. */
export interface Test {
  readonly mnemonic: 'jeq' | 'jgt' | 'jge' | 'jset' | 'jsgt' | 'jsge';
  readonly choice: number;
  readonly fields: Fields;
}

type Item = { readonly span: Span; readonly file: number } & (
  | { readonly kind: 'word'; readonly word: Word; readonly ends: boolean; readonly fixup?: Fixup }
  | { readonly kind: 'jump'; readonly to: Label }
  /** A jump to a label that has been placed already. */
  | { readonly kind: 'back'; readonly to: Label }
  /** `far`: labels that a JA behind the table leads to. */
  | { readonly kind: 'table'; readonly table: JumpTable; readonly far: Set<Label> }
  /** LOOP so many times, or as AA says; `depth` bodies are around it. */
  | { readonly kind: 'loop'; readonly count: number | 'AA'; readonly body: Label; readonly depth: number }
  | {
      readonly kind: 'branch';
      readonly test: Test;
      readonly yes: Label;
      readonly no: Label;
      yesFar: boolean;
      noFar: boolean;
    }
);

/** What the k of an instruction is to be, beyond what its own function knows. */
export type Fixup =
  /** Where a function begins; `depth` loop bodies are around the call. */
  | { readonly kind: 'call'; readonly instance: Instance; readonly depth: number }
  /** A byte of a literal, given by its content: from the code's start, or (RODATA) from the instruction. */
  | { readonly kind: 'address' | 'rodata'; readonly literal: string; readonly byte: number };

/** An instruction that takes another frame: a LOOP, or a call of an instance. */
export interface Descent {
  readonly instance: Instance | undefined;
  /** Loop bodies around it in its function. */
  readonly depth: number;
  readonly span: Span;
  readonly file: number;
}

/** The code of a function, before the program is joined. */
export interface FunctionCode {
  readonly code: Word[];
  readonly lines: LineEntry[];
  readonly fixups: readonly { readonly pc: number; readonly to: Fixup }[];
  readonly descents: readonly Descent[];
}

function descentOf(item: Item): Descent | undefined {
  const { span, file } = item;
  if (item.kind === 'loop') return { instance: undefined, depth: item.depth, span, file };
  if (item.kind !== 'word' || item.fixup?.kind !== 'call') return undefined;
  return { instance: item.fixup.instance, depth: item.fixup.depth, span, file };
}

/** An instruction that writes a register, which nothing reads but it, with another one to write in its place. */
function retargeted(word: Word, from: number, to: number): Word | undefined {
  const { code } = word;
  const { mnemonic, row, reg } = decode({ code, jt: 0, jf: 0, k: 0 })!;
  if (row.class === 'LD') return reg === from ? { ...word, code: encodeReg5(code, to) } : undefined;
  if (row.class !== 'ALU' || mnemonic === 'endian') return undefined;
  if ((reg & 31) !== (from & 31) || reg >= V0) return undefined;
  const moved = (code & 0x3ff) | (((reg & 32) | (to & 31)) << 10);
  if ((code & XF) !== 0) return { ...word, code: moved };
  // What computes in place with a constant has a form that does not.
  const isInPlace = (code & SRC_X) === 0 && mnemonic !== 'neg' && mnemonic !== 'mov';
  return isInPlace ? { ...word, code: moved | XF, jf: reg } : undefined;
}
const encodeReg5 = (code: number, to: number): number => (code & 0x7ff) | ((to & 31) << 11);

const longest = 255;
/** How far the offsets of a jump table reach. They count from its literal's end, and are taken from its jump here. */
const longestInTable = 0xffff;
/** The variant of LOOP whose count is AA. */
const BY_A = 0x10;

/** SPEC: what our hosts load by default (vm/host); a filter beyond it is refused here, where its line is known. */
export const programLimit = 2 ** 20;
/** Thrown where a filter has more instructions than that; `generate` makes a diagnostic of it. */
export const programTooLarge = new Error('program too large');

export class Emitter {
  readonly #items: Item[] = [];
  /** Instructions so far, without jumps, of which some go away. */
  #size = 0;
  #reachable = true;
  #isStill = false;
  /** Where the last label was placed. */
  #placed = 0;
  #source: { readonly span: Span; readonly file: number };

  /** `file` is the number of the program's file that `span` is of. */
  constructor(span: Span, file: number) {
    this.#source = { span, file };
  }

  /** Whether what is emitted next can run. */
  get reachable(): boolean {
    return this.#reachable;
  }

  /** The piece of the source that is being compiled. */
  get span(): Span {
    return this.#source.span;
  }

  get file(): number {
    return this.#source.file;
  }

  /** What follows belongs to this piece of the source. Returns the piece before. */
  at(span: Span, file = this.file): Span {
    const before = this.span;
    if (!this.#isStill) this.#source = { span, file };
    return before;
  }

  /** Runs `walk`, whose instructions all come from the place of the source that those before it do. */
  still<T>(walk: () => T): T {
    const outer = this.#isStill;
    this.#isStill = true;
    const result = walk();
    this.#isStill = outer;
    return result;
  }

  /** An instruction; `fixup` says what its k will be once all code is joined. */
  op(mnemonic: Mnemonic, choice: number, fields: Fields, fixup?: Fixup): void {
    const word = encode(mnemonic, choice, fields);
    const ends = mnemonic === 'exit';
    this.#add({ kind: 'word', word, ends, ...(fixup === undefined ? {} : { fixup }), ...this.#source });
    if (mnemonic === 'exit') this.#reachable = false;
  }

  /**
   * Makes the instruction that has just been written put its result into another register; whether it could. What is
   * in the register it named before is then not what it was.
   */
  retarget(from: number, to: number): boolean {
    const last = this.#items.at(-1);
    if (last?.kind !== 'word' || this.#placed === this.#items.length || !this.#reachable) return false;
    const word = retargeted(last.word, from, to);
    if (word === undefined) return false;
    this.#items[this.#items.length - 1] = { ...last, word };
    return true;
  }

  label(): Label {
    return { references: 0, item: -1 };
  }

  place(label: Label): void {
    label.item = this.#items.length;
    this.#placed = label.item;
    if (label.references > 0) this.#reachable = true;
  }

  jump(to: Label): void {
    if (!this.#reachable) return;
    to.references++;
    this.#add({ kind: 'jump', to, ...this.#source });
    this.#reachable = false;
  }

  branch(test: Test, yes: Label, no: Label): void {
    if (!this.#reachable) return;
    yes.references++;
    no.references++;
    this.#add({ kind: 'branch', test, yes, no, yesFar: false, noFar: false, ...this.#source });
    this.#reachable = false;
  }

  /** A jump by a register's value. */
  table(table: JumpTable): void {
    if (!this.#reachable) return;
    for (const label of tableLabels(table)) label.references++;
    this.#add({ kind: 'table', table, far: new Set(table.isBitset ? [table.missing] : []), ...this.#source });
    this.#reachable = false;
  }

  /** The next turn of a loop, through the door. */
  back(to: Label): void {
    if (!this.#reachable) return;
    this.#add({ kind: 'back', to, ...this.#source });
    this.#reachable = false;
  }

  /**
   * LOOP, inside `depth` bodies: the body at a label ends in exits of its own; control goes on behind the LOOP after the
   * last pass.
   */
  loop(count: number | 'AA', body: Label, depth: number): void {
    if (!this.#reachable) return;
    body.references++;
    this.#add({ kind: 'loop', count, body, depth, ...this.#source });
  }

  #add(item: Item): void {
    if (!this.#reachable) return;
    this.#items.push(item);
    if (item.kind !== 'jump' && ++this.#size > programLimit) throw programTooLarge;
  }

  /** Replaces the first instruction: PROLOG knows how many registers there are only at the end. */
  patchFirst(mnemonic: Mnemonic, choice: number, fields: Fields): void {
    this.#items[0] = { ...this.#items[0]!, kind: 'word', word: encode(mnemonic, choice, fields), ends: false };
  }

  /** Leaves out the first instruction. */
  dropFirst(): void {
    this.#items[0] = { ...this.#items[0]!, kind: 'jump', to: { references: 1, item: 1 } };
  }

  /** The code and where its instructions come from. All labels that are referred to have been placed. */
  close(): FunctionCode {
    const items = this.#items;
    const live = this.#live();
    let starts = this.#layOut(live);
    for (let changed = true; changed; ) {
      changed = false;
      for (let i = 0; i < items.length; i++) {
        const item = items[i]!;
        if (!live[i]) continue;
        const from = starts[i]! + 1;
        if (item.kind === 'branch') {
          if (!item.yesFar && starts[this.#target(item.yes)]! - from > longest) item.yesFar = changed = true;
          if (!item.noFar && starts[this.#target(item.no)]! - from > longest) item.noFar = changed = true;
        } else if (item.kind === 'table') {
          for (const { label } of item.table.runs) {
            if (item.far.has(label) || starts[this.#target(label)]! - from <= longestInTable) continue;
            item.far.add(label);
            changed = true;
          }
        }
      }
      if (changed) starts = this.#layOut(live);
    }
    const code: Word[] = [];
    const lines: LineEntry[] = [];
    const fixups: FunctionCode['fixups'][number][] = [];
    const descents: Descent[] = [];
    for (let i = 0; i < items.length; i++) {
      const item = items[i]!;
      const { line, column } = item.span;
      const last = lines.at(-1);
      const before = code.length;
      if (!live[i]) continue;
      if (item.kind === 'word' && item.fixup !== undefined) fixups.push({ pc: before, to: item.fixup });
      const descent = descentOf(item);
      if (descent !== undefined) descents.push(descent);
      this.#write(item, i, starts, code);
      const isNew =
        last === undefined || last.line !== line || last.column !== column || (last.file ?? 0) !== item.file;
      if (code.length > before && isNew)
        lines.push({ pc: before, line, column, ...(item.file === 0 ? {} : { file: item.file }) });
    }
    return { code, lines, fixups, descents };
  }

  /** The item that a label leads to, jumps that stand there followed. */
  #target(label: Label): number {
    let { item } = label;
    for (let next = this.#items[item]; next?.kind === 'jump'; next = this.#items[item]) item = next.to.item;
    return item;
  }

  /** Whether a jump there is none: nothing stands between. */
  #isNext(label: Label, i: number): boolean {
    return this.#target(label) === i + 1;
  }

  /** The EXIT that a label leads to: what jumps there may as well leave itself. */
  #ending(label: Label): Word | undefined {
    const item = this.#items[this.#target(label)];
    return item?.kind === 'word' && item.ends && item.fixup === undefined ? item.word : undefined;
  }

  /** Which items can run once jumps to jumps are followed. One pass finds them: what goes back leads to what has run. */
  #live(): boolean[] {
    const live: boolean[] = Array(this.#items.length).fill(false);
    live[0] = true;
    for (const [i, item] of this.#items.entries()) {
      if (!live[i]) continue;
      if (item.kind === 'jump')
        live[this.#target(item.to)] ||= this.#ending(item.to) === undefined || this.#isNext(item.to, i);
      else if (item.kind === 'table') for (const label of tableLabels(item.table)) live[this.#target(label)] = true;
      else if (item.kind === 'branch') live[this.#target(item.yes)] = live[this.#target(item.no)] = true;
      else if (item.kind === 'loop') live[i + 1] = live[this.#target(item.body)] = true;
      else if (item.kind === 'word' && !item.ends) live[i + 1] = true;
    }
    return live;
  }

  /** Where each item starts; one more entry for the end. */
  #layOut(live: readonly boolean[]): number[] {
    const starts: number[] = [];
    let pc = 0;
    for (const [i, item] of this.#items.entries()) {
      starts.push(pc);
      if (!live[i]) continue;
      if (item.kind === 'branch') pc += 1 + (item.yesFar ? 1 : 0) + (item.noFar ? 1 : 0);
      else if (item.kind === 'table') pc += tableSize(item.table) + item.far.size;
      else if (item.kind !== 'jump' || !this.#isNext(item.to, i)) pc++;
    }
    starts.push(pc);
    return starts;
  }

  #write(item: Item, i: number, starts: readonly number[], code: Word[]): void {
    const pc = code.length;
    const distance = (label: Label): number => starts[this.#target(label)]! - pc - 1;
    const leap = (label: Label): void => {
      code.push(this.#ending(label) ?? encode('ja', 0, { k: distance(label) + pc - code.length }));
    };
    switch (item.kind) {
      case 'word':
        code.push(item.word);
        break;
      case 'jump':
        if (!this.#isNext(item.to, i)) leap(item.to);
        break;
      case 'table': {
        const far = [...item.far];
        const end = pc + tableSize(item.table);
        const offset = (label: Label): number => {
          const place = far.indexOf(label);
          return place < 0 ? starts[this.#target(label)]! - end : place;
        };
        code.push(...tableWords(item.table, offset));
        for (const label of far) leap(label);
        break;
      }
      case 'back':
        code.push(encode('ja', 0, { k: distance(item.to) }));
        break;
      case 'loop': {
        const jt = distance(item.body);
        code.push(item.count === 'AA' ? encode('loop', BY_A, { jt }) : encode('loop', 0, { k: item.count, jt }));
        break;
      }
      case 'branch': {
        const { test, yes, no, yesFar, noFar } = item;
        const jt = yesFar ? 0 : distance(yes);
        const jf = noFar ? Number(yesFar) : distance(no);
        code.push(encode(test.mnemonic, test.choice, { ...test.fields, jt, jf }));
        if (yesFar) leap(yes);
        if (noFar) leap(no);
        break;
      }
    }
  }
}
