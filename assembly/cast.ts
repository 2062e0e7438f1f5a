// Casts between numbers, and between units of time and scales of decimals.
//
// CA1 A value that does not fit is reported: the kernel returns the first such row that is not null
//     under `validity` (0: no row is null), or NONE. With an outValidity it becomes null instead
//     (the "try" form) and NONE is returned. Rows behind a reported one may not be written.
// CA2 Floats become whole numbers by truncation toward zero; NaN and infinities do not fit. Whole
//     numbers become the nearest float; float64 beyond float32 becomes an infinity.

import { castEight, castEightChecked, wideToFloats } from './cast-eight'

const NONE: u32 = 0xffffffff

/** Casts to: 0 i8, 1 i16, 2 i32, 3 i64, 4 u8, 5 u16, 6 u32, 7 u64, 8 f32, 9 f64. */
export function castI8(
  to: i32,
  a: usize,
  n: u32,
  validity: usize,
  out: usize,
  outValidity: usize,
): u32 {
  return castFrom<i8>(to, a, n, validity, out, outValidity)
}

/** Casts to: 0 i8, 1 i16, 2 i32, 3 i64, 4 u8, 5 u16, 6 u32, 7 u64, 8 f32, 9 f64. */
export function castI16(
  to: i32,
  a: usize,
  n: u32,
  validity: usize,
  out: usize,
  outValidity: usize,
): u32 {
  return castFrom<i16>(to, a, n, validity, out, outValidity)
}

/** Casts to: 0 i8, 1 i16, 2 i32, 3 i64, 4 u8, 5 u16, 6 u32, 7 u64, 8 f32, 9 f64. */
export function castI32(
  to: i32,
  a: usize,
  n: u32,
  validity: usize,
  out: usize,
  outValidity: usize,
): u32 {
  return castFrom<i32>(to, a, n, validity, out, outValidity)
}

/** Casts to: 0 i8, 1 i16, 2 i32, 3 i64, 4 u8, 5 u16, 6 u32, 7 u64, 8 f32, 9 f64. */
export function castI64(
  to: i32,
  a: usize,
  n: u32,
  validity: usize,
  out: usize,
  outValidity: usize,
): u32 {
  return castFrom<i64>(to, a, n, validity, out, outValidity)
}

/** Casts to: 0 i8, 1 i16, 2 i32, 3 i64, 4 u8, 5 u16, 6 u32, 7 u64, 8 f32, 9 f64. */
export function castU8(
  to: i32,
  a: usize,
  n: u32,
  validity: usize,
  out: usize,
  outValidity: usize,
): u32 {
  return castFrom<u8>(to, a, n, validity, out, outValidity)
}

/** Casts to: 0 i8, 1 i16, 2 i32, 3 i64, 4 u8, 5 u16, 6 u32, 7 u64, 8 f32, 9 f64. */
export function castU16(
  to: i32,
  a: usize,
  n: u32,
  validity: usize,
  out: usize,
  outValidity: usize,
): u32 {
  return castFrom<u16>(to, a, n, validity, out, outValidity)
}

/** Casts to: 0 i8, 1 i16, 2 i32, 3 i64, 4 u8, 5 u16, 6 u32, 7 u64, 8 f32, 9 f64. */
export function castU32(
  to: i32,
  a: usize,
  n: u32,
  validity: usize,
  out: usize,
  outValidity: usize,
): u32 {
  return castFrom<u32>(to, a, n, validity, out, outValidity)
}

/** Casts to: 0 i8, 1 i16, 2 i32, 3 i64, 4 u8, 5 u16, 6 u32, 7 u64, 8 f32, 9 f64. */
export function castU64(
  to: i32,
  a: usize,
  n: u32,
  validity: usize,
  out: usize,
  outValidity: usize,
): u32 {
  return castFrom<u64>(to, a, n, validity, out, outValidity)
}

/** Casts to: 0 i8, 1 i16, 2 i32, 3 i64, 4 u8, 5 u16, 6 u32, 7 u64, 8 f32, 9 f64. */
export function castF32(
  to: i32,
  a: usize,
  n: u32,
  validity: usize,
  out: usize,
  outValidity: usize,
): u32 {
  return castFrom<f32>(to, a, n, validity, out, outValidity)
}

