// Upper case of ASCII texts in C, which gcc vectorises.
#include "bench.h"

static double upper_ascii(const Batch *b) {
  const int32_t *x = b->in[0];
  const uint8_t *restrict xs = b->in[1];
  int32_t *restrict offsets = b->out[0];
  uint8_t *restrict out = b->out[1];
  const uint32_t bytes = (uint32_t)x[b->rows];
  uint8_t any = 0;
  for (uint32_t i = 0; i < bytes; i++) any |= xs[i];
  if (any & 0x80) return -1;
  for (uint32_t i = 0; i < bytes; i++) out[i] = xs[i] ^ ((uint8_t)(xs[i] - 'a') < 26 ? 0x20 : 0);
  for (uint32_t i = 0; i <= b->rows; i++) offsets[i] = x[i] - x[0];
  return bytes;
}

static const Function functions[] = {{"upper_ascii", upper_ascii}};
MAIN(functions)
