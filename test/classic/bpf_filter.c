/*
 * libpcap's own validator and interpreter, for libpcap.test.ts. Standard input: for each program a line
 * `LENGTH PACKETLENGTH WIRELENGTH`, LENGTH lines `code jt jf k`, a line of the packet's bytes in decimal. Standard
 * output: a line each, what bpf_validate() says and, where it accepts, what bpf_filter() returns.
 */
#include <pcap/pcap.h>
#include <stdio.h>

int main(void) {
  static struct bpf_insn code[4096];
  static unsigned char packet[4096];
  unsigned length, caplen, wirelen;
  while (scanf("%u %u %u", &length, &caplen, &wirelen) == 3) {
    if (length > 4096 || caplen > 4096) return 2;
    for (unsigned i = 0; i < length; i++) {
      unsigned c, jt, jf, k;
      if (scanf("%u %u %u %u", &c, &jt, &jf, &k) != 4) return 2;
      code[i] = (struct bpf_insn){.code = c, .jt = jt, .jf = jf, .k = k};
    }
    for (unsigned i = 0; i < caplen; i++) {
      unsigned byte;
      if (scanf("%u", &byte) != 1) return 2;
      packet[i] = byte;
    }
    if (bpf_validate(code, length)) printf("1 %u\n", bpf_filter(code, packet, wirelen, caplen));
    else printf("0\n");
  }
  return 0;
}
