// Comparison of texts in C: lengths first, then memcmp; words of 64 rows. The length of a constant is
// not known when this is compiled, as in the kernel.
#include "bench.h"

#define BITMAP(name, expression)                                   \
  static double name(const Batch *b) {                             \
    const int32_t *x = b->in[0], *y = b->in[2];                    \
    const uint8_t *xs = b->in[1], *ys = b->in[3];                  \
    const uint32_t n = (uint32_t)b->param[0];                      \
    (void)y, (void)ys, (void)n;                                         \
    uint64_t *restrict out = b->out[0];                            \
    for (uint32_t i = 0; i < b->rows; i += 64) {                   \
      uint64_t word = 0;                                           \
      for (uint32_t j = 0; j < 64; j++) {                          \
        const uint32_t r = i + j, size = x[r + 1] - x[r];          \
        const uint8_t *p = xs + x[r];                              \
        word |= (uint64_t)(expression) << j;                       \
      }                                                            \
      out[i >> 6] = word;                                          \
    }                                                              \
    return 0;                                                      \
  }

static const char wanted[] = "millwheels";
static const char prefix[] = "/mill";

static bool less(const uint8_t *p, uint32_t size, uint32_t n) {
  const int order = memcmp(p, wanted, size < n ? size : n);
  return order ? order < 0 : size < n;
}

BITMAP(equal_constant, size == n && !memcmp(p, wanted, n))
BITMAP(less_constant, less(p, size, n))
BITMAP(equal_columns, size == (uint32_t)(y[r + 1] - y[r]) && !memcmp(p, ys + y[r], size))
BITMAP(starts_with, size >= n && !memcmp(p, prefix, n))

static const Function functions[] = {{"equal_constant", equal_constant},
                                     {"less_constant", less_constant},
                                     {"equal_columns", equal_columns},
                                     {"starts_with", starts_with}};
MAIN(functions)
