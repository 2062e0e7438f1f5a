// The hash that decides key groups: MurmurHash3_x86_32 of a value's little-endian bytes. It is
// stable for ever, because snapshots are cut by it; test/kernels/hash.test.ts holds vectors of
// Appleby's original.
//
// H1  Several columns chain: the seed of a column's hash is the hash of the column before, 0 at
//     first.
// H2  Null is a value of its own: fmix32(seed ^ 0x9e3779b9), whatever lies beneath it.
// H3  -0 hashes as 0, and every NaN as the quiet NaN without payload. A bool is one byte, 0 or 1.
// H4  Four rows at a time, without a tail: inputs and outputs are padded (K4). `out` may be
//     `seeds`.
const C1: u32 = 0xcc9e2d51
const C2: u32 = 0x1b873593
const ROUND: u32 = 0xe6546b64
const FINISH_1: u32 = 0x85ebca6b
const FINISH_2: u32 = 0xc2b2ae35
const NULL_SEED: u32 = 0x9e3779b9

// The same for four rows; loaded, because V8 would build a constant anew in each iteration.
const C1_EACH: usize = memory.data<u32>([C1, C1, C1, C1], 16)
const C2_EACH: usize = memory.data<u32>([C2, C2, C2, C2], 16)
const FIVES: usize = memory.data<u32>([5, 5, 5, 5], 16)
const ROUND_EACH: usize = memory.data<u32>([ROUND, ROUND, ROUND, ROUND], 16)
const FINISH_1_EACH: usize = memory.data<u32>([FINISH_1, FINISH_1, FINISH_1, FINISH_1], 16)
const FINISH_2_EACH: usize = memory.data<u32>([FINISH_2, FINISH_2, FINISH_2, FINISH_2], 16)
const BIT_EACH: usize = memory.data<u32>([1, 2, 4, 8], 16)

function scramble(k: u32): u32 {
  return rotl<u32>(k * C1, 15) * C2
}

function absorb(h: u32, k: u32): u32 {
  return rotl<u32>(h ^ scramble(k), 13) * 5 + ROUND
}

function finish(h: u32): u32 {
  h = (h ^ (h >> 16)) * FINISH_1
  h = (h ^ (h >> 13)) * FINISH_2
  return h ^ (h >> 16)
}

function rotl4(x: v128, by: i32): v128 {
  return v128.or(i32x4.shl(x, by), i32x4.shr_u(x, 32 - by))
}

function scramble4(k: v128): v128 {
  return i32x4.mul(rotl4(i32x4.mul(k, v128.load(C1_EACH)), 15), v128.load(C2_EACH))
}

function absorb4(h: v128, k: v128): v128 {
  const mixed = rotl4(v128.xor(h, scramble4(k)), 13)
  return i32x4.add(i32x4.mul(mixed, v128.load(FIVES)), v128.load(ROUND_EACH))
}

function finish4(h: v128): v128 {
  h = i32x4.mul(v128.xor(h, i32x4.shr_u(h, 16)), v128.load(FINISH_1_EACH))
  h = i32x4.mul(v128.xor(h, i32x4.shr_u(h, 13)), v128.load(FINISH_2_EACH))
  return v128.xor(h, i32x4.shr_u(h, 16))
}

function seed4(seeds: usize, row: usize): v128 {
  return seeds ? v128.load(seeds + (row << 2)) : i32x4.splat(0)
}

/** All ones in the lanes of the rows whose bit is set; `row` is a multiple of 4. */
function lanes4(bitmap: usize, row: usize): v128 {
  const bits = <u32>load<u8>(bitmap + (row >> 3)) >> (<u32>row & 7)
  const each = v128.load(BIT_EACH)
  return i32x4.eq(v128.and(i32x4.splat(bits), each), each)
}

function put4(h: v128, bytes: i32, validity: usize, seed: v128, row: usize, out: usize): void {
  h = finish4(v128.xor(h, i32x4.splat(bytes)))
  if (validity) {
    const nulls = finish4(v128.xor(seed, i32x4.splat(NULL_SEED)))
    h = v128.bitselect(h, nulls, lanes4(validity, row))
  }
  v128.store(out + (row << 2), h)
}

/** Four rows of 8 bytes at p, as the low and the high words of each. */
function low4(a: v128, b: v128): v128 {
  return v128.shuffle<u32>(a, b, 0, 2, 4, 6)
}
function high4(a: v128, b: v128): v128 {
  return v128.shuffle<u32>(a, b, 1, 3, 5, 7)
}

/** Hashes a column of 1-byte values into u32 a row. `seeds` is 0 for the first column. */
export function hashFixed1(values: usize, validity: usize, n: u32, seeds: usize, out: usize): void {
  for (let i: usize = 0; i < <usize>n; i += 4) {
    const seed = seed4(seeds, i)
    const bytes = i16x8.extend_low_i8x16_u(v128.load32_zero(values + i))
    const k = i32x4.extend_low_i16x8_u(bytes)
    put4(v128.xor(seed, scramble4(k)), 1, validity, seed, i, out)
  }
}

/** Hashes a column of 2-byte values. */
export function hashFixed2(values: usize, validity: usize, n: u32, seeds: usize, out: usize): void {
  for (let i: usize = 0; i < <usize>n; i += 4) {
    const seed = seed4(seeds, i)
    const k = i32x4.extend_low_i16x8_u(v128.load64_zero(values + (i << 1)))
    put4(v128.xor(seed, scramble4(k)), 2, validity, seed, i, out)
  }
}

