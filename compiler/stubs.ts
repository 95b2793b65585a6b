/**
 * What editors know of filters: LuaCATS annotations, as lua-language-server reads them, of the packet, its headers and
 * the modules. The headers and protocol numbers are the tables'; texts for the rest stand here.
 */
import { type Field, fieldsOf, foundIn, placesOf } from './protocols/fields.ts';
import { innerStarts } from './protocols/linktypes.ts';
import { ipProtocols, protocolNumbers, servicePorts } from './protocols/numbers.ts';
import { type GroupRow, type HeaderName, headers } from './protocols/table.ts';

/** What the first line of each file of `stubFiles` has in it. */
export const stubMark = 'written by luabpf init';

const luaTypes: Readonly<Record<Field['type'], string>> = {
  integer: 'integer',
  boolean: 'boolean',
  address: 'luabpf.Address',
  packet: 'luabpf.Packet?',
};

const fieldLine = (name: string, type: string, about: string): string => `---@field ${name} ${type} ${about}`;

/** A class for what stands behind a dot: a header, a group, a group in a group. */
function classesOf(name: string, about: string, fields: readonly Omit<Field, 'bits'>[], groups: Groups): string[] {
  const own: string[] = [];
  const inner = new Map<string, Omit<Field, 'bits'>[]>();
  for (const field of fields) {
    const [first = '', ...rest] = field.path.split('.');
    if (rest.length === 0) own.push(fieldLine(first, luaTypes[field.type], field.about));
    else inner.set(first, [...(inner.get(first) ?? []), { ...field, path: rest.join('.') }]);
  }
  for (const group of inner.keys()) own.push(fieldLine(group, `${name}.${group}`, groups[group]?.about ?? ''));
  const classes = [...inner].flatMap(([group, parts]) =>
    classesOf(`${name}.${group}`, groups[group]?.about ?? '', parts, {}),
  );
  return [...classes, [`---${about}`, `---@class ${name}`, ...own].join('\n')];
}
type Groups = Readonly<Record<string, Pick<GroupRow, 'about'>>>;

const headerNames = Object.keys(headers) as HeaderName[];

const headerClasses = (): string[] =>
  headerNames.flatMap((name) => {
    const { title, about, fields } = headers[name];
    const classes = classesOf(`luabpf.${name}`, `${title}: ${about}`, [...placesOf(name), ...fieldsOf(name)], fields);
    return [...classes.slice(0, -1), [classes.at(-1)!, ...foundLines(name)].join('\n')];
  });

/** A method is a field that is a function, so that its header needs no name of its own here. */
const foundLines = (name: HeaderName): string[] =>
  foundIn(name).map(({ path, gives, takes, about }) =>
    fieldLine(path, takes === undefined ? `${gives}?` : `fun(self: luabpf.${name}, text: string): ${gives}`, about),
  );

const method = (name: string, about: string, parameters: Readonly<Record<string, string>>, result?: string): string =>
  [
    `---${about}`,
    ...Object.entries(parameters).map(([parameter, type]) => `---@param ${parameter} ${type}`),
    ...(result === undefined ? [] : [`---@return ${result}`]),
    `function Packet:${name}(${Object.keys(parameters)
      .map((parameter) => parameter.replace('?', ''))
      .join(', ')}) end`,
  ].join('\n');

function loadMethods(): string[] {
  const of = (bits: number, sign: 'u' | 'i', order: '' | 'le') =>
    method(
      `${sign}${bits}${order}`,
      `The ${bits} bits at offset \`o\`, ${sign === 'i' || bits === 64 ? 'signed' : 'unsigned'}${order === 'le' ? ', little-endian' : ''}; outside the captured bytes an error.`,
      { o: 'integer' },
      'integer',
    );
  return [8, 16, 32, 64].flatMap((bits) =>
    (bits === 64 ? (['u'] as const) : (['u', 'i'] as const)).flatMap((sign) =>
      (bits === 8 ? ([''] as const) : (['', 'le'] as const)).map((order) => of(bits, sign, order)),
    ),
  );
}

const otherMethods = (): string[] => [
  method('bytes', 'The `n` bytes at offset `o`.', { o: 'integer', n: 'integer' }, 'string'),
  method(
    'find',
    'Where the constant `s` first stands within `from` to `to`, by default the end of what was captured.',
    { s: 'string', from: 'integer', 'to?': 'integer' },
    'integer?',
  ),
  method(
    'starts',
    'Whether the constant `s` stands at offset `o`; false outside the captured bytes.',
    { o: 'integer', s: 'string' },
    'boolean',
  ),
  method(
    'starts_nocase',
    'The same, where ASCII letters may be capital or small.',
    { o: 'integer', s: 'string' },
    'boolean',
  ),
  method(
    'from',
    'The packet that starts at offset `o`, or where the captured bytes end if they end before it.',
    {
      o: 'integer',
      kind: Object.keys(innerStarts)
        .map((kind) => `"${kind}"`)
        .join('|'),
    },
    'luabpf.Packet',
  ),
  ...[8, 16, 32].map((bits) =>
    method(`set_u${bits}`, `Stores the low ${bits} bits of \`v\` at offset \`o\`, where the host allows it.`, {
      o: 'integer',
      v: 'integer',
    }),
  ),
];

const packetStub = (): string =>
  `---An IPv6 address: \`==\` and \`~=\`, keys of tables and hashes.
---@class luabpf.Address

${headerClasses().join('\n\n')}

---A packet, as a filter gets it. \`#pkt\` is its length on the wire.
---@class luabpf.Packet
---@operator len: integer
${fieldLine('caplen', 'integer', 'bytes captured')}
${fieldLine('time', 'integer', 'when it was captured: nanoseconds since 1970')}
${headerNames.map((name) => fieldLine(name, `luabpf.${name}?`, `${headers[name].title}: ${headers[name].about}`)).join('\n')}
local Packet = {}

${[...loadMethods(), ...otherMethods()].join('\n\n')}

---What a filter's file returns: the verdict is how many bytes of the packet to keep.
---@alias luabpf.Filter fun(pkt: luabpf.Packet): any
`;

