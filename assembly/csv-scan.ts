// CSV (RFC 4180) from bytes to columns, in two steps for a group of records at a time: find where
// the fields end, then read column after column with one loop a type (csv-column.ts).
//
//   marks   | from - 1 | end of field 0 | end of field 1 | ... | line feed | end of field 0 | ...
//
// The first step takes 64 bytes at once and makes bits of what separates (delimiter, line feed);
// the bits become marks, but for those in quotes. It counts the marks between line feeds and looks
// at no byte. A record with a quote in the wrong place, or with another number of fields, is walked
// field by field (csv-record.ts), which knows what is wrong.
//
// C1  A record ends at a line feed outside quotes; a carriage return before it is not part of the
//     record.
// C2  An empty line is no record, unless records have one field.
// C3  Records of a group lie one behind another, so a field starts behind the mark before it.
// C4  A malformed record ends the call, with all before it in the columns and nothing of it. Broken
//     quotes and records that are too large end at their first line feed, others at their own end.
// C5  Which records come out depends only on the bytes, not on how they were cut into blocks.
import { columnAt, columnRewind } from './column-table'
import { csvColumn } from './csv-column'
import { csvRecord, RECORD_OPEN, recordFaultAt, recordFields, recordNext } from './csv-record'
import {
  endMalformed,
  endMalformedLine,
  ENDED_BLOCK,
  ENDED_ROWS,
  NO_COLUMN,
  SCAN_OK,
  SCAN_TOO_FEW_FIELDS,
  SCAN_TOO_MANY_FIELDS,
  Scan,
} from './scan-state'

// Why a group ends: the block does, it has its rows, or a record is not for the way it was read.
const STOP_BLOCK: u32 = 0
const STOP_ROWS: u32 = 1
const STOP_ODD: u32 = 2
const STOP_PLAIN: u32 = 3
const STOP_FAULT: u32 = 4

/** So many good records in a row end the walk field by field. */
const GOOD_ROWS: u32 = 4

const LINE_FEEDS: usize = memory.data<u64>([0x0a0a0a0a0a0a0a0a, 0x0a0a0a0a0a0a0a0a], 16)

let groupStop: u32 = 0
let groupNext: usize = 0
let groupFault: u32 = 0

/** Reads a block (scan-state.ts) and returns ENDED_*. */
export function csvScan(state: usize): u32 {
  const s = changetype<Scan>(state)
  let p = s.from
  let walk = false
  s.fault = SCAN_OK
  s.faultColumn = NO_COLUMN
  s.discard = 0
  while (true) {
    s.next = p
    if (s.rows >= s.rowsMax) return ENDED_ROWS
    const wanted = min(s.groupRows, s.rowsMax - s.rows)
    const rows = walk ? walkGroup(s, p, wanted) : markGroup(s, p, wanted)
    if (rows) {
      const good = readColumns(s, rows)
      s.rows += good
      if (good < rows) return endAtValue(s, good)
    }
    p = groupNext
    s.next = p
    if (groupStop == STOP_BLOCK) return ENDED_BLOCK
    if (groupStop == STOP_FAULT) return endAtRecord(s, p)
    if (groupStop == STOP_ODD) walk = true
    else if (groupStop == STOP_PLAIN) walk = false
  }
}

// Ends at a record of the right shape with a value that its column cannot hold.
function endAtValue(s: Scan, row: u32): u32 {
  const fields = s.fieldCount
  const before = s.marks + ((<usize>(row * fields)) << 2)
  const start = <usize>load<u32>(before) + 1
  const end = <usize>load<u32>(before + ((<usize>fields) << 2)) + 1
  return endMalformed(s, start, end, s.fault, s.faultAt)
}

// Ends at a record of another shape.
function endAtRecord(s: Scan, start: usize): u32 {
  if (groupFault == SCAN_TOO_FEW_FIELDS || groupFault == SCAN_TOO_MANY_FIELDS) {
    s.faultFields = recordFields()
    return endMalformed(s, start, recordNext(), groupFault, start)
  }
  return endMalformedLine(s, start, groupFault, recordFaultAt())
}

