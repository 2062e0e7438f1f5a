// From the hash of a key to the subtask that owns it, as Flink's KeyGroupRangeAssignment has it:
// key group = hash mod maxParallelism; owner = floor(key group * parallelism / maxParallelism).
//
// G1  1 <= parallelism <= maxParallelism <= 32,768, so products stay below 2^30.
// G2  WebAssembly has no SIMD division: a quotient is guessed by a reciprocal in f64, which is off
//     by at most one, and mended by its remainder.

/** floor(x / d) of four u32 lanes, for d < 2^16. */
function quotient4(x: v128, d: i32, reciprocal: v128): v128 {
  const low = f64x2.mul(f64x2.convert_low_i32x4_u(x), reciprocal)
  const upper = v128.shuffle<u64>(x, x, 1, 1)
  const high = f64x2.mul(f64x2.convert_low_i32x4_u(upper), reciprocal)
  const q = v128.shuffle<u64>(
    i32x4.trunc_sat_f64x2_u_zero(low),
    i32x4.trunc_sat_f64x2_u_zero(high),
    0,
    2,
  )
  const rest = i32x4.sub(x, i32x4.mul(q, i32x4.splat(d)))
  // Masks are -1: adding one steps down, subtracting one steps up.
  const down = i32x4.lt_s(rest, i32x4.splat(0))
  const up = i32x4.ge_s(rest, i32x4.splat(d))
  return i32x4.sub(i32x4.add(q, down), up)
}

function target4(hashes: usize, m: i32, p: i32, reciprocal: v128): v128 {
  const h = v128.load(hashes)
  const group = i32x4.sub(h, i32x4.mul(quotient4(h, m, reciprocal), i32x4.splat(m)))
  return quotient4(i32x4.mul(group, i32x4.splat(p)), m, reciprocal)
}

function maskedTarget4(hashes: usize, mask: v128, p: v128, shift: i32): v128 {
  const group = v128.and(v128.load(hashes), mask)
  return i32x4.shr_u(i32x4.mul(group, p), shift)
}

/** Writes the owner of each row's key group (u16) from the hashes of the keys (u32). */
export function keyGroupTargets(
  hashes: usize,
  n: u32,
  maxParallelism: u32,
  parallelism: u32,
  out: usize,
): void {
  const m = <i32>maxParallelism
  const p = <i32>parallelism
  if (!(m & (m - 1))) {
    const mask = i32x4.splat(m - 1)
    const factor = i32x4.splat(p)
    const shift = ctz<i32>(m)
    for (let i: usize = 0; i < <usize>n; i += 16) {
      const row = hashes + (i << 2)
      const a = maskedTarget4(row, mask, factor, shift)
      v128.store(
        out + (i << 1),
        i16x8.narrow_i32x4_u(a, maskedTarget4(row + 16, mask, factor, shift)),
      )
      const b = maskedTarget4(row + 32, mask, factor, shift)
      v128.store(
        out + (i << 1),
        i16x8.narrow_i32x4_u(b, maskedTarget4(row + 48, mask, factor, shift)),
        16,
      )
    }
    return
  }
  const reciprocal = f64x2.splat(1 / <f64>m)
  for (let i: usize = 0; i < <usize>n; i += 8) {
    const row = hashes + (i << 2)
    const a = target4(row, m, p, reciprocal)
    v128.store(out + (i << 1), i16x8.narrow_i32x4_u(a, target4(row + 16, m, p, reciprocal)))
  }
}
