// @ts-check
/**
 * The story of `examples/captures/mixed.pcap`, chapter by chapter: a small office with two VLANs, a provider with
 * QinQ in front of it, a morning's traffic. Deterministic, and without Node; `make-captures.mjs` writes the file.
 */

import * as packets from './packets.mjs';
import { between, Wire } from './wire.mjs';

/** @import { Frame, Host } from './wire.mjs' */

const { dnsQuery, dnsResponse, ethernet, extensions, httpRequest, httpResponse, ipv4, ipv6, join, latin1 } = packets;

/** @param {number} last @param {string} v4 @param {string} v6 @returns {Host} */
const host = (last, v4, v6) => ({ mac: `02:00:00:00:00:0${last}`, v4, v6 });
const router = host(1, '192.0.2.1', '2001:db8::1');
const alice = host(2, '192.0.2.10', '2001:db8::10');
const bob = host(3, '192.0.2.20', '2001:db8::20');
const printer = host(4, '10.1.2.3', '2001:db8:1::3');
const web = host(1, '198.51.100.80', '2001:db8:2::80');
const resolver = host(1, '203.0.113.53', '2001:db8:3::53');
const mail = host(1, '203.0.113.25', '2001:db8:3::25');

const office = [{ id: 10, priority: 3 }];
const phones = [{ id: 20, priority: 5 }];
const provider = [{ id: 100, tpid: 0x88a8 }, { id: 10 }];
const alert = extensions.hopByHop([5, 2, 0, 0]);

/** @param {string} path */
const get = (path) => httpRequest({ path, host: 'www.example.com' });
/** @param {string} text */
const page = (text) => httpResponse({ body: text.repeat(12) });

/** The whole story. @returns {Frame[]} */
export function mixedPackets() {
  const wire = new Wire(packets.rng(64));
  const inside = [wakeUp, browse, work, vlans, qinq, headersOfIpv4, headersOfIpv6];
  const beyond = [inPieces, tunnel, errors, multicast, scan, oddities, cutShort];
  for (const chapter of [...inside, ...beyond]) chapter(wire);
  return wire.frames;
}

/** Addresses, names, time. @param {Wire} wire */
function wakeUp(wire) {
  wire.whoHas(alice, router);
  wire.whoHas(bob, router);
  neighbours(wire, alice, router);
  wire.ping(alice, router, 2);
  wire.ping(alice, router, 2, { six: true });
  wire.resolve(alice, resolver, 'www.example.com');
  const six = { type: packets.recordTypes.AAAA, answers: ['2001:db8:2::80'] };
  wire.resolve(alice, resolver, 'www.example.com', six);
  wire.resolve(bob, resolver, 'nowhere.example.com', { answers: [], rcode: 3 });
  wire.resolve(bob, resolver, 'example.org', { six: true });
  wire.datagram(alice, web, 123, 123, packets.ntpRequest());
  wire.datagram(bob, web, 123, 123, packets.ntpRequest(), { six: true });
}

/**
 * ICMPv6 neighbour solicitation and advertisement (RFC 4861).
 * @param {Wire} wire @param {Host} asker @param {Host} target
 */
function neighbours(wire, asker, target) {
  const wanted = packets.address(target.v6);
  const low = wanted.slice(13);
  const group = {
    mac: `33:33:ff:${hex(low)}`,
    v4: '',
    v6: `ff02::1:ff${hex(low.slice(0, 1))}:${hex(low.slice(1), '')}`,
  };
  for (const [from, to, fields, option] of /** @type {const} */ ([
    [asker, group, { type: 135 }, 1],
    [target, asker, { type: 136, rest: 0x6000_0000 }, 2],
  ])) {
    const data = join(wanted, [option, 1], packets.mac(from.mac));
    const ends = between(from, to, true);
    const message = packets.icmpv6({ ...ends, ...fields }, data);
    wire.put(ethernet({ src: from.mac, dst: to.mac, type: 0x86dd }, ipv6({ ...ends, proto: 58, hops: 255 }, message)));
  }
}

/** @param {Uint8Array} bytes */
const hex = (bytes, separator = ':') => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(separator);

/** The web, plain and secure, over both versions of IP. @param {Wire} wire */
function browse(wire) {
  wire.talk(alice, web, 40_001, 80, [get('/'), page('hello '), get('/news'), page('nothing new ')]);
  const form = httpRequest({ method: 'POST', path: '/form', host: 'www.example.com:8080', body: 'a=1&b=2' });
  wire.talk(alice, web, 40_002, 8080, [form, page('thanks ')]);
  wire.talk(bob, web, 40_003, 80, [get('/six'), page('six ')], { six: true });
  wire.secure(alice, web, 40_004, 'www.example.com');
  wire.secure(bob, web, 40_005, 'example.org', { six: true });
  wire.talk(bob, web, 40_006, 80, [get('/gone')], {}, 'rst');
  const missing = httpResponse({ status: '404 Not Found', body: 'no such page' });
  wire.talk(bob, web, 40_007, 8080, [
    httpRequest({ method: 'HEAD', path: '/lost', host: 'www.example.com:8080' }),
    missing,
  ]);
}

