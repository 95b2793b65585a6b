/**
 * Literals as directives, written and read: plain bytes and numbers, and the tables of a switch with their targets by
 * name. What a directive does not fill of the literal's last word is padding: zeros, in `.targets` the default, in
 * `.ranges` the last range again.
 */
import { bytesToWords, type Word, wordBytes } from '../isa/codec.ts';
import type { Literal } from '../isa/literals.ts';
import { tableForm } from '../isa/tables.ts';
import type { Reference, Said, Value } from './cursor.ts';
import { numberOf, quote, raise, type Token } from './lexer.ts';
import { isLabel } from './operands.ts';

/** The longest data of a short literal. */
const longestShort = 6 + 0x3ff * wordBytes;
const inHead = (isLong: boolean): number => (isLong ? 4 : 2);
/** Data bytes that share the head's word. */
const besideHead = (isLong: boolean): number => wordBytes - inHead(isLong);
/** Words behind the head for so many bytes of data. */
const wordsFor = (bytes: number, isLong: boolean): number =>
  Math.max(0, Math.ceil((bytes - besideHead(isLong)) / wordBytes));

/** A literal that has been read, its targets open until all labels are known. */
export interface Data {
  readonly isLong: boolean;
  /** Words behind the head. */
  readonly length: number;
  /** All data bytes. `offset` gives targets as offsets from the literal's end, `miss` is the switch's k. */
  readonly fill: (offset: (target: Value) => number, miss: number) => Uint8Array;
}

/** The words of a literal. */
export function literalWords(isLong: boolean, length: number, data: Uint8Array): Word[] {
  const bytes = new Uint8Array((1 + length) * wordBytes);
  if (isLong) bytes.set([0xe7 | (((length >>> 24) & 3) << 3), length, length >> 8, length >> 16]);
  else bytes.set([0x0f | ((length >> 8) << 4), length]);
  bytes.set(data.subarray(0, bytes.length - inHead(isLong)), inHead(isLong));
  return bytesToWords(bytes);
}

/** Data made of numbers of a size, and what fills the rest. */
function numbers(isLong: boolean, size: 1 | 2 | 4, list: readonly number[], padding: readonly number[]): Data {
  const length = wordsFor(list.length * size, isLong);
  const room = besideHead(isLong) + length * wordBytes;
  return { isLong, length, fill: () => pack(room, size, list, padding) };
}

