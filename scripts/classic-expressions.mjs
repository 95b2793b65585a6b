// @ts-check
/**
 * The pcap-filter expressions of the classic fixtures, by link type: every kind that pcap-filter(7) of libpcap 1.10
 * names, but for `gateway`, which takes names that only a machine's own files resolve, `protochain`, which jumps
 * backward and is tested by itself, and `vxlan`, which came later. Nothing here needs a name looked up that is not the
 * same everywhere.
 */

/**
 * @typedef {object} LinkExpressions
 * @property {string} dlt libpcap's name of the link type, as `tcpdump -y` takes it
 * @property {number} linktype its number in capture files
 * @property {readonly string[]} expressions
 */

const web = 'tcp port 80 and (((ip[2:2] - ((ip[0]&0xf)<<2)) - ((tcp[12]&0xf0)>>2)) != 0)';

/** What asks for IP alone, so that it says the same on every link type. */
const overIp = ['ip', 'ip6', 'tcp port 80', 'udp and not net 192.0.2.0/24', 'ip6 host 2001:db8::1', 'ip[8] < 64'];
/** What every link type has, even one whose headers libpcap does not know. */
const anywhere = ['len > 80', 'less 40', 'link[0] & 1 = 1', 'link[4:4] > link[0:4]'];

const ethernet = [
  // Protocols.
  ...['ip', 'ip6', 'arp', 'tcp', 'udp', 'icmp', 'icmp6', 'igmp', 'esp', 'ip proto 47', 'ip6 proto 17', 'proto 17'],
  ...['ip proto 6', 'ip6 proto 58', 'ip6 proto 0', 'ether proto 0x88a8', 'ether proto 0x86dd', 'stp', 'rarp or arp'],
  ...['ah', 'pim', 'sctp', 'vrrp', 'carp', 'igrp', 'rarp', 'ip proto \\tcp', 'ip6 proto \\udp', 'proto \\sctp'],
  ...['ether proto \\ip', 'ether proto \\loopback', 'ether proto 0x42'],
  ...['decnet', 'lat', 'moprc', 'mopdl', 'sca', 'atalk', 'aarp', 'ipx', 'netbeui'],
  ...['ether proto \\iso', 'ether proto \\aarp', 'ether proto \\netbeui'],
  // LLC, and what ISO has on it.
  ...['llc', 'llc i', 'llc s', 'llc u', 'llc rr', 'llc rnr', 'llc rej', 'llc ui', 'llc ua', 'llc disc'],
  ...['llc sabme', 'llc test', 'llc xid', 'llc frmr', 'not llc'],
  ...['iso', 'iso proto 0x82', 'clnp', 'esis', 'isis', 'isis proto 18'],
  ...['l1', 'l2', 'iih', 'lsp', 'snp', 'csnp', 'psnp'],
  // Hosts and networks.
  ...['host 192.0.2.10', 'src host 192.0.2.10', 'dst host 198.51.100.80', 'host 2001:db8::10'],
  ...['src host 2001:db8:2::80', 'ip host 192.0.2.1 or ip6 host ::1', 'dst 10.1.2.3', 'src or dst host 203.0.113.53'],
  ...['src and dst net 192.0.2.0/24', 'ip host 192.0.2.77', 'ip6 src host fe80::1', 'rarp host 192.0.2.1'],
  ...['net 203.0.113.0/24', 'src net 192.0.2.0/28', 'dst net 198.51.100.0 mask 255.255.255.0', 'net 10.0.0.0/8'],
  ...['net 192.0.2', 'src net 198.51', 'dst net 10', 'net 0.0.0.0/0', 'arp net 192.0.2.0/24'],
  ...['ip6 net 2001:db8::/32', 'dst net 2001:db8:3::/48', 'arp host 192.0.2.1', 'ip host 10.1.2.3'],
  ...['net 2001:db8::/33', 'src net fe80::/10', 'dst host ff02::fb', 'net 2001:db8::1/128'],
  ...['host 192.0.2.10 and host 198.51.100.80', 'host 192.0.2.1 and not 198.51.100.10'],
  ...['decnet src 1.10', 'decnet dst 1.10', 'decnet host 1.10'],
  // Hardware addresses.
  ...['ether host 02:00:00:00:00:03', 'ether src 02:00:00:00:00:01', 'ether dst 02:00:00:00:00:02'],
  ...['ether host 0200.0000.0001', 'ether broadcast', 'ether multicast', 'broadcast', 'multicast'],
  ...['ip multicast', 'ip6 multicast', 'ip broadcast', 'ip broadcast or ether broadcast'],
  // Ports.
  ...['port 53', 'tcp port 80', 'udp port 53', 'src port 443', 'tcp dst port 22', 'portrange 40000-40010'],
  ...[
    'tcp src portrange 1-1023',
    'udp dst portrange 5000-5010',
    'port 80 or port 8080',
    'tcp port 22 or udp port 4789',
  ],
  ...['ip6 and tcp port 443', 'sctp port 80', 'sctp dst portrange 20-80', 'tcp port 80 or 443 or 8080'],
  ...['src and dst port 53', 'src portrange 1000-40000 and dst port 25', 'portrange 80-22', 'not port 53'],
  // Length.
  ...['greater 200', 'less 64', 'len > 100', 'len - 14 > 54', 'len / 2 < 40', 'len & 1 = 1', 'len = 66 or len = 74'],
  ...['len * 2 - 1 > 100', '100 < len', 'len % 7 = 3', 'len ^ 0xff > 200', 'len | 1 = 61', 'len + 4 <= 64'],
  // Tags and tunnels.
  ...['vlan', 'vlan 10', 'vlan 20 and udp', 'vlan and vlan', 'vlan 100 and vlan 10 and tcp', 'vlan and ip6'],
  ...['vlan and vlan and vlan and udp port 53', '(tcp port 80) or (vlan and tcp port 80)', 'not vlan', 'not vlan 10'],
  ...['mpls', 'mpls 1000 and ip', 'mpls and mpls 1024', 'mpls 3 and ip6', 'mpls and tcp port 80', 'vlan and mpls'],
  ...['pppoed', 'pppoes', 'pppoes 0x27', 'pppoes 0x27 and ip', 'pppoes and tcp port 80', 'pppoes and ip6'],
  ...['geneve', 'geneve 0xb', 'geneve 0xb and ip', 'geneve and tcp port 80', 'geneve and ether host 02:00:00:00:00:01'],
  // Bytes.
  ...['tcp[13] & 2 != 0', 'tcp[tcpflags] & (tcp-syn|tcp-fin) != 0', 'tcp[tcpflags] = tcp-syn'],
  ...['tcp[tcpflags] & tcp-rst != 0', 'tcp[tcpflags] & (tcp-push|tcp-ack|tcp-urg) = tcp-ack'],
  ...['tcp[tcpflags] & (tcp-ece|tcp-cwr) != 0'],
  ...['ip[0] & 0xf > 5', 'ip[0] & 0xf != 5', 'ip[6:2] & 0x1fff != 0', 'ip[6] & 0x20 != 0', 'ip[8] < 64 or ip[1] != 0'],
  ...['ip[2:2] / 4 > 20', 'ip[2:2] % 3 = 1', 'ip[2:2] * 2 > 200', 'ip[2:2] << 1 >= 120', 'ip[2:2] >> 6 = 1'],
  ...['ip[12:4] ^ ip[16:4] > 0x80000000', 'ip[12:4] - ip[16:4] > 0x7fffffff', 'ip[4:2] | ip[8] >= 0x8000'],
  ...['ip[4:2] / ip[8] > 500', 'ip[4:2] % ip[1] = 1', 'ip[4] << ip[8] = 0', 'ip[12:4] >> (ip[8] & 7) > 0x1000000'],
  ...['ip[4:2] * ip[4:2] > 0x40000000', '(-ip[8]) < 0xffffff02', 'ip[ip[0] & 0xf] != 0', 'ip[len - 20] > 100'],
  ...['udp[4:2] > 50', 'udp[8:2] & 0x8000 = 0', 'ip6[6] = 0', 'ip6[4:2] > 100', 'ip6[40] = 128'],
  ...['ip6[8:4] = 0x20010db8', 'ip6[0:4] & 0xff00000 != 0', 'ether[0] & 1 = 0 and ip'],
  ...['ether[12:2] = 0x0800', 'ether[14:4] & 0xff000000 = 0x45000000', 'ether[60:4] = 0', 'ether[6:4] = 0x02000000'],
  ...['link[12:2] > 1500', 'tcp[((tcp[12] & 0xf0) >> 2):4] = 0x47455420', 'tcp[0:2] > tcp[2:2]'],
  ...['tcp[14:2] = 64240 and ip[9] = 6', 'arp[6:2] = 2', 'arp[14:4] = 0xc0000201', 'rarp[6:2] = 3', web],
  ...['atalk[2] > 100', 'decnet[0] & 7 = 1', 'lat[0] < 128', 'moprc[0:2] > 0x8000', 'mopdl[1] & 1 = 1', 'sca[0] != 0'],
  ...['igmp[0] = 0x16', 'igrp[0] & 0xf = 1', 'pim[0] = 0x20', 'vrrp[1] = 10', 'carp[0] & 0xf = 1', 'sctp[2:2] = 443'],
  ...['sctp[12] = 1'],
  // ICMP.
  ...['icmp[icmptype] = icmp-echo', 'icmp[icmptype] != icmp-echo and icmp[icmptype] != icmp-echoreply'],
  ...['icmp[0] = 3 and icmp[1] = 3', 'icmp[icmptype] = icmp-unreach and icmp[icmpcode] = 1'],
  ...['icmp[icmptype] = icmp-timxceed', 'icmp[4:4] > 0x80000000', 'icmp6[icmp6type] = icmp6-echo'],
  ...['icmp6 and ip6[40] != 128', 'icmp6[icmp6type] = icmp6-neighborsolicit or icmp6[icmp6code] = 2'],
  // Together.
  ...['not tcp', 'not (ip or ip6)', 'ip and not udp and not icmp'],
  ...['tcp and (port 80 or port 443) and not host 192.0.2.20', '! tcp && (udp || icmp)'],
  'src host 192.0.2.10 and (tcp dst port 80 or tcp dst port 443) and tcp[13] & 8 != 0',
  '(udp port 53 and host 203.0.113.53) or (icmp and less 100) or (ip6 and tcp port 443 and greater 90)',
  'ether src 02:00:00:00:00:02 and ip and (tcp or udp) and not net 203.0.113.0/24 and len < 150',
  'vlan or arp or (ip[0] & 0xf > 5)',
  'not (not (not (tcp or (udp and not port 53)) and ip) or arp)',
];

