/**
 * The emitter: instructions in the order in which they are asked for, labels that are placed later, and the line of
 * the source that each belongs to. Every jump is forward, as in the source. A conditional jump is written with two
 * labels and becomes a test with 8-bit offsets when the code is closed, with a JA behind it where one is too far.
 *
 * Code that control cannot reach is dropped as it is asked for: a label that nothing refers to does not revive it.
 */
import { encode, type Fields, type Word } from '../../vm/isa/codec.ts';
import type { Mnemonic } from '../../vm/isa/instructions.ts';
import type { LineEntry } from '../../vm/program/program.ts';
import type { Span } from '../diagnostics.ts';

/** A place in the code that is not known yet. */
export interface Label {
  references: number;
  /** Index of the item it stands before, once placed. */
  item: number;
}

/** A comparison to jump on: all of the instruction but its offsets. */
export interface Test {
  readonly mnemonic: 'jeq' | 'jgt' | 'jge' | 'jset' | 'jsgt' | 'jsge';
  readonly choice: number;
  readonly fields: Fields;
}

type Item = { readonly span: Span } & (
  | { readonly kind: 'word'; readonly word: Word; readonly ends: boolean }
  | { readonly kind: 'jump'; readonly to: Label }
  | { readonly kind: 'loop'; readonly count: number; readonly body: Label }
  | {
      readonly kind: 'branch';
      readonly test: Test;
      readonly yes: Label;
      readonly no: Label;
      yesFar: boolean;
      noFar: boolean;
    }
);

const longest = 255;

/** SPEC: what our hosts load by default (vm/host); a filter beyond it is refused here, where its line is known. */
export const programLimit = 2 ** 20;
/** Thrown where a filter has more instructions than that; `generate` makes a diagnostic of it. */
export const programTooLarge = new Error('program too large');

export class Emitter {
  readonly #items: Item[] = [];
  /** Instructions so far, without jumps, of which some go away. */
  #size = 0;
  #reachable = true;
  #span: Span;

  constructor(span: Span) {
    this.#span = span;
  }

  /** Whether what is emitted next can run. */
  get reachable(): boolean {
    return this.#reachable;
  }

  /** The piece of the source that is being compiled. */
  get span(): Span {
    return this.#span;
  }

  /** What follows belongs to this piece of the source. Returns the piece before. */
  at(span: Span): Span {
    const before = this.#span;
    this.#span = span;
    return before;
  }

  op(mnemonic: Mnemonic, choice: number, fields: Fields): void {
    this.#add({ kind: 'word', word: encode(mnemonic, choice, fields), ends: mnemonic === 'exit', span: this.#span });
    if (mnemonic === 'exit') this.#reachable = false;
  }

  label(): Label {
    return { references: 0, item: -1 };
  }

  place(label: Label): void {
    label.item = this.#items.length;
    if (label.references > 0) this.#reachable = true;
  }

  jump(to: Label): void {
    if (!this.#reachable) return;
    to.references++;
    this.#add({ kind: 'jump', to, span: this.#span });
    this.#reachable = false;
  }

  branch(test: Test, yes: Label, no: Label): void {
    if (!this.#reachable) return;
    yes.references++;
    no.references++;
    this.#add({ kind: 'branch', test, yes, no, yesFar: false, noFar: false, span: this.#span });
    this.#reachable = false;
  }

  /** LOOP: the body at a label ends in exits of its own; control goes on behind the LOOP after the last pass. */
  loop(count: number, body: Label): void {
    if (!this.#reachable) return;
    body.references++;
    this.#add({ kind: 'loop', count, body, span: this.#span });
  }

  #add(item: Item): void {
    if (!this.#reachable) return;
    this.#items.push(item);
    if (item.kind !== 'jump' && ++this.#size > programLimit) throw programTooLarge;
  }

  /** Replaces the first instruction: PROLOG knows how many registers there are only at the end. */
  patchFirst(mnemonic: Mnemonic, choice: number, fields: Fields): void {
    this.#items[0] = { kind: 'word', word: encode(mnemonic, choice, fields), ends: false, span: this.#items[0]!.span };
  }

  /** The code and where its instructions come from. All labels that are referred to have been placed. */
  close(): { code: Word[]; lines: LineEntry[] } {
    const items = this.#items;
    const live = this.#live();
    let starts = this.#layOut(live);
    for (let changed = true; changed; ) {
      changed = false;
      for (const [i, item] of items.entries()) {
        if (item.kind !== 'branch' || !live[i]) continue;
        const from = starts[i]! + 1;
        if (!item.yesFar && starts[this.#target(item.yes)]! - from > longest) item.yesFar = changed = true;
        if (!item.noFar && starts[this.#target(item.no)]! - from > longest) item.noFar = changed = true;
      }
      if (changed) starts = this.#layOut(live);
    }
    const code: Word[] = [];
    const lines: LineEntry[] = [];
    for (const [i, item] of items.entries()) {
      const { line, column } = item.span;
      const last = lines.at(-1);
      const before = code.length;
      if (live[i]) this.#write(item, i, starts, code);
      if (code.length > before && (last === undefined || last.line !== line || last.column !== column))
        lines.push({ pc: before, line, column });
    }
    return { code, lines };
  }

  /** The item that a label leads to, jumps that stand there followed. */
  #target(label: Label): number {
    let { item } = label;
    for (let next = this.#items[item]; next?.kind === 'jump'; next = this.#items[item]) item = next.to.item;
    return item;
  }

  /** Which items can run once jumps to jumps are followed. All jumps go forward, so one pass finds them. */
  #live(): boolean[] {
    const live: boolean[] = this.#items.map(() => false);
    live[0] = true;
    for (const [i, item] of this.#items.entries()) {
      if (!live[i]) continue;
      if (item.kind === 'jump') live[this.#target(item.to)] = true;
      else if (item.kind === 'branch') live[this.#target(item.yes)] = live[this.#target(item.no)] = true;
      else if (item.kind === 'loop') live[i + 1] = live[this.#target(item.body)] = true;
      else if (!item.ends) live[i + 1] = true;
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
      else if (item.kind !== 'jump' || starts.length !== this.#target(item.to)) pc++;
    }
    starts.push(pc);
    return starts;
  }

  #write(item: Item, i: number, starts: readonly number[], code: Word[]): void {
    const distance = (label: Label, from: number): number => starts[this.#target(label)]! - from - 1;
    const pc = code.length;
    switch (item.kind) {
      case 'word':
        code.push(item.word);
        break;
      case 'jump':
        if (this.#target(item.to) !== i + 1) code.push(encode('ja', 0, { k: distance(item.to, pc) }));
        break;
      case 'loop':
        code.push(encode('loop', 0, { k: item.count, jt: distance(item.body, pc) }));
        break;
      case 'branch': {
        const { test, yes, no, yesFar, noFar } = item;
        const far = [...(yesFar ? [yes] : []), ...(noFar ? [no] : [])];
        const jt = yesFar ? 0 : distance(yes, pc);
        const jf = noFar ? far.length - 1 : distance(no, pc);
        code.push(encode(test.mnemonic, test.choice, { ...test.fields, jt, jf }));
        for (const label of far) code.push(encode('ja', 0, { k: distance(label, code.length) }));
        break;
      }
    }
  }
}
