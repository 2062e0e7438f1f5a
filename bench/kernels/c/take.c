// Gather in C.
#include "bench.h"

#define TAKE(name, type)                                           \
  static double name(const Batch *b) {                             \
    const type *in = b->in[0];                                     \
    const uint32_t *rows = b->in[1];                               \
    type *restrict out = b->out[0];                                \
    const uint32_t count = b->in_bytes[1] / 4;                     \
    for (uint32_t i = 0; i < count; i++) out[i] = in[rows[i]];     \
    return count;                                                  \
  }

TAKE(take_i32, int32_t)
TAKE(take_u64, uint64_t)

static double take_bits(const Batch *b) {
  const uint8_t *in = b->in[0];
  const uint32_t *rows = b->in[1];
  uint8_t *restrict out = b->out[0];
  const uint32_t count = b->in_bytes[1] / 4;
  uint32_t total = 0;
  for (uint32_t i = 0; i < count; i += 8) {
    uint32_t byte = 0;
    const uint32_t end = count - i < 8 ? count - i : 8;
    for (uint32_t j = 0; j < end; j++) {
      const uint32_t row = rows[i + j];
      byte |= (uint32_t)(row != UINT32_MAX && (in[row >> 3] >> (row & 7) & 1)) << j;
    }
    out[i >> 3] = (uint8_t)byte;
    total += (uint32_t)__builtin_popcount(byte);
  }
  return total;
}

static double take_strings(const Batch *b) {
  const int32_t *offsets = b->in[0];
  const uint8_t *values = b->in[1];
  const uint32_t *rows = b->in[2];
  uint8_t *restrict out = b->out[0];
  int32_t *restrict out_offsets = b->out[1];
  const uint32_t count = b->in_bytes[2] / 4;
  int32_t total = 0;
  out_offsets[0] = 0;
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t row = rows[i];
    if (row != UINT32_MAX) total += offsets[row + 1] - offsets[row];
    out_offsets[i + 1] = total;
  }
  for (uint32_t i = 0; i < count; i++) {
    const int32_t length = out_offsets[i + 1] - out_offsets[i];
    // A missing row, 0xffffffff, takes nothing.
    if (!length) continue;
    const uint8_t *from = values + offsets[rows[i]];
    uint8_t *to = out + out_offsets[i];
    memcpy(to, from, 16);
    if (length > 16) memcpy(to + 16, from + 16, (size_t)length - 16);
  }
  return total;
}

static const Function functions[] = {
    {"take_i32", take_i32},
    {"take_u64", take_u64},
    {"take_bits", take_bits},
    {"take_strings", take_strings},
};
MAIN(functions)
