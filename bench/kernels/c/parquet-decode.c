// Plain values to columns in C.
#include "bench.h"

static uint32_t load32(const uint8_t *at) {
  uint32_t word;
  memcpy(&word, at, 4);
  return word;
}

// As in the kernel, 32 bytes without asking.
static void copy_text(uint8_t *out, const uint8_t *from, uint32_t length) {
  memcpy(out, from, 32);
  for (uint32_t i = 32; i < length; i += 16) memcpy(out + i, from + i, 16);
}

static double plain_bytes(const Batch *b) {
  const uint8_t *at = b->in[0], *end = at + b->in_bytes[0];
  uint32_t total = 0;
  for (uint32_t i = 0; i < b->rows; i++) {
    if (end - at < 4) return -1;
    const uint32_t length = load32(at);
    at += 4;
    if (length > (size_t)(end - at)) return -1;
    at += length;
    total += length;
  }
  at = b->in[0];
  uint32_t *restrict offsets = b->out[0];
  uint8_t *restrict out = b->out[1];
  uint32_t offset = offsets[0] = 0;
  for (uint32_t i = 0; i < b->rows; i++) {
    const uint32_t length = load32(at);
    copy_text(out + offset, at + 4, length);
    at += 4 + length;
    offsets[i + 1] = offset += length;
  }
  return total;
}

static double dictionary_bytes(const Batch *b) {
  const uint32_t *from = b->in[0], *ids = b->in[2];
  const uint8_t *bytes = b->in[1];
  uint32_t *restrict offsets = b->out[0];
  uint8_t *restrict out = b->out[1];
  uint64_t total = offsets[0] = 0;
  for (uint32_t i = 0; i < b->rows; i++) {
    total += from[ids[i] + 1] - from[ids[i]];
    offsets[i + 1] = (uint32_t)total;
  }
  for (uint32_t i = 0; i < b->rows; i++) {
    const uint32_t start = from[ids[i]], length = from[ids[i] + 1] - start;
    copy_text(out, bytes + start, length);
    out += length;
  }
  return (double)total;
}

static double merge_8(const Batch *b) {
  const uint8_t *in = b->in[0];
  uint8_t *restrict out = b->out[0];
  const size_t n = b->rows;
  for (size_t i = 0; i < n; i++) {
    uint64_t value = 0;
    for (size_t stream = 0; stream < 8; stream++) value |= (uint64_t)in[stream * n + i] << stream * 8;
    memcpy(out + i * 8, &value, 8);
  }
  return 0;
}

static double spread_f64(const Batch *b) {
  const uint8_t *bits = b->in[1];
  double *out = b->out[0];
  memcpy(out, b->in[0], b->in_bytes[0]);
  const double *from = out + b->in_bytes[0] / 8;
  for (uint32_t row = b->rows; row > 0;) {
    row--;
    from -= bits[row >> 3] >> (row & 7) & 1;
    out[row] = *from;
  }
  return b->in_bytes[0];
}

static const Function functions[] = {
    {"plain_bytes", plain_bytes, NULL, NULL},
    {"dictionary_bytes", dictionary_bytes, NULL, NULL},
    {"merge_8", merge_8, NULL, NULL},
    {"spread_f64", spread_f64, NULL, NULL},
};
MAIN(functions)