// Reads the group's records into the columns; returns how many rows are good.
function readColumns(s: Scan, rows: u32): u32 {
  let good = rows
  let faulty: u32 = 0
  for (let i: u32 = 0; i < s.columnCount; i++) {
    const read = csvColumn(s, columnAt(s.columns, i), good)
    if (read < good) {
      good = read
      faulty = i
      s.faultColumn = i
    }
  }
  if (good < rows) {
    for (let i: u32 = 0; i <= faulty; i++) {
      columnRewind(columnAt(s.columns, i), s.rows + good, s.rows + rows)
    }
  }
  return good
}

// Marks of up to `wanted` records from `from` on.
function markGroup(s: Scan, from: usize, wanted: u32): u32 {
  const end = s.end
  const stride = (<usize>s.fieldCount) << 2
  const delimiters = i8x16.splat(s.delimiter)
  const quotes = i8x16.splat(s.quote)
  // Loaded, because V8 would build a constant anew in each iteration.
  const lineFeeds = v128.load(LINE_FEEDS)
  store<u32>(s.marks, <u32>from - 1)
  // The mark of the current record's first field, and the next mark to be written.
  let first = s.marks + 4
  let out = first
  let record = from
  let rows: u32 = 0
  // What a window leaves to the next: all ones within quotes, 1 behind a closing quote or a
  // separator.
  let withinQuotes: u64 = 0
  let behindClosing: u64 = 0
  let behindSeparator: u64 = 1
  for (let window = from; window < end; window += 64) {
    let lines = bitsOf(window, lineFeeds)
    let separators = lines | bitsOf(window, delimiters)
    if (window + 64 > end) {
      const inBlock = <u64>-1 >> (64 - <u64>(end - window))
      lines &= inBlock
      separators &= inBlock
    }
    const quoted = bitsOf(window, quotes)
    if (quoted | withinQuotes | behindClosing) {
      const inside = parityOf(quoted) ^ withinQuotes
      const closing = quoted & ~inside
      const afterClosing = (closing << 1) | behindClosing
      const hidesLine = !s.multiline && lines & inside
      separators &= ~inside
      lines &= ~inside
      const beforeOpening = (separators << 1) | behindSeparator | afterClosing
      const opening = quoted & inside
      const isMisplaced = opening & ~beforeOpening
      // A doubled quote is a closing one and an opening one behind it.
      const tail = afterClosing & ~(separators | opening)
      if (hidesLine || isMisplaced || (tail && !isLineEnd(window, tail))) {
        return stopGroup(STOP_ODD, record, rows)
      }
      withinQuotes = 0 - (inside >> 63)
      behindClosing = closing >> 63
    }
    behindSeparator = separators >> 63
    storeMarks(window, separators, out)
    const firstOfWindow = out
    out += (<usize>popcnt<u64>(separators)) << 2
    for (; lines; lines &= lines - 1) {
      const before = separators & ((lines & (0 - lines)) - 1)
      const next = firstOfWindow + ((<usize>popcnt<u64>(before)) << 2) + 4
      const lineFeed = window + <usize>ctz<u64>(lines)
      if (next - first != stride || lineFeed - record > s.recordBytesMax) {
        return stopGroup(STOP_ODD, record, rows)
      }
      rows++
      first = next
      record = lineFeed + 1
      if (rows == wanted) return stopGroup(STOP_ROWS, record, rows)
    }
    if (out - first > stride) return stopGroup(STOP_ODD, record, rows)
  }
  // A record that does not end: the next block has its end, or it is for the walk to say what is
  // wrong.
  const isOdd = record < end && (s.final || <usize>(end - record) > s.recordBytesMax)
  return stopGroup(isOdd ? STOP_ODD : STOP_BLOCK, record, rows)
}

