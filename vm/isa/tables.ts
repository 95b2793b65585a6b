/**
 * Jump tables: what JTBL's fields and the literal behind it say, as pcs by key. Validator and engines read tables here;
 * neither looks into the bytes itself.
 */
import { SIZE, type Size, sizes } from './instructions.ts';

/** By the type in the low three bits of `jt`. */
export const tableKinds = ['bitset', 'index', 'ranges'] as const;
export type TableKind = (typeof tableKinds)[number];

/**
 * The sizes to which the kinds mask their key.
 * SPEC: isa.md leaves BITSET's open; as in the draft, whose bitmap may cover all IPv4 addresses, all but DW.
 */
export const tableSizes: Readonly<Record<TableKind, readonly Size[]>> = {
  bitset: ['B', 'H', 'W'],
  index: ['B', 'H'],
  ranges: ['H'],
};

/** Kind and size, read off `jt`; undefined where it names no kind. */
export function tableForm(jt: number): { readonly kind: TableKind; readonly size: Size } | undefined {
  const kind = tableKinds[jt & 0xe7];
  const size = sizes[(jt & SIZE.DW) >> 3]!;
  return kind === undefined ? undefined : { kind, size };
}

/** Keys from `low` to `high`, both included. */
export interface KeyRange {
  readonly low: number;
  readonly high: number;
  readonly target: number;
}

interface Common {
  /** What the key is masked to. */
  readonly size: Size;
  /** Every pc that the table names, each once, read or not. */
  readonly targets: readonly number[];
  /** Where keys go that the table does not have. */
  readonly miss: number;
}

/** All of a jump table; targets are pcs. */
export type Table =
  | (Common & {
      readonly kind: 'bitset';
      /** The key of the first bit. */
      readonly base: number;
      /** Bit i is bit i % 8 of byte i / 8. */
      readonly bits: Uint8Array;
      readonly match: number;
    })
  | (Common & {
      readonly kind: 'index';
      /** By key: 0 is the instruction behind the literal. */
      readonly slots: readonly number[];
    })
  | (Common & {
      readonly kind: 'ranges';
      /** Apart and ascending, so that a key can be found by halving; the table's own may overlap. */
      readonly ranges: readonly KeyRange[];
    });

/** What a table is read from: offsets count from the literal's end. */
interface TableLiteral {
  readonly end: number;
  readonly isLong: boolean;
  readonly data: Uint8Array;
}

/** Reads the table of a JTBL, whose kind and size are `tableForm(jt)`, from the literal behind it. */
export function readTable({ jt, k }: { readonly jt: number; readonly k: number }, literal: TableLiteral): Table {
  const { kind, size } = tableForm(jt)!;
  if (kind === 'bitset') return bitset(size, k, literal);
  return kind === 'index' ? index(size, k, literal) : ranges(size, k, literal);
}

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function bitset(size: Size, k: number, { end, data }: TableLiteral): Table {
  const match = end + (k & 0xffff);
  return { kind: 'bitset', size, base: k >>> 16, bits: data, match, miss: end, targets: [...new Set([match, end])] };
}

/** SPEC: slots that no key of the size reaches are targets too, so that what is valid does not depend on the size. */
function index(size: Size, k: number, { end, isLong, data }: TableLiteral): Table {
  const from = view(data);
  const slots = [end];
  if (isLong) for (let at = 0; at < data.length; at += 4) slots.push(end + from.getUint32(at, true));
  else for (let at = 0; at < data.length; at += 2) slots.push(end + from.getUint16(at, true));
  const miss = end + k;
  return { kind: 'index', size, slots, miss, targets: [...new Set(slots).add(miss)] };
}

/**
 * SPEC: the first range that holds the key wins; one whose low is above its high holds none. Bytes at the end of a
 * short literal that make no whole range are not read.
 */
function ranges(size: Size, k: number, { end, isLong, data }: TableLiteral): Table {
  const from = view(data);
  const bytes = isLong ? 4 : 6;
  const list: KeyRange[] = [];
  for (let at = 0; at + bytes <= data.length; at += bytes)
    list.push({
      low: from.getUint16(at, true),
      high: from.getUint16(at + 2, true),
      target: end + (isLong ? k : from.getUint16(at + 4, true)),
    });
  const miss = isLong ? end : end + k;
  const targets = [...new Set(list.map(({ target }) => target)).add(miss)];
  return { kind: 'ranges', size, ranges: apart(list), miss, targets };
}

/**
 * The same answers from ranges that are apart and ascending. A table may have hundreds of thousands of ranges, and no
 * instruction should cost so many steps.
 */
function apart(list: readonly KeyRange[]): readonly KeyRange[] {
  // As a compiler writes them.
  if (list.every(({ low, high }, at) => low <= high && (at === 0 || low > list[at - 1]!.high))) return list;
  const cuts = [...new Set(list.flatMap(({ low, high }) => (low <= high ? [low, high + 1] : [])))];
  cuts.sort((a, b) => a - b);
  const pieceAt = new Map(cuts.map((cut, piece) => [cut, piece]));
  /** By piece (from one cut to the next), where it leads. */
  const targets: number[] = [];
  /** By piece, one not before it and not behind the next that has no target yet. */
  const onward = cuts.map((_, piece) => piece);
  const nextFree = (piece: number): number => {
    let at = piece;
    while (onward[at] !== at) at = onward[at] = onward[onward[at]!]!;
    return at;
  };
  for (const { low, high, target } of list) {
    if (low > high) continue;
    const last = pieceAt.get(high + 1)!;
    for (let piece = nextFree(pieceAt.get(low)!); piece < last; piece = nextFree(piece)) {
      targets[piece] = target;
      onward[piece] = piece + 1;
    }
  }
  return cuts.flatMap((low, piece) => {
    const target = targets[piece];
    return target === undefined ? [] : [{ low, high: cuts[piece + 1]! - 1, target }];
  });
}
