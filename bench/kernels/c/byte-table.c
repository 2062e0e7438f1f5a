// The byte table in C: the same slots, hash, blocks and growth.
#include "bench.h"

typedef struct {
  uint8_t prefix[16];
  uint64_t hash;
  uint32_t bytes, tag;
} Slot;

static Slot *slots;
static uint32_t *offsets_of;
static uint8_t *data_of;
static uint32_t capacity, size, keys_max, data_max;

static const uint64_t K1 = 0x9e3779b97f4a7c15, K2 = 0xd6e8feb86659fd93;

static inline void prefix_of(const uint8_t *p, uint32_t bytes, uint8_t prefix[16]) {
  static const uint64_t masks[4] = {~0ull, ~0ull, 0, 0};
  uint64_t word[2], mask[2];
  memcpy(word, p, 16);
  memcpy(mask, (const uint8_t *)masks + 16 - (bytes < 16 ? bytes : 16), 16);
  word[0] &= mask[0];
  word[1] &= mask[1];
  memcpy(prefix, word, 16);
}

static inline uint64_t hash_of(const uint8_t prefix[16], const uint8_t *p, uint32_t bytes) {
  uint64_t word[2], chunk;
  memcpy(word, prefix, 16);
  uint64_t h = (word[0] ^ bytes * K2) * K1;
  h = (h ^ h >> 32 ^ word[1]) * K2;
  if (bytes > 16) {
    for (uint32_t at = 16; at < bytes - 8; at += 8) {
      memcpy(&chunk, p + at, 8);
      h = (h ^ h >> 29 ^ chunk) * K1;
    }
    memcpy(&chunk, p + bytes - 8, 8);
    h = (h ^ h >> 29 ^ chunk) * K1;
  }
  return (h ^ h >> 32) * K1;
}

static uint32_t place(uint64_t hash) { return (uint32_t)(hash >> (64 - __builtin_ctz(capacity))); }

static void begin(void) {
  free(slots);
  free(offsets_of);
  free(data_of);
  capacity = 256;
  keys_max = 128;
  data_max = 4096;
  size = 0;
  slots = calloc(capacity, sizeof(Slot));
  offsets_of = calloc(keys_max + 1, 4);
  data_of = malloc(data_max);
}

static void grow(void) {
  Slot *old = slots;
  const uint32_t old_capacity = capacity;
  capacity *= capacity < 1u << 18 ? 4 : 2;
  slots = calloc(capacity, sizeof(Slot));
  for (uint32_t i = 0; i < old_capacity; i++) {
    if (!old[i].tag) continue;
    uint32_t at = place(old[i].hash);
    while (slots[at].tag) at = (at + 1) & (capacity - 1);
    slots[at] = old[i];
  }
  free(old);
}

static void reserve(uint32_t count, uint32_t bytes) {
  while (size + count > capacity / 2) grow();
  if (size + count > keys_max) {
    keys_max *= 2;
    offsets_of = realloc(offsets_of, (keys_max + 1) * 4);
  }
  while (offsets_of[size] + bytes > data_max) data_of = realloc(data_of, data_max *= 2);
}

static bool holds(const Slot *slot, const Slot *key, const uint8_t *p) {
  if (slot->hash != key->hash || slot->bytes != key->bytes) return false;
  if (memcmp(slot->prefix, key->prefix, 16)) return false;
  if (key->bytes <= 16) return true;
  const uint8_t *held = data_of + offsets_of[slot->tag - 1];
  return !memcmp(held + 16, p + 16, key->bytes - 16);
}

static double byte_ids(const Batch *b) {
  const uint32_t *offsets = b->in[0];
  const uint8_t *data = b->in[1];
  uint32_t *ids = b->out[0];
  for (uint32_t at = 0; at < b->rows; at += 64) {
    const uint32_t count = b->rows - at < 64 ? b->rows - at : 64;
    reserve(count, offsets[at + count] - offsets[at]);
    Slot keys[64];
    uint32_t places[64];
    for (uint32_t j = 0; j < count; j++) {
      const uint8_t *p = data + offsets[at + j];
      Slot *key = &keys[j];
      key->bytes = offsets[at + j + 1] - offsets[at + j];
      prefix_of(p, key->bytes, key->prefix);
      key->hash = hash_of(key->prefix, p, key->bytes);
      places[j] = place(key->hash);
    }
    for (uint32_t j = 0; j < count; j++) {
      const uint8_t *p = data + offsets[at + j];
      uint32_t slot = places[j];
      while (slots[slot].tag && !holds(&slots[slot], &keys[j], p)) slot = (slot + 1) & (capacity - 1);
      if (!slots[slot].tag) {
        memcpy(data_of + offsets_of[size], p, keys[j].bytes);
        offsets_of[size + 1] = offsets_of[size] + keys[j].bytes;
        slots[slot] = keys[j];
        slots[slot].tag = ++size;
      }
      ids[at + j] = slots[slot].tag - 1;
    }
  }
  return 0;
}

static double finish(void) { return size; }

static const Function functions[] = {{"byte_ids", byte_ids, begin, finish}};

MAIN(functions)
