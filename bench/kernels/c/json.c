// NDJSON in C: one scalar pass to columns, with the keys in the order of the line before expected; and
// back.
#include "lines.h"

static inline const uint8_t *skip_blank(const uint8_t *p) {
  while (*p == ' ' || *p == '\t' || *p == '\r') p++;
  return p;
}

/** Reads a string behind its quote; escapes are not in the data, and end the scan. */
static inline const uint8_t *read_string(Column *c, uint32_t row, const uint8_t *p) {
  const uint8_t *start = p;
  while (*p != '"' && *p != '\\' && *p >= 0x20) p++;
  if (*p != '"' || !append_text(c, row, start, (size_t)(p - start))) return NULL;
  return p + 1;
}

static inline const uint8_t *read_value(Column *c, uint32_t row, const uint8_t *p) {
  if (*p == 'n' && !memcmp(p, "null", 4)) return set_null(c, row) ? p + 4 : NULL;
  switch (c->kind) {
    case INT64:
      // No leading zeros, and no float.
      if (p[*p == '-'] == '0' && (uint8_t)(p[1 + (*p == '-')] - '0') <= 9) return NULL;
      return read_integer(p, (int64_t *)c->values + row);
    case FLOAT64:
      if (p[*p == '-'] == '0' && (uint8_t)(p[1 + (*p == '-')] - '0') <= 9) return NULL;
      return read_float(p, (double *)c->values + row);
    case TEXT: return *p == '"' ? read_string(c, row, p + 1) : NULL;
    default: return NULL;
  }
}

static double scan_json(const Batch *b) {
  Column *columns = columns_read();
  const uint8_t *p = b->in[0], *end = p + b->in_bytes[0];
  const uint32_t column_count = 4;
  uint32_t row = 0;
  while (p < end && row < ROWS_MAX) {
    const uint8_t *record = p;
    p = skip_blank(p);
    if (*p == '\n') {
      p++;
      continue;
    }
    if (*p++ != '{') return -1;
    uint32_t filled = 0, expected = 0;
    while (true) {
      p = skip_blank(p);
      uint32_t key = expected;
      if (memcmp(p, columns[key].key, columns[key].key_length)) {
        for (key = 0; key < column_count; key++) {
          if (!memcmp(p, columns[key].key, columns[key].key_length)) break;
        }
        if (key == column_count) return -1;
      }
      if (filled >> key & 1) return -1;
      filled |= 1u << key;
      expected = (key + 1) % column_count;
      p = read_value(&columns[key], row, skip_blank(p + columns[key].key_length));
      if (!p) return -1;
      p = skip_blank(p);
      if (*p == '}') break;
      if (*p++ != ',') return -1;
    }
    p = skip_blank(p + 1);
    if (*p != '\n' || p - record > RECORD_MAX) return -1;
    p++;
    for (uint32_t key = 0; filled != 15 && key < column_count; key++) {
      if (!(filled >> key & 1) && !set_null(&columns[key], row)) return -1;
    }
    row++;
  }
  return sum_of(row);
}

static inline uint8_t *write_string(uint8_t *p, const uint8_t *text, size_t length) {
  *p++ = '"';
  for (size_t i = 0; i < length; i++) {
    const uint8_t c = text[i];
    if (c == '"' || c == '\\') *p++ = '\\';
    if (c < 0x20) p += sprintf((char *)p, "\\u%04x", c);
    else *p++ = c;
  }
  *p++ = '"';
  return p;
}

static double encode_json(const Batch *b) {
  const Column *columns = columns_written(b);
  const uint32_t column_count = 4;
  uint8_t *p = b->out[0];
  output_end = p + b->rows * 192;
  for (uint32_t row = 0; row < b->rows; row++) {
    if (!has_room(p, column_count * 64)) return -1;
    for (uint32_t i = 0; i < column_count; i++) {
      const Column *c = &columns[i];
      memcpy(p, c->key, c->key_length);
      // The first key's comma is where the brace belongs.
      if (!i) *p = '{';
      p += c->key_length;
      if (is_null(c, row)) {
        memcpy(p, "null", 4);
        p += 4;
      } else if (c->kind == TEXT) {
        const size_t length = (size_t)(c->offsets[row + 1] - c->offsets[row]);
        if (!has_room(p, 6 * length + 2 + column_count * 64)) return -1;
        p = write_string(p, (const uint8_t *)c->values + c->offsets[row], length);
      } else if (c->kind == TIMESTAMP) {
        *p++ = '"';
        p = write_value(c, row, p);
        *p++ = '"';
      } else {
        p = write_value(c, row, p);
      }
    }
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
