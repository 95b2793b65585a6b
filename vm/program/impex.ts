/**
 * The impex section: what a program exports, which is its entry, then what it imports. Records of a u64 each, the
 * command in the top byte; `a`, `d` and `v` speak of the `&` or `$` before them.
 *
 * `{` name 28..0; `}`; `&` name 55..32, entry or number 31..0; `$` name 55..32, format's name 31..8, number 7..0;
 * `d` label 55..29, text 28..0; `v` version 55..0; `a` type 55..53, name 52..29, value 28..0.
 *
 * SPEC: the draft does not number the attribute types. Ours: 0 an integer; 1 a string; 2, of the same name, shifts the
 * integer of the record before it left by 29 bits and fills them, up to 64 bits in all.
 */
import { viewOf } from './bytes.ts';
import { type Attribute, type Declaration, encodeUtf8, type Import, nameAt } from './program.ts';
import type { StringTable } from './strings.ts';

export interface Impex {
  /** The exported entry, if one is. */
  readonly entry?: number;
  readonly linktype?: number;
  readonly exported?: Declaration;
  readonly imports: readonly Import[];
}

export interface ImpexProblem {
  /** The byte in the section. */
  readonly offset: number;
  readonly message: string;
}

export type ImpexResult =
  | { readonly impex: Impex; readonly problem?: never }
  | { readonly problem: ImpexProblem; readonly impex?: never };

/** What the entry is exported as. */
export const entryName = 'filter';
export const linktypeName = 'linktype';
const integerType = 0;
const stringType = 1;
const moreType = 2;
/** Limits that keep a hostile section cheap to read. */
const impexLimits = { records: 4096, nameBytes: 255, namespaces: 8 } as const;

const valueBits = 29n;
const valueMask = (1n << valueBits) - 1n;
const command = (character: string): bigint => BigInt(character.charCodeAt(0)) << 56n;

/** A value of a record, which must fit its bits: what does not is the caller's error. */
function field(value: number | bigint, bits: number, what: string): bigint {
  const wide = BigInt(value);
  if (wide < 0n || wide >> BigInt(bits) !== 0n) throw new RangeError(`${what} ${value} does not fit ${bits} bits`);
  return wide;
}

export function writeImpex(impex: Impex, strings: StringTable): Uint8Array {
  const writer = new ImpexWriter(strings);
  writer.open('');
  if (impex.entry !== undefined) {
    writer.entry(impex.entry);
    if (impex.linktype !== undefined) writer.attribute({ name: linktypeName, value: BigInt(impex.linktype) });
    writer.declaration(impex.exported ?? {});
  }
  writer.close();
  for (const imported of impex.imports) writer.import(imported);
  writer.leave(0);
  return writer.bytes();
}

class ImpexWriter {
  readonly #records: bigint[] = [];
  readonly #strings: StringTable;
  /** Namespaces that are open among the imports. */
  #path: readonly string[] = [];

  constructor(strings: StringTable) {
    this.#strings = strings;
  }

