// Grouped aggregation in C: accumulators side by side in a row a group, found through a page of ids.
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

static Row *row_of(uint32_t id) { return pages[id >> 8][id & 255]; }

static double flights(const Batch *b) {
  const uint32_t *ids = b->in[0];
  const int64_t *values = b->in[1];
  const uint8_t *late = b->in[2];
  for (uint32_t i = 0; i < b->rows; i++) {
    Row *row = row_of(ids[i]);
    row->count++;
    if (__builtin_add_overflow(row->sum, values[i], &row->sum)) return -1;
    if (values[i] > row->most) row->most = values[i];
    row->late += late[i >> 3] >> (i & 7) & 1;
  }
  return 0;
}

static double sum_valid(const Batch *b) {
  const uint32_t *ids = b->in[0];
  const double *values = b->in[1];
  const uint8_t *valid = b->in[2];
  for (uint32_t i = 0; i < b->rows; i++) {
    if (!(valid[i >> 3] >> (i & 7) & 1)) continue;
    Row *row = row_of(ids[i]);
    double sum;
    memcpy(&sum, &row->sum, 8);
    sum += values[i];
    memcpy(&row->sum, &sum, 8);
    row->count++;
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
