/**
 * Assembly to programs: reads what the disassembler writes, by the same templates, and the short forms that people
 * expect. All that is wrong with a text is told at once, a problem a line.
 */
import { type Word, wordBytes } from '../isa/codec.ts';
import { tableKinds } from '../isa/tables.ts';
import { decodeUtf8, type Import, type LineEntry, type Profile, type Program } from '../program/program.ts';
import { Cursor, type Said, type Value } from './cursor.ts';
import { type Data, type DataDirective, dataDirectives, found, literalWords, readBytes, readData } from './data.ts';
import { isLabelName } from './disassemble.ts';
import { type AssemblyProblem, numberOf, raise, type Token, tokenize } from './lexer.ts';
import { expandMacro, macroNames } from './macros.ts';
import { nearest } from './nearest.ts';
import { isLabel, isRegister } from './operands.ts';
import { openingWords, read, type Template, templates, wordOf } from './templates.ts';

export interface AssembleOptions {
  /** The text's name: the program then carries the lines that its instructions come from. */
  readonly file?: string;
}

export type AssembleResult =
  | { readonly program: Program; readonly problems?: never }
  | { readonly problems: readonly AssemblyProblem[]; readonly program?: never };

/** Assembles a text, or says all that is wrong with it. */
export function assemble(text: string, options: AssembleOptions = {}): AssembleResult {
  const assembly = new Assembly();
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at++)
    assembly.attempt(() => {
      let tokens = tokenize(lines[at]!, at + 1);
      // A backslash at the end of a line goes on with the next one.
      while (tokens.at(-2)?.text === '\\' && at + 1 < lines.length)
        tokens = [...tokens.slice(0, -2), ...tokenize(lines[++at]!, at + 1)];
      assembly.line(tokens);
    });
  return assembly.finish(options);
}

/** What stands at a pc, its labels not resolved yet. */
type Item = { readonly pc: number; readonly token: Token } & (
  | { readonly kind: 'instruction'; readonly template: Template; readonly said: Said }
  | { readonly kind: 'word'; readonly word: Word }
  | { readonly kind: 'literal'; readonly data: Data }
);

type Settings = { -readonly [K in keyof Program]?: Program[K] };

class Assembly {
  readonly #items: Item[] = [];
  /** Items by pc; a literal's by its head. */
  readonly #at = new Map<number, Item>();
  readonly #labels = new Map<string, { readonly pc: number; readonly token: Token }>();
  readonly #problems: AssemblyProblem[] = [];
  readonly #imports: Import[] = [];
  #strings: number[] = [];
  #settings: Settings = {};
  #entry: { readonly token: Token; readonly target: Token } | undefined;
  #pc = 0;

  /** Runs one step; what is wrong in it is kept, and the next step can follow. */
  attempt(step: () => void): void {
    try {
      step();
    } catch (error) {
      const problem = error instanceof Error ? (error.cause as AssemblyProblem | undefined) : undefined;
      if (problem?.line === undefined) throw error;
      this.#problems.push(problem);
    }
  }

  /** Takes in one line: labels, then a directive, an instruction, or nothing. */
  line(tokens: readonly Token[]): void {
    let from = 0;
    while (tokens[from]!.kind === 'word' && tokens[from + 1]!.text === ':') {
      this.#define(tokens[from]!);
      from += 2;
    }
    const rest = tokens.slice(from);
    const [first, second] = rest as [Token, Token | undefined];
    if (first.kind === 'end') return;
    if (first.text === '.') this.#directive(second!, rest.slice(2));
    else this.#add({ kind: 'instruction', ...readInstruction(expandMacro(rest)) }, first, 1);
  }

