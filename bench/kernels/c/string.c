// Lengths, concatenation, parts, trimming and validation in C, the same algorithms without SIMD by hand.
#include "bench.h"
#include <stddef.h>

static bool is_begin(uint8_t byte) { return (byte & 0xc0) != 0x80; }

static double length(const Batch *b) {
  const int32_t *x = b->in[0];
  const uint8_t *xs = b->in[1];
  int32_t *restrict out = b->out[0];
  for (uint32_t i = 0; i < b->rows; i++) {
    int32_t count = 0;
    for (int32_t p = x[i]; p < x[i + 1]; p++) count += is_begin(xs[p]);
    out[i] = count;
  }
  return 0;
}

static double concat(const Batch *b) {
  const int32_t *x = b->in[0], *y = b->in[2];
  const uint8_t *xs = b->in[1], *ys = b->in[3];
  int32_t *restrict offsets = b->out[0];
  uint8_t *restrict out = b->out[1];
  uint32_t to = 0;
  offsets[0] = 0;
  for (uint32_t i = 0; i < b->rows; i++) {
    memcpy(out + to, xs + x[i], (size_t)(x[i + 1] - x[i]));
    to += (uint32_t)(x[i + 1] - x[i]);
    memcpy(out + to, ys + y[i], (size_t)(y[i + 1] - y[i]));
    to += (uint32_t)(y[i + 1] - y[i]);
    offsets[i + 1] = (int32_t)to;
  }
  return to;
}

static const uint8_t *skip(const uint8_t *p, const uint8_t *end, int count) {
  for (; p < end; p++) {
    if (is_begin(*p) && !count--) return p;
  }
  return end;
}

static int code_points(const uint8_t *p, const uint8_t *end) {
  int count = 0;
  for (; p < end; p++) count += is_begin(*p);
  return count;
}

// Where it starts and how long it is are known when the program runs; a start below 0 counts from the end.
static double substring_of(const Batch *b, bool ascii) {
  const int32_t *x = b->in[0];
  const uint8_t *xs = b->in[1];
  int32_t *restrict offsets = b->out[0];
  uint8_t *restrict out = b->out[1];
  const int32_t from = (int32_t)b->param[0];
  const uint32_t most = (uint32_t)b->param[1];
  uint32_t to = 0;
  offsets[0] = 0;
  for (uint32_t i = 0; i < b->rows; i++) {
    const uint8_t *p = xs + x[i], *end = xs + x[i + 1], *stop;
    int32_t start = from;
    if (start < 0) {
      start += (int32_t)(ascii ? (int)(end - p) : code_points(p, end));
      if (start < 0) start = 0;
    }
    if (ascii) {
      p = end - p < start ? end : p + start;
      stop = (uint32_t)(end - p) < most ? end : p + most;
    } else {
      p = skip(p, end, start);
      stop = skip(p, end, (int)most);
    }
    const uint32_t taken = (uint32_t)(stop - p);
    for (uint32_t at = 0; at < taken; at += 16) memcpy(out + to + at, p + at, 16);
    offsets[i + 1] = (int32_t)(to += taken);
  }
  return to;
}
// A column without a byte beyond ASCII is cut by bytes; both look.
static bool is_ascii(const uint8_t *p, const uint8_t *end) {
  uint8_t seen = 0;
  for (; p < end; p++) seen |= *p;
  return seen < 0x80;
}

static double substring(const Batch *b) {
  const int32_t *x = b->in[0];
  const uint8_t *xs = b->in[1];
  return substring_of(b, is_ascii(xs + x[0], xs + x[b->rows]));
}

static const uint8_t *skip_back(const uint8_t *p, const uint8_t *end, uint32_t count) {
  while (count && end > p) count -= is_begin(*--end);
  return end;
}

