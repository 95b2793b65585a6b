// @ts-check
/**
 * Writes `test/data/classic/expressions.json`: pcap-filter expressions, the classic BPF that tcpdump makes of them
 * (`tcpdump -ddd`), and the numbers of the packets of `examples/captures/mixed.pcap` that tcpdump accepts. Needs
 * tcpdump; run it after a change to the capture or the list: `node scripts/make-classic-fixtures.mjs`.
 *
 * One entry a line: { expression, optimised, snaplen, program, accepted }. `snaplen` is what an accepted packet
 * returns; `program` is the text of -ddd: the number of instructions, then a line `code jt jf k` for each.
 */

import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mixedCapture } from './make-captures.mjs';

/** tcpdump's own when not told. */
const SNAPLEN = 262_144;

const web = 'tcp port 80 and (((ip[2:2] - ((ip[0]&0xf)<<2)) - ((tcp[12]&0xf0)>>2)) != 0)';

/** Nothing here needs a name looked up that is not the same everywhere. */
const expressions = [
  // Protocols.
  ...['ip', 'ip6', 'arp', 'tcp', 'udp', 'icmp', 'icmp6', 'igmp', 'esp', 'ip proto 47', 'ip6 proto 17', 'proto 17'],
  ...['ip proto 6', 'ip6 proto 58', 'ip6 proto 0', 'ether proto 0x88a8', 'ether proto 0x86dd', 'stp', 'rarp or arp'],
  // Hosts and networks.
  ...[
    'host 192.0.2.10',
    'src host 192.0.2.10',
    'dst host 198.51.100.80',
    'host 2001:db8::10',
    'src host 2001:db8:2::80',
  ],
  ...['net 203.0.113.0/24', 'src net 192.0.2.0/28', 'dst net 198.51.100.0 mask 255.255.255.0', 'net 10.0.0.0/8'],
  ...['ip6 net 2001:db8::/32', 'dst net 2001:db8:3::/48', 'arp host 192.0.2.1', 'ip host 10.1.2.3'],
  'host 192.0.2.10 and host 198.51.100.80',
  // Hardware addresses.
  ...['ether host 02:00:00:00:00:03', 'ether src 02:00:00:00:00:01', 'ether dst 02:00:00:00:00:02'],
  ...['ether broadcast', 'ether multicast', 'ip multicast', 'ip6 multicast', 'ip broadcast or ether broadcast'],
  // Ports.
  ...['port 53', 'tcp port 80', 'udp port 53', 'src port 443', 'tcp dst port 22', 'portrange 40000-40010'],
  ...[
    'tcp src portrange 1-1023',
    'udp dst portrange 5000-5010',
    'port 80 or port 8080',
    'tcp port 22 or udp port 4789',
  ],
  'ip6 and tcp port 443',
  // Length.
  ...['greater 200', 'less 64', 'len > 100', 'len - 14 > 54', 'len / 2 < 40', 'len & 1 = 1', 'len = 66 or len = 74'],
  // VLANs and MPLS.
  ...['vlan', 'vlan 10', 'vlan 20 and udp', 'vlan and vlan', 'vlan 100 and vlan 10 and tcp', 'vlan and ip6'],
  ...[
    'vlan and vlan and vlan and udp port 53',
    '(tcp port 80) or (vlan and tcp port 80)',
    'not vlan',
    'mpls',
    'mpls 1000 and ip',
  ],
  // Bytes.
  ...[
    'tcp[13] & 2 != 0',
    'tcp[tcpflags] & (tcp-syn|tcp-fin) != 0',
    'tcp[tcpflags] = tcp-syn',
    'tcp[tcpflags] & tcp-rst != 0',
  ],
  ...['ip[0] & 0xf > 5', 'ip[0] & 0xf != 5', 'ip[6:2] & 0x1fff != 0', 'ip[6] & 0x20 != 0', 'ip[8] < 64 or ip[1] != 0'],
  ...[
    'ip[2:2] / 4 > 20',
    'ip[2:2] % 3 = 1',
    'ip[2:2] * 2 > 200',
    'ip[2:2] << 1 >= 120',
    'ip[2:2] >> 6 = 1',
    'ip[12:4] ^ ip[16:4] > 0x80000000',
  ],
  ...[
    'udp[4:2] > 50',
    'udp[8:2] & 0x8000 = 0',
    'ip6[6] = 0',
    'ip6[4:2] > 100',
    'ip6[40] = 128',
    'ether[0] & 1 = 0 and ip',
  ],
  ...['ether[12:2] = 0x0800', 'ether[14:4] & 0xff000000 = 0x45000000', 'tcp[((tcp[12] & 0xf0) >> 2):4] = 0x47455420'],
  ...['tcp[0:2] > tcp[2:2]', 'tcp[14:2] = 64240 and ip[9] = 6', 'arp[6:2] = 2', web],
  // ICMP.
  ...[
    'icmp[icmptype] = icmp-echo',
    'icmp[icmptype] != icmp-echo and icmp[icmptype] != icmp-echoreply',
    'icmp[0] = 3 and icmp[1] = 3',
  ],
  ...['icmp6[icmp6type] = icmp6-echo', 'icmp6 and ip6[40] != 128'],
  // Together.
  ...[
    'not tcp',
    'not (ip or ip6)',
    'ip and not udp and not icmp',
    'tcp and (port 80 or port 443) and not host 192.0.2.20',
  ],
  'src host 192.0.2.10 and (tcp dst port 80 or tcp dst port 443) and tcp[13] & 8 != 0',
  '(udp port 53 and host 203.0.113.53) or (icmp and less 100) or (ip6 and tcp port 443 and greater 90)',
  'ether src 02:00:00:00:00:02 and ip and (tcp or udp) and not net 203.0.113.0/24 and len < 150',
  'vlan or arp or (ip[0] & 0xf > 5)',
];

