/*
 * Other machines for classic BPF, asked for their verdicts: libpcap's bpf_filter(), or with -DKERNEL the running Linux
 * kernel, whose socket filter says by the length of what arrives.
 *
 * In, on standard input, in this machine's byte order: u32 programs; for each u32 instructions, then 8 bytes each, u16
 * code, u8 jt, u8 jf, u32 k; then u32 packets; for each u32 wirelen, u32 caplen, caplen bytes.
 * Out: for each program u32 status, 0 or why it is refused (an errno); where it is 0, a u32 verdict for each packet.
 * The kernel takes caplen for wirelen, and its verdict is cut to that; of an empty packet it says nothing, so 0.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct packet {
  uint32_t wirelen, caplen;
  unsigned char *bytes;
};

static void fail(const char *what) {
  fprintf(stderr, "peer: %s: %s\n", what, strerror(errno));
  exit(2);
}

#ifdef KERNEL
#include <linux/filter.h>
#include <sys/socket.h>

typedef struct sock_filter instruction;
static int ends[2];

static void open_machine(void) {
  int size = 1 << 20;
  if (socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) != 0) fail("socketpair");
  if (setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size) != 0) fail("SO_SNDBUF");
}

static uint32_t load(instruction *code, uint32_t length) {
  struct sock_fprog program = {length, code};
  if (length > 0xffff) return EINVAL;
  return setsockopt(ends[1], SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0 ? 0 : errno;
}

static uint32_t run(instruction *code, const struct packet *packet) {
  char byte;
  (void)code;
  if (packet->caplen == 0) return 0;
  if (send(ends[0], packet->bytes, packet->caplen, MSG_DONTWAIT) != packet->caplen) fail("send");
  ssize_t length = recv(ends[1], &byte, sizeof byte, MSG_DONTWAIT | MSG_TRUNC);
  if (length >= 0) return length;
  if (errno != EAGAIN) fail("recv");
  return 0;
}
#else
#include <pcap/pcap.h>

typedef struct bpf_insn instruction;

static void open_machine(void) {}

static uint32_t load(instruction *code, uint32_t length) { return bpf_validate(code, length) ? 0 : EINVAL; }

static uint32_t run(instruction *code, const struct packet *packet) {
  return bpf_filter(code, packet->bytes, packet->wirelen, packet->caplen);
}
#endif

static void take(void *to, size_t size) {
  if (size > 0 && fread(to, size, 1, stdin) != 1) fail("the input ends too soon");
}

static uint32_t take_word(void) {
  uint32_t word;
  take(&word, sizeof word);
  return word;
}

static void *room(size_t count, size_t size) {
  void *found = calloc(count > 0 ? count : 1, size);
  if (found == NULL) fail("memory");
  return found;
}

int main(void) {
  uint32_t programs = take_word();
  uint32_t *lengths = room(programs, sizeof *lengths);
  instruction **codes = room(programs, sizeof *codes);
  for (uint32_t i = 0; i < programs; i++) {
    lengths[i] = take_word();
    codes[i] = room(lengths[i], sizeof **codes);
    take(codes[i], lengths[i] * sizeof **codes);
  }
  uint32_t count = take_word();
  struct packet *packets = room(count, sizeof *packets);
  for (uint32_t i = 0; i < count; i++) {
    packets[i].wirelen = take_word();
    packets[i].caplen = take_word();
    packets[i].bytes = room(packets[i].caplen, 1);
    take(packets[i].bytes, packets[i].caplen);
  }
  open_machine();
  for (uint32_t i = 0; i < programs; i++) {
    uint32_t status = load(codes[i], lengths[i]);
    fwrite(&status, sizeof status, 1, stdout);
    if (status != 0) continue;
    for (uint32_t p = 0; p < count; p++) {
      uint32_t verdict = run(codes[i], &packets[p]);
      fwrite(&verdict, sizeof verdict, 1, stdout);
    }
  }
  if (fflush(stdout) != 0 || ferror(stdout)) fail("output");
  return 0;
}