  bytes(): Uint8Array {
    const contents = new Uint8Array(this.#records.length * 8);
    const view = viewOf(contents);
    for (const [i, record] of this.#records.entries()) view.setBigUint64(i * 8, record, true);
    return contents;
  }

  open(name: string): void {
    this.#records.push(command('{') | this.#name(name, 29));
  }

  close(): void {
    this.#records.push(command('}'));
  }

  /** Closes namespaces until so many are open. */
  leave(depth: number): void {
    for (let i = this.#path.length; i > depth; i--) this.close();
    this.#path = this.#path.slice(0, depth);
  }

  entry(pc: number): void {
    this.#records.push(command('&') | (this.#name(entryName, 24) << 32n) | field(pc, 32, 'entry'));
  }

  import(imported: Import): void {
    const path = imported.name.split('.');
    if (path.includes('') || path.length > impexLimits.namespaces + 1)
      throw new RangeError(`"${imported.name}" is no name for an import`);
    const name = path.pop()!;
    const differs = path.findIndex((part, i) => this.#path[i] !== part);
    this.leave(differs < 0 ? path.length : differs);
    for (const part of path.slice(this.#path.length)) this.open(part);
    this.#path = path;
    const start = this.#name(name, 24) << 32n;
    if (imported.kind === 'function')
      this.#records.push(command('&') | start | field(imported.number, 32, 'import number'));
    else {
      const format = this.#name(imported.format ?? '', 24);
      this.#records.push(command('$') | start | (format << 8n) | field(imported.number, 8, 'segment number'));
    }
    this.declaration(imported);
  }

  declaration({ attributes = [], version, description }: Declaration): void {
    for (const attribute of attributes) this.attribute(attribute);
    if (description !== undefined) {
      const label = this.#name(description.label, 27);
      this.#records.push(command('d') | (label << valueBits) | this.#name(description.text, 29));
    }
    if (version !== undefined) this.#records.push(command('v') | field(version, 56, 'version'));
  }

  attribute({ name, value }: Attribute): void {
    const start = this.#name(name, 24) << valueBits;
    const push = (type: number, bits: bigint): void => {
      this.#records.push(command('a') | (BigInt(type) << 53n) | start | bits);
    };
    if (typeof value === 'string') push(stringType, this.#name(value, 29));
    else {
      field(value, 64, `attribute ${name}`);
      const parts = value >> 58n > 0n ? 3 : value >> valueBits > 0n ? 2 : 1;
      for (let part = parts - 1; part >= 0; part--)
        push(part === parts - 1 ? integerType : moreType, (value >> (BigInt(part) * valueBits)) & valueMask);
    }
  }

  #name(name: string, bits: number): bigint {
    const { length } = encodeUtf8(name);
    if (length > impexLimits.nameBytes)
      throw new RangeError(`a name of ${length} bytes; the longest has ${impexLimits.nameBytes}`);
    return field(this.#strings.add(name), bits, 'string offset');
  }
}

/** Reads a section that was there; `entrypoint` is the header's, which the exported entry must be. */
export function readImpex(contents: Uint8Array, strings: Uint8Array, entrypoint: number): ImpexResult {
  const reader = new ImpexReader(strings, entrypoint);
  const view = viewOf(contents);
  const count = contents.length / 8;
  if (count > impexLimits.records)
    return { problem: { offset: 0, message: `${count} records; ${impexLimits.records} are the most` } };
  for (let i = 0; i < count; i++) {
    const message = reader.record(view.getBigUint64(i * 8, true));
    if (message !== undefined) return { problem: { offset: i * 8, message: `record ${i + 1} of impex: ${message}` } };
  }
  const message = reader.end();
  if (message !== undefined) return { problem: { offset: contents.length, message: `impex: ${message}` } };
  return { impex: reader.impex() };
}

/** A declaration while its records are read. */
interface Draft {
  kind: Import['kind'] | 'entry';
  name: string;
  number: number;
  format: string;
  readonly attributes: Map<string, bigint | string>;
  /** The integer attribute that a record of type 2 may go on with. */
  open: string | undefined;
  version: bigint | undefined;
  description: { readonly label: string; readonly text: string } | undefined;
}

/** Takes records in order; each says (as text) what is wrong with it. */
class ImpexReader {
  readonly #strings: Uint8Array;
  readonly #entrypoint: number;
  readonly #imports: Draft[] = [];
  #path: string[] = [];
  /** Whether the exports are still to be opened, are being read, or are over. */
  #part: 'start' | 'exports' | 'imports' = 'start';
  #entry: Draft | undefined;
  #last: Draft | undefined;

  constructor(strings: Uint8Array, entrypoint: number) {
    this.#strings = strings;
    this.#entrypoint = entrypoint;
  }

  record(record: bigint): string | undefined {
    const kind = String.fromCharCode(Number(record >> 56n));
    const bits = (from: number, to: number): number => Number(BigInt.asUintN(from + 1, record) >> BigInt(to));
    if (kind !== 'a' && this.#last !== undefined) this.#last.open = undefined;
    if (this.#part === 'start' && (kind !== '{' || this.#nameAt(bits(28, 0)) !== ''))
      return 'exports come first, in a namespace without name';
    switch (kind) {
      case '{':
        return bits(55, 29) === 0 ? this.#open(bits(28, 0)) : 'bits 55 to 29 of { must be 0';
      case '}':
        return bits(55, 0) === 0 ? this.#close() : 'bits 55 to 0 of } must be 0';
      case '&':
        return this.#part === 'exports'
          ? this.#export(bits(55, 32), bits(31, 0))
          : this.#import('function', bits(55, 32), bits(31, 0), 0);
      case '$':
        return this.#part === 'exports'
          ? 'this machine takes no exported segments'
          : this.#import('segment', bits(55, 32), bits(7, 0), bits(31, 8));
      case 'd':
        return this.#describe(bits(55, 29), bits(28, 0));
      case 'v':
        if (this.#last === undefined) return 'a version of nothing';
        this.#last.version = BigInt.asUintN(56, record);
        return undefined;
      case 'a':
        return this.#attribute(bits(55, 53), bits(52, 29), bits(28, 0));
      default:
        return `no command 0x${Number(record >> 56n).toString(16)}`;
    }
  }

  end(): string | undefined {
    if (this.#part === 'start') return 'it is empty; exports come first, in a namespace without name';
    return this.#path.length > 0 || this.#part === 'exports' ? 'a namespace is not closed' : undefined;
  }

  impex(): Impex {
    const { imports, entry } = { imports: this.#imports.map(importOf), entry: this.#entry };
    if (entry === undefined) return { imports };
    const linktype = entry.attributes.get(linktypeName);
    const isLinktype = typeof linktype === 'bigint' && linktype <= valueMask;
    if (isLinktype) entry.attributes.delete(linktypeName);
    const exported = declarationOf(entry);
    return {
      entry: entry.number,
      ...(isLinktype ? { linktype: Number(linktype) } : {}),
      ...(Object.keys(exported).length > 0 ? { exported } : {}),
      imports,
    };
  }

  #nameAt(offset: number): string | undefined {
    return nameAt(this.#strings, offset, impexLimits.nameBytes);
  }

  #open(offset: number): string | undefined {
    this.#last = undefined;
    if (this.#part === 'start') {
      this.#part = 'exports';
      return undefined;
    }
    const name = this.#nameAt(offset);
    if (this.#part === 'exports') return 'this machine takes no namespaces among exports';
    if (name === undefined || name === '') return `no name at ${offset} of the strings`;
    if (this.#path.length >= impexLimits.namespaces)
      return `namespaces nest ${this.#path.length + 1} deep; ${impexLimits.namespaces} are the most`;
    this.#path.push(name);
    return undefined;
  }

  #close(): string | undefined {
    this.#last = undefined;
    if (this.#part === 'exports') this.#part = 'imports';
    else if (this.#path.pop() === undefined) return '} closes nothing';
    return undefined;
  }

  #export(offset: number, entry: number): string | undefined {
    if (this.#entry !== undefined) return 'a second exported entry; this machine takes one';
    if (this.#nameAt(offset) !== entryName) return `the exported entry is not called "${entryName}"`;
    if (entry !== this.#entrypoint) return `the exported entry is ${entry}, the header's ${this.#entrypoint}`;
    this.#entry = this.#last = draft('entry', entryName, entry, '');
    return undefined;
  }

  #import(kind: Import['kind'], offset: number, number: number, formatOffset: number): string | undefined {
    const name = this.#nameAt(offset);
    const format = this.#nameAt(formatOffset);
    if (name === undefined || name === '') return `no name at ${offset} of the strings`;
    if (format === undefined) return `no name at ${formatOffset} of the strings`;
    this.#last = draft(kind, [...this.#path, name].join('.'), number, format);
    this.#imports.push(this.#last);
    return undefined;
  }

  #describe(labelOffset: number, textOffset: number): string | undefined {
    const label = this.#nameAt(labelOffset);
    const text = this.#nameAt(textOffset);
    if (this.#last === undefined) return 'a description of nothing';
    if (label === undefined || text === undefined) return 'a description that is not among the strings';
    this.#last.description = { label, text };
    return undefined;
  }

  #attribute(type: number, offset: number, value: number): string | undefined {
    const last = this.#last;
    const name = this.#nameAt(offset);
    if (last === undefined) return 'an attribute of nothing';
    if (name === undefined || name === '') return `no name at ${offset} of the strings`;
    const before = last.attributes.get(name);
    if (type === moreType) {
      if (last.open !== name || typeof before !== 'bigint') return `attribute ${name}: nothing to go on with`;
      const whole = (before << valueBits) | BigInt(value);
      if (whole >> 64n > 0n) return `attribute ${name}: more than 64 bits`;
      last.attributes.set(name, whole);
      return undefined;
    }
    if (before !== undefined) return `attribute ${name} is there twice`;
    const text = type === stringType ? this.#nameAt(value) : undefined;
    if (type > stringType) return `attribute ${name}: no type ${type}`;
    if (type === stringType && text === undefined) return `attribute ${name}: no string at ${value}`;
    last.attributes.set(name, text ?? BigInt(value));
    last.open = type === integerType ? name : undefined;
    return undefined;
  }
}

const draft = (kind: Draft['kind'], name: string, number: number, format: string): Draft => ({
  kind,
  name,
  number,
  format,
  attributes: new Map(),
  open: undefined,
  version: undefined,
  description: undefined,
});

const declarationOf = ({ attributes, version, description }: Draft): Declaration => ({
  ...(attributes.size > 0 ? { attributes: Array.from(attributes, ([name, value]) => ({ name, value })) } : {}),
  ...(version === undefined ? {} : { version }),
  ...(description === undefined ? {} : { description }),
});

const importOf = (from: Draft): Import => ({
  kind: from.kind === 'segment' ? 'segment' : 'function',
  name: from.name,
  number: from.number,
  ...(from.format === '' ? {} : { format: from.format }),
  ...declarationOf(from),
});
