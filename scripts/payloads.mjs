// @ts-check
/** What TCP and UDP carry: DNS, HTTP, TLS, VXLAN, NTP; just enough of each to be well-formed. */

import { address, join, latin1, u16, u32 } from './headers.mjs';

/** @import { Bytes } from './headers.mjs' */

/** A name as DNS writes it (RFC 1035 3.1). @param {string} name */
const dnsName = (name) => join(...name.split('.').map((label) => join([label.length], latin1(label))), [0]);

/** Types of DNS records. */
export const recordTypes = { A: 1, NS: 2, CNAME: 5, TXT: 16, AAAA: 28 };

/**
 * A DNS question (RFC 1035).
 * @param {{ id: number, name: string, type?: number }} fields `type` is A if absent
 */
export const dnsQuery = ({ id, name, type = recordTypes.A }) =>
  join(u16(id), u16(0x0100), u16(1), u16(0), u16(0), u16(0), dnsName(name), u16(type), u16(1));

/**
 * The answer to a DNS question: addresses, or none and a response code.
 * @param {{ id: number, name: string, type?: number, answers?: readonly string[], rcode?: number }} fields
 */
export function dnsResponse({ id, name, type = recordTypes.A, answers = [], rcode = 0 }) {
  const records = answers.map((text) => {
    const data = address(text);
    return join(u16(0xc00c), u16(type), u16(1), u32(300), u16(data.length), data);
  });
  const head = [u16(id), u16(0x8180 | rcode), u16(1), u16(answers.length), u16(0), u16(0)];
  return join(...head, dnsName(name), u16(type), u16(1), ...records);
}

/**
 * An HTTP/1.1 request (RFC 9112).
 * @param {{ method?: string, path?: string, host: string, body?: string }} fields
 */
export function httpRequest({ method = 'GET', path = '/', host, body = '' }) {
  const length = body === '' ? '' : `Content-Length: ${body.length}\r\n`;
  return latin1(
    `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: example/1.0\r\nAccept: */*\r\n${length}\r\n${body}`,
  );
}

/**
 * An HTTP/1.1 response.
 * @param {{ status?: string, body?: string }} fields `status` with its reason, as in `404 Not Found`
 */
export const httpResponse = ({ status = '200 OK', body = '' }) =>
  latin1(`HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`);

/** A TLS record (RFC 8446 5.1). @param {number} type @param {number} version @param {Bytes} body */
export const tlsRecord = (type, version, body) => join([type], u16(version), u16(body.length), body);

/** @param {number} type @param {Bytes} body */
const handshake = (type, body) => join([type, 0], u16(body.length), body);

/** @param {number} type @param {Bytes} body */
const tlsExtension = (type, body) => join(u16(type), u16(body.length), body);

/** @param {...Bytes} parts */
const counted = (...parts) => {
  const body = join(...parts);
  return join(u16(body.length), body);
};

/**
 * A TLS ClientHello in its record (RFC 8446 4.1.2), with the server's name (RFC 6066 3).
 * @param {{ name: string, random: Bytes, alpn?: readonly string[] }} fields `random` is 32 bytes; `alpn` are the
 *   protocols that the client offers (RFC 7301)
 */
export function clientHello({ name, random, alpn = [] }) {
  const host = join([0], u16(name.length), latin1(name));
  const offered = counted(...alpn.map((protocol) => join([protocol.length], latin1(protocol))));
  const hello = join(
    u16(0x0303),
    random,
    [0],
    counted(u16(0x1301), u16(0x1302), u16(0xc02f)),
    [1, 0],
    counted(
      tlsExtension(0, counted(host)),
      tlsExtension(10, counted(u16(29), u16(23))),
      tlsExtension(13, counted(u16(0x0403), u16(0x0804))),
      alpn.length === 0 ? [] : tlsExtension(16, offered),
      tlsExtension(43, [4, ...u16(0x0304), ...u16(0x0303)]),
    ),
  );
  return tlsRecord(22, 0x0301, handshake(1, hello));
}

/**
 * A TLS ServerHello in its record, TLS 1.2 without extensions.
 * @param {{ random: Bytes }} fields 32 bytes
 */
export const serverHello = ({ random }) =>
  tlsRecord(22, 0x0303, handshake(2, join(u16(0x0303), random, [0], u16(0xc02f), [0])));

/**
 * VXLAN (RFC 7348), to be carried by UDP port 4789.
 * @param {{ vni: number }} fields network identifier, 24 bits
 * @param {Bytes} frame an Ethernet frame
 */
export const vxlan = ({ vni }, frame) => join([8, 0, 0, 0], u32((vni << 8) >>> 0), frame);

/** An NTP client's question (RFC 5905), 48 bytes. */
export const ntpRequest = () => join([0x23, 0, 6, 0xec], new Uint8Array(44));
