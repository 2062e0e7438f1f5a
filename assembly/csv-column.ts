// One column of a group of CSV records, from the marks of its fields: one loop for each type that
// needs to be fast, one for all the others.
//
// F1  An empty field, or the text that stands for null, is null in a nullable column. In others it
//     is SCAN_NULL, but an empty field in a utf8 or binary column that is not nullable is the empty
//     text.
// F2  In quotes, null's text is a text like any other, and an empty field is the empty text (but
//     null in columns that are neither utf8 nor binary, where it can mean nothing else).
import {
  Column,
  closeVariable,
  KIND_BINARY,
  KIND_DURATION,
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
  setNull,
} from './column-table'
import { NOT_DIGITS, plainFloat, shortFloat, sixteenDigitsMax, upToSixteenDigits } from './digits'
import { appendText, parseField } from './field-parse'
import { PARSE_OK } from './number-parse'
import { findByte, SCAN_NULL, SCAN_OK, Scan } from './scan-state'
import { parseTimestamp } from './time-text'

/**
 * Reads the column's fields of `rows` records; returns how many went well, and sets the fault of
 * the next.
 */
export function csvColumn(s: Scan, c: Column, rows: u32): u32 {
  switch (c.kind) {
    case KIND_I8:
      return readIntegers<i8>(s, c, rows)
    case KIND_I16:
      return readIntegers<i16>(s, c, rows)
    case KIND_I32:
      return readIntegers<i32>(s, c, rows)
    case KIND_I64:
    case KIND_DURATION:
      return readIntegers<i64>(s, c, rows)
    case KIND_U8:
      return readIntegers<u8>(s, c, rows)
    case KIND_U16:
      return readIntegers<u16>(s, c, rows)
    case KIND_U32:
      return readIntegers<u32>(s, c, rows)
    case KIND_U64:
      return readIntegers<u64>(s, c, rows)
    case KIND_F64:
      return readFloats(s, c, rows)
    case KIND_UTF8:
      return readTexts(s, c, rows)
    case KIND_TIMESTAMP:
      return readTimestamps(s, c, rows)
    default:
      return readOthers(s, c, rows)
  }
}

// The end of the field behind the mark; a record's last field does not have the carriage return.
function endOf(mark: usize, start: usize, last: bool): usize {
  const end = <usize>load<u32>(mark, 4)
  return last && end > start && load<u8>(end - 1) == 0x0d ? end - 1 : end
}

function isLast(s: Scan, c: Column): bool {
  return c.field == s.fieldCount - 1
}

function firstMark(s: Scan, c: Column): usize {
  return s.marks + ((<usize>c.field) << 2)
}

function readIntegers<T>(s: Scan, c: Column, rows: u32): u32 {
  const stride = (<usize>s.fieldCount) << 2
  const last = isLast(s, c)
  const nullBytes = s.nullBytes
  let mark = firstMark(s, c)
  let out = c.values + <usize>s.rows * sizeof<T>()
  for (let r: u32 = 0; r < rows; r++) {
    const start = <usize>load<u32>(mark) + 1
    const len = <u32>(endOf(mark, start, last) - start)
    const negative = isSigned<T>() && load<u8>(start) == 0x2d
    const digits = len - u32(negative)
    let value: u64 = NOT_DIGITS
    if (len != nullBytes && digits - 1 < 16) value = upToSixteenDigits(start + len, digits)
    if (value > sixteenDigitsMax<T>()) {
      const status = csvField(s, c, s.rows + r, start, len)
      if (status) return failed(s, r, status, start)
    } else {
      store<T>(out, <T>(negative ? 0 - value : value))
    }
    mark += stride
    out += sizeof<T>()
  }
  return rows
}

function readFloats(s: Scan, c: Column, rows: u32): u32 {
  const stride = (<usize>s.fieldCount) << 2
  const last = isLast(s, c)
  let mark = firstMark(s, c)
  let out = c.values + ((<usize>s.rows) << 3)
  for (let r: u32 = 0; r < rows; r++) {
    const start = <usize>load<u32>(mark) + 1
    const len = <u32>(endOf(mark, start, last) - start)
    // Of no character, shortFloat() would take what is before the field.
    const done =
      len != s.nullBytes &&
      (len - 1 < 8 ? shortFloat(start + len, len, out) : plainFloat(start, out) == start + len)
    if (!done) {
      const status = csvField(s, c, s.rows + r, start, len)
      if (status) return failed(s, r, status, start)
    }
    mark += stride
    out += 8
  }
  return rows
}

