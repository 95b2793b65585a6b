/*
 * The C peers, on packets in memory:
 *   native CAPTURE                    the workloads as gcc compiles them
 *   native CAPTURE libpcap W1 W2      libpcap's bpf_filter() on these expressions
 *   native CAPTURE ubpf OBJECT        ubpf's JIT on the workloads of a BPF object, its own checks off
 *   native CAPTURE verdicts           of each workload, a digit for every packet of the capture
 * A line of JSON a workload: nanoseconds a packet, the best of some passes over 200,000 random draws from the first
 * 2,000 packets, and how many of the draws it accepts. `capture.mjs` draws the same.
 */
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <filters.h>
#include "fields.h"
#ifdef UBPF
#include <ubpf.h>
#endif

enum { DRAWS = 200000, PACKETS = 2000, WARM_UP = 2, PASSES = 5 };
typedef uint32_t (*Filter)(const uint8_t *, uint32_t);

static const struct { const char *name; Filter filter; } workloads[] = {
  { "w1", w1 }, { "w2", w2 }, { "w3", w3 }, { "w4", w4 }, { "w5", w5 }, { "w1i", w1i }, { "w2i", w2i },
};
enum { WORKLOADS = sizeof workloads / sizeof *workloads };

static uint8_t *bytes;
static uint32_t *start, *caplen, *wirelen, count, *order;

static void stop(const char *what, const char *why) {
  fprintf(stderr, "native: %s: %s\n", what, why);
  exit(2);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

/* The packets lie in memory as they lie in the file. */
static void read_capture(const char *path) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) stop(path, "cannot be read");
  fseek(file, 0, SEEK_END);
  size_t size = ftell(file), most = size / 16 + 1;
  rewind(file);
  bytes = malloc(size + 64);
  start = malloc(most * sizeof *start);
  caplen = malloc(most * sizeof *caplen);
  wirelen = malloc(most * sizeof *wirelen);
  if (fread(bytes, 1, size, file) != size) stop(path, "cannot be read");
  for (size_t at = 24; at + 16 <= size; at += 16 + caplen[count++]) {
    memcpy(&caplen[count], bytes + at + 8, 4);
    memcpy(&wirelen[count], bytes + at + 12, 4);
    start[count] = at + 16;
  }
  order = malloc(DRAWS * sizeof *order);
  uint64_t seed = 12345;
  for (int i = 0; i < DRAWS; i++) {
    seed = seed * 16807 % 2147483647;
    order[i] = seed % (count < PACKETS ? count : PACKETS);
  }
}

/* A loop a call site: RUN is an expression of the packet i. */
#define MEASURE(name, RUN) do { \
  double best = 1e300; \
  uint32_t accepted = 0; \
  for (int pass = -WARM_UP; pass < PASSES; pass++) { \
    double begin = now(); \
    accepted = 0; \
    for (int draw = 0; draw < DRAWS; draw++) { uint32_t i = order[draw]; accepted += (RUN) != 0; } \
    double ns = (now() - begin) / DRAWS; \
    if (pass >= 0 && ns < best) best = ns; \
  } \
  printf("{\"workload\":\"%s\",\"ns\":%.3f,\"accepted\":%u}\n", name, best, accepted); \
} while (0)

static void measure_native(void) {
  for (int k = 0; k < WORKLOADS; k++) {
    volatile Filter any = workloads[k].filter;
    Filter filter = any;
    MEASURE(workloads[k].name, filter(bytes + start[i], caplen[i]));
  }
}

static void measure_libpcap(const char *name, const char *expression) {
  struct bpf_program program;
  pcap_t *dead = pcap_open_dead(DLT_EN10MB, 262144);
  if (pcap_compile(dead, &program, expression, 1, PCAP_NETMASK_UNKNOWN) != 0) stop(name, pcap_geterr(dead));
  MEASURE(name, bpf_filter(program.bf_insns, bytes + start[i], wirelen[i], caplen[i]));
}

#ifdef UBPF
static void measure_ubpf(const char *path) {
  static uint8_t object[1 << 20];
  FILE *file = fopen(path, "rb");
  if (file == NULL) stop(path, "cannot be read");
  size_t size = fread(object, 1, sizeof object, file);
  for (int k = 0; k < WORKLOADS; k++) {
    const char *name = workloads[k].name;
    char *error = NULL;
    struct ubpf_vm *vm = ubpf_create();
    ubpf_toggle_bounds_check(vm, false);
    ubpf_jit_fn filter = NULL;
    if (ubpf_load_elf_ex(vm, object, size, name, &error) == 0) filter = ubpf_compile(vm, &error);
    /* Some versions refuse what clang ends with a jump. */
    if (filter == NULL) fprintf(stderr, "ubpf: %s: %s\n", name, error);
    else MEASURE(name, (uint32_t)filter(bytes + start[i], caplen[i]));
  }
}
#endif

int main(int argc, char **argv) {
  if (argc < 2) stop("arguments", "CAPTURE [libpcap W1 W2 | ubpf OBJECT | verdicts]");
  read_capture(argv[1]);
  const char *mode = argc > 2 ? argv[2] : "native";
  if (strcmp(mode, "native") == 0) measure_native();
  else if (strcmp(mode, "libpcap") == 0 && argc == 5) {
    measure_libpcap("w1", argv[3]);
    measure_libpcap("w2", argv[4]);
  } else if (strcmp(mode, "verdicts") == 0)
    for (int k = 0; k < WORKLOADS; k++) {
      printf("{\"workload\":\"%s\",\"verdicts\":\"", workloads[k].name);
      for (uint32_t i = 0; i < count; i++) putchar(workloads[k].filter(bytes + start[i], caplen[i]) != 0 ? '1' : '0');
      printf("\"}\n");
    }
#ifdef UBPF
  else if (strcmp(mode, "ubpf") == 0 && argc == 4) measure_ubpf(argv[3]);
#endif
  else stop(mode, "not known");
  return 0;
}
