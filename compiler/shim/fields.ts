/**
 * The protocol table as Lua: a reader `function(p, o)` for every field, group and member of every header, `p` being the
 * packet and `o` where the header starts. A field is read anew at each access; masks and shifts stand in the text.
 */

import { type FieldRow, type GroupRow, type HeaderRow, headers } from '../protocols/table.ts';

/** The loads of the Lua runtime by size in bytes. */
const loads = { 1: 'u8', 2: 'u16', 4: 'u32', 6: 'u48' } as const satisfies Record<FieldRow['size'], string>;

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

function payloadOf(row: HeaderRow): string {
  if ('base' in row.payload) return place(row.payload.base);
  const field = row.fields[row.payload.field];
  if (field === undefined || 'parts' in field) throw new Error(`no field ${row.payload.field} to find a payload by`);
  return `o + ${readingOf(field)}`;
}

function headerInLua(name: string, row: HeaderRow): string[] {
  const fields = Object.entries(row.fields).flatMap(([key, field]) =>
    'parts' in field ? groupInLua(name, key, field) : [`  ${reader(key, readingOf(field))}`],
  );
  return [
    `headers.${name} = header("${name}", ${row.minimum}, {`,
    `  ${reader('offset', 'o')}`,
    `  ${reader('payload', payloadOf(row))}`,
    ...fields,
    '})',
  ];
}

/** Lua that fills `headers` with a maker of views for each header of the table; wants `header` and `group` in scope. */
export function fieldsInLua(): string {
  const tables = Object.entries(headers).flatMap(([name, row]) => headerInLua(name, row));
  return `-- The headers and their fields, made from the protocol table.\nlocal headers = {}\n${tables.join('\n')}\n`;
}
