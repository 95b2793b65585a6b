// @ts-check
/**
 * Asks tshark what it sees in captures. Everything that it would guess, compute or put together from several packets is
 * switched off, so that a field is what stands in its packet.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A protocol's part of a packet, as tshark shows it: `at` and `size` in bytes, and what it writes of each field, by the
 * field's name, in the order of the packet where there are several.
 * @typedef {{ protocol: string, at: number, size: number, fields: Record<string, readonly string[]> }} Layer
 */

const preferences = [
  ...['ip.defragment', 'ip.use_geoip', 'ipv6.defragment', 'ipv6.use_geoip', 'tcp.desegment_tcp_streams'],
  ...['tcp.relative_sequence_numbers', 'tcp.analyze_sequence_numbers', 'tcp.calculate_timestamps'],
  ...['tcp.track_bytes_in_flight', 'udp.calculate_timestamps', 'sctp.relative_tsns', 'sctp.reassembly'],
  ...['sctp.tsn_analysis', 'esp.do_esp_sequence_analysis', 'http.desegment_headers', 'http.desegment_body'],
  ...['tls.desegment_ssl_records', 'dns.desegment_dns_messages'],
].map((name) => `${name}:FALSE`);
// Extension headers as layers of their own, beside IPv6 and not in it.
const options = [
  '-n',
  ...[...preferences, 'ipv6.exthdr_under_root_protocol_tree:TRUE'].flatMap((each) => ['-o', each]),
];

/** Of what a tshark of one's own is set up to do, nothing counts here. */
const environment = { ...process.env, WIRESHARK_CONFIG_DIR: '/nonexistent' };

/** @param {readonly string[]} given */
const run = (given) =>
  execFileSync('tshark', given, { env: environment, stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1 << 29 }).toString(
    'utf8',
  );

/** Reads a capture, which tshark takes from files and pipes alone. @param {Uint8Array} capture @param {readonly string[]} given */
function read(capture, given) {
  const folder = mkdtempSync(join(tmpdir(), 'luabpf-tshark-'));
  try {
    const path = join(folder, 'given.pcap');
    writeFileSync(path, capture);
    return run([...options, '-r', path, ...given]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Its version, as in 4.0.17; undefined where tshark is not installed. */
export function tsharkVersion() {
  try {
    return /^TShark \(Wireshark\) (\d[\d.]*\d)/.exec(run(['--version']))?.[1];
  } catch {
    return undefined;
  }
}

/**
 * The numbers of the packets that a display filter accepts, from 1.
 * @param {Uint8Array} capture a pcap file
 * @param {string} filter throws where tshark does not know it
 */
export const acceptedByTshark = (capture, filter) =>
  read(capture, ['-Y', filter, '-T', 'fields', '-e', 'frame.number'])
    .split('\n')
    .filter((line) => line !== '')
    .map(Number);

/**
 * The layers of each packet of a capture, from the outermost.
 * @param {Uint8Array} capture a pcap file
 * @param {readonly string[]} [protocols] the only ones whose fields are asked for; all if absent
 * @returns {Layer[][]}
 */
export function dissect(capture, protocols) {
  const only = protocols === undefined ? [] : ['-J', protocols.join(' ')];
  return layersOf(read(capture, ['-T', 'pdml', ...only]));
}

/** What says nothing of the packet: its record, and remarks. */
const remarks = /^(geninfo|frame|pkt_comment|fake-field-wrapper|_ws\..*)$/;

const entities = new Map([
  ['&amp;', '&'],
  ['&lt;', '<'],
  ['&gt;', '>'],
  ['&quot;', '"'],
  ['&#x27;', "'"],
]);
/** @param {string} text */
const unescaped = (text) => text.replace(/&[^;]+;/g, (entity) => entities.get(entity) ?? entity);

/** @param {string} tag @param {string} name */
const attribute = (tag, name) => unescaped(new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1] ?? '');

/**
 * Reads PDML, of which tshark writes an element a line. A protocol within another is quoted by it, as a packet by an
 * ICMP error, and left out; so are fields that are hidden, as each says again what another says.
 * @param {string} pdml
 */
function layersOf(pdml) {
  /** @type {Layer[][]} */
  const packets = [];
  let depth = 0;
  /** @type {Layer | undefined} */
  let layer;
  for (const line of pdml.split('\n')) {
    const tag = line.trimStart();
    if (tag.startsWith('<packet>')) {
      packets.push([]);
    } else if (tag.startsWith('<proto ')) {
      const isEmpty = tag.endsWith('/>');
      if (depth === 0) {
        layer = {
          protocol: attribute(tag, 'name'),
          at: Number(attribute(tag, 'pos')),
          size: Number(attribute(tag, 'size')),
          fields: {},
        };
        if (!remarks.test(layer.protocol)) packets.at(-1)?.push(layer);
      }
      if (!isEmpty) depth += 1;
    } else if (tag.startsWith('</proto>')) {
      depth -= 1;
    } else if (tag.startsWith('<field ') && depth === 1 && layer !== undefined && !tag.includes(' hide="yes"')) {
      const name = attribute(tag, 'name');
      const show = / show="/.test(tag) ? attribute(tag, 'show') : undefined;
      if (name !== '' && show !== undefined && !name.startsWith('_ws.'))
        layer.fields[name] = [...(layer.fields[name] ?? []), show];
    }
  }
  return packets;
}
