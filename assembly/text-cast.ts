// Casts between utf8 columns and columns of numbers, booleans, decimals, dates and timestamps:
// loops over the readers and writers of number-parse, number-format, decimal-text and time-text.
//
// C1  Reading: ASCII white space at both ends of a row is dropped, the rest must be the value.
// C2  Strict (outValidity 0): the first bad row is returned, else 0xffffffff, and textProblem()
//     says why. Try: a bad row becomes null, outValidity is written (also for null inputs), nulls
//     are counted.
// C3  A value under a null is written as 0. Timestamps count 10^-decimals seconds.
// C4  Writing: n + 1 offsets and the bytes; nulls are empty; the bytes written are returned. The
//     caller gives TEXT_BYTES_MAX bytes a row.
import { isAsciiWhite } from './bytes'
import { formatDecimal128, formatDecimal64, parseDecimal128, parseDecimal64 } from './decimal-text'
import { formatBool, formatFloat64, formatSigned, formatUnsigned } from './number-format'
import {
  PARSE_OK,
  parseBool,
  parseFloat64,
  parsePlainFloat,
  parseSigned,
  parseUnsigned,
} from './number-parse'
import { formatDate, formatTimestamp, parseDate, parseTimestamp } from './time-text'

const NONE: u32 = 0xffffffff
/** No value of any type is longer as text. */
const TEXT_BYTES_MAX: u32 = 48

// Parameters of the running cast, so that all readers and writers have one shape.
let decimals: u32 = 0
let digitsMax: u32 = 0
let problem: u32 = 0

/** Why the last strict cast stopped: 1 the text is not such a value, 2 it does not fit the type. */
export function textProblem(): u32 {
  return problem
}

/** Bytes a row that the writing casts need at most. */
export function textBytesMax(): u32 {
  return TEXT_BYTES_MAX
}

// A reader or writer is an unmanaged class without fields, so that a call on it is static and
// inlines.
@unmanaged
class Signed<T> {
  read(ptr: usize, len: u32, out: usize): u32 {
    return parseSigned<T>(ptr, len, out)
  }
  write(ptr: usize, out: usize): u32 {
    return formatSigned(<i64>load<T>(ptr), out)
  }
}

@unmanaged
class Unsigned<T> {
  read(ptr: usize, len: u32, out: usize): u32 {
    return parseUnsigned<T>(ptr, len, out)
  }
  write(ptr: usize, out: usize): u32 {
    return formatUnsigned(<u64>load<T>(ptr), out)
  }
}

@unmanaged
class Float<T> {
  read(ptr: usize, len: u32, out: usize): u32 {
    if (sizeof<T>() == 8) {
      return parsePlainFloat<T>(ptr, len, out) ? PARSE_OK : parseFloat64(ptr, len, out)
    }
    const status = parseFloat64(ptr, len, wide)
    if (!status) store<f32>(out, <f32>load<f64>(wide))
    return status
  }
  write(ptr: usize, out: usize): u32 {
    return formatFloat64(<f64>load<T>(ptr), out)
  }
}
const wide: usize = memory.data(8, 8)

@unmanaged
class DateText {
  read(ptr: usize, len: u32, out: usize): u32 {
    return parseDate(ptr, len, out)
  }
  write(ptr: usize, out: usize): u32 {
    return formatDate(<i64>load<i32>(ptr), out)
  }
}

@unmanaged
class TimestampText {
  read(ptr: usize, len: u32, out: usize): u32 {
    return parseTimestamp(ptr, len, decimals, out)
  }
  write(ptr: usize, out: usize): u32 {
    return formatTimestamp(load<i64>(ptr), decimals, out)
  }
}

@unmanaged
class Decimal64Text {
  read(ptr: usize, len: u32, out: usize): u32 {
    return parseDecimal64(ptr, len, digitsMax, decimals, out)
  }
  write(ptr: usize, out: usize): u32 {
    return formatDecimal64(load<i64>(ptr), decimals, out)
  }
}

@unmanaged
class Decimal128Text {
  read(ptr: usize, len: u32, out: usize): u32 {
    return parseDecimal128(ptr, len, digitsMax, decimals, out)
  }
  write(ptr: usize, out: usize): u32 {
    return formatDecimal128(ptr, decimals, out)
  }
}

