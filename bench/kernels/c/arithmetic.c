// Arithmetic in C. Checked loops accumulate overflow over 64 rows before they look, as the kernels do.
#include "bench.h"

static const double NONE = 4294967295.0;

static uint64_t bits_of(double x) {
  uint64_t bits;
  memcpy(&bits, &x, 8);
  return bits;
}

/* NaN where an operand is NaN, and 0 above -0, as the kernel has it. */
static double greatest(double x, double y) {
  const double first = x > y ? x : y, second = y > x ? y : x;
  const uint64_t bits = (bits_of(first) & bits_of(second)) | (first != second ? -1ull : 0);
  double result;
  memcpy(&result, &bits, 8);
  return result;
}

#define FLOATS(name, expression)                                          \
  static double name(const Batch *b) {                                    \
    const double *x = b->in[0], *y = b->in[1];                            \
    const double c = b->param[0];                                         \
    double *restrict out = b->out[0];                                     \
    (void)c, (void)y;                                                     \
    for (uint32_t i = 0; i < b->rows; i++) out[i] = expression;           \
    return 0;                                                             \
  }

FLOATS(add_f64, x[i] + y[i])
FLOATS(divide_f64, x[i] / y[i])
FLOATS(max_f64, greatest(x[i], y[i]))
FLOATS(multiply_add_f64, x[i] * c + y[i])
FLOATS(round_f64, trunc(x[i] + copysign(0.49999999999999994, x[i])))
FLOATS(sign_f64, x[i] < 0 || x[i] > 0 ? copysign(1, x[i]) : x[i])

static double digits(double x, double factor) {
  const double scaled = x * factor;
  const double y = trunc(scaled + copysign(0.49999999999999994, scaled)) / factor;
  return fabs(scaled) < 4503599627370496.0 && fabs(y) < INFINITY ? y : x;
}
FLOATS(round_digits_f64, digits(x[i], c))

/* (x * factor + y) * (one - x * share) in one loop. */
static double five_operators_f64(const Batch *b) {
  const double *x = b->in[0], *y = b->in[1];
  const double factor = b->param[0], one = b->param[1], share = b->param[2];
  double *restrict out = b->out[0];
  for (uint32_t i = 0; i < b->rows; i++) out[i] = (x[i] * factor + y[i]) * (one - x[i] * share);
  return 0;
}

/* The same by a loop an operator, through columns between them. */
static double five_operators_apart_f64(const Batch *b) {
  static double first[16384], second[16384];
  const double *x = b->in[0], *y = b->in[1];
  const double factor = b->param[0], one = b->param[1], share = b->param[2];
  double *restrict out = b->out[0];
  for (uint32_t i = 0; i < b->rows; i++) first[i] = x[i] * factor;
  for (uint32_t i = 0; i < b->rows; i++) out[i] = first[i] + y[i];
  for (uint32_t i = 0; i < b->rows; i++) first[i] = x[i] * share;
  for (uint32_t i = 0; i < b->rows; i++) second[i] = one - first[i];
  for (uint32_t i = 0; i < b->rows; i++) out[i] *= second[i];
  return 0;
}

#define CHECKED(name, type, builtin)                                      \
  static double name(const Batch *b) {                                    \
    const type *x = b->in[0], *y = b->in[1];                              \
    type *restrict out = b->out[0];                                       \
    for (uint32_t i = 0; i < b->rows; i += 64) {                          \
      bool bad = false;                                                   \
      for (uint32_t j = i; j < i + 64; j++) bad |= builtin(x[j], y[j], &out[j]); \
      if (bad) return i;                                                  \
    }                                                                     \
    return NONE;                                                          \
  }

CHECKED(add_i32, int32_t, __builtin_add_overflow)
CHECKED(multiply_i32, int32_t, __builtin_mul_overflow)
CHECKED(add_i64, int64_t, __builtin_add_overflow)
CHECKED(multiply_i64, int64_t, __builtin_mul_overflow)

static double divide_i32(const Batch *b) {
  const int32_t *x = b->in[0], *y = b->in[1];
  uint8_t *restrict validity = b->out[0];
  int32_t *restrict quotients = b->out[1];
  for (uint32_t i = 0; i < b->rows; i += 8) {
    uint32_t valid = 0xff;
    for (uint32_t j = 0; j < 8; j++) {
      int32_t divisor = y[i + j];
      valid &= ~((uint32_t)(divisor == 0) << j);
      if (divisor == -1 && x[i + j] == INT32_MIN) return i + j;
      divisor = divisor == 0 ? 1 : divisor;
      quotients[i + j] = x[i + j] / divisor;
    }
    validity[i >> 3] = (uint8_t)valid;
  }
  return NONE;
}

static double modulo_i64(const Batch *b) {
  const int64_t *x = b->in[0];
  const int64_t divisor = (int64_t)b->param[0];
  int64_t *restrict out = b->out[0];
  uint8_t *restrict validity = b->out[1];
  for (uint32_t i = 0; i < b->rows; i++) out[i] = x[i] % divisor;
  memset(validity, 0xff, b->rows / 8);
  return NONE;
}

static double abs_i64(const Batch *b) {
  const int64_t *x = b->in[0];
  int64_t *restrict out = b->out[0];
  for (uint32_t i = 0; i < b->rows; i += 64) {
    bool bad = false;
    for (uint32_t j = i; j < i + 64; j++) {
      out[j] = x[j] < 0 ? (int64_t)(0 - (uint64_t)x[j]) : x[j];
      bad |= x[j] == INT64_MIN;
    }
    if (bad) return i;
  }
  return NONE;
}

static const Function functions[] = {
    {"add_f64", add_f64},
    {"divide_f64", divide_f64},
    {"max_f64", max_f64},
    {"multiply_add_f64", multiply_add_f64},
    {"five_operators_f64", five_operators_f64},
    {"five_operators_apart_f64", five_operators_apart_f64},
    {"round_f64", round_f64},
    {"sign_f64", sign_f64},
    {"round_digits_f64", round_digits_f64},
    {"add_i32", add_i32},
    {"multiply_i32", multiply_i32},
    {"add_i64", add_i64},
    {"multiply_i64", multiply_i64},
    {"divide_i32", divide_i32},
    {"modulo_i64", modulo_i64},
    {"abs_i64", abs_i64},
};
MAIN(functions)
