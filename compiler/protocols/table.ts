/**
 * The headers and fields of the filter language, as data: the one source from which the compiler's types, the
 * stock-Lua shim and the reference page are made. Offsets are those of the RFCs' diagrams, names are Wireshark's.
 * Where a header stands in a packet is said by a module (`compiler/modules`), in the filter language itself.
 */

import type { InnerKind } from './linktypes.ts';

/** A field read as an unsigned integer in network order: `(load(offset, size) >> shift) & mask`, then `* scale`. */
export interface FieldRow {
  /** Bytes from the header's start. */
  readonly offset: number;
  /** Bytes loaded, in network order; 16 are an IPv6 address, which has no shift, mask or scale. */
  readonly size: 1 | 2 | 4 | 6 | 16;
  /** Bits to shift right after the load; 0 if absent. */
  readonly shift?: number;
  /** Mask after the shift; every bit of the load if absent. */
  readonly mask?: number;
  /** Factor after the mask (a length counted in 32-bit words); 1 if absent. */
  readonly scale?: number;
  /** `boolean` fields are one bit wide and read as true or false. */
  readonly type?: 'boolean';
  /**
   * Wireshark's names of it, where they are not made of the names here: `ip.ttl`, `tcp.flags.syn`, and `tcp.flags` of a
   * group's `value`. The first that a packet has counts.
   */
  readonly wireshark?: readonly string[];
  readonly about: string;
}

/** A field with parts: `tcp.flags.syn` is a part, `tcp.flags.value` the whole number. */
export interface GroupRow {
  readonly parts: Readonly<Record<string, FieldRow>>;
  readonly about: string;
}

/** What a function of the header's module finds in it, by this row's name: of the packet, and of what it `takes`. */
export interface FoundRow {
  /** What it gives; nil where that is not there, unless it is a boolean. */
  readonly gives: 'string' | 'integer' | 'boolean';
  /** The constant string that it takes, called with `:`: a `domain` is given to the module as messages have it. */
  readonly takes?: 'text' | 'domain' | 'host';
  /** It is compared with constant domain names and nil, by the module's `is` and `name`, and has no value beyond that. */
  readonly isDomain?: true;
  readonly about: string;
}

export interface HeaderRow {
  readonly title: string;
  /** The module whose function of the header's name finds it; `link` is that of the packet's link type. */
  readonly module: 'link' | 'ip' | 'transport' | 'tunnels' | 'dns' | 'tls' | 'http';
  /** Wireshark's protocols that it is one of, where that is not the one of its name. */
  readonly wireshark?: readonly string[];
  /** Bytes that must be captured for the header to be there at all. */
  readonly minimum: number;
  readonly fields: Readonly<Record<string, FieldRow | GroupRow>>;
  /** What has no place of its own in it. */
  readonly found?: Readonly<Record<string, FoundRow>>;
  /**
   * Where what the header carries starts: `base` bytes behind the header's start, or as many as the named
   * field of the same header says, or where `payload_` and the header's name, a function of its module, finds it. Absent
   * where that has no place of its own.
   */
  readonly payload?: { readonly base: number } | { readonly field: string } | 'found';
  /**
   * The kinds of packets that stand in this header's payload, where packets do; `inner_` and the header's name, a function
   * of the module `tunnels`, gives where, and which of several kinds it is.
   */
  readonly inner?: readonly InnerKind[];
  /**
   * What says where that ends, absent where nothing does: the named field of the same header, which counts bytes from
   * the header's start, or the length field of the network header around it. An `open` field that is 0 says nothing,
   * as senders leave it whose hardware segments and whose packets are too large for it: the packet's end on the wire
   * counts then.
   */
  readonly end?: { readonly field: string; readonly open?: true } | 'network';
  readonly about: string;
}

/** One bit of a load, as a boolean. */
const bit = (offset: number, size: 1 | 2, shift: number, about: string): FieldRow => ({
  offset,
  size,
  shift,
  mask: 1,
  type: 'boolean',
  about,
});