function readColumn<R>(
  width: u32,
  offsets: usize,
  values: usize,
  validity: usize,
  n: u32,
  out: usize,
  outValidity: usize,
): u32 {
  let to = out
  let nulls: u32 = 0
  let start = load<u32>(offsets)
  for (let row: u32 = 0; row < n; row += 64) {
    const rows = min<u32>(64, n - row)
    let word = <u64>-1 >> (64 - rows)
    for (let i: u32 = 0; i < rows; i++) {
      const end = load<u32>(offsets + ((<usize>(row + i)) << 2), 4)
      let status: u32 = 1
      if (!validity || isSet(validity, row + i)) {
        let p = values + start
        let length = end - start
        // One test for both ends: what is below 0x21 has a sign bit then. An empty text has no ends, and
        // where all are empty, there may be no bytes at all.
        if (length && ((<i32>load<u8>(p) - 0x21) | (<i32>load<u8>(values + end - 1) - 0x21)) < 0) {
          p = skipWhite(p, values + end)
          length = trimmedLength(p, values + end)
        }
        status = changetype<R>(0).read(p, length, to)
        if (status && !outValidity) {
          problem = status
          return row + i
        }
      }
      if (status) {
        memory.fill(to, 0, width)
        nulls++
        word ^= (<u64>1) << i
      }
      to += width
      start = end
    }
    if (outValidity) store<u64>(outValidity + (row >> 3), word)
  }
  return outValidity ? nulls : NONE
}

function isSet(bitmap: usize, row: u32): bool {
  return ((load<u8>(bitmap + (row >> 3)) >> (row & 7)) & 1) != 0
}

function skipWhite(start: usize, end: usize): usize {
  let p = start
  while (p < end && isAsciiWhite(load<u8>(p))) p++
  return p
}

function trimmedLength(start: usize, end: usize): u32 {
  let p = end
  while (p > start && isAsciiWhite(load<u8>(p - 1))) p--
  return <u32>(p - start)
}

function writeColumn<W>(
  width: u32,
  values: usize,
  validity: usize,
  n: u32,
  outOffsets: usize,
  outValues: usize,
): u32 {
  let to = outValues
  let from = values
  store<u32>(outOffsets, 0)
  for (let row: u32 = 0; row < n; row++) {
    if (!validity || isSet(validity, row)) to += changetype<W>(0).write(from, to)
    from += width
    store<u32>(outOffsets + ((<usize>row) << 2), <u32>(to - outValues), 4)
  }
  return <u32>(to - outValues)
}

/**
 * Reads a column of the type of that code (C1, C2): 0 to 3 are i8 to i64, 4 to 7 u8 to u64, 8 f32,
 * 9 f64, 10 date, 11 timestamp of 10^-scale seconds, 12 and 13 decimals of 64 and 128 bits.
 */
export function textToColumn(
  type: u32,
  precision: u32,
  scale: u32,
  offsets: usize,
  values: usize,
  validity: usize,
  n: u32,
  out: usize,
  outValidity: usize,
): u32 {
  digitsMax = precision
  decimals = scale
  switch (type) {
    case 0:
      return readColumn<Signed<i8>>(1, offsets, values, validity, n, out, outValidity)
    case 1:
      return readColumn<Signed<i16>>(2, offsets, values, validity, n, out, outValidity)
    case 2:
      return readColumn<Signed<i32>>(4, offsets, values, validity, n, out, outValidity)
    case 3:
      return readColumn<Signed<i64>>(8, offsets, values, validity, n, out, outValidity)
    case 4:
      return readColumn<Unsigned<u8>>(1, offsets, values, validity, n, out, outValidity)
    case 5:
      return readColumn<Unsigned<u16>>(2, offsets, values, validity, n, out, outValidity)
    case 6:
      return readColumn<Unsigned<u32>>(4, offsets, values, validity, n, out, outValidity)
    case 7:
      return readColumn<Unsigned<u64>>(8, offsets, values, validity, n, out, outValidity)
    case 8:
      return readColumn<Float<f32>>(4, offsets, values, validity, n, out, outValidity)
    case 9:
      return readColumn<Float<f64>>(8, offsets, values, validity, n, out, outValidity)
    case 10:
      return readColumn<DateText>(4, offsets, values, validity, n, out, outValidity)
    case 11:
      return readColumn<TimestampText>(8, offsets, values, validity, n, out, outValidity)
    case 12:
      return readColumn<Decimal64Text>(8, offsets, values, validity, n, out, outValidity)
    case 13:
      return readColumn<Decimal128Text>(16, offsets, values, validity, n, out, outValidity)
    default:
      return unreachable()
  }
}

