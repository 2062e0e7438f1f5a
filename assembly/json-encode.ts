// Columns to NDJSON: one object a line with all columns in the schema's order, nulls included,
// appended to an output that grows.
//
// W1  Integers (of 64 bits, too) and decimals are numbers with all their digits; floats are
//     JavaScript's shortest digits, and null when not finite. Times are strings of ISO 8601 with
//     all digits of their unit, durations whole numbers of it, binary base64.
// W2  In strings, only what JSON wants escaped is escaped; a key comes escaped with its column.
import { base64Encode, base64EncodedBytes } from './base64'
import {
  Column,
  columnAt,
  KIND_BINARY,
  KIND_DATE,
  KIND_F32,
  KIND_F64,
  KIND_LIST,
  KIND_STRUCT,
  KIND_TIMESTAMP,
  KIND_UTF8,
} from './column-table'
import { specialBits } from './json-lex'
import {
  copyText,
  formatValue,
  isNull,
  Output,
  outputClose,
  outputOpen,
  room,
  VALUE_BYTES_MAX,
} from './text-output'

const QUOTE: u8 = 0x22
const COMMA: u8 = 0x2c

/**
 * Appends `rows` rows, those of the selection when there is one. Returns 0 when memory is
 * exhausted, with the output as it was.
 */
export function jsonEncode(
  columns: usize,
  columnCount: u32,
  selection: usize,
  rows: u32,
  out: usize,
): bool {
  const fixed = fixedBytes(columns, columnCount) + 2
  let p = outputOpen(changetype<Output>(out))
  for (let r: u32 = 0; r < rows; r++) {
    const row = selection ? load<u32>(selection + ((<usize>r) << 2)) : r
    p = room(p, fixed)
    if (!p) return false
    p = writeObject(columns, columnCount, row, p, fixed)
    if (!p) return false
    store<u8>(p++, 0x0a)
  }
  outputClose(p)
  return true
}

// What an object takes at the most, but for its texts and lists, which see to their own room.
function fixedBytes(columns: usize, count: u32): usize {
  let bytes: usize = 2
  for (let i: u32 = 0; i < count; i++) {
    const c = columnAt(columns, i)
    bytes += c.keyBytes + VALUE_BYTES_MAX
    if (c.kind == KIND_STRUCT) bytes += fixedBytes(c.children, c.childCount)
  }
  return bytes
}

// `rest` is the room that whoever grows the output leaves behind itself for those who do not.
function writeObject(columns: usize, count: u32, row: u32, ptr: usize, rest: usize): usize {
  let p = ptr
  for (let i: u32 = 0; i < count; i++) {
    const c = columnAt(columns, i)
    const key = p
    p = copyText(p, c.key, c.keyBytes)
    // The first key's comma is where the brace belongs.
    if (!i) store<u8>(key, 0x7b)
    p = writeValue(c, row, p, rest)
    if (!p) return 0
  }
  if (!count) store<u8>(p++, 0x7b)
  store<u8>(p, 0x7d)
  return p + 1
}

function writeValue(c: Column, row: u32, p: usize, rest: usize): usize {
  if (isNull(c, row)) return writeNull(p)
  switch (c.kind) {
    case KIND_UTF8:
      return writeString(c, row, p, rest)
    case KIND_F32:
      return isFinite(load<f32>(c.values + ((<usize>row) << 2)))
        ? p + formatValue(c, row, p)
        : writeNull(p)
    case KIND_F64:
      return isFinite(load<f64>(c.values + ((<usize>row) << 3)))
        ? p + formatValue(c, row, p)
        : writeNull(p)
    case KIND_TIMESTAMP:
    case KIND_DATE: {
      store<u8>(p, QUOTE)
      const end = p + 1 + formatValue(c, row, p + 1)
      store<u8>(end, QUOTE)
      return end + 1
    }
    case KIND_BINARY:
      return writeBinary(c, row, p, rest)
    case KIND_LIST:
      return writeList(c, row, p, rest)
    case KIND_STRUCT:
      return writeObject(c.children, c.childCount, row, p, rest)
    default:
      return p + formatValue(c, row, p)
  }
}

function writeNull(p: usize): usize {
  store<u32>(p, 0x6c6c756e)
  return p + 4
}

function writeBinary(c: Column, row: u32, p: usize, rest: usize): usize {
  const offset = c.offsets + ((<usize>row) << 2)
  const start = load<u32>(offset)
  const bytes = load<u32>(offset, 4) - start
  const to = room(p, <usize>base64EncodedBytes(bytes) + 2 + rest)
  if (!to) return 0
  store<u8>(to, QUOTE)
  const end = to + 1 + base64Encode(c.values + start, bytes, to + 1)
  store<u8>(end, QUOTE)
  return end + 1
}

function writeList(c: Column, row: u32, ptr: usize, rest: usize): usize {
  const child = columnAt(c.children, 0)
  const offset = c.offsets + ((<usize>row) << 2)
  const start = load<u32>(offset)
  const end = load<u32>(offset, 4)
  const item = fixedBytes(c.children, 1) + rest
  let p = ptr + 1
  store<u8>(ptr, 0x5b)
  for (let i = start; i < end; i++) {
    p = room(p, item)
    if (!p) return 0
    p = writeValue(child, i, p, item)
    if (!p) return 0
    store<u8>(p++, COMMA)
  }
  // The bracket takes the last comma's place.
  if (start < end) p--
  store<u8>(p, 0x5d)
  return p + 1
}

function writeString(c: Column, row: u32, p: usize, rest: usize): usize {
  const offset = c.offsets + ((<usize>row) << 2)
  const start = load<u32>(offset)
  const bytes = load<u32>(offset, 4) - start
  let to = room(p, <usize>bytes * 6 + 2 + rest)
  if (!to) return 0
  let from = c.values + start
  const end = from + bytes
  store<u8>(to++, QUOTE)
  while (from < end) {
    const special = specialBits(from)
    v128.store(to, v128.load(from))
    const run = min<usize>(special ? <usize>ctz<u32>(special) : 16, end - from)
    from += run
    to += run
    if (special && from < end) to = writeEscape(load<u8>(from++), to)
  }
  store<u8>(to, QUOTE)
  return to + 1
}

// A quote, a backslash or a control character.
function writeEscape(byte: u32, to: usize): usize {
  let letter = byte
  switch (byte) {
    case 0x22:
    case 0x5c:
      break
    case 0x08:
      letter = 0x62
      break
    case 0x09:
      letter = 0x74
      break
    case 0x0a:
      letter = 0x6e
      break
    case 0x0c:
      letter = 0x66
      break
    case 0x0d:
      letter = 0x72
      break
    default: {
      store<u32>(to, 0x3030755c)
      store<u8>(to, 0x30 + (byte >> 4), 4)
      store<u8>(to, hexDigit(byte & 15), 5)
      return to + 6
    }
  }
  store<u16>(to, 0x5c | (letter << 8))
  return to + 2
}

function hexDigit(value: u32): u32 {
  return value < 10 ? 0x30 + value : 0x57 + value
}
