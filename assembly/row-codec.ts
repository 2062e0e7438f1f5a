// Several key columns as one string of bytes a row, for the byte table, and back.
//
//   row     column after column: [null byte, 1 when null, only for a nullable column] value
//   value   fixed width: its bytes (zero when null), bool one byte; utf8, binary: length u32, bytes
//
// R1  Equal keys have equal bytes: floats are canonical, what lies under a null is not encoded.
// R2  Encoding: sizes are summed into offsets, then each column writes at a cursor a row (an
//     address, u32) and moves it. Decoding reads at cursors in the same order.
import { copyRun } from './bytes'
import { canonical32, canonical64, isSet } from './key-kind'
import {
  KEY_BOOL,
  KEY_FIXED_1,
  KEY_FIXED_16,
  KEY_FIXED_2,
  KEY_FIXED_4,
  KEY_FIXED_8,
  KEY_FLOAT_32,
} from './key-kind'

/** Starts the sizes (u32 a row) with what every row takes. */
export function rowCodecSizes(bytes: u32, n: u32, sizes: usize): void {
  const each = i32x4.splat(bytes)
  for (const end = sizes + ((<usize>n) << 2); sizes < end; sizes += 16) v128.store(sizes, each)
}

/** Adds the bytes of a utf8 or binary column. */
export function rowCodecAddSizes(offsets: usize, validity: usize, n: u32, sizes: usize): void {
  const end = sizes + ((<usize>n) << 2)
  if (!validity) {
    for (; sizes < end; sizes += 16, offsets += 16) {
      const bytes = i32x4.sub(v128.load(offsets, 4), v128.load(offsets))
      v128.store(sizes, i32x4.add(v128.load(sizes), bytes))
    }
    return
  }
  for (let row: usize = 0; sizes < end; row++, sizes += 4, offsets += 4) {
    const bytes = load<u32>(offsets, 4) - load<u32>(offsets)
    store<u32>(sizes, load<u32>(sizes) + select<u32>(bytes, 0, isSet(validity, row)))
  }
}

/** Turns sizes into n + 1 offsets, and returns their sum; 0xffffffff when beyond 2 GiB. */
export function rowCodecOffsets(sizes: usize, n: u32, offsets: usize): u32 {
  let sum: u64 = 0
  for (let i: usize = 0; i < <usize>n; i++) {
    const bytes = load<u32>(sizes + (i << 2))
    store<u32>(offsets + (i << 2), <u32>sum)
    sum += bytes
  }
  store<u32>(offsets + ((<usize>n) << 2), <u32>sum)
  return sum > 0x7fffffff ? 0xffffffff : <u32>sum
}

/** Turns offsets into cursors: addresses in `data`. */
export function rowCodecCursors(offsets: usize, data: usize, n: u32, cursors: usize): void {
  const start = i32x4.splat(<i32>data)
  for (const end = cursors + ((<usize>n) << 2); cursors < end; cursors += 16, offsets += 16) {
    v128.store(cursors, i32x4.add(v128.load(offsets), start))
  }
}

/**
 * Puts one column's values at the cursors. The type says how a value is read; i8 stands for bits.
 */
function putFixed<T>(values: usize, validity: usize, nullable: u32, n: u32, cursors: usize): void {
  const bytes: usize = sizeof<T>()
  for (let i: usize = 0; i < <usize>n; i++) {
    let p: usize = load<u32>(cursors + (i << 2))
    let valid = true
    if (nullable) {
      valid = isSet(validity, i)
      store<u8>(p++, valid ? 0 : 1)
    }
    if (isFloat<T>()) {
      if (sizeof<T>() == 4) {
        store<u32>(p, valid ? canonical32(load<f32>(values + (i << 2))) : 0)
      } else {
        store<u64>(p, valid ? canonical64(load<f64>(values + (i << 3))) : 0)
      }
    } else if (isVector<T>()) {
      v128.store(p, valid ? v128.load(values + (i << 4)) : i64x2.splat(0))
    } else if (isSigned<T>()) {
      store<u8>(p, valid && isSet(values, i) ? 1 : 0)
    } else {
      store<T>(p, valid ? load<T>(values + i * bytes) : 0)
    }
    store<u32>(cursors + (i << 2), <u32>(p + bytes))
  }
}

/** Writes a column of fixed width, or bool, at the cursors. */
export function rowCodecPutFixed(
  kind: u32,
  values: usize,
  validity: usize,
  nullable: u32,
  n: u32,
  cursors: usize,
): void {
  switch (kind) {
    case KEY_FIXED_8:
      return putFixed<u64>(values, validity, nullable, n, cursors)
    case KEY_FIXED_4:
      return putFixed<u32>(values, validity, nullable, n, cursors)
    case KEY_FIXED_2:
      return putFixed<u16>(values, validity, nullable, n, cursors)
    case KEY_FIXED_1:
      return putFixed<u8>(values, validity, nullable, n, cursors)
    case KEY_FIXED_16:
      return putFixed<v128>(values, validity, nullable, n, cursors)
    case KEY_BOOL:
      return putFixed<i8>(values, validity, nullable, n, cursors)
    case KEY_FLOAT_32:
      return putFixed<f32>(values, validity, nullable, n, cursors)
    default:
      return putFixed<f64>(values, validity, nullable, n, cursors)
  }
}

/**
 * Copies exactly so many bytes: what lies behind them is the next row, which may be written
 * already.
 */