/** A shell, and a letter. @param {Wire} wire */
function work(wire) {
  const hello = latin1('SSH-2.0-OpenSSH_9.2\r\n');
  wire.talk(alice, bob, 40_008, 22, [hello, hello]);
  wire.talk(bob, alice, 40_009, 22, [hello, hello], { six: true, dsfield: 0x48 });
  const lines = ['EHLO bob.example.com\r\n', '250 mail.example.com\r\n', 'QUIT\r\n', '221 bye\r\n'];
  wire.talk(bob, mail, 40_010, 25, lines.map(latin1), { dsfield: 0x28 });
}

/** One tag. @param {Wire} wire */
function vlans(wire) {
  wire.whoHas(alice, printer, office);
  wire.talk(alice, printer, 40_011, 9100, [latin1('%!PS hello\n'), latin1('ok\n')], { tags: office });
  wire.talk(alice, web, 40_012, 80, [get('/vlan'), page('tagged ')], { tags: office });
  wire.secure(bob, web, 40_013, 'phones.example.net', { tags: phones, six: true });
  wire.resolve(bob, resolver, 'phone.example.com', { tags: phones });
  for (let index = 0; index < 8; index++) {
    const clock = [...packets.u16(index), ...packets.u32(160 * index), ...packets.u32(0xfeed)];
    const speech = join([0x80, 0], clock, wire.noise(160));
    wire.datagram(bob, printer, 16_384, 16_386, speech, { tags: phones, dsfield: 0xb8 });
  }
}

/** Two tags, and more. @param {Wire} wire */
function qinq(wire) {
  wire.ping(alice, bob, 2, { tags: provider });
  wire.talk(alice, web, 40_014, 80, [get('/qinq'), page('twice ')], { tags: provider });
  wire.secure(alice, web, 40_015, 'provider.example.com', { tags: provider, six: true });
  wire.resolve(alice, resolver, 'old.example.com', { tags: [{ id: 100, tpid: 0x9100 }, { id: 20 }] });
  wire.resolve(alice, resolver, 'three.example.com', { tags: [{ id: 100 }, { id: 200, dei: true }, { id: 300 }] });
  wire.ping(alice, bob, 1, { tags: [{ id: 0, priority: 7 }] });
}

/** Record route, router alert, and what they do to the offsets behind them. @param {Wire} wire */
function headersOfIpv4(wire) {
  wire.ping(alice, web, 2, { options: [7, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0] });
  wire.talk(alice, web, 40_016, 80, [get('/options'), page('optional ')], { options: [0x94, 4, 0, 0] });
  wire.datagram(bob, web, 5000, 5001, latin1('router alert'), { options: [0x94, 4, 0, 0] });
}

/** Extension headers, one and several. @param {Wire} wire */
function headersOfIpv6(wire) {
  const both = [alert, extensions.destination()];
  wire.ping(alice, web, 2, { six: true, chain: [alert] });
  wire.ping(bob, web, 1, { six: true, chain: both });
  wire.talk(alice, web, 40_017, 80, [get('/chain'), page('chained ')], { six: true, chain: both });
  wire.resolve(bob, resolver, 'padded.example.com', {
    six: true,
    chain: [extensions.destination([1, 8, ...new Uint8Array(8)])],
  });
  const signed = { six: true, chain: [extensions.authentication({ spi: 256, sequence: 1 })] };
  wire.talk(
    alice,
    bob,
    40_018,
    443,
    [packets.clientHello({ name: 'signed.example.com', random: wire.noise(32) })],
    signed,
    'rst',
  );
  const answer = dnsResponse({ id: 7, name: 'routed.example.com', answers: ['192.0.2.9'] });
  wire.datagram(resolver, bob, 53, 40_019, answer, { six: true, chain: [extensions.routing([bob.v6])] });
}

/** Datagrams that are too long for one packet. @param {Wire} wire */
function inPieces(wire) {
  wire.fragmented(alice, bob, 4000);
  wire.fragmented(bob, alice, 2000, { tags: office });
  wire.fragmented(alice, bob, 3000, { six: true });
  wire.fragmented(bob, alice, 1500, { six: true, chain: [alert] });
  // A whole packet behind a fragment header (RFC 6946).
  const atomic = { six: true, chain: [extensions.fragment({ offset: 0, more: false, id: 99 })] };
  wire.datagram(alice, resolver, 40_020, 53, dnsQuery({ id: 8, name: 'atomic.example.com' }), atomic);
}

/** VXLAN: frames in datagrams. @param {Wire} wire */
function tunnel(wire) {
  const inner = { src: '10.9.0.1', dst: '10.9.0.2' };
  for (const dstport of [80, 443, 22]) {
    const segment = packets.tcp({ ...inner, srcport: 50_000 + dstport, dstport, seq: 1, flags: packets.flags.syn });
    const frame = ethernet({ type: 0x0800 }, ipv4({ ...inner, proto: 6, flags: 2 }, segment));
    wire.datagram(alice, bob, 49_152 + dstport, 4789, packets.vxlan({ vni: 5000 + dstport }, frame));
  }
}

