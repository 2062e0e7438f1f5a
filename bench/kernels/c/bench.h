// The child process's half of the protocol in bench/c-side.ts. A stem's file includes this, writes its
// functions and lists them:
//
//     static double add_f64(const Batch *b) { ... b->in[0], b->out[0], b->rows, b->param[0] ... }
//     static const Function functions[] = {{"add_f64", add_f64}, {"sum", sum_run, sum_begin, sum_finish}};
//     MAIN(functions)
//
// The same algorithm as the kernel's, in plain C that gcc may vectorise: no intrinsics' tricks that the
// kernel cannot have, no hand-written prefetch.
#pragma once
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { COLUMNS_MAX = 16 };

typedef struct {
  uint32_t rows;
  const void *in[COLUMNS_MAX];
  uint32_t in_bytes[COLUMNS_MAX];
  void *out[COLUMNS_MAX];
  double param[COLUMNS_MAX];
} Batch;

typedef struct {
  const char *name;
  double (*run)(const Batch *);
  void (*begin)(void);
  double (*finish)(void);
} Function;

static Batch *batches;
static uint32_t batch_count;

static size_t padded(size_t bytes) { return (bytes + 127) & ~(size_t)63; }

static uint32_t read_u32(const uint8_t **at) {
  uint32_t value;
  memcpy(&value, *at, 4);
  *at += 4;
  return value;
}

static bool load_data(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) return false;
  fseek(file, 0, SEEK_END);
  const size_t size = (size_t)ftell(file);
  rewind(file);
  uint8_t *content = malloc(size + 8);
  if (fread(content, 1, size, file) != size) return false;
  fclose(file);
  const uint8_t *at = content;
  batch_count = read_u32(&at);
  const uint32_t rows = read_u32(&at), inputs = read_u32(&at), outputs = read_u32(&at),
                 params = read_u32(&at);
  double param[COLUMNS_MAX] = {0};
  memcpy(param, at, params * 8);
  at += params * 8;
  size_t total = 64;
  uint32_t out_bytes[COLUMNS_MAX];
  for (uint32_t i = 0; i < outputs; i++) total += padded(out_bytes[i] = read_u32(&at));
  const uint8_t *start = at;
  for (uint32_t i = 0; i < batch_count; i++) {
    const uint8_t *sizes = at;
    at += inputs * 4;
    for (uint32_t j = 0; j < inputs; j++) {
      const uint32_t bytes = read_u32(&sizes);
      total += padded(bytes);
      at += bytes;
    }
  }
  uint8_t *next = aligned_alloc(64, padded(total));
  memset(next, 0, padded(total));
  batches = calloc(batch_count, sizeof(Batch));
  void *out[COLUMNS_MAX] = {0};
  for (uint32_t i = 0; i < outputs; i++) {
    out[i] = next;
    next += padded(out_bytes[i]);
  }
  at = start;
  for (uint32_t i = 0; i < batch_count; i++) {
    Batch *b = &batches[i];
    b->rows = rows;
    memcpy(b->out, out, sizeof out);
    memcpy(b->param, param, sizeof param);
    for (uint32_t j = 0; j < inputs; j++) b->in_bytes[j] = read_u32(&at);
    for (uint32_t j = 0; j < inputs; j++) {
      memcpy(next, at, b->in_bytes[j]);
      b->in[j] = next;
      next += padded(b->in_bytes[j]);
      at += b->in_bytes[j];
    }
  }
  free(content);
  return true;
}

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static const Function *find(const Function *functions, size_t count, const char *name) {
  for (size_t i = 0; i < count; i++) {
    if (!strcmp(functions[i].name, name)) return &functions[i];
  }
  printf("error: no function %s\n", name);
  return NULL;
}

static void pass(const Function *f, uint32_t repeats) {
  double checksum = 0;
  uint64_t ns = 0;
  for (uint32_t repeat = 0; repeat < repeats; repeat++) {
    if (f->begin) f->begin();
    checksum = 0;
    const uint64_t start = now_ns();
    for (uint32_t i = 0; i < batch_count; i++) checksum += f->run(&batches[i]);
    ns += now_ns() - start;
    if (f->finish) checksum += f->finish();
  }
  printf("%" PRIu64 " %.17g\n", ns, checksum);
}

static bool write_output(const char *path, const void *from, size_t bytes) {
  FILE *file = fopen(path, "wb");
  const bool ok = file && fwrite(from, 1, bytes, file) == bytes;
  if (file) fclose(file);
  return ok;
}

static int serve(const Function *functions, size_t count) {
  char line[4096], word[4096];
  uint32_t index, bytes;
  while (fgets(line, sizeof line, stdin)) {
    const Function *f;
    if (sscanf(line, "load %4000s", word) == 1) {
      puts(load_data(word) ? "ok" : "error: cannot load");
    } else if (sscanf(line, "pass %4000s %u", word, &index) == 2) {
      if ((f = find(functions, count, word))) pass(f, index);
    } else if (sscanf(line, "check %4000s %u", word, &index) == 2) {
      if ((f = find(functions, count, word))) {
        if (f->begin) f->begin();
        printf("%.17g\n", f->run(&batches[index]));
      }
    } else if (sscanf(line, "output %u %u %4000s", &index, &bytes, word) == 3) {
      puts(write_output(word, batches[0].out[index], bytes) ? "ok" : "error: cannot write");
    } else {
      puts("error: unknown command");
    }
    fflush(stdout);
  }
  return 0;
}

#define MAIN(functions) \
  int main(void) { return serve(functions, sizeof(functions) / sizeof((functions)[0])); }
