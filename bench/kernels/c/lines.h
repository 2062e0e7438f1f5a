// What the scanners and encoders of lines share in C: columns that are known when the program runs, as
// the kernels', with nulls, ranges and UTF-8 checked; one value a call.
#pragma once
#include "bench.h"
#include "civil.h"

enum { ROWS_MAX = 16384, STEP = 1024, RECORD_MAX = 1 << 20 };
typedef enum { INT64, INT32, FLOAT64, TEXT, TIMESTAMP } Kind;

typedef struct {
  Kind kind;
  bool nullable;
  const char *key;
  size_t key_length;
  void *values;
  int32_t *offsets;
  uint8_t *validity;
  size_t used, capacity;
} Column;

static int64_t ids[ROWS_MAX], times[ROWS_MAX];
static double prices[ROWS_MAX];
static int32_t offsets[ROWS_MAX + 1];
static uint8_t texts[ROWS_MAX * 64], text_validity[ROWS_MAX / 8];

/** Not to be seen through by the compiler: the columns are the job's, not the program's. */
__attribute__((noipa)) static Column *columns_read(void) {
  static Column columns[4];
  columns[0] = (Column){INT64, false, "\"id\":", 5, ids, NULL, NULL, 0, 0};
  columns[1] = (Column){FLOAT64, false, "\"price\":", 8, prices, NULL, NULL, 0, 0};
  columns[2] = (Column){TEXT, true, "\"name\":", 7, texts, offsets, text_validity, 0, sizeof texts};
  columns[3] = (Column){INT64, false, "\"time\":", 7, times, NULL, NULL, 0, 0};
  memset(text_validity, 0xff, sizeof text_validity);
  return columns;
}

static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

/** An integer at p, up to what is no digit; NULL when there is none or it does not fit. */
static inline const uint8_t *read_integer(const uint8_t *p, int64_t *out) {
  const bool negative = *p == '-';
  p += negative;
  const uint8_t *first = p;
  uint64_t value = 0;
  for (uint32_t digit; (digit = *p - '0') <= 9; p++) value = value * 10 + digit;
  if (p == first) return NULL;
  if (p - first > 18) {
    value = 0;
    for (const uint8_t *q = first; q < p; q++) {
      if (__builtin_mul_overflow(value, 10, &value)) return NULL;
      if (__builtin_add_overflow(value, (uint64_t)(*q - '0'), &value)) return NULL;
    }
    if (value > (uint64_t)INT64_MAX + negative) return NULL;
  }
  *out = negative ? (int64_t)(0 - value) : (int64_t)value;
  return p;
}

/** A float at p: up to fifteen digits exactly (Clinger), others by the library. */
static inline const uint8_t *read_float(const uint8_t *p, double *out) {
  const uint8_t *start = p;
  const bool negative = *p == '-';
  p += negative;
  const uint8_t *first = p;
  uint64_t value = 0;
  uint32_t digit, places = 0;
  for (; (digit = *p - '0') <= 9; p++) value = value * 10 + digit;
  uint32_t digits = (uint32_t)(p - first);
  if (*p == '.') {
    for (p++; (digit = *p - '0') <= 9; p++, places++) value = value * 10 + digit;
    digits += places;
  }
  if (!digits) return NULL;
  if (digits > 15 || (*p | 0x20) == 'e') {
    char *end;
    *out = strtod((const char *)start, &end);
    return (const uint8_t *)end;
  }
  const double number = (double)value / powers[places];
  *out = negative ? -number : number;
  return p;
}

static bool is_utf8(const uint8_t *p, const uint8_t *end) {
  while (p < end) {
    const uint32_t more = *p < 0x80 ? 0 : *p >= 0xf0 ? 3 : *p >= 0xe0 ? 2 : 1;
    if (*p >= 0x80 && (*p < 0xc2 || *p > 0xf4)) return false;
    if ((size_t)(end - p) <= more) return false;
    for (uint32_t i = 1; i <= more; i++) {
      if ((p[i] & 0xc0) != 0x80) return false;
    }
    p += more + 1;
  }
  return true;
}

