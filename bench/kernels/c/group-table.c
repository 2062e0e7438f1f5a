// The group table in C: the same slots, blocks and growth.
#include "bench.h"
#include <malloc.h>

// Narrow while all keys are below 2^32, then wide.
typedef struct {
  uint32_t key, tag;
} Narrow;

typedef struct {
  uint64_t key;
  uint32_t tag, unused;
} Wide;

static void *slots;
static uint64_t *keys;
static uint32_t capacity, size, keys_max;
static bool is_wide;

static uint32_t place(uint64_t key) {
  uint64_t h = key * 0x9e3779b97f4a7c15;
  h = (h ^ h >> 32) * 0xd6e8feb86659fd93;
  return (uint32_t)(h >> (64 - __builtin_ctz(capacity)));
}

static void begin(void) {
  // Memory that was given back is used again, as the kernel does, and not taken from the system anew:
  // that costs the pages' first touch in each growth.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  free(slots);
  free(keys);
  capacity = 256;
  keys_max = 128;
  size = 0;
  is_wide = false;
  slots = calloc(capacity, sizeof(Narrow));
  keys = malloc(keys_max * 8);
}

// What is done with slots, in each of their forms. What a slot holds cannot be foreseen: what is
// there is collected first, without a branch.
#define FORM(Slot, Key)                                                                       \
  static uint32_t collect_##Slot(const Slot *from, Wide *there) {                             \
    uint32_t count = 0;                                                                       \
    for (uint32_t i = 0; i < 64; i++) {                                                       \
      there[count] = (Wide){from[i].key, from[i].tag, 0};                                     \
      count += from[i].tag != 0;                                                              \
    }                                                                                         \
    return count;                                                                             \
  }                                                                                           \
                                                                                              \
  static void settle_##Slot(Slot *to, const Wide *there, uint32_t count) {                    \
    for (uint32_t i = 0; i < count; i++) {                                                    \
      uint32_t at = place(there[i].key);                                                      \
      while (to[at].tag) at = (at + 1) & (capacity - 1);                                      \
      to[at] = (Slot){.key = (Key)there[i].key, .tag = there[i].tag};                         \
    }                                                                                         \
  }                                                                                           \
                                                                                              \
  static void insert_##Slot(const uint64_t *in, const uint32_t *places, uint32_t count,       \
      uint32_t *ids) {                                                                        \
    Slot *all = slots;                                                                        \
    for (uint32_t j = 0; j < count; j++) {                                                    \
      uint32_t at = places[j];                                                                \
      while ((all[at].tag != 0) & (all[at].key != in[j])) at = (at + 1) & (capacity - 1);     \
      if (!all[at].tag) {                                                                     \
        keys[size] = in[j];                                                                   \
        all[at] = (Slot){.key = (Key)in[j], .tag = ++size};                                   \
      }                                                                                       \
      ids[j] = all[at].tag - 1;                                                               \
    }                                                                                         \
  }                                                                                           \
                                                                                              \
  static void find_##Slot(const uint64_t *in, const uint32_t *places, uint32_t count,         \
      uint32_t *ids) {                                                                        \
    const Slot *all = slots;                                                                  \
    for (uint32_t j = 0; j < count; j++) {                                                    \
      uint32_t at = places[j];                                                                \
      while ((all[at].tag != 0) & (all[at].key != in[j])) at = (at + 1) & (capacity - 1);     \
      ids[j] = all[at].tag - 1;                                                               \
    }                                                                                         \
  }

FORM(Narrow, uint32_t)
FORM(Wide, uint64_t)

static void rebuild(uint32_t wanted, bool wide) {
  void *old = slots;
  const uint32_t old_capacity = capacity;
  capacity = wanted;
  slots = calloc(capacity, wide ? sizeof(Wide) : sizeof(Narrow));
  for (uint32_t i = 0; i < old_capacity; i += 64) {
    Wide there[65];
    const uint32_t count =
        is_wide ? collect_Wide((Wide *)old + i, there) : collect_Narrow((Narrow *)old + i, there);
    if (wide) settle_Wide(slots, there, count);
    else settle_Narrow(slots, there, count);
  }
  is_wide = wide;
  free(old);
}

static double group_ids(const Batch *b) {
  const uint64_t *in = b->in[0];
  uint32_t *ids = b->out[0];
  for (uint32_t at = 0; at < b->rows; at += 64) {
    const uint32_t count = b->rows - at < 64 ? b->rows - at : 64;
    while (size + count > capacity / 2) rebuild(capacity * (capacity < 1u << 18 ? 4 : 2), is_wide);
    if (size + count > keys_max) {
      keys_max *= 2;
      keys = realloc(keys, keys_max * 8);
    }
    uint64_t all = 0;
    for (uint32_t j = 0; j < count; j++) all |= in[at + j];
    if (!is_wide && all >> 32) rebuild(capacity, true);
    uint32_t places[64];
    for (uint32_t j = 0; j < count; j++) places[j] = place(in[at + j]);
    if (is_wide) insert_Wide(in + at, places, count, ids + at);
    else insert_Narrow(in + at, places, count, ids + at);
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
    if (is_wide) find_Wide(in + at, places, count, ids + at);
    else find_Narrow(in + at, places, count, ids + at);
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
