/**
 * The notation of docs/language.md: blocks of Lua, tables whose rows have examples, and packets in hexadecimal. An
 * example is `code --> what comes of it`; the page says how to read it.
 */

/** What an example says comes of it, by each Lua of which it says something. */
export interface Example {
  /** Lua, as it stands in the page; or a test of a filter file (`--@test …`). */
  readonly code: string;
  /** Of a compiled filter, and of stock Lua if the next is absent. */
  readonly value: string;
  readonly in54?: string;
  readonly in53?: string;
  /** The names declared by the filter that stands above it in its section. */
  readonly given: string;
  readonly line: number;
}

/** A whole filter, or a module: its file's name then stands behind the language's. */
export interface Block {
  readonly text: string;
  readonly file: string | undefined;
  /** What its last line, `--> …`, says of its verdict. */
  readonly value: string | undefined;
  readonly line: number;
}

export interface Sample {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly wirelen: number;
}

export interface Page {
  readonly blocks: readonly Block[];
  readonly examples: readonly Example[];
  /** Rows of tables without an example, by line. */
  readonly bare: readonly string[];
  readonly samples: readonly Sample[];
}

export function readPage(text: string): Page {
  const blocks: Block[] = [];
  const examples: Example[] = [];
  const bare: string[] = [];
  const samples: Sample[] = [];
  let given = '';
  const lines = text.split('\n');
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!;
    const number = i + 1;
    const [, language, rest = ''] = /^```(\w+) ?(.*)$/.exec(line) ?? [];
    if (language !== undefined) {
      const end = lines.indexOf('```', i);
      const body = lines.slice(i + 1, end);
      i = end;
      if (language === 'lua') {
        const block = blockOf(body, rest, number);
        blocks.push(block);
        if (block.file === undefined) given = block.text.split(/^return function/m)[0]!;
      } else if (language === 'hex') samples.push(sampleOf(body, rest));
    } else if (line.startsWith('## ')) given = '';
    // The row behind the title is the rule.
    else if (line.startsWith('| ') && !lines[i + 1]?.startsWith('|---')) {
      const found = examplesOf(line, given, number);
      if (found.length === 0) bare.push(`${number}: ${line}`);
      examples.push(...found);
    }
  }
  return { blocks, examples, bare, samples };
}

function blockOf(body: readonly string[], rest: string, line: number): Block {
  const value = /^--> (.*)$/.exec(body.at(-1) ?? '')?.[1];
  const text = `${(value === undefined ? body : body.slice(0, -1)).join('\n')}\n`;
  return { text, file: rest === '' ? undefined : rest, value, line };
}

function sampleOf(body: readonly string[], rest: string): Sample {
  const [name = '', , wirelen] = rest.split(' ');
  const bytes = Uint8Array.from(Buffer.from(body.join('').replaceAll(' ', ''), 'hex'));
  return { name, bytes, wirelen: wirelen === undefined ? bytes.length : Number(wirelen) };
}

function examplesOf(row: string, given: string, line: number): Example[] {
  return [...row.matchAll(/`([^`]+)`/g)].flatMap(([, span]) => {
    const text = span!.replaceAll('\\|', '|');
    if (text.startsWith('--@test ')) return [{ code: text, value: '', given, line }];
    const [code, said] = text.split(' --> ');
    if (said === undefined) return [];
    const [value = '', ...others] = said.split('; in ');
    const of = (version: string): string | undefined =>
      others.find((other) => other.startsWith(`${version}: `))?.slice(version.length + 2);
    const [in54, in53] = [of('5.4'), of('5.3')];
    const more = { ...(in54 === undefined ? {} : { in54 }), ...(in53 === undefined ? {} : { in53 }) };
    return [{ code: code!, value, ...more, given, line }];
  });
}
