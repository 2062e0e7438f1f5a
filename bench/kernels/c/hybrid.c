// The hybrid of runs in C.
#include "bench.h"

typedef struct {
  const uint8_t *at, *end;
  uint32_t width, left, value, bit;
  bool packed;
} Reader;

static uint64_t load64(const uint8_t *at) {
  uint64_t word;
  memcpy(&word, at, 8);
  return word;
}

static bool next_run(Reader *r) {
  uint32_t header = 0, shift = 0;
  for (;;) {
    if (r->at >= r->end || shift > 28) return false;
    const uint8_t byte = *r->at++;
    header |= (uint32_t)(byte & 127) << shift;
    if (byte < 128) break;
    shift += 7;
  }
  r->packed = header & 1;
  if (r->packed) {
    const uint64_t bytes = (uint64_t)(header >> 1) * r->width;
    const uint64_t left = (uint64_t)(r->end - r->at);
    r->left = (uint32_t)((bytes < left ? bytes : left) * 8 / r->width);
    r->bit = 0;
    return true;
  }
  const uint32_t bytes = (r->width + 7) / 8;
  if ((uint64_t)(r->end - r->at) < bytes) return false;
  r->value = (uint32_t)(load64(r->at) & ((1ull << (bytes * 8)) - 1));
  r->at += bytes;
  r->left = header >> 1;
  return true;
}

static double decode_u32(const Batch *b) {
  Reader r = {b->in[0], (const uint8_t *)b->in[0] + b->in_bytes[0], (uint32_t)b->param[0], 0, 0, 0, false};
  uint32_t *restrict out = b->out[0];
  uint32_t n = b->rows, largest = 0;
  const uint32_t width = r.width;
  const uint64_t mask = (1ull << width) - 1;
  while (n) {
    if (!r.left && !next_run(&r)) return -1;
    const uint32_t count = n < r.left ? n : r.left;
    if (r.packed) {
      for (uint32_t i = 0; i < count; i++) {
        const uint64_t bit = r.bit + (uint64_t)i * width;
        const uint32_t value = (uint32_t)(load64(r.at + (bit >> 3)) >> (bit & 7) & mask);
        out[i] = value;
        largest = value > largest ? value : largest;
      }
      const uint64_t bits = r.bit + (uint64_t)count * width;
      r.at += bits >> 3;
      r.bit = bits & 7;
    } else {
      for (uint32_t i = 0; i < count; i++) out[i] = r.value;
      largest = r.value > largest ? r.value : largest;
    }
    out += count;
    r.left -= count;
    n -= count;
  }
  return largest;
}

static void put_bits(uint8_t *out, uint32_t at, uint64_t word) {
  uint8_t *to = out + (at >> 3);
  const uint64_t shift = at & 7;
  const uint64_t bits = (*to & ((1ull << shift) - 1)) | word << shift;
  memcpy(to, &bits, 8);
}

static double decode_bits(const Batch *b) {
  Reader r = {b->in[0], (const uint8_t *)b->in[0] + b->in_bytes[0], 1, 0, 0, 0, false};
  uint8_t *out = b->out[0];
  uint32_t n = b->rows, at = 0, set = 0;
  while (n) {
    if (!r.left && !next_run(&r)) return -1;
    const uint32_t count = n < r.left ? n : r.left;
    for (uint32_t left = count; left;) {
      const uint32_t few = left < 56 ? left : 56;
      uint64_t word = r.packed ? load64(r.at) >> r.bit : r.value ? ~0ull : 0;
      word &= (1ull << few) - 1;
      put_bits(out, at, word);
      set += (uint32_t)__builtin_popcountll(word);
      if (r.packed) {
        r.at += (r.bit + few) >> 3;
        r.bit = (r.bit + few) & 7;
      }
      at += few;
      left -= few;
    }
    r.left -= count;
    n -= count;
  }
  return set;
}

static uint32_t repeats_of(const uint32_t *from, const uint32_t *end) {
  const uint32_t *at = from + 1;
  while (at < end && *at == *from) at++;
  return (uint32_t)(at - from);
}

static bool worthwhile(uint32_t repeats, uint32_t width) {
  return repeats >= 8 && (uint64_t)repeats * width >= 32;
}

static uint8_t *varint(uint8_t *out, uint32_t value) {
  for (; value > 127; value >>= 7) *out++ = (uint8_t)(value | 128);
  *out++ = (uint8_t)value;
  return out;
}

static double encode_u32(const Batch *b) {
  const uint32_t *values = b->in[0], *end = values + b->rows;
  uint8_t *out = b->out[0];
  const uint8_t *start = out;
  const uint32_t width = (uint32_t)b->param[0];
  while (values < end) {
    const uint32_t repeats = repeats_of(values, end);
    if (worthwhile(repeats, width)) {
      out = varint(out, repeats << 1);
      memcpy(out, values, 4);
      out += (width + 7) / 8;
      values += repeats;
      continue;
    }
    const uint32_t *literal_end = values + 8;
    while (literal_end < end && !worthwhile(repeats_of(literal_end, end), width)) literal_end += 8;
    const uint32_t groups = (uint32_t)(literal_end - values) / 8;
    out = varint(out, groups << 1 | 1);
    uint8_t *to = out;
    uint64_t word = 0, bits = 0;
    for (; values < (literal_end < end ? literal_end : end); values++) {
      word |= (uint64_t)*values << bits;
      bits += width;
      if (bits >= 32) {
        memcpy(to, &word, 4);
        to += 4;
        word >>= 32;
        bits -= 32;
      }
    }
    memcpy(to, &word, 8);
    memset(to + 8, 0, 32);
    out += groups * width;
    values = literal_end;
  }
  return (double)(out - start);
}

static const Function functions[] = {
    {"decode_u32", decode_u32, NULL, NULL},
    {"decode_bits", decode_bits, NULL, NULL},
    {"encode_u32", encode_u32, NULL, NULL},
};
MAIN(functions)
