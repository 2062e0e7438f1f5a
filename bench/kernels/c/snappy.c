// Snappy in C.
#include "bench.h"

enum { BLOCK = 1 << 16, TABLE_BITS = 14 };
static uint16_t table[1 << TABLE_BITS];

static uint32_t load32(const uint8_t *at) {
  uint32_t word;
  memcpy(&word, at, 4);
  return word;
}

static uint64_t load64(const uint8_t *at) {
  uint64_t word;
  memcpy(&word, at, 8);
  return word;
}

static uint8_t *put_literal(const uint8_t *from, const uint8_t *to, uint8_t *out) {
  const size_t length = (size_t)(to - from);
  if (!length) return out;
  const uint32_t n = (uint32_t)length - 1;
  if (n < 60) {
    *out++ = (uint8_t)(n << 2);
  } else if (n < 256) {
    *out++ = 60 << 2;
    *out++ = (uint8_t)n;
  } else {
    *out++ = 61 << 2;
    *out++ = (uint8_t)n;
    *out++ = (uint8_t)(n >> 8);
  }
  memcpy(out, from, length);
  return out + length;
}

static uint8_t *put_long_copy(size_t offset, size_t length, uint8_t *out) {
  *out++ = (uint8_t)(2 | (length - 1) << 2);
  *out++ = (uint8_t)offset;
  *out++ = (uint8_t)(offset >> 8);
  return out;
}

static uint8_t *put_copy(size_t offset, size_t length, uint8_t *out) {
  for (; length >= 68; length -= 64) out = put_long_copy(offset, 64, out);
  if (length > 64) {
    out = put_long_copy(offset, 60, out);
    length -= 60;
  }
  if (length < 12 && offset < 2048) {
    *out++ = (uint8_t)(1 | (length - 4) << 2 | (offset >> 8) << 5);
    *out++ = (uint8_t)offset;
    return out;
  }
  return put_long_copy(offset, length, out);
}

static size_t match_length(const uint8_t *match, const uint8_t *at, const uint8_t *end) {
  const uint8_t *start = at;
  at += 4;
  match += 4;
  while (at + 8 <= end) {
    const uint64_t difference = load64(at) ^ load64(match);
    if (difference) return (size_t)(at - start) + (size_t)(__builtin_ctzll(difference) >> 3);
    at += 8;
    match += 8;
  }
  while (at < end && *at == *match) {
    at++;
    match++;
  }
  return (size_t)(at - start);
}

static uint8_t *compress_part(const uint8_t *block, const uint8_t *end, uint8_t *out) {
  const uint8_t *literal = block;
  if (end - block > 15) {
    memset(table, 0, sizeof table);
    const uint8_t *last = end - 15, *at = block + 1;
    size_t skip = 32;
    while (at < last) {
      const uint32_t bytes = load32(at);
      uint16_t *slot = &table[(bytes * 0x1e35a7bdu) >> (32 - TABLE_BITS)];
      const uint8_t *match = block + *slot;
      *slot = (uint16_t)(at - block);
      if (load32(match) != bytes || match >= at) {
        at += skip++ >> 5;
        continue;
      }
      out = put_literal(literal, at, out);
      const size_t length = match_length(match, at, end);
      out = put_copy((size_t)(at - match), length, out);
      at += length;
      literal = at;
      skip = 32;
    }
  }
  return put_literal(literal, end, out);
}

static double compress_block(const Batch *b) {
  const uint8_t *at = b->in[0], *end = at + b->in_bytes[0];
  uint8_t *out = b->out[0];
  const uint8_t *start = out;
  uint32_t value = b->in_bytes[0];
  for (; value > 127; value >>= 7) *out++ = (uint8_t)(value | 128);
  *out++ = (uint8_t)value;
  while (at < end) {
    const uint8_t *block_end = end - at > BLOCK ? at + BLOCK : end;
    out = compress_part(at, block_end, out);
    at = block_end;
  }
  return (double)(out - start);
}

static double decompress_block(const Batch *b) {
  const uint8_t *at = b->in[0], *end = at + b->in_bytes[0];
  uint8_t *out = b->out[0], *start = out, *out_end = out + b->rows;
  while (*at++ > 127) {
  }
  while (at < end) {
    const uint32_t tag = *at++;
    size_t length = (tag >> 2) + 1;
    if (!(tag & 3)) {
      if (length > 60) {
        const size_t extra = length - 60;
        if ((size_t)(end - at) < extra) return -1;
        length = (load32(at) & (0xffffffffu >> (32 - extra * 8))) + 1;
        at += extra;
      }
      if (length > (size_t)(end - at) || length > (size_t)(out_end - out)) return -1;
      if (length <= 16) memcpy(out, at, 16);
      else memcpy(out, at, length);
      at += length;
    } else {
      const uint32_t kind = tag & 3;
      const size_t extra = kind == 3 ? 4 : kind;
      if ((size_t)(end - at) < extra) return -1;
      size_t offset;
      if (kind == 1) {
        length = ((tag >> 2) & 7) + 4;
        offset = (size_t)(tag >> 5) << 8 | *at;
      } else {
        offset = kind == 2 ? load32(at) & 0xffff : load32(at);
      }
      at += extra;
      if (!offset || offset > (size_t)(out - start) || length > (size_t)(out_end - out)) return -1;
      uint8_t *to = out, *copy_end = out + length;
      if (offset >= 16) {
        for (; to < copy_end; to += 16) memcpy(to, to - offset, 16);
      } else if (offset >= 8) {
        for (; to < copy_end; to += 8) memcpy(to, to - offset, 8);
      } else {
        for (; to < copy_end; to++) *to = *(to - offset);
      }
    }
    out += length;
  }
  return out == out_end ? b->rows : -1;
}

static const Function functions[] = {
    {"compress_block", compress_block, NULL, NULL},
    {"decompress_block", decompress_block, NULL, NULL},
};
MAIN(functions)
