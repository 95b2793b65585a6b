// @ts-check
/**
 * Random packets of every link type that libpcap compiles expressions for, made so that expressions of every kind meet
 * packets that match and packets that just do not. Headers as at https://www.tcpdump.org/linktypes.html.
 */

import * as headers from './headers.mjs';
import { addresses4, addresses6, disturbed, macs, network, ports, randomFrame } from './random-packets.mjs';

/** @import { Random } from './rng.mjs' */
/** @typedef {{ src: string, dst: string }} Ends */
/** @typedef {{ type: number, body: Uint8Array }} Carried what a link carries: its EtherType, and its bytes */

const { join, u16, u32, mac } = headers;

const hosts4 = [...addresses4, '192.0.2.10', '192.0.2.20', '198.51.100.80', '255.255.255.255'];
const hosts6 = [...addresses6, '2001:db8::10', '2001:db8:2::80', '2001:db8:3::53'];
const allPorts = [...ports, 5003, 40005];

/** Where a value matters to an expression it is often one of these, else any. */
const byte = (/** @type {Random} */ random, /** @type {readonly number[]} */ often) =>
  random.chance(0.8) ? random.pick(often) : random.below(256);

const word = (/** @type {Random} */ random, /** @type {readonly number[]} */ often) =>
  u16(random.chance(0.8) ? random.pick(often) : random.below(65536));

/** Two hosts of one address family. @param {Random} random @returns {Ends} */
function randomEnds(random) {
  const hosts = random.chance(0.4) ? hosts6 : hosts4;
  return { src: random.pick(hosts), dst: random.pick(hosts) };
}

/** @param {Ends} ends @param {number} proto @param {Uint8Array} body @returns {Carried} */
const inIp = (ends, proto, body) =>
  ends.src.includes(':')
    ? { type: 0x86dd, body: headers.ipv6({ ...ends, proto }, body) }
    : { type: 0x0800, body: headers.ipv4({ ...ends, proto }, body) };

/**
 * IP with the transports that the other generator has no headers for, and with more hosts and ports.
 * @param {Random} random
 * @returns {Carried}
 */
function otherIp(random) {
  const ends = randomEnds(random);
  const proto = random.pick([1, 2, 6, 6, 6, 9, 17, 50, 51, 58, 103, 112, 132, 132]);
  const body = proto === 6 ? segment(random, ends) : otherTransport(random, proto);
  return inIp(ends, proto, body);
}

/** TCP to or from a server. @param {Random} random @param {Ends} ends */
function segment(random, ends) {
  const bits = random.pick([2, 18, 16, 24, 17, 4, 0x42, 0x90]);
  const [srcport, dstport] = [random.pick(allPorts), random.pick([22, 80, 443])];
  return headers.tcp({ ...ends, srcport, dstport, flags: bits }, random.bytes(random.below(30)));
}

/**
 * What looks like a message of a protocol in the bytes that expressions ask for.
 * @param {Random} random
 * @param {number} proto
 */
function otherTransport(random, proto) {
  const rest = join(random.bytes(8), [random.below(4)], random.bytes(random.below(30)));
  if (proto === 1 || proto === 58) return join([random.pick([3, 8, 11, 135]), random.below(3)], rest);
  if (proto === 17 || proto === 132)
    return join(u16(random.pick(allPorts)), u16(random.pick([22, 80, 443, 5003])), rest);
  return join([byte(random, [0x11, 0x12, 0x16, 0x20, 0x21, 0x31]), byte(random, [1, 10])], rest);
}

/** A DECnet long or short data packet; 1.10 is 0x0a04, its bytes swapped. @param {Random} random */
function decnet(random) {
  const node = () => word(random, [0x0a04, 0x0a08]);
  // A byte of padding may stand before the flags, and the length is little-endian.
  const padding = random.chance(0.3) ? [0x81] : [];
  const packet = random.chance(0.5)
    ? join([6, 0, 0, 0xaa, 0, 4, 0], node(), [0, 0, 0xaa, 0, 4, 0], node())
    : join([2], node(), node());
  return join(u16(padding.length + packet.length).reverse(), padding, packet, random.bytes(random.below(20)));
}

/** Protocols by EtherType alone. @param {Random} random @returns {Carried} */
function otherProtocol(random) {
  const types = [
    0x6001, 0x6002, 0x6003, 0x6003, 0x6003, 0x6004, 0x6007, 0x8035, 0x8035, 0x809b, 0x80f3, 0x8137, 0x8863,
  ];
  const type = random.pick([...types, 0x88a8, 0x9000]);
  if (type === 0x6003) return { type, body: decnet(random) };
  if (type !== 0x8035) return { type, body: random.bytes(random.below(50)) };
  const ends = { senderMac: random.pick(macs), sender: random.pick(hosts4), target: random.pick(hosts4) };
  return { type, body: headers.arp({ operation: random.pick([3, 4]), ...ends }) };
}