export const protocols = {
  eth: {
    title: 'Ethernet II (IEEE 802.3)',
    module: 'link',
    minimum: 14,
    payload: { base: 14 },
    about: 'the frame header; nil on link types without one',
    fields: {
      dst: { offset: 0, size: 6, about: 'destination address, a 48-bit integer' },
      src: { offset: 6, size: 6, about: 'source address, a 48-bit integer' },
      type: {
        offset: 12,
        size: 2,
        wireshark: ['eth.type', 'eth.len'],
        about: 'EtherType, or the length in an 802.3 frame',
      },
    },
  },
  vlan: {
    title: 'VLAN tag (IEEE 802.1Q, 802.1ad)',
    module: 'link',
    wireshark: ['vlan', 'ieee8021ad'],
    minimum: 4,
    payload: { base: 4 },
    about: 'the outermost tag; it starts behind its EtherType (0x8100, 0x88a8 or 0x9100)',
    fields: {
      priority: { offset: 0, size: 2, shift: 13, mask: 7, about: 'priority code point' },
      dei: bit(0, 2, 12, 'drop eligible indicator'),
      id: {
        offset: 0,
        size: 2,
        mask: 0xfff,
        wireshark: ['vlan.id', 'ieee8021ad.id', 'ieee8021ad.svid'],
        about: 'VLAN identifier',
      },
      etype: {
        offset: 2,
        size: 2,
        wireshark: ['vlan.etype', 'vlan.len', 'ieee8021ah.etype'],
        about: 'EtherType of what follows',
      },
    },
  },
  ip: {
    title: 'IPv4 (RFC 791)',
    module: 'ip',
    minimum: 20,
    payload: { field: 'hdr_len' },
    end: { field: 'len', open: true },
    inner: ['ip'],
    about: 'behind up to 4 VLAN tags; version 4 and a header length of 20 bytes or more',
    fields: {
      version: { offset: 0, size: 1, shift: 4, mask: 15, about: 'always 4' },
      hdr_len: { offset: 0, size: 1, mask: 15, scale: 4, about: 'header length in bytes' },
      dsfield: {
        about: 'differentiated services (RFC 2474, RFC 3168)',
        parts: {
          value: { offset: 1, size: 1, about: 'the whole byte' },
          dscp: { offset: 1, size: 1, shift: 2, mask: 63, about: 'code point' },
          ecn: { offset: 1, size: 1, mask: 3, about: 'explicit congestion notification' },
        },
      },
      len: { offset: 2, size: 2, about: 'total length: header and payload, in bytes' },
      id: { offset: 4, size: 2, about: 'identification' },
      flags: {
        about: 'fragmentation flags',
        parts: {
          value: { offset: 6, size: 1, shift: 5, mask: 7, about: 'the three bits as a number' },
          rb: bit(6, 1, 7, 'reserved bit'),
          df: bit(6, 1, 6, "don't fragment"),
          mf: bit(6, 1, 5, 'more fragments'),
        },
      },
      frag_offset: { offset: 6, size: 2, mask: 0x1fff, scale: 8, about: 'fragment offset in bytes' },
      ttl: { offset: 8, size: 1, about: 'time to live' },
      proto: { offset: 9, size: 1, about: 'protocol of the payload' },
      checksum: { offset: 10, size: 2, about: 'header checksum' },
      src: { offset: 12, size: 4, about: 'source address, a 32-bit integer' },
      dst: { offset: 16, size: 4, about: 'destination address, a 32-bit integer' },
    },
  },
  ipv6: {
    title: 'IPv6 (RFC 8200)',
    module: 'ip',
    minimum: 40,
    payload: { base: 40 },
    inner: ['ip'],
    about: 'behind up to 4 VLAN tags; version 6',
    fields: {
      version: { offset: 0, size: 1, shift: 4, mask: 15, about: 'always 6' },
      flow: { offset: 0, size: 4, mask: 0xfffff, about: 'flow label' },
      plen: { offset: 4, size: 2, about: 'payload length: extension headers and what follows, in bytes' },
      nxt: { offset: 6, size: 1, about: 'next header: the first extension header, or the protocol of the payload' },
      hlim: { offset: 7, size: 1, about: 'hop limit' },
      src: { offset: 8, size: 16, about: 'source address' },
      dst: { offset: 24, size: 16, about: 'destination address' },
    },
  },
  tcp: {
    title: 'TCP (RFC 9293)',
    module: 'transport',
    minimum: 20,
    payload: { field: 'hdr_len' },
    end: 'network',
    about: 'over IPv4 or IPv6, behind IPv6 extension headers, not on a later fragment; a header length of 20 or more',
    fields: {
      srcport: { offset: 0, size: 2, about: 'source port' },
      dstport: { offset: 2, size: 2, about: 'destination port' },
      seq: { offset: 4, size: 4, about: 'sequence number, as sent' },
      ack: { offset: 8, size: 4, about: 'acknowledgment number, as sent' },
      hdr_len: { offset: 12, size: 1, shift: 4, mask: 15, scale: 4, about: 'header length in bytes' },
      flags: {
        about: 'control bits',
        parts: {
          value: { offset: 12, size: 2, mask: 0xfff, about: 'the twelve bits as a number' },
          ae: bit(12, 1, 0, 'accurate ECN (formerly NS)'),
          cwr: bit(13, 1, 7, 'congestion window reduced'),
          ece: bit(13, 1, 6, 'ECN echo'),
          urg: bit(13, 1, 5, 'urgent pointer is valid'),
          ack: bit(13, 1, 4, 'acknowledgment number is valid'),
          push: bit(13, 1, 3, 'push'),
          reset: bit(13, 1, 2, 'reset'),
          syn: bit(13, 1, 1, 'synchronize sequence numbers'),
          fin: bit(13, 1, 0, 'no more data from the sender'),
        },
      },
      window_size_value: { offset: 14, size: 2, about: 'window, unscaled' },
      checksum: { offset: 16, size: 2, about: 'checksum' },
      urgent_pointer: { offset: 18, size: 2, about: 'urgent pointer' },
    },
  },
  udp: {
    title: 'UDP (RFC 768)',
    module: 'transport',
    minimum: 8,
    payload: { base: 8 },
    end: { field: 'length' },
    about: 'over IPv4 or IPv6, behind IPv6 extension headers, not on a later fragment; a length field of 8 or more',
    fields: {
      srcport: { offset: 0, size: 2, about: 'source port' },
      dstport: { offset: 2, size: 2, about: 'destination port' },
      length: { offset: 4, size: 2, about: 'header and payload, in bytes' },
      checksum: { offset: 6, size: 2, about: 'checksum; 0 over IPv4: none' },
    },
  },
  gre: {
    title: 'GRE (RFC 2784, RFC 2890)',
    module: 'tunnels',
    minimum: 4,
    payload: 'found',
    end: 'network',
    inner: ['ethernet', 'ip'],
    about: 'over IPv4 or IPv6, not on a later fragment; `inner` where its version is 0 and it has no routing',
    fields: {
      flags: {
        about: 'which optional fields there are',
        parts: {
          value: {
            offset: 0,
            size: 2,
            wireshark: ['gre.flags_and_version'],
            about: 'the two bytes with the version as a number',
          },
          checksum: bit(0, 1, 7, 'checksum'),
          routing: bit(0, 1, 6, 'routing (RFC 1701)'),
          key: bit(0, 1, 5, 'key'),
          sequence_number: bit(0, 1, 4, 'sequence number'),
          version: { offset: 1, size: 1, mask: 7, about: 'version: 0, and 1 of PPTP (RFC 2637)' },
        },
      },
      proto: { offset: 2, size: 2, about: 'EtherType of the payload: 0x6558 Ethernet, 0x0800 IPv4, 0x86dd IPv6' },
    },
  },
  vxlan: {
    title: 'VXLAN (RFC 7348)',
    module: 'tunnels',
    minimum: 8,
    payload: { base: 8 },
    inner: ['ethernet'],
    about: 'over UDP to port 4789; `inner` where its flag `i` is set',
    fields: {
      flags: {
        about: 'flags',
        parts: {
          value: { offset: 0, size: 2, about: 'the first two bytes as a number' },
          i: { ...bit(0, 1, 3, 'the network identifier is valid'), wireshark: ['vxlan.flag_i'] },
        },
      },
      gbp: { offset: 2, size: 2, about: 'group policy identifier, of an extension' },
      vni: { offset: 4, size: 4, shift: 8, about: 'network identifier' },
    },
  },
  geneve: {
    title: 'Geneve (RFC 8926)',
    module: 'tunnels',
    minimum: 8,
    payload: 'found',
    inner: ['ethernet', 'ip'],
    about: 'over UDP to port 6081; version 0',
    fields: {
      opt_len: {
        offset: 0,
        size: 1,
        mask: 63,
        scale: 4,
        wireshark: ['geneve.option.length'],
        about: 'length of the options in bytes',
      },
      flags: {
        about: 'flags',
        parts: {
          value: { offset: 1, size: 1, about: 'the byte as a number' },
          oam: bit(1, 1, 7, 'a control message'),
          critical: bit(1, 1, 6, 'there are critical options'),
        },
      },
      proto_type: { offset: 2, size: 2, about: 'EtherType of the payload: 0x6558 Ethernet, 0x0800 IPv4, 0x86dd IPv6' },
      vni: { offset: 4, size: 4, shift: 8, about: 'network identifier' },
    },
  },
  gtpu: {
    title: 'GTP-U (3GPP TS 29.281)',
    module: 'tunnels',
    wireshark: ['gtp'],
    minimum: 8,
    payload: 'found',
    inner: ['ip'],
    about: 'over UDP to port 2152; version 1; `inner` in message 255, behind up to 32 extension headers',
    fields: {
      flags: {
        about: 'version, and which optional fields there are',
        parts: {
          value: { offset: 0, size: 1, wireshark: ['gtp.flags'], about: 'the byte as a number' },
          version: { offset: 0, size: 1, shift: 5, wireshark: ['gtp.flags.version'], about: 'always 1' },
          payload: { ...bit(0, 1, 4, "GTP, not GTP': always true"), wireshark: ['gtp.flags.payload'] },
          e: { ...bit(0, 1, 2, 'there are extension headers'), wireshark: ['gtp.flags.e'] },
          s: { ...bit(0, 1, 1, 'there is a sequence number'), wireshark: ['gtp.flags.s'] },
          pn: { ...bit(0, 1, 0, 'there is an N-PDU number'), wireshark: ['gtp.flags.pn'] },
        },
      },
      message: { offset: 1, size: 1, wireshark: ['gtp.message'], about: 'message type; 255: a packet of a user' },
      length: {
        offset: 2,
        size: 2,
        wireshark: ['gtp.length'],
        about: 'bytes behind the first 8: optional fields, extension headers and payload',
      },
      teid: { offset: 4, size: 4, wireshark: ['gtp.teid'], about: 'tunnel endpoint identifier' },
    },
  },
  dns: {
    title: 'DNS (RFC 1035)',
    module: 'dns',
    wireshark: ['dns', 'mdns'],
    minimum: 12,
    payload: { base: 12 },
    about: 'over UDP from or to port 53 or 5353, and over TCP port 53 where a segment starts with a message',
    fields: {
      id: { offset: 0, size: 2, about: 'identifier of a question and its answer' },
      flags: {
        about: 'flags',
        parts: {
          value: { offset: 2, size: 2, about: 'the sixteen bits as a number' },
          response: bit(2, 1, 7, 'an answer'),
          opcode: { offset: 2, size: 1, shift: 3, mask: 15, about: 'kind of question; 0: an ordinary one' },
          authoritative: bit(2, 1, 2, 'from the server of the zone'),
          truncated: bit(2, 1, 1, 'there is more, over TCP'),
          recdesired: bit(2, 1, 0, 'recursion is wanted'),
          recavail: bit(3, 1, 7, 'recursion can be had'),
          z: bit(3, 1, 6, 'reserved bit'),
          authenticated: bit(3, 1, 5, 'the answer is authenticated (RFC 4035)'),
          checkdisable: bit(3, 1, 4, 'what is not authenticated will do, too (RFC 4035)'),
          rcode: { offset: 3, size: 1, mask: 15, about: 'response code; 0: no error, 3: no such name' },
        },
      },
      count: {
        about: 'number of entries',
        parts: {
          queries: { offset: 4, size: 2, about: 'questions' },
          answers: { offset: 6, size: 2, about: 'answers' },
          auth_rr: { offset: 8, size: 2, about: 'authority records' },
          add_rr: { offset: 10, size: 2, about: 'additional records' },
        },
      },
    },
    found: {
      qname: {
        gives: 'string',
        isDomain: true,
        about: 'name of the first question, in lower case, without a dot at its end; compares with constants and nil',
      },
      qtype: { gives: 'integer', about: 'type of the first question, or nil' },
      qclass: { gives: 'integer', about: 'class of the first question, or nil' },
      is_below: {
        gives: 'boolean',
        takes: 'domain',
        about: 'whether the first question asks for this domain or a name below it',
      },
    },
  },
  tls: {
    title: 'TLS record (RFC 8446)',
    module: 'tls',
    minimum: 5,
    payload: { base: 5 },
    about:
      'where a TCP payload starts with a record, whatever the port: its type, version 3.0 to 3.4, and length are ones',
    fields: {
      record: {
        about: 'the first record',
        parts: {
          content_type: { offset: 0, size: 1, about: 'type: 20 to 23; 22: a handshake' },
          version: { offset: 1, size: 2, about: 'version: 0x0301 to 0x0303' },
          length: { offset: 3, size: 2, about: 'bytes behind these five' },
        },
      },
    },
    found: {
      handshake_type: {
        gives: 'integer',
        about: 'type of the message that a handshake record starts with, or nil; 1: ClientHello',
      },
      sni: { gives: 'string', about: "server's name in a ClientHello, as it stands there, or nil" },
      is_below: {
        gives: 'boolean',
        takes: 'host',
        about: "whether the server's name is this domain or below it, in upper or lower case",
      },
      alpn: { gives: 'string', about: 'first protocol that a ClientHello offers, or nil' },
      has_alpn: { gives: 'boolean', takes: 'text', about: 'whether a ClientHello offers this protocol' },
    },
  },
  http: {
    title: 'HTTP/1 (RFC 9112)',
    module: 'http',
    minimum: 4,
    about: 'where a TCP payload starts with a method and a space, or with `HTTP/1.`, whatever the port',
    fields: {},
    found: {
      method: { gives: 'string', about: 'method of a request, or nil' },
      path: { gives: 'string', about: "request's target, up to the space behind it, or nil" },
      path_starts: { gives: 'boolean', takes: 'text', about: "whether the request's target starts with this" },
      host: { gives: 'string', about: 'value of Host, with its port where there is one, or nil' },
      is_below: {
        gives: 'boolean',
        takes: 'host',
        about: 'whether the host is this domain or below it, whatever its port, in upper or lower case',
      },
      status: { gives: 'integer', about: 'status of a response, or nil' },
    },
  },
} as const satisfies Readonly<Record<string, HeaderRow>>;

export type HeaderName = keyof typeof protocols;

/** The header table with plain row types, for code that looks names up. */
export const headers: Readonly<Record<HeaderName, HeaderRow>> = protocols;

/** Where what a header carries starts, of one that says so. */
export function payloadRule(name: HeaderName): NonNullable<HeaderRow['payload']> {
  const { payload } = headers[name];
  if (payload === undefined) throw new TypeError(`${name} does not say where its payload starts`);
  return payload;
}

/** The row of a field that the table itself names: one that is no group. */
export function fieldRow(name: HeaderName, field: string): FieldRow {
  const row = headers[name].fields[field];
  if (row === undefined || 'parts' in row) throw new TypeError(`${name}.${field} is no field`);
  return row;
}
