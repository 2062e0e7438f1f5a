// Key groups and the partition in C.
#include "bench.h"

static double key_group_targets(const Batch *b) {
  const uint32_t *hashes = b->in[0];
  uint16_t *restrict out = b->out[0];
  const uint32_t m = (uint32_t)b->param[0], p = (uint32_t)b->param[1];
  if ((m & (m - 1)) == 0) {
    const int shift = __builtin_ctz(m);
    for (uint32_t i = 0; i < b->rows; i++) out[i] = (uint16_t)((hashes[i] & (m - 1)) * p >> shift);
  } else {
    for (uint32_t i = 0; i < b->rows; i++) out[i] = (uint16_t)(hashes[i] % m * p / m);
  }
  return 0;
}

// Four quarters side by side, as the kernel has them.
static double partition_rows(const Batch *b) {
  const uint16_t *targets = b->in[0];
  uint32_t *restrict rows = b->out[0];
  uint32_t *restrict starts = b->out[1];
  uint32_t *restrict counts = b->out[2];
  const uint32_t parts = (uint32_t)b->param[0], quarter = b->rows / 4;
  memset(counts, 0, parts * 16);
  for (uint32_t i = 0; i < quarter; i++) {
    for (uint32_t q = 0; q < 4; q++) counts[targets[i + q * quarter] * 4 + q]++;
  }
  for (uint32_t i = quarter * 4; i < b->rows; i++) counts[targets[i] * 4 + 3]++;
  uint32_t sum = 0;
  for (uint32_t t = 0; t < parts; t++) {
    starts[t] = sum;
    for (uint32_t q = 0; q < 4; q++) {
      const uint32_t count = counts[t * 4 + q];
      counts[t * 4 + q] = sum;
      sum += count;
    }
  }
  starts[parts] = sum;
  for (uint32_t i = 0; i < quarter; i++) {
    for (uint32_t q = 0; q < 4; q++) {
      rows[counts[targets[i + q * quarter] * 4 + q]++] = i + q * quarter;
    }
  }
  for (uint32_t i = quarter * 4; i < b->rows; i++) rows[counts[targets[i] * 4 + 3]++] = i;
  return 0;
}

static const Function functions[] = {
    {"key_group_targets", key_group_targets},
    {"partition_rows", partition_rows},
};

MAIN(functions)