/** Casts to: 0 i8, 1 i16, 2 i32, 3 i64, 4 u8, 5 u16, 6 u32, 7 u64, 8 f32, 9 f64. */
export function castF64(
  to: i32,
  a: usize,
  n: u32,
  validity: usize,
  out: usize,
  outValidity: usize,
): u32 {
  return castFrom<f64>(to, a, n, validity, out, outValidity)
}

function castFrom<S>(
  to: i32,
  a: usize,
  n: u32,
  validity: usize,
  out: usize,
  outValidity: usize,
): u32 {
  switch (to) {
    case 0:
      return castTo<S, i8>(a, n, validity, out, outValidity)
    case 1:
      return castTo<S, i16>(a, n, validity, out, outValidity)
    case 2:
      return castTo<S, i32>(a, n, validity, out, outValidity)
    case 3:
      return castTo<S, i64>(a, n, validity, out, outValidity)
    case 4:
      return castTo<S, u8>(a, n, validity, out, outValidity)
    case 5:
      return castTo<S, u16>(a, n, validity, out, outValidity)
    case 6:
      return castTo<S, u32>(a, n, validity, out, outValidity)
    case 7:
      return castTo<S, u64>(a, n, validity, out, outValidity)
    case 8:
      return castTo<S, f32>(a, n, validity, out, outValidity)
    case 9:
      return castTo<S, f64>(a, n, validity, out, outValidity)
    default:
      return unreachable()
  }
}

/** Whether every S is a D: decided when compiling. */
function castTo<S, D>(a: usize, n: u32, validity: usize, out: usize, outValidity: usize): u32 {
  if (isFloat<D>()) return castTotal<S, D>(a, n, validity, out, outValidity)
  if (isInteger<S>()) {
    if (sizeof<D>() > sizeof<S>() && (isSigned<D>() || !isSigned<S>())) {
      return castTotal<S, D>(a, n, validity, out, outValidity)
    }
    if (sizeof<D>() == sizeof<S>() && isSigned<D>() == isSigned<S>()) {
      return castTotal<S, D>(a, n, validity, out, outValidity)
    }
  }
  return castChecked<S, D>(a, n, validity, out, outValidity)
}

/** Eight rows an iteration, over the end (K4). */
function castTotal<S, D>(a: usize, n: u32, validity: usize, out: usize, outValidity: usize): u32 {
  if (outValidity) copyValidity(validity, n, outValidity)
  if (isInteger<S>() && sizeof<S>() == 8 && isFloat<D>() && sizeof<D>() == 8) {
    wideToFloats<S>(a, n, out)
    return NONE
  }
  for (const end = out + <usize>n * sizeof<D>(); out < end;) {
    castEight<S, D>(a, out)
    a += 8 * sizeof<S>()
    out += 8 * sizeof<D>()
  }
  return NONE
}

function copyValidity(validity: usize, n: u32, outValidity: usize): void {
  const bytes = <usize>(n >> 3)
  const rest = (((<u32>1) << (n & 7)) - 1) & 0xff
  if (validity) memory.copy(outValidity, validity, bytes)
  else memory.fill(outValidity, 0xff, bytes)
  if (n & 7) store<u8>(outValidity + bytes, validity ? load<u8>(validity + bytes) & rest : rest)
}

function castChecked<S, D>(a: usize, n: u32, validity: usize, out: usize, outValidity: usize): u32 {
  for (let row: u32 = 0; row < n; row += 8) {
    const good = castEightChecked<S, D>(a, out)
    let valid: u32 = validity ? load<u8>(validity++) : 0xff
    if (n - row < 8) valid &= (1 << (n - row)) - 1
    if (outValidity) {
      store<u8>(outValidity++, valid & good)
    } else {
      const bad = valid & ~good
      if (bad) return row + ctz<u32>(bad)
    }
    a += 8 * sizeof<S>()
    out += 8 * sizeof<D>()
  }
  return NONE
}
