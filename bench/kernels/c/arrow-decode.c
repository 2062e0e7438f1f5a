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

// The parts that are meant, then the texts one behind the other, 16 bytes at a time.
static double views_copy(const Batch *b) {
  const uint8_t *views = b->in[0];
  const uint8_t *texts = b->in[1];
  int32_t *restrict offsets = b->out[0];
  uint8_t *restrict values = b->out[1];
  uint32_t from = UINT32_MAX, to = 0;
  uint64_t bytes = 0;
  for (uint32_t row = 0; row < b->rows; row++) {
    uint32_t view[4];
    memcpy(view, views + (size_t)row * 16, 16);
    bytes += view[0];
    if (view[0] <= 12) continue;
    if (view[2] != 0 || (int32_t)(view[0] | view[3]) < 0) return -1;
    from = view[3] < from ? view[3] : from;
    to = view[3] + view[0] > to ? view[3] + view[0] : to;
  }
  if (bytes > INT32_MAX || from > to) return -1;
  uint32_t at = 0;
  offsets[0] = 0;
  for (uint32_t row = 0; row < b->rows; row++) {
    uint32_t view[4];
    memcpy(view, views + (size_t)row * 16, 16);
    const uint8_t *text = view[0] <= 12 ? views + (size_t)row * 16 + 4 : texts + view[3];
    for (uint32_t i = 0; i < view[0]; i += 16) memcpy(values + at + i, text + i, 16);
    at += view[0];
    offsets[row + 1] = (int32_t)at;
  }
  return at;
}

static const Function functions[] = {
    {"dictionary_rows", dictionary_rows, NULL, NULL},
    {"decimal_narrow", decimal_narrow, NULL, NULL},
    {"views_copy", views_copy, NULL, NULL},
};
MAIN(functions)
