// Search in texts in C: memchr for a byte, the same first-byte scan for a text.
#define _GNU_SOURCE
#include "bench.h"

static const char needle[] = "mill";

static bool has(const uint8_t *p, const uint8_t *end) {
  while (end - p >= 4) {
    p = memchr(p, needle[0], (size_t)(end - p) - 3);
    if (!p) return false;
    if (!memcmp(p + 1, needle + 1, 3)) return true;
    p++;
  }
  return false;
}

static double contains(const Batch *b) {
  const int32_t *x = b->in[0];
  const uint8_t *xs = b->in[1];
  uint64_t *restrict out = b->out[0];
  for (uint32_t i = 0; i < b->rows; i += 64) {
    uint64_t word = 0;
    for (uint32_t j = 0; j < 64; j++) {
      word |= (uint64_t)has(xs + x[i + j], xs + x[i + j + 1]) << j;
    }
    out[i >> 6] = word;
  }
  return 0;
}

static double index_of(const Batch *b) {
  const int32_t *x = b->in[0];
  const uint8_t *xs = b->in[1];
  int32_t *restrict out = b->out[0];
  for (uint32_t i = 0; i < b->rows; i++) {
    const uint8_t *start = xs + x[i];
    const uint8_t *found = memmem(start, (size_t)(x[i + 1] - x[i]), needle, 4);
    int32_t points = found ? 0 : -1;
    for (const uint8_t *p = start; p < found; p++) points += (*p & 0xc0) != 0x80;
    out[i] = points;
  }
  return 0;
}

static double split_part(const Batch *b) {
  const int32_t *x = b->in[0];
  const uint8_t *xs = b->in[1];
  int32_t *restrict offsets = b->out[0];
  uint8_t *restrict out = b->out[1];
  uint32_t to = 0;
  offsets[0] = 0;
  for (uint32_t i = 0; i < b->rows; i++) {
    const uint8_t *p = xs + x[i], *end = xs + x[i + 1], *found = NULL;
    int left = 2;
    while ((found = memchr(p, '/', (size_t)(end - p))) && left) {
      p = found + 1;
      left--;
    }
    const uint32_t length = left ? 0 : (uint32_t)((found ? found : end) - p);
    memcpy(out + to, p, length);
    offsets[i + 1] = (int32_t)(to += length);
  }
  return to;
}

static double replace(const Batch *b) {
  const int32_t *x = b->in[0];
  const uint8_t *xs = b->in[1];
  int32_t *restrict offsets = b->out[0];
  uint8_t *out = b->out[1], *to = out;
  offsets[0] = 0;
  for (uint32_t i = 0; i < b->rows; i++) {
    const uint8_t *p = xs + x[i], *end = xs + x[i + 1], *found;
    while ((found = memchr(p, '/', (size_t)(end - p)))) {
      memcpy(to, p, (size_t)(found - p));
      to += found - p;
      memcpy(to, " > ", 3);
      to += 3;
      p = found + 1;
    }
    memcpy(to, p, (size_t)(end - p));
    to += end - p;
    offsets[i + 1] = (int32_t)(to - out);
  }
  return (double)(to - out);
}

static const Function functions[] = {
    {"contains", contains}, {"index_of", index_of}, {"split_part", split_part}, {"replace", replace}};
MAIN(functions)
