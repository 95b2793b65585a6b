/** One filter at every stage, as text: the blocks of docs/pipeline.md, by name. */

import { listing } from '../../cli/listing.ts';
import { check } from '../../compiler/check/index.ts';
import type { CheckedFilter } from '../../compiler/check/tree.ts';
import { has, INTEGER, type Type, typeName } from '../../compiler/check/types.ts';
import { parse } from '../../compiler/parse.ts';
import { instructionText, wordText } from '../../vm/index.ts';
import { runCompiled } from '../support/run.ts';
import { type Compiled, compiled } from './compiled.ts';
import { examples, mixed } from './files.ts';

const { source } = examples.find(({ name }) => name === 'web')!;
const program: Compiled = compiled(source, 'examples/web.lua');

/** What a tree looks like: a line a node, its parts below it, two columns deeper. */
interface Outline {
  readonly head: string;
  readonly parts: readonly Outline[];
}

const outlineText = ({ head, parts }: Outline): string =>
  [head, ...parts.flatMap((part) => outlineText(part).split('\n')).map((line) => `  ${line}`)].join('\n');

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const entriesOf = (node: object): [string, unknown][] =>
  Object.entries(node).flatMap(([key, value]): [string, unknown][] =>
    Array.isArray(value) ? value.map((one) => [key, one]) : [[key, value]],
  );

/** A node of the AST, all but where it stands in the text. */
function astOutline(node: Readonly<Record<string, unknown>>, field = ''): Outline {
  const shown = entriesOf(node).filter(([key]) => !['type', 'loc', 'range', 'raw', 'isLocal'].includes(key));
  const words = shown.filter(([, value]) => !isRecord(value) && value !== null).map(([, value]) => String(value));
  const parts = shown.flatMap(([key, value]) => (isRecord(value) ? [astOutline(value, key)] : []));
  return { head: [field === '' ? '' : `${field}:`, String(node.type), ...words].join(' ').trim(), parts };
}

function ast(): string {
  const parsed = parse(source);
  if (parsed.ast === undefined) throw new Error(parsed.problem.message);
  return outlineText(astOutline({ ...parsed.ast }));
}

function typeText(type: Type): string {
  const range = has(type, INTEGER) ? ` (${type.low} to ${type.high})` : '';
  return typeName(type) + range;
}

const isType = (value: unknown): value is Type => isRecord(value) && 'atoms' in value;

/** A node of the checked tree: its kind, what it names, and the type that was found. */
function treeOutline(node: Readonly<Record<string, unknown>>): Outline {
  const names = entriesOf(node).flatMap(([key, value]) => {
    if (key === 'name' || key === 'operator' || key === 'value') return [String(value)];
    return (key === 'locals' || key === 'local' || key === 'table') && isRecord(value) ? [String(value.name)] : [];
  });
  const parts = entriesOf(node).flatMap(([, value]) => {
    if (!isRecord(value)) return [];
    // A list of values shows the values.
    if ('nodes' in value) return treeOutline(value).parts;
    return 'kind' in value || 'condition' in value ? [treeOutline(value)] : [];
  });
  const type = isType(node.type) ? `: ${typeText(node.type)}` : '';
  return { head: `${[node.kind ?? 'clause', ...new Set(names)].join(' ')}${type}`, parts };
}

function tree(): string {
  const parsed = parse(source);
  const options = {
    linktype: 1,
    file: 'web.lua',
    loops: 'door',
    findModule: () => undefined,
    args: new Map(),
  } as const;
  const filter: CheckedFilter | undefined = parsed.ast && check(parsed.ast, source, options).filter;
  if (filter === undefined) throw new Error('examples/web.lua is rejected');
  return filter.body.map((statement) => outlineText(treeOutline({ ...statement }))).join('\n');
}

