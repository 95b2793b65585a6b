// @ts-check
/**
 * Headers of links, tunnels and the less common transports, beside those of `headers.mjs`; layouts as in the RFCs
 * named at each.
 */

import { address, checksum, extensions, join, mac, u16, u32 } from './headers.mjs';

/** @import { Bytes } from './headers.mjs' */

/**
 * A stack of MPLS labels (RFC 3032), from the outermost.
 * @param {readonly { label: number, exp?: number, ttl?: number }[]} stack
 * @param {Bytes} payload
 */
export const mpls = (stack, payload) =>
  join(
    ...stack.map(({ label, exp = 0, ttl = 64 }, i) =>
      u32(((label << 12) | (exp << 9) | (i === stack.length - 1 ? 0x100 : 0) | ttl) >>> 0),
    ),
    payload,
  );

/** Points in PPP's numbers (IANA, PPP DLL protocol numbers). */
export const pppProtocols = { ipv4: 0x21, ipv6: 0x57, lcp: 0xc021 };

/**
 * A frame of a PPPoE session (RFC 2516), with the PPP protocol of what it carries.
 * @param {{ session: number, protocol: number }} fields
 * @param {Bytes} payload
 */
export const pppoe = ({ session, protocol }, payload) =>
  join([0x11, 0], u16(session), u16(payload.length + 2), u16(protocol), payload);

/**
 * An LLC header (IEEE 802.2) with a control field of one byte.
 * @param {{ dsap: number, ssap: number, control?: number }} fields `control` is an unnumbered frame if absent
 * @param {Bytes} payload
 */
export const llc = ({ dsap, ssap, control = 3 }, payload) => join([dsap, ssap, control], payload);

/**
 * SNAP behind LLC (RFC 1042).
 * @param {{ oui?: number, type: number }} fields `oui` is 0, for EtherTypes, if absent
 * @param {Bytes} payload
 */
export const snap = ({ oui = 0, type }, payload) =>
  llc({ dsap: 0xaa, ssap: 0xaa }, join(u32(oui).slice(1), u16(type), payload));

/** A link-layer address in the eight bytes that Linux's cooked captures have for it. */
const sllAddress = join(u16(6), mac('02:00:00:00:00:05'), [0, 0]);

/**
 * A Linux cooked capture's header (LINKTYPE_LINUX_SLL).
 * @param {{ direction?: number, type: number }} fields `direction` 0 is to us, 4 from us
 * @param {Bytes} payload
 */
export const sll = ({ direction = 0, type }, payload) => join(u16(direction), u16(1), sllAddress, u16(type), payload);

/**
 * Its second version (LINKTYPE_LINUX_SLL2).
 * @param {{ direction?: number, type: number, interface?: number }} fields
 * @param {Bytes} payload
 */
export const sll2 = ({ direction = 0, type, interface: index = 2 }, payload) =>
  join(u16(type), [0, 0], u32(index), u16(1), [direction], sllAddress.slice(1), payload);

/**
 * IGMP version 2 (RFC 2236); a query of version 3 (RFC 9776) has more behind it.
 * @param {{ type: number, code?: number, group: string }} fields
 * @param {Bytes} [more]
 */
export function igmp({ type, code = 0, group }, more = []) {
  const message = join([type, code, 0, 0], address(group), more);
  message.set(u16(checksum(message)), 2);
  return message;
}

/** CRC32c (RFC 9260 appendix A). @param {Uint8Array} bytes */
function crc32c(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}

/**
 * SCTP (RFC 9260).
 * @param {{ srcport: number, dstport: number, tag: number }} fields
 * @param {...Bytes} chunks as `sctpChunk` makes them
 */
export function sctp({ srcport, dstport, tag }, ...chunks) {
  const packet = join(u16(srcport), u16(dstport), u32(tag), u32(0), ...chunks);
  packet.set(u32(crc32c(packet)).reverse(), 8);
  return packet;
}

/** A chunk, filled up to a multiple of 4. @param {{ type: number, flags?: number }} fields @param {Bytes} body */
export const sctpChunk = ({ type, flags = 0 }, body) =>
  join([type, flags], u16(4 + body.length), body, new Array((4 - (body.length % 4)) % 4).fill(0));

/** ESP (RFC 4303) around bytes that look encrypted. @param {{ spi: number, sequence: number }} fields @param {Bytes} data */
export const esp = ({ spi, sequence }, data) => join(u32(spi), u32(sequence), data);

/**
 * AH (RFC 4302) with 12 bytes of check value.
 * @param {{ next: number, spi: number, sequence: number }} fields
 * @param {Bytes} payload
 */
export const ah = ({ next, ...fields }, payload) => join([next], extensions.authentication(fields).rest, payload);

/**
 * GRE (RFC 2784, RFC 2890).
 * @param {{ type: number, key?: number | undefined, sequence?: number | undefined, sum?: boolean, flags?: number }} fields `sum` adds a
 *   checksum; `flags` are set beside those of what there is
 * @param {Bytes} payload
 */
export function gre({ type, key, sequence, sum = false, flags = 0 }, payload) {
  const own = (sum ? 0x8000 : 0) | (key === undefined ? 0 : 0x2000) | (sequence === undefined ? 0 : 0x1000);
  const header = [...u16(own | flags), ...u16(type), ...(sum ? [0, 0, 0, 0] : [])];
  const optional = [key, sequence].flatMap((word) => (word === undefined ? [] : u32(word)));
  const packet = join(header, optional, payload);
  if (sum) packet.set(u16(checksum(packet)), 4);
  return packet;
}

/**
 * Geneve (RFC 8926), to be carried by UDP port 6081.
 * @param {{ vni: number, type?: number, options?: Bytes, words?: number, flags?: number }} fields `type` is an Ethernet
 *   frame's if absent; `words` is what the length of the options is said to be; the first two bytes are `flags` beside it
 * @param {Bytes} payload
 */
export const geneve = ({ vni, type = 0x6558, options = [], words = options.length / 4, flags = 0 }, payload) =>
  join(u16((words << 8) | flags), u16(type), u32((vni << 8) >>> 0), options, payload);

/**
 * GTP-U (3GPP TS 29.281), to be carried by UDP port 2152.
 * @typedef {{ sequence?: number | undefined, number?: number | undefined, extensions?: readonly Bytes[] | undefined }} Optional
 * @param {{ teid: number, type?: number } & Optional} fields `type` is a packet of the user's if absent; `number` that of an N-PDU; an extension header's last byte is what its
 *   next one is
 * @param {Bytes} payload
 */
export function gtpu({ teid, type = 255, sequence, number, extensions }, payload) {
  const flags = (extensions === undefined ? 0 : 4) | (sequence === undefined ? 0 : 2) | (number === undefined ? 0 : 1);
  const first = extensions === undefined || extensions.length === 0 ? 0 : 0x85;
  const optional = flags === 0 ? [] : join(u16(sequence ?? 0), [number ?? 0, first], ...(extensions ?? []));
  return join([0x30 | flags, type], u16(optional.length + payload.length), u32(teid), optional, payload);
}
