// Arrow's buffers to ours in C.
#include "bench.h"

static double dictionary_rows(const Batch *b) {
  const uint32_t *indices = b->in[0];
  const uint8_t *validity = b->in[1];
  uint32_t *restrict out = b->out[0];
  const uint32_t size = (uint32_t)b->param[0];
  for (uint32_t row = 0; row < b->rows; row++) {
    const bool valid = validity[row >> 3] >> (row & 7) & 1;
    if (indices[row] < size && valid) out[row] = indices[row];
    else if (valid) return row;
    else out[row] = UINT32_MAX;
  }
  return -1;
}

static double decimal_narrow(const Batch *b) {
  const int64_t *wide = b->in[0];
  int64_t *restrict out = b->out[0];
  for (uint32_t row = 0; row < b->rows; row++) {
    const int64_t low = wide[row * 2];
    if (wide[row * 2 + 1] != low >> 63) return row;
    out[row] = low;
  }
  return -1;
}

static const Function functions[] = {
    {"dictionary_rows", dictionary_rows, NULL, NULL},
    {"decimal_narrow", decimal_narrow, NULL, NULL},
};
MAIN(functions)
