/* The workloads as clang makes WebAssembly of them: each exported, and a batch over draws of each. */
#include <stdint.h>
#define FILTER(name) __attribute__((noinline, export_name(#name))) uint32_t name(const uint8_t *p, uint32_t n)
#include <filters.h>
#include "fields.h"

#define BATCH(name) \
  __attribute__((export_name("batch_" #name))) uint32_t batch_##name( \
    const uint32_t *start, const uint32_t *caplen, const uint32_t *order, uint32_t draws) { \
    uint32_t accepted = 0; \
    for (uint32_t draw = 0; draw < draws; draw++) { \
      uint32_t i = order[draw]; \
      accepted += name((const uint8_t *)start[i], caplen[i]); \
    } \
    return accepted; \
  }
BATCH(w1) BATCH(w2) BATCH(w3) BATCH(w4) BATCH(w5) BATCH(w1i) BATCH(w2i)