// A count below 0 leaves so many out at the end.
static double left(const Batch *b) {
  const int32_t *x = b->in[0];
  const uint8_t *xs = b->in[1];
  int32_t *restrict offsets = b->out[0];
  uint8_t *restrict out = b->out[1];
  const int32_t count = (int32_t)b->param[0];
  const uint32_t points = count < 0 ? -(uint32_t)count : (uint32_t)count;
  const bool ascii = is_ascii(xs + x[0], xs + x[b->rows]);
  uint32_t to = 0;
  offsets[0] = 0;
  for (uint32_t i = 0; i < b->rows; i++) {
    const uint8_t *p = xs + x[i], *end = xs + x[i + 1], *stop;
    if (ascii) {
      const uint32_t size = (uint32_t)(end - p), bytes = points < size ? points : size;
      stop = count < 0 ? end - bytes : p + bytes;
    } else {
      stop = count < 0 ? skip_back(p, end, points) : skip(p, end, count);
    }
    const uint32_t taken = (uint32_t)(stop - p);
    for (uint32_t at = 0; at < taken; at += 16) memcpy(out + to + at, p + at, 16);
    offsets[i + 1] = (int32_t)(to += taken);
  }
  return to;
}

static double reverse(const Batch *b) {
  const int32_t *x = b->in[0];
  const uint8_t *xs = b->in[1];
  int32_t *restrict offsets = b->out[0];
  uint8_t *out = b->out[1];
  uint32_t to = 0;
  offsets[0] = 0;
  for (uint32_t i = 0; i < b->rows; i++) {
    const uint8_t *p = xs + x[i], *end = xs + x[i + 1];
    if (is_ascii(p, end)) {
      while (end > p) out[to++] = *--end;
    } else {
      while (end > p) {
        const uint8_t *start = end - 1;
        while (start > p && !is_begin(*start)) start--;
        memcpy(out + to, start, 4);
        to += (uint32_t)(end - start);
        end = start;
      }
    }
    offsets[i + 1] = (int32_t)to;
  }
  return to;
}

static bool is_white(uint8_t byte) { return byte == ' ' || (uint8_t)(byte - 9) < 5; }

static double trim(const Batch *b) {
  const int32_t *x = b->in[0];
  const uint8_t *xs = b->in[1];
  int32_t *restrict offsets = b->out[0];
  uint8_t *restrict out = b->out[1];
  uint32_t to = 0;
  offsets[0] = 0;
  for (uint32_t i = 0; i < b->rows; i++) {
    const uint8_t *p = xs + x[i], *end = xs + x[i + 1];
    while (p < end && is_white(*p)) p++;
    while (p < end && is_white(end[-1])) end--;
    memcpy(out + to, p, (size_t)(end - p));
    offsets[i + 1] = (int32_t)(to += (uint32_t)(end - p));
  }
  return to;
}

static uint32_t sequence(const uint8_t *p, const uint8_t *end) {
  const uint8_t lead = *p;
  const ptrdiff_t left = end - p;
  if (lead < 0xc2 || left < 2) return 0;
  if (lead < 0xe0) return is_begin(p[1]) ? 0 : 2;
  if (left < 3 || is_begin(p[2])) return 0;
  if (lead < 0xf0) {
    return p[1] >= (lead == 0xe0 ? 0xa0 : 0x80) && p[1] <= (lead == 0xed ? 0x9f : 0xbf) ? 3 : 0;
  }
  if (lead > 0xf4 || left < 4 || is_begin(p[3])) return 0;
  return p[1] >= (lead == 0xf0 ? 0x90 : 0x80) && p[1] <= (lead == 0xf4 ? 0x8f : 0xbf) ? 4 : 0;
}

static double validate(const Batch *b) {
  const uint8_t *start = b->in[1], *p = start, *end = start + b->in_bytes[1];
  while (p < end) {
    uint64_t word;
    memcpy(&word, p, 8);
    if (end - p >= 8 && !(word & 0x8080808080808080)) {
      p += 8;
    } else if (*p < 0x80) {
      p++;
    } else {
      const uint32_t size = sequence(p, end);
      if (!size) return (double)(p - start);
      p += size;
    }
  }
  return -1;
}

static const Function functions[] = {
    {"length", length},       {"concat", concat}, {"substring", substring}, {"trim", trim}, {"left", left}, {"reverse", reverse}, {"validate", validate}};
MAIN(functions)
