/** The cases of test/data/compiler/rejections.txt, which says how it is written. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compile, type Diagnostic, type LoopKinds } from '../../compiler/index.ts';

export const rejectionsPath = fileURLToPath(new URL('../data/compiler/rejections.txt', import.meta.url));

export interface Case {
  readonly title: string;
  readonly linktype: number;
  readonly loops: LoopKinds;
  /** As it stands in the file. */
  readonly written: string;
  /** The filter, and its modules, by the names of their files. */
  readonly files: ReadonlyMap<string, string>;
}

/** Before the first `==` stands what the file says of itself. */
export function readRejections(): { preamble: string; cases: Case[] } {
  const text = readFileSync(rejectionsPath, 'utf8');
  const [preamble = '', ...sections] = text.split(/^== /m);
  const cases = sections.map((section): Case => {
    const [title = '', ...lines] = section.split('\n');
    const linktype = Number(/\[linktype (\d+)\]/.exec(title)?.[1] ?? 1);
    const loops = (/\[loops (\w+)\]/.exec(title)?.[1] ?? 'door') as LoopKinds;
    const written = lines.filter((line) => line !== '' && !line.startsWith('! ')).join('\n');
    return { title, linktype, loops, written, files: filesOf(written) };
  });
  return { preamble, cases };
}

/** `<BOM>` is a byte order mark; `<<12|text>>` is twelve times the text, `@` in it counts from 1. */
const expanded = (written: string): string =>
  written
    .replace('<BOM>', '\xef\xbb\xbf')
    .replace(/<<(\d+)\|(.*?)>>/g, (_, count: string, piece: string) =>
      Array.from({ length: Number(count) }, (_, i) => piece.replaceAll('@', String(i + 1))).join(''),
    );

/** The filter of a case, and its modules by the names of their files. */
function filesOf(written: string): ReadonlyMap<string, string> {
  const [filter = '', ...modules] = `${expanded(written)}`.split(/^--- /m);
  const files = modules.map((each) => /^(\S+)\n([\s\S]*)$/.exec(each)!);
  return new Map([['filter.lua', filter], ...files.map(([, name, text]) => [name!, text!] as const)]);
}

/** What is said of a case: its rejections, or where it has none, its warnings. */
export function diagnosticsOf({ linktype, loops }: Case, files: ReadonlyMap<string, string>): readonly Diagnostic[] {
  const findModule = (name: string) => {
    const file = `${name}.lua`;
    const text = files.get(file);
    return text === undefined ? undefined : { text, file };
  };
  const { diagnostics, warnings } = compile(files.get('filter.lua')!, { linktype, loops, findModule });
  return diagnostics ?? warnings;
}