const { bytes: file } = program;
const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
const hex = (from: number, to: number): string =>
  Array.from(file.subarray(from, to), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
const readable = (from: number, to: number): string =>
  Array.from(file.subarray(from, to), (byte) => (byte > 32 && byte < 127 ? String.fromCharCode(byte) : '.')).join('');

/** Bytes of the literal at `at`, its first word included. */
function literalBytes(at: number): number {
  const code = view.getUint16(at, true);
  if ((code & 0xcf) !== 0x0f) throw new Error('a long literal: docs/pipeline.md shows short ones');
  return (((code >> 8) | ((code & 0x30) << 4)) + 1) * 8;
}

const sectionNames = ['strings', 'impex', 'debug'] as const;
const headerEnd = literalBytes(0);
const codeStart = headerEnd + view.getUint32(24, true);

function dump(): string {
  const rows = Array.from({ length: headerEnd / 16 }, (_, row) => {
    const [from, to] = [row * 16, row * 16 + 16];
    return `${from.toString(16).padStart(4, '0')}  ${hex(from, to)}  ${readable(from, to)}`;
  });
  return rows.join('\n');
}

/** Where each field of the header starts and ends, and what it says here. */
function fields(): string {
  const count = view.getUint8(10);
  const rows: (readonly [from: number, to: number, meaning: string])[] = [
    [0, 2, `the header is a literal; behind its first 8 bytes it has ${headerEnd / 8 - 1} words of 8 bytes`],
    [2, 7, `"${readable(2, 7)}": what the file is`],
    [7, 8, `version ${view.getUint8(7)} of the format`],
    [8, 10, `0x${view.getUint16(8, true).toString(16)}, so the file is little-endian`],
    [10, 11, `${count} sections`],
    [11, 16, 'flags, and bytes kept free'],
    [16, 24, `"${readable(16, 24)}": for any machine`],
    [24, 28, `bytes of all sections: ${view.getUint32(24, true)}`],
    [28, 32, `the first instruction is number ${view.getUint32(28, true)}`],
    [32, 48, 'half of the SHA-256 of the file with these bytes 0'],
    [48, 64, 'kept free'],
    ...Array.from({ length: count }, (_, i) => {
      const at = 64 + 8 * i;
      return [at, at + 8, `section of type ${view.getUint8(at + 2)}, ${sectionNames[i]}, and its CRC-32`] as const;
    }),
    [64 + 8 * count, headerEnd, 'names of the sections, then zeros'],
  ];
  return rows
    .map(([from, to, meaning]) => {
      const short = to - from > 8 ? `${hex(from, from + 7)} …` : hex(from, to);
      return `${from.toString(16).padStart(4, '0')}  ${short.padEnd(23)}  ${meaning}`;
    })
    .join('\n');
}

function size(): string {
  let at = headerEnd;
  const sections = sectionNames.map((name) => {
    const from = at;
    at += literalBytes(at);
    return [name, at - from] as const;
  });
  const code = program.program.code.length;
  const rows: (readonly [string, number, string])[] = [
    ['header', headerEnd, ''],
    ...sections.map(([name, bytes]) => [name, bytes, ''] as const),
    ['code', file.length - codeStart, `${code} instructions of 8 bytes`],
    ['file', file.length, ''],
  ];
  return rows
    .map(([name, bytes, note]) => `${name.padEnd(8)}${String(bytes).padStart(6)} bytes  ${note}`.trimEnd())
    .join('\n');
}

/** One instruction three times: bytes of the file, fields, text. */
function word(): string {
  const pc = program.program.code.findIndex((_, i) => instructionText(program.program.code[i]!, i).startsWith('if'));
  const { code, jt, jf, k } = program.program.code[pc]!;
  const start = codeStart + pc * 8;
  return [
    `${start.toString(16).padStart(4, '0')}  ${hex(start, start + 8)}`,
    `      code 0x${code.toString(16)}, jt ${jt}, jf ${jf}, k ${k}`,
    `      ${wordText(program.program.code[pc]!)}  ${instructionText(program.program.code[pc]!, pc)}`,
  ].join('\n');
}

/** What the table of verdicts says of a packet is asked of the machine, by small filters. */
const questions = {
  ports: 'local tcp = pkt.tcp return tcp and tcp.srcport << 16 | tcp.dstport',
  etherType: 'return pkt:u16(12)',
  ip: 'local ip = pkt.ip return ip and ip.proto',
  ip6: 'return pkt:u16(12) == 0x86dd and pkt:u8(20)',
  place: 'local tcp = pkt.tcp return tcp and tcp.offset',
} as const;
const answers = Object.fromEntries(
  Object.entries(questions).map(([name, body]) => [
    name,
    runCompiled(`return function(pkt) ${body} end`, mixed).map(({ verdict }) => verdict),
  ]),
) as Record<keyof typeof questions, number[]>;

const web = [80, 443, 8080];

function why(i: number): string {
  const ports = answers.ports[i]!;
  if (ports === 0) {
    if (answers.ip[i]! > 0) return `IPv4, protocol ${answers.ip[i]}: not TCP, or its header is not whole`;
    if (answers.ip6[i]! > 0) return `IPv6, next header ${answers.ip6[i]}: no TCP`;
    return `EtherType 0x${answers.etherType[i]!.toString(16).padStart(4, '0')}: no IP header, so no TCP`;
  }
  const pair = [ports >>> 16, ports & 0xffff];
  const found = pair.find((port) => web.includes(port));
  const where = `TCP at byte ${answers.place[i]}, ports ${pair.join(' and ')}`;
  return `${where}: ${found === undefined ? 'neither is in the set' : `${found} is in the set`}`;
}

/** Packets of mixed.pcap that show something, by their numbers. */
const chosen = [1, 5, 7, 15, 25, 26, 73, 103, 187, 238, 335, 343];

function verdicts(): string {
  const found = runCompiled(source, mixed);
  const rows = chosen.map((number) => {
    const { verdict } = found[number - 1]!;
    const length = String(mixed[number - 1]!.bytes.length).padStart(5);
    return `${String(number).padStart(6)}  ${length}  ${String(verdict).padEnd(10)}  ${why(number - 1)}`;
  });
  const count = found.filter(({ verdict }) => verdict > 0).length;
  return [
    'packet  bytes  verdict     why',
    ...rows,
    '',
    `${count} of ${mixed.length} packets are accepted, ${found.filter(({ error }) => error).length} runs end in a fault.`,
  ].join('\n');
}

/** The blocks by name; none ends with a newline. */
export const stages: Readonly<Record<string, () => string>> = {
  // The tests behind the filter are comments, which go no further.
  text: () => source.replace(/^--@test.*$/gm, '').trimEnd(),
  ast,
  tree,
  listing: () => listing(program.program, 'examples/web.lua', source).trimEnd(),
  dump,
  fields,
  word,
  size,
  verdicts,
};