/** Numbers as little-endian bytes; `padding` is repeated as a whole while there is room for it. */
function pack(room: number, size: 1 | 2 | 4, list: readonly number[], padding: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(room);
  const view = new DataView(bytes.buffer);
  let at = 0;
  const put = (value: number): void => {
    if (size === 1) view.setUint8(at, value);
    else if (size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += size;
  };
  list.forEach(put);
  while (padding.length > 0 && at + padding.length * size <= room) padding.forEach(put);
  return bytes;
}

function targets(isLong: boolean, list: readonly Value[]): Data {
  const size = isLong ? 4 : 2;
  const length = wordsFor(list.length * size, isLong);
  const room = besideHead(isLong) + length * wordBytes;
  return { isLong, length, fill: (offset, miss) => pack(room, size, list.map(offset), [miss]) };
}

interface Range {
  readonly low: number;
  readonly high: number;
  /** Left out where all of them go to one place: a long literal. */
  readonly target?: Value;
}

function ranges(list: readonly Range[]): Data {
  const isLong = list[0]?.target === undefined;
  const length = wordsFor(list.length * (isLong ? 4 : 6), isLong);
  const room = besideHead(isLong) + length * wordBytes;
  const fill = (offset: (target: Value) => number): Uint8Array => {
    const slots = list.map(({ low, high, target }) => [low, high, ...(target === undefined ? [] : [offset(target)])]);
    return pack(room, 2, slots.flat(), slots.at(-1) ?? []);
  };
  return { isLong, length, fill };
}

/** Bits as bytes; keys are counted from the base already. */
function bitset(isLong: boolean, keys: readonly Range[]): Data {
  const last = keys.reduce((most, { high }) => Math.max(most, high), -1);
  const bytes = new Uint8Array(Math.ceil((last + 1) / 8));
  for (const { low, high } of keys) for (let key = low; key <= high; key++) bytes[key >> 3]! |= 1 << (key & 7);
  return numbers(isLong, 1, Array.from(bytes), []);
}

/** The directive that makes a literal. `table` is the switch before it; `label` names a pc. */
export function literalText(
  literal: Literal,
  table: Word | undefined,
  label: (pc: number) => string | undefined,
): string {
  const { isLong, end, data } = literal;
  const named = (offset: number): string => label(end + offset) ?? `+${offset}`;
  const form = table === undefined ? undefined : tableForm(table.jt);
  const tried = form === undefined ? undefined : tableText[form.kind](literal, table!.k, named);
  const same = tried?.data.fill(Number, table!.k);
  // A table that says more than its directive can say is written as bytes.
  if (tried?.data.isLong === isLong && same!.length === data.length && same!.every((byte, i) => byte === data[i]))
    return tried.text;
  const used = trimmed(data, isLong, (i) => data[i] === 0);
  const long = isLong && used <= longestShort ? ' long' : '';
  return [`.bytes${long}`, ...byteItems(data.subarray(0, used))].join(' ');
}

type TableText = (
  literal: Literal,
  k: number,
  named: (offset: number) => string,
) => { readonly text: string; readonly data: Data };

const readNumbers = ({ data }: Literal, size: 2 | 4): number[] => {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return Array.from({ length: Math.floor(data.length / size) }, (_, i) =>
    size === 2 ? view.getUint16(i * 2, true) : view.getUint32(i * 4, true),
  );
};
const rangeText = ({ low, high }: Range): string => (low === high ? String(low) : `${low}..${high}`);

const tableText: Readonly<Record<'bitset' | 'index' | 'ranges', TableText>> = {
  bitset({ isLong, data }, k) {
    const keys: { low: number; high: number }[] = [];
    for (let i = 0; i < data.length * 8; i++) {
      if ((data[i >> 3]! & (1 << (i & 7))) === 0) continue;
      if (keys.at(-1)?.high === i - 1) keys.at(-1)!.high = i;
      else keys.push({ low: i, high: i });
    }
    const base = k >>> 16;
    const list = keys.map(({ low, high }) => rangeText({ low: low + base, high: high + base }));
    return { text: listText('.set', isLong, list), data: bitset(isLong, keys) };
  },
  index(literal, k, named) {
    const { isLong } = literal;
    const slots = readNumbers(literal, isLong ? 4 : 2);
    const used = slots.slice(
      0,
      kept(slots.length, isLong ? 4 : 2, isLong, (i) => slots[i] === k),
    );
    return { text: listText('.targets', isLong, used.map(named)), data: targets(isLong, used) };
  },
  ranges(literal, _, named) {
    const { isLong } = literal;
    const slots = readNumbers(literal, 2);
    const size = isLong ? 2 : 3;
    const all = Array.from({ length: Math.floor(slots.length / size) }, (_, i): Range => {
      const [low, high, target] = slots.slice(i * size, i * size + size) as [number, number, number];
      return { low, high, ...(isLong ? {} : { target }) };
    });
    const same = (i: number): boolean => i > 0 && JSON.stringify(all[i]) === JSON.stringify(all[i - 1]);
    const used = all.slice(0, kept(all.length, size * 2, isLong, same));
    const list = used.map((range) =>
      isLong ? rangeText(range) : `${rangeText(range)} ${named(range.target as number)}`,
    );
    return { text: listText('.ranges', false, list), data: ranges(used) };
  },
};

const listText = (directive: string, isLong: boolean, items: readonly string[]): string =>
  `${directive}${isLong ? ' long' : ''} ${items.join(', ')}`.trimEnd();

/** How many of `count` things of `size` bytes must be written: as few as leave the literal as long as it is. */
function kept(count: number, size: number, isLong: boolean, isPadding: (i: number) => boolean): number {
  const length = wordsFor(count * size, isLong);
  let used = count;
  while (used > 0 && isPadding(used - 1) && wordsFor((used - 1) * size, isLong) === length) used--;
  return used;
}
const trimmed = (data: Uint8Array, isLong: boolean, isPadding: (i: number) => boolean): number =>
  kept(data.length, 1, isLong, isPadding);

/** Bytes as strings where at least four of them are letters and the like, else as pairs of digits. */
export function byteItems(bytes: Uint8Array): string[] {
  const items: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    let end = at;
    while (end < bytes.length && bytes[end]! >= 0x20 && bytes[end]! < 0x7f) end++;
    if (end - at < 4) items.push(bytes[(end = at)]!.toString(16).padStart(2, '0'));
    else items.push(quote(bytes.subarray(at, end)));
    at = end === at ? at + 1 : end;
  }
  return items;
}

/** The names of the directives that make literals. */
export const dataDirectives = ['bytes', 'u16', 'u32', 'set', 'targets', 'ranges'] as const;
export type DataDirective = (typeof dataDirectives)[number];

/** Tables stand behind a switch of their kind. */
const kindOf: Partial<Record<DataDirective, string>> = { set: 'bitset', targets: 'index', ranges: 'ranges' };

/** Reads what stands behind the name of a directive. `behind` is the switch on the line before, if there is one. */
export function readData(
  directive: DataDirective,
  name: Token,
  tokens: readonly Token[],
  behind: Said | undefined,
): Data {
  const kind = kindOf[directive];
  const found = behind === undefined ? undefined : tableForm(behind.jt as number)?.kind;
  if (kind !== undefined && found !== kind)
    raise('table-place', name, `.${directive} stands only behind a \`switch … ${kind}\``);
  const items = new Items(tokens);
  const long = items.takeLong();
  const data = readers[directive](items, long, behind);
  if (!data.isLong && data.length > 0x3ff) raise('literal-long', name, 'a short literal has 8190 bytes at most');
  return data;
}

