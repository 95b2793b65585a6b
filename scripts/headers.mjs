// @ts-check
/**
 * Headers from fields, with lengths and checksums filled in unless a field says otherwise, so that a lie can be told
 * on purpose. Layouts as in the RFCs named at each builder. A header takes its payload and gives back both.
 */

/** @typedef {Uint8Array | readonly number[]} Bytes */

/**
 * One piece out of many.
 * @param {...Bytes} parts
 * @returns {Uint8Array}
 */
export function join(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** @param {number} value @returns {number[]} network order */
export const u16 = (value) => [(value >>> 8) & 0xff, value & 0xff];

/** @param {number} value @returns {number[]} network order */
export const u32 = (value) => [...u16(value >>> 16), ...u16(value)];

/** @param {string} text characters up to U+00FF @returns {Uint8Array} */
export const latin1 = (text) => Uint8Array.from(text, (character) => character.charCodeAt(0));

/**
 * A hardware address.
 * @param {string} text as in 02:00:5e:10:00:01
 */
export const mac = (text) => Uint8Array.from(text.split(':'), (part) => Number.parseInt(part, 16));

/**
 * An IPv4 (dotted) or IPv6 (with ::, but without an embedded IPv4 address) address.
 * @param {string} text
 * @returns {Uint8Array} 4 or 16 bytes
 */
export function address(text) {
  if (!text.includes(':')) return Uint8Array.from(text.split('.'), Number);
  const [left = '', right] = text.split('::');
  const words = (/** @type {string} */ part) =>
    part === '' ? [] : part.split(':').map((word) => Number.parseInt(word, 16));
  const head = words(left);
  const tail = right === undefined ? [] : words(right);
  const zeros = new Array(8 - head.length - tail.length).fill(0);
  return Uint8Array.from([...head, ...zeros, ...tail].flatMap(u16));
}

/**
 * The Internet checksum (RFC 1071): a header with its right checksum in it gives 0.
 * @param {...Bytes} parts all but the last of even length
 */
export function checksum(...parts) {
  let sum = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length; at += 2) sum += ((part[at] ?? 0) << 8) | (part[at + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** Puts a 16-bit word into a header. @param {Uint8Array} bytes @param {number} at @param {number} value */
function put16(bytes, at, value) {
  bytes.set(u16(value), at);
}

/** @param {Bytes} bytes @param {number} multiple @param {number} filler */
const padded = (bytes, multiple, filler = 0) =>
  join(bytes, new Array((multiple - (bytes.length % multiple)) % multiple).fill(filler));

/**
 * Ethernet II (IEEE 802.3), without padding and frame check sequence.
 * @param {{ src?: string, dst?: string, type: number }} fields
 * @param {Bytes} payload
 */
export const ethernet = ({ src = '02:00:00:00:00:01', dst = '02:00:00:00:00:02', type }, payload) =>
  join(mac(dst), mac(src), u16(type), payload);

/** @typedef {{ id: number, tpid?: number, priority?: number, dei?: boolean }} Tag `tpid` is 0x8100 if absent */

/**
 * Ethernet with VLAN tags (IEEE 802.1Q, 802.1ad) between the addresses and the type.
 * @param {{ src?: string, dst?: string, type: number, tags: readonly Tag[] }} fields
 *   `tags` from the outermost
 * @param {Bytes} payload
 */
export function tagged({ src, dst, type, tags }, payload) {
  const types = [...tags.map((tag) => tag.tpid ?? 0x8100), type];
  const body = tags.flatMap((tag, index) => [
    ...u16(((tag.priority ?? 0) << 13) | (tag.dei ? 0x1000 : 0) | tag.id),
    ...u16(types[index + 1] ?? 0),
  ]);
  return ethernet({ ...(src && { src }), ...(dst && { dst }), type: types[0] ?? type }, join(body, payload));
}

/**
 * ARP for IPv4 over Ethernet (RFC 826).
 * @param {{ operation: number, senderMac: string, sender: string, targetMac?: string, target: string }} fields
 *   `operation` is 1 to ask and 2 to answer
 */
export const arp = ({ operation, senderMac, sender, targetMac = '00:00:00:00:00:00', target }) =>
  join(u16(1), u16(0x800), [6, 4], u16(operation), mac(senderMac), address(sender), mac(targetMac), address(target));

/**
 * IPv4 (RFC 791).
 * @param {object} fields
 * @param {string} fields.src
 * @param {string} fields.dst
 * @param {number} fields.proto
 * @param {number} [fields.id]
 * @param {number} [fields.ttl]
 * @param {number} [fields.dsfield]
 * @param {number} [fields.flags] 2 is don't fragment, 1 more fragments
 * @param {number} [fields.offset] of the fragment, in bytes, a multiple of 8
 * @param {Bytes} [fields.options] padded with end-of-options to a multiple of 4
 * @param {number} [fields.version]
 * @param {number} [fields.ihl] in words, if not the true one
 * @param {number} [fields.length] total length, if not the true one
 * @param {number} [fields.checksum] if not the true one
 * @param {Bytes} payload
 */
export function ipv4(fields, payload) {
  const options = padded(fields.options ?? [], 4);
  const header = join(
    [((fields.version ?? 4) << 4) | (fields.ihl ?? 5 + options.length / 4), fields.dsfield ?? 0],
    u16(fields.length ?? 20 + options.length + payload.length),
    u16(fields.id ?? 0),
    u16(((fields.flags ?? 0) << 13) | ((fields.offset ?? 0) >>> 3)),
    [fields.ttl ?? 64, fields.proto, 0, 0],
    address(fields.src),
    address(fields.dst),
    options,
  );
  put16(header, 10, fields.checksum ?? checksum(header));
  return join(header, payload);
}

/** An IPv6 extension header without its next-header byte. @typedef {{ type: number, rest: Uint8Array }} Extension */

/**
 * Options in TLV form, filled up with PadN so that with two bytes before them they end on a multiple of 8.
 * @param {Bytes} options
 */
function optionsHeader(options) {
  const missing = (8 - ((options.length + 2) % 8)) % 8;
  const padding = missing === 0 ? [] : missing === 1 ? [0] : [1, missing - 2, ...new Array(missing - 2).fill(0)];
  return join([(options.length + 2 + missing) / 8 - 1], options, padding);
}

/** The extension headers of IPv6, to be chained by `ipv6`. */
export const extensions = {
  /** Hop-by-hop options (RFC 8200 4.3). @param {Bytes} [options] @returns {Extension} */
  hopByHop: (options = []) => ({ type: 0, rest: optionsHeader(options) }),
  /** Destination options (RFC 8200 4.6). @param {Bytes} [options] @returns {Extension} */
  destination: (options = []) => ({ type: 60, rest: optionsHeader(options) }),
  /**
   * Segment routing header with no segments left (RFC 8754).
   * @param {readonly string[]} segments @returns {Extension}
   */
  routing: (segments) => ({
    type: 43,
    rest: join([segments.length * 2, 4, 0, segments.length - 1, 0, 0, 0], ...segments.map(address)),
  }),
  /**
   * Fragment (RFC 8200 4.5).
   * @param {{ offset: number, more: boolean, id: number }} fields `offset` in bytes, a multiple of 8
   * @returns {Extension}
   */
  fragment: ({ offset, more, id }) => ({ type: 44, rest: join([0], u16(offset | (more ? 1 : 0)), u32(id)) }),
  /**
   * Authentication with 12 bytes of check value (RFC 4302).
   * @param {{ spi: number, sequence: number }} fields @returns {Extension}
   */
  authentication: ({ spi, sequence }) => ({
    type: 51,
    rest: join([4, 0, 0], u32(spi), u32(sequence), new Uint8Array(12).fill(0x5a)),
  }),
};

/**
 * IPv6 (RFC 8200) with any chain of extension headers.
 * @param {object} fields
 * @param {string} fields.src
 * @param {string} fields.dst
 * @param {number} fields.proto of the payload behind the extension headers
 * @param {readonly Extension[]} [fields.chain]
 * @param {number} [fields.hops]
 * @param {number} [fields.trafficClass]
 * @param {number} [fields.flow]
 * @param {number} [fields.version]
 * @param {number} [fields.length] payload length, if not the true one
 * @param {Bytes} payload
 */
export function ipv6(fields, payload) {
  const chain = fields.chain ?? [];
  const next = [...chain.map((extension) => extension.type), fields.proto];
  const body = join(...chain.map((extension, index) => join([next[index + 1] ?? 59], extension.rest)), payload);
  const first = (((fields.version ?? 6) << 28) | ((fields.trafficClass ?? 0) << 20) | (fields.flow ?? 0)) >>> 0;
  return join(
    u32(first),
    u16(fields.length ?? body.length),
    [next[0] ?? 59, fields.hops ?? 64],
    address(fields.src),
    address(fields.dst),
    body,
  );
}

/**
 * What TCP and UDP take into their checksum from the layer below.
 * @param {string} src @param {string} dst @param {number} proto @param {number} length
 */
function pseudoHeader(src, dst, proto, length) {
  return join(
    address(src),
    address(dst),
    src.includes(':') ? [...u32(length), 0, 0, 0, proto] : [0, proto, ...u16(length)],
  );
}

/** TCP's flags, to be added up. */
export const flags = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32, ece: 64, cwr: 128 };

/**
 * TCP (RFC 9293).
 * @param {object} fields
 * @param {string} fields.src address of the layer below, for the checksum
 * @param {string} fields.dst
 * @param {number} fields.srcport
 * @param {number} fields.dstport
 * @param {number} [fields.seq]
 * @param {number} [fields.ack]
 * @param {number} [fields.flags] see `flags`; ACK alone if absent
 * @param {number} [fields.window]
 * @param {number} [fields.urgent]
 * @param {Bytes} [fields.options] padded with no-operation to a multiple of 4
 * @param {number} [fields.words] data offset, if not the true one
 * @param {Bytes} [payload]
 */
export function tcp(fields, payload = []) {
  const options = padded(fields.options ?? [], 4, 1);
  const segment = join(
    u16(fields.srcport),
    u16(fields.dstport),
    u32(fields.seq ?? 0),
    u32(fields.ack ?? 0),
    [(fields.words ?? 5 + options.length / 4) << 4, fields.flags ?? flags.ack],
    u16(fields.window ?? 64_240),
    [0, 0],
    u16(fields.urgent ?? 0),
    options,
    payload,
  );
  put16(segment, 16, checksum(pseudoHeader(fields.src, fields.dst, 6, segment.length), segment));
  return segment;
}

/**
 * UDP (RFC 768).
 * @param {{ src: string, dst: string, srcport: number, dstport: number, length?: number }} fields
 *   `length` if not the true one
 * @param {Bytes} [payload]
 */
export function udp(fields, payload = []) {
  const length = 8 + payload.length;
  const datagram = join(u16(fields.srcport), u16(fields.dstport), u16(fields.length ?? length), [0, 0], payload);
  // A checksum of 0 would say that there is none.
  put16(datagram, 6, checksum(pseudoHeader(fields.src, fields.dst, 17, length), datagram) || 0xffff);
  return datagram;
}

/**
 * ICMP (RFC 792).
 * @param {{ type: number, code?: number, rest?: number }} fields `rest` is the second word
 * @param {Bytes} [payload]
 */
export function icmp({ type, code = 0, rest = 0 }, payload = []) {
  const message = join([type, code, 0, 0], u32(rest), payload);
  put16(message, 2, checksum(message));
  return message;
}

/**
 * ICMPv6 (RFC 4443).
 * @param {{ src: string, dst: string, type: number, code?: number, rest?: number }} fields `rest` is the second word
 * @param {Bytes} [payload]
 */
export function icmpv6({ src, dst, type, code = 0, rest = 0 }, payload = []) {
  const message = join([type, code, 0, 0], u32(rest), payload);
  put16(message, 2, checksum(pseudoHeader(src, dst, 58, message.length), message));
  return message;
}
