// Columns as bytes whose order is that of the rows: what is sorted by several columns compares byte
// strings, and knows no types.
//
//   row     column after column: [null byte, 1 when null, only for a nullable column] value
//   value   fixed width: big endian, signed ones with the sign turned, floats by their order, bool one
//           byte; utf8, binary: its bytes, a zero as 00 ff, and 00 00 behind them
//
// OK1  A descending column's value is turned bit by bit; its null byte is not: nulls come last either way.
// OK2  Floats are canonical: -0 is 0, and NaN is greater than all numbers.
// OK3  No row is the start of another, so that only equal rows have equal bytes.
import { canonical32, canonical64, isSet } from './key-kind'

export const ORDER_BOOL: u32 = 0
export const ORDER_I8: u32 = 1
export const ORDER_I16: u32 = 2
export const ORDER_I32: u32 = 3
export const ORDER_I64: u32 = 4
export const ORDER_U8: u32 = 5
export const ORDER_U16: u32 = 6
export const ORDER_U32: u32 = 7
export const ORDER_U64: u32 = 8
export const ORDER_F32: u32 = 9
export const ORDER_F64: u32 = 10
export const ORDER_I128: u32 = 11

/** Adds to sizes (u32 a row) what a utf8 or binary column takes. */
export function orderKeyAddSizes(
  offsets: usize,
  values: usize,
  validity: usize,
  n: u32,
  sizes: usize,
): void {
  for (let i: usize = 0; i < <usize>n; i++) {
    const at = offsets + (i << 2)
    const start = load<u32>(at)
    const end = load<u32>(at, 4)
    let bytes: u32 = 2
    if (isSet(validity, i)) {
      bytes += end - start + zerosIn(values + start, end - start)
    }
    store<u32>(sizes + (i << 2), load<u32>(sizes + (i << 2)) + bytes)
  }
}

/** How many bytes of a run are zero. */
function zerosIn(run: usize, bytes: u32): u32 {
  let count: u32 = 0
  let at: u32 = 0
  for (; at < bytes; at += 16) {
    const mask = <u32>i8x16.bitmask(i8x16.eq(v128.load(run + at), i8x16.splat(0)))
    const left = bytes - at
    count += popcnt<u32>(left < 16 ? mask & ((1 << left) - 1) : mask)
  }
  return count
}

/** Copies a run bit by bit turned or not; what lies behind it belongs to another row. */
function putRun(to: usize, from: usize, bytes: usize, turned: u64): void {
  if (bytes >= 16) {
    const mask = i64x2.splat(turned)
    const last = bytes - 16
    for (let i: usize = 0; i < last; i += 16) {
      v128.store(to + i, v128.xor(v128.load(from + i), mask))
    }
    v128.store(to + last, v128.xor(v128.load(from + last), mask))
  } else if (bytes >= 8) {
    store<u64>(to, load<u64>(from) ^ turned)
    store<u64>(to + bytes - 8, load<u64>(from + bytes - 8) ^ turned)
  } else if (bytes >= 4) {
    store<u32>(to, load<u32>(from) ^ <u32>turned)
    store<u32>(to + bytes - 4, load<u32>(from + bytes - 4) ^ <u32>turned)
  } else if (bytes) {
    store<u8>(to, load<u8>(from) ^ <u8>turned)
    store<u8>(to + (bytes >> 1), load<u8>(from + (bytes >> 1)) ^ <u8>turned)
    store<u8>(to + bytes - 1, load<u8>(from + bytes - 1) ^ <u8>turned)
  }
}

/** The bits of a float in the order of unsigned integers. */
function ordered32(bits: u32): u32 {
  return bits ^ (<u32>(<i32>bits >> 31) | 0x80000000)
}

function ordered64(bits: u64): u64 {
  return bits ^ (<u64>(<i64>bits >> 63) | 0x8000000000000000)
}

/** One column of fixed width at the cursors. The type says how a value is read; i8 and bool apart. */
function putOrdered<T>(
  values: usize,
  validity: usize,
  nullable: u32,
  turned: u64,
  n: u32,
  cursors: usize,
): void {
  const bytes: usize = sizeof<T>()
  for (let i: usize = 0; i < <usize>n; i++) {
    let p: usize = load<u32>(cursors + (i << 2))
    let valid = true
    if (nullable) {
      valid = isSet(validity, i)
      store<u8>(p++, valid ? 0 : 1)
    }
    const v = values + i * bytes
    if (bytes == 8) {
      let x: u64
      if (isFloat<T>()) x = ordered64(canonical64(load<f64>(v)))
      else x = isSigned<T>() ? load<u64>(v) ^ 0x8000000000000000 : load<u64>(v)
      store<u64>(p, valid ? bswap<u64>(x ^ turned) : 0)
    } else if (bytes == 4) {
      let x: u32
      if (isFloat<T>()) x = ordered32(canonical32(load<f32>(v)))
      else x = isSigned<T>() ? load<u32>(v) ^ 0x80000000 : load<u32>(v)
      store<u32>(p, valid ? bswap<u32>(x ^ <u32>turned) : 0)
    } else if (bytes == 2) {
      const x = isSigned<T>() ? load<u16>(v) ^ 0x8000 : load<u16>(v)
      store<u16>(p, valid ? bswap<u16>(x ^ <u16>turned) : 0)
    } else {
      const x = isSigned<T>() ? load<u8>(v) ^ 0x80 : load<u8>(v)
      store<u8>(p, valid ? x ^ <u8>turned : 0)
    }
    store<u32>(cursors + (i << 2), <u32>(p + bytes))
  }
}