/** A walk over the items of a directive. */
class Items {
  readonly #tokens: readonly Token[];
  at = 0;
  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }
  peek(): Token {
    return this.#tokens[Math.min(this.at, this.#tokens.length - 1)]!;
  }
  get done(): boolean {
    return this.peek().kind === 'end';
  }
  take(text: string): boolean {
    const found = this.peek().text === text && this.peek().kind !== 'string';
    if (found) this.at++;
    return found;
  }
  takeLong(): boolean {
    return this.take('long');
  }

  /** Items between commas. */
  list<T>(read: () => T): T[] {
    const list: T[] = [];
    while (!this.done) {
      list.push(read());
      if (!this.done && !this.take(',')) raise('syntax', this.peek(), `expected \`,\`, found ${found(this.peek())}`);
    }
    return list;
  }

  number(limit: number): number {
    const token = this.peek();
    const isNegative = this.take('-');
    const value = numberOf(this.peek());
    if (value === undefined) raise('syntax', this.peek(), `expected a number, found ${found(this.peek())}`);
    this.at++;
    if (value > limit || (isNegative && value > (limit + 1) / 2))
      raise('number-range', token, `${isNegative ? '-' : ''}${value} does not fit; the largest is ${limit}`);
    return (isNegative ? -value : value) >>> 0;
  }

  range(limit: number): { low: number; high: number } {
    const low = this.number(limit);
    const high = this.take('..') ? this.number(limit) : low;
    return { low, high };
  }

  target(): Value {
    if (this.take('+')) return this.number(0xffffffff);
    const label = this.peek();
    if (label.kind !== 'word' || !isLabel(label.text))
      raise('syntax', label, `expected a label, found ${found(label)}`);
    this.at++;
    return { label };
  }
}

/** How messages name a token. */
export const found = (token: Token): string => (token.kind === 'end' ? 'the end of the line' : `\`${token.text}\``);

/** Bytes as strings and pairs of digits, to the end of the line. */
export function readBytes(tokens: readonly Token[]): number[] {
  return tokens.flatMap((token): readonly number[] => {
    if (token.kind === 'end') return [];
    if (token.kind === 'string') return Array.from(token.bytes!);
    if (!/^(?:[0-9a-fA-F]{2})+$/.test(token.text))
      raise('syntax', token, `expected a string or pairs of hexadecimal digits, found ${found(token)}`);
    return Array.from(token.text.matchAll(/../g), ([pair]) => Number.parseInt(pair, 16));
  });
}

const isLongFor = (long: boolean, bytes: number): boolean => long || bytes > longestShort;
const plain =
  (size: 2 | 4) =>
  (items: Items, long: boolean): Data => {
    const list = items.list(() => items.number(size === 2 ? 0xffff : 0xffffffff));
    return numbers(isLongFor(long, list.length * size), size, list, []);
  };

const readers: Readonly<Record<DataDirective, (items: Items, long: boolean, behind: Said | undefined) => Data>> = {
  bytes(items, long) {
    const tokens: Token[] = [];
    for (; !items.done; items.at++) tokens.push(items.peek());
    const list = readBytes(tokens);
    return numbers(isLongFor(long, list.length), 1, list, []);
  },
  u16: plain(2),
  u32: plain(4),
  set(items, long, behind) {
    const k = behind!.k as number | Reference;
    const base = typeof k === 'number' ? k >>> 16 : (k.base ?? 0);
    const keys = items.list(() => {
      const token = items.peek();
      const { low, high } = items.range(base + bitsLimit);
      if (low < base || high < low) raise('table-key', token, `keys go from the base, ${base}, on`);
      return { low: low - base, high: high - base };
    });
    const last = keys.reduce((most, { high }) => Math.max(most, high), -1);
    return bitset(isLongFor(long, (last + 8) >> 3), keys);
  },
  targets: (items, long) =>
    targets(
      long,
      items.list(() => items.target()),
    ),
  ranges(items) {
    const list = items.list((): Range => {
      const range = items.range(0xffff);
      return items.done || items.peek().text === ',' ? range : { ...range, target: items.target() };
    });
    const one = list.findIndex(({ target }) => (target === undefined) !== (list[0]!.target === undefined));
    if (one >= 0 || list.length === 0)
      raise('table-ranges', items.peek(), 'ranges have all a target each (keys that none holds go to `else`), or none');
    return ranges(list);
  },
};
/** Bits of a set, so that a mistaken key does not fill the memory: all of a 24-bit number's. */
const bitsLimit = 0xffffff;
