import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ethernet, extensions, ipv4, ipv6, join, tagged, tcp, udp } from '../../scripts/packets.mjs';
import { engines } from './engines.ts';
import type { Oracle, OraclePacket } from './lua.ts';

const ends4 = { src: '192.0.2.1', dst: '198.51.100.10' };
const ends6 = { src: '2001:db8::1', dst: '2001:db8::2' };
const tcp4 = tcp({ ...ends4, srcport: 1234, dstport: 80 });
const udp4 = udp({ ...ends4, srcport: 1234, dstport: 53 });
const tcp6 = tcp({ ...ends6, srcport: 1234, dstport: 80 });
const udp6 = udp({ ...ends6, srcport: 1234, dstport: 53 });
const overIpv4 = (fields: object, payload: Uint8Array) => ipv4({ ...ends4, proto: 6, ...fields }, payload);
const overIpv6 = (fields: object, payload: Uint8Array) => ipv6({ ...ends6, proto: 6, ...fields }, payload);
const frame4 = (fields: object, payload: Uint8Array) => ethernet({ type: 0x0800 }, overIpv4(fields, payload));
const frame6 = (fields: object, payload: Uint8Array) => ethernet({ type: 0x86dd }, overIpv6(fields, payload));
const stacked = (depth: number, tpid = 0x8100) =>
  tagged({ type: 0x0800, tags: Array.from({ length: depth }, (_, id) => ({ id, tpid })) }, overIpv4({}, tcp4));
/** The frame with one byte changed. */
const patched = (bytes: Uint8Array, at: number, byte: number) => bytes.map((old, index) => (index === at ? byte : old));

/** Each header's bit in the verdict of `present`, by name. */
const bits = { eth: 1, vlan: 2, ip: 4, tcp: 8, udp: 16 } as const;
type Name = keyof typeof bits;
const present = `return function(pkt)
  return (pkt.eth and 1 or 0) + (pkt.vlan and 2 or 0) + (pkt.ip and 4 or 0) + (pkt.tcp and 8 or 0) + (pkt.udp and 16 or 0)
end`;
const mask = (names: readonly Name[]): number => names.reduce((sum, name) => sum | bits[name], 0);

/** Whole packets and the headers that are there. */
const whole: readonly (readonly [title: string, bytes: Uint8Array, names: readonly Name[], linktype?: number])[] = [
  ['tcp', frame4({}, tcp4), ['eth', 'ip', 'tcp']],
  ['udp', frame4({ proto: 17 }, udp4), ['eth', 'ip', 'udp']],
  ['tcp behind options', frame4({ options: [1, 1, 1, 1, 1, 1, 1, 0] }, tcp4), ['eth', 'ip', 'tcp']],
  ['another protocol', frame4({ proto: 1 }, tcp4), ['eth', 'ip']],
  ['a total length of 0', frame4({ length: 0 }, tcp4), ['eth', 'ip', 'tcp']],
  ['version 6 under 0x0800', frame4({ version: 6 }, tcp4), ['eth']],
  ['a header length of 16', frame4({ ihl: 4 }, tcp4), ['eth']],
  ['a header length past the end', frame4({ ihl: 15 }, tcp4), ['eth', 'ip']],
  ['a first fragment', frame4({ flags: 1, offset: 0 }, tcp4), ['eth', 'ip', 'tcp']],
  ['a later fragment', frame4({ flags: 0, offset: 8 }, tcp4), ['eth', 'ip']],
  ['the last fragment offset bit', frame4({ offset: 65_528 }, tcp4), ['eth', 'ip']],
  ['a data offset of 16', patched(frame4({}, tcp4), 46, 0x40), ['eth', 'ip']],
  ['a data offset of 60', patched(frame4({}, tcp4), 46, 0xf0), ['eth', 'ip', 'tcp']],
  ['a udp length of 7', patched(frame4({ proto: 17 }, udp4), 39, 7), ['eth', 'ip']],
  ['a udp length of 0', patched(frame4({ proto: 17 }, udp4), 39, 0), ['eth', 'ip']],
  ['a udp length past the end', patched(frame4({ proto: 17 }, udp4), 38, 9), ['eth', 'ip', 'udp']],
  ['arp', ethernet({ type: 0x0806 }, overIpv4({}, tcp4)), ['eth']],
  ['tcp over IPv6', frame6({}, tcp6), ['eth', 'tcp']],
  ['udp over IPv6', frame6({ proto: 17 }, udp6), ['eth', 'udp']],
  ['version 4 under 0x86dd', frame6({ version: 4 }, tcp6), ['eth']],
  ['IPv6 under a tag', tagged({ type: 0x86dd, tags: [{ id: 1 }] }, overIpv6({}, tcp6)), ['eth', 'vlan', 'tcp']],
  ['a tag of 802.1ad', stacked(1, 0x88a8), ['eth', 'vlan', 'ip', 'tcp']],
  ['a tag of 0x9100', stacked(1, 0x9100), ['eth', 'vlan', 'ip', 'tcp']],
  ['a tag of 0x9200', stacked(1, 0x9200), ['eth']],
  ['raw IPv4', overIpv4({}, tcp4), ['ip', 'tcp'], 101],
  ['raw IPv6', overIpv6({ proto: 17 }, udp6), ['udp'], 101],
  ['raw IPv4 (12)', overIpv4({}, tcp4), ['ip', 'tcp'], 12],
  ['raw IPv6 (14)', overIpv6({}, tcp6), ['tcp'], 14],
  ['IPv4 only', overIpv4({}, tcp4), ['ip', 'tcp'], 228],
  ['IPv6 on IPv4 only', overIpv6({}, tcp6), [], 228],
  ['IPv6 only', overIpv6({}, tcp6), ['tcp'], 229],
  ['IPv4 on IPv6 only', overIpv4({}, tcp4), [], 229],
  ['raw, version 5', overIpv4({ version: 5 }, tcp4), [], 101],
  ['a frame on raw IP', frame4({}, tcp4), [], 101],
  ['a link type without headers', frame4({}, tcp4), [], 147],
];

