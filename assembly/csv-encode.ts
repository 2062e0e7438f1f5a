// Columns to CSV (RFC 4180), row after row, appended to an output that grows.
//
// W1  A text is quoted when it has a delimiter, a quote or a line break in it, when it is empty, or
//     when it is the text that stands for null: so what is written reads back as the same values.
// W2  Lines end with a line feed. Times are ISO 8601 with all digits of their unit, binary is
//     base64.
import { base64Encode, base64EncodedBytes } from './base64'
import { Column, columnAt, KIND_BINARY, KIND_UTF8 } from './column-table'
import { findByte } from './scan-state'
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

/** How CSV is written. */
@unmanaged
class CsvStyle {
  delimiter: u8
  quote: u8
  nullText: usize
  nullBytes: u32
}

/**
 * Appends `rows` rows, those of the selection when there is one. Returns 0 when memory is
 * exhausted, with the output as it was.
 */
export function csvEncode(
  columns: usize,
  columnCount: u32,
  selection: usize,
  rows: u32,
  style: usize,
  out: usize,
): bool {
  const s = changetype<CsvStyle>(style)
  const fixedBytes = <usize>columnCount * (VALUE_BYTES_MAX + s.nullBytes + 1)
  let p = outputOpen(changetype<Output>(out))
  for (let r: u32 = 0; r < rows; r++) {
    const row = selection ? load<u32>(selection + ((<usize>r) << 2)) : r
    p = room(p, fixedBytes)
    if (!p) return false
    for (let i: u32 = 0; i < columnCount; i++) {
      const c = columnAt(columns, i)
      if (isNull(c, row)) {
        p = copyText(p, s.nullText, s.nullBytes)
      } else if (c.kind == KIND_UTF8) {
        p = writeText(s, c, row, p, fixedBytes)
        if (!p) return false
      } else if (c.kind == KIND_BINARY) {
        p = writeBinary(c, row, p, fixedBytes)
        if (!p) return false
      } else {
        p += formatValue(c, row, p)
      }
      store<u8>(p++, s.delimiter)
    }
    store<u8>(p - 1, 0x0a)
  }
  outputClose(p)
  return true
}

/** Appends one text as a field of its own: names for the header. */
export function csvEncodeText(text: usize, bytes: u32, style: usize, out: usize): bool {
  const s = changetype<CsvStyle>(style)
  const p = room(outputOpen(changetype<Output>(out)), ((<usize>bytes) << 1) + 2)
  if (!p) return false
  outputClose(writeQuotedIfNeeded(s, text, bytes, p))
  return true
}

function writeText(s: CsvStyle, c: Column, row: u32, p: usize, rest: usize): usize {
  const offset = c.offsets + ((<usize>row) << 2)
  const start = load<u32>(offset)
  const bytes = load<u32>(offset, 4) - start
  const to = room(p, ((<usize>bytes) << 1) + 2 + rest)
  return to ? writeQuotedIfNeeded(s, c.values + start, bytes, to) : 0
}

function writeBinary(c: Column, row: u32, p: usize, rest: usize): usize {
  const offset = c.offsets + ((<usize>row) << 2)
  const start = load<u32>(offset)
  const bytes = load<u32>(offset, 4) - start
  const to = room(p, <usize>base64EncodedBytes(bytes) + 2 + rest)
  if (!to) return 0
  if (!bytes) {
    // Quoted, to be no null.
    store<u16>(to, 0x2222)
    return to + 2
  }
  return to + base64Encode(c.values + start, bytes, to)
}

function writeQuotedIfNeeded(s: CsvStyle, text: usize, bytes: u32, p: usize): usize {
  const delimiters = i8x16.splat(s.delimiter)
  const quotes = i8x16.splat(s.quote)
  const lineFeeds = i8x16.splat(0x0a)
  const returns = i8x16.splat(0x0d)
  let special: u32 = 0
  for (let at: u32 = 0; at < bytes; at += 16) {
    const part = v128.load(text + at)
    v128.store(p + at, part)
    const bits = i8x16.bitmask(
      v128.or(
        v128.or(i8x16.eq(part, delimiters), i8x16.eq(part, quotes)),
        v128.or(i8x16.eq(part, lineFeeds), i8x16.eq(part, returns)),
      ),
    )
    special |= bytes - at < 16 ? bits & ((1 << (bytes - at)) - 1) : bits
  }
  const isNullText = bytes == s.nullBytes && !memory.compare(text, s.nullText, bytes)
  if (special || isNullText || !bytes) return writeQuoted(s.quote, text, bytes, p)
  return p + bytes
}

function writeQuoted(quote: u8, text: usize, bytes: u32, p: usize): usize {
  const end = text + bytes
  let to = p
  let from = text
  store<u8>(to++, quote)
  while (from < end) {
    const next = findByte(from, end, quote)
    const run = min(next + 1, end) - from
    memory.copy(to, from, run)
    to += run
    if (next < end) store<u8>(to++, quote)
    from += run
  }
  store<u8>(to, quote)
  return to + 1
}
