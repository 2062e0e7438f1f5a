// A JSON value into a row of its column; objects into several. The record of a line is an object,
// too.
//
// J1  Keys come in any order. Keys without a column are skipped. A missing key is null. Of a key
//     that is there twice, the last wins.
// J2  Numbers may also be written as strings, as many write 64-bit integers; NaN can only be.
//     Binary is a string of base64. Times are as in field-parse.ts: strings of ISO 8601, or
//     numbers.
// J3  A utf8 column takes the value of a string, and of anything else the JSON text as it stands.
import {
  Column,
  closeVariable,
  columnAt,
  columnRewind,
  KIND_BOOL,
  KIND_DURATION,
  KIND_F64,
  KIND_I16,
  KIND_I32,
  KIND_I64,
  KIND_I8,
  KIND_LIST,
  KIND_STRUCT,
  KIND_U16,
  KIND_U32,
  KIND_U64,
  KIND_U8,
  KIND_UTF8,
  reserveBytes,
  reserveRows,
  setBool,
  setNull,
} from './column-table'
import {
  decimalRun,
  digitRun,
  plainFloat,
  shortFloat,
  sixteenDigitsMax,
  upToSixteenDigits,
} from './digits'
import { appendText, parseField, VALID } from './field-parse'
import {
  forgetSlots,
  isAt,
  lastKeyColumn,
  laterSlot,
  learn,
  MISSES_MAX,
  readKey,
  Shape,
  SLOT_BYTES,
  slotColumn,
  slotsEnd,
  slotTextBytes,
} from './json-keys'
import {
  decodeString,
  decodeToScratch,
  jsonFault,
  literalEnd,
  numberEnd,
  skipBlank,
  skipValue,
  specialBits,
  stringBytes,
  stringClose,
  stringSpecial,
  useScratch,
} from './json-lex'
import { SCAN_JSON, SCAN_JSON_TYPE, SCAN_MEMORY, SCAN_NULL, SCAN_UTF8 } from './scan-state'
import { utf8Validate } from './string'

let faultColumn: usize = 0

/**
 * Before records: the room in which strings with escapes are decoded that go into no utf8 column.
 */
export function beginRecords(ptr: usize, bytes: usize): void {
  useScratch(ptr, bytes)
  faultColumn = 0
}

/** The column that the last fault was in; 0 for none. */
export function jsonFaultColumn(): usize {
  return faultColumn
}

function columnFault(c: Column, kind: u32, at: usize): usize {
  faultColumn = changetype<usize>(c)
  return jsonFault(kind, at)
}

/** Reads the object whose brace is before p into row `row` of its columns. */
export function readObject(shape: Shape, row: u32, p: usize): usize {
  let q = skipBlank(p)
  let filled: u32 = 0
  if (load<u8>(q) == 0x7d) return fillMissing(shape, row, 0, q, q + 1)
  if (shape.misses > MISSES_MAX) forgetSlots(shape)
  let slot = shape.slots
  while (true) {
    const found = isAt(slot, q) ? slot : laterSlot(shape, slot, q)
    let column: usize
    if (found) {
      column = slotColumn(found)
      q += slotTextBytes(found)
      slot = found + SLOT_BYTES
    } else {
      const key = q
      q = readKey(shape, key)
      if (!q) return 0
      column = lastKeyColumn()
      if (slot == slotsEnd(shape)) {
        slot += learn(shape, key, q, column)
      } else {
        shape.misses++
      }
    }
    if (load<u8>(q) <= 0x20) q = skipBlank(q)
    if (column) {
      const c = changetype<Column>(column)
      if (c.filled == row + 1) columnRewind(c, row, row + 1)
      else filled++
      q = readValue(c, row, q)
      if (!q) return 0
      c.filled = row + 1
    } else {
      q = skipValue(q)
      if (!q) return 0
    }
    if (load<u8>(q) <= 0x20) q = skipBlank(q)
    const byte = load<u8>(q)
    if (byte == 0x7d) return fillMissing(shape, row, filled, q, q + 1)
    if (byte != 0x2c) return jsonFault(SCAN_JSON, q)
    q++
    if (load<u8>(q) <= 0x20) q = skipBlank(q)
  }
}