/** The times of the packets in a little-endian pcap, as text. @param {Buffer} file */
function times(file) {
  const found = [];
  for (let at = 24; at < file.length; at += 16 + file.readUInt32LE(at + 8)) {
    found.push(`${file.readUInt32LE(at)}.${file.readUInt32LE(at + 4)}`);
  }
  return found;
}

/** @param {readonly string[]} options @param {Buffer} [input] */
const tcpdump = (options, input) =>
  execFileSync('tcpdump', options, { input, stdio: ['pipe', 'pipe', 'ignore'], maxBuffer: 1 << 26 });

/**
 * @param {string} expression
 * @param {boolean} optimised
 * @param {Buffer} file
 * @param {ReadonlyMap<string, number>} numbers packet numbers by their times
 */
function fixture(expression, optimised, file, numbers) {
  const level = optimised ? [] : ['-O'];
  const program = tcpdump([...level, '-y', 'EN10MB', '-s', `${SNAPLEN}`, '-ddd', expression]).toString('latin1');
  const accepted = times(tcpdump([...level, '-r', '-', '-w', '-', expression], file)).map((time) => numbers.get(time));
  return { expression, optimised, snaplen: SNAPLEN, program, accepted };
}

const file = Buffer.from(mixedCapture());
const numbers = new Map(times(file).map((time, index) => [time, index + 1]));
const fixtures = expressions.flatMap((expression, index) => {
  const optimised = fixture(expression, true, file, numbers);
  const count = optimised.accepted.length;
  if (count === 0 || count === numbers.size)
    console.error(`${expression}: accepts ${count} of ${numbers.size} packets`);
  if (index % 3 !== 0) return [optimised];
  const plain = fixture(expression, false, file, numbers);
  if (`${plain.accepted}` !== `${optimised.accepted}`) throw new Error(`${expression}: -O changes what is accepted`);
  return [optimised, plain];
});
const target = fileURLToPath(new URL('../test/data/classic/expressions.json', import.meta.url));
mkdirSync(dirname(target), { recursive: true });
writeFileSync(target, `[\n${fixtures.map((entry) => JSON.stringify(entry)).join(',\n')}\n]\n`);
console.log(`${fixtures.length} programs of ${expressions.length} expressions, ${numbers.size} packets`);
