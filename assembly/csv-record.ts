// One CSV record, field by field: what has a quote in the wrong place, the wrong number of fields,
// or no end.
//
// R1  A quoted field starts with the quote right behind a separator and ends with one right before
//     a separator; quotes inside it are doubled. A quote anywhere else is SCAN_QUOTE_STRAY.
// R2  The ends of at most `fieldCount` fields are stored; more are only counted.
import {
  findByte,
  SCAN_OK,
  SCAN_QUOTE_OPEN,
  SCAN_QUOTE_STRAY,
  SCAN_TOO_LARGE,
  Scan,
} from './scan-state'

/** The record does not end in the block. */
export const RECORD_OPEN: u32 = 0xffff

// What the last call found.
let fieldsFound: u32 = 0
let nextRecord: usize = 0
let faultPosition: usize = 0

export function recordFields(): u32 {
  return fieldsFound
}
/** Behind the record's line feed. */
export function recordNext(): usize {
  return nextRecord
}
export function recordFaultAt(): usize {
  return faultPosition
}

/** Walks the record at `from`, stores where its fields end, and returns SCAN_*, or RECORD_OPEN. */
export function csvRecord(s: Scan, from: usize, marks: usize): u32 {
  const quote = s.quote
  const delimiter = s.delimiter
  const end = s.end
  let p = from
  fieldsFound = 0
  let separator: u8
  do {
    if (p < end && load<u8>(p) == quote) {
      const closed = closingQuote(s, p + 1)
      if (!closed) {
        faultPosition = p
        return unclosed(s, from)
      }
      p = closed + 1
      if (p + 1 < end && load<u8>(p) == 0x0d && load<u8>(p, 1) == 0x0a) p++
      else if (p + 1 == end && load<u8>(p) == 0x0d) p = end
    } else {
      p = fieldEnd(p, end, delimiter, quote)
    }
    if (p >= end) {
      faultPosition = from
      return <usize>(end - from) > s.recordBytesMax ? SCAN_TOO_LARGE : RECORD_OPEN
    }
    separator = load<u8>(p)
    if (p - from > s.recordBytesMax) {
      faultPosition = from
      return SCAN_TOO_LARGE
    }
    if (separator != delimiter && separator != 0x0a) {
      faultPosition = p
      return SCAN_QUOTE_STRAY
    }
    if (fieldsFound < s.fieldCount) store<u32>(marks + ((<usize>fieldsFound) << 2), <u32>p)
    fieldsFound++
    p++
  } while (separator == delimiter)
  nextRecord = p
  return SCAN_OK
}

// A field whose closing quote is not in the block. Nothing behind the block, or no line feed
// allowed in quotes: it never comes.
function unclosed(s: Scan, from: usize): u32 {
  const line = s.multiline ? s.end : findByte(faultPosition, s.end, 0x0a)
  if (line - from > s.recordBytesMax) {
    faultPosition = from
    return SCAN_TOO_LARGE
  }
  return line < s.end || s.final ? SCAN_QUOTE_OPEN : RECORD_OPEN
}

// The first delimiter, line feed or quote at p or behind it, or `end`.
function fieldEnd(ptr: usize, end: usize, delimiter: u8, quote: u8): usize {
  const delimiters = i8x16.splat(delimiter)
  const quotes = i8x16.splat(quote)
  const lines = i8x16.splat(0x0a)
  for (let p = ptr; p < end; p += 16) {
    const bytes = v128.load(p)
    const hits = i8x16.bitmask(
      v128.or(
        v128.or(i8x16.eq(bytes, delimiters), i8x16.eq(bytes, quotes)),
        i8x16.eq(bytes, lines),
      ),
    )
    if (hits) return min(p + ctz<u32>(hits), end)
  }
  return end
}

// The closing quote of a field whose content starts at p; 0 when it is not in the block (or in the
// line).
function closingQuote(s: Scan, ptr: usize): usize {
  const end = s.multiline ? s.end : findByte(ptr, s.end, 0x0a)
  let p = ptr
  while (true) {
    p = findByte(p, end, s.quote)
    if (p >= end) return 0
    if (p + 1 >= end) {
      // Whether it is doubled is in the next block, but for the end of a line or of the input.
      return end < s.end ? p : 0
    }
    if (load<u8>(p, 1) != s.quote) return p
    p += 2
  }
}
