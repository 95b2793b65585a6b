/** `require`: the filter's own modules, `args`, `net` and what they share, compiled and in every stock Lua. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { randomPacket, rng } from '../../scripts/packets.mjs';
import { addresses4, macs } from '../../scripts/random-packets.mjs';
import { engines } from '../oracle/engines.ts';
import type { Filter, Oracle, OraclePacket } from '../oracle/lua.ts';
import { compare } from '../support/compare.ts';
import { compiledFilter, Rejected } from '../support/run.ts';

const random = rng(5);
const packets: readonly OraclePacket[] = Array.from({ length: 60 }, () => randomPacket(random));

/** Eight bytes: an integer, as `pkt:u64(0)` reads it. */
function integerPacket(value: bigint): OraclePacket {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, value);
  return { bytes, wirelen: 8 };
}

interface Case extends Filter {
  readonly packets?: readonly OraclePacket[];
  /** Whether a Lua with 32-bit integers may run it. */
  readonly fits?: boolean;
}

const networks = ['10.0.0.0/8', '192.0.2.128/25', '203.0.113.53/32', '0.0.0.0/0', '128.0.0.0/1', '224.0.0.0/4'];
const edges = [0n, 0x0a000000n, 0x0affffffn, 0xc0000280n, 0xc00002ffn, 0xcb007135n, 0x80000000n, 0xe0000000n]
  .flatMap((value) => [value - 1n, value, value + 1n])
  .concat(2n ** 32n, 2n ** 32n + 0x0a000001n, -(2n ** 63n), 2n ** 63n - 1n);

