// @ts-check
/** A wire one can talk over: conversations in, Ethernet frames out, with the sequence numbers and checksums right. */

import * as headers from './headers.mjs';
import * as payloads from './payloads.mjs';

const { flags, tcp, udp } = headers;

/** @import { Bytes, Extension, Tag } from './headers.mjs' */
/** @import { Random } from './rng.mjs' */
/**
 * A host's addresses; those of a host outside have the router's `mac`.
 * @typedef {{ mac: string, v4: string, v6: string }} Host
 */
/**
 * A captured frame; `wirelen` is more than `bytes.length` if it was cut.
 * @typedef {{ bytes: Uint8Array, wirelen: number }} Frame
 */
/**
 * How packets travel: over IPv6 (`six`), in VLANs, with IPv4 options or IPv6 extension headers, with only their first
 * `cut` bytes captured.
 * @typedef {object} Way
 * @property {boolean} [six]
 * @property {readonly Tag[]} [tags] from the outermost
 * @property {Bytes} [options]
 * @property {readonly Extension[]} [chain]
 * @property {number} [dsfield]
 * @property {number} [cut]
 */
/**
 * How a TCP conversation ends: closed, reset by the server, left open, refused at once, or captured from its middle.
 * @typedef {'fin' | 'rst' | 'open' | 'refused' | 'middle'} End
 */

/** Segment size, selective acknowledgements, window scale (RFC 9293, 2018, 7323). */
const synOptions = [2, 4, 0x05, 0xb4, 4, 2, 1, 3, 3, 7];

/** Time stamps (RFC 7323). @param {number} tick */
const stamps = (tick) => [1, 1, 8, 10, ...headers.u32(1000 + tick), ...headers.u32(900 + tick)];

/** The addresses of a packet from one host to another. @param {Host} from @param {Host} to @param {boolean} [six] */
export const between = (from, to, six = false) => (six ? { src: from.v6, dst: to.v6 } : { src: from.v4, dst: to.v4 });

export class Wire {
  /** What has been captured so far. @type {Frame[]} */
  frames = [];
  /** @type {Random} */
  #random;

  /** @param {Random} random where ports, identifiers and secrets come from */
  constructor(random) {
    this.#random = random;
  }

  /** Puts a whole frame on the wire. @param {Uint8Array} frame @param {number} [cut] bytes captured of it */
  put(frame, cut = frame.length) {
    this.frames.push({ bytes: frame.slice(0, cut), wirelen: frame.length });
  }