const pppProtocols = new Map([
  [0x0800, 0x21],
  [0x86dd, 0x57],
  [0x8137, 0x2b],
  [0x809b, 0x29],
  [0x8847, 0x281],
]);

/** PPP's number of what an EtherType names, or ISO's. @param {number} type */
const pppProtocol = (type) => pppProtocols.get(type) ?? 0x23;

/** @param {Random} random @param {Carried} inner @returns {Carried} */
function labelled(random, { body }) {
  const depth = random.range(1, 3);
  const labels = Array.from({ length: depth }, (_, i) => {
    const label = random.pick([3, 1000, 1024, random.below(1 << 20)]);
    return u32((label << 12) | (random.below(8) << 9) | (i === depth - 1 ? 0x100 : 0) | random.below(256));
  });
  return { type: random.pick([0x8847, 0x8847, 0x8848]), body: join(...labels, body) };
}

/** @param {Random} random @param {Carried} inner @returns {Carried} */
const inSession = (random, { type, body }) => ({
  type: 0x8864,
  body: join([0x11, 0], word(random, [0x27]), u16(body.length + 2), u16(pppProtocol(type)), body),
});

/** Geneve (RFC 8926) over IP. @param {Random} random @param {Carried} inner @returns {Carried} */
function tunnelled(random, { type, body }) {
  const bare = random.chance(0.5);
  const frame = bare ? body : headers.ethernet({ src: random.pick(macs), dst: random.pick(macs), type }, body);
  const words = random.below(3);
  const vni = random.pick([0xb, random.below(1 << 24)]);
  const geneve = join([words, 0], u16(bare ? type : 0x6558), u32(vni << 8), random.bytes(4 * words), frame);
  const ends = randomEnds(random);
  const datagram = headers.udp({ ...ends, srcport: random.pick(allPorts), dstport: 6081 }, geneve);
  return inIp(ends, 17, datagram);
}

/** @param {Random} random @returns {Carried} */
function carried(random) {
  const kind = random.below(20);
  if (kind < 10) return network(random);
  if (kind < 14) return otherIp(random);
  if (kind < 16) return otherProtocol(random);
  const wrap = random.pick([labelled, labelled, inSession, inSession, tunnelled]);
  return wrap(random, random.pick([network, network, otherIp])(random));
}

/** What a link without EtherTypes carries, IP alone. @param {Random} random @returns {Carried} */
function ip(random) {
  for (;;) {
    const found = random.pick([network, network, otherIp])(random);
    if (found.type === 0x0800 || found.type === 0x86dd) return found;
  }
}

/** An ISO PDU: CLNP, ES-IS, IS-IS of every type, or another. @param {Random} random */
function iso(random) {
  const pdu = byte(random, [15, 16, 17, 18, 20, 24, 25, 26, 27]);
  return join(
    [random.pick([0x81, 0x82, 0x83, 0x83, 0x83, 0x84]), 27, 1, 0, pdu, 1, 0, 0],
    random.bytes(random.below(30)),
  );
}

/** An LLC header (IEEE 802.2) and what it carries. @param {Random} random */
function llc(random) {
  switch (random.below(10)) {
    case 0:
    case 1:
      return join([0xfe, 0xfe, 0x03], iso(random));
    case 2: {
      const sap = random.pick([0x42, 0xe0, 0xf0, 0x06, 0xff]);
      return join([sap, sap, 0x03], random.bytes(random.below(40)));
    }
    case 3: {
      const control = [0x00, 0x7e, 0x01, 0x05, 0x09, 0x03, 0x63, 0x43, 0x6f, 0xe3, 0xaf, 0x87];
      return join(random.bytes(2), [byte(random, control)], random.bytes(random.below(40)));
    }
    case 4:
      return join([0xaa, 0xaa, 0x03, 8, 0, 7], u16(0x809b), random.bytes(random.below(40)));
    default: {
      const { type, body } = carried(random);
      return join([0xaa, 0xaa, 0x03, 0, 0, 0], u16(type), body);
    }
  }
}

/** @param {Random} random */
function ethernet(random) {
  if (random.chance(0.4)) return randomFrame(random);
  const ends = { src: random.pick(macs), dst: random.pick(macs) };
  if (random.chance(0.25)) {
    const body = llc(random);
    return headers.ethernet({ ...ends, type: random.chance(0.9) ? body.length : 1500 }, body);
  }
  const depth = random.chance(0.7) ? 0 : random.range(1, 4);
  const tags = Array.from({ length: depth }, () => ({
    id: random.pick([10, 20, 100, 300]),
    tpid: random.pick([0x8100, 0x8100, 0x88a8, 0x9100]),
  }));
  const { type, body } = carried(random);
  return headers.tagged({ ...ends, type, tags }, body);
}

