// Grouped aggregation in C: blocks of 64 rows, pages of pointers to a group's accumulators, and one loop
// an aggregate over the block.
#include "bench.h"

enum { GROUPS = 1000 };

typedef struct {
  int64_t count, sum, most, late;
} Row;

static Row accumulators[GROUPS];
static Row *pages[4][256];

static void begin(void) {
  memset(accumulators, 0, sizeof accumulators);
  for (uint32_t i = 0; i < GROUPS; i++) pages[i >> 8][i & 255] = &accumulators[i];
}

static void find_rows(const uint32_t *ids, uint32_t count, Row **rows) {
  for (uint32_t j = 0; j < count; j++) rows[j] = pages[ids[j] >> 8][ids[j] & 255];
}

static double flights(const Batch *b) {
  for (uint32_t at = 0; at < b->rows; at += 64) {
    const uint32_t count = b->rows - at < 64 ? b->rows - at : 64;
    const int64_t *values = (const int64_t *)b->in[1] + at;
    uint64_t mask;
    memcpy(&mask, (const uint8_t *)b->in[2] + at / 8, 8);
    Row *rows[64];
    find_rows((const uint32_t *)b->in[0] + at, count, rows);
    for (uint32_t j = 0; j < count; j++) {
      if (__builtin_add_overflow(rows[j]->sum, values[j], &rows[j]->sum)) return -1;
    }
    for (uint32_t j = 0; j < count; j++) {
      rows[j]->most = values[j] > rows[j]->most ? values[j] : rows[j]->most;
    }
    for (; mask; mask &= mask - 1) rows[__builtin_ctzll(mask)]->late++;
    for (uint32_t j = 0; j < count; j++) rows[j]->count++;
  }
  return 0;
}

static double sum_valid(const Batch *b) {
  for (uint32_t at = 0; at < b->rows; at += 64) {
    const uint32_t count = b->rows - at < 64 ? b->rows - at : 64;
    const double *values = (const double *)b->in[1] + at;
    uint64_t mask, left;
    memcpy(&mask, (const uint8_t *)b->in[2] + at / 8, 8);
    Row *rows[64], *valid[64];
    double compact[64];
    find_rows((const uint32_t *)b->in[0] + at, count, rows);
    uint32_t n = 0;
    for (left = mask; left; left &= left - 1, n++) {
      valid[n] = rows[__builtin_ctzll(left)];
      compact[n] = values[__builtin_ctzll(left)];
    }
    for (uint32_t j = 0; j < n; j++) {
      double sum;
      memcpy(&sum, &valid[j]->sum, 8);
      sum += compact[j];
      memcpy(&valid[j]->sum, &sum, 8);
    }
    for (; mask; mask &= mask - 1) rows[__builtin_ctzll(mask)]->count++;
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