  #define(token: Token): void {
    const name = token.text;
    const before = this.#labels.get(name);
    if (!isLabelName(name)) {
      const what = isRegister(name) ? 'a register has this name' : 'a name starts with a letter and is no instruction';
      raise('label-name', token, `${name} cannot be a label: ${what}`);
    }
    if (before !== undefined)
      raise('label-twice', token, `the label ${name} is there already, in line ${before.token.line}`);
    this.#labels.set(name, { pc: this.#pc, token });
  }

  #add(
    what:
      | { kind: 'instruction'; template: Template; said: Said }
      | { kind: 'word'; word: Word }
      | { kind: 'literal'; data: Data },
    token: Token,
    words: number,
  ): void {
    const item: Item = { ...what, pc: this.#pc, token };
    this.#items.push(item);
    this.#at.set(this.#pc, item);
    this.#pc += words;
  }

  #directive(name: Token, tokens: readonly Token[]): void {
    if ((dataDirectives as readonly string[]).includes(name.text)) {
      const before = this.#items.at(-1);
      const isSwitch = before?.kind === 'instruction' && before.template.mnemonic === 'jtbl';
      const data = readData(name.text as DataDirective, name, tokens, isSwitch ? before.said : undefined);
      this.#add({ kind: 'literal', data }, name, 1 + data.length);
      return;
    }
    const directive = Object.hasOwn(this.#directives, name.text) ? this.#directives[name.text] : undefined;
    if (directive === undefined) {
      const similar = nearest(name.text, [...Object.keys(this.#directives), ...dataDirectives]);
      raise(
        'directive',
        name,
        `there is no directive .${name.text}`,
        similar === '' ? undefined : `did you mean .${similar}?`,
      );
    }
    const left = directive(tokens, name);
    if (left.kind !== 'end') raise('syntax', left, `expected the end of the line, found ${found(left)}`);
  }

  /** Each takes the tokens behind its name and gives the first one that it has no use for. */
  readonly #directives: Readonly<Record<string, (tokens: readonly Token[], name: Token) => Token>> = {
    profile: (tokens) => {
      const profile = tokens[0]!.text;
      if (profile !== 'classic' && profile !== 'bpf64')
        raise('syntax', tokens[0]!, `expected classic or bpf64, found ${found(tokens[0]!)}`);
      this.#settings.profile = profile satisfies Profile;
      return tokens[1]!;
    },
    entry: (tokens, token) => {
      const target = tokens[0]!;
      if (!isLabel(target.text) && numberOf(target) === undefined)
        raise('syntax', target, `expected a label, found ${found(target)}`);
      if (this.#entry !== undefined)
        raise('entry-twice', token, `the entry is set already, in line ${this.#entry.token.line}`);
      this.#entry = { token, target };
      return tokens[1]!;
    },
    headerless: (tokens) => {
      this.#settings.headerless = true;
      return tokens[0]!;
    },
    linktype: (tokens) => {
      this.#settings.linktype = within(tokens[0]!, 0xffff);
      return tokens[1]!;
    },
    string: (tokens) => {
      const bytes = tokens[0]!.kind === 'string' ? tokens[0]!.bytes! : undefined;
      if (bytes === undefined) raise('syntax', tokens[0]!, `expected a string, found ${found(tokens[0]!)}`);
      if (bytes.includes(0)) raise('string-nul', tokens[0]!, 'a string ends at NUL, so it cannot hold one');
      if (this.#strings.length === 0) this.#strings.push(0);
      for (const byte of bytes) this.#strings.push(byte);
      this.#strings.push(0);
      return tokens[1]!;
    },
    strings: (tokens) => {
      for (const byte of readBytes(tokens)) this.#strings.push(byte);
      return tokens.at(-1)!;
    },
    import: (tokens) => {
      const [kind, number, name, format] = tokens as [Token, Token, Token, Token];
      if (kind.text !== 'function' && kind.text !== 'segment')
        raise('syntax', kind, `expected function or segment, found ${found(kind)}`);
      const limit = kind.text === 'segment' ? 0xf9 : 0xffffffff;
      const entry = { kind: kind.text, number: within(number, limit), name: stringOf(name) } as const;
      const isFormat = format.kind === 'string' && kind.text === 'segment';
      this.#imports.push(isFormat ? { ...entry, format: stringOf(format) } : entry);
      return isFormat ? tokens[4]! : format;
    },
    attribute: (tokens, token) => {
      const [name, value] = tokens as [Token, Token];
      const last = this.#imports.at(-1);
      if (last === undefined) raise('attribute-place', token, 'an attribute is of the .import above it; there is none');
      const attribute = { name: stringOf(name), value: value.kind === 'string' ? stringOf(value) : wide(value) };
      this.#imports[this.#imports.length - 1] = { ...last, attributes: [...(last.attributes ?? []), attribute] };
      return tokens[2]!;
    },
    word: (tokens, name) => {
      const [code, jt, jf, k] = [0xffff, 0xff, 0xff, 0xffffffff].map((limit, i) =>
        within(tokens[Math.min(i, tokens.length - 1)]!, limit),
      ) as [number, number, number, number];
      this.#add({ kind: 'word', word: { code, jt, jf, k } }, name, 1);
      return tokens[4]!;
    },
  };

  /** Resolves labels and puts the program together. */
  finish({ file }: AssembleOptions): AssembleResult {
    // Where a line is missing, places are not where they will be: what is wrong with labels is told once all can be read.
    if (this.#problems.length > 0) return { problems: this.#problems };
    const code: Word[] = [];
    const lines: LineEntry[] = [];
    for (const item of this.#items)
      this.attempt(() => {
        lines.push({ pc: item.pc, line: item.token.line, column: item.token.column });
        for (const word of this.#words(item)) code.push(word);
      });
    let entry = 0;
    this.attempt(() => {
      const target = this.#entry?.target;
      if (target !== undefined) entry = numberOf(target) ?? this.#locate(target);
    });
    if (this.#problems.length > 0)
      return { problems: this.#problems.sort((a, b) => a.line - b.line || a.column - b.column) };
    return {
      program: {
        profile: 'bpf64',
        ...this.#settings,
        code,
        entry,
        strings: Uint8Array.from(this.#strings.length === 0 ? [0] : this.#strings),
        ...(this.#imports.length === 0 ? {} : { imports: this.#imports }),
        ...(file === undefined || this.#settings.profile === 'classic' ? {} : { debug: { file, lines } }),
      },
    };
  }

  #locate(label: Token): number {
    const place = this.#labels.get(label.text);
    if (place !== undefined) return place.pc;
    const similar = nearest(label.text, this.#labels.keys());
    raise(
      'label-unknown',
      label,
      `there is no label ${label.text}`,
      similar === '' ? undefined : `did you mean ${similar}?`,
    );
  }

  #words(item: Item): readonly Word[] {
    if (item.kind === 'word') return [item.word];
    if (item.kind === 'literal') {
      const { data } = item;
      const before = this.#at.get(item.pc - 1);
      const miss = before?.kind === 'instruction' && before.template.mnemonic === 'jtbl' ? this.#miss(before) : 0;
      const limit = data.isLong ? 0xffffffff : 0xffff;
      const end = item.pc + 1 + data.length;
      const offset = (target: Value): number => this.#offset(target, end, limit, item.token);
      return literalWords(data.isLong, data.length, data.fill(offset, miss));
    }
    const { template, said } = item;
    if (template.mnemonic === 'jtbl') this.#checkTable(item);
    return [wordOf(template, said, (value, field) => this.#resolve(item, value, field))];
  }

  /** k of a switch. */
  #miss(item: Item & { kind: 'instruction' }): number {
    return this.#resolve(item, item.said.k!, 'k');
  }

  #offset(target: Value, from: number, limit: number, at: Token): number {
    if (typeof target === 'number') {
      if (target > limit) raise('jump-range', at, `+${target} does not fit; the most is ${limit}`);
      return target;
    }
    const to = this.#locate(target.label);
    if (to < from) raise('jump-back', target.label, `${target.label.text} stands before; this goes forward only`);
    if (to - from > limit)
      raise('jump-range', target.label, `${target.label.text} is ${to - from} instructions on; the most is ${limit}`);
    return to - from;
  }

  #resolve(item: Item & { kind: 'instruction' }, value: Value, field: 'jt' | 'jf' | 'k'): number {
    if (typeof value === 'number') return value;
    const { template, pc } = item;
    const role = template.variant[field];
    if (role === 'literal') return this.#literalOffset(value, pc);
    if (template.mnemonic === 'jtbl') {
      const literal = this.#at.get(pc + 1);
      if (literal?.kind !== 'literal')
        raise('table-missing', value.label, 'a switch needs its table in the next line: .set, .targets or .ranges');
      const isSet = value.base !== undefined && tableKinds[(item.said.jt as number) & 7] === 'bitset';
      const offset = this.#offset(value, pc + 2 + literal.data.length, isSet ? 0xffff : 0xffffffff, value.label);
      return isSet ? ((value.base! << 16) | offset) >>> 0 : offset;
    }
    if (role === 'target') return this.#locate(value.label) - pc - 1;
    return this.#offset(value, pc + 1, 0xff, value.label);
  }

  /** The distance of a literal's byte from the load. */
  #literalOffset({ label, byte = 0 }: { readonly label: Token; readonly byte?: number }, pc: number): number {
    const literal = this.#at.get(this.#locate(label));
    if (literal?.kind !== 'literal') raise('literal-label', label, `${label.text} is no literal`);
    return (literal.pc - pc) * wordBytes + (literal.data.isLong ? 4 : 2) + byte;
  }

  /** `goto` and `else` of ranges must be what the table's form makes of k. */
  #checkTable({ said, pc, token }: Item & { kind: 'instruction' }): void {
    const literal = this.#at.get(pc + 1);
    if (literal?.kind !== 'literal' || tableKinds[(said.jt as number) & 7] !== 'ranges') return;
    if (literal.data.isLong && said.way === 'else')
      raise('table-way', token, 'ranges without targets go where `goto` says; a miss falls through');
    if (!literal.data.isLong && said.way === 'goto')
      raise('table-way', token, 'ranges with targets of their own leave the others to `else`');
  }
}

function within(token: Token, limit: number): number {
  const value = numberOf(token);
  if (value === undefined) raise('syntax', token, `expected a number, found ${found(token)}`);
  if (value > limit) raise('number-range', token, `${token.text} is too large; the largest is ${limit}`);
  return value;
}

/** An unsigned number of at most 64 bits. */
function wide(token: Token): bigint {
  if (numberOf(token) === undefined) raise('syntax', token, `expected a number or a string, found ${found(token)}`);
  const value = token.kind === 'character' ? BigInt(numberOf(token)!) : BigInt(token.text);
  if (value >> 64n > 0n) raise('number-range', token, `${token.text} is too large; the largest is 2^64-1`);
  return value;
}

const stringOf = (token: Token): string =>
  token.kind === 'string'
    ? decodeUtf8(token.bytes!)
    : raise('syntax', token, `expected a string, found ${found(token)}`);

/** Templates by the token they open with; those that open with an operand stand under ''. */
const byOpening = new Map<string, Template[]>();
for (const template of templates) {
  const [first] = template.pieces;
  const opening = first!.kind === 'text' ? first!.text : '';
  byOpening.set(opening, [...(byOpening.get(opening) ?? []), template]);
}
const candidates = (first: Token): readonly Template[] => [...(byOpening.get(first.text) ?? []), ...byOpening.get('')!];

/** Whether a template may fit, seen by its second token: only to save time. */
function mayFit({ pieces: [first, second] }: Template, [token, next]: readonly Token[]): boolean {
  if (first!.kind === 'text' || second?.kind !== 'text' || token!.text === '(') return true;
  return next!.text === second.text;
}

/** All that a line can mean: one template, if it is right. For tests; the assembler takes the first. */
export function readings(tokens: readonly Token[], lenient = false): { template: Template; said: Said }[] {
  const all: { template: Template; said: Said }[] = [];
  for (const template of candidates(tokens[0]!)) {
    if (!mayFit(template, tokens)) continue;
    const cursor = new Cursor(tokens, lenient);
    if (read(template, cursor) && cursor.mistake === undefined) all.push({ template, said: cursor.said });
  }
  return all;
}

function readInstruction(tokens: readonly Token[]): { template: Template; said: Said } {
  return readings(tokens)[0] ?? readings(tokens, true)[0] ?? refuse(tokens);
}

/** Says what is wrong with a line that no template fits: a mistake in one that nearly does, or how far any came. */
function refuse(tokens: readonly Token[]): never {
  let furthest = 0;
  let mistake: Cursor['mistake'];
  const expected = new Set<string>();
  let hint: Cursor['hint'];
  for (const template of candidates(tokens[0]!)) {
    const cursor = new Cursor(tokens, true);
    if (read(template, cursor)) mistake ??= cursor.mistake;
    if (cursor.at > furthest) {
      furthest = cursor.at;
      expected.clear();
      hint = undefined;
    }
    if (cursor.at < furthest) continue;
    expected.add(cursor.expected);
    hint ??= cursor.hint;
  }
  if (mistake !== undefined) raise('operand', mistake.token, mistake.message);
  const at = tokens[Math.min(furthest, tokens.length - 1)]!;
  if (furthest === 0) {
    const similar = at.kind === 'word' ? nearest(at.text, [...openingWords, ...macroNames]) : '';
    const tip = similar === '' ? hint?.() : `did you mean \`${similar}\`?`;
    raise('instruction', at, `no instruction begins with ${found(at)}`, tip);
  }
  const isExact = (text: string): number => Number(text.startsWith('`'));
  const list = [...expected].sort((a, b) => isExact(a) - isExact(b)).slice(0, 8);
  const wanted = list.length > 1 ? `${list.slice(0, -1).join(', ')} or ${list.at(-1)}` : list[0];
  raise('syntax', at, `expected ${wanted}, found ${found(at)}`, hint?.());
}