// A bit for each of 64 bytes that is the one.
function bitsOf(window: usize, byte: v128): u64 {
  return (
    <u64>i8x16.bitmask(i8x16.eq(v128.load(window), byte)) |
    ((<u64>i8x16.bitmask(i8x16.eq(v128.load(window, 16), byte))) << 16) |
    ((<u64>i8x16.bitmask(i8x16.eq(v128.load(window, 32), byte))) << 32) |
    ((<u64>i8x16.bitmask(i8x16.eq(v128.load(window, 48), byte))) << 48)
  )
}

// The running parity of bits: ones from an opening quote to before its closing one.
function parityOf(bits: u64): u64 {
  let parity = bits ^ (bits << 1)
  parity ^= parity << 2
  parity ^= parity << 4
  parity ^= parity << 8
  parity ^= parity << 16
  return parity ^ (parity << 32)
}

// True when at each of the bits stands a carriage return before a line feed.
function isLineEnd(window: usize, bits: u64): bool {
  for (let left = bits; left; left &= left - 1) {
    if (load<u16>(window + <usize>ctz<u64>(left)) != 0x0a0d) return false
  }
  return true
}

function stopGroup(stop: u32, next: usize, rows: u32): u32 {
  groupStop = stop
  groupNext = next
  return rows
}

// The positions of the set bits, eight at a time: what is stored too much is overwritten or not
// read.
function storeMarks(window: usize, bits: u64, out: usize): void {
  let left = bits
  let to = out
  while (left) {
    store<u32>(to, <u32>window + <u32>ctz<u64>(left))
    left &= left - 1
    store<u32>(to, <u32>window + <u32>ctz<u64>(left), 4)
    left &= left - 1
    store<u32>(to, <u32>window + <u32>ctz<u64>(left), 8)
    left &= left - 1
    store<u32>(to, <u32>window + <u32>ctz<u64>(left), 12)
    left &= left - 1
    to += 16
  }
}

// Marks of up to `wanted` records from `from` on, field by field.
function walkGroup(s: Scan, from: usize, wanted: u32): u32 {
  const stride = (<usize>s.fieldCount) << 2
  store<u32>(s.marks, <u32>from - 1)
  let marks = s.marks + 4
  let record = from
  let rows: u32 = 0
  while (rows < wanted) {
    if (record >= s.end) return stopGroup(STOP_BLOCK, record, rows)
    const status = csvRecord(s, record, marks)
    if (status == RECORD_OPEN) return stopGroup(STOP_BLOCK, record, rows)
    groupFault = status
    if (status) return stopGroup(STOP_FAULT, record, rows)
    const found = recordFields()
    if (found != s.fieldCount) {
      if (found == 1 && isEmptyLine(record)) return stopGroup(STOP_PLAIN, recordNext(), rows)
      groupFault = found < s.fieldCount ? SCAN_TOO_FEW_FIELDS : SCAN_TOO_MANY_FIELDS
      return stopGroup(STOP_FAULT, record, rows)
    }
    rows++
    record = recordNext()
    marks += stride
    if (rows == GOOD_ROWS) return stopGroup(STOP_PLAIN, record, rows)
  }
  return stopGroup(STOP_ROWS, record, rows)
}

function isEmptyLine(record: usize): bool {
  const byte = load<u8>(record)
  return byte == 0x0a || (byte == 0x0d && load<u8>(record, 1) == 0x0a)
}

/** How often a byte is there: line feeds before an error, quotes before a place to split. */
export function countByte(ptr: usize, bytes: u32, byte: u8): u32 {
  const wanted = i8x16.splat(byte)
  let count: u32 = 0
  let at: u32 = 0
  for (; at + 16 <= bytes; at += 16) {
    count += popcnt<u32>(i8x16.bitmask(i8x16.eq(v128.load(ptr + at), wanted)))
  }
  for (; at < bytes; at++) count += u32(load<u8>(ptr + at) == byte)
  return count
}