/** Fields that are numbers by name; of a name that is none of Lua's, the key. */
const numberLines = (numbers: ReadonlyMap<string, bigint>): string =>
  [...numbers]
    .map(([name, number]) => fieldLine(/^\w+$/.test(name) ? name : `["${name}"]`, 'integer', String(number)))
    .join('\n');

const netStub = (): string => `---@class luabpf.Network
local Network = {}

---Whether the address is in the network, or in one of them.
---@param address integer|luabpf.Address
---@return boolean
function Network:contains(address) end

---Ports, by the names of their services.
---@class luabpf.net.port
${numberLines(servicePorts)}

---Protocols over IP, by their names.
---@class luabpf.net.proto
${numberLines(protocolNumbers)}

---Addresses and networks, read when the filter is compiled, and the numbers of ports and protocols.
---@class luabpf.net
${numberLines(ipProtocols)}
---@field port luabpf.net.port
---@field proto luabpf.net.proto
local net = {}

---An IPv4 address as an integer, as in \`ip.src\`, or an IPv6 address, as in \`ipv6.src\`.
---@param text string
---@return any
function net.ip(text) end

---A MAC address as an integer, as in \`eth.src\`.
---@param text string
---@return integer
function net.mac(text) end

---A network, as in \`net.cidr "192.0.2.0/24"\`, outside functions.
---@param text string
---@return luabpf.Network
function net.cidr(text) end

---Several networks as one, outside functions.
---@param texts string[]
---@return luabpf.Network
function net.cidrs(texts) end

return net
`;

const stateStub = `---Integers by index, from 0; all are 0 at first.
---@class luabpf.Array
---@field [integer] integer
local Array = {}

---@param k integer
---@return integer
function Array:get(k) end

---@param k integer
---@param v integer
function Array:set(k, v) end

---Adds, and gives the sum.
---@param k integer
---@param n integer
---@return integer
function Array:add(k, n) end

---Integers by key; the least recently used one makes way. A key of several parts goes by the methods.
---@class luabpf.Hash
---@field [any] integer?
local Hash = {}

---@param ... integer|luabpf.Address the parts of the key
---@return integer?
function Hash:get(...) end

---@param ... integer|luabpf.Address|nil the parts of the key, and the value; nil deletes
function Hash:set(...) end

---Adds, and gives the sum; a missing key counts from 0.
---@param ... integer|luabpf.Address the parts of the key, and what to add
---@return integer
function Hash:add(...) end

---@param ... integer|luabpf.Address the parts of the key
function Hash:delete(...) end

---One integer, 0 at first.
---@class luabpf.Counter
local Counter = {}

---@return integer
function Counter:get() end

---Adds, and gives the sum.
---@param n integer
---@return integer
function Counter:add(n) end

---What lives from packet to packet; declared outside functions.
---@class luabpf.state
local state = {}

---@param size integer
---@return luabpf.Array
function state.array(size) end

---@param size integer how many keys it holds
---@param parts? integer how many parts a key has: 1 if absent
---@return luabpf.Hash
function state.hash(size, parts) end

---@return luabpf.Counter
function state.counter() end

return state
`;

const bytesStub = `---The Internet checksum, and searches.
---@class luabpf.bytes
local bytes = {}

---The ones' complement sum of the bytes from one offset up to another (RFC 1071), and of a sum from before.
---@param pkt luabpf.Packet
---@param from integer
---@param to integer
---@param start? integer
---@return integer
function bytes.sum(pkt, from, to, start) end

---What the checksum of these bytes is; 0 where they hold their own.
---@param pkt luabpf.Packet
---@param from integer
---@param to integer
---@param start? integer
---@return integer
function bytes.checksum(pkt, from, to, start) end

---The sum of the pseudo-header of what an IP header carries, \`length\` bytes of it.
---@param pkt luabpf.Packet
---@param ip luabpf.ip|luabpf.ipv6
---@param proto integer
---@param length integer
---@return integer
function bytes.pseudo(pkt, ip, proto, length) end

---A checksum where 16 bits that it covers have become others (RFC 1624).
---@param checksum integer
---@param old integer
---@param new integer
---@return integer
function bytes.update(checksum, old, new) end

---The same of 32 bits at an even place.
---@param checksum integer
---@param old integer
---@param new integer
---@return integer
function bytes.update32(checksum, old, new) end

---\`pkt:find\`, from the first byte to the last where no offsets are said.
---@param pkt luabpf.Packet
---@param text string
---@param from? integer
---@param to? integer
---@return integer?
function bytes.find(pkt, text, from, to) end

---\`pkt:starts\`, at the first byte where no offset is said.
---@param pkt luabpf.Packet
---@param text string
---@param at? integer
---@return boolean
function bytes.starts(pkt, text, at) end

return bytes
`;

const argsStub = `---What \`--set name=value\` gives, by name.
---@class luabpf.args
---@field [string] any
local args = {}

return args
`;

/** The files by name: in a folder that is one of lua-language-server's libraries, \`require\` finds the modules' there. */
export const stubFiles = (): ReadonlyMap<string, string> =>
  new Map(
    Object.entries({
      luabpf: packetStub(),
      net: netStub(),
      bytes: bytesStub,
      state: stateStub,
      args: argsStub,
    }).map(([name, text]) => [`${name}.lua`, `-- ${stubMark}, which writes it anew: do not edit\n---@meta\n\n${text}`]),
  );