/** Writes a column of the type of that code as text (C4). */
export function textFromColumn(
  type: u32,
  scale: u32,
  values: usize,
  validity: usize,
  n: u32,
  outOffsets: usize,
  outValues: usize,
): u32 {
  decimals = scale
  switch (type) {
    case 0:
      return writeColumn<Signed<i8>>(1, values, validity, n, outOffsets, outValues)
    case 1:
      return writeColumn<Signed<i16>>(2, values, validity, n, outOffsets, outValues)
    case 2:
      return writeColumn<Signed<i32>>(4, values, validity, n, outOffsets, outValues)
    case 3:
      return writeColumn<Signed<i64>>(8, values, validity, n, outOffsets, outValues)
    case 4:
      return writeColumn<Unsigned<u8>>(1, values, validity, n, outOffsets, outValues)
    case 5:
      return writeColumn<Unsigned<u16>>(2, values, validity, n, outOffsets, outValues)
    case 6:
      return writeColumn<Unsigned<u32>>(4, values, validity, n, outOffsets, outValues)
    case 7:
      return writeColumn<Unsigned<u64>>(8, values, validity, n, outOffsets, outValues)
    case 8:
      return writeColumn<Float<f32>>(4, values, validity, n, outOffsets, outValues)
    case 9:
      return writeColumn<Float<f64>>(8, values, validity, n, outOffsets, outValues)
    case 10:
      return writeColumn<DateText>(4, values, validity, n, outOffsets, outValues)
    case 11:
      return writeColumn<TimestampText>(8, values, validity, n, outOffsets, outValues)
    case 12:
      return writeColumn<Decimal64Text>(8, values, validity, n, outOffsets, outValues)
    case 13:
      return writeColumn<Decimal128Text>(16, values, validity, n, outOffsets, outValues)
    default:
      return unreachable()
  }
}

/** Reads a column of booleans as a bitmap (C1, C2). */
export function textToBool(
  offsets: usize,
  values: usize,
  validity: usize,
  n: u32,
  out: usize,
  outValidity: usize,
): u32 {
  let nulls: u32 = 0
  let start = load<u32>(offsets)
  for (let row: u32 = 0; row < n; row += 64) {
    const rows = min<u32>(64, n - row)
    let word: u64 = 0
    let valid: u64 = 0
    for (let i: u32 = 0; i < rows; i++) {
      const end = load<u32>(offsets + ((<usize>(row + i)) << 2), 4)
      let status: u32 = 1
      if (!validity || isSet(validity, row + i)) {
        const p = skipWhite(values + start, values + end)
        status = parseBool(p, trimmedLength(p, values + end), wide)
        if (!status) word |= (<u64>load<u8>(wide)) << i
        else if (!outValidity) {
          problem = status
          return row + i
        }
      }
      nulls += u32(status != 0)
      valid |= u64(!status) << i
      start = end
    }
    store<u64>(out + (row >> 3), word)
    if (outValidity) store<u64>(outValidity + (row >> 3), valid)
  }
  return outValidity ? nulls : NONE
}

/** Writes a bitmap of booleans as `true` and `false` (C4). */
export function textFromBool(
  values: usize,
  validity: usize,
  n: u32,
  outOffsets: usize,
  outValues: usize,
): u32 {
  let to = outValues
  store<u32>(outOffsets, 0)
  for (let row: u32 = 0; row < n; row++) {
    if (!validity || isSet(validity, row)) to += formatBool(isSet(values, row), to)
    store<u32>(outOffsets + ((<usize>row) << 2), <u32>(to - outValues), 4)
  }
  return <u32>(to - outValues)
}