/** Appends a text to the column; false when it is not UTF-8 or there is no room. */
static inline bool append_text(Column *c, uint32_t row, const uint8_t *p, size_t length) {
  if (c->used + length > c->capacity) return false;
  uint8_t *to = (uint8_t *)c->values + c->used, high = 0;
  for (size_t i = 0; i < length; i++) {
    to[i] = p[i];
    high |= p[i];
  }
  if (high >= 0x80 && !is_utf8(p, p + length)) return false;
  c->used += length;
  c->offsets[row + 1] = (int32_t)c->used;
  return true;
}

static inline bool set_null(Column *c, uint32_t row) {
  if (!c->nullable) return false;
  c->validity[row >> 3] &= (uint8_t)~(1 << (row & 7));
  if (c->kind == TEXT) c->offsets[row + 1] = (int32_t)c->used;
  return true;
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

/** The columns to be written: id, name, time, quantity. */
__attribute__((noipa)) static Column *columns_written(const Batch *b) {
  static Column columns[4];
  columns[0] = (Column){INT64, false, ",\"id\":", 6, (void *)b->in[0], NULL, NULL, 0, 0};
  columns[1] = (Column){TEXT, false, ",\"name\":", 8, (void *)b->in[2], (void *)b->in[1], NULL, 0, 0};
  columns[2] = (Column){TIMESTAMP, false, ",\"time\":", 8, (void *)b->in[3], NULL, NULL, 0, 0};
  columns[3] = (Column){INT32, false, ",\"quantity\":", 12, (void *)b->in[4], NULL, NULL, 0, 0};
  return columns;
}

static inline bool is_null(const Column *c, uint32_t row) {
  return c->validity && !(c->validity[row >> 3] >> (row & 7) & 1);
}

/** Where the encoders write; what does not fit is for the caller to grow, which never happens here. */
static uint8_t *output_end;
static inline bool has_room(const uint8_t *p, size_t bytes) { return p + bytes <= output_end; }

static inline uint8_t *write_integer(uint8_t *p, int64_t value) {
  uint8_t digits[20], *d = digits + 20;
  uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
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

// A year beyond four digits has a sign and six digits or more.
static inline uint8_t *write_time(uint8_t *p, int64_t ms) {
  int64_t seconds = ms / 1000, fraction = ms - seconds * 1000;
  if (fraction < 0) fraction += 1000, seconds--;
  int64_t day_number = seconds / 86400;
  int32_t second = (int32_t)(seconds - day_number * 86400);
  if (second < 0) second += 86400, day_number--;
  const Civil date = civil_from_days(day_number);
  const int64_t year = date.year;
  if ((uint64_t)year > 9999) p += sprintf((char *)p, "%+07" PRId64, year);
  else p = two(two(p, (uint32_t)year / 100), (uint32_t)year % 100);
  *p++ = '-';
  p = two(p, date.month);
  *p++ = '-';
  p = two(p, date.day);
  *p++ = 'T';
  p = two(p, (uint32_t)second / 3600);
  *p++ = ':';
  p = two(p, (uint32_t)second / 60 % 60);
  *p++ = ':';
  p = two(p, (uint32_t)second % 60);
  *p++ = '.';
  *p++ = '0' + (uint8_t)(fraction / 100);
  p = two(p, (uint32_t)(fraction % 100));
  *p++ = 'Z';
  return p;
}

/** A value of fixed width as text. */
static inline uint8_t *write_value(const Column *c, uint32_t row, uint8_t *p) {
  switch (c->kind) {
    case INT64: return write_integer(p, ((const int64_t *)c->values)[row]);
    case INT32: return write_integer(p, ((const int32_t *)c->values)[row]);
    case TIMESTAMP: return write_time(p, ((const int64_t *)c->values)[row]);
    default: return p;
  }
}
