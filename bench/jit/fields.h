/*
 * W1 and W2 with header fields, in C of the meaning that docs/language.md gives `pkt.ip` and `pkt.tcp`: behind up to 4
 * VLAN tags, IPv4 options and up to 32 IPv6 extension headers, not on a later fragment, and there only where they are
 * captured. Behind `filters.h`, whose FILTER it uses.
 */
static inline uint32_t two(const uint8_t *p) { return (uint32_t)p[0] << 8 | p[1]; }
static inline uint32_t is_tag(uint32_t type) { return type == 0x8100 || type == 0x88a8 || type == 0x9100; }

/* The EtherType of the network header and where that starts; 0 where it is not captured. */
static inline uint32_t find_network(const uint8_t *p, uint32_t n, uint32_t *at) {
  if (n < 14) return 0;
  uint32_t type = two(p + 12);
  *at = 14;
  for (int tags = 0; tags < 4 && is_tag(type); tags++) {
    if (*at + 4 > n) return 0;
    type = two(p + *at + 2);
    *at += 4;
  }
  return type;
}

static inline uint32_t is_ipv4(const uint8_t *p, uint32_t n, uint32_t l3) {
  return l3 + 20 <= n && p[l3] >> 4 == 4 && (p[l3] & 15) >= 5;
}

/* The length of an IPv6 extension header from its second byte, by the header's number; 0 if it is none. */
static inline uint32_t extension_length(uint32_t number, uint32_t second) {
  switch (number) {
    case 0: case 43: case 60: case 135: case 139: case 140: return 8 * second + 8;
    case 51: return 4 * second + 8;
    case 44: return 8;
  }
  return 0;
}

/* Where the TCP header starts that is behind an IPv6 header; 0 if there is none. */
static inline uint32_t behind_ipv6(const uint8_t *p, uint32_t n, uint32_t l3) {
  if (l3 + 40 > n || p[l3] >> 4 != 6) return 0;
  uint32_t next = p[l3 + 6], l4 = l3 + 40;
  for (int headers = 0; headers < 32 && next != 6; headers++) {
    if (extension_length(next, 0) == 0 || l4 + 8 > n) return 0;
    if (next == 44 && (two(p + l4 + 2) & 0xfff8) != 0) return 0;
    uint32_t length = extension_length(next, p[l4 + 1]);
    next = p[l4];
    l4 += length;
  }
  return next == 6 ? l4 : 0;
}

/* Where the TCP header starts; 0 if there is none. */
static inline uint32_t find_tcp(const uint8_t *p, uint32_t n, uint32_t type, uint32_t l3) {
  uint32_t l4 = 0;
  if (type == 0x0800) {
    if (!is_ipv4(p, n, l3) || (two(p + l3 + 6) & 0x1fff) != 0 || p[l3 + 9] != 6) return 0;
    l4 = l3 + (p[l3] & 15) * 4;
  } else if (type == 0x86dd)
    l4 = behind_ipv6(p, n, l3);
  return l4 != 0 && l4 + 20 <= n && p[l4 + 12] >> 4 >= 5 ? l4 : 0;
}

/* tcp.srcport == 80 or tcp.dstport == 80 */
FILTER(w1i) {
  uint32_t l3 = 0, type = find_network(p, n, &l3), l4 = find_tcp(p, n, type, l3);
  return l4 != 0 && (two(p + l4) == 80 || two(p + l4 + 2) == 80);
}

/* ip.dst in one of two networks, tcp.dstport one of 20 */
FILTER(w2i) {
  uint32_t l3 = 0, type = find_network(p, n, &l3);
  if (type != 0x0800) return 0;
  uint32_t l4 = find_tcp(p, n, type, l3);
  if (l4 == 0) return 0;
  uint32_t net = two(p + l3 + 16);
  if (net != 0x0a01 && net != 0xc0a8) return 0;
  switch (two(p + l4 + 2)) {
    case 22: case 25: case 53: case 80: case 110: case 143: case 179: case 389: case 443: case 445:
    case 636: case 993: case 995: case 3306: case 3389: case 5432: case 6379: case 8080: case 8443: case 9200:
      return 1;
  }
  return 0;
}
