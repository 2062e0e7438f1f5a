// NDJSON in C: one scalar pass to columns, with the keys of the last line expected, and back.
#include "lines.h"

static const char *const keys[] = {"\"id\":", "\"price\":", "\"name\":", "\"time\":"};

static double scan_json(const Batch *b) {
  const uint8_t *p = b->in[0], *end = p + b->in_bytes[0];
  uint32_t row = 0;
  int32_t used = 0;
  size_t length[4];
  for (int i = 0; i < 4; i++) length[i] = strlen(keys[i]);
  memset(text_validity, 0xff, sizeof text_validity);
  for (; p < end; row++) {
    if (*p++ != '{') return -1;
    for (int key = 0; key < 4; key++) {
      for (size_t i = 0; i < length[key]; i++) {
        if (p[i] != (uint8_t)keys[key][i]) return -1;
      }
      p += length[key];
      while (*p == ' ') p++;
      if (key == 0) p = read_integer(p, &ids[row]);
      if (key == 1) p = read_float(p, &prices[row]);
      if (key == 3) p = read_integer(p, &times[row]);
      if (key == 2) {
        if (*p++ != '"') return -1;
        while (*p != '"') {
          if (*p == '\\' || *p < 0x20 || *p >= 0x80) return -1;
          texts[used++] = *p++;
        }
        p++;
        offsets[row + 1] = used;
      }
      while (*p == ' ') p++;
      if (*p++ != (key == 3 ? '}' : ',')) return -1;
    }
    if (*p++ != '\n') return -1;
  }
  return sum_of(row);
}

static inline uint8_t *put(uint8_t *p, const char *text) {
  const size_t length = strlen(text);
  memcpy(p, text, length);
  return p + length;
}

static double encode_json(const Batch *b) {
  const int64_t *id = b->in[0], *time = b->in[3];
  const int32_t *offset = b->in[1], *quantity = b->in[4];
  const uint8_t *text = b->in[2];
  uint8_t *p = b->out[0];
  for (uint32_t row = 0; row < b->rows; row++) {
    p = write_integer(put(p, "{\"id\":"), id[row]);
    p = put(p, ",\"name\":\"");
    for (int32_t i = offset[row]; i < offset[row + 1]; i++) {
      const uint8_t c = text[i];
      if (c == '"' || c == '\\') *p++ = '\\';
      if (c < 0x20) p += sprintf((char *)p, "\\u%04x", c);
      else *p++ = c;
    }
    p = write_time(put(p, "\",\"time\":\""), time[row]);
    p = write_integer(put(p, "\",\"quantity\":"), quantity[row]);
    *p++ = '}';
    *p++ = '\n';
  }
  return (double)(p - (uint8_t *)b->out[0]);
}

static const Function functions[] = {
    {"scan_json", scan_json},
    {"encode_json", encode_json},
};
MAIN(functions)
