/**
 * Reads the tests that are data: `test/data/vm/*.txt`, for every runner of programs there will be.
 *
 * A case starts with `== name`. Then come, in any order, settings (`profile classic`, `packet` in hexadecimal bytes,
 * `wirelen`, `entry`, `headerless yes`, `host` with overrides), one instruction a line (`code jt jf k` in hexadecimal, then its text,
 * which must be what the disassembler prints; `5x` before it stands for five of them), and what is expected:
 * `verdict`, `fault <code> at <pc>` with `argument` for fault 13, `packet-after`, `door` with the number of backward
 * jumps that were taken, registers by name; or, of a program that is not let through, each refusal. A case that names no fault expects none. `#` starts a comment line.
 * What a program reaches of its host: `import segment 3 counters` and `import function 0 minus`; `segment counters rw`
 * and its bytes (permissions `r-`, `-w`, `--` too), `segment-after counters` and its bytes where they change. Host
 * functions, coprocessors and ancillary data are those of offers.ts (`host ancillary=none` for none of the last). `on-fatal` and an instruction without text: one of on_fatal.
 */
import { readdirSync, readFileSync } from 'node:fs';
import {
  type DialectName,
  dialects,
  type Host,
  type Import,
  type Profile,
  type Segment,
  type Word,
} from '../../vm/index.ts';
import { offers } from './offers.ts';

export interface Case {
  readonly file: string;
  readonly name: string;
  readonly profile: Profile;
  readonly packet: Uint8Array;
  readonly wirelen: number;
  readonly entry: number;
  readonly headerless: boolean;
  readonly host: Partial<Host>;
  readonly onFatal: readonly Word[] | undefined;
  readonly imports: readonly Import[];
  /** By name; `after` is what a run leaves. */
  readonly segments: ReadonlyMap<string, { readonly permissions: string; bytes: Uint8Array; after: Uint8Array }>;
  readonly code: readonly Word[];
  /** The text beside each word. */
  readonly texts: readonly string[];
  readonly verdict: number | undefined;
  readonly fault: { readonly code: number; readonly pc: number; readonly argument: number } | undefined;
  readonly packetAfter: Uint8Array | undefined;
  readonly door: number | undefined;
  readonly registers: ReadonlyMap<string, bigint>;
  /** `<code> <fault> at <pc>: <message>` */
  readonly refusals: readonly string[];
}

const folder = new URL('../data/vm/', import.meta.url);
const wordLine = /^(?:(\d+)x )?([0-9a-f]{4}) ([0-9a-f]{2}) ([0-9a-f]{2}) ([0-9a-f]{8})\s+(\S.*)$/;
const faultLine = /^(\d+) at (\d+)(?: argument (\S+))?$/;
const hexBytes = (text: string): Uint8Array =>
  Uint8Array.from(text === '' ? [] : text.split(' '), (byte) => Number.parseInt(byte, 16));

/** All cases of all files. */
export function readCases(): Case[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.txt'));
  return files.sort().flatMap((file) => parseCases(file, readFileSync(new URL(file, folder), 'utf8')));
}

export function parseCases(file: string, text: string): Case[] {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const starts = lines.flatMap((line, i) => (line.startsWith('== ') ? [i] : []));
  return starts.map((start, i) => parseCase(file, lines.slice(start, starts[i + 1] ?? lines.length)));
}

