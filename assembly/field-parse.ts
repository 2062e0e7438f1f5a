// The text of one field into a row of its column, whatever the type: the fields of CSV that have no
// faster loop of their own, and the strings of NDJSON in columns that are not utf8.
//
// P1  Integers, floats, booleans: number-parse.ts. Dates and times: ISO 8601 (time-text.ts), or a
//     whole number, which counts the column's unit since 1970. Durations: a whole number of the
//     unit.
// P2  Decimals: digits beyond the scale are rounded, as SQL does (decimal-text.ts).
// P3  Binary is base64 (RFC 4648) in the standard or the URL alphabet, padded or not.
// P4  What fails says why (SCAN_*); the row may be half-written then and is rewound by the caller.
import {
  Column,
  KIND_BINARY,
  KIND_BOOL,
  KIND_DATE,
  KIND_DECIMAL128,
  KIND_DECIMAL64,
  KIND_DURATION,
  KIND_F32,
  KIND_F64,
  KIND_I16,
  KIND_I32,
  KIND_I64,
  KIND_I8,
  KIND_TIMESTAMP,
  KIND_U16,
  KIND_U32,
  KIND_U64,
  KIND_U8,
  KIND_UTF8,
  reserveBytes,
  setBool,
} from './column-table'
import { base64Decode, base64DecodedMax } from './base64'
import { parseDecimal128, parseDecimal64 } from './decimal-text'
import {
  PARSE_OK,
  PARSE_SYNTAX,
  parseBool,
  parseFloat64,
  parseSigned,
  parseUnsigned,
} from './number-parse'
import { SCAN_JSON_TYPE, SCAN_MEMORY, SCAN_OK, SCAN_SYNTAX, SCAN_UTF8 } from './scan-state'
import { parseDate, parseTimestamp } from './time-text'
import { utf8Validate } from './string'

/** What utf8Validate says of valid text. */
export const VALID: u32 = 0xffffffff

const value: usize = memory.data(16, 16)

/** Puts the text [ptr, ptr + len) into the column's row. */
export function parseField(c: Column, row: u32, ptr: usize, len: u32): u32 {
  switch (c.kind) {
    case KIND_BOOL: {
      const status = parseBool(ptr, len, value)
      if (status == PARSE_OK) setBool(c, row, load<u8>(value))
      return status
    }
    case KIND_I8:
      return parseSigned<i8>(ptr, len, c.values + row)
    case KIND_I16:
      return parseSigned<i16>(ptr, len, c.values + ((<usize>row) << 1))
    case KIND_I32:
      return parseSigned<i32>(ptr, len, c.values + ((<usize>row) << 2))
    case KIND_I64:
    case KIND_DURATION:
      return parseSigned<i64>(ptr, len, c.values + ((<usize>row) << 3))
    case KIND_U8:
      return parseUnsigned<u8>(ptr, len, c.values + row)
    case KIND_U16:
      return parseUnsigned<u16>(ptr, len, c.values + ((<usize>row) << 1))
    case KIND_U32:
      return parseUnsigned<u32>(ptr, len, c.values + ((<usize>row) << 2))
    case KIND_U64:
      return parseUnsigned<u64>(ptr, len, c.values + ((<usize>row) << 3))
    case KIND_F32: {
      const status = parseFloat64(ptr, len, value)
      if (status == PARSE_OK) storeFloat32(c, row, load<f64>(value))
      return status
    }
    case KIND_F64:
      return parseFloat64(ptr, len, c.values + ((<usize>row) << 3))
    default:
      return parseOther(c, row, ptr, len)
  }
}

function parseOther(c: Column, row: u32, ptr: usize, len: u32): u32 {
  switch (c.kind) {
    case KIND_DECIMAL64:
      return parseDecimal64(ptr, len, c.precision, c.scale, c.values + ((<usize>row) << 3))
    case KIND_DECIMAL128:
      return parseDecimal128(ptr, len, c.precision, c.scale, c.values + ((<usize>row) << 4))
    case KIND_TIMESTAMP: {
      const out = c.values + ((<usize>row) << 3)
      const status = parseTimestamp(ptr, len, c.scale, out)
      return status == PARSE_SYNTAX ? parseSigned<i64>(ptr, len, out) : status
    }
    case KIND_DATE: {
      const out = c.values + ((<usize>row) << 2)
      const status = parseDate(ptr, len, out)
      return status == PARSE_SYNTAX ? parseSigned<i32>(ptr, len, out) : status
    }
    case KIND_UTF8:
      return appendText(c, row, ptr, len)
    case KIND_BINARY: {
      if (!reserveBytes(c, base64DecodedMax(len))) return SCAN_MEMORY
      const bytes = base64Decode(ptr, len, c.values + c.used)
      if (bytes < 0) return SCAN_SYNTAX
      c.used += bytes
      store<u32>(c.offsets + ((<usize>row) << 2), c.used, 4)
      return SCAN_OK
    }
    default:
      return SCAN_JSON_TYPE
  }
}

/** The nearest float32. */
export function storeFloat32(c: Column, row: u32, float64: f64): void {
  store<f32>(c.values + ((<usize>row) << 2), <f32>float64)
}

/** Appends a text to a utf8 column as its row. */
export function appendText(c: Column, row: u32, ptr: usize, len: u32): u32 {
  if (!reserveBytes(c, len)) return SCAN_MEMORY
  const to = c.values + c.used
  let high: u32 = 0
  let at: u32 = 0
  for (; at + 16 <= len; at += 16) {
    const bytes = v128.load(ptr + at)
    v128.store(to + at, bytes)
    high |= i8x16.bitmask(bytes)
  }
  if (at < len) {
    const bytes = v128.load(ptr + at)
    v128.store(to + at, bytes)
    high |= i8x16.bitmask(bytes) & ((1 << (len - at)) - 1)
  }
  if (high && utf8Validate(ptr, len) != VALID) return SCAN_UTF8
  c.used += len
  store<u32>(c.offsets + ((<usize>row) << 2), c.used, 4)
  return SCAN_OK
}
