// Slices of event time in C: the same map, pages, rows and blocks.
#include "bench.h"

enum { STRIDE = 32, CHUNK = 16384 };

typedef struct Slice {
  int64_t index;
  uint8_t ***pages;
  uint32_t page_count, rows;
  uint8_t *chunk, *top, *end;
} Slice;

static Slice **map;
static uint32_t capacity, slices;

static uint32_t place(int64_t index) {
  return (uint32_t)((uint64_t)index * 0x9e3779b97f4a7c15 >> (64 - __builtin_ctz(capacity)));
}

static void close_slice(Slice *slice) {
  for (uint32_t i = 0; i < slice->page_count; i++) free(slice->pages[i]);
  free(slice->pages);
  while (slice->chunk) {
    uint8_t *next;
    memcpy(&next, slice->chunk, sizeof next);
    free(slice->chunk);
    slice->chunk = next;
  }
  free(slice);
}

static void begin(void) {
  for (uint32_t i = 0; i < capacity; i++) {
    if (map[i]) close_slice(map[i]);
  }
  free(map);
  capacity = 64;
  slices = 0;
  map = calloc(capacity, sizeof *map);
}

static Slice *slice_of(int64_t index) {
  uint32_t at = place(index);
  for (; map[at]; at = (at + 1) & (capacity - 1)) {
    if (map[at]->index == index) return map[at];
  }
  Slice *slice = map[at] = calloc(1, sizeof *slice);
  slice->index = index;
  if (++slices > capacity / 2) {
    Slice **old = map;
    const uint32_t old_capacity = capacity;
    map = calloc(capacity *= 2, sizeof *map);
    for (uint32_t i = 0; i < old_capacity; i++) {
      if (!old[i]) continue;
      uint32_t to = place(old[i]->index);
      while (map[to]) to = (to + 1) & (capacity - 1);
      map[to] = old[i];
    }
    free(old);
  }
  return slice;
}

static uint8_t **entry_of(Slice *slice, uint32_t id) {
  const uint32_t page = id >> 8;
  if (page >= slice->page_count) {
    uint32_t wanted = slice->page_count ? slice->page_count : 4;
    while (wanted <= page) wanted *= 2;
    slice->pages = realloc(slice->pages, wanted * sizeof *slice->pages);
    memset(slice->pages + slice->page_count, 0, (wanted - slice->page_count) * sizeof *slice->pages);
    slice->page_count = wanted;
  }
  if (!slice->pages[page]) slice->pages[page] = calloc(256, sizeof **slice->pages);
  return &slice->pages[page][id & 255];
}

static uint8_t *new_row(Slice *slice) {
  if (!slice->top || slice->top + STRIDE > slice->end) {
    uint8_t *chunk = malloc(CHUNK);
    memcpy(chunk, &slice->chunk, sizeof slice->chunk);
    slice->chunk = chunk;
    slice->top = chunk + 16;
    slice->end = chunk + CHUNK;
  }
  uint8_t *row = slice->top;
  memset(row, 0, STRIDE);
  slice->top += STRIDE;
  slice->rows++;
  return row;
}

static double assign(const Batch *b) {
  const int64_t *times = b->in[0];
  const uint32_t *ids = b->in[1];
  uint32_t *out = b->out[0];
  uint64_t *kept = b->out[1];
  const int64_t size = (int64_t)b->param[0];
  Slice *slice = NULL;
  int64_t start = 0;
  uint32_t live = 0;
  for (uint32_t at = 0; at < b->rows; at += 64) {
    const uint32_t count = b->rows - at < 64 ? b->rows - at : 64;
    Slice *of[64];
    uint8_t **entries[64];
    uint64_t mask = 0;
    for (uint32_t j = 0; j < count; j++) {
      const int64_t time = times[at + j];
      if (!slice || (uint64_t)(time - start) >= (uint64_t)size) {
        const int64_t index = time / size - (time % size < 0);
        start = index * size;
        slice = slice_of(index);
      }
      of[j] = slice;
    }
    for (uint32_t j = 0; j < count; j++) entries[j] = entry_of(of[j], ids[at + j]);
    for (uint32_t j = 0; j < count; j++) {
      if (!*entries[j]) *entries[j] = new_row(of[j]);
      out[at + j] = (uint32_t)(uintptr_t)*entries[j];
      mask |= (uint64_t)(of[j] != NULL) << j;
    }
    kept[at / 64] = mask;
    live += (uint32_t)__builtin_popcountll(mask);
  }
  return live;
}

// The pages of one slice in order of key id.
static double walk(const Batch *b) {
  static Slice slice;
  static uint8_t row[16];
  const uint32_t *present = b->in[0];
  uint32_t *ids = b->out[0], *out = b->out[1], count = 0;
  if (!slice.pages) {
    for (uint32_t i = 0; i < b->in_bytes[0] / 4; i++) *entry_of(&slice, present[i]) = row;
  }
  for (uint32_t page = 0; page < slice.page_count; page++) {
    uint8_t **entries = slice.pages[page];
    if (!entries) continue;
    for (uint32_t i = 0; i < 256; i++) {
      if (!entries[i]) continue;
      if (count == b->rows) return count;
      ids[count] = page << 8 | i;
      out[count++] = (uint32_t)(uintptr_t)entries[i];
    }
  }
  return count;
}

static double finish(void) {
  uint32_t rows = 0;
  for (uint32_t i = 0; i < capacity; i++) rows += map[i] ? map[i]->rows : 0;
  return rows;
}

static const Function functions[] = {{"assign", assign, begin, finish}, {"walk", walk, NULL, NULL}};

MAIN(functions)
