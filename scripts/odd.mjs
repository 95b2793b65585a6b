// @ts-check
/**
 * `examples/captures/odd.pcap`: what captures of an office seldom have, packet by packet, for the examples that look for it.
 * Deterministic, and without Node; `make-captures.mjs` writes the file.
 */

import { ah, geneve, gre, gtpu, mpls, pppoe, pppProtocols } from './encapsulations.mjs';
import * as packets from './packets.mjs';

/** @import { Bytes } from './headers.mjs' */

const { ethernet, extensions, flags, icmpv6, ipv4, ipv6, join, latin1, tagged, tcp, u16, u32, udp } = packets;

const ends = { src: '192.0.2.10', dst: '198.51.100.80' };
const ends6 = { src: '2001:db8::10', dst: '2001:db8:2::80' };
const inner = { src: '10.8.0.1', dst: '10.8.0.2' };
const inner6 = { src: '2001:db8:8::1', dst: '2001:db8:8::2' };

/** @param {Bytes} payload @param {number} [proto] */
const over4 = (payload, proto = 6) => ethernet({ type: 0x0800 }, ipv4({ ...ends, proto }, payload));
/** @param {Bytes} payload @param {number} [proto] @param {readonly packets.Extension[]} [chain] */
const over6 = (payload, proto = 6, chain = []) => ethernet({ type: 0x86dd }, ipv6({ ...ends6, proto, chain }, payload));

const synOptions = [2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 1, 0, 0, 0, 0, 0, 1, 3, 3, 7];
/** A SYN to a port. @param {number} dstport @param {object} [more] */
const syn = (dstport, more = {}) =>
  tcp({ ...ends, srcport: 40_001, dstport, flags: flags.syn, options: synOptions, ...more });
/** @param {number} dstport @param {{ src: string, dst: string }} [between] */
const syn6 = (dstport, between = ends6) =>
  tcp({ ...between, srcport: 40_002, dstport, flags: flags.syn, options: synOptions });

/** One byte turned over. @param {Uint8Array} bytes @param {number} at */
function spoiled(bytes, at) {
  const copy = bytes.slice();
  copy[at] = (copy[at] ?? 0) ^ 0x40;
  return copy;
}

const requested = tcp(
  { ...ends, srcport: 40_003, dstport: 80, flags: flags.psh | flags.ack },
  latin1('GET /odd HTTP/1.1\r\n\r\n'),
);
const inside = ethernet(
  { src: '02:00:00:00:01:01', dst: '02:00:00:00:01:02', type: 0x0800 },
  ipv4({ ...inner, proto: 6 }, tcp({ ...inner, srcport: 40_004, dstport: 443, flags: flags.syn })),
);
const inside4 = ipv4(
  { ...inner, proto: 17 },
  udp({ ...inner, srcport: 5353, dstport: 53 }, packets.dnsQuery({ id: 7, name: 'inner.example.com' })),
);
const inside6 = ipv6({ ...inner6, proto: 6 }, syn6(22, inner6));

/** @param {number} dstport @param {Bytes} payload */
const datagram = (dstport, payload) => over4(udp({ ...ends, srcport: 40_005, dstport }, payload), 17);

/** The packets. @returns {Uint8Array[]} */
export const oddPackets = () => [...checksums, ...tags, ...chains, ...options, ...tunnels, ...bombs];

/** Wrong sums: of a segment, of a datagram, over IPv6, of an IPv4 header; and a datagram without one. */
const checksums = [
  over4(spoiled(requested, 22)),
  over4(spoiled(udp({ ...ends, srcport: 5000, dstport: 7 }, latin1('echo')), 9), 17),
  over6(spoiled(syn6(80), 5)),
  spoiled(over4(requested), 22),
  over4(join(udp({ ...ends, srcport: 5000, dstport: 7 }, latin1('none')).slice(0, 6), [0, 0], latin1('none')), 17),
];

