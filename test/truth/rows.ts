/** The rows of the table of headers, with what Wireshark calls each. */
import { type HeaderName, type HeaderRow, headers } from '../../compiler/index.ts';
import type { FieldRow, GroupRow } from '../../compiler/protocols/table.ts';

/** Something that a filter can ask of a header, and that tshark shows. */
export interface Row {
  /** As a filter says it behind the header's name: `ttl`, `flags.syn`. */
  readonly path: string;
  /** Wireshark's names, of which a packet has one. */
  readonly names: readonly string[];
  /** An IPv6 address, which cannot be printed. */
  readonly isAddress: boolean;
}

/** Wireshark's protocols of a header. */
export const protocolsOf = (header: HeaderName): readonly string[] => headers[header].wireshark ?? [header];

/** What is no row of the table, but a place in the packet that tshark has a field for. */
const places: Readonly<Partial<Record<HeaderName, readonly Row[]>>> = {
  tcp: [{ path: 'payload_len', names: ['tcp.len'], isAddress: false }],
  dns: [found('qtype', 'dns.qry.type'), found('qclass', 'dns.qry.class')],
  tls: [
    found('handshake_type', 'tls.handshake.type'),
    found('sni', 'tls.handshake.extensions_server_name'),
    found('alpn', 'tls.handshake.extensions_alpn_str'),
  ],
  http: [
    found('method', 'http.request.method'),
    found('path', 'http.request.uri'),
    found('host', 'http.host'),
    found('status', 'http.response.code'),
  ],
};

function found(path: string, name: string): Row {
  return { path, names: [name], isAddress: false };
}

function rowsIn(
  fields: Readonly<Record<string, FieldRow | GroupRow>>,
  before: string,
  names: readonly string[],
): Row[] {
  return Object.entries(fields).flatMap(([name, row]) => {
    const path = before + name;
    const own = name === 'value' ? names : names.map((each) => `${each}.${name}`);
    if ('parts' in row) return rowsIn(row.parts, `${path}.`, own);
    return [{ path, names: row.wireshark ?? own, isAddress: row.size === 16 }];
  });
}

/** All that is compared of a header. */
export const rowsOf = (header: HeaderName): readonly Row[] => [
  ...rowsIn((headers[header] satisfies HeaderRow).fields, '', protocolsOf(header)),
  ...(places[header] ?? []),
];