function readTimestamps(s: Scan, c: Column, rows: u32): u32 {
  const stride = (<usize>s.fieldCount) << 2
  const last = isLast(s, c)
  let mark = firstMark(s, c)
  let out = c.values + ((<usize>s.rows) << 3)
  for (let r: u32 = 0; r < rows; r++) {
    const start = <usize>load<u32>(mark) + 1
    const len = <u32>(endOf(mark, start, last) - start)
    const isNumber = len != s.nullBytes && len - 1 < 16
    const number = isNumber ? upToSixteenDigits(start + len, len) : NOT_DIGITS
    if (number != NOT_DIGITS) {
      store<u64>(out, number)
    } else if (len == s.nullBytes || parseTimestamp(start, len, c.scale, out) != PARSE_OK) {
      const status = csvField(s, c, s.rows + r, start, len)
      if (status) return failed(s, r, status, start)
    }
    mark += stride
    out += 8
  }
  return rows
}

function readTexts(s: Scan, c: Column, rows: u32): u32 {
  const stride = (<usize>s.fieldCount) << 2
  const last = isLast(s, c)
  const nullBytes = s.nullBytes
  const quote = s.quote
  const quotes = i8x16.splat(quote)
  let mark = firstMark(s, c)
  let offset = c.offsets + ((<usize>s.rows) << 2)
  let used = c.used
  for (let r: u32 = 0; r < rows; r++) {
    const start = <usize>load<u32>(mark) + 1
    const len = <u32>(endOf(mark, start, last) - start)
    const inQuotes = len > 1 && load<u8>(start) == quote
    const from = start + usize(inQuotes)
    const content = inQuotes ? len - 2 : len
    const bytes = v128.load(from)
    const odd = i8x16.bitmask(v128.or(bytes, i8x16.eq(bytes, quotes))) & ((1 << content) - 1)
    // Short ASCII without doubled quotes: one store, of more than the text, as the padding allows.
    if (content <= 16 && !odd && len != nullBytes && used + 16 <= c.capacity) {
      v128.store(c.values + used, bytes)
      used += content
    } else {
      c.used = used
      const isPlain = len != nullBytes && !inQuotes
      const status = isPlain
        ? appendText(c, s.rows + r, start, len)
        : csvField(s, c, s.rows + r, start, len)
      if (status) return failed(s, r, status, start)
      used = c.used
    }
    store<u32>(offset, used, 4)
    offset += 4
    mark += stride
  }
  c.used = used
  return rows
}

function readOthers(s: Scan, c: Column, rows: u32): u32 {
  const stride = (<usize>s.fieldCount) << 2
  const last = isLast(s, c)
  let mark = firstMark(s, c)
  for (let r: u32 = 0; r < rows; r++) {
    const start = <usize>load<u32>(mark) + 1
    const status = csvField(s, c, s.rows + r, start, <u32>(endOf(mark, start, last) - start))
    if (status) return failed(s, r, status, start)
    mark += stride
  }
  return rows
}

function failed(s: Scan, row: u32, fault: u32, at: usize): u32 {
  s.fault = fault
  s.faultAt = at
  return row
}

// One field as it stands in the file, with all that the fast loops leave out.
function csvField(s: Scan, c: Column, row: u32, start: usize, len: u32): u32 {
  const isText = c.kind == KIND_UTF8 || c.kind == KIND_BINARY
  if (len == s.nullBytes && !memory.compare(start, s.nullText, len)) {
    if (!c.nullable && isText && !len) return emptyText(c, row)
    return nullField(c, row)
  }
  if (len && load<u8>(start) == s.quote) {
    const content = start + 1
    const contentBytes = len - 2
    if (!contentBytes && !isText) return nullField(c, row)
    const end = content + contentBytes
    const quote = findByte(content, end, s.quote)
    if (quote == end) return parseField(c, row, content, contentBytes)
    return parseField(c, row, s.scratch, unquote(s, content, end))
  }
  if (!len && !isText) return nullField(c, row)
  return parseField(c, row, start, len)
}

function nullField(c: Column, row: u32): u32 {
  if (!c.nullable) return SCAN_NULL
  setNull(c, row)
  return SCAN_OK
}

function emptyText(c: Column, row: u32): u32 {
  closeVariable(c, row)
  return SCAN_OK
}

// Copies a quoted field's content to the scratch, with one quote for two; returns its bytes.
function unquote(s: Scan, start: usize, end: usize): u32 {
  let out = s.scratch
  let p = start
  while (true) {
    const quote = findByte(p, end, s.quote)
    const bytes = min(quote + 1, end) - p
    memory.copy(out, p, bytes)
    out += bytes
    if (quote >= end) return <u32>(out - s.scratch)
    p = quote + 2
  }
}