  /** One IP packet. @param {Host} from @param {Host} to @param {number} proto @param {Bytes} body @param {Way} [way] */
  send(from, to, proto, body, way = {}) {
    const { six = false, tags = [], options = [], chain = [], dsfield = 0 } = way;
    const ends = between(from, to, six);
    const packet = six
      ? headers.ipv6({ ...ends, proto, chain, trafficClass: dsfield, flow: this.#random.below(1 << 20) }, body)
      : headers.ipv4({ ...ends, proto, options, dsfield, id: this.#random.below(65536), flags: 2 }, body);
    this.put(headers.tagged({ src: from.mac, dst: to.mac, type: six ? 0x86dd : 0x0800, tags }, packet), way.cut);
  }

  /**
   * @param {Host} from @param {Host} to @param {number} srcport @param {number} dstport @param {Bytes} data
   * @param {Way} [way]
   */
  datagram(from, to, srcport, dstport, data, way = {}) {
    this.send(from, to, 17, udp({ ...between(from, to, way.six), srcport, dstport }, data), way);
  }

  /**
   * A TCP conversation: handshake, what either side says in turn (the client first), the end.
   * @param {Host} client @param {Host} server @param {number} srcport @param {number} dstport
   * @param {readonly Bytes[]} said @param {Way} [way] @param {End} [end]
   */
  talk(client, server, srcport, dstport, said, way = {}, end = 'fin') {
    const seq = [this.#random.next(), this.#random.next()];
    /** @param {number} side 0 is the client @param {number} bits @param {Bytes} [data] @param {Bytes} [options] */
    const step = (side, bits, data = [], options = stamps(this.frames.length)) => {
      const [from, to] = side === 0 ? [client, server] : [server, client];
      const ports = side === 0 ? { srcport, dstport } : { srcport: dstport, dstport: srcport };
      const mine = seq[side] ?? 0;
      const theirs = bits & flags.ack ? (seq[1 - side] ?? 0) : 0;
      const fields = { ...between(from, to, way.six), ...ports, seq: mine, ack: theirs, flags: bits, options };
      this.send(from, to, 6, tcp(fields, data), way);
      seq[side] = (mine + data.length + (bits & (flags.syn | flags.fin) ? 1 : 0)) >>> 0;
    };
    if (end !== 'middle') step(0, flags.syn, [], synOptions);
    if (end === 'refused') return step(1, flags.rst | flags.ack, [], []);
    if (end !== 'middle') {
      step(1, flags.syn | flags.ack, [], synOptions);
      step(0, flags.ack);
    }
    said.forEach((data, turn) => {
      step(turn % 2, flags.psh | flags.ack, data);
      step((turn + 1) % 2, flags.ack, [], []);
    });
    if (end === 'rst') step(1, flags.rst | flags.ack, [], []);
    if (end !== 'fin') return;
    step(0, flags.fin | flags.ack);
    step(1, flags.fin | flags.ack);
    step(0, flags.ack);
  }

  /** Echo requests and their answers. @param {Host} from @param {Host} to @param {number} count @param {Way} [way] */
  ping(from, to, count, way = {}) {
    const data = headers.latin1('abcdefghijklmnopqrstuvwabcdefghi');
    for (let index = 1; index <= count; index++) {
      this.control(from, to, { type: way.six ? 128 : 8, rest: 0x1234_0000 + index }, data, way);
      this.control(to, from, { type: way.six ? 129 : 0, rest: 0x1234_0000 + index }, data, way);
    }
  }

  /**
   * An ICMP or ICMPv6 message.
   * @param {Host} from @param {Host} to @param {{ type: number, code?: number, rest?: number }} fields
   * @param {Bytes} data @param {Way} [way]
   */
  control(from, to, fields, data, way = {}) {
    const message = way.six
      ? headers.icmpv6({ ...between(from, to, true), ...fields }, data)
      : headers.icmp(fields, data);
    this.send(from, to, way.six ? 58 : 1, message, way);
  }

  /**
   * A DNS question and its answer.
   * @param {Host} who @param {Host} resolver @param {string} name
   * @param {Way & { type?: number, answers?: readonly string[], rcode?: number }} [way]
   */
  resolve(who, resolver, name, way = {}) {
    const { type = payloads.recordTypes.A, answers = ['198.51.100.80'], rcode = 0 } = way;
    const id = this.#random.below(65536);
    const port = this.#random.range(40_000, 60_000);
    this.datagram(who, resolver, port, 53, payloads.dnsQuery({ id, name, type }), way);
    this.datagram(resolver, who, 53, port, payloads.dnsResponse({ id, name, type, answers, rcode }), way);
  }

  /**
   * A question for a hardware address and its answer.
   * @param {Host} asker @param {Host} target @param {readonly Tag[]} [tags]
   */
  whoHas(asker, target, tags = []) {
    const ask = headers.arp({ operation: 1, senderMac: asker.mac, sender: asker.v4, target: target.v4 });
    const parties = { senderMac: target.mac, sender: target.v4, targetMac: asker.mac, target: asker.v4 };
    this.put(headers.tagged({ src: asker.mac, dst: 'ff:ff:ff:ff:ff:ff', type: 0x0806, tags }, ask));
    const answer = headers.arp({ operation: 2, ...parties });
    this.put(headers.tagged({ src: target.mac, dst: asker.mac, type: 0x0806, tags }, answer));
  }

  /**
   * A TLS conversation.
   * @param {Host} client @param {Host} server @param {number} srcport @param {string} name @param {Way} [way]
   * @param {End} [end]
   */
  secure(client, server, srcport, name, way = {}, end = 'fin') {
    const hellos = [
      payloads.clientHello({ name, random: this.noise(32) }),
      payloads.serverHello({ random: this.noise(32) }),
    ];
    const rest = [payloads.tlsRecord(23, 0x0303, this.noise(120)), payloads.tlsRecord(23, 0x0303, this.noise(600))];
    this.talk(client, server, srcport, 443, end === 'middle' ? hellos : [...hellos, ...rest], way, end);
  }

  /**
   * One datagram to port 5004 in as many fragments as it takes; over IPv6 the fragment header comes after `way.chain`.
   * @param {Host} from @param {Host} to @param {number} size bytes of data @param {Way} [way]
   */
  fragmented(from, to, size, way = {}) {
    const { six = false, tags = [], chain = [] } = way;
    const ends = between(from, to, six);
    const body = udp({ ...ends, srcport: 5004, dstport: 5004 }, this.noise(size));
    const id = this.#random.below(65536);
    const step = six ? 1232 : 1480;
    for (let offset = 0; offset < body.length; offset += step) {
      const piece = body.slice(offset, offset + step);
      const more = offset + step < body.length;
      const packet = six
        ? headers.ipv6(
            { ...ends, proto: 17, chain: [...chain, headers.extensions.fragment({ offset, more, id })] },
            piece,
          )
        : headers.ipv4({ ...ends, proto: 17, id, offset, flags: more ? 1 : 0 }, piece);
      this.put(headers.tagged({ src: from.mac, dst: to.mac, type: six ? 0x86dd : 0x0800, tags }, packet));
    }
  }

  /** Bytes that look like nothing. @param {number} length */
  noise(length) {
    return this.#random.bytes(length);
  }
}
