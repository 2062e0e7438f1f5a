// LZ4 blocks in C.
#include "bench.h"

static double decompress_block(const Batch *b) {
  const uint8_t *at = b->in[0], *end = at + b->in_bytes[0];
  uint8_t *to = b->out[0], *start = to, *out_end = to + b->rows;
  while (at < end) {
    const uint32_t token = *at++;
    size_t length = token >> 4;
    if (length == 15) {
      size_t byte = 255;
      while (byte == 255) {
        if (at >= end) return -1;
        byte = *at++;
        length += byte;
        if (length > (size_t)(out_end - to)) return -1;
      }
    }
    if (length > (size_t)(end - at) || length > (size_t)(out_end - to)) return -1;
    if (length) {
      for (size_t i = 0; i < length; i += 16) memcpy(to + i, at + i, 16);
    }
    to += length;
    at += length;
    if (at == end) return to == out_end ? b->rows : -1;
    if (end - at < 2) return -1;
    const size_t offset = (size_t)at[0] | (size_t)at[1] << 8;
    at += 2;
    length = (token & 15) + 4;
    if (length == 19) {
      size_t byte = 255;
      while (byte == 255) {
        if (at >= end) return -1;
        byte = *at++;
        length += byte;
        if (length > (size_t)(out_end - to)) return -1;
      }
    }
    if (!offset || offset > (size_t)(to - start) || length > (size_t)(out_end - to)) return -1;
    uint8_t *copy = to, *copy_end = to + length;
    if (offset >= 16) {
      for (; copy < copy_end; copy += 16) memcpy(copy, copy - offset, 16);
    } else if (offset >= 8) {
      for (; copy < copy_end; copy += 8) memcpy(copy, copy - offset, 8);
    } else {
      for (; copy < copy_end; copy++) *copy = *(copy - offset);
    }
    to += length;
  }
  return -1;
}

static const Function functions[] = {{"decompress_block", decompress_block, NULL, NULL}};
MAIN(functions)
