// Columns to plain values and statistics in C.
#include "bench.h"

static double plain_bytes(const Batch *b) {
  const uint32_t *offsets = b->in[0];
  const uint8_t *bytes = b->in[1];
  uint8_t *out = b->out[0];
  const uint8_t *start = out;
  for (uint32_t row = 0; row < b->rows; row++) {
    const uint32_t from = offsets[row], length = offsets[row + 1] - from;
    memcpy(out, &length, 4);
    // As in the kernel, 32 bytes without asking.
    memcpy(out + 4, bytes + from, 32);
    for (uint32_t i = 32; i < length; i += 16) memcpy(out + 4 + i, bytes + from + i, 16);
    out += 4 + length;
  }
  return (double)(out - start);
}

static double extremes_i64(const Batch *b) {
  const int64_t *values = b->in[0];
  int64_t low = values[0], high = values[0];
  for (uint32_t row = 1; row < b->rows; row++) {
    low = values[row] < low ? values[row] : low;
    high = values[row] > high ? values[row] : high;
  }
  return (double)low + (double)high;
}

static double extremes_f64(const Batch *b) {
  const double *values = b->in[0];
  double low = INFINITY, high = -INFINITY;
  for (uint32_t row = 0; row < b->rows; row++) {
    low = values[row] < low ? values[row] : low;
    high = values[row] > high ? values[row] : high;
  }
  return low + high;
}

static double decimals(const Batch *b) {
  const uint64_t *from = b->in[0];
  uint64_t *restrict out = b->out[0];
  for (uint32_t row = 0; row < b->rows; row++) {
    out[row * 2] = __builtin_bswap64(from[row * 2 + 1]);
    out[row * 2 + 1] = __builtin_bswap64(from[row * 2]);
  }
  return 0;
}

static int compare(const uint32_t *offsets, const uint8_t *bytes, uint32_t a, uint32_t b) {
  const uint32_t a_bytes = offsets[a + 1] - offsets[a], b_bytes = offsets[b + 1] - offsets[b];
  const int order = memcmp(bytes + offsets[a], bytes + offsets[b], a_bytes < b_bytes ? a_bytes : b_bytes);
  if (order) return order;
  return a_bytes < b_bytes ? -1 : a_bytes > b_bytes;
}

static double extremes_bytes(const Batch *b) {
  const uint32_t *offsets = b->in[0];
  uint32_t smallest = 0, largest = 0;
  for (uint32_t row = 1; row < b->rows; row++) {
    if (compare(offsets, b->in[1], row, smallest) < 0) smallest = row;
    else if (compare(offsets, b->in[1], row, largest) > 0) largest = row;
  }
  return (double)smallest + largest;
}

static const Function functions[] = {
    {"plain_bytes", plain_bytes, NULL, NULL},
    {"extremes_i64", extremes_i64, NULL, NULL},
    {"extremes_f64", extremes_f64, NULL, NULL},
    {"decimals", decimals, NULL, NULL},
    {"extremes_bytes", extremes_bytes, NULL, NULL},
};
MAIN(functions)