/** @param {...number} ids */
const stack = (...ids) => ids.map((id, i) => ({ id, tpid: i === 0 ? 0x88a8 : 0x8100 }));
const plain = ipv4({ ...ends, proto: 6 }, syn(80));
/** Two tags, three, four, and five, which nobody looks behind; labels; a session. */
const tags = [
  tagged({ type: 0x0800, tags: stack(100, 10) }, plain),
  tagged({ type: 0x0800, tags: stack(100, 10, 7) }, plain),
  tagged({ type: 0x0800, tags: stack(100, 10, 7, 5) }, plain),
  tagged({ type: 0x0800, tags: stack(100, 10, 7, 5, 3) }, plain),
  ethernet({ type: 0x8847 }, mpls([{ label: 16_001 }, { label: 24_005 }], plain)),
  ethernet({ type: 0x8864 }, pppoe({ session: 9, protocol: pppProtocols.ipv4 }, plain)),
];

const hop = extensions.hopByHop([5, 2, 0, 0]);
const destination = extensions.destination([1, 2, 0, 0]);
const authentication = extensions.authentication({ spi: 1, sequence: 1 });
const first = extensions.fragment({ offset: 0, more: true, id: 5 });
const later = extensions.fragment({ offset: 1232, more: false, id: 5 });
/** IPv6 extension headers: one, six, 32, 33, the first fragment and a later one; neighbours and listeners behind an option. */
const chains = [
  over6(syn6(80), 6, [hop]),
  over6(syn6(80), 6, [
    hop,
    destination,
    extensions.routing(['2001:db8:9::1']),
    destination,
    authentication,
    destination,
  ]),
  over6(syn6(80), 6, new Array(32).fill(destination)),
  over6(syn6(80), 6, new Array(33).fill(destination)),
  over6(udp({ ...ends6, srcport: 5000, dstport: 53, length: 2000 }, new Uint8Array(64)), 17, [first]),
  over6(new Uint8Array(64).fill(0x35), 17, [later]),
  over6(icmpv6({ ...ends6, type: 135 }, join(packets.address('2001:db8::1'), [1, 1, 2, 0, 0, 0, 0, 1])), 58, [
    destination,
  ]),
  over6(icmpv6({ ...ends6, type: 131 }, packets.address('ff02::fb')), 58, [hop]),
  over4(ah({ next: 6, spi: 7, sequence: 1 }, syn(80)), 51),
];

/** Options of TCP: small and large segments, none, an unknown one, timestamps at an odd place. */
const options = [
  over4(syn(80, { options: [2, 4, 2, 24] })),
  over4(syn(80, { options: [2, 4, 35, 40, 3, 3, 14] })),
  over4(syn(80, { options: [] })),
  over4(syn(80, { options: [253, 6, 1, 2, 3, 4, 2, 4, 5, 180] })),
  over4(syn(80, { options: [1, 8, 10, 0, 0, 255, 255, 0, 0, 0, 9] })),
];

/** Packets in packets. */
const tunnels = [
  over4(gre({ type: 0x0800 }, inside4), 47),
  over4(gre({ type: 0x6558, key: 9, sequence: 1, sum: true }, inside), 47),
  over4(inside4, 4),
  over4(inside6, 41),
  over6(inside6, 41),
  datagram(4789, packets.vxlan({ vni: 4096 }, inside)),
  datagram(6081, geneve({ vni: 77, options: [1, 2, 0x80, 1, 9, 9, 9, 9] }, inside)),
  datagram(2152, gtpu({ teid: 0x1234 }, inside4)),
  datagram(2152, gtpu({ teid: 0x1234, sequence: 1 }, inside6)),
  datagram(4789, packets.vxlan({ vni: 1 }, over4(gre({ type: 0x0800 }, inside4), 47))),
];

/** Headers of length 0: of GTP-U, where next headers follow each other; of TCP's options; of an IPv6 option's padding. */
const bombs = [
  datagram(2152, join([0x36, 0xff], u16(52), u32(1), [0, 0, 0, 0xff, 0], new Uint8Array(43))),
  over4(syn(80, { options: [2, 0, 5, 180] })),
  over4(syn(80, { options: [253, 255, 1, 1] })),
];