function putBools(
  values: usize,
  validity: usize,
  nullable: u32,
  turned: u64,
  n: u32,
  cursors: usize,
): void {
  for (let i: usize = 0; i < <usize>n; i++) {
    let p: usize = load<u32>(cursors + (i << 2))
    let valid = true
    if (nullable) {
      valid = isSet(validity, i)
      store<u8>(p++, valid ? 0 : 1)
    }
    store<u8>(p, valid ? <u8>isSet(values, i) ^ <u8>turned : 0)
    store<u32>(cursors + (i << 2), <u32>(p + 1))
  }
}

function putI128(
  values: usize,
  validity: usize,
  nullable: u32,
  turned: u64,
  n: u32,
  cursors: usize,
): void {
  for (let i: usize = 0; i < <usize>n; i++) {
    let p: usize = load<u32>(cursors + (i << 2))
    let valid = true
    if (nullable) {
      valid = isSet(validity, i)
      store<u8>(p++, valid ? 0 : 1)
    }
    const v = values + (i << 4)
    store<u64>(p, valid ? bswap<u64>(load<u64>(v, 8) ^ 0x8000000000000000 ^ turned) : 0)
    store<u64>(p, valid ? bswap<u64>(load<u64>(v) ^ turned) : 0, 8)
    store<u32>(cursors + (i << 2), <u32>(p + 16))
  }
}

/** Writes a column of fixed width, or bool, at the cursors. */
export function orderKeyPutFixed(
  kind: u32,
  values: usize,
  validity: usize,
  nullable: u32,
  descending: bool,
  n: u32,
  cursors: usize,
): void {
  const turned: u64 = descending ? <u64>-1 : 0
  switch (kind) {
    case ORDER_BOOL:
      return putBools(values, validity, nullable, turned, n, cursors)
    case ORDER_I8:
      return putOrdered<i8>(values, validity, nullable, turned, n, cursors)
    case ORDER_I16:
      return putOrdered<i16>(values, validity, nullable, turned, n, cursors)
    case ORDER_I32:
      return putOrdered<i32>(values, validity, nullable, turned, n, cursors)
    case ORDER_I64:
      return putOrdered<i64>(values, validity, nullable, turned, n, cursors)
    case ORDER_U8:
      return putOrdered<u8>(values, validity, nullable, turned, n, cursors)
    case ORDER_U16:
      return putOrdered<u16>(values, validity, nullable, turned, n, cursors)
    case ORDER_U32:
      return putOrdered<u32>(values, validity, nullable, turned, n, cursors)
    case ORDER_U64:
      return putOrdered<u64>(values, validity, nullable, turned, n, cursors)
    case ORDER_F32:
      return putOrdered<f32>(values, validity, nullable, turned, n, cursors)
    case ORDER_F64:
      return putOrdered<f64>(values, validity, nullable, turned, n, cursors)
    default:
      return putI128(values, validity, nullable, turned, n, cursors)
  }
}

/** Writes a utf8 or binary column at the cursors. */
export function orderKeyPutBytes(
  offsets: usize,
  values: usize,
  validity: usize,
  nullable: u32,
  descending: bool,
  n: u32,
  cursors: usize,
): void {
  const turned: u64 = descending ? <u64>-1 : 0
  let start: usize = load<u32>(offsets)
  for (let i: usize = 0; i < <usize>n; i++) {
    const end: usize = load<u32>(offsets + (i << 2), 4)
    let p: usize = load<u32>(cursors + (i << 2))
    let valid = true
    if (nullable) {
      valid = isSet(validity, i)
      store<u8>(p++, valid ? 0 : 1)
    }
    if (valid) {
      if (zerosIn(values + start, <u32>(end - start))) {
        for (let q = values + start; q < values + end; q++) {
          const byte = load<u8>(q)
          store<u8>(p++, byte ^ <u8>turned)
          if (!byte) store<u8>(p++, 0xff ^ <u8>turned)
        }
      } else {
        putRun(p, values + start, end - start, turned)
        p += end - start
      }
    }
    store<u16>(p, <u16>turned)
    store<u32>(cursors + (i << 2), <u32>(p + 2))
    start = end
  }
}
