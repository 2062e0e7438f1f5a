// Levels to validity and offsets in C.
#include "bench.h"

static double validity(const Batch *b) {
  const uint8_t *defs = b->in[0], *reps = b->in[1];
  uint8_t *bits = b->out[0];
  const uint32_t def = (uint32_t)b->param[0], rep = (uint32_t)b->param[1];
  const uint32_t ancestor = (uint32_t)b->param[2];
  uint32_t slots = 0, valid = 0, byte = 0;
  for (uint32_t i = 0; i < b->rows; i++) {
    if (defs[i] < ancestor || reps[i] > rep) continue;
    const uint32_t is_there = defs[i] >= def;
    byte |= is_there << (slots & 7);
    valid += is_there;
    if (!(++slots & 7)) {
      *bits++ = (uint8_t)byte;
      byte = 0;
    }
  }
  if (slots & 7) *bits = (uint8_t)byte;
  return valid > slots ? -1 : slots;
}

static double offsets(const Batch *b) {
  const uint8_t *defs = b->in[0], *reps = b->in[1];
  uint32_t *out = b->out[0];
  const uint32_t def = (uint32_t)b->param[0], rep = (uint32_t)b->param[1];
  const uint32_t ancestor = (uint32_t)b->param[2];
  uint32_t slots = 0, items = 0;
  for (uint32_t i = 0; i < b->rows; i++) {
    if (defs[i] < ancestor || reps[i] > rep) continue;
    if (reps[i] < rep) out[slots++] = items;
    items += defs[i] > def;
  }
  out[slots] = items;
  return slots;
}

static const Function functions[] = {{"validity", validity, NULL, NULL}, {"offsets", offsets, NULL, NULL}};
MAIN(functions)
