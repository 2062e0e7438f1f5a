// The group table in C: the same slots, blocks and growth.
#include "bench.h"

typedef struct {
  uint64_t key;
  uint32_t tag, unused;
} Slot;

static Slot *slots;
static uint64_t *keys;
static uint32_t capacity, size, keys_max;

static uint32_t place(uint64_t key) {
  uint64_t h = key * 0x9e3779b97f4a7c15;
  h = (h ^ h >> 32) * 0xd6e8feb86659fd93;
  return (uint32_t)(h >> (64 - __builtin_ctz(capacity)));
}

static void begin(void) {
  free(slots);
  free(keys);
  capacity = 256;
  keys_max = 128;
  size = 0;
  slots = calloc(capacity, sizeof(Slot));
  keys = malloc(keys_max * 8);
}

static void grow(void) {
  Slot *old = slots;
  const uint32_t old_capacity = capacity;
  capacity *= capacity < 1u << 18 ? 4 : 2;
  slots = calloc(capacity, sizeof(Slot));
  for (uint32_t i = 0; i < old_capacity; i++) {
    if (!old[i].tag) continue;
    uint32_t at = place(old[i].key);
    while (slots[at].tag) at = (at + 1) & (capacity - 1);
    slots[at] = old[i];
  }
  free(old);
}

static double group_ids(const Batch *b) {
  const uint64_t *in = b->in[0];
  uint32_t *ids = b->out[0];
  for (uint32_t at = 0; at < b->rows; at += 64) {
    const uint32_t count = b->rows - at < 64 ? b->rows - at : 64;
    while (size + count > capacity / 2) grow();
    if (size + count > keys_max) {
      keys_max *= 2;
      keys = realloc(keys, keys_max * 8);
    }
    uint32_t places[64];
    for (uint32_t j = 0; j < count; j++) places[j] = place(in[at + j]);
    for (uint32_t j = 0; j < count; j++) {
      const uint64_t key = in[at + j];
      uint32_t slot = places[j];
      while (slots[slot].tag && slots[slot].key != key) slot = (slot + 1) & (capacity - 1);
      if (!slots[slot].tag) {
        keys[size] = key;
        slots[slot] = (Slot){key, ++size, 0};
      }
      ids[at + j] = slots[slot].tag - 1;
    }
  }
  return 0;
}

static double find_ids(const Batch *b) {
  const uint64_t *in = b->in[0];
  uint32_t *ids = b->out[0];
  for (uint32_t at = 0; at < b->rows; at += 64) {
    const uint32_t count = b->rows - at < 64 ? b->rows - at : 64;
    uint32_t places[64];
    for (uint32_t j = 0; j < count; j++) places[j] = place(in[at + j]);
    for (uint32_t j = 0; j < count; j++) {
      const uint64_t key = in[at + j];
      uint32_t slot = places[j];
      while (slots[slot].tag && slots[slot].key != key) slot = (slot + 1) & (capacity - 1);
      ids[at + j] = slots[slot].tag - 1;
    }
  }
  return 0;
}

enum { FOUND = 100000 };

static void begin_find(void) {
  static uint64_t known[FOUND];
  static uint32_t out[FOUND];
  if (size == FOUND) return;
  for (uint32_t i = 0; i < FOUND; i++) known[i] = i * 2 * 2654435761u;
  begin();
  const Batch all = {.rows = FOUND, .in = {known}, .out = {out}};
  group_ids(&all);
}

static double finish(void) { return size; }

static const Function functions[] = {{"group_ids", group_ids, begin, finish},
                                     {"find_ids", find_ids, begin_find, NULL}};

MAIN(functions)