/** Messages about packets that did not arrive; they quote them. @param {Wire} wire */
function errors(wire) {
  const ends = between(alice, web);
  const lost = ipv4(
    { ...ends, proto: 17 },
    packets.udp({ ...ends, srcport: 40_021, dstport: 33_434 }, latin1('traceroute')),
  );
  wire.control(router, alice, { type: 11 }, lost.slice(0, 28));
  wire.control(web, alice, { type: 3, code: 3 }, lost.slice(0, 28));
  wire.control(router, alice, { type: 5, code: 1, rest: 0xc000_0214 }, lost.slice(0, 28));
  const ends6 = between(bob, web, true);
  const big = ipv6({ ...ends6, proto: 17 }, packets.udp({ ...ends6, srcport: 5004, dstport: 5004 }, wire.noise(1400)));
  wire.control(router, bob, { type: 2, rest: 1280 }, big.slice(0, 1232), { six: true });
  wire.control(web, bob, { type: 1, code: 4 }, big.slice(0, 200), { six: true });
}

/** To groups and to all. @param {Wire} wire */
function multicast(wire) {
  const group = { mac: '01:00:5e:00:00:fb', v4: '224.0.0.251', v6: '' };
  const group6 = { mac: '33:33:00:00:00:fb', v4: '', v6: 'ff02::fb' };
  wire.datagram(printer, group, 5353, 5353, dnsQuery({ id: 0, name: 'printer.local' }));
  wire.datagram(printer, group6, 5353, 5353, dnsQuery({ id: 0, name: 'printer.local' }), { six: true });
  const report = new Uint8Array([0x16, 0, 0, 0, 224, 0, 0, 251]);
  report.set(packets.u16(packets.checksum(report)), 2);
  wire.send(printer, group, 2, report, { options: [0x94, 4, 0, 0] });
  const everybody = { mac: 'ff:ff:ff:ff:ff:ff', v4: '255.255.255.255', v6: '' };
  wire.datagram(
    bob,
    everybody,
    40_022,
    9,
    join(new Uint8Array(6).fill(0xff), ...new Array(16).fill(packets.mac(alice.mac))),
  );
}

/** Someone outside tries doors. @param {Wire} wire */
function scan(wire) {
  for (const port of [21, 23, 110, 139, 445, 3389, 6000, 8081]) wire.talk(mail, alice, 61_000, port, [], {}, 'refused');
}

/** What is neither IP nor ARP, and IP that carries neither TCP nor UDP nor ICMP. @param {Wire} wire */
function oddities(wire) {
  const ends = between(alice, bob);
  const label = packets.u32(((1000 << 12) | (1 << 8) | 64) >>> 0);
  const inside = ipv4(
    { ...ends, proto: 6 },
    packets.tcp({ ...ends, srcport: 40_023, dstport: 80, flags: packets.flags.syn }),
  );
  wire.put(ethernet({ src: alice.mac, dst: router.mac, type: 0x8847 }, join(label, inside)));
  const bridge = join([0x42, 0x42, 3], new Uint8Array(4), [0], new Array(27).fill(0), new Uint8Array(8));
  bridge.set([0x80, 0, 2, 0, 0, 0, 0, 1], 8);
  bridge.set([0x80, 0, 2, 0, 0, 0, 0, 1, 0x80, 1, 0, 0, 20, 0, 2, 0, 15, 0], 20);
  wire.put(ethernet({ src: router.mac, dst: '01:80:c2:00:00:00', type: 38 }, bridge));
  for (let index = 1; index <= 3; index++) {
    wire.send(bob, web, 50, join(packets.u32(0x1000), packets.u32(index), wire.noise(64)));
    wire.send(bob, web, 50, join(packets.u32(0x2000), packets.u32(index), wire.noise(64)), { six: true });
  }
  wire.send(
    alice,
    web,
    47,
    join([0, 0, 8, 0], ipv4({ src: '10.8.0.1', dst: '10.8.0.2', proto: 1 }, packets.icmp({ type: 8 }))),
  );
}

/** A capture that kept only the first bytes. @param {Wire} wire */
function cutShort(wire) {
  for (const cut of [96, 68, 54, 46, 38, 34, 20, 14, 10]) {
    wire.secure(bob, web, 40_100 + cut, 'short.example.com', { cut }, cut === 96 ? 'fin' : 'middle');
  }
  wire.talk(bob, web, 40_200, 80, [get('/short'), page('short ')], { cut: 80, six: true }, 'open');
  wire.talk(bob, web, 40_201, 80, [get('/short')], { cut: 64, tags: office }, 'open');
  wire.resolve(bob, resolver, 'short.example.com', { cut: 48 });
}
