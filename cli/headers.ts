/**
 * What a packet is, in short: its addresses and ports. A filter of our own finds the headers, so a list knows as many
 * link types, tags and extension headers as any other filter.
 */
import { linktypes, type Packet } from '../capture/index.ts';
import { compile } from '../compiler/index.ts';
import { type Filter, load } from '../vm/index.ts';

/** Bytes and fields as they stand in the packet; what it has not is absent. */
export interface Headers {
  readonly network: 'ip' | 'ipv6';
  readonly src: string;
  readonly dst: string;
  /** What IPv4, or the fixed header of IPv6, names as next: a number of IANA's. */
  readonly proto: number;
  readonly transport?: 'tcp' | 'udp';
  readonly srcport?: number;
  readonly dstport?: number;
  /** Names of the flags of TCP that are set. */
  readonly flags?: readonly string[];
}

/** Bits 0 to 15 of the verdict are the offset of the transport header, 16 to 27 of the network header, 28 and 29 its kind. */
const finder = `
return function(pkt)
  local network = pkt.ip or pkt.ipv6
  if not network or network.offset > 0xfff then return 0 end
  local found = 1 << 30 | network.offset << 16
  local tcp, udp = pkt.tcp, pkt.udp
  if tcp and tcp.offset <= 0xffff then return found | 1 << 28 | tcp.offset end
  if udp and udp.offset <= 0xffff then return found | 2 << 28 | udp.offset end
  return found
end`;

/** By link type; undefined where filters do not know its headers. */
const finders = new Map<number, Filter | undefined>();

function finderFor(linktype: number): Filter | undefined {
  if (!finders.has(linktype)) {
    const { bytes } = compile(finder, { linktype });
    finders.set(linktype, bytes === undefined ? undefined : load(bytes).filter);
  }
  return finders.get(linktype);
}

/** The headers of a packet, or undefined where it has none that are known here, or not enough of them was captured. */
export function headersOf({ bytes, start, caplen, wirelen, linktype }: Packet): Headers | undefined {
  const found = finderFor(linktype)?.run(bytes, start, caplen, wirelen) ?? 0;
  if (found === 0) return undefined;
  const packet = new DataView(bytes.buffer, bytes.byteOffset + start, caplen);
  const at = (found >>> 16) & 0xfff;
  const isIp = packet.getUint8(at) >> 4 === 4;
  const network = {
    network: isIp ? 'ip' : 'ipv6',
    src: isIp ? ipText(packet, at + 12) : ipv6Text(packet, at + 8),
    dst: isIp ? ipText(packet, at + 16) : ipv6Text(packet, at + 24),
    proto: packet.getUint8(at + (isIp ? 9 : 6)),
  } as const;
  const kind = (found >>> 28) & 3;
  if (kind === 0) return network;
  const header = found & 0xffff;
  const ports = { srcport: packet.getUint16(header), dstport: packet.getUint16(header + 2) };
  if (kind === 2) return { ...network, transport: 'udp', ...ports };
  const bits = packet.getUint8(header + 13);
  return { ...network, transport: 'tcp', ...ports, flags: flagNames.filter((_, bit) => (bits & (1 << bit)) !== 0) };
}

/** From bit 0 up (RFC 9293). */
const flagNames = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR'];

const ipText = (packet: DataView, at: number): string =>
  [0, 1, 2, 3].map((index) => packet.getUint8(at + index)).join('.');

/** As RFC 5952 writes it: the first of the longest runs of two or more zeros is left out. */
function ipv6Text(packet: DataView, at: number): string {
  const text = [0, 2, 4, 6, 8, 10, 12, 14].map((offset) => packet.getUint16(at + offset).toString(16)).join(':');
  const runs = [...text.matchAll(/\b0(?::0\b)+/g)].map(([run]) => run);
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '');
  if (longest === '') return text;
  const from = text.search(new RegExp(`\\b${longest}\\b`));
  return `${text.slice(0, from).replace(/:$/, '')}::${text.slice(from + longest.length).replace(/^:/, '')}`;
}

/** IANA's names, of protocols that a list is likely to meet. */
const protocols: Readonly<Record<number, string>> = {
  0: 'hop-by-hop',
  1: 'ICMP',
  2: 'IGMP',
  4: 'IPv4',
  6: 'TCP',
  17: 'UDP',
  41: 'IPv6',
  43: 'routing',
  44: 'fragment',
  47: 'GRE',
  50: 'ESP',
  51: 'AH',
  58: 'ICMPv6',
  60: 'destination options',
  89: 'OSPF',
  132: 'SCTP',
};

/** `TCP 192.0.2.10:40000 > 198.51.100.80:80 SYN`. */
export function headersText({ network, src, dst, proto, transport, srcport, dstport, flags = [] }: Headers): string {
  const host = (address: string, port: number | undefined): string =>
    port === undefined ? address : network === 'ip' ? `${address}:${port}` : `[${address}]:${port}`;
  const name = transport?.toUpperCase() ?? protocols[proto] ?? `protocol ${proto}`;
  return [name, host(src, srcport), '>', host(dst, dstport), ...(flags.length === 0 ? [] : [flags.join(',')])].join(
    ' ',
  );
}

/** What an Ethernet frame without an IP header that could be found carries, behind its VLAN tags; undefined where it is none. */
export function etherText({ bytes, start, caplen, linktype }: Packet): string | undefined {
  if (linktype !== linktypes.ETHERNET) return undefined;
  const packet = new DataView(bytes.buffer, bytes.byteOffset + start, caplen);
  for (let at = 12; at + 2 <= caplen; at += 4) {
    const type = packet.getUint16(at);
    if (type === 0x8100 || type === 0x88a8 || type === 0x9100) continue;
    return type === 0x0806 ? 'ARP' : type < 0x0600 ? 'IEEE 802.3' : `ethertype 0x${type.toString(16).padStart(4, '0')}`;
  }
  return undefined;
}
