/* The workloads for ubpf: each in a section of its own. */
#include <stdint.h>
#define FILTER(name) __attribute__((section("." #name), used)) uint32_t name(const uint8_t *p, uint32_t n)
#include <filters.h>
#include "fields.h"
