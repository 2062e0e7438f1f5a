// CSV in C: fields are found byte by byte and read into columns, one record after another; and back.
#include "lines.h"

static const uint8_t *null_text = (const uint8_t *)"";
static size_t null_length;
static uint8_t scratch[RECORD_MAX];

static inline bool read_field(Column *c, uint32_t row, const uint8_t *p, const uint8_t *end, bool quoted) {
  const size_t length = (size_t)(end - p);
  if (!quoted && length == null_length && !memcmp(p, null_text, length)) {
    if (c->nullable || c->kind != TEXT || length) return set_null(c, row);
  }
  switch (c->kind) {
    case INT64: return read_integer(p, (int64_t *)c->values + row) == end;
    case FLOAT64: return read_float(p, (double *)c->values + row) == end;
    case TEXT: return append_text(c, row, p, length);
    default: return false;
  }
}

static double scan_csv(const Batch *b) {
  Column *columns = columns_read();
  const uint8_t *p = b->in[0], *end = p + b->in_bytes[0];
  const uint8_t delimiter = ',', quote = '"';
  const uint32_t field_count = 4;
  uint32_t row = 0;
  for (; p < end && row < ROWS_MAX; row++) {
    const uint8_t *record = p;
    for (uint32_t field = 0; field < field_count; field++) {
      const uint8_t *start = p, *stop;
      const bool quoted = p < end && *p == quote;
      if (quoted) {
        bool doubled = false;
        for (start = ++p;; p++) {
          while (p < end && *p != quote) p++;
          if (p >= end) return -1;
          if (p[1] != quote) break;
          doubled = true;
          p++;
        }
        stop = p++;
        if (*p == '\r' && p[1] == '\n') p++;
        if (doubled) {
          uint8_t *to = scratch;
          for (const uint8_t *q = start; q < stop; q++) {
            *to++ = *q;
            q += *q == quote;
          }
          start = scratch;
          stop = to;
        }
      } else {
        while (p < end && *p != delimiter && *p != '\n' && *p != quote) p++;
        if (p >= end || *p == quote) return -1;
        stop = p;
        if (*p == '\n' && stop > start && stop[-1] == '\r') stop--;
      }
      if (*p != (field + 1 == field_count ? '\n' : delimiter)) return -1;
      if (!read_field(&columns[field], row, start, stop, quoted)) return -1;
      p++;
    }
    if (p - record > RECORD_MAX) return -1;
  }
  return sum_of(row);
}

static double encode_csv(const Batch *b) {
  const Column *columns = columns_written(b);
  const uint8_t delimiter = ',', quote = '"';
  const uint32_t column_count = 4;
  uint8_t *p = b->out[0];
  output_end = p + b->rows * 192;
  for (uint32_t row = 0; row < b->rows; row++) {
    if (!has_room(p, column_count * 50)) return -1;
    for (uint32_t i = 0; i < column_count; i++) {
      const Column *c = &columns[i];
      if (is_null(c, row)) {
        memcpy(p, null_text, null_length);
        p += null_length;
      } else if (c->kind == TEXT) {
        const uint8_t *text = (const uint8_t *)c->values + c->offsets[row];
        const size_t length = (size_t)(c->offsets[row + 1] - c->offsets[row]);
        if (!has_room(p, 2 * length + 2 + column_count * 50)) return -1;
        bool quoted = !length || (length == null_length && !memcmp(text, null_text, length));
        for (size_t at = 0; at < length; at++) {
          const uint8_t byte = text[at];
          quoted |= byte == delimiter || byte == quote || byte == '\n' || byte == '\r';
          p[at] = byte;
        }
        if (!quoted) {
          p += length;
        } else {
          *p++ = quote;
          for (size_t at = 0; at < length; at++) {
            if (text[at] == quote) *p++ = quote;
            *p++ = text[at];
          }
          *p++ = quote;
        }
      } else {
        p = write_value(c, row, p);
      }
      *p++ = delimiter;
    }
    p[-1] = '\n';
  }
  return (double)(p - (uint8_t *)b->out[0]);
}

static const Function functions[] = {
    {"scan_csv", scan_csv},
    {"encode_csv", encode_csv},
};
MAIN(functions)
