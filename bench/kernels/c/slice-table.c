// Slices of event time in C: the same ring, map, pages and blocks.
#include "bench.h"

enum { STRIDE = 32, CHUNK = 16384, ROWS = 16, PAGE = 64, RING = 256, BEHIND = 64 };

typedef struct {
  uint8_t present[ROWS];
  uint8_t rows[ROWS][STRIDE];
} Block;

typedef struct Slice {
  int64_t index;
  Block ***pages;
  uint32_t page_count;
  uint8_t *chunk, *top, *end;
} Slice;

static Slice **map;
static uint32_t capacity, slices;
static Slice *ring[RING];
static int64_t ring_first;
static bool has_ring;

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
  has_ring = false;
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

static Block *new_block(Slice *slice) {
  if (!slice->top || slice->top + sizeof(Block) > slice->end) {
    uint8_t *chunk = malloc(CHUNK);
    memcpy(chunk, &slice->chunk, sizeof slice->chunk);
    slice->chunk = chunk;
    slice->top = chunk + 16;
    slice->end = chunk + CHUNK;
  }
  Block *block = (Block *)slice->top;
  memset(block, 0, sizeof *block);
  slice->top += sizeof *block;
  return block;
}

static Block *block_of(Slice *slice, uint32_t id) {
  const uint32_t number = id / ROWS, page = number / PAGE;
  if (page >= slice->page_count) {
    uint32_t wanted = slice->page_count ? slice->page_count : 4;
    while (wanted <= page) wanted *= 2;
    slice->pages = realloc(slice->pages, wanted * sizeof *slice->pages);
    memset(slice->pages + slice->page_count, 0, (wanted - slice->page_count) * sizeof *slice->pages);
    slice->page_count = wanted;
  }
  if (!slice->pages[page]) slice->pages[page] = calloc(PAGE, sizeof **slice->pages);
  Block **block = &slice->pages[page][number % PAGE];
  if (!*block) *block = new_block(slice);
  return *block;
}

static Slice *slice_at(int64_t time, int64_t size) {
  const uint64_t from = (uint64_t)(time - ring_first * size);
  if (has_ring && from < (uint64_t)size * RING) {
    Slice **kept = &ring[from / (uint64_t)size];
    if (!*kept) *kept = slice_of(ring_first + (int64_t)(from / (uint64_t)size));
    return *kept;
  }
  const int64_t index = time / size - (time % size < 0);
  ring_first = index - BEHIND;
  has_ring = true;
  memset(ring, 0, sizeof ring);
  return ring[BEHIND] = slice_of(index);
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
    uint64_t mask = 0;
    for (uint32_t j = 0; j < count; j++) {
      const int64_t time = times[at + j];
      if (!slice || (uint64_t)(time - start) >= (uint64_t)size) {
        slice = slice_at(time, size);
        start = slice->index * size;
      }
      of[j] = slice;
    }
    for (uint32_t j = 0; j < count; j++) {
      const uint32_t id = ids[at + j];
      Block *block = block_of(of[j], id);
      block->present[id % ROWS] = 1;
      out[at + j] = (uint32_t)(uintptr_t)block->rows[id % ROWS];
      mask |= (uint64_t)(of[j] != NULL) << j;
    }
    kept[at / 64] = mask;
    live += (uint32_t)__builtin_popcountll(mask);
  }
  return live;
}

// The blocks of one slice in order of key id.
static double walk(const Batch *b) {
  static Slice slice;
  const uint32_t *present = b->in[0];
  uint32_t *ids = b->out[0], *out = b->out[1], count = 0;
  if (!slice.pages) {
    for (uint32_t i = 0; i < b->in_bytes[0] / 4; i++) {
      block_of(&slice, present[i])->present[present[i] % ROWS] = 1;
    }
  }
  for (uint32_t number = 0; number < slice.page_count * PAGE; number++) {
    Block **page = slice.pages[number / PAGE];
    const Block *block = page ? page[number % PAGE] : NULL;
    if (!block) continue;
    for (uint32_t i = 0; i < ROWS; i++) {
      if (!block->present[i]) continue;
      if (count == b->rows) return count;
      ids[count] = number * ROWS + i;
      out[count++] = (uint32_t)(uintptr_t)block->rows[i];
    }
  }
  return count;
}

static double finish(void) {
  uint32_t rows = 0;
  for (uint32_t i = 0; i < capacity; i++) {
    if (!map[i]) continue;
    for (uint32_t number = 0; number < map[i]->page_count * PAGE; number++) {
      Block **page = map[i]->pages[number / PAGE];
      const Block *block = page ? page[number % PAGE] : NULL;
      for (uint32_t j = 0; block && j < ROWS; j++) rows += block->present[j];
    }
  }
  return rows;
}

static const Function functions[] = {{"assign", assign, begin, finish}, {"walk", walk, NULL, NULL}};

MAIN(functions)
