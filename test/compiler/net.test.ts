/** The module `net`: its constructors at compile time, and networks on addresses at their edges. */
import { describe, expect, test } from 'vitest';
import { compile } from '../../compiler/index.ts';
import { runCompiled } from '../support/run.ts';

const net = 'local net = require "net"\n';
const codes = (text: string): string[] =>
  (compile(net + text).diagnostics ?? []).map(({ code, span }) => `${span.line}:${span.column} ${code}`);

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
    ['net.NONE or 5', 5],
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

  test('an address that is missing is an error', () => {
    const text = `${net}local n = net.cidr "10.0.0.0/8" return function(pkt) return n:contains(pkt.ip and pkt.ip.src) end`;
    expect(runCompiled(text, [{ bytes: new Uint8Array(4), wirelen: 4 }])).toMatchObject([
      { verdict: 0, error: 'type' },
    ]);
  });

  test.each(['1.2.3', '1.2.3.256', '01.2.3.4', '1.2.3.4.5', '', ' 1.2.3.4', '2001:db8::1'])(
    '%j is no address',
    (text) => expect(codes(`local a = net.ip "${text}" return function(pkt) end`)).toEqual(['2:18 net-text']),
  );
  test.each(['00:00:5e:00:53', '00:00:5e:00:53:0g', '00:00:5e-00:53:01', '0:0:5e:0:53:1'])(
    '%j is no MAC address',
    (text) => expect(codes(`return function(pkt) return net.mac "${text}" end`)).toEqual(['2:37 net-text']),
  );
  test.each(['10.0.0.0', '10.0.0.1/8', '10.0.0.0/33', '10.0.0.0/08', '/8', 'fe80::/10'])('%j is no network', (text) =>
    expect(codes(`local n = net.cidr "${text}" return function(pkt) end`)).toEqual(['2:20 net-text']),
  );

  test('says that IPv6 addresses come later', () => {
    const [problem] = compile(`${net}local a = net.ip "2001:db8::1" return function(pkt) end`).diagnostics ?? [];
    expect(problem?.hint).toBe('IPv6 addresses come with the header `ipv6`; these are IPv4');
  });

  test.each([
    ['net.ip(pkt.caplen)', 'string-constant'],
    ['net.ip()', 'argument-count'],
    ['net.ips "1.2.3.4"', 'net-member'],
    ['net.cidr "10.0.0.0/8"', 'net-place'],
    ['net:ip "1.2.3.4"', 'call'],
  ])('%s is rejected: %s', (expression, code) =>
    expect(codes(`return function(pkt) return ${expression} end`).map((each) => each.split(' ')[1])).toEqual([code]),
  );
});