/** Packets to be cut, with the captured length from which each header is there. */
const cut: readonly (readonly [
  title: string,
  bytes: Uint8Array,
  from: Partial<Record<Name, number>>,
  linktype?: number,
])[] = [
  ['tcp', frame4({}, tcp4), { eth: 14, ip: 34, tcp: 54 }],
  ['udp', frame4({ proto: 17 }, udp4), { eth: 14, ip: 34, udp: 42 }],
  ['tcp behind options', frame4({ options: new Array(40).fill(1) }, tcp4), { eth: 14, ip: 34, tcp: 94 }],
  ['a tag', stacked(1), { eth: 14, vlan: 18, ip: 38, tcp: 58 }],
  ['four tags', stacked(4), { eth: 14, vlan: 18, ip: 50, tcp: 70 }],
  ['five tags', stacked(5), { eth: 14, vlan: 18 }],
  ['tcp over IPv6', frame6({}, tcp6), { eth: 14, tcp: 74 }],
  ['udp behind hop-by-hop', frame6({ proto: 17, chain: [extensions.hopByHop()] }, udp6), { eth: 14, udp: 70 }],
  ['raw IPv4', overIpv4({}, tcp4), { ip: 20, tcp: 40 }, 101],
  ['raw IPv6', overIpv6({ proto: 17 }, udp6), { udp: 48 }, 229],
];

const fragment = (offset: number) => extensions.fragment({ offset, more: true, id: 7 });
const authentication = extensions.authentication({ spi: 1, sequence: 2 });

/** Chains of IPv6 extension headers, and where TCP starts behind them; 0 if nowhere. */
const chains: readonly (readonly [
  title: string,
  chain: readonly { type: number; rest: Uint8Array }[],
  start: number,
])[] = [
  ['hop-by-hop', [extensions.hopByHop()], 62],
  ['long destination options', [extensions.destination(new Array(100).fill(0))], 158],
  ['routing', [extensions.routing(['2001:db8::9', '2001:db8::8'])], 94],
  ['a first fragment', [fragment(0)], 62],
  ['a later fragment', [fragment(8)], 0],
  ['a fragment whose reserved bits are set', [{ type: 44, rest: Uint8Array.of(255, 0, 7, 0, 0, 0, 0) }], 62],
  ['authentication', [authentication], 78],
  ['mobility', [{ type: 135, rest: new Uint8Array(7) }], 62],
  ['host identity', [{ type: 139, rest: new Uint8Array(7) }], 62],
  ['shim6', [{ type: 140, rest: new Uint8Array(7) }], 62],
  ['encryption, which is not looked through', [{ type: 50, rest: new Uint8Array(7) }], 0],
  ['several', [extensions.hopByHop(), extensions.routing(['::1']), fragment(0), authentication], 118],
  ['a later fragment behind another header', [extensions.hopByHop(), fragment(1024), authentication], 0],
  ['a length past the end', [{ type: 60, rest: Uint8Array.of(255, 0, 0, 0, 0, 0, 0) }], 0],
];

