/**
 * The tests that a filter file carries: lines that start with `--@test`, each an input and what is expected of it.
 *
 *     --@test captures/web.pcap accepts 43
 *     --@test hex "45 00 …" linktype RAW rejects
 *
 * Knows the grammar, which docs/language.md gives, and no engine.
 */
import { linktypeNumber } from '../../capture/index.ts';
import { nearest } from '../../vm/index.ts';
import { failure, type Problem } from '../problem.ts';

/** How a packet ended: with a verdict above 0, with 0, or with none of its own. */
export type Ending = 'accepts' | 'rejects' | 'faults';

/** Which packets end so: all, so many, or exactly those of these numbers (from 1, sorted, inclusive). */
export type Which = 'all' | number | readonly (readonly [first: number, last: number])[];

export type Expectation =
  /** `message` is part of the cause of each fault. */
  | { readonly kind: Ending; readonly which: Which; readonly message?: string }
  /** The verdict of every packet, before it is cut to what was captured. */
  | { readonly kind: 'returns'; readonly verdict: number }
  /** All that is printed, one character a byte, without the last newline. */
  | { readonly kind: 'prints'; readonly text: string }
  /** The captured bytes of the packet after the run. */
  | { readonly kind: 'becomes'; readonly bytes: Uint8Array };

export type TestInput =
  /** `path` as written, from the filter file's folder. */
  | { readonly kind: 'capture'; readonly path: string; readonly place: string }
  | { readonly kind: 'hex'; readonly bytes: Uint8Array; readonly wirelen: number; readonly linktype: number };

export interface FileTest {
  readonly line: number;
  /** The line itself. */
  readonly text: string;
  readonly input: TestInput;
  /** Whether the filter may store to the packets: where the test says so, or what they become. */
  readonly writable: boolean;
  /** At least one. */
  readonly expectations: readonly Expectation[];
}

/** The tests of a file, in order; fails with all that is wrong with their lines. `source` is one character a byte. */
export function fileTests(file: string, source: string): FileTest[] {
  const problems: Problem[] = [];
  const tests = source.split('\n').flatMap((line, i): FileTest[] => {
    if (!line.startsWith('--@')) return [];
    try {
      return [new Directive(line.trimEnd(), i + 1).test(file)];
    } catch (error) {
      if (!(error instanceof Misread)) throw error;
      const { column, message, hint } = error;
      problems.push({ code: 'test-line', message, hint, place: `${file}:${i + 1}:${column}` });
      return [];
    }
  });
  const [first, ...others] = problems;
  if (first !== undefined) throw failure(first, ...others);
  return tests;
}

/** What is wrong with one line. */
class Misread extends Error {
  readonly column: number;
  readonly hint: string;
  constructor(column: number, message: string, hint: string) {
    super(message);
    this.column = column;
    this.hint = hint;
  }
}

interface Token {
  readonly text: string;
  readonly quoted: boolean;
  readonly column: number;
}

const expectationWords = ['accepts', 'rejects', 'faults', 'returns', 'prints', 'becomes'] as const;
const optionWords = ['wirelen', 'linktype'] as const;
const hexWords = [...optionWords, 'becomes'] as const;
const words = [...expectationWords, ...optionWords, 'writable', 'with'];

const example = '--@test captures/web.pcap accepts 43, or --@test hex "45 00 00 14" rejects';

/** One line, read from left to right. */
class Directive {
  readonly #line: string;
  readonly #number: number;
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(line: string, number: number) {
    this.#line = line;
    this.#number = number;
    this.#tokens = tokensOf(line);
  }

