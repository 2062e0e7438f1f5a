// Delta-packed integers in C.
#include "bench.h"

static const uint8_t *at;

static uint64_t varint(void) {
  uint64_t value = 0;
  for (uint64_t shift = 0;; shift += 7) {
    const uint64_t byte = *at++;
    value |= (byte & 127) << shift;
    if (byte < 128) return value;
  }
}

static int64_t zigzag(void) {
  const uint64_t value = varint();
  return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

static double decode_i32(const Batch *b) {
  at = b->in[0];
  const uint8_t *end = at + b->in_bytes[0];
  int32_t *restrict out = b->out[0];
  const uint64_t block = varint(), minis = varint(), count = varint();
  int64_t value = zigzag();
  out[0] = (int32_t)value;
  const uint64_t values = block / minis;
  for (uint64_t done = 1; done < count;) {
    const int64_t smallest = zigzag();
    const uint8_t *widths = at;
    at += minis;
    for (uint64_t mini = 0; mini < minis && done < count; mini++) {
      const uint64_t width = widths[mini];
      const uint64_t n = values < count - done ? values : count - done;
      if ((n * width + 7) / 8 > (uint64_t)(end - at)) return -1;
      const uint64_t mask = (1ull << width) - 1;
      for (uint64_t i = 0; i < n; i++) {
        uint64_t word;
        memcpy(&word, at + (i * width >> 3), 8);
        value += smallest + (int64_t)(word >> (i * width & 7) & mask);
        out[done++] = (int32_t)value;
      }
      at += values * width / 8;
    }
  }
  return (double)count;
}

static const Function functions[] = {{"decode_i32", decode_i32, NULL, NULL}};
MAIN(functions)