function parseCase(file: string, [title, ...lines]: readonly string[]): Case {
  const settings = new Map<string, string>();
  const registers = new Map<string, bigint>();
  const code: Word[] = [];
  const texts: string[] = [];
  const refusals: string[] = [];
  const onFatal: Word[] = [];
  const imports: Import[] = [];
  const segments = new Map<string, { permissions: string; bytes: Uint8Array; after: Uint8Array }>();
  for (const line of lines) {
    const words = wordLine.exec(line);
    const [, key, value] = /^(\S+) (.*)$/.exec(line) ?? [];
    if (words !== null) {
      const [code16, jt, jf, k] = words.slice(2, 6).map((digits) => Number.parseInt(digits, 16));
      for (let n = Number(words[1] ?? 1); n > 0; n--) {
        code.push({ code: code16!, jt: jt!, jf: jf!, k: k! });
        texts.push(words[6]!);
      }
    } else if (key === undefined || value === undefined) throw new Error(`${file}: "${line}" is not a line of a case`);
    else if (key === 'refused') refusals.push(value);
    else if (key === 'on-fatal') onFatal.push(parseWord(value));
    else if (key === 'import') imports.push(parseImport(value));
    else if (key === 'segment') {
      const [, name, permissions, hex] = /^(\S+) ([r-][w-])(?: (.*))?$/.exec(value)!;
      const bytes = hexBytes(hex ?? '');
      segments.set(name!, { permissions: permissions!, bytes, after: bytes });
    } else if (key === 'segment-after') {
      const [, name, hex] = /^(\S+) (.*)$/.exec(value)!;
      segments.get(name!)!.after = hexBytes(hex!);
    } else if (/^[A-Z]/.test(key)) registers.set(key, BigInt(value));
    else settings.set(key, value);
  }
  const known = [
    'profile',
    'packet',
    'wirelen',
    'entry',
    'headerless',
    'host',
    'verdict',
    'fault',
    'packet-after',
    'door',
  ];
  for (const key of settings.keys()) if (!known.includes(key)) throw new Error(`${file}: "${key}" is not a setting`);
  const bytes = (key: string): Uint8Array | undefined => (settings.has(key) ? hexBytes(settings.get(key)!) : undefined);
  const number = (key: string): number | undefined => (settings.has(key) ? Number(settings.get(key)) : undefined);
  const fault = faultLine.exec(settings.get('fault') ?? '');
  const packet = bytes('packet') ?? new Uint8Array(0);
  return {
    file,
    name: title!.slice(3),
    profile: settings.get('profile') === 'classic' ? 'classic' : 'bpf64',
    packet,
    wirelen: number('wirelen') ?? packet.length,
    entry: number('entry') ?? 0,
    headerless: settings.get('headerless') === 'yes',
    host: parseHost(settings.get('host') ?? ''),
    onFatal: onFatal.length === 0 ? undefined : onFatal,
    imports,
    segments,
    code,
    texts,
    verdict: number('verdict'),
    fault: fault === null ? undefined : { code: +fault[1]!, pc: +fault[2]!, argument: Number(fault[3] ?? 0) },
    packetAfter: bytes('packet-after'),
    door: number('door'),
    registers,
    refusals,
  };
}

/** Settings of the host that are no numbers. */
const hostValues: Readonly<Record<string, (value: string) => unknown>> = {
  allowWrite: (value) => value === '1',
  backwardJumps: (value) => value,
  dialect: (value) => dialects[value as DialectName],
  ancillary: () => ({}),
};

const parseHost = (text: string): Partial<Host> =>
  Object.fromEntries(
    text
      .split(' ')
      .filter((part) => part !== '')
      .map((part) => part.split('='))
      .map(([key, value]) => [key, hostValues[key!]?.(value!) ?? Number(value)]),
  );

function parseWord(text: string): Word {
  const [code, jt, jf, k] = text.split(' ').map((digits) => Number.parseInt(digits, 16));
  return { code: code!, jt: jt!, jf: jf!, k: k! };
}

function parseImport(text: string): Import {
  const [, kind, number, name] = /^(segment|function) (\d+) (\S+)$/.exec(text)!;
  return { kind: kind as Import['kind'], name: name!, number: Number(number) };
}

/** The host of a case, its segments fresh: a run may write to them. */
export function hostFor(c: Case): Partial<Host> & Pick<Host, 'segments'> {
  const segments = Array.from(c.segments, ([name, { permissions, bytes }]): [string, Segment] => [
    name,
    { bytes: bytes.slice(), readable: permissions[0] === 'r', writable: permissions[1] === 'w' },
  ]);
  return { ...offers, ...c.host, segments: Object.fromEntries(segments) };
}
