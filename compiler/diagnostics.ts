/**
 * Every message of the compiler, in one place: a stable code, what is wrong, and what to do instead. A diagnostic is
 * data; the CLI draws it, an editor reads it as JSON.
 */

/** A piece of the source. Offsets are bytes from 0, `end` exclusive; lines and columns (in bytes) count from 1. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly message: string;
  /** What to write instead, in a sentence. */
  readonly hint: string;
  readonly span: Span;
}

interface Entry {
  readonly text: (...names: readonly string[]) => string;
  readonly hint: (...names: readonly string[]) => string;
}

const entry = (text: Entry['text'] | string, hint: Entry['hint'] | string): Entry => ({
  text: typeof text === 'string' ? () => text : text,
  hint: typeof hint === 'string' ? () => hint : hint,
});
const didYouMean = (suggestion: string | undefined, otherwise: string): string =>
  suggestion === undefined || suggestion === '' ? otherwise : `did you mean \`${suggestion}\`?`;

/** What people mean by a character of other languages. */
function notLua(character: string, next: string): string {
  if (character === '!') return next === '=' ? 'not equal is `~=`' : 'write `not`';
  if (character === '?') return 'write `condition and a or b`, where a is neither nil nor false';
  return 'names are made of ASCII letters, digits and `_`';
}