describe.each(engines)('$title', ({ start, missing }) => {
  const check = missing ? test.skip : test;
  let oracle: Oracle | undefined;
  beforeAll(async () => {
    if (!missing) oracle = await start();
  });
  afterAll(() => oracle?.close());

  const verdicts = async (source: string, packets: readonly OraclePacket[]): Promise<number[]> => {
    const results = (await oracle?.run(source, packets)) ?? [];
    for (const { message } of results) expect(message).toBeUndefined();
    return results.map(({ verdict }) => verdict);
  };

  for (const [title, bytes, names, linktype = 1] of whole) {
    check(title, async () => {
      expect(await verdicts(present, [{ bytes, wirelen: bytes.length, linktype }])).toEqual([mask(names)]);
    });
  }

  for (const [title, bytes, from, linktype = 1] of cut) {
    check(`${title}, cut at every length`, async () => {
      const lengths = Array.from({ length: bytes.length + 1 }, (_, length) => length);
      const packets = lengths.map((length) => ({ bytes: bytes.slice(0, length), wirelen: bytes.length, linktype }));
      const names = Object.keys(bits) as Name[];
      const expected = lengths.map((length) => mask(names.filter((name) => length >= (from[name] ?? Infinity))));
      expect(await verdicts(present, packets)).toEqual(expected);
    });
  }

  check.each([0, 1, 2, 3, 4, 5])('%d VLAN tags', async (depth) => {
    const bytes = stacked(depth);
    const source = `return function(pkt)
      if pkt.vlan and (pkt.vlan.offset ~= 14 or pkt.vlan.id ~= 0 or pkt.vlan.payload ~= 18) then return 1 end
      return pkt.tcp and pkt.tcp.offset or pkt.vlan and 2
    end`;
    expect(await verdicts(source, [{ bytes, wirelen: bytes.length }])).toEqual([depth > 4 ? 2 : 34 + 4 * depth]);
  });

  const start6 = 'return function(pkt) return pkt.tcp and pkt.tcp.dstport == 80 and pkt.tcp.offset end';

  check.each(chains)('IPv6 with %s', async (_, chain, offset) => {
    const bytes = frame6({ chain }, tcp6);
    expect(await verdicts(start6, [{ bytes, wirelen: bytes.length }])).toEqual([offset]);
  });

  check('IPv6 with 0 to 34 extension headers', async () => {
    const counts = Array.from({ length: 35 }, (_, count) => count);
    const packets = counts.map((count) => {
      const bytes = frame6({ chain: new Array(count).fill(extensions.destination()) }, tcp6);
      return { bytes, wirelen: bytes.length };
    });
    expect(await verdicts(start6, packets)).toEqual(counts.map((count) => (count > 32 ? 0 : 54 + 8 * count)));
  });

  check('extension headers cut short', async () => {
    const bytes = frame6({ chain: [extensions.hopByHop(), fragment(0)] }, tcp6);
    const lengths = Array.from({ length: bytes.length + 1 }, (_, length) => length);
    const packets = lengths.map((length) => ({ bytes: bytes.slice(0, length), wirelen: bytes.length }));
    expect(await verdicts(start6, packets)).toEqual(lengths.map((length) => (length < 90 ? 0 : 70)));
  });

  check('bytes behind the packet do not matter', async () => {
    const bytes = join(frame4({}, tcp4), new Uint8Array(20));
    expect(await verdicts(present, [{ bytes, wirelen: bytes.length }])).toEqual([mask(['eth', 'ip', 'tcp'])]);
  });
});
