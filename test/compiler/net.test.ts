/** The module `net`: its constructors at compile time, and networks on addresses at their edges. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { compile } from '../../compiler/index.ts';
import { protocolNumbers, servicePorts } from '../../compiler/protocols/numbers.ts';
import { rng } from '../../scripts/packets.mjs';
import { bound, defaultHost, validate } from '../../vm/index.ts';
import { runCompiled } from '../support/run.ts';

const net = 'local net = require "net"\n';
const codes = (text: string): string[] =>
  (compile(net + text).diagnostics ?? []).map(({ code, span }) => `${span.line}:${span.column} ${code}`);

/** Texts that look like IPv6 addresses and are none. */
const no6 =
  '::: 1::2::3 1:2:3:4:5:6:7 1:2:3:4:5:6:7:8:9 1::2:3:4:5:6:7:8:9 12345:: g:: fe80::1%eth0 1::2:3:4:5:6:7:8 ::1.2.3 1.2.3.4:: :1:2:3:4:5:6:7:8'.split(
    ' ',
  );

/** What a filter says of the eight bytes of an integer. */
function verdict(text: string, value: bigint): number {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, value);
  const [{ verdict, error }] = runCompiled(net + text, [{ bytes, wirelen: 8 }]) as [ReturnType<typeof runCompiled>[0]];
  expect(error).toBeUndefined();
  return verdict;
}
const returned = (expression: string): number => verdict(`return function(pkt) return ${expression} end`, 0n);

