// Choice by a bitmap in C, without branches.
#include "bench.h"

#define CHOOSE(name, type)                                                          \
  static double name(const Batch *b) {                                              \
    const uint8_t *bits = b->in[0];                                                 \
    const type *x = b->in[1], *y = b->in[2];                                        \
    type *restrict out = b->out[0];                                                 \
    for (uint32_t i = 0; i < b->rows; i++) out[i] = bits[i >> 3] >> (i & 7) & 1 ? x[i] : y[i]; \
    return 0;                                                                       \
  }

CHOOSE(choose_f64, double)
CHOOSE(choose_i32, int32_t)

static const Function functions[] = {{"choose_f64", choose_f64}, {"choose_i32", choose_i32}};
MAIN(functions)