  test(file: string): FileTest {
    const head = this.#take('a directive');
    if (head.text !== '--@test')
      throw new Misread(head.column, `\`${head.text}\` means nothing`, didYouMean(head.text, ['--@test'], example));
    const first = this.#take('an input');
    const isHex = first.text === 'hex' && !first.quoted;
    if (!isHex && !first.quoted && words.includes(first.text))
      throw new Misread(first.column, `an input is missing before \`${first.text}\``, example);
    const bytes = isHex ? this.#hex() : undefined;
    const options = { wirelen: bytes?.length ?? 0, linktype: 1 };
    let writable = false;
    const expectations: Expectation[] = [];
    for (let token = this.#peek(); token !== undefined; token = this.#peek()) {
      this.#next++;
      if (!isHex && isWord(token, hexWords))
        throw new Misread(
          token.column,
          `\`${token.text}\` is for hex packets`,
          token.text === 'becomes'
            ? 'a capture has many packets: test it by what is returned or printed'
            : 'a capture says itself what it holds: leave it out',
        );
      if (isWord(token, ['writable'])) writable = true;
      else if (isWord(token, optionWords)) {
        options[token.text] = token.text === 'wirelen' ? this.#wirelen(bytes!.length) : this.#linktype();
      } else if (isWord(token, expectationWords)) expectations.push(this.#expectation(token.text, isHex));
      else
        throw new Misread(token.column, `\`${token.text}\` means nothing here`, didYouMean(token.text, words, example));
    }
    if (expectations.length === 0)
      throw new Misread(
        this.#line.length + 1,
        'nothing is expected',
        `end it with one of ${expectationWords.join(', ')}`,
      );
    const input: TestInput =
      bytes === undefined
        ? { kind: 'capture', path: first.text, place: `${file}:${this.#number}:${first.column}` }
        : { kind: 'hex', bytes, ...options };
    writable ||= expectations.some(({ kind }) => kind === 'becomes');
    return { line: this.#number, text: this.#line, input, writable, expectations };
  }

  #expectation(kind: (typeof expectationWords)[number], isHex: boolean): Expectation {
    if (kind === 'returns') return { kind, verdict: this.#number32('a verdict') };
    if (kind === 'prints') return { kind, text: this.#quoted('what is printed') };
    if (kind === 'becomes') return { kind, bytes: this.#hex() };
    const token = this.#peek();
    let which: Which = 'all';
    if (token !== undefined && !token.quoted && /^\d/.test(token.text)) {
      if (isHex) throw new Misread(token.column, 'a hex input is a single packet', `leave ${token.text} out`);
      this.#next++;
      which = whichOf(token);
    }
    const isWith = this.#peek()?.text === 'with';
    if (!isWith) return { kind, which };
    const { column } = this.#take('');
    if (kind !== 'faults') throw new Misread(column, `\`with\` follows \`faults\`, not \`${kind}\``, 'leave it out');
    return { kind, which, message: this.#quoted('a part of the message') };
  }

  #hex(): Uint8Array {
    const token = this.#peek();
    const text = this.#quoted('the bytes');
    const digits = text.replaceAll(/\s/g, '');
    if (!/^([0-9a-f]{2})*$/i.test(digits))
      throw new Misread(token!.column, 'not bytes in hexadecimal', 'two digits a byte, spaces wherever you like');
    return Uint8Array.from(digits.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
  }

  #wirelen(caplen: number): number {
    const column = this.#peek()?.column ?? 0;
    const length = this.#number32('a length');
    if (length >= caplen) return length;
    throw new Misread(
      column,
      `${caplen} bytes are captured of ${length} on the wire`,
      'wirelen is no less than the bytes',
    );
  }

  #linktype(): number {
    const { text, column } = this.#take('a link type');
    const number = /^\d+$/.test(text) ? Number(text) : linktypeNumber(text);
    if (number !== undefined && number <= 0xffff) return number;
    throw new Misread(column, `there is no link type ${text}`, 'name one, such as ETHERNET or RAW, or give its number');
  }

  #number32(what: string): number {
    const { text, column } = this.#take(what);
    const number = /^\d+$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY;
    if (number <= 0xffffffff) return number;
    throw new Misread(column, `${text} is not ${what}`, 'give a whole number from 0 to 4294967295');
  }

  #quoted(what: string): string {
    const { text, quoted, column } = this.#take(what);
    if (quoted) return text;
    throw new Misread(column, `${what} must stand in quotes`, `write "${text}"`);
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#next];
  }

  #take(what: string): Token {
    const token = this.#tokens[this.#next++];
    if (token === undefined) throw new Misread(this.#line.length + 1, `${what} is missing`, example);
    return token;
  }
}

const isWord = <T extends string>(token: Token, list: readonly T[]): token is Token & { readonly text: T } =>
  !token.quoted && (list as readonly string[]).includes(token.text);

function didYouMean(text: string, known: readonly string[], otherwise: string): string {
  const suggestion = nearest(text, known);
  return suggestion === '' ? otherwise : `did you mean \`${suggestion}\`?`;
}

/** `43`, or `1-3,7`. */
function whichOf({ text, column }: Token): Which {
  const wrong = (hint: string): Misread => new Misread(column, `${text} does not say which packets`, hint);
  if (!/^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(text)) throw wrong('43 is how many; 1-3,7 is which ones, numbered from 1');
  if (/^\d+$/.test(text)) return Number(text);
  const list = text.split(',').map((part) => {
    const [first, last = first] = part.split('-').map(Number);
    return [first!, last!] as const;
  });
  const isSorted = list.every(([first, last], i) => first <= last && first > (list[i - 1]?.[1] ?? 0));
  if (!isSorted) throw wrong('packets are numbered from 1; name them in order, each once');
  return list;
}

/** Words, and strings in quotes without them. */
function tokensOf(line: string): Token[] {
  const tokens: Token[] = [];
  const token = /\s*(?:"((?:[^"\\]|\\.)*)"(?!\S)|(\S+))/y;
  for (let found = token.exec(line); found !== null; found = token.exec(line)) {
    const [whole, string, word] = found;
    const column = found.index + whole.length - whole.trimStart().length + 1;
    if (word?.startsWith('"'))
      throw new Misread(
        column,
        'a string that does not end, or is followed by a word',
        'a string is "…", with \\" for a quote in it',
      );
    tokens.push(
      string === undefined
        ? { text: word!, quoted: false, column }
        : { text: unescaped(string, column), quoted: true, column },
    );
  }
  return tokens;
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\', '"': '"' };

const unescaped = (text: string, column: number): string =>
  text.replaceAll(/\\(x[0-9a-f]{2}|.)/gi, (whole, code: string) => {
    const character = code.length === 3 ? String.fromCharCode(Number.parseInt(code.slice(1), 16)) : escapes[code];
    if (character !== undefined) return character;
    throw new Misread(column, `\`${whole}\` is no escape`, 'there are \\n, \\t, \\r, \\\\, \\" and \\x2a');
  });
