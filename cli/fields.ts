/** `luabpf fields`: the headers that a filter can ask for, and what each has. */
import { fieldsOf, foundIn, type HeaderName, headers, placesOf } from '../compiler/index.ts';
import { nearest } from '../vm/index.ts';
import { failure } from './problem.ts';

const headerNames = Object.keys(headers) as HeaderName[];

/**
 * The headers, a line each; or the fields of one, with their types and sizes. `given` is a header's name, as `tcp` or
 * `pkt.tcp`, or a field's or a group's, as `tcp.flags`.
 */
export function fieldsText(given: string | undefined): string {
  if (given === undefined) return headersText();
  const [name = '', ...path] = given.replace(/^pkt\./, '').split('.');
  const header = headerNames.find((each) => each === name);
  if (header !== undefined) return headerText(header, path.join('.'));
  const near = nearest(name, headerNames);
  throw failure({
    code: 'header',
    message: `there is no header ${name}`,
    hint: near === '' ? `there are ${headerNames.join(', ')}` : `did you mean ${near}?`,
  });
}

/** Columns as wide as they need be, but for the last. */
function tableText(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => (column < row.length - 1 ? cell.padEnd(widths[column]!) : cell)).join('  ');
  return rows.map((row) => `${line(row).trimEnd()}\n`).join('');
}

function headersText(): string {
  const rows = headerNames.map((name) => {
    const { title, about } = headers[name];
    return [`pkt.${name}`, String(fieldsOf(name).length + foundIn(name).length), `${title}: ${about}`];
  });
  return `${tableText([['header', 'fields', ''], ...rows])}\nluabpf fields NAME shows the fields of one.\n`;
}

function headerText(name: HeaderName, path: string): string {
  const rows = [
    ...fieldsOf(name).map((field) => ({ ...field, bits: String(field.bits) })),
    ...placesOf(name).map((place) => ({ ...place, bits: '' })),
    ...foundIn(name).map(({ path, gives, takes, about }) => ({
      path: takes === undefined ? path : `${path}(s)`,
      type: gives,
      bits: '',
      about,
    })),
  ];
  const wanted = rows.filter((row) => path === '' || row.path === path || row.path.startsWith(`${path}.`));
  if (wanted.length === 0) {
    const paths = rows.map((row) => row.path);
    const near = nearest(path, [...paths, ...paths.map((each) => each.split('.', 1)[0]!)]);
    throw failure({
      code: 'field',
      message: `${name} has no field ${path}`,
      hint: near === '' ? `luabpf fields ${name} shows all` : `did you mean ${name}.${near}?`,
    });
  }
  const table = tableText([
    ['field', 'type', 'bits', ''],
    ...wanted.map((row) => [`${name}.${row.path}`, row.type, row.bits, row.about]),
  ]);
  if (path !== '') return table;
  const { title, about } = headers[name];
  return `pkt.${name}: ${title}\n  ${about}\n\n${table}`;
}