// Ends an object: what had no key is null.
function fillMissing(shape: Shape, row: u32, filled: u32, at: usize, end: usize): usize {
  if (filled == shape.columnCount) return end
  for (let i: u32 = 0; i < shape.columnCount; i++) {
    const c = columnAt(shape.columns, i)
    if (c.filled == row + 1) continue
    if (!c.nullable) return columnFault(c, SCAN_NULL, at)
    setNull(c, row)
  }
  return end
}

function readValue(c: Column, row: u32, p: usize): usize {
  switch (c.kind) {
    case KIND_I8:
      return readInteger<i8>(c, row, p)
    case KIND_I16:
      return readInteger<i16>(c, row, p)
    case KIND_I32:
      return readInteger<i32>(c, row, p)
    case KIND_I64:
    case KIND_DURATION:
      return readInteger<i64>(c, row, p)
    case KIND_U8:
      return readInteger<u8>(c, row, p)
    case KIND_U16:
      return readInteger<u16>(c, row, p)
    case KIND_U32:
      return readInteger<u32>(c, row, p)
    case KIND_U64:
      return readInteger<u64>(c, row, p)
    case KIND_F64:
      return readFloat(c, row, p)
    case KIND_UTF8:
      return load<u8>(p) == 0x22 ? readString(c, row, p + 1) : readOther(c, row, p)
    default:
      return readOther(c, row, p)
  }
}

function readInteger<T>(c: Column, row: u32, p: usize): usize {
  const negative = isSigned<T>() && load<u8>(p) == 0x2d
  const first = p + usize(negative)
  const digits = digitRun(first)
  const end = first + digits
  if (digits && isNumberEnd(end) && !hasLeadingZero(first)) {
    const value = upToSixteenDigits(end, digits)
    if (value <= sixteenDigitsMax<T>()) {
      store<T>(c.values + <usize>row * sizeof<T>(), <T>(negative ? 0 - value : value))
      return end
    }
  }
  return readOther(c, row, p)
}

// True when what stands here is no more of a number.
function isNumberEnd(p: usize): bool {
  const byte = load<u8>(p)
  return byte != 0x2e && (byte | 0x20) != 0x65 && <u32>byte - 0x30 > 9
}

function hasLeadingZero(p: usize): bool {
  return load<u8>(p) == 0x30 && <u32>load<u8>(p, 1) - 0x30 <= 9
}

function readFloat(c: Column, row: u32, p: usize): usize {
  const out = c.values + ((<usize>row) << 3)
  const first = p + usize(load<u8>(p) == 0x2d)
  const end = first + decimalRun(first)
  const length = <u32>(end - p)
  if (!hasLeadingZero(first) && isNumberEnd(end)) {
    if (length - 1 < 8 ? shortFloat(end, length, out) : plainFloat(p, out) == end) return end
  }
  return readOther(c, row, p)
}

/** A string into a utf8 column: p is behind the opening quote. */
function readString(c: Column, row: u32, p: usize): usize {
  let bytes = v128.load(p)
  let special = specialBits(p)
  let high: u32 = 0
  let q = p
  while (!special) {
    high |= i8x16.bitmask(bytes)
    q += 16
    bytes = v128.load(q)
    special = specialBits(q)
  }
  high |= i8x16.bitmask(bytes) & (special - 1) & ~special
  q += ctz<u32>(special)
  if (load<u8>(q) != 0x22) return readEscaped(c, row, p, q)
  const length = <u32>(q - p)
  if (!reserveBytes(c, length)) return columnFault(c, SCAN_MEMORY, p)
  if (high && utf8Validate(p, length) != VALID) return columnFault(c, SCAN_UTF8, p)
  const to = c.values + c.used
  for (let at: u32 = 0; at < length; at += 16) v128.store(to + at, v128.load(p + at))
  c.used += length
  store<u32>(c.offsets + ((<usize>row) << 2), c.used, 4)
  return q + 1
}

