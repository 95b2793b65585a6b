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
  /** The file that the span is of, where that is not the filter's own. */
  readonly file?: string;
  /** What led there: calls with the types of their arguments, the first one first; of a warning, the loops. */
  readonly path?: readonly Step[];
  /** Absent for a rejection; a warning does not keep a filter from being compiled. */
  readonly severity?: 'warning';
  /** An edit of the same file after which this is no longer said of it. */
  readonly suggestion?: Edit;
}

/** A piece of the source and what to write in its place; one character a byte, as in the source. */
export interface Edit {
  readonly span: Span;
  readonly text: string;
}

/** A step of the path to a rejection. */
export interface Step {
  readonly text: string;
  readonly file: string;
  readonly span: Span;
}

interface Entry {
  /** Absent for a rejection. */
  readonly severity?: 'warning';
  readonly text: (...names: readonly string[]) => string;
  readonly hint: (...names: readonly string[]) => string;
  /** What to write in place of what is underlined, where that is all there is to do. */
  readonly edit?: (...names: readonly string[]) => string | undefined;
}

const entry = (text: Entry['text'] | string, hint: Entry['hint'] | string, edit?: Entry['edit']): Entry => ({
  text: typeof text === 'string' ? () => text : text,
  hint: typeof hint === 'string' ? () => hint : hint,
  ...(edit === undefined ? {} : { edit }),
});
const didYouMean = (suggestion: string | undefined, otherwise: string): string =>
  suggestion === undefined || suggestion === '' ? otherwise : `did you mean \`${suggestion}\`?`;

const warning = (text: Entry['text'], hint: string): Entry => ({ ...entry(text, hint), severity: 'warning' });

/** The name that is near a misspelt one, in its place. */
const nearName = (name: string | undefined): string | undefined => (name === '' ? undefined : name);

/** What people mean by a character of other languages. */
function notLua(character: string, next: string): string {
  if (character === '!') return next === '=' ? 'not equal is `~=`' : 'write `not`';
  if (character === '?') return 'write `condition and a or b`, where a is neither nil nor false';
  return 'names are made of ASCII letters, digits and `_`';
}

/** A float's value as an integer, where it has one that every reader takes for the same. */
function wholeNumber(raw: string): string | undefined {
  const [, whole, zeros] = /^(\d+)\.(0*)$/.exec(raw) ?? [];
  if (whole !== undefined && zeros !== undefined) return whole;
  const [, digits, exponent] = /^(\d+)[eE]\+?(\d\d?)$/.exec(raw) ?? [];
  if (digits === undefined || Number(exponent) + digits.length > 18) return undefined;
  return digits + '0'.repeat(Number(exponent));
}

const network = 'network: an address, /, a prefix length, and no bits behind the prefix';
/** What the constructors of the module `net` take. */
const netTexts = {
  ip: { what: 'IPv4 address', example: '192.0.2.1' },
  ip_ipv6: { what: 'IPv6 address', example: '2001:db8::1' },
  mac: { what: 'MAC address', example: '00:00:5e:00:53:01' },
  cidr: { what: `IPv4 ${network}`, example: '10.0.0.0/8' },
  cidr_ipv6: { what: `IPv6 ${network}`, example: '2001:db8::/32' },
} as const;

/** How a text is written; the family is that which a colon in it tells. */
function netText(name: string, family: string): { readonly what: string; readonly example: string } {
  if (name === 'mac') return netTexts.mac;
  return netTexts[`${name === 'ip' ? 'ip' : 'cidr'}${family === 'ipv6' ? '_ipv6' : ''}`];
}