/** Hashes a column of 4-byte values. */
export function hashFixed4(values: usize, validity: usize, n: u32, seeds: usize, out: usize): void {
  for (let i: usize = 0; i < <usize>n; i += 4) {
    const seed = seed4(seeds, i)
    put4(absorb4(seed, v128.load(values + (i << 2))), 4, validity, seed, i, out)
  }
}

/** Hashes a column of 8-byte values. */
export function hashFixed8(values: usize, validity: usize, n: u32, seeds: usize, out: usize): void {
  for (let i: usize = 0; i < <usize>n; i += 4) {
    const seed = seed4(seeds, i)
    const a = v128.load(values + (i << 3))
    const b = v128.load(values + (i << 3), 16)
    put4(absorb4(absorb4(seed, low4(a, b)), high4(a, b)), 8, validity, seed, i, out)
  }
}

/** Hashes a column of 16-byte values. */
export function hashFixed16(
  values: usize,
  validity: usize,
  n: u32,
  seeds: usize,
  out: usize,
): void {
  for (let i: usize = 0; i < <usize>n; i += 4) {
    const seed = seed4(seeds, i)
    const row = values + (i << 4)
    const a = v128.load(row)
    const b = v128.load(row, 16)
    const c = v128.load(row, 32)
    const d = v128.load(row, 48)
    const ab = v128.shuffle<u32>(a, b, 0, 4, 1, 5)
    const cd = v128.shuffle<u32>(c, d, 0, 4, 1, 5)
    const ab2 = v128.shuffle<u32>(a, b, 2, 6, 3, 7)
    const cd2 = v128.shuffle<u32>(c, d, 2, 6, 3, 7)
    let h = absorb4(seed, v128.shuffle<u64>(ab, cd, 0, 2))
    h = absorb4(h, v128.shuffle<u64>(ab, cd, 1, 3))
    h = absorb4(h, v128.shuffle<u64>(ab2, cd2, 0, 2))
    put4(absorb4(h, v128.shuffle<u64>(ab2, cd2, 1, 3)), 16, validity, seed, i, out)
  }
}

/** Hashes a float32 column. */
export function hashFloat32(
  values: usize,
  validity: usize,
  n: u32,
  seeds: usize,
  out: usize,
): void {
  for (let i: usize = 0; i < <usize>n; i += 4) {
    const seed = seed4(seeds, i)
    const x = f32x4.add(v128.load(values + (i << 2)), f32x4.splat(0))
    const k = v128.bitselect(i32x4.splat(0x7fc00000), x, f32x4.ne(x, x))
    put4(absorb4(seed, k), 4, validity, seed, i, out)
  }
}

/** -0 becomes 0 by adding 0; a NaN becomes the quiet one. */
function canonical2(x: v128): v128 {
  x = f64x2.add(x, f64x2.splat(0))
  return v128.bitselect(i64x2.splat(0x7ff8000000000000), x, f64x2.ne(x, x))
}

/** Hashes a float64 column. */
export function hashFloat64(
  values: usize,
  validity: usize,
  n: u32,
  seeds: usize,
  out: usize,
): void {
  for (let i: usize = 0; i < <usize>n; i += 4) {
    const seed = seed4(seeds, i)
    const a = canonical2(v128.load(values + (i << 3)))
    const b = canonical2(v128.load(values + (i << 3), 16))
    put4(absorb4(absorb4(seed, low4(a, b)), high4(a, b)), 8, validity, seed, i, out)
  }
}

/** Hashes a bit-packed bool column. */
export function hashBool(bits: usize, validity: usize, n: u32, seeds: usize, out: usize): void {
  for (let i: usize = 0; i < <usize>n; i += 4) {
    const seed = seed4(seeds, i)
    const k = i32x4.shr_u(lanes4(bits, i), 31)
    put4(v128.xor(seed, scramble4(k)), 1, validity, seed, i, out)
  }
}

/** Hashes a utf8 or binary column. */
export function hashBytes(
  offsets: usize,
  data: usize,
  validity: usize,
  n: u32,
  seeds: usize,
  out: usize,
): void {
  let start: usize = load<u32>(offsets)
  if (!validity && !seeds) {
    for (const last = out + ((<usize>n) << 2); out < last; out += 4) {
      offsets += 4
      const end: usize = load<u32>(offsets)
      store<u32>(out, hashRun(data + start, <u32>(end - start), 0))
      start = end
    }
    return
  }
  for (let i: usize = 0; i < <usize>n; i++) {
    const end: usize = load<u32>(offsets + (i << 2), 4)
    const seed = seeds ? load<u32>(seeds + (i << 2)) : 0
    let h = hashRun(data + start, <u32>(end - start), seed)
    if (validity && !((load<u8>(validity + (i >> 3)) >> (<u8>i & 7)) & 1)) {
      h = finish(seed ^ NULL_SEED)
    }
    store<u32>(out + (i << 2), h)
    start = end
  }
}

function hashRun(p: usize, bytes: u32, seed: u32): u32 {
  let h = seed
  // Asked first, because V8 looks for interrupts wherever a loop begins.
  if (bytes > 3) {
    const words = p + (bytes & ~3)
    for (; p < words; p += 4) h = absorb(h, load<u32>(p))
  }
  // No tail bytes mask to 0, which scrambles to 0: the original leaves the hash alone then, too.
  h ^= scramble(load<u32>(p) & (((<u32>1) << ((bytes & 3) << 3)) - 1))
  return finish(h ^ bytes)
}