const cases: Readonly<Record<string, Case>> = {
  'networks at their edges': {
    text: `local net = require "net"
${networks.map((text, i) => `local n${i} = net.cidr "${text}"`).join('\n')}
return function(pkt)
  local a = pkt:u64(0)
  print(${networks.map((_, i) => `n${i}:contains(a)`).join(', ')})
  return true
end`,
    packets: edges.map(integerPacket),
  },
  'several networks at their edges, by a list and by its name': {
    text: `local net = require "net"
local list = { ${networks
      .slice(0, 3)
      .map((text) => `"${text}"`)
      .join(', ')}, "10.0.0.0/9" }
local named = net.cidrs(list)
local one = net.cidrs { list[2] }
local halves = net.cidrs { "128.0.0.0/2", "224.0.0.0/4", "192.0.0.0/3", }
local all = net.cidrs({ "224.0.0.0/4"; "0.0.0.0/0" })
return function(pkt)
  local a = pkt:u64(0)
  print(named:contains(a), one:contains(a), halves:contains(a), all:contains(a))
  return true
end`,
    packets: edges.map(integerPacket),
  },
  'networks of addresses from packets, and of none': {
    text: `local net = require "net"
local lan = net.cidr("192.0.2.0/24")
local other = lan
return function(pkt)
  local ip = pkt.ip
  if ip and lan:contains(ip.src) then return other:contains(ip.dst) and 2 or 1 end
  return lan:contains(ip and ip.dst)
end`,
  },
  'several networks of addresses from packets, and of none': {
    text: `local net = require "net"
local lans = net.cidrs { "192.0.2.0/24", "10.0.0.0/8" }
return function(pkt)
  local ip = pkt.ip
  if ip and lans:contains(ip.src) then return lans:contains(ip.dst) and 2 or 1 end
  return lans:contains(ip and ip.dst)
end`,
  },
  'networks of small numbers': {
    text: `local net = require "net"
local low = net.cidr "0.0.1.0/24"
local lows = net.cidrs { "0.0.0.64/27", "0.0.0.32/27", "0.0.1.0/25", "64.0.0.0/2" }
return function(pkt)
  print(lows:contains(pkt.caplen), lows:contains(pkt:u16(2) & 0x1ff), lows:contains((pkt:u8(0) & 0x7f) << 24))
  return low:contains(pkt.caplen) or low:contains(pkt:u16(2) & 0x1ff)
end`,
    fits: true,
  },
  'addresses as constants and keys': {
    text: `local net = require "net"
local hosts = { ${addresses4.map((text, i) => `[net.ip "${text}"] = ${i}`).join(', ')} }
local stations = { ${macs.map((text, i) => `[net.mac("${text.replaceAll(':', i % 2 ? '-' : ':')}")] = ${i}`).join(', ')} }
return function(pkt)
  local eth, ip = pkt.eth, pkt.ip
  print(eth and stations[eth.src], ip and hosts[ip.src], ip and ip.dst == net.ip "192.0.2.1")
  return ip and ip.proto == net.TCP
end`,
  },
  'the numbers of protocols': {
    text: `local net = require "net"
return function(pkt)
  local ip = pkt.ip
  local p = ip and ip.proto
  print(p == net.TCP, p == net.UDP, net.ICMP, net.IGMP, net.IPV6, net.GRE, net.ESP, net.AH, net.ICMPV6, net.OSPF)
  print(net.SCTP, net.ip "127.255.255.255", net.mac "00-00-7F-ff-ff-ff")
  return p
end`,
    fits: true,
  },
  'arguments of every kind': {
    text: `local args = require "args"
local again = require "args"
local limit = args.limit or 60
return function(pkt)
  print(args.port, args.deep, args.shallow, args.name, args["empty"], args.none, #args.name)
  if args.deep and pkt.caplen > limit then return again.port + 1 end
  return args.name == "a\\"\\\\\\n\\0\\xff" and not args.shallow
end`,
    args: { port: -80n, deep: true, shallow: false, name: 'a"\\\n\0\xff', empty: '' },
    fits: true,
  },
  'arguments at the ends of their range': {
    text: `local args = require "args"
return function(pkt)
  print(args.least, args.most)
  return args.most + args.least + pkt.caplen
end`,
    args: { least: -(2n ** 63n), most: 2n ** 63n - 1n },
  },
  'modules that require modules, each evaluated once': {
    text: `local a, b = require "a", require "lib.b"
local shared = require "shared"
return function(pkt)
  a.count(pkt)
  b.count(pkt)
  print(shared:get(), a.limit, b.limit, b.names[2], b["names"].x)
  return shared:add(1) % 3 == 0
end`,
    modules: {
      a: `local shared, b = require "shared", require "lib.b"
local M = { limit = 60 + b.limit }
function M.count(pkt) shared:add(pkt.caplen) if pkt.tcp then b.count(pkt) end end
return M
`,
      'lib.b': `local shared = require "shared"
local state = require "state"
local own = state.hash(3, 2)
local M = { limit = 14, names = { "one", "two", x = true } }
function M.count(pkt)
  local tcp = pkt.tcp
  own:add(pkt:u8(0) & 3, tcp and tcp.dstport or 0, 1)
  shared:add(own:get(pkt:u8(0) & 3, 443) or 100)
end
return M
`,
      shared: 'local state = require "state"\nlocal shared = state.counter()\nreturn shared\n',
    },
  },
  'modules that are constants and functions': {
    text: `local no, name, twice, words = require "no", require "name", require "twice", require "words"
return function(pkt)
  print(no, name, #name, words[pkt:u8(12)])
  return twice(pkt) and not no
end`,
    modules: {
      no: 'return false',
      name: 'local text = "a\\0b"\nreturn text',
      twice: 'local function twice(pkt) return pkt:u8(13) * 2, 7 end\nreturn twice',
      words: 'return { [8] = "eight", [0x81] = 129 }',
    },
    fits: true,
  },
  'a module in the place of a bundled one': {
    text: 'local net = require "net" return function(pkt) return net.ip(pkt) == net.TCP end',
    modules: { net: 'local M = { TCP = 7 }\nfunction M.ip(pkt) return pkt:u8(23) + 1 end\nreturn M\n' },
    fits: true,
  },
  'errors and prints in modules': {
    text: `local check = require "check"
return function(pkt)
  local a, b = check.both(pkt)
  for i, v in check.step, pkt, 0 do print(i, v) end
  return check.must(pkt, a, b)
end`,
    modules: {
      check: `local M = { limit = 3 }
function M.both(pkt)
  print("both", pkt.caplen)
  return pkt.tcp, pkt.udp
end
function M.step(pkt, i)
  if i < M.limit then return i + 1, pkt:u8(i * 9) end
end
function M.must(pkt, tcp, udp)
  if udp then error("no udp") end
  assert(tcp, "no tcp")
  return tcp.dstport
end
return M
`,
    },
  },
};

