// CSV in C: one scalar pass to columns, and back.
#include "lines.h"

static double scan_csv(const Batch *b) {
  const uint8_t *p = b->in[0], *end = p + b->in_bytes[0];
  uint32_t row = 0;
  int32_t used = 0;
  memset(text_validity, 0xff, sizeof text_validity);
  for (; p < end; row++) {
    p = read_integer(p, &ids[row]);
    if (*p++ != ',') return -1;
    p = read_float(p, &prices[row]);
    if (*p++ != ',') return -1;
    if (*p == '"') {
      for (p++;; p++) {
        if (*p == '"' && *++p != '"') break;
        texts[used++] = *p;
      }
    } else {
      while (*p != ',' && *p != '\n') texts[used++] = *p++;
    }
    offsets[row + 1] = used;
    if (*p++ != ',') return -1;
    p = read_integer(p, &times[row]);
    if (*p++ != '\n') return -1;
  }
  return sum_of(row);
}

static double encode_csv(const Batch *b) {
  const int64_t *id = b->in[0], *time = b->in[3];
  const int32_t *offset = b->in[1], *quantity = b->in[4];
  const uint8_t *text = b->in[2];
  uint8_t *p = b->out[0];
  for (uint32_t row = 0; row < b->rows; row++) {
    p = write_integer(p, id[row]);
    *p++ = ',';
    uint8_t *start = p;
    bool quoted = false;
    for (int32_t i = offset[row]; i < offset[row + 1]; i++) {
      const uint8_t c = text[i];
      quoted |= c == ',' || c == '"' || c == '\n' || c == '\r';
      *p++ = c;
    }
    if (quoted) {
      p = start;
      *p++ = '"';
      for (int32_t i = offset[row]; i < offset[row + 1]; i++) {
        if (text[i] == '"') *p++ = '"';
        *p++ = text[i];
      }
      *p++ = '"';
    }
    *p++ = ',';
    p = write_time(p, time[row]);
    *p++ = ',';
    p = write_integer(p, quantity[row]);
    *p++ = '\n';
  }
  return (double)(p - (uint8_t *)b->out[0]);
}

static const Function functions[] = {
    {"scan_csv", scan_csv},
    {"encode_csv", encode_csv},
};
MAIN(functions)
