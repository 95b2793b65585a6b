/** The table of headers as lists, for those who show it: each field by the name that filters use. */
import { type FieldRow, type FoundRow, type GroupRow, type HeaderName, type HeaderRow, headers } from './table.ts';

/** A field as a filter reads it of a header `h`. */
export interface Field {
  /** Behind the header's name: `ttl`, `flags.syn`. */
  readonly path: string;
  readonly type: 'integer' | 'boolean' | 'address' | 'packet';
  /** How many bits of the packet it is. */
  readonly bits: number;
  readonly about: string;
}

/** All fields of a header, parts of groups among them, in the table's order. */
export const fieldsOf = (name: HeaderName): readonly Field[] =>
  Object.entries((headers[name] satisfies HeaderRow).fields).flatMap(([path, row]) => fieldsIn(path, row));

const fieldsIn = (path: string, row: FieldRow | GroupRow): Field[] =>
  'parts' in row
    ? Object.entries(row.parts).flatMap(([part, field]) => fieldsIn(`${path}.${part}`, field))
    : [{ path, type: typeOf(row), bits: bitsOf(row), about: row.about }];

const typeOf = ({ type, size }: FieldRow): Field['type'] => type ?? (size === 16 ? 'address' : 'integer');

const bitsOf = ({ size, shift = 0, mask }: FieldRow): number =>
  mask === undefined ? 8 * size - shift : mask.toString(2).replaceAll('0', '').length;

/** What every header says of where it stands, and some of the packet in it and of how long their payload is. */
export function placesOf(name: HeaderName): readonly Omit<Field, 'bits'>[] {
  const integer = (path: string, about: string) => ({ path, type: 'integer', about }) as const;
  return [
    integer('offset', 'where the header starts, in bytes from the start of the packet'),
    ...(headers[name].payload === undefined ? [] : [integer('payload', 'where what it carries starts')]),
    ...(headers[name].inner === undefined
      ? []
      : [{ path: 'inner', type: 'packet', about: 'the packet in it, or nil' } as const]),
    ...(headers[name].end === undefined ? [] : [integer('payload_len', 'how long that is by the length fields')]),
  ];
}

/** What is found in a header without a place of its own there, by name. */
export const foundIn = (name: HeaderName): readonly (FoundRow & { readonly path: string })[] =>
  Object.entries(headers[name].found ?? {}).map(([path, row]) => ({ path, ...row }));
