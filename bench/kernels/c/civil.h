// Days since 1970-01-01 to a date, as the kernels do it: Neri and Schneider, "Euclidean affine functions
// and their application to calendar algorithms" (2022). Years outside of 0 to 9999 go by their era.
#pragma once
#include <stdint.h>

typedef struct {
  int64_t year;
  uint32_t month, day;
} Civil;

static inline Civil civil_from_days(int64_t days) {
  const int64_t shifted = days + 719468;
  int64_t era = 0;
  if ((uint64_t)shifted > 3652364) era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
  const uint32_t quarters = 4 * (uint32_t)(shifted - era * 146097) + 3;
  const uint32_t century = quarters / 146097;
  const uint64_t of_century = (uint64_t)2939745 * ((quarters - century * 146097) | 3);
  const uint32_t day_of_year = (uint32_t)of_century / 11758980;
  const uint32_t month_and_day = 2141 * day_of_year + 197913, early = day_of_year >= 306;
  return (Civil){(int64_t)(100 * century + (uint32_t)(of_century >> 32) + early) + era * 400,
                 (month_and_day >> 16) - 12 * early, (month_and_day & 0xffff) / 2141 + 1};
}
