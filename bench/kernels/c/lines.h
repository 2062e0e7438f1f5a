// What the scanners and encoders of lines share in C: a number, a text and a time, one value a call.
#pragma once
#include "bench.h"

enum { ROWS_MAX = 16384, STEP = 1024 };
static int64_t ids[ROWS_MAX], times[ROWS_MAX];
static double prices[ROWS_MAX];
static int32_t offsets[ROWS_MAX + 1];
static uint8_t texts[ROWS_MAX * 64];
static uint8_t text_validity[ROWS_MAX / 8];

static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};

static inline const uint8_t *read_integer(const uint8_t *p, int64_t *out) {
  const bool negative = *p == '-';
  p += negative;
  uint64_t value = 0;
  for (uint32_t digit; (digit = *p - '0') <= 9; p++) value = value * 10 + digit;
  *out = negative ? -(int64_t)value : (int64_t)value;
  return p;
}

static inline const uint8_t *read_float(const uint8_t *p, double *out) {
  const bool negative = *p == '-';
  p += negative;
  uint64_t value = 0;
  uint32_t digit, places = 0;
  for (; (digit = *p - '0') <= 9; p++) value = value * 10 + digit;
  if (*p == '.') {
    for (p++; (digit = *p - '0') <= 9; p++, places++) value = value * 10 + digit;
  }
  const double number = (double)value / powers[places];
  *out = negative ? -number : number;
  return p;
}

static double sum_of(uint32_t rows) {
  double sum = offsets[rows];
  for (uint32_t row = 0; row < rows; row += STEP) {
    sum += (double)ids[row];
    sum += prices[row];
    sum += (double)times[row];
  }
  return sum;
}

static inline uint8_t *write_integer(uint8_t *p, int64_t value) {
  uint8_t digits[20], *d = digits + 20;
  uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
  if (value < 0) *p++ = '-';
  do {
    *--d = '0' + rest % 10;
    rest /= 10;
  } while (rest);
  memcpy(p, d, (size_t)(digits + 20 - d));
  return p + (digits + 20 - d);
}

static inline uint8_t *two(uint8_t *p, uint32_t value) {
  p[0] = '0' + value / 10;
  p[1] = '0' + value % 10;
  return p + 2;
}

// Hinnant, civil_from_days; years of four digits.
static inline uint8_t *write_time(uint8_t *p, int64_t ms) {
  const int64_t seconds = ms / 1000, days = seconds / 86400 + 719468;
  const uint32_t second = seconds % 86400;
  const int64_t era = days / 146097;
  const uint32_t doe = days - era * 146097;
  const uint32_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const uint32_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const uint32_t mp = (5 * doy + 2) / 153, day = doy - (153 * mp + 2) / 5 + 1;
  const uint32_t month = mp < 10 ? mp + 3 : mp - 9;
  const uint32_t year = yoe + era * 400 + (month <= 2);
  p = two(two(p, year / 100), year % 100);
  *p++ = '-';
  p = two(p, month);
  *p++ = '-';
  p = two(p, day);
  *p++ = 'T';
  p = two(p, second / 3600);
  *p++ = ':';
  p = two(p, second / 60 % 60);
  *p++ = ':';
  p = two(p, second % 60);
  *p++ = '.';
  const uint32_t fraction = ms % 1000;
  *p++ = '0' + fraction / 100;
  p = two(p, fraction % 100);
  *p++ = 'Z';
  return p;
}