const wlan = [
  ...['type mgt', 'type ctl', 'type data', 'type mgt subtype beacon', 'type mgt subtype probe-req'],
  ...['type ctl subtype ack', 'type data subtype qos-data', 'subtype deauth', 'not subtype rts'],
  ...['dir nods', 'dir tods', 'dir fromds', 'dir dstods', 'wlan host 02:00:00:00:00:01', 'ip', 'tcp port 80'],
];

/** @type {readonly LinkExpressions[]} */
export const linkExpressions = [
  { dlt: 'EN10MB', linktype: 1, expressions: ethernet },
  { dlt: 'NULL', linktype: 0, expressions: [...overIp, 'link[0:4] = 0x02000000'] },
  { dlt: 'LOOP', linktype: 108, expressions: overIp },
  { dlt: 'RAW', linktype: 101, expressions: [...overIp, 'icmp or icmp6', 'not ip and not ip6'] },
  { dlt: 'IPV4', linktype: 228, expressions: ['tcp', 'udp port 53', 'net 192.0.2.0/24', 'ip[0] & 0xf > 5'] },
  { dlt: 'IPV6', linktype: 229, expressions: ['tcp', 'udp port 53', 'net 2001:db8::/32', 'ip6[6] = 0', 'icmp6'] },
  {
    dlt: 'LINUX_SLL',
    linktype: 113,
    expressions: [...overIp, 'arp', 'inbound', 'outbound', 'link[0:2] = 4', 'ipx', 'stp', 'netbeui', 'isis'],
  },
  { dlt: 'LINUX_SLL2', linktype: 276, expressions: [...overIp, 'arp', 'inbound', 'outbound', 'ifindex 3'] },
  {
    dlt: 'PPP',
    linktype: 9,
    expressions: [...overIp, 'ipx', 'atalk', 'iso', 'netbeui', 'inbound', 'outbound', 'ppp[2:2] = 0x21', 'mpls and ip'],
  },
  { dlt: 'PPP_SERIAL', linktype: 50, expressions: [...overIp, 'ipx'] },
  { dlt: 'PPP_BSDOS', linktype: 16, expressions: overIp },
  { dlt: 'C_HDLC', linktype: 104, expressions: [...overIp, 'isis', 'arp', 'link[0] = 0x8f'] },
  { dlt: 'FRELAY', linktype: 107, expressions: [...overIp, 'clnp', 'esis', 'isis'] },
  { dlt: 'SLIP', linktype: 8, expressions: [...overIp, 'inbound', 'outbound', 'slip[1] > 100'] },
  {
    dlt: 'IEEE802_11',
    linktype: 105,
    expressions: [
      ...[...wlan, ...overIp.slice(3), 'llc', 'stp', 'isis', 'wlan broadcast', 'wlan multicast'],
      ...['wlan src 02:00:00:00:00:01', 'wlan dst 02:00:00:00:00:02', 'wlan[0] & 0xfc = 0x80'],
      ...['wlan ra 02:00:00:00:00:01', 'wlan ta 02:00:00:00:00:01', 'wlan addr1 02:00:00:00:00:01'],
      ...['wlan addr2 02:00:00:00:00:01', 'wlan addr3 02:00:00:00:00:01', 'wlan addr4 02:00:00:00:00:01'],
    ],
  },
  { dlt: 'IEEE802_11_RADIO', linktype: 127, expressions: [...wlan, 'radio[2:2] > 0x1000', 'wlan broadcast'] },
  { dlt: 'IEEE802_11_RADIO_AVS', linktype: 163, expressions: wlan },
  { dlt: 'PRISM_HEADER', linktype: 119, expressions: wlan },
  {
    dlt: 'FDDI',
    linktype: 10,
    expressions: [
      ...overIp,
      'fddi host 02:00:00:00:00:01',
      'stp',
      'aarp',
      'atalk',
      'netbeui',
      'fddi[0] & 7 = 0',
      'isis',
    ],
  },
  {
    dlt: 'IEEE802',
    linktype: 6,
    expressions: [...overIp, 'tr host 02:00:00:00:00:01', 'tr broadcast', 'ipx', 'llc', 'tr[0] & 7 = 0', 'lsp'],
  },
  {
    dlt: 'IP_OVER_FC',
    linktype: 122,
    expressions: [...overIp, 'ether host 02:00:00:00:00:01', 'ether multicast', 'arp'],
  },
  { dlt: 'APPLE_IP_OVER_IEEE1394', linktype: 138, expressions: [...overIp, 'arp'] },
  { dlt: 'ARCNET', linktype: 7, expressions: [...overIp, 'arp', 'rarp', 'atalk', 'ether host $07', 'ether broadcast'] },
  { dlt: 'ARCNET_LINUX', linktype: 129, expressions: [...overIp, 'arp', 'ether dst $7f', 'ether src $07'] },
  { dlt: 'ATM_RFC1483', linktype: 100, expressions: [...overIp, 'iso', 'stp', 'clnp'] },
  {
    dlt: 'SUNATM',
    linktype: 123,
    expressions: [
      ...['vpi 1', 'vci 5', 'vpi 0 and vci > 5', 'lane', 'lane and ip', 'llc', 'oam', 'oamf4', 'metac', 'bcc', 'sc'],
      ...['ilmic', 'connectmsg', 'metaconnect', 'ip', 'lane and tcp port 80', 'udp'],
    ],
  },
  {
    dlt: 'PFLOG',
    linktype: 117,
    expressions: [
      ...[...overIp, 'ifname em0', 'on em0', 'rnr 3', 'rulenum 3', 'srnr 1', 'subrulenum 2', 'reason match'],
      ...['reason 4', 'rset web', 'ruleset web', 'action block', 'action pass', 'action nat', 'inbound', 'outbound'],
    ],
  },
  { dlt: 'ENC', linktype: 109, expressions: overIp },
  {
    dlt: 'MTP2',
    linktype: 140,
    expressions: [
      ...['fisu', 'lssu', 'lsu', 'msu', 'hfisu', 'hlssu', 'hmsu', 'sio 3', 'sio > 4', 'opc 5', 'dpc 6', 'sls 7'],
      ...['hsio 3', 'hopc 5', 'hdpc 6', 'hsls 7', 'msu and opc > 100'],
    ],
  },
  { dlt: 'MTP2_WITH_PHDR', linktype: 139, expressions: ['fisu', 'lssu', 'msu', 'sio 3', 'opc 5', 'dpc 6', 'sls 7'] },
  { dlt: 'IPNET', linktype: 226, expressions: [...overIp, 'inbound', 'outbound'] },
  ...[
    { dlt: 'JUNIPER_ETHER', linktype: 178 },
    { dlt: 'JUNIPER_ATM1', linktype: 137 },
  ].map((type) => ({ ...type, expressions: ['inbound', 'outbound', 'ip', 'link[0:4] & 0xff = 0x83'] })),
].map((type) => ({ ...type, expressions: [...type.expressions, ...anywhere] }));
