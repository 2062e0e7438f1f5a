// MurmurHash3_x86_32 in C.
#include "bench.h"

static inline uint32_t rotl(uint32_t x, int by) { return x << by | x >> (32 - by); }
static inline uint32_t scramble(uint32_t k) { return rotl(k * 0xcc9e2d51, 15) * 0x1b873593; }
static inline uint32_t absorb(uint32_t h, uint32_t k) {
  return rotl(h ^ scramble(k), 13) * 5 + 0xe6546b64;
}
static inline uint32_t finish(uint32_t h) {
  h = (h ^ h >> 16) * 0x85ebca6b;
  h = (h ^ h >> 13) * 0xc2b2ae35;
  return h ^ h >> 16;
}

static double hash_4(const Batch *b) {
  const uint32_t *in = b->in[0];
  uint32_t *restrict out = b->out[0];
  for (uint32_t i = 0; i < b->rows; i++) out[i] = finish(absorb(0, in[i]) ^ 4);
  return 0;
}

static double hash_8_nulls(const Batch *b) {
  const uint32_t *in = b->in[0];
  const uint8_t *valid = b->in[1];
  uint32_t *restrict out = b->out[0];
  for (uint32_t i = 0; i < b->rows; i++) {
    const uint32_t h = finish(absorb(absorb(0, in[2 * i]), in[2 * i + 1]) ^ 8);
    out[i] = valid[i >> 3] >> (i & 7) & 1 ? h : finish(0x9e3779b9);
  }
  return 0;
}

static double hash_16(const Batch *b) {
  const uint32_t *in = b->in[0];
  uint32_t *restrict out = b->out[0];
  for (uint32_t i = 0; i < b->rows; i++, in += 4) {
    const uint32_t h = absorb(absorb(absorb(absorb(0, in[0]), in[1]), in[2]), in[3]);
    out[i] = finish(h ^ 16);
  }
  return 0;
}

static double hash_f64(const Batch *b) {
  const double *in = b->in[0];
  uint32_t *restrict out = b->out[0];
  for (uint32_t i = 0; i < b->rows; i++) {
    const double x = in[i] != in[i] ? NAN : in[i] + 0.0;
    uint64_t bits;
    memcpy(&bits, &x, 8);
    out[i] = finish(absorb(absorb(0, (uint32_t)bits), (uint32_t)(bits >> 32)) ^ 8);
  }
  return 0;
}

static double hash_bytes(const Batch *b) {
  const uint32_t *offsets = b->in[0];
  const uint8_t *data = b->in[1];
  uint32_t *restrict out = b->out[0];
  for (uint32_t i = 0; i < b->rows; i++) {
    const uint8_t *p = data + offsets[i];
    const uint32_t bytes = offsets[i + 1] - offsets[i];
    uint32_t h = 0, k;
    for (const uint8_t *end = p + (bytes & ~3u); p < end; p += 4) {
      memcpy(&k, p, 4);
      h = absorb(h, k);
    }
    memcpy(&k, p, 4);
    h ^= scramble(k & ((1u << ((bytes & 3) << 3)) - 1));
    out[i] = finish(h ^ bytes);
  }
  return 0;
}

static const Function functions[] = {
    {"hash_4", hash_4},         {"hash_8_nulls", hash_8_nulls}, {"hash_16", hash_16},
    {"hash_f64", hash_f64},     {"hash_bytes", hash_bytes},
};

MAIN(functions)