/** @param {Random} random */
const anyMac = (random) => mac(random.pick(macs));

/** IEEE 802.11 without check sequence. @param {Random} random */
function wlan(random) {
  const type = random.pick([0, 1, 2, 2, 2]);
  const subtype = random.pick(
    [
      [0, 4, 8, 12],
      [10, 11, 12, 13],
      [0, 0, 4, 8],
    ][type] ?? [0],
  );
  const direction = random.below(4);
  const version = random.chance(0.03) ? 1 : 0;
  const control = [(subtype << 4) | (type << 2) | version, direction | (random.chance(0.1) ? 0x40 : 0)];
  const start = join(control, random.bytes(2), anyMac(random));
  if (type === 1) return random.chance(0.5) ? start : join(start, anyMac(random));
  const wide = direction === 3;
  const addresses = join(anyMac(random), anyMac(random), random.bytes(2), wide ? anyMac(random) : []);
  return join(start, addresses, subtype & 8 && type === 2 ? [0, 0] : [], llc(random));
}

/** The address family of libpcap on Linux. @param {number} type */
const family = (type) => (type === 0x0800 ? 2 : 10);

/** @type {ReadonlyMap<number, readonly number[]>} */
const arcnetProtocols = new Map([
  [0x0800, [212, 240]],
  [0x86dd, [196]],
  [0x0806, [213, 241]],
  [0x8035, [214]],
  [0x809b, [221]],
]);

/** ARCnet's number (RFC 1051 and 1201) of what an EtherType names. @param {Random} random @param {number} type */
const arcnet = (random, type) => random.pick(arcnetProtocols.get(type) ?? [0, 128, 205]);

/** Signalling of SS7: a length of 0 to 2 is a unit without a message. @param {Random} random */
function signalUnit(random) {
  const length = random.pick([0, 1, 2, 20]);
  // The routing label's first 14 bits are the destination, the next the origin, all little-endian.
  const label = (random.pick([6, 7, 200]) | (random.pick([5, 6, 300]) << 14) | (random.pick([7, 8]) << 28)) >>> 0;
  const service = [byte(random, [3, 5]), ...u32(label).reverse()];
  // The high-speed form has a length of 16 bits, and all behind it three bytes later.
  return random.chance(0.5)
    ? join(random.bytes(2), [length], service, random.bytes(random.below(20)))
    : join(random.bytes(4), u16(length << 7).reverse(), service, random.bytes(random.below(20)));
}

/** A packet filter's log entry (OpenBSD's pf). @param {Random} random */
function pflog(random) {
  const { type, body } = ip(random);
  const name = (/** @type {string} */ text) => join(headers.latin1(text), new Uint8Array(16 - text.length));
  return join(
    [61, family(type), random.below(4), random.below(6)],
    name(random.pick(['em0', 'em1', 'lo'])),
    name(random.pick(['', 'web', 'ssh'])),
    ...[u32(random.below(5)), u32(random.below(4)), random.bytes(16)],
    [random.below(3), 0, 0, 0],
    body,
  );
}

/** Sun's ATM: LANE frames, LLC, and the circuits with a meaning. @param {Random} random */
function atm(random) {
  const kind = random.pick([1, 2, 2, 5, 6]);
  const circuit = join([kind, random.pick([0, 0, 1])], word(random, [1, 2, 3, 4, 5, 5, 16]));
  if (kind === 1) return join(circuit, word(random, [1, 1, 0xff00]), ethernet(random));
  if (kind === 2) return join(circuit, llc(random));
  return join(circuit, random.bytes(5), [byte(random, [2, 5, 7, 0xf, 0x4d, 0x5a])], random.bytes(20));
}

/**
 * The frames of a link, around IP or whatever a link may carry.
 * @param {(carried: Carried, random: Random) => Uint8Array} frame
 * @returns {(random: Random) => Uint8Array}
 */
const over = (frame) => (random) => frame(random.chance(0.5) ? ip(random) : carried(random), random);

/**
 * A whole frame by the name that libpcap gives the link type.
 * @type {Readonly<Record<string, (random: Random) => Uint8Array>>}
 */