export const catalogue = {
  // The text
  character: entry(
    (character) => `\`${character}\` means nothing in Lua`,
    (character, next) => notLua(character, next ?? ''),
    (character, next) => (character !== '!' ? undefined : next === '=' ? '~' : 'not '),
  ),
  'other-language': entry(
    (written) => `\`${written}\` is not Lua`,
    (_, lua, hint) => hint ?? `write \`${lua}\``,
    (_, lua) => (lua === '' ? undefined : lua),
  ),
  syntax: entry((what) => `syntax error: ${what}`, 'the file must be a Lua program'),
  'byte-order-mark': entry('the file starts with a byte order mark', 'save it without one (UTF-8, no BOM)', () => ''),
  attribute: entry(
    (name) => `\`<${name}>\` attributes are not part of the filter language`,
    'leave it out: a local that is never assigned is a constant anyway',
    () => '',
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
    wholeNumber,
  ),
  'integer-literal': entry(
    (raw) => `${raw} is above 2^63-1, so Lua reads it as a float`,
    'write it in hexadecimal, which wraps to 64 bits',
    (raw) => (raw.length <= 20 && BigInt(raw) < 2n ** 64n ? `0x${BigInt(raw).toString(16)}` : undefined),
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
    (_, suggestion) => nearName(suggestion),
  ),
  'global-write': entry(
    (name) => `\`${name}\` is not declared, so this would set a global variable`,
    'declare it with `local`; what must live from packet to packet is state',
  ),
  'constant-write': entry(
    (name) => `\`${name}\` is set outside the filter, so it cannot change from packet to packet`,
    'copy it to a local of the filter: `local x = …`',
  ),
  'packet-write': entry('the packet parameter cannot be assigned', 'use a local of another name: `local p = pkt`'),
  'field-write': entry(
    (name) => `\`${name}\` cannot be assigned: filters read, and only their own locals change`,
    'keep the value in a local: `local x = …`',
  ),
  'packet-member': entry(
    (name) => `a packet has no \`${name}\``,
    (_, suggestion) => didYouMean(suggestion, 'see the list of headers in docs/language.md'),
    (_, suggestion) => nearName(suggestion),
  ),
  'packet-index': entry(
    'a packet is not indexed with `[…]`',
    'load its bytes: `pkt:u8(offset)`, offsets from 0; its headers are `pkt.tcp` and the like',
  ),
  'packet-later': entry((name) => `\`${name}\` comes with a later version`, 'use raw loads: `pkt:u8(offset)`'),
  'domain-value': entry(
    (name) => `\`${name}\` is no value of its own: it is compared with one name or nil, where it is read`,
    (name) => `write \`${name} == "example.com"\`, \`${name} ~= nil\`, or ask \`dns:is_below("example.com")\``,
  ),
  'found-method': entry(
    (name) => `\`${name}\` is a method, and is asked with a constant string`,
    (name) => `write \`${name}("…")\``,
  ),
  'domain-name': entry(
    (text) => `"${text}" is no domain name in lower case`,
    (_, suggestion) => didYouMean(suggestion, 'labels of 1 to 63 bytes with single dots between, 253 bytes in all'),
  ),
  'packet-method': entry(
    (name) => `a packet has no method \`${name}\``,
    (_, suggestion) => didYouMean(suggestion, 'loads are u8, u16, u32, u64, i8, i16, i32, and u16le, …'),
    (_, suggestion) => nearName(suggestion),
  ),
  'packet-kind': entry(
    (kinds) => `what the packet starts with is ${kinds}, in quotes`,
    'other packets have loads: `pkt:u8(offset)`',
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
    (_, __, suggestion) => nearName(suggestion),
  ),
  'field-either-way': entry(
    (header, name) => `\`${header}.${name}\` would be two fields at once`,
    (header, name, a, b) =>
      `compare both: \`${header}.${a} == x or ${header}.${b} == x\` (Wireshark's ${header}.${name} means either)`,
  ),
  'field-group': entry(
    (name) => `\`${name}\` is a group of fields, not a number`,
    (name, part) => `use \`${name}.value\` for the number, or a part such as \`${name}.${part}\``,
    (name) => `${name.split('.').at(-1)}.value`,
  ),
  'math-member': entry(
    (name) => `math has no \`${name}\` here`,
    (_, suggestion) => didYouMean(suggestion, 'there are ult, min, max, abs, maxinteger and mininteger'),
    (_, suggestion) => nearName(suggestion),
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
  'type-length': entry(
    '`#` is for the packet, strings and tables only',
    "use `#pkt`, the length on the wire, or a header's length field",
  ),
  'table-length': entry(
    (name) => `the integer keys of \`${name}\` are not 1, 2, 3 and so on, so \`#\` means nothing of it`,
    'number the entries from 1, without gaps',
  ),
  'header-mix': entry((name, kinds) => `\`${name}\` is not of one type in ${kinds}`, 'handle the headers one by one'),

  // What the language does not have
  metatable: entry(
    (name) => `\`${name}\`: there are no metatables in filters`,
    'write out what the metamethod would do',
  ),
  'global-refused': entry(
    (name, why) => `\`${name}\` is not available: ${why}`,
    (name) =>
      name === 'pairs' || name === 'next'
        ? '`ipairs` goes over a constant table from 1 up; keys are looked up: `set[key]`'
        : 'filters have math, print, error, assert, ipairs, require, and their packet',
  ),
  division: entry('`/` gives a float', 'use `//`, which rounds down'),
  power: entry('`^` gives a float', 'multiply, or shift: `1 << n`'),
  concatenation: entry('`..` builds a string at run time', 'filters have no strings to build'),
  'string-constant': entry(
    (what) => `${what} is not one constant string`,
    'write the string here, or give it a name: `local get = "GET "`',
  ),
  'type-address': entry(
    (what) => `${what} may be an IPv6 address, which filters do not calculate with`,
    'compare it by == and ~=, or ask a network: `local lan = net.cidr "2001:db8::/32"`, and `lan:contains(address)`',
  ),
  'type-text': entry(
    (what) => `${what} may be a string, which filters do not calculate with`,
    'read the number itself: `pkt:u8(o)`',
  ),
  'slice-stale': entry(
    (what) => `${what} is a slice of the packet, which may have been stored to since`,
    'take the slice behind the store, or compare it before',
  ),
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
    'keys are integers, booleans and strings: `{ [80] = true }`',
  ),
  'table-nil': entry('nil cannot be a value in a constant table', 'leave the entry out: a missing key reads nil'),
  'table-duplicate': entry(
    (key) => `the key ${key} stands twice in the table`,
    'leave one out; entries without a key are numbered from 1',
  ),
  'table-element': entry(
    (what) => `${what} cannot be a value in a constant table`,
    'add it by its name: `function M.f() … end`',
  ),
  'table-nested': entry(
    (name) => `\`${name}\` holds tables, which are reached by constant keys only`,
    'name the inner table: `t.web[port]`, or use one flat table',
  ),
  'table-value': entry(
    (name) => `\`${name}\` is a table, not a value`,
    (name) => `look a key up: \`${name}[key]\``,
  ),
  vararg: entry('`...` is not available', 'the filter has one parameter, the packet'),
  'function-value': entry(
    'a function is not a value here',
    'give it a name outside the filter, `local function f(pkt, x) … end`, and call that',
  ),
  'function-local': entry(
    (name) => `function \`${name}\` stands inside another function`,
    'move it outside, and pass what it needs: `local function f(pkt, x) … end`',
  ),
  'function-global': entry(
    (name) => `function \`${name}\` would be a global variable`,
    (name) => `write \`local function ${name}\``,
  ),
  'function-place': entry(
    (name) => `\`${name}\` is no place for a function`,
    'functions are local, or new names in a table of this file: `local M = {}`, `function M.f() … end`',
  ),
  recursion: entry((name, path) => `\`${name}\` calls itself (${path})`, 'write a loop: filters must end'),
  'call-forward': entry(
    (name, path) => `\`${name}\` stands further down (${path}); functions call those above them`,
    (name) => `move \`${name}\` up`,
  ),
  'call-depth': entry(
    (name, limit) => `\`${name}\` is called through more than ${limit} functions`,
    'let fewer functions call each other: the machine has 32 frames',
  ),
  frames: entry(
    (what, count) => `${what} takes one frame more than the ${count} that the machine has`,
    'let fewer functions call each other, or fewer counted loops stand in each other: each takes a frame, and the filter one',
  ),
  'call-types': entry(
    (name, limit) => `\`${name}\` is called with more than ${limit} lists of argument types`,
    'call it with values of fewer types: it is compiled anew for each, and each constant string is one',
  ),
  'no-value': entry(
    (name) => `\`${name}\` may give fewer values, and \`print\` shows that they are not there`,
    (name) => `make one value of it: \`(${name}(…))\``,
  ),
  'assert-values': entry(
    '`assert` gives all its arguments, the message too',
    'make one value of it: `(assert(x, "message"))`',
  ),
  'print-value': entry(
    (what, type) => `${what} can be ${type}, which has no text`,
    (_, type) => {
      if (type.includes('header')) return 'print one of its fields';
      return `print what it is to you: ${type.includes('packet') ? '`print(#pkt)`' : '`print(lan:contains(src))`'}`;
    },
  ),
  'error-message': entry((what) => `${what} is no message: it must be a string`, 'write the message here'),
  call: entry(
    (what) => `\`${what}\` cannot be called`,
    'what can be called: loads (`pkt:u8(o)`), the functions of the file and of its modules, math.min and its kin',
  ),
  'call-statement': entry(
    'the result of this call is not used',
    'leave the call out, or test what it gives: `if pkt:u8(0) == 4 then … end`',
  ),
  'loop-refused': entry(
    (what, loops) => `\`${what}\` is not allowed here: --loops=${loops}`,
    (_, loops) => (loops === 'none' ? 'write the turns out' : 'use `for i = a, b do … end`, which counts its turns'),
  ),
  'loop-endless': entry(
    'this loop has no way out',
    'give it a condition, or a `break` or `return` that can be reached',
  ),
  'loop-condition': entry(
    (names) => `nothing in the loop changes its condition${names === '' ? '' : ` (${names})`}`,
    'change one of its variables in the loop, or leave it by `break`',
  ),
  'for-step': entry('the step of a `for` must be known at compile time', 'write a constant: `for i = a, b, 2 do`'),
  'for-step-zero': entry('the step of a `for` must not be 0', 'leave it out for 1'),
  'for-generic': entry(
    '`for … in` needs `ipairs` of a constant table, or a function of this file',
    'write `for i, v in ipairs(t) do`, or `for a, b in step, state, first do` with a `local function step(state, a)`',
  ),
  'for-control': entry(
    'an iterator starts with a value: an integer, nil, a header',
    'pass the packet as the state: `for a in step, pkt, 0 do`',
  ),
  'for-closing': entry('a fourth value of `for … in` would be closed, which needs metatables', 'leave it out'),
  ipairs: entry('`ipairs` takes one constant table', 'name a table of the file: `for i, v in ipairs(t) do`'),
  'ipairs-table': entry(
    (name) => `\`${name}\` holds tables, which are no values`,
    'loop over a table of integers, booleans or strings',
  ),
  'ipairs-place': entry('`ipairs` stands in a `for` only', 'write `for i, v in ipairs(t) do`'),
  'goto-backward': entry(
    (name) => `\`goto ${name}\` would go backward`,
    'write a `while` or `repeat` loop: those are known to end',
  ),
  'label-shadow': entry(
    (name) => `the label \`${name}\` is visible here already`,
    'give it another name, since Lua 5.4 does not take it twice',
  ),
  break: entry('`break` outside a loop', 'end the filter with `return`, or skip the rest with `if`'),
  require: entry('`require` takes one string', 'write `local m = require "name"`'),
  'require-missing': entry(
    (name) => `there is no module "${name}"`,
    (name) => `a module is a file, \`${name}.lua\`, beside the filter or in a folder of --path`,
  ),
  'require-cycle': entry((name) => `module "${name}" needs itself`, 'move what both need to a third file'),
  'require-place': entry(
    '`require` stands outside functions only',
    'write `local m = require "name"` at the top of the file',
  ),
  'net-text': entry(
    (text, name, family) => `"${text}" is no ${netText(name, family).what}`,
    (_, name, family) =>
      `write it like \`${name === 'cidrs' ? '' : `net.${name} `}"${netText(name, family).example}"\``,
  ),
  'net-list': entry(
    (name) => (name === 'cidr' ? '`net.cidr` takes one network' : '`net.cidrs` takes a list of one network or more'),
    'write `net.cidr "10.0.0.0/8"` for one, and `net.cidrs { "10.0.0.0/8", "192.0.2.0/24" }` for several',
    (_, other) => nearName(other),
  ),
  'net-member': entry(
    (name) => `\`net\` has no \`${name}\` to call`,
    (_, known) => (known === '' ? 'it has `ip`, `mac`, `cidr` and `cidrs`' : `did you mean \`${known}\`?`),
  ),
  'net-number': entry(
    (name) => `there is no \`${name}\``,
    (_, suggestion) => didYouMean(suggestion, 'write the number: docs/language.md has the names'),
  ),
  'net-method': entry(
    (name) => `\`${name}\` is a network`,
    (name) => `ask it whether it has an address: \`${name}:contains(address)\``,
  ),
  'net-address': entry(
    (what, type) => `${what} is always ${type}, and an address is needed here`,
    'networks have IPv4 addresses, which are integers, and IPv6 addresses: `ip.src`, `ipv6.src`',
  ),
  'net-place': entry(
    'a network is named outside functions',
    'write `local lan = net.cidr "10.0.0.0/8"` at the top of the file, and `lan:contains(address)` here',
  ),
  'state-member': entry(
    (name) => `the module state has no \`${name}\``,
    (_, suggestion) => didYouMean(suggestion, 'it has array, hash and counter: `local seen = state.hash(1024)`'),
    (_, suggestion) => nearName(suggestion),
  ),
  'state-place': entry(
    (name) => `\`${name}\` makes state, for a local outside functions only`,
    (name) => `write \`local x = ${name}(…)\` at the top of the file`,
  ),
  'state-key': entry((what, type, name, other) => {
    const known = other === '' ? 'always of one type' : `${other} elsewhere`;
    return `${what} can be ${type}, and this part of the keys of \`${name}\` is ${known}`;
  }, 'have a hash for each family of addresses'),
  'state-size': entry(
    (what, value) => `${what} is ${value}`,
    (_, __, limit) => `give a constant from 1 to ${limit}`,
  ),
  'state-count': entry(
    (limit) => `more than ${limit} arrays, hashes and counters`,
    'use one array for several counters: its indices go from 0',
  ),
  'state-value': entry(
    (name) => `\`${name}\` is state, not a value`,
    (_, uses) => `use what is in it: ${uses}`,
  ),
  'state-index': entry(
    (name, parts) => (parts === '0' ? `\`${name}\` is a counter` : `the keys of \`${name}\` have ${parts} parts`),
    (name, parts) => (parts === '0' ? `read it by \`${name}:get()\`` : `use \`${name}:get(…)\` and \`${name}:set(…)\``),
  ),
  'state-method': entry(
    (name) => `there is no \`${name}\` here`,
    (_, suggestion, methods) => didYouMean(suggestion, `there are ${methods}`),
  ),
  'module-return': entry('a module returns one table or constant, which is not nil', 'end it with `return M`'),
  linktype: entry(
    (header, name) => `\`pkt.${header}\` is not known on link type ${name}`,
    'use raw loads (`pkt:u8(o)`), or a capture of Ethernet or raw IP',
  ),
  'door-closed': warning(
    (what, byte, turns) => `${what} may come too late: byte ${byte} is closed after ${turns}`,
    'read it into a local before the loop; in the loop, read at an offset that grows by 1 or more each turn',
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
  const { text, hint, edit, severity }: Entry = catalogue[code];
  const shown = names.map((name) => excerpt(name, 200));
  const replacement = edit?.(...names);
  return {
    code,
    message: text(...shown),
    hint: hint(...shown),
    span,
    ...(severity === undefined ? {} : { severity }),
    ...(replacement === undefined ? {} : { suggestion: { span, text: replacement } }),
  };
}

/** Where a message is explained, with a worked rewrite: a page of the documentation and its anchor. */
export const explanation = (code: DiagnosticCode): string => `docs/errors.md#${code}`;

/** Text of the source as a message shows it: on one line, in ASCII, and not without end. */
export function excerpt(text: string, longest: number): string {
  const start = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return start.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not get into a message
    /[\x00-\x1f\x7f-\xff]/g,
    (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
