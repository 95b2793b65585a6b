/** What the functions of one program share: its strings, what it imports, the code that is ready. */
import { bytesToWords, type Word, wordBytes } from '../../vm/isa/codec.ts';
import { longHead } from '../../vm/program/literal.ts';
import type { Attribute, Import, LineEntry } from '../../vm/program/program.ts';
import { StringTable } from '../../vm/program/strings.ts';
import type { Instance, StateObject, StateOperation } from '../check/tree.ts';
import type { Fixup, FunctionCode } from './emitter.ts';
import type { Inlining } from './inlining.ts';

/** A function that has been generated. */
export interface Compiled {
  readonly code: FunctionCode;
  /** Registers that are its parameters, and its results beyond AA. */
  readonly inputs: number;
  /** The first word of M[] that neither it nor what it calls uses. */
  readonly wordsEnd: number;
}

/** A function that the host is to have. */
export type HostImport = Pick<Import, 'name' | 'attributes'>;

/** What a host is to make (vm/host/state.ts): an address is two of the integers that make a key. */
function attributesOf({ kind, size, parts, isAddress }: StateObject): Attribute[] {
  const words = parts + isAddress.filter((is) => is === true).length;
  const named = {
    kind,
    ...(kind === 'counter' ? {} : { size: BigInt(size) }),
    ...(kind === 'hash' ? { parts: BigInt(words) } : {}),
  };
  return Object.entries(named).map(([name, value]) => ({ name, value }));
}

/** The function for an operation on a hash. */
export const stateFunction = (object: StateObject, operation: StateOperation): HostImport => ({
  name: `state.${object.name}.${operation}`,
  attributes: attributesOf(object),
});

export class Unit {
  readonly linktype: number;
  readonly inlining: Inlining;
  readonly strings = new StringTable();
  readonly compiled = new Map<Instance, Compiled>();
  readonly #texts = new Map<string, number>();
  readonly #imports = new Map<string, Import>();

  /** All of `state` is imported, in its order, so that a host has it even where nothing is done to it. */
  constructor(linktype: number, inlining: Inlining, state: readonly StateObject[]) {
    this.linktype = linktype;
    this.inlining = inlining;
    for (const object of state) {
      if (object.kind === 'hash') this.import(stateFunction(object, 'get'));
      else this.segment(object);
    }
  }

  /** The number that stands for a constant string while the program runs. */
  textNumber(text: string): number {
    const known = this.#texts.get(text) ?? this.#texts.size;
    this.#texts.set(text, known);
    return known;
  }

  /** The number of a function that the host is to have. */
  import(wanted: HostImport): number {
    return this.#number('function', wanted);
  }

  /** The number of the segment that an array or counter is. */
  segment(object: StateObject): number {
    return this.#number('segment', { name: `state.${object.name}`, attributes: attributesOf(object) });
  }

  #number(kind: Import['kind'], wanted: HostImport): number {
    const known = this.#imports.get(wanted.name);
    if (known !== undefined) return known.number;
    const number = this.imports().filter((other) => other.kind === kind).length;
    this.#imports.set(wanted.name, { kind, number, ...wanted });
    return number;
  }

  imports(): Import[] {
    return [...this.#imports.values()];
  }

  /** The functions that run: a call in code that control cannot reach has not been written. */
  #calledFrom({ fixups }: FunctionCode, called = new Set<Instance>()): ReadonlySet<Instance> {
    for (const { to } of fixups) {
      if (to.kind !== 'call' || called.has(to.instance)) continue;
      called.add(to.instance);
      this.#calledFrom(this.compiled.get(to.instance)!.code, called);
    }
    return called;
  }

  /** Joins the functions and, so that calls go backward, the filter behind them; last the literals. */
  link(main: FunctionCode): { code: Word[]; entry: number; lines: LineEntry[] } {
    const code: Word[] = [];
    const lines: LineEntry[] = [];
    const starts = new Map<Instance, number>();
    const fixups: { readonly pc: number; readonly to: Fixup }[] = [];
    const append = (part: FunctionCode): void => {
      const start = code.length;
      for (const word of part.code) code.push(word);
      for (const { pc, to } of part.fixups) fixups.push({ pc: start + pc, to });
      for (const line of part.lines) lines.push({ ...line, pc: line.pc + start });
    };
    const called = this.#calledFrom(main);
    for (const [instance, { code: part }] of this.compiled) {
      if (!called.has(instance)) continue;
      starts.set(instance, code.length);
      append(part);
    }
    const entry = code.length;
    append(main);
    const literals = new Map<string, number>();
    for (const { pc, to } of fixups) {
      if (to.kind === 'call') setK(code, pc, starts.get(to.instance)! - pc - 1);
      else {
        const at = (literals.get(to.literal) ?? appendLiteral(code, literals, to.literal)) + to.byte;
        setK(code, pc, to.kind === 'address' ? at : at - pc * wordBytes);
      }
    }
    return { code, entry, lines };
  }
}

function setK(code: Word[], pc: number, k: number): void {
  code[pc] = { ...code[pc]!, k: k >>> 0 };
}

/** Adds a literal behind the code; gives the offset of its first byte of data. */
function appendLiteral(code: Word[], literals: Map<string, number>, text: string): number {
  const inHead = 4;
  const length = Math.max(0, Math.ceil((text.length - inHead) / wordBytes));
  const bytes = new Uint8Array((1 + length) * wordBytes);
  // The long form, whose data begin at a byte that is a multiple of 4.
  bytes.set(longHead(length));
  for (let i = 0; i < text.length; i++) bytes[inHead + i] = text.charCodeAt(i);
  const start = code.length * wordBytes + inHead;
  for (const word of bytesToWords(bytes)) code.push(word);
  literals.set(text, start);
  return start;
}