const frames = {
  EN10MB: ethernet,
  NULL: over(({ type, body }) => join([family(type), 0, 0, 0], body)),
  LOOP: over(({ type, body }) => join(u32(family(type)), body)),
  RAW: (random) => carried(random).body,
  IPV4: (random) => ip(random).body,
  IPV6: (random) => ip(random).body,
  LINUX_SLL: over(({ type, body }, random) => {
    const start = join(u16(random.below(5)), u16(1), u16(6), anyMac(random), [0, 0]);
    if (random.chance(0.2)) return join(start, u16(random.pick([4, 4, 1])), llc(random));
    return join(start, u16(type), body);
  }),
  LINUX_SLL2: over(({ type, body }, random) => {
    const start = join(u16(type), [0, 0], u32(random.range(1, 4)), u16(1), [random.below(5), 6]);
    return join(start, anyMac(random), [0, 0], body);
  }),
  PPP: over(({ type, body }, random) => {
    const protocol = random.chance(0.9) ? pppProtocol(type) : random.pick([0x2d, 0x2f, 0xf0]);
    return join([0xff, 3], u16(protocol), body);
  }),
  PPP_SERIAL: over(({ type, body }, random) => join([random.pick([0xff, 0x0f]), 3], u16(pppProtocol(type)), body)),
  PPP_BSDOS: over(({ type, body }, random) => {
    const protocol = type === 0x0800 ? random.pick([0x21, 0x2d, 0x2f]) : pppProtocol(type);
    return join(random.bytes(5), u16(protocol), random.bytes(17), body);
  }),
  C_HDLC: over(({ type, body }, random) => {
    const start = [random.pick([0x0f, 0x8f]), 0];
    return random.chance(0.2) ? join(start, u16(0xfefe), [3], iso(random)) : join(start, u16(type), body);
  }),
  FRELAY: over(({ type, body }, random) => {
    const start = join(random.bytes(2), [3]);
    return random.chance(0.2) ? join(start, iso(random)) : join(start, [type === 0x0800 ? 0xcc : 0x8e], body);
  }),
  // libpcap takes the version from the first byte of the pseudo-header.
  SLIP: (random) => join([random.pick([0, 1, 0x45, 0x60])], random.bytes(15), ip(random).body),
  IEEE802_11: wlan,
  IEEE802_11_RADIO: (random) => {
    const length = random.pick([8, 9, 16]);
    return join([0, 0, length, 0], random.bytes(length - 4), wlan(random));
  },
  IEEE802_11_RADIO_AVS: (random) => join(u32(0x80211001), u32(64), random.bytes(56), wlan(random)),
  // Either header may stand there: libpcap looks for the number that AVS begins with.
  PRISM_HEADER: (random) =>
    random.chance(0.5)
      ? join(u32(0x80211001), u32(64), random.bytes(56), wlan(random))
      : join(random.bytes(144), wlan(random)),
  FDDI: (random) => join([byte(random, [0x50])], anyMac(random), anyMac(random), llc(random)),
  IEEE802: (random) => join([0x10, 0x40], anyMac(random), anyMac(random), llc(random)),
  IP_OVER_FC: (random) => join([0x10, 0], anyMac(random), [0x10, 0], anyMac(random), llc(random)),
  APPLE_IP_OVER_IEEE1394: over(({ type, body }, random) => join(random.bytes(16), u16(type), body)),
  ARCNET: over(({ type, body }, random) =>
    join([byte(random, [7, 9]), byte(random, [0, 7]), arcnet(random, type)], random.bytes(3), body),
  ),
  ARCNET_LINUX: over(({ type, body }, random) =>
    join([byte(random, [7, 9]), byte(random, [0x7f, 0]), 0, 0, arcnet(random, type)], random.bytes(3), body),
  ),
  ATM_RFC1483: llc,
  SUNATM: atm,
  PFLOG: pflog,
  ENC: over(({ type, body }, random) => join([family(type), 0, 0, 0], random.bytes(8), body)),
  MTP2: signalUnit,
  MTP2_WITH_PHDR: (random) => join(random.bytes(4), signalUnit(random)),
  IPNET: over(({ type, body }, random) =>
    join([1, type === 0x0800 ? 2 : 26], u16(random.range(1, 3)), random.bytes(20), body),
  ),
  JUNIPER_ETHER: (random) => join([0x4d, 0x47, 0x43, random.below(256)], ethernet(random)),
  JUNIPER_ATM1: (random) => join([0x4d, 0x47, 0x43, byte(random, [0x83])], random.bytes(4), llc(random)),
};

/**
 * One packet of a link type, as captured.
 * @param {Random} random
 * @param {string} dlt the link type by libpcap's name, one of `scripts/classic-expressions.mjs`
 * @returns {{ bytes: Uint8Array, wirelen: number }} `wirelen` is greater than `bytes.length` in a packet cut short
 */
export function randomLinkPacket(random, dlt) {
  const frame = frames[dlt];
  if (frame === undefined) throw new RangeError(`no packets are made for the link type ${dlt}`);
  return disturbed(random, () => frame(random));
}
