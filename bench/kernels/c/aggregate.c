// Grouped aggregation in C: pages of pointers to a group's accumulators, and one loop over a block's rows
// for all aggregates, as the compiled programs have it.
#include "bench.h"

enum { GROUPS = 1000 };

typedef struct {
  int64_t count, sum, most, late;
} Row;

static Row accumulators[GROUPS];
static Row *pages[4][256];
/** Of a batch: another kernel finds them, as it does in the engine. */
static Row *rows[16384];

static void begin(void) {
  memset(accumulators, 0, sizeof accumulators);
  for (uint32_t i = 0; i < GROUPS; i++) pages[i >> 8][i & 255] = &accumulators[i];
}

static void find_rows(const uint32_t *ids, uint32_t count) {
  for (uint32_t j = 0; j < count; j++) rows[j] = pages[ids[j] >> 8][ids[j] & 255];
}

static double flights(const Batch *b) {
  find_rows(b->in[0], b->rows);
  const int64_t *values = b->in[1];
  const uint8_t *bits = b->in[2];
  for (uint32_t i = 0; i < b->rows; i++) {
    Row *row = rows[i];
    const int64_t value = values[i];
    if (__builtin_add_overflow(row->sum, value, &row->sum)) return -1;
    if (value > row->most) row->most = value;
    row->late += bits[i >> 3] >> (i & 7) & 1;
    row->count++;
  }
  return 0;
}

static double sum_valid(const Batch *b) {
  find_rows(b->in[0], b->rows);
  for (uint32_t at = 0; at < b->rows; at += 64) {
    const double *values = (const double *)b->in[1] + at;
    uint64_t mask;
    memcpy(&mask, (const uint8_t *)b->in[2] + at / 8, 8);
    for (; mask; mask &= mask - 1) {
      const uint32_t j = (uint32_t)__builtin_ctzll(mask);
      Row *row = rows[at + j];
      double sum;
      memcpy(&sum, &row->sum, 8);
      sum += values[j];
      memcpy(&row->sum, &sum, 8);
      row->count++;
    }
  }
  return 0;
}

static double finish_flights(void) {
  double total = 0;
  for (uint32_t i = 0; i < GROUPS; i++) {
    const Row *row = &accumulators[i];
    total += (double)(row->count + row->sum + row->most + row->late);
  }
  return total;
}

static double finish_sums(void) {
  double total = 0;
  for (uint32_t i = 0; i < GROUPS; i++) {
    double sum;
    memcpy(&sum, &accumulators[i].sum, 8);
    total += sum + (double)accumulators[i].count;
  }
  return total;
}

static const Function functions[] = {
    {"flights", flights, begin, finish_flights},
    {"sum_valid", sum_valid, begin, finish_sums},
};

MAIN(functions)