describe.each(engines)('$title', ({ missing, wide, start }) => {
  let lua: Oracle;
  beforeAll(async () => {
    if (!missing) lua = await start();
  });
  afterAll(() => lua?.close());
  const mine = Object.entries(cases).filter(([, { fits = false }]) => wide || fits);

  test.skipIf(missing).each(mine)('%s', async (_, { packets: own = packets, fits = false, ...filter }) => {
    expect(compiledFilter(filter).exceeds32 === undefined).toBe(fits);
    const { difference, actual } = await compare(filter, own, lua);
    expect(difference).toBeUndefined();
    // Packets are told apart.
    expect(new Set(actual.map((each) => JSON.stringify(each))).size).toBeGreaterThan(1);
  });

  test
    .skipIf(missing)
    .each([
      ...[
        '1.2.3',
        '1.2.3.256',
        '01.2.3.4',
        '1.2.3.4.5',
        '',
        ' 1.2.3.4',
        '2001:db8:::1',
        '1::2:3:4:5:6:7:8',
        '::1.2.3',
        '1.2.3.',
      ].map((text) => ['ip', text]),
      ...['00:00:5e:00:53', '00:00:5e:00:53:0g', '00:00:5e-00:53:01', '0:0:5e:0:53:1'].map((text) => ['mac', text]),
      ...['10.0.0.0', '10.0.0.1/8', '10.0.0.0/33', '10.0.0.0/08', '/8', 'fe80::1/10', '::/0129'].map((text) => [
        'cidr',
        text,
      ]),
    ])('net.%s refuses %j as the compiler does', async (name, text) => {
    const source = `local net = require "net" local x = net.${name} "${text}" return function(pkt) end`;
    expect(() => compiledFilter(source)).toThrow('net-text');
    await expect(lua.run(source, [])).rejects.toThrow(`"${text}" is no`);
  });

  test.skipIf(missing).each([
    ['{}', 'net.cidrs takes a list of one network or more'],
    ['"10.0.0.0/8"', 'net.cidrs takes a list of one network or more'],
    ['{ lan = "10.0.0.0/8" }', 'net.cidrs takes a list of one network or more'],
    ['{ "10.0.0.0/8", lan = "10.0.0.0/8" }', 'net.cidrs takes a list of one network or more'],
    ['{ "10.0.0.0/8", "10.0.0.1/8" }', '"10.0.0.1/8" is no IPv4 network'],
    ['{ "10.0.0.0/8", 5 }', '"5" is no IPv4 network'],
  ])('net.cidrs refuses %s as the compiler does', async (list, message) => {
    const source = `local net = require "net" local x = net.cidrs(${list}) return function(pkt) end`;
    expect(() => compiledFilter(source)).toThrow(Rejected);
    await expect(lua.run(source, [])).rejects.toThrow(message);
  });

  test.skipIf(missing)('nothing but what the filter was given is found', async () => {
    for (const name of ['os', 'debug', 'luabpf', 'filter', 'harness', 'string'])
      await expect(lua.run(`local m = require "${name}" return function(pkt) end`, [])).rejects.toThrow(
        `there is no module '${name}'`,
      );
  });
});
