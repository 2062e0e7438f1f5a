// The merge of two slices in C, as the kernel does it: blocks of 16 rows with a byte each that says which are
// there, and entry by entry over a block. Which entries a row has is known when the program runs.
#include "bench.h"

enum { ROWS = 16, SUM = 0, MOST = 1, COUNT = 2 };

typedef struct {
  uint8_t present[ROWS];
  uint8_t rows[];
} Block;

static Block **from, **into;
static uint8_t *last;

static Block **filled(const Batch *b, uint32_t stride) {
  const uint32_t *ids = b->in[0], *values = b->in[1];
  Block **blocks = calloc(b->rows / ROWS, sizeof *blocks);
  for (uint32_t i = 0; i < b->in_bytes[0] / 4; i++) {
    Block **block = &blocks[ids[i] / ROWS];
    if (!*block) *block = calloc(1, sizeof **block + ROWS * stride);
    (*block)->present[ids[i] % ROWS] = 1;
    last = (*block)->rows + ids[i] % ROWS * stride;
    const int64_t value = values[i];
    for (uint32_t at = 0; at < stride; at += 8) memcpy(last + at, &value, 8);
  }
  return blocks;
}

static int merge_one(uint32_t op, const int64_t *a, int64_t *b) {
  switch (op) {
    case SUM: return __builtin_add_overflow(*b, *a, b);
    case MOST: *b = *a > *b ? *a : *b; return 0;
    default: *b += *a; return 0;
  }
}

/** One entry over all rows of a block: a loop of one operation. */
static int merge_all(uint32_t op, const uint8_t *a, uint8_t *b, uint32_t stride) {
  int bad = 0;
  switch (op) {
    case SUM:
      for (uint32_t j = 0; j < ROWS; j++, a += stride, b += stride) bad |= merge_one(SUM, (int64_t *)a, (int64_t *)b);
      return bad;
    case MOST:
      for (uint32_t j = 0; j < ROWS; j++, a += stride, b += stride) merge_one(MOST, (int64_t *)a, (int64_t *)b);
      return 0;
    default:
      for (uint32_t j = 0; j < ROWS; j++, a += stride, b += stride) merge_one(COUNT, (int64_t *)a, (int64_t *)b);
      return 0;
  }
}

/** params: bytes of a row, then operation and offset of each entry. */
static double merge(const Batch *b) {
  const uint32_t stride = (uint32_t)b->param[0];
  const uint32_t entries = 3;
  if (!from) {
    from = filled(b, stride);
    into = filled(b, stride);
  }
  int bad = 0;
  for (uint32_t i = 0; i < b->rows / ROWS; i++) {
    const Block *source = from[i];
    if (!source) continue;
    Block *target = into[i];
    uint32_t present = 0;
    for (uint32_t j = 0; j < ROWS; j++) {
      present |= (uint32_t)source->present[j] << j;
      target->present[j] |= source->present[j];
    }
    const bool sparse = __builtin_popcount(present) * 4 <= ROWS;
    for (uint32_t e = 0; e < entries; e++) {
      const uint32_t op = (uint32_t)b->param[1 + e * 2], offset = (uint32_t)b->param[2 + e * 2];
      const uint8_t *a = source->rows + offset;
      uint8_t *to = target->rows + offset;
      if (!sparse) bad |= merge_all(op, a, to, stride);
      else {
        for (uint32_t left = present; left; left &= left - 1) {
          const uint32_t at = (uint32_t)__builtin_ctz(left) * stride;
          bad |= merge_one(op, (const int64_t *)(a + at), (int64_t *)(to + at));
        }
      }
    }
  }
  return bad ? -1 : b->in_bytes[0] / 4;
}

static double finish(void) {
  const int64_t *row = (const int64_t *)last;
  return (double)row[1] / (double)row[0] + (double)row[2];
}

static const Function functions[] = {{"merge", merge, NULL, finish}};

MAIN(functions)
