/*
 * libpcap's own interpreter, bpf_filter(), on packets in memory.
 *   bpf_filter dump EXPRESSION              the optimised program, as tcpdump -ddd prints it
 *   bpf_filter run EXPRESSION FILE PACKETS DRAWS   nanoseconds a packet, and how many were accepted
 * DRAWS random packets are taken from the first PACKETS of the file, by the same numbers as interpreter.mjs does.
 */
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

int main(int argc, char **argv) {
  struct bpf_program program;
  pcap_t *dead = pcap_open_dead(DLT_EN10MB, 262144);
  if (argc < 3 || pcap_compile(dead, &program, argv[2], 1, PCAP_NETMASK_UNKNOWN) != 0) {
    fprintf(stderr, "bpf_filter: %s\n", argc < 3 ? "arguments are missing" : pcap_geterr(dead));
    return 2;
  }
  if (strcmp(argv[1], "dump") == 0) {
    printf("%u\n", program.bf_len);
    for (unsigned i = 0; i < program.bf_len; i++) {
      struct bpf_insn *in = &program.bf_insns[i];
      printf("%u %u %u %u\n", in->code, in->jt, in->jf, in->k);
    }
    return 0;
  }
  if (argc < 6) return 2;
  char error[PCAP_ERRBUF_SIZE];
  pcap_t *file = pcap_open_offline(argv[3], error);
  if (file == NULL) {
    fprintf(stderr, "bpf_filter: %s\n", error);
    return 2;
  }
  unsigned packets = atoi(argv[4]), draws = atoi(argv[5]), count = 0;
  unsigned char **data = malloc(packets * sizeof *data);
  unsigned *caplen = malloc(packets * sizeof *caplen), *wirelen = malloc(packets * sizeof *wirelen);
  struct pcap_pkthdr *header;
  const unsigned char *bytes;
  while (count < packets && pcap_next_ex(file, &header, &bytes) == 1) {
    data[count] = malloc(header->caplen + 1);
    memcpy(data[count], bytes, header->caplen);
    caplen[count] = header->caplen;
    wirelen[count++] = header->len;
  }
  unsigned *order = malloc(draws * sizeof *order);
  unsigned long long seed = 12345;
  for (unsigned i = 0; i < draws; i++) {
    seed = seed * 16807 % 2147483647;
    order[i] = seed % count;
  }
  double best = 1e300;
  unsigned accepted = 0;
  for (int round = 0; round < 3; round++) {
    double start = now();
    accepted = 0;
    for (unsigned i = 0; i < draws; i++) {
      unsigned p = order[i];
      accepted += bpf_filter(program.bf_insns, data[p], wirelen[p], caplen[p]) != 0;
    }
    double ns = (now() - start) / draws;
    if (ns < best) best = ns;
  }
  printf("%.3f %u\n", best, accepted);
  return 0;
}
