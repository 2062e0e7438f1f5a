// The range of a column in C.
#include "bench.h"

static double timestamp_range(const Batch *b) {
  const int64_t *values = b->in[0];
  int64_t least = INT64_MAX, greatest = INT64_MIN;
  for (uint32_t i = 0; i < b->rows; i++) {
    least = values[i] < least ? values[i] : least;
    greatest = values[i] > greatest ? values[i] : greatest;
  }
  return (double)(greatest - least);
}

static const Function functions[] = {{"timestamp_range", timestamp_range}};

MAIN(functions)
