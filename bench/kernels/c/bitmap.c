// Bitmaps in C, by words; gcc vectorises the logic.
#include "bench.h"

static double and_bits(const Batch *b) {
  const uint64_t *x = b->in[0], *y = b->in[1];
  uint64_t *restrict out = b->out[0];
  for (uint32_t i = 0; i < b->rows / 64; i++) out[i] = x[i] & y[i];
  return 0;
}

static double kleene_and(const Batch *b) {
  const uint64_t *x = b->in[0], *x_valid = b->in[1], *y = b->in[2], *y_valid = b->in[3];
  uint64_t *restrict out = b->out[0], *restrict valid = b->out[1];
  for (uint32_t i = 0; i < b->rows / 64; i++) {
    const uint64_t x_false = x_valid[i] & ~x[i], y_false = y_valid[i] & ~y[i];
    out[i] = x[i] & x_valid[i] & y[i] & y_valid[i];
    valid[i] = (x_valid[i] & y_valid[i]) | x_false | y_false;
  }
  return 0;
}

static double count(const Batch *b) {
  const uint64_t *x = b->in[0];
  uint64_t total = 0;
  for (uint32_t i = 0; i < b->rows / 64; i++) total += (uint64_t)__builtin_popcountll(x[i]);
  return (double)total;
}

static double copy_bits(const Batch *b) {
  const uint8_t *x = b->in[0];
  uint64_t *restrict out = b->out[0];
  for (uint32_t i = 0; i < b->rows / 64; i++) {
    uint64_t word;
    memcpy(&word, x + i * 8, 8);
    out[i] = word >> 3 | (uint64_t)x[i * 8 + 8] << 61;
  }
  return 0;
}

static double append_bits(const Batch *b) {
  const uint64_t *x = b->in[0];
  uint64_t *out = b->out[0];
  uint64_t carry = out[0] & 31;
  for (uint32_t i = 0; i < b->rows / 64; i++) {
    out[i] = carry | x[i] << 5;
    carry = x[i] >> 59;
  }
  *(uint8_t *)&out[b->rows / 64] = (uint8_t)carry;
  return 0;
}

static double from_bytes(const Batch *b) {
  const uint8_t *x = b->in[0];
  uint8_t *restrict out = b->out[0];
  for (uint32_t i = 0; i < b->rows / 8; i++) {
    uint32_t byte = 0;
    for (uint32_t j = 0; j < 8; j++) byte |= (uint32_t)(x[i * 8 + j] != 0) << j;
    out[i] = (uint8_t)byte;
  }
  return 0;
}

static double to_bytes(const Batch *b) {
  const uint8_t *x = b->in[0];
  uint8_t *restrict out = b->out[0];
  for (uint32_t i = 0; i < b->rows; i++) out[i] = (x[i >> 3] >> (i & 7)) & 1;
  return 0;
}

static uint32_t table[256][8];

static void fill_table(void) {
  for (uint32_t byte = 0; byte < 256; byte++) {
    for (uint32_t bit = 0, at = 0; bit < 8; bit++) {
      if (byte >> bit & 1) table[byte][at++] = bit;
    }
  }
}

static double to_selection(const Batch *b) {
  const uint8_t *x = b->in[0];
  uint32_t *out = b->out[0];
  uint32_t length = 0;
  for (uint32_t i = 0; i < b->rows / 8; i++) {
    for (uint32_t j = 0; j < 8; j++) out[length + j] = table[x[i]][j] + i * 8;
    length += (uint32_t)__builtin_popcount(x[i]);
  }
  return length;
}

static double to_selection_sparse(const Batch *b) {
  const uint64_t *x = b->in[0];
  uint32_t *out = b->out[0];
  uint32_t length = 0;
  for (uint32_t i = 0; i < b->rows / 64; i++) {
    for (uint64_t word = x[i]; word; word &= word - 1) {
      out[length++] = i * 64 + (uint32_t)__builtin_ctzll(word);
    }
  }
  return length;
}

static double from_selection(const Batch *b) {
  const uint32_t *x = b->in[0];
  uint64_t *out = b->out[0];
  memset(out, 0, b->rows / 8);
  uint64_t word = 0;
  uint32_t at = 0;
  for (uint32_t i = 0; i < b->in_bytes[0] / 4; i++) {
    if (x[i] >> 6 != at) {
      out[at] = word;
      word = 0;
      at = x[i] >> 6;
    }
    word |= (uint64_t)1 << (x[i] & 63);
  }
  out[at] = word;
  return 0;
}

static const Function functions[] = {
    {"and_bits", and_bits},
    {"kleene_and", kleene_and},
    {"count", count},
    {"copy_bits", copy_bits},
    {"append_bits", append_bits},
    {"from_bytes", from_bytes},
    {"to_bytes", to_bytes},
    {"to_selection", to_selection, fill_table},
    {"to_selection_sparse", to_selection_sparse},
    {"from_selection", from_selection},
};
MAIN(functions)
