// Comparison in C: a bitmap is built in words of 64 rows; a filter writes row numbers without branches.
#include "bench.h"

#define BITMAP(name, type, predicate)                              \
  static double name(const Batch *b) {                             \
    const type *x = b->in[0];                                      \
    const type *y = b->in[1];                                      \
    const type c = (type)b->param[0];                              \
    (void)y, (void)c;                                              \
    uint64_t *restrict out = b->out[0];                            \
    for (uint32_t i = 0; i < b->rows; i += 64) {                   \
      uint64_t word = 0;                                           \
      for (uint32_t j = 0; j < 64; j++) {                          \
        word |= (uint64_t)(predicate) << j;                        \
      }                                                            \
      out[i >> 6] = word;                                          \
    }                                                              \
    return 0;                                                      \
  }

BITMAP(greater_f64, double, x[i + j] > c)
BITMAP(product_greater_f64, double, x[i + j] * c > y[i + j])
BITMAP(less_i32, int32_t, x[i + j] < y[i + j])
BITMAP(less_i64, int64_t, x[i + j] < c)
BITMAP(equal_i8, int8_t, x[i + j] == c)

static bool listed(int32_t value) {
  bool found = false;
  for (int32_t k = 0; k < 12; k++) found |= value == k * 17;
  return found;
}
BITMAP(in_i32, int32_t, listed(x[i + j]))

static const uint64_t *hundred(void) {
  static uint64_t list[100];
  for (uint64_t k = 0; k < 100; k++) list[k] = k * 2;
  return list;
}

static bool searched(const uint64_t *at, uint32_t length, uint64_t value) {
  while (length > 1) {
    const uint32_t half = length / 2;
    at = at[half] <= value ? at + half : at;
    length -= half;
  }
  return *at == value;
}

static double in_i64(const Batch *b) {
  const uint64_t *list = hundred();
  const uint32_t length = (uint32_t)b->param[0];
  const uint64_t *x = b->in[0];
  uint8_t *out = b->out[0];
  for (uint32_t i = 0; i < b->rows; i += 8) {
    uint32_t byte = 0;
    for (uint32_t j = 0; j < 8; j++) byte |= (uint32_t)searched(list, length, x[i + j]) << j;
    out[i >> 3] = (uint8_t)byte;
  }
  return 0;
}

static double filter_f64(const Batch *b) {
  const double *in = b->in[0];
  const double bound = b->param[0];
  uint32_t *out = b->out[0];
  uint32_t count = 0;
  for (uint32_t i = 0; i < b->rows; i++) {
    out[count] = i;
    count += in[i] > bound;
  }
  return count;
}

static const Function functions[] = {
    {"filter_f64", filter_f64}, {"greater_f64", greater_f64}, {"less_i32", less_i32},
    {"less_i64", less_i64},     {"equal_i8", equal_i8},       {"in_i32", in_i32},
    {"in_i64", in_i64},         {"product_greater_f64", product_greater_f64},
};
MAIN(functions)