function copyExactly(to: usize, from: usize, bytes: usize): void {
  if (bytes > 16) {
    memory.copy(to, from, bytes)
  } else if (bytes >= 8) {
    store<u64>(to, load<u64>(from))
    store<u64>(to + bytes - 8, load<u64>(from + bytes - 8))
  } else if (bytes >= 4) {
    store<u32>(to, load<u32>(from))
    store<u32>(to + bytes - 4, load<u32>(from + bytes - 4))
  } else if (bytes) {
    store<u8>(to, load<u8>(from))
    store<u8>(to + (bytes >> 1), load<u8>(from + (bytes >> 1)))
    store<u8>(to + bytes - 1, load<u8>(from + bytes - 1))
  }
}

/** Writes a utf8 or binary column at the cursors. */
export function rowCodecPutBytes(
  offsets: usize,
  data: usize,
  validity: usize,
  nullable: u32,
  n: u32,
  cursors: usize,
): void {
  let start: usize = load<u32>(offsets)
  for (let i: usize = 0; i < <usize>n; i++) {
    const end: usize = load<u32>(offsets + (i << 2), 4)
    let bytes = end - start
    let p: usize = load<u32>(cursors + (i << 2))
    if (nullable) {
      const valid = isSet(validity, i)
      store<u8>(p++, valid ? 0 : 1)
      if (!valid) bytes = 0
    }
    store<u32>(p, <u32>bytes)
    copyExactly(p + 4, data + start, bytes)
    store<u32>(cursors + (i << 2), <u32>(p + 4 + bytes))
    start = end
  }
}

/** Reads null bytes: sets validity bits, moves the cursors, and returns how many are valid. */
export function rowCodecTakeValidity(cursors: usize, n: u32, out: usize): u32 {
  let valid: u32 = 0
  memory.fill(out, 0, (n + 7) >> 3)
  for (let i: usize = 0; i < <usize>n; i++) {
    const p: usize = load<u32>(cursors + (i << 2))
    const bit: u32 = load<u8>(p) ? 0 : 1
    store<u8>(out + (i >> 3), <u32>load<u8>(out + (i >> 3)) | (bit << (<u32>i & 7)))
    valid += bit
    store<u32>(cursors + (i << 2), <u32>(p + 1))
  }
  return valid
}

/** Takes the values at the cursors, two an iteration; the type says how many bytes each has. */
function takeValues<T>(cursors: usize, n: u32, out: usize): void {
  const whole = cursors + ((<usize>(n & ~1)) << 2)
  for (; cursors < whole; cursors += 8, out += 2 * sizeof<T>()) {
    takeValue<T>(cursors, out)
    takeValue<T>(cursors + 4, out + sizeof<T>())
  }
  if (n & 1) takeValue<T>(cursors, out)
}

function takeValue<T>(cursor: usize, out: usize): void {
  const p: usize = load<u32>(cursor)
  if (isVector<T>()) v128.store(out, v128.load(p))
  else store<T>(out, load<T>(p))
  store<u32>(cursor, <u32>(p + sizeof<T>()))
}

function takeBools(cursors: usize, n: u32, out: usize): void {
  memory.fill(out, 0, (n + 7) >> 3)
  for (let i: usize = 0; i < <usize>n; i++) {
    const p: usize = load<u32>(cursors + (i << 2))
    const bit = (<u32>load<u8>(p)) << (<u32>i & 7)
    store<u8>(out + (i >> 3), <u32>load<u8>(out + (i >> 3)) | bit)
    store<u32>(cursors + (i << 2), <u32>(p + 1))
  }
}

/** Reads a column of fixed width, or bool, and moves the cursors. */
export function rowCodecTakeFixed(kind: u32, n: u32, cursors: usize, out: usize): void {
  switch (kind) {
    case KEY_FIXED_16:
      return takeValues<v128>(cursors, n, out)
    case KEY_FIXED_4:
    case KEY_FLOAT_32:
      return takeValues<u32>(cursors, n, out)
    case KEY_FIXED_2:
      return takeValues<u16>(cursors, n, out)
    case KEY_FIXED_1:
      return takeValues<u8>(cursors, n, out)
    case KEY_BOOL:
      return takeBools(cursors, n, out)
    default:
      return takeValues<u64>(cursors, n, out)
  }
}

/** Reads the lengths of a utf8 or binary column into n + 1 offsets; returns their sum as above. */
export function rowCodecTakeOffsets(cursors: usize, n: u32, out: usize): u32 {
  let sum: u64 = 0
  store<u32>(out, 0)
  out += 4
  const whole = cursors + ((<usize>(n & ~1)) << 2)
  for (; cursors < whole; cursors += 8, out += 8) {
    sum += load<u32>(load<u32>(cursors))
    store<u32>(out, <u32>sum)
    sum += load<u32>(load<u32>(cursors, 4))
    store<u32>(out, <u32>sum, 4)
  }
  if (n & 1) {
    sum += load<u32>(load<u32>(cursors))
    store<u32>(out, <u32>sum)
  }
  return sum > 0x7fffffff ? 0xffffffff : <u32>sum
}

/** Reads the bytes of a utf8 or binary column end to end, and moves the cursors. */
export function rowCodecTakeBytes(cursors: usize, n: u32, out: usize): void {
  const whole = cursors + ((<usize>(n & ~1)) << 2)
  for (; cursors < whole; cursors += 8) {
    out = takeText(cursors, out)
    out = takeText(cursors + 4, out)
  }
  if (n & 1) takeText(cursors, out)
}

/** Copies one text and returns where it ends; the next value overwrites what is too much. */
function takeText(cursor: usize, out: usize): usize {
  const p: usize = load<u32>(cursor)
  const bytes: usize = load<u32>(p)
  v128.store(out, v128.load(p, 4))
  if (bytes > 16) copyRun(out + 16, p + 20, <u32>bytes - 16)
  store<u32>(cursor, <u32>(p + 4 + bytes))
  return out + bytes
}