function readEscaped(c: Column, row: u32, p: usize, special: usize): usize {
  const close = stringClose(special)
  if (!close) return columnFaultAgain(c)
  if (!reserveBytes(c, <u32>(close - p))) return columnFault(c, SCAN_MEMORY, p)
  if (!decodeString(p, close, c.values + c.used)) return columnFaultAgain(c)
  c.used += stringBytes()
  store<u32>(c.offsets + ((<usize>row) << 2), c.used, 4)
  return close + 1
}

function columnFaultAgain(c: Column): usize {
  faultColumn = changetype<usize>(c)
  return 0
}

// All that has no fast way, or did not fit it.
function readOther(c: Column, row: u32, p: usize): usize {
  const byte = load<u8>(p)
  const kind = c.kind
  if (byte == 0x6e && literalEnd(p)) {
    if (!c.nullable) return columnFault(c, SCAN_NULL, p)
    setNull(c, row)
    return p + 4
  }
  if (kind == KIND_STRUCT) {
    if (byte != 0x7b) return wrongType(c, p)
    return readObject(changetype<Shape>(c.shape), row, p + 1)
  }
  if (kind == KIND_LIST) return byte == 0x5b ? readList(c, row, p + 1) : wrongType(c, p)
  if (kind == KIND_UTF8) {
    const end = skipValue(p)
    return end ? parsed(c, p, end, appendText(c, row, p, <u32>(end - p))) : columnFaultAgain(c)
  }
  if (kind == KIND_BOOL) {
    const end = literalEnd(p)
    if (!end) return wrongType(c, p)
    setBool(c, row, u32(byte == 0x74))
    return end
  }
  if (byte == 0x22) return readQuoted(c, row, p)
  const end = numberEnd(p)
  if (!end) return wrongType(c, p)
  return parsed(c, p, end, parseField(c, row, p, <u32>(end - p)))
}

function parsed(c: Column, p: usize, end: usize, status: u32): usize {
  return status ? columnFault(c, status, p) : end
}

// A string in a column that is not utf8.
function readQuoted(c: Column, row: u32, p: usize): usize {
  const special = stringSpecial(p + 1)
  if (load<u8>(special) == 0x22) {
    return parsed(c, p, special + 1, parseField(c, row, p + 1, <u32>(special - p - 1)))
  }
  const close = stringClose(special)
  if (!close) return columnFaultAgain(c)
  const text = decodeToScratch(p + 1, close)
  if (!text) return columnFaultAgain(c)
  return parsed(c, p, close + 1, parseField(c, row, text, stringBytes()))
}

// A value of another type, or none at all.
function wrongType(c: Column, p: usize): usize {
  return skipValue(p) ? columnFault(c, SCAN_JSON_TYPE, p) : columnFaultAgain(c)
}

function readList(c: Column, row: u32, p: usize): usize {
  const child = columnAt(c.children, 0)
  let q = skipBlank(p)
  if (load<u8>(q) == 0x5d) {
    closeVariable(c, row)
    return q + 1
  }
  while (true) {
    const item = child.rows
    if (!reserveRows(child, item + 1)) return columnFault(c, SCAN_MEMORY, p)
    q = readValue(child, item, q)
    if (!q) return 0
    child.rows = item + 1
    q = skipBlank(q)
    const byte = load<u8>(q)
    if (byte == 0x5d) break
    if (byte != 0x2c) return jsonFault(SCAN_JSON, q)
    q = skipBlank(q + 1)
  }
  closeVariable(c, row)
  return q + 1
}
