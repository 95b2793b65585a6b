// @ts-check
/**
 * Packets that have every header and field of the filter language, for tshark to dissect: a capture a link type, and
 * one of packets in packets. Deterministic, and without Node; `make-tshark-fixtures.mjs` writes the files.
 */

import * as inner from './encapsulations.mjs';
import * as headers from './headers.mjs';
import * as payloads from './payloads.mjs';
import { rng } from './rng.mjs';
import { between, Wire } from './wire.mjs';

/** @import { Bytes } from './headers.mjs' */
/** @import { Frame, Host } from './wire.mjs' */
/**
 * `linktype` is a LINKTYPE_ number.
 * @typedef {{ name: string, linktype: number, frames: readonly Frame[] }} TruthCapture
 */

const { ethernet, extensions, ipv4, ipv6, join, latin1, tagged, tcp, u16, u32, udp } = headers;

/** @type {Host} */
const alice = { mac: '02:00:00:00:00:0a', v4: '192.0.2.10', v6: '2001:db8::10' };
/** @type {Host} */
const bob = { mac: '02:00:00:00:00:0b', v4: '198.51.100.80', v6: '2001:db8:2::80' };
/** @type {Host} */
const group = { mac: '33:33:00:00:00:01', v4: '224.0.0.251', v6: 'ff02::1' };
const ends = between(alice, bob);
const ends6 = between(alice, bob, true);
const macs = { src: alice.mac, dst: bob.mac };
const IPV4 = 0x0800;
const IPV6 = 0x86dd;

/** A datagram over IPv4, and the same over IPv6. @param {number} dstport @param {Bytes} [data] */
const datagram = (dstport, data = latin1('data')) =>
  ipv4({ ...ends, proto: 17 }, udp({ ...ends, srcport: 40_000, dstport }, data));
/** @param {number} dstport @param {Bytes} [data] */
const datagram6 = (dstport, data = latin1('data')) =>
  ipv6({ ...ends6, proto: 17 }, udp({ ...ends6, srcport: 40_000, dstport }, data));
/** @param {number} dstport @param {Bytes} [data] */
const segment = (dstport, data = []) =>
  ipv4({ ...ends, proto: 6 }, tcp({ ...ends, srcport: 40_001, dstport, flags: headers.flags.syn }, data));

/** All captures. @returns {readonly TruthCapture[]} */
export function truthCaptures() {
  return [
    { name: 'ethernet', linktype: 1, frames: ethernetFrames() },
    { name: 'nested', linktype: 1, frames: nestedFrames() },
    { name: 'null', linktype: 0, frames: framesOf((family) => u32(family).reverse(), bareIp()) },
    { name: 'loop', linktype: 108, frames: framesOf((family) => u32(family), bareIp()) },
    { name: 'ipv4', linktype: 228, frames: framesOf(() => [], bareIp().slice(3, 5)) },
    { name: 'raw', linktype: 101, frames: framesOf(() => [], bareIp()) },
    { name: 'sll', linktype: 113, frames: cookedFrames(inner.sll) },
    { name: 'sll2', linktype: 276, frames: cookedFrames(inner.sll2) },
  ];
}

function ethernetFrames() {
  const wire = new Wire(rng(9));
  const below = [links, labels, network, control, groups, segments, transports];
  const above = [names, applications, lies, cutShort];
  for (const chapter of [...below, ...above]) chapter(wire);
  return wire.frames;
}