export const catalogue = {
  // The text
  character: entry(
    (character) => `\`${character}\` means nothing in Lua`,
    (character, next) => notLua(character, next ?? ''),
  ),
  syntax: entry((what) => `syntax error: ${what}`, 'the file must be a Lua program'),
  'byte-order-mark': entry('the file starts with a byte order mark', 'save it without one (UTF-8, no BOM)'),
  attribute: entry(
    (name) => `\`<${name}>\` attributes are not part of the filter language`,
    'leave it out: a local that is never assigned is a constant anyway',
  ),
  nesting: entry(
    (limit) => `nested more than ${limit} levels deep`,
    'split the expression with locals, or the block with early returns',
  ),
  'expression-size': entry(
    (limit) => `more than ${limit} operators in one expression`,
    'split it with locals; many alternatives are a set: `local set = { [80] = true, [443] = true }`, then `set[x]`',
  ),
  'lua-limit': entry(
    (what, limit) => `more than ${limit} ${what}`,
    'use fewer, since Lua itself has a limit about here; a constant table holds as many values as you like',
  ),
  float: entry(
    (raw) => `${raw} is a float; the filter language has integers only`,
    'write an integer; from 2^63 up, in hexadecimal',
  ),
  'integer-literal': entry(
    (raw) => `${raw} is above 2^63-1, so Lua reads it as a float`,
    'write it in hexadecimal, which wraps to 64 bits',
  ),

  // The chunk
  'chunk-return': entry('the file does not return a filter', 'end it with `return function(pkt) … end`'),
  'chunk-return-value': entry('the file must return a function written in place', 'write `return function(pkt) … end`'),
  'chunk-statement': entry(
    (what) => `${what} does not run once a packet: outside the filter only constants stand`,
    'move it into the function that the file returns',
  ),
  'filter-parameters': entry(
    (count) => `the filter takes one parameter, the packet; this one has ${count}`,
    'write `function(pkt)`',
  ),
  'not-constant': entry(
    (what) => `${what} is not known at compile time`,
    'outside the filter use integers, booleans, strings and tables of them',
  ),

  // Names
  'global-unknown': entry(
    (name) => `there is no global \`${name}\``,
    (_, suggestion) => didYouMean(suggestion, 'declare it with `local`'),
  ),
  'global-write': entry(
    (name) => `\`${name}\` is not declared, so this would set a global variable`,
    'declare it with `local`; what must live from packet to packet is state',
  ),
  'constant-write': entry(
    (name) => `\`${name}\` is set outside the filter, so it cannot change from packet to packet`,
    'copy it to a local of the filter: `local x = …`',
  ),
  'packet-write': entry('the packet parameter cannot be assigned', 'use a local of another name: `local x = …`'),
  'field-write': entry(
    (name) => `\`${name}\` cannot be assigned: filters read, and only their own locals change`,
    'keep the value in a local: `local x = …`',
  ),
  'packet-value': entry('the packet itself is not a value here', 'use one of its parts, such as `#pkt` or `pkt.tcp`'),
  'packet-member': entry(
    (name) => `a packet has no \`${name}\``,
    (_, suggestion) => didYouMean(suggestion, 'see the list of headers in docs/language.md'),
  ),
  'packet-index': entry(
    'a packet is not indexed with `[…]`',
    'load its bytes: `pkt:u8(offset)`, offsets from 0; its headers are `pkt.tcp` and the like',
  ),
  'packet-later': entry((name) => `\`${name}\` comes with a later version`, 'use raw loads: `pkt:u8(offset)`'),
  'packet-method': entry(
    (name) => `a packet has no method \`${name}\``,
    (_, suggestion) => didYouMean(suggestion, 'loads are u8, u16, u32, u64, i8, i16, i32, and u16le, …'),
  ),
  'packet-method-call': entry(
    (name) => `\`pkt.${name}\` is a method`,
    (name) => `call it with a colon: \`pkt:${name}(offset)\``,
  ),
  'argument-count': entry(
    (name, wanted, given) => `\`${name}\` takes ${wanted}, not ${given}`,
    (name) => `see \`${name}\` in docs/language.md`,
  ),
  'field-unknown': entry(
    (header, name) => `${header} has no field \`${name}\``,
    (header, _, suggestion) => didYouMean(suggestion, `see the fields of ${header} in docs/language.md`),
  ),
  'field-either-way': entry(
    (header, name) => `\`${header}.${name}\` would be two fields at once`,
    (header, name, a, b) =>
      `compare both: \`${header}.${a} == x or ${header}.${b} == x\` (Wireshark's ${header}.${name} means either)`,
  ),
  'field-group': entry(
    (name) => `\`${name}\` is a group of fields, not a number`,
    (name, part) => `use \`${name}.value\` for the number, or a part such as \`${name}.${part}\``,
  ),
  'math-member': entry(
    (name) => `math has no \`${name}\` here`,
    (_, suggestion) => didYouMean(suggestion, 'there are ult, min, max, abs, maxinteger and mininteger'),
  ),

  'math-value': entry('`math` is a module, not a value', 'use what is in it: `math.max(a, b)`, `math.maxinteger`'),
  'function-name': entry(
    (name) => `\`${name}\` is a function, and functions are not values here`,
    (name) => `call it: \`${name}(…)\``,
  ),

  // Types
  'type-arithmetic': entry(
    (what, type) => `${what} is always ${type}, and an integer is needed here`,
    'give it an integer: a field of a header, or `b and 1 or 0` for a boolean',
  ),
  'type-order': entry(
    (what, type) => `${what} is always ${type}, which has no order`,
    (_, __, chain) => (chain === '' ? 'only integers are compared with <, <=, > and >=' : 'write `a < b and b < c`'),
  ),
  'type-equal': entry(
    (left, right) => `${left} and ${right} are never equal`,
    (_, __, isNot) =>
      isNot === '' ? 'compare values of one type' : '`not a == b` is `(not a) == b`: write `a ~= b`, or `not (a == b)`',
  ),
  'type-header-equal': entry('headers compare with nil only', 'compare their fields, or their `.offset`'),
  'type-index': entry(
    (what, type) => `${what} is always ${type} here, which has no fields`,
    'only headers have fields, where there are any: `if tcp then … tcp.srcport … end`',
  ),
  index: entry(
    (what) => `${what} is no table, so \`[…]\` finds nothing in it`,
    'fields have names: `tcp.srcport`; what is indexed is a constant table: `set[key]`',
  ),
  'type-length': entry('`#` is for the packet only', "use `#pkt`, the length on the wire, or a header's length field"),
  'header-mix': entry(
    (name, kinds) => `\`${name}\` is a boolean in one of ${kinds} and a number in another`,
    'handle the headers one by one',
  ),

  // What the language does not have
  metatable: entry(
    (name) => `\`${name}\`: there are no metatables in filters`,
    'write out what the metamethod would do',
  ),
  'global-refused': entry((name, why) => `\`${name}\` is not available: ${why}`, 'filters have math, and their packet'),
  division: entry('`/` gives a float', 'use `//`, which rounds down'),
  power: entry('`^` gives a float', 'multiply, or shift: `1 << n`'),
  concatenation: entry('`..` builds a string at run time', 'filters have no strings to build'),
  'string-value': entry('a string is not a value here', 'compare bytes with loads: `pkt:u32(o) == 0x47455420`'),
  'string-method': entry(
    (name) => `\`:${name}\`: strings have no methods in filters`,
    'compare bytes with loads: `pkt:u32(o) == 0x47455420`',
  ),
  'table-runtime': entry(
    'a table built at run time, which filters do not have',
    'build it outside the filter, of constants: `local set = { [80] = true }`',
  ),
  'table-write': entry((name) => `\`${name}\` is a constant table`, 'it cannot be changed; use a local variable'),
  'table-key': entry(
    (what) => `${what} cannot be a key of a constant table`,
    'keys are integers and booleans: `{ [80] = true }`',
  ),
  'table-nil': entry('nil cannot be a value in a constant table', 'leave the entry out: a missing key reads nil'),
  'table-duplicate': entry(
    (key) => `the key ${key} stands twice in the table`,
    'leave one out; entries without a key are numbered from 1',
  ),
  'table-element': entry((what) => `${what} cannot be a value in a constant table`, 'values are integers and booleans'),
  'table-value': entry(
    (name) => `\`${name}\` is a table, not a value`,
    (name) => `look a key up: \`${name}[key]\``,
  ),
  vararg: entry('`...` is not available', 'the filter has one parameter, the packet'),
  'function-value': entry(
    'a function is not a value here',
    'write its body where it is called: local functions come with a later version, closures do not',
  ),
  'function-local': entry(
    (name) => `function \`${name}\`: functions come with a later version`,
    'write its body where it is called',
  ),
  call: entry(
    (what) => `\`${what}\` cannot be called`,
    'what can be called: loads (`pkt:u8(o)`), math.ult, min, max, abs',
  ),
  'call-statement': entry(
    'the result of this call is not used',
    'leave the call out, or test what it gives: `if pkt:u8(0) == 4 then … end`',
  ),
  while: entry('`while`: loops come with a later version', 'write the turns out, or use a header field'),
  repeat: entry('`repeat`: loops come with a later version', 'write the turns out, or use a header field'),
  'for-numeric': entry('`for`: loops come with a later version', 'write the turns out, or use a header field'),
  'for-generic': entry('`for … in`: loops come with a later version', 'look keys up instead: `set[key]`'),
  goto: entry('`goto` comes with a later version', 'use `if` and `return`'),
  label: entry('labels come with a later version', 'use `if` and `return`'),
  break: entry('`break` outside a loop', 'end the filter with `return`, or skip the rest with `if`'),
  require: entry((name) => `require ${name}: modules come with a later version`, 'write its constants into the file'),
  linktype: entry(
    (header, name) => `\`pkt.${header}\` is not known on link type ${name}`,
    'use raw loads (`pkt:u8(o)`), or a capture of Ethernet or raw IP',
  ),
  'too-complex': entry(
    'at this point the filter needs more registers and memory than the machine has',
    'keep fewer locals at once (in `do … end`, say), or split the expression',
  ),
  'too-large': entry(
    (limit) => `up to this point the filter already has ${limit} instructions, more than the machine takes`,
    'look up large tables once, in a local, and shorten the filter',
  ),
} as const satisfies Readonly<Record<string, Entry>>;

export type DiagnosticCode = keyof typeof catalogue;

export function diagnostic(code: DiagnosticCode, span: Span, ...names: readonly string[]): Diagnostic {
  const { text, hint }: Entry = catalogue[code];
  const shown = names.map((name) => excerpt(name, 200));
  return { code, message: text(...shown), hint: hint(...shown), span };
}

/** Text of the source as a message shows it: on one line, in ASCII, and not without end. */
export function excerpt(text: string, longest: number): string {
  const start = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return start.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not get into a message
    /[\x00-\x1f\x7f-\xff]/g,
    (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
