// Two key columns as bytes a row in C: column by column at cursors, as the kernel goes.
#include "bench.h"

static uint32_t sizes[1 << 16], cursors[1 << 16];
static uint8_t copy[1 << 20];

static double encode_pairs(const Batch *b) {
  const int32_t *numbers = b->in[0];
  const uint32_t *offsets = b->in[1];
  const uint8_t *values = b->in[2];
  uint8_t *data = copy;
  uint32_t *ends = b->out[1];
  const uint32_t n = b->rows;
  for (uint32_t i = 0; i < n; i++) sizes[i] = 8;
  for (uint32_t i = 0; i < n; i++) sizes[i] += offsets[i + 1] - offsets[i];
  uint32_t sum = 0;
  for (uint32_t i = 0; i < n; i++) {
    ends[i] = cursors[i] = sum;
    sum += sizes[i];
  }
  ends[n] = sum;
  for (uint32_t i = 0; i < n; i++) {
    memcpy(data + cursors[i], &numbers[i], 4);
    cursors[i] += 4;
  }
  for (uint32_t i = 0; i < n; i++) {
    const uint32_t bytes = offsets[i + 1] - offsets[i];
    memcpy(data + cursors[i], &bytes, 4);
    memcpy(data + cursors[i] + 4, values + offsets[i], bytes);
  }
  // The kernel writes to a block of its own, which is then copied for the comparison.
  memcpy(b->out[0], copy, sum);
  return sum;
}

// Column by column from cursors, and a copy to the outputs, as the kernel's side does.
static double decode_pairs(const Batch *b) {
  static int32_t numbers[1 << 16], offsets[(1 << 16) + 1];
  static uint8_t values[1 << 20];
  const uint8_t *data = b->in[0];
  const uint32_t *ends = b->in[1];
  const uint32_t n = b->rows;
  for (uint32_t i = 0; i < n; i++) cursors[i] = ends[i];
  for (uint32_t i = 0; i < n; i++) {
    memcpy(&numbers[i], data + cursors[i], 4);
    cursors[i] += 4;
  }
  uint32_t sum = 0;
  offsets[0] = 0;
  for (uint32_t i = 0; i < n; i++) {
    uint32_t bytes;
    memcpy(&bytes, data + cursors[i], 4);
    offsets[i + 1] = (int32_t)(sum += bytes);
  }
  uint8_t *to = values;
  for (uint32_t i = 0; i < n; i++) {
    uint32_t bytes;
    memcpy(&bytes, data + cursors[i], 4);
    memcpy(to, data + cursors[i] + 4, 16);
    if (bytes > 16) memcpy(to + 16, data + cursors[i] + 20, bytes - 16);
    to += bytes;
    cursors[i] += 4 + bytes;
  }
  memcpy(b->out[0], numbers, n * 4);
  memcpy(b->out[1], offsets, (n + 1) * 4);
  memcpy(b->out[2], values, sum);
  return sum;
}

static const Function functions[] = {{"encode_pairs", encode_pairs}, {"decode_pairs", decode_pairs}};

MAIN(functions)