/** ARP, VLAN tags, 802.3 frames. @param {Wire} wire */
function links(wire) {
  wire.whoHas(alice, bob);
  wire.whoHas(alice, bob, [{ id: 100, priority: 5 }]);
  const nobody = { sender: '0.0.0.0', target: '0.0.0.0' };
  const reverse = headers.arp({ operation: 3, ...nobody, senderMac: alice.mac, targetMac: alice.mac });
  wire.put(ethernet({ ...macs, type: 0x8035 }, reverse));
  const tags = [
    { id: 100, priority: 3, dei: true },
    { id: 2000, tpid: 0x88a8, priority: 7 },
    { id: 7, tpid: 0x9100 },
    { id: 4095, priority: 1 },
    { id: 1 },
  ];
  for (let count = 1; count <= tags.length; count++) {
    const stack = tags.slice(0, count).reverse();
    wire.put(tagged({ ...macs, type: IPV4, tags: stack }, datagram(5000 + count)));
    wire.put(tagged({ ...macs, type: IPV6, tags: stack }, datagram6(5000 + count)));
  }
  const provided = [
    { id: 3, tpid: 0x88a8, priority: 6, dei: true },
    { id: 4, tpid: 0x88a8 },
  ];
  wire.put(tagged({ ...macs, type: IPV4, tags: provided }, segment(8443)));
  const bridge = inner.llc({ dsap: 0x42, ssap: 0x42 }, join([0, 0, 0, 0, 0], wire.noise(30)));
  const netbios = inner.llc({ dsap: 0xf0, ssap: 0xf1, control: 0x7f }, wire.noise(20));
  const snaps = [
    inner.snap({ type: IPV4 }, datagram(5001)),
    inner.snap({ oui: 0x00000c, type: 0x0102 }, wire.noise(20)),
  ];
  for (const frame of [bridge, netbios, ...snaps]) {
    wire.put(ethernet({ ...macs, type: frame.length }, frame));
    wire.put(tagged({ ...macs, type: frame.length, tags: [{ id: 100 }] }, frame));
  }
}

/** MPLS, PPPoE, and a service header, which filters do not look behind. @param {Wire} wire */
function labels(wire) {
  const [one, two] = [{ label: 16, exp: 5, ttl: 63 }, { label: 1_048_575 }];
  wire.put(ethernet({ ...macs, type: 0x8847 }, inner.mpls([one], segment(80))));
  wire.put(ethernet({ ...macs, type: 0x8847 }, inner.mpls([two, one, one], datagram6(5001))));
  wire.put(ethernet({ ...macs, type: 0x8848 }, inner.mpls([one, two], datagram(5001))));
  wire.put(tagged({ ...macs, type: 0x8847, tags: [{ id: 100 }] }, inner.mpls([two], datagram(5001))));
  for (const [protocol, packet] of /** @type {const} */ ([
    [inner.pppProtocols.ipv4, segment(443)],
    [inner.pppProtocols.ipv6, datagram6(443)],
    [inner.pppProtocols.lcp, Uint8Array.of(9, 1, 0, 8, 1, 2, 3, 4)],
  ])) {
    const session = inner.pppoe({ session: 0x1234, protocol }, packet);
    wire.put(ethernet({ ...macs, type: 0x8864 }, session));
    wire.put(tagged({ ...macs, type: 0x8864, tags: [{ id: 100 }] }, session));
  }
  // NSH (RFC 8300) with its 16 bytes of context, around IPv4.
  wire.put(
    ethernet({ ...macs, type: 0x894f }, join([0x0f, 0xc6, 1, 1, 0, 0, 7, 255], new Uint8Array(16), segment(80))),
  );
}

