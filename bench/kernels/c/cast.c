// Casts in C; checks accumulate over 64 rows before they look.
#include "bench.h"

static const double NONE = 4294967295.0;

#define TOTAL(name, from, to)                                       \
  static double name(const Batch *b) {                              \
    const from *x = b->in[0];                                       \
    to *restrict out = b->out[0];                                   \
    for (uint32_t i = 0; i < b->rows; i++) out[i] = (to)x[i];       \
    return NONE;                                                    \
  }

TOTAL(i64_to_f64, int64_t, double)
TOTAL(i32_to_f64, int32_t, double)
TOTAL(i32_to_i64, int32_t, int64_t)

#define CHECKED(name, from, to, fits)                               \
  static double name(const Batch *b) {                              \
    const from *x = b->in[0];                                       \
    to *restrict out = b->out[0];                                   \
    for (uint32_t i = 0; i < b->rows; i += 64) {                    \
      bool good = true;                                             \
      for (uint32_t j = i; j < i + 64; j++) {                       \
        good &= fits;                                               \
        out[j] = (to)x[j];                                          \
      }                                                             \
      if (!good) return i;                                          \
    }                                                               \
    return NONE;                                                    \
  }

CHECKED(i64_to_i32, int64_t, int32_t, (x[j] == (int32_t)x[j]))
CHECKED(f64_to_i32, double, int32_t, (x[j] > -2147483649.0) & (x[j] < 2147483648.0))
CHECKED(f64_to_i64, double, int64_t, (x[j] >= -0x1p63) & (x[j] < 0x1p63))

static double multiply(const Batch *b) {
  const int64_t *x = b->in[0];
  const int64_t factor = (int64_t)b->param[0];
  int64_t *restrict out = b->out[0];
  for (uint32_t i = 0; i < b->rows; i += 64) {
    bool bad = false;
    for (uint32_t j = i; j < i + 64; j++) bad |= __builtin_mul_overflow(x[j], factor, &out[j]);
    if (bad) return i;
  }
  return NONE;
}

static double floor_divide(const Batch *b) {
  const int64_t *x = b->in[0];
  const int64_t divisor = (int64_t)b->param[0];
  int64_t *restrict out = b->out[0];
  for (uint32_t i = 0; i < b->rows; i++) {
    const int64_t quotient = x[i] / divisor;
    out[i] = quotient - (x[i] - quotient * divisor < 0);
  }
  return 0;
}

static const Function functions[] = {
    {"i64_to_f64", i64_to_f64}, {"i32_to_f64", i32_to_f64}, {"i32_to_i64", i32_to_i64},
    {"i64_to_i32", i64_to_i32}, {"f64_to_i32", f64_to_i32}, {"f64_to_i64", f64_to_i64},
    {"multiply", multiply},     {"floor_divide", floor_divide},
};
MAIN(functions)
