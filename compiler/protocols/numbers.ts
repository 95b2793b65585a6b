/** IP protocol numbers (IANA, Assigned Internet Protocol Numbers): what `net.TCP` and its kin are. */
export const ipProtocols: ReadonlyMap<string, bigint> = new Map([
  ['ICMP', 1n],
  ['IGMP', 2n],
  ['TCP', 6n],
  ['UDP', 17n],
  ['IPV6', 41n],
  ['GRE', 47n],
  ['ESP', 50n],
  ['AH', 51n],
  ['ICMPV6', 58n],
  ['OSPF', 89n],
  ['SCTP', 132n],
]);

/**
 * The same by IANA's keywords in lower case, as `/etc/protocols` has them, with those that people filter by: what
 * `net.proto.tcp` and its kin are.
 */
export const protocolNumbers: ReadonlyMap<string, bigint> = named(
  'hopopt 0 icmp 1 igmp 2 ipencap 4 tcp 6 egp 8 udp 17 dccp 33 ipv6 41 rsvp 46 gre 47 esp 50 ah 51 icmpv6 58 eigrp 88 ' +
    'ospf 89 pim 103 vrrp 112 l2tp 115 sctp 132 udplite 136',
);

/**
 * Ports by IANA's service names (Service Name and Transport Protocol Port Number Registry), those that people know, and
 * `dns`, `dhcp`, `smb` and `rdp`, which the registry has by other names: what `net.port.https` and its kin are.
 */
export const servicePorts: ReadonlyMap<string, bigint> = named(
  'ftp-data 20 ftp 21 ssh 22 telnet 23 smtp 25 domain 53 dns 53 bootps 67 dhcp 67 bootpc 68 tftp 69 http 80 kerberos 88 ' +
    'pop3 110 sunrpc 111 nntp 119 ntp 123 netbios-ns 137 netbios-dgm 138 netbios-ssn 139 imap 143 snmp 161 snmptrap 162 ' +
    'bgp 179 irc 194 ldap 389 https 443 microsoft-ds 445 smb 445 submissions 465 isakmp 500 syslog 514 dhcpv6-client 546 ' +
    'dhcpv6-server 547 rtsp 554 submission 587 ipp 631 ldaps 636 domain-s 853 rsync 873 ftps 990 imaps 993 pop3s 995 ' +
    'socks 1080 openvpn 1194 ms-sql-s 1433 pptp 1723 radius 1812 mqtt 1883 nfs 2049 gtp-control 2123 gtp-user 2152 ' +
    'mysql 3306 ms-wbt-server 3389 rdp 3389 stun 3478 diameter 3868 ipsec-nat-t 4500 vxlan 4789 sip 5060 sips 5061 ' +
    'mdns 5353 llmnr 5355 postgresql 5432 amqp 5672 geneve 6081 redis 6379 http-alt 8080 secure-mqtt 8883',
);

/** A list of names, each with its number behind it. */
function named(list: string): ReadonlyMap<string, bigint> {
  const words = list.split(' ');
  const names = words.filter((_, i) => i % 2 === 0);
  return new Map(names.map((name, i) => [name, BigInt(words[2 * i + 1]!)]));
}
