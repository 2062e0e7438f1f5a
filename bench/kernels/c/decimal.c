// 128-bit decimals in C, by the compiler's own type.
#include "bench.h"

typedef __int128 Wide;

static const double NONE = 4294967295.0;

static Wide limit(void) {
  Wide power = 1;
  for (int i = 0; i < 38; i++) power *= 10;
  return power;
}

static double add(const Batch *b) {
  const Wide *x = b->in[0], *y = b->in[1];
  Wide *restrict out = b->out[0];
  const Wide most = limit();
  for (uint32_t i = 0; i < b->rows; i++) {
    const Wide sum = x[i] + y[i];
    out[i] = sum;
    if (sum >= most || sum <= -most) return i;
  }
  return NONE;
}

static double multiply(const Batch *b) {
  const Wide *x = b->in[0], *y = b->in[1];
  Wide *restrict out = b->out[0];
  const Wide most = limit();
  for (uint32_t i = 0; i < b->rows; i++) {
    if (__builtin_mul_overflow(x[i], y[i], &out[i])) return i;
    if (out[i] >= most || out[i] <= -most) return i;
  }
  return NONE;
}

static const Function functions[] = {{"add", add}, {"multiply", multiply}};
MAIN(functions)