describe('net', () => {
  test.each([
    ['net.ip "192.0.2.1"', 0xc0000201],
    ['net.ip("0.0.0.1")', 1],
    ['net.ip "255.255.255.255"', 0xffffffff],
    ['net.mac "00:00:00:00:53:01"', 0x5301],
    ['net.mac "fF-00-5e-00-53-01" >> 32', 0xff00],
    ['net.UDP', 17],
    ['net.proto.icmpv6', 58],
    ['net.port.https', 443],
    ['net.port["http-alt"]', 8080],
  ])('%s is %i', (expression, value) => expect(returned(expression)).toBe(value));

  test('addresses are keys of tables, and constants', () => {
    const text = `local web = net.ip "192.0.2.80"
local hosts = { [web] = 1, [net.ip "192.0.2.81"] = 2 }
return function(pkt) return hosts[pkt:u64(0)] end`;
    expect([0xc0000250n, 0xc0000251n, 0xc0000252n].map((value) => verdict(text, value))).toEqual([1, 2, 0]);
  });

  test.each([
    ['10.0.0.0/8', 0x0a000000n, 0x0affffffn],
    ['192.0.2.128/25', 0xc0000280n, 0xc00002ffn],
    ['203.0.113.7/32', 0xcb007107n, 0xcb007107n],
    ['0.0.0.0/0', 0n, 0xffffffffn],
    ['128.0.0.0/1', 0x80000000n, 0xffffffffn],
  ])('%s has the addresses from its first to its last', (network, first, last) => {
    const text = `local n = net.cidr "${network}" return function(pkt) return n:contains(pkt:u64(0)) end`;
    const inside = [first - 1n, first, last, last + 1n, first + 2n ** 32n].map((value) => verdict(text, value) > 0);
    expect(inside).toEqual([false, true, true, false, false]);
  });

  test.each([
    ['net.NONE', ''],
    ['net.port.htps', 'did you mean `https`?'],
    ['net.proto["tcpp"]', 'did you mean `tcp`?'],
    ['net.port[53]', ''],
  ])('%s is no number', (expression, hint) => {
    const [problem] = compile(`${net}return function(pkt) return ${expression} end`).diagnostics ?? [];
    expect(problem).toMatchObject({ code: 'net-number', hint: expect.stringContaining(hint) });
  });

  test.each([
    ['/etc/services', servicePorts, (line: string) => /^(\S+)\s+(\d+)\/(?:tcp|udp)\s*([^#]*)/.exec(line)],
    ['/etc/protocols', protocolNumbers, (line: string) => /^(\S+)\s+(\d+)\s*([^#]*)/.exec(line)],
  ] as const)('numbers are those of %s, where that has the names', (file, numbers, read) => {
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
    const known = new Map<string, bigint>();
    for (const line of lines) {
      const [, name, number, aliases = ''] = read(line) ?? [];
      for (const each of name === undefined ? [] : [name, ...aliases.split(/\s+/)])
        known.set(each.toLowerCase(), known.get(each.toLowerCase()) ?? BigInt(number!));
    }
    const others = [...numbers].filter(([name, number]) => (known.get(name) ?? number) !== number);
    expect(others).toEqual([]);
    expect([...numbers.values()].every((number) => number < 0x10000n)).toBe(true);
  });

  const contains = (list: string, key = 'pkt:u64(0)'): string =>
    `local n = net.cidrs { ${list} } return function(pkt) return n:contains(${key}) end`;

  test.each([
    ['"10.0.0.0/8"', [[0x0a000000n, 0x0affffffn]]],
    ['"10.0.0.0/9", "10.128.0.0/9"', [[0x0a000000n, 0x0affffffn]]],
    ['"10.1.0.0/16", "10.0.0.0/8", "10.0.0.0/8"', [[0x0a000000n, 0x0affffffn]]],
    ['"0.0.0.0/0", "192.0.2.0/24"', [[0n, 0xffffffffn]]],
    [
      '"0.0.0.0/32", "255.255.255.255/32"',
      [
        [0n, 0n],
        [0xffffffffn, 0xffffffffn],
      ],
    ],
    [
      '"192.0.2.0/25", "192.0.3.0/24", "10.0.0.0/8", "192.0.2.192/26", "127.0.0.1/32"',
      [
        [0x0a000000n, 0x0affffffn],
        [0x7f000001n, 0x7f000001n],
        [0xc0000200n, 0xc000027fn],
        [0xc00002c0n, 0xc00003ffn],
      ],
    ],
  ])('{ %s } has the addresses of each network', (list, ranges) => {
    for (const [first, last] of ranges as [bigint, bigint][])
      for (const value of [first - 1n, first, last, last + 1n, first + 2n ** 32n, first - 2n ** 63n]) {
        const inside = ranges.some(([low, high]) => low! <= value && value <= high!);
        expect(verdict(contains(list), value) > 0, `${value}`).toBe(inside);
      }
  });

  test('many random networks have the addresses of each (seed 3)', () => {
    const random = rng(3);
    for (const count of [1, 2, 5, 40, 1000]) {
      const networks = Array.from({ length: count }, () => {
        const length = random.range(count < 10 ? 1 : 6, 32);
        const size = 2 ** (32 - length);
        const first = Math.floor((random.next() >>> 0) / size) * size;
        return {
          first,
          last: first + size - 1,
          text: `${[24, 16, 8, 0].map((by) => (first >>> by) & 255).join('.')}/${length}`,
        };
      });
      const text = net + contains(networks.map(({ text }) => `"${text}"`).join(', '), 'pkt:u32(0)');
      const edges = networks.slice(0, 50).flatMap(({ first, last }) => [first - 1, first, last, last + 1]);
      const values = [...edges, ...Array.from({ length: 50 }, () => random.next())].map((value) => value >>> 0);
      const packets = values.map((value) => ({
        bytes: Uint8Array.from([24, 16, 8, 0], (by) => value >>> by),
        wirelen: 4,
      }));
      expect(
        runCompiled(text, packets).map(({ verdict }) => verdict > 0),
        `${count} networks`,
      ).toEqual(values.map((value) => networks.some(({ first, last }) => first <= value && value <= last)));
    }
  });

  test('1,000 networks are searched by halves', () => {
    const list = Array.from({ length: 1000 }, (_, i) => `"10.${i >> 8}.${i & 255}.0/25"`).join(',');
    const { program } = compile(net + contains(list, 'pkt:u32(0)'));
    const { validated } = validate(program!, defaultHost);
    expect(bound(validated!, defaultHost).at(4)).toBeLessThan(24);
  });

  test('networks are listed by name, searched for values of other types, and for constants', () => {
    const text = `local list = { "10.0.0.0/8", "192.0.2.0/24" }
local n, m = net.cidrs(list), net.cidrs { list[2] }
local function is(set, address) return set:contains(address) end
return function(pkt)
  local low = pkt:u16(0)
  return (is(n, net.ip "10.9.9.9") and 1 or 0) + (is(m, net.ip "10.9.9.9") and 2 or 0) + (is(m, net.ip "192.0.2.9") and 4 or 0)
    + (n:contains(low) == false and 8 or 0) + (n:contains(low + 0x0a000000) and 16 or 0)
end`;
    expect(verdict(text, 0n)).toBe(1 + 4 + 8 + 16);
  });

  test('an address that is missing is an error, of several networks too', () => {
    const text = `${net}local n = net.cidrs { "10.0.0.0/8" } return function(pkt) return n:contains(pkt.ip and pkt.ip.src) end`;
    expect(runCompiled(text, [{ bytes: new Uint8Array(4), wirelen: 4 }])).toMatchObject([
      { verdict: 0, error: 'type', message: 'bad argument, an address is wanted but it is a nil value' },
    ]);
  });

  test('an address that is missing is an error', () => {
    const text = `${net}local n = net.cidr "10.0.0.0/8" return function(pkt) return n:contains(pkt.ip and pkt.ip.src) end`;
    expect(runCompiled(text, [{ bytes: new Uint8Array(4), wirelen: 4 }])).toMatchObject([
      { verdict: 0, error: 'type' },
    ]);
  });

  test.each(['1.2.3', '1.2.3.256', '01.2.3.4', '1.2.3.4.5', '', ' 1.2.3.4', ...no6])('%j is no address', (text) =>
    expect(codes(`local a = net.ip "${text}" return function(pkt) end`)).toEqual(['2:18 net-text']),
  );
  test.each(['00:00:5e:00:53', '00:00:5e:00:53:0g', '00:00:5e-00:53:01', '0:0:5e:0:53:1'])(
    '%j is no MAC address',
    (text) => expect(codes(`return function(pkt) return net.mac "${text}" end`)).toEqual(['2:37 net-text']),
  );
  test.each([
    '10.0.0.0',
    '10.0.0.1/8',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '/8',
    '2001:db8::1/64',
    '::/129',
    '::1',
    '1.2.3.4::/8',
  ])('%j is no network', (text) =>
    expect(codes(`local n = net.cidr "${text}" return function(pkt) end`)).toEqual(['2:20 net-text']),
  );

  test.each([
    ['net.cidrs { "10.0.0.0/8", "10.0.0.1/8", 5, "x" }', ['2:37 net-text', '2:51 string-constant', '2:54 net-text']],
    ['net.cidrs { }', ['2:21 net-list']],
    ['net.cidrs { lan = "10.0.0.0/8" }', ['2:21 net-list']],
    ['net.cidrs { [2] = "10.0.0.0/8" }', ['2:21 net-list']],
    ['net.cidrs "10.0.0.0/8"', ['2:15 net-list']],
    ['net.cidrs()', ['2:15 net-list']],
    ['net.cidrs({ "10.0.0.0/8" }, { "10.0.0.0/8" })', ['2:15 net-list']],
    ['net.cidr { "10.0.0.0/8" }', ['2:15 net-list']],
    ['net.cidr()', ['2:15 net-list']],
    ['net.cidrs(net)', ['2:21 net-list']],
  ])('%s is no list of networks', (text, expected) =>
    expect(codes(`local n = ${text} return function(pkt) end`)).toEqual(expected),
  );

  test.each([
    ['net.ip(pkt.caplen)', 'string-constant'],
    ['net.ip()', 'argument-count'],
    ['net.ips "1.2.3.4"', 'net-member'],
    ['net.cidr "10.0.0.0/8"', 'net-place'],
    ['net.cidrs { "10.0.0.0/8" }', 'net-place'],
    ['net:ip "1.2.3.4"', 'call'],
  ])('%s is rejected: %s', (expression, code) =>
    expect(codes(`return function(pkt) return ${expression} end`).map((each) => each.split(' ')[1])).toEqual([code]),
  );
});
