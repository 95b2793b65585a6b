/** A whole program as assembly that gives it back: its settings as directives, labels, one instruction a line. */
import { entryName as exportedName, linktypeName } from '../program/impex.ts';
import { decodeUtf8, encodeUtf8, type Program } from '../program/program.ts';
import { byteItems } from './data.ts';
import { disassemble } from './disassemble.ts';
import { quote } from './lexer.ts';

/** Parts of a program that assembly has no words for. */
const unsaid = ['debug', 'exported', 'onFatal', 'rodatas', 'doc'] as const satisfies readonly (keyof Program)[];

/** Names of places may be given by pc; others are called by their number. */
export function assemblyText(program: Program, names?: ReadonlyMap<number, string>): string {
  const { code, entry, profile, headerless, linktype, imports = [] } = program;
  const lines = disassemble(code, { ...(names === undefined ? {} : { names }), ...(entry > 0 ? { entry } : {}) });
  const entryName = lines[entry]?.label ?? String(entry);
  const left: string[] = unsaid.filter((part) => program[part] !== undefined);
  if (imports.some(({ version, description }) => version !== undefined || description !== undefined))
    left.push('versions and descriptions of imports');
  const head = [
    ...(left.length > 0 ? [`; not in this text: ${left.join(', ')}`] : []),
    ...(profile === 'classic' ? ['.profile classic'] : []),
    ...(headerless === true ? ['.headerless'] : []),
    ...(linktype === undefined ? [] : [`.linktype ${linktype}`]),
    ...stringLines(program.strings, namesOfFile(program)),
    ...imports.flatMap(({ kind, number, name, format, attributes = [] }) => [
      `.import ${kind} ${number} ${quoted(name)}${format === undefined ? '' : ` ${quoted(format)}`}`,
      ...attributes.map(
        (of) => `.attribute ${quoted(of.name)} ${typeof of.value === 'string' ? quoted(of.value) : of.value}`,
      ),
    ]),
    ...(entry > 0 ? [`.entry ${entryName}`] : []),
  ];
  const body = lines.flatMap(({ text, label, note }) => [
    ...(label === undefined ? [] : [`${label}:`]),
    ...(text === '' ? [] : wrap(note === undefined ? `  ${text}` : `  ${text} ; ${note}`)),
  ]);
  return `${[...head, ...(head.length > 0 ? [''] : []), ...body].join('\n')}\n`;
}

const quoted = (text: string): string => quote(encodeUtf8(text));

/** Names that a file adds behind the strings of its program, and adds again when it is written anew. */
const namesOfFile = ({ debug }: Program): ReadonlySet<string> =>
  new Set([
    exportedName,
    linktypeName,
    ...(debug === undefined ? [] : [debug.file, ...(debug.otherFiles ?? [])]),
    ...(debug?.variables ?? []).map(({ name }) => name),
  ]);

/**
 * The strings one by one, where the section is what strings in order give; else its bytes. The file's own names at the
 * end are left out: who assembles the text has other ones.
 */
function stringLines(section: Uint8Array, own: ReadonlySet<string>): string[] {
  // A file pads its sections with NUL.
  let end = section.length;
  while (end > 1 && section[end - 1] === 0 && section[end - 2] === 0) end--;
  const used = section.subarray(0, end);
  if (used.length <= 1) return [];
  if (used[0] !== 0 || used.at(-1) !== 0) return wrap(`.strings ${byteItems(section).join(' ')}`);
  const strings: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  for (let at = 1; at < used.length; at += strings.at(-1)!.bytes.length + 1)
    strings.push({ at, bytes: used.subarray(at, used.indexOf(0, at)) });
  while (strings.length > 0 && own.has(decodeUtf8(strings.at(-1)!.bytes))) strings.pop();
  return strings.map(({ at, bytes }) => `.string ${quote(bytes)} ; ${at}`);
}

const widest = 110;

/** Long lines go on after a backslash; strings are not cut. */
function wrap(line: string): string[] {
  if (line.length <= widest) return [line];
  const lines: string[] = [];
  let current = '';
  for (const [item] of line.matchAll(/\s*(?:"(?:[^"\\]|\\.)*"|[^\s"]+)/g)) {
    if (current !== '' && current.length + item.length > widest) {
      lines.push(`${current} \\`);
      current = `   ${item}`;
    } else current += item;
  }
  return [...lines, current];
}
