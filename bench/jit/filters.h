/*
 * W1 to W5 in C, where ../shared/anchors with its file of this name is not at hand: of a packet and its captured length,
 * 1 or 0. What reads behind what was captured rejects.
 */
#include <stdint.h>
#ifndef FILTER
#define FILTER(name) __attribute__((noinline)) uint32_t name(const uint8_t *p, uint32_t n)
#endif

static inline uint32_t be16(const uint8_t *p) { return (uint32_t)p[0] << 8 | p[1]; }

/* tcp port 80, as tcpdump means it. */
FILTER(w1) {
  if (n < 14) return 0;
  uint32_t ethertype = be16(p + 12), ports = 54;
  if (ethertype == 0x86dd) {
    if (n < 21 || p[20] != 6) return 0;
  } else {
    if (ethertype != 0x0800 || n < 24 || p[23] != 6 || (be16(p + 20) & 0x1fff) != 0) return 0;
    ports = 14 + (p[14] & 15) * 4;
  }
  if (ports + 2 > n) return 0;
  if (be16(p + ports) == 80) return 1;
  return ports + 4 <= n && be16(p + ports + 2) == 80;
}

static inline uint32_t is_wanted_port(uint32_t port) {
  switch (port) {
    case 22: case 25: case 53: case 80: case 110: case 143: case 179: case 389: case 443: case 445:
    case 636: case 993: case 995: case 3306: case 3389: case 5432: case 6379: case 8080: case 8443: case 9200:
      return 1;
  }
  return 0;
}

/* IPv4 to one of two networks, TCP, to one of 20 ports. */
FILTER(w2) {
  if (n < 34 || be16(p + 12) != 0x0800) return 0;
  uint32_t net = be16(p + 30);
  if ((net != 0x0a01 && net != 0xc0a8) || p[23] != 6 || (be16(p + 20) & 0x1fff) != 0) return 0;
  uint32_t l4 = 14 + (p[14] & 15) * 4;
  return l4 + 4 <= n && is_wanted_port(be16(p + l4 + 2));
}

/* The TCP options hold a timestamp. */
FILTER(w3) {
  if (n < 34 || be16(p + 12) != 0x0800 || p[23] != 6 || (be16(p + 20) & 0x1fff) != 0) return 0;
  uint32_t header = (p[14] & 15) * 4, l4 = 14 + header;
  if (header < 20 || l4 + 20 > n) return 0;
  uint32_t stop = l4 + (p[l4 + 12] >> 4) * 4;
  if (stop > n) stop = n;
  for (uint32_t at = l4 + 20; at < stop;) {
    uint32_t kind = p[at];
    if (kind == 0) return 0;
    if (kind == 1) {
      at++;
      continue;
    }
    if (at + 1 >= stop) return 0;
    uint32_t length = p[at + 1];
    if (length < 2 || at + length > stop) return 0;
    if (kind == 8) return 1;
    at += length;
  }
  return 0;
}

/* The EtherType behind up to two VLAN tags, and where its header starts; 0 where that is not captured. */
static inline uint32_t network(const uint8_t *p, uint32_t n, uint32_t *at) {
  if (n < 14) return 0;
  uint32_t ethertype = be16(p + 12);
  *at = 14;
  for (int tags = 0; tags < 2 && (ethertype == 0x8100 || ethertype == 0x88a8); tags++) {
    if (*at + 4 > n) return 0;
    ethertype = be16(p + *at + 2);
    *at += 4;
  }
  return ethertype;
}

/* Where the payload of TCP or UDP starts, or 0. */
static inline uint32_t payload(const uint8_t *p, uint32_t n) {
  uint32_t l3, l4, protocol, ethertype = network(p, n, &l3);
  if (ethertype == 0x0800) {
    if (l3 + 20 > n || (be16(p + l3 + 6) & 0x1fff) != 0) return 0;
    uint32_t header = (p[l3] & 15) * 4;
    if (header < 20) return 0;
    protocol = p[l3 + 9];
    l4 = l3 + header;
  } else if (ethertype == 0x86dd) {
    if (l3 + 40 > n) return 0;
    protocol = p[l3 + 6];
    l4 = l3 + 40;
  } else
    return 0;
  if (protocol == 17) return l4 + 8 <= n ? l4 + 8 : 0;
  if (protocol != 6 || l4 + 20 > n) return 0;
  uint32_t header = (p[l4 + 12] >> 4) * 4;
  return header < 20 ? 0 : l4 + header;
}

/* The payload of TCP or UDP contains "attack", byte by byte. */
FILTER(w4) {
  uint32_t at = payload(p, n);
  if (at == 0) return 0;
  for (; at + 6 <= n; at++)
    if (p[at] == 'a' && p[at + 1] == 't' && p[at + 2] == 't' && p[at + 3] == 'a' && p[at + 4] == 'c' && p[at + 5] == 'k')
      return 1;
  return 0;
}

/* The DNS question has more than 3 labels, or one of more than 20 bytes. */
FILTER(w5) {
  uint32_t l3;
  if (network(p, n, &l3) != 0x0800 || l3 + 20 > n || p[l3 + 9] != 17 || (be16(p + l3 + 6) & 0x1fff) != 0) return 0;
  uint32_t header = (p[l3] & 15) * 4, l4 = l3 + header;
  if (header < 20 || l4 + 20 > n) return 0;
  if ((be16(p + l4) != 53 && be16(p + l4 + 2) != 53) || be16(p + l4 + 12) == 0) return 0;
  uint32_t at = l4 + 20;
  for (uint32_t labels = 1; at < n; labels++) {
    uint32_t length = p[at];
    if (length == 0 || length > 63) return 0;
    if (length > 20 || labels > 3) return 1;
    at += length + 1;
  }
  return 0;
}
