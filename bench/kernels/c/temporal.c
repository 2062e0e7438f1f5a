// Calendar fields in C, by the same algorithms.
#include "bench.h"

static int64_t floor_divide(int64_t x, int64_t divisor) {
  const int64_t quotient = x / divisor;
  return quotient - (x - quotient * divisor < 0);
}

static double year(const Batch *b) {
  const int64_t *x = b->in[0];
  const int64_t day = (int64_t)b->param[0];
  int32_t *restrict out = b->out[0];
  for (uint32_t i = 0; i < b->rows; i++) {
    const int64_t days = floor_divide(x[i], day) + 719468;
    const int64_t era = floor_divide(days, 146097);
    const uint32_t of_era = (uint32_t)(days - era * 146097);
    const uint32_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    const uint32_t of_year = of_era - (365 * year + year / 4 - year / 100);
    out[i] = (int32_t)(era * 400 + year + ((5 * of_year + 2) / 153 >= 10));
  }
  return 0;
}

static double hour(const Batch *b) {
  const int64_t *x = b->in[0];
  const int64_t unit = (int64_t)b->param[0];
  int32_t *restrict out = b->out[0];
  for (uint32_t i = 0; i < b->rows; i++) {
    const int64_t hours = floor_divide(x[i], unit);
    out[i] = (int32_t)(hours - floor_divide(hours, 24) * 24);
  }
  return 0;
}

static double truncate_to(const Batch *b) {
  const int64_t *x = b->in[0];
  const int64_t unit = (int64_t)b->param[0];
  int64_t *restrict out = b->out[0];
  for (uint32_t i = 0; i < b->rows; i++) out[i] = floor_divide(x[i], unit) * unit;
  return 0;
}

static const Function functions[] = {{"year", year}, {"hour", hour}, {"truncate", truncate_to}};
MAIN(functions)
