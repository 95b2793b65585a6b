/**
 * The protocol table as Lua: a reader `function(p, o)` for every field, group and member of every header, `p` being the
 * packet and `o` where the header starts. A field is read anew at each access; masks and shifts stand in the text.
 */

import type { InnerKind } from '../protocols/linktypes.ts';
import {
  type FieldRow,
  type FoundRow,
  fieldRow,
  type GroupRow,
  type HeaderName,
  headers,
  payloadRule,
} from '../protocols/table.ts';

/** The loads of the Lua runtime by size in bytes. */
const loads = { 1: 'u8', 2: 'u16', 4: 'u32', 6: 'u48', 16: 'address_at' } as const satisfies Record<
  FieldRow['size'],
  string
>;

const place = (offset: number): string => (offset === 0 ? 'o' : `o + ${offset}`);

/** The Lua expression that reads a field. Lua's `&` binds tighter than `==`, and `>>` tighter than `&`. */
function readingOf(row: FieldRow): string {
  let text = `${loads[row.size]}(p, ${place(row.offset)})`;
  if (row.shift !== undefined) text += ` >> ${row.shift}`;
  if (row.mask !== undefined) text += ` & 0x${row.mask.toString(16)}`;
  if (row.scale !== undefined) text = `(${text}) * ${row.scale}`;
  return row.type === 'boolean' ? `${text} == 1` : text;
}

const reader = (name: string, expression: string): string => `${name} = function(p, o) return ${expression} end,`;

function groupInLua(title: string, name: string, row: GroupRow): string[] {
  const parts = Object.entries(row.parts).map(([part, field]) => `    ${reader(part, readingOf(field))}`);
  return [`  ${name} = group("${title}.${name}", {`, ...parts, '  }),'];
}

function payloadOf(name: HeaderName): string {
  const payload = payloadRule(name);
  if (payload === 'found') return `finders.${headers[name].module}.payload_${name}(p)`;
  return 'base' in payload ? place(payload.base) : `o + ${readingOf(fieldRow(name, payload.field))}`;
}

/** The reader of `payload_len`, for a header that has it. */
function lengthInLua(name: HeaderName): string[] {
  const { end } = headers[name];
  if (end === undefined) return [];
  let text = 'network_end(p)';
  if (end !== 'network') {
    const length = readingOf(fieldRow(name, end.field));
    text = end.open === true ? `end_by(p, o, ${length})` : `o + ${length}`;
  }
  return [`  ${reader('payload_len', `room(${payloadOf(name)}, ${text})`)}`];
}

/** What a module finds: asked of it where it is read, or a method that asks it. */
function foundInLua(name: HeaderName, [key, row]: [string, FoundRow]): string {
  const { module } = headers[name];
  if (row.isDomain) return reader(key, `domain_at(p, finders.${module}.name(p))`);
  if (row.takes === undefined) return reader(key, `finders.${module}.${key}(p)`);
  const text = { text: 'text', host: 'checked_domain(text)', domain: 'wire_of(checked_domain(text))' }[row.takes];
  return reader(key, `function(_, text) return finders.${module}.${key}(p, ${text}) end`);
}

/** The packet in a header's payload: where a module says, and of the kind that it says. */
const innerInLua = (name: HeaderName, kinds: readonly InnerKind[]): string =>
  reader(
    'inner',
    `inner_packet(p, { ${kinds.map((kind) => `"${kind}"`).join(', ')} }, finders.tunnels.inner_${name}(p))`,
  );

function headerInLua(name: HeaderName): string[] {
  const { fields: rows, found = {} } = headers[name];
  const fields = Object.entries(rows).flatMap(([key, field]) =>
    'parts' in field ? groupInLua(name, key, field) : [`  ${reader(key, readingOf(field))}`],
  );
  return [
    `headers.${name} = header("${name}", {`,
    `  ${reader('offset', 'o')}`,
    ...(headers[name].payload === undefined ? [] : [`  ${reader('payload', payloadOf(name))}`]),
    ...lengthInLua(name),
    ...(headers[name].inner === undefined ? [] : [`  ${innerInLua(name, headers[name].inner)}`]),
    ...fields,
    ...Object.entries(found).map((row) => `  ${foundInLua(name, row)}`),
    '})',
  ];
}

/**
 * Lua that fills `headers` with a maker of views for each header of the table; wants `header`, `group`, `room` and
 * `end_by` in scope, and leaves `network_end` and `finders` to what finds the headers.
 */
export function fieldsInLua(): string {
  const tables = (Object.keys(headers) as HeaderName[]).flatMap(headerInLua);
  return `-- The headers and their fields, made from the protocol table.
local headers, finders, network_end = {}, {}
${tables.join('\n')}
`;
}