/** IPv4 with options and fragments, IPv6 with extension headers. @param {Wire} wire */
function network(wire) {
  for (const [i, options] of [
    [148, 4, 0, 0],
    [7, 7, 4, 0, 0, 0, 0],
    [68, 12, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    [1, 1, 1, 1],
  ].entries())
    wire.send(alice, bob, 6, tcp({ ...ends, srcport: 1000 + i, dstport: 22 }), { options, dsfield: 0xb8 + i });
  for (const flags of [0, 1, 2, 4, 6]) {
    const fields = { ...ends, proto: 17, id: 0xbeef, ttl: flags + 1, flags };
    wire.put(ethernet({ ...macs, type: IPV4 }, ipv4(fields, udp({ ...ends, srcport: 9, dstport: 9 }, latin1('x')))));
  }
  wire.fragmented(alice, bob, 3000);
  wire.fragmented(alice, bob, 3000, { six: true });
  wire.put(ethernet({ ...macs, type: IPV4 }, ipv4({ ...ends, proto: 6, offset: 65_528, length: 0 }, wire.noise(40))));
  wire.put(ethernet({ ...macs, type: IPV4 }, join(segment(25), new Uint8Array(6))));
  const alert = extensions.hopByHop([5, 2, 0, 0]);
  const chains = [
    [alert],
    [extensions.destination()],
    [extensions.routing(['2001:db8::9', '2001:db8::8'])],
    [extensions.fragment({ offset: 0, more: true, id: 0x12345678 })],
    [extensions.authentication({ spi: 0x1001, sequence: 7 })],
    // Mobility (RFC 6275), host identity (RFC 7401), shim6 (RFC 5533).
    ...[135, 139, 140].map((type) => [{ type, rest: new Uint8Array(7) }]),
    [alert, extensions.destination(), extensions.routing(['2001:db8::9']), extensions.destination([1, 2, 0, 0])],
  ];
  for (const chain of chains) {
    wire.datagram(alice, bob, 40_000, 5001, latin1('data'), { six: true, chain, dsfield: 0x2e });
    wire.send(alice, bob, 6, tcp({ ...ends6, srcport: 40_000, dstport: 443 }), { six: true, chain });
  }
  wire.send(alice, bob, 59, [], { six: true });
  wire.send(alice, bob, 89, wire.noise(24));
}

/** ICMP and ICMPv6 without the packets that errors quote. @param {Wire} wire */
function control(wire) {
  wire.ping(alice, bob, 2);
  wire.ping(alice, bob, 2, { six: true });
  wire.control(alice, bob, { type: 13, rest: 0x00010002 }, join(u32(1), u32(2), u32(3)));
  wire.control(alice, group, { type: 10 }, []);
  wire.control(alice, group, { type: 9, rest: 0x01020708 }, join(headers.address(alice.v4), u32(0)));
  const [source, target] = [1, 2].map((type) => join([type, 1], headers.mac(alice.mac)));
  const wanted = headers.address(bob.v6);
  const hop = { six: true };
  wire.control(alice, group, { type: 133 }, source ?? [], hop);
  const prefix = join([3, 4, 64, 0xc0], u32(86_400), u32(14_400), u32(0), headers.address('2001:db8::'));
  wire.control(alice, group, { type: 134, rest: 0x40c00708 }, join(u32(1000), u32(2000), source ?? [], prefix), hop);
  wire.control(alice, group, { type: 135 }, join(wanted, source ?? []), hop);
  wire.control(bob, alice, { type: 136, rest: 0x6000_0000 }, join(wanted, target ?? []), hop);
  wire.control(alice, bob, { type: 137 }, join(wanted, headers.address('2001:db8::5')), hop);
  wire.control(alice, group, { type: 130, rest: 10_000 << 16 }, headers.address('::'), hop);
  wire.control(alice, group, { type: 131 }, headers.address('ff02::fb'), hop);
  wire.control(alice, group, { type: 143, rest: 1 }, join([4, 0], u16(0), headers.address('ff02::fb')), hop);
}

/** IGMP of all three versions. @param {Wire} wire */
function groups(wire) {
  const alert = [148, 4, 0, 0];
  const messages = [
    inner.igmp({ type: 0x11, group: '0.0.0.0' }),
    inner.igmp({ type: 0x12, group: '224.0.0.251' }),
    inner.igmp({ type: 0x11, code: 100, group: '0.0.0.0' }),
    inner.igmp({ type: 0x16, group: '239.255.255.250' }),
    inner.igmp({ type: 0x17, group: '239.255.255.250' }),
    inner.igmp({ type: 0x11, code: 100, group: '239.1.2.3' }, join([2, 125], u16(1), headers.address('192.0.2.1'))),
    inner.igmp({ type: 0x22, group: '0.0.0.1' }, join([4, 0], u16(0), headers.address('239.1.2.3'))),
  ];
  for (const message of messages) wire.send(alice, group, 2, message, { options: alert });
}

/** TCP with every flag and option. @param {Wire} wire */
function segments(wire) {
  const { flags } = headers;
  for (const bits of [
    ...Object.values(flags),
    flags.fin | flags.psh | flags.urg,
    flags.syn | flags.ece | flags.cwr,
    0,
  ]) {
    const fields = {
      srcport: 40_002,
      dstport: 8080,
      seq: 0xdeadbeef,
      ack: 0x01020304,
      flags: bits,
      window: 1000 + bits,
    };
    wire.send(alice, bob, 6, tcp({ ...ends, ...fields, urgent: bits & flags.urg ? 5 : 0 }));
    wire.send(alice, bob, 6, tcp({ ...ends6, ...fields }, latin1('hello')), { six: true });
  }
  const accurate = tcp({ ...ends, srcport: 40_002, dstport: 8080 });
  accurate[12] = 0x51;
  wire.send(alice, bob, 6, accurate);
  const stamp = [8, 10, ...u32(0xfedcba98), ...u32(0x12345678)];
  const blocks = [5, 18, ...u32(1000), ...u32(2000), ...u32(3000), ...u32(4000)];
  for (const options of [
    [2, 4, 0x05, 0xb4, 4, 2, ...stamp, 1, 3, 3, 14],
    [1, 1, ...stamp, 1, 1, ...blocks],
    [3, 3, 0, 1, 2, 4, 0x23, 0x28, 2, 4, 0, 1],
    [30, 4, 0, 0x81, 34, 2, 0, 0],
  ]) {
    const bits = options[0] === 2 ? flags.syn : flags.ack;
    wire.send(alice, bob, 6, tcp({ ...ends, srcport: 40_003, dstport: 80, flags: bits, options }));
  }
}

/** UDP, SCTP, ESP, AH. @param {Wire} wire */
function transports(wire) {
  const zero = udp({ ...ends, srcport: 7, dstport: 7 }, latin1('no checksum'));
  zero.set([0, 0], 6);
  wire.send(alice, bob, 17, zero);
  wire.datagram(alice, bob, 123, 123, payloads.ntpRequest());
  wire.datagram(alice, bob, 40_000, 5001, [], { six: true });
  const init = inner.sctpChunk({ type: 1 }, join(u32(0xcafe0001), u32(65_536), u16(10), u16(20), u32(1)));
  const data = inner.sctpChunk({ type: 0, flags: 3 }, join(u32(1), u16(0), u16(0), u32(0), latin1('hello')));
  const ports = { srcport: 3000, dstport: 9899, tag: 0xcafe0001 };
  wire.send(alice, bob, 132, inner.sctp({ ...ports, tag: 0 }, init));
  wire.send(alice, bob, 132, inner.sctp(ports, data, data));
  wire.send(alice, bob, 132, inner.sctp(ports, data), { six: true });
  for (const six of [false, true]) {
    const pair = six ? ends6 : ends;
    wire.send(alice, bob, 50, inner.esp({ spi: 0x12345678, sequence: 9 }, wire.noise(48)), { six });
    const body = udp({ ...pair, srcport: 40_000, dstport: 5001 }, latin1('signed'));
    wire.send(alice, bob, 51, inner.ah({ next: 17, spi: 0x1234, sequence: 3 }, body), { six });
  }
}

/** DNS, with compressed names. @param {Wire} wire */
function names(wire) {
  wire.resolve(alice, bob, 'www.example.com');
  wire.resolve(alice, bob, 'www.example.com', {
    type: payloads.recordTypes.AAAA,
    answers: ['2001:db8:2::80'],
    six: true,
  });
  wire.resolve(alice, bob, 'nowhere.example.org', { answers: [], rcode: 3 });
  const question = join([3], latin1('www'), [7], latin1('example'), [3], latin1('com'), [0], u16(1), u16(1));
  // An alias whose name ends with a pointer into the question, the address of what it points to, a mail server.
  const alias = join(u16(0xc00c), u16(5), u16(1), u32(60), u16(6), [3], latin1('cdn'), u16(0xc010));
  const found = join(u16(0xc02d), u16(1), u16(1), u32(60), u16(4), headers.address('203.0.113.9'));
  const mail = join(u16(0xc010), u16(15), u16(1), u32(60), u16(7), u16(10), [2], latin1('mx'), u16(0xc010));
  const answer = join(u16(0x4242), u16(0x8580), u16(1), u16(2), u16(0), u16(1), question, alias, found, mail);
  wire.datagram(bob, alice, 53, 40_000, answer);
  // A cut answer to a status query with every other flag, and an authority record.
  const server = join([0], u16(2), u16(1), u32(60), u16(2), u16(0xc010));
  const odd = join(u16(0x4243), u16(0x9270), u16(1), u16(0), u16(1), u16(0), question, server);
  wire.datagram(bob, alice, 53, 40_000, odd);
  const query = payloads.dnsQuery({ id: 0x5353, name: '_http._tcp.local', type: 12 });
  wire.datagram(alice, group, 5353, 5353, query);
  const tcpQuery = payloads.dnsQuery({ id: 7, name: 'big.example.com', type: payloads.recordTypes.TXT });
  const fields = { ...ends, srcport: 40_004, dstport: 53, flags: headers.flags.ack | headers.flags.psh };
  wire.send(alice, bob, 6, tcp(fields, join(u16(tcpQuery.length), tcpQuery)));
}

/** TLS and HTTP/1. @param {Wire} wire */
function applications(wire) {
  const hello = payloads.clientHello({ name: 'www.example.com', random: wire.noise(32), alpn: ['h2', 'http/1.1'] });
  const server = payloads.serverHello({ random: wire.noise(32) });
  wire.talk(alice, bob, 40_010, 443, [hello, server, payloads.tlsRecord(23, 0x0303, wire.noise(40))], {}, 'rst');
  const plain = payloads.clientHello({ name: 'mail.example.org', random: wire.noise(32) });
  wire.talk(alice, bob, 40_011, 443, [plain, payloads.tlsRecord(21, 0x0303, [2, 40])], { six: true }, 'middle');
  const said = [
    payloads.httpRequest({ host: 'www.example.com', path: '/index.html?q=1' }),
    payloads.httpResponse({ body: 'hello' }),
    payloads.httpRequest({ method: 'POST', host: 'api.example.com', path: '/login', body: 'user=alice' }),
    payloads.httpResponse({ status: '404 Not Found' }),
  ];
  wire.talk(alice, bob, 40_012, 80, said, { tags: [{ id: 200 }] });
}

/** Lengths and versions that are not true. @param {Wire} wire */
function lies(wire) {
  const data = wire.noise(30);
  const short = udp({ ...ends, srcport: 40_000, dstport: 5001, length: 7 }, data);
  const long = udp({ ...ends, srcport: 40_000, dstport: 5001, length: 1000 }, data);
  for (const datagram of [short, long]) wire.send(alice, bob, 17, datagram);
  for (const words of [4, 15]) wire.send(alice, bob, 6, tcp({ ...ends, srcport: 40_000, dstport: 443, words }, data));
  const segment = tcp({ ...ends, srcport: 40_000, dstport: 443 }, data);
  for (const fields of [{ version: 5 }, { ihl: 4 }, { length: 19 }, { length: 900 }])
    wire.put(ethernet({ ...macs, type: IPV4 }, ipv4({ ...ends, proto: 6, ...fields }, segment)));
  wire.put(ethernet({ ...macs, type: IPV6 }, ipv6({ ...ends6, proto: 6, version: 4 }, segment)));
  wire.put(ethernet({ ...macs, type: IPV6 }, ipv6({ ...ends6, proto: 6, length: 900 }, segment)));
  wire.put(ethernet({ ...macs, dst: '01:00:0c:00:00:00', type: data.length }, data));
}

/** Packets of which only the start was captured. @param {Wire} wire */
function cutShort(wire) {
  const frame = ethernet({ ...macs, type: IPV4 }, segment(80, latin1('GET / HTTP/1.1\r\n\r\n')));
  for (const cut of [13, 14, 20, 33, 34, 40, 53, 54, 60]) wire.put(frame, cut);
  wire.put(tagged({ ...macs, type: IPV6, tags: [{ id: 100 }] }, datagram6(5001)), 17);
  wire.put(ethernet({ ...macs, type: IPV6 }, datagram6(5001)), 61);
}

/** Packets in packets: what errors quote, and tunnels. The inner ones have addresses and ports of their own. */
function nestedFrames() {
  const wire = new Wire(rng(10));
  const near = { src: '10.0.0.1', dst: '10.0.0.2' };
  const near6 = { src: 'fd00::1', dst: 'fd00::2' };
  const inside = ipv4({ ...near, proto: 6 }, tcp({ ...near, srcport: 1111, dstport: 80 }));
  const inside6 = ipv6({ ...near6, proto: 17 }, udp({ ...near6, srcport: 22_222, dstport: 5003 }, latin1('six')));
  const frame = ethernet({ src: '0a:00:00:00:00:01', dst: '0a:00:00:00:00:02', type: IPV4 }, inside);
  const quoted = inside.slice(0, 28);
  for (const [type, code, rest] of /** @type {const} */ ([
    [3, 3, 0],
    [3, 4, 1400],
    [5, 1, 0xc0000201],
    [11, 0, 0],
    [12, 0, 0x14000000],
  ]))
    wire.control(bob, alice, { type, code, rest }, quoted);
  for (const [type, code, rest] of /** @type {const} */ ([
    [1, 4, 0],
    [2, 0, 1280],
    [3, 0, 0],
    [4, 1, 40],
  ]))
    wire.control(bob, alice, { type, code, rest }, inside6, { six: true });
  wire.send(alice, bob, 47, inner.gre({ type: IPV4 }, inside));
  wire.send(alice, bob, 47, inner.gre({ type: IPV6, key: 0xabcdef01, sequence: 5, sum: true }, inside6));
  wire.send(alice, bob, 47, inner.gre({ type: 0x6558, key: 42 }, frame), { six: true });
  wire.send(alice, bob, 47, inner.gre({ type: 0x880b, flags: 0x3001, key: 7, sequence: 1 }, []));
  wire.send(alice, bob, 47, inner.gre({ type: IPV4, flags: 0x4000, sequence: 3 }, [0, 0, 0, 0, 0, 0, 0, 0]));
  wire.send(alice, bob, 4, inside);
  wire.send(alice, bob, 41, inside6);
  wire.send(alice, bob, 4, inside, { six: true });
  wire.send(alice, bob, 41, inside6, { six: true });
  wire.datagram(alice, bob, 50_000, 4789, payloads.vxlan({ vni: 5000 }, frame));
  wire.datagram(alice, bob, 50_000, 4789, payloads.vxlan({ vni: 0xffffff }, frame), { six: true });
  wire.datagram(alice, bob, 50_000, 4789, headers.join([0x88, 0, 0, 17], headers.u32(0x700), frame));
  wire.datagram(alice, bob, 50_001, 6081, inner.geneve({ vni: 77 }, frame));
  wire.datagram(alice, bob, 50_001, 6081, inner.geneve({ vni: 79, flags: 0xc0 }, frame));
  const options = [0x01, 0x02, 0x80, 1, 9, 9, 9, 9];
  wire.datagram(alice, bob, 50_001, 6081, inner.geneve({ vni: 78, type: IPV6, options }, inside6));
  wire.datagram(alice, bob, 2152, 2152, inner.gtpu({ teid: 0x11223344 }, inside));
  wire.datagram(alice, bob, 2152, 2152, inner.gtpu({ teid: 0x11223344, sequence: 9 }, inside6));
  const extensions = [
    [1, 0, 9, 0xc0],
    [2, 0, 0, 0, 0, 0, 0, 0],
  ];
  wire.datagram(alice, bob, 2152, 2152, inner.gtpu({ teid: 0x11223344, number: 3, extensions }, inside));
  wire.datagram(alice, bob, 2152, 2152, inner.gtpu({ teid: 0, type: 1, sequence: 1 }, []), { six: true });
  return wire.frames;
}

/** Packets of a link that knows IP alone: the family that BSDs write before it, and the packet. */
function bareIp() {
  /** @type {(readonly [number, Uint8Array])[]} */
  const packets = [
    [2, segment(80)],
    [2, datagram(53, payloads.dnsQuery({ id: 1, name: 'example.com' }))],
    [2, ipv4({ ...ends, proto: 1 }, headers.icmp({ type: 8, rest: 1 }, latin1('ping')))],
    [2, ipv4({ ...ends, proto: 17, offset: 800 }, latin1('a later fragment'))],
  ];
  // NetBSD, OpenBSD and Linux's libpcap have numbers of their own for IPv6.
  for (const family of [24, 28, 30]) packets.push([family, datagram6(5001)]);
  packets.push([30, ipv6({ ...ends6, proto: 58 }, headers.icmpv6({ ...ends6, type: 128 }, latin1('ping')))]);
  return packets;
}

/** @param {(family: number) => Bytes} link @param {ReturnType<typeof bareIp>} packets @returns {Frame[]} */
const framesOf = (link, packets) =>
  packets.map(([family, packet]) => {
    const bytes = join(link(family), packet);
    return { bytes, wirelen: bytes.length };
  });

/** @param {(fields: { type: number, direction: number }, payload: Bytes) => Uint8Array} link @returns {Frame[]} */
function cookedFrames(link) {
  const arp = headers.arp({ operation: 1, senderMac: alice.mac, sender: alice.v4, target: bob.v4 });
  const tag = join(u16(100), u16(IPV4), segment(80));
  const bridge = inner.llc({ dsap: 0x42, ssap: 0x42 }, new Uint8Array(20));
  return [
    { type: IPV4, direction: 0, payload: segment(80) },
    { type: IPV4, direction: 4, payload: datagram(5001) },
    { type: IPV6, direction: 1, payload: datagram6(5001) },
    { type: 0x0806, direction: 1, payload: arp },
    { type: 0x8100, direction: 3, payload: tag },
    { type: 4, direction: 2, payload: bridge },
    { type: 0x8847, direction: 0, payload: inner.mpls([{ label: 99 }], segment(22)) },
  ].map(({ payload, ...fields }) => {
    const bytes = link(fields, payload);
    return { bytes, wirelen: bytes.length };
  });
}
