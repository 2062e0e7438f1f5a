// What a scanner of lines (CSV, NDJSON) is told, and what it says: one struct that the binding
// fills in and reads. A call takes a block of bytes at [from, end), goes on in the columns at row
// `rows`, and stops where the block ends, where the batch is full, or at the first malformed
// record.
//
// S1  `next` is where the next call starts; bytes from there to `end` are the record that the block
//     cuts.
// S2  With `final` nothing follows the block, and its last byte is a line feed (the reader puts one
//     there).
// S3  After ENDED_MALFORMED the record is [recordStart, recordEnd) and `next` is behind it. With
//     `discard` its line feed is not in the block: what comes up to the next line feed belongs to
//     it too.
// S4  A record is too large when there are more than recordBytesMax bytes before its line feed;
//     that goes before any other fault of it.

/** Why a record is malformed. The first two are the statuses of number-parse.ts. */
export const SCAN_OK: u32 = 0
export const SCAN_SYNTAX: u32 = 1
export const SCAN_RANGE: u32 = 2
export const SCAN_UTF8: u32 = 3
export const SCAN_NULL: u32 = 4
export const SCAN_TOO_FEW_FIELDS: u32 = 5
export const SCAN_TOO_MANY_FIELDS: u32 = 6
export const SCAN_QUOTE_OPEN: u32 = 7
export const SCAN_QUOTE_STRAY: u32 = 8
export const SCAN_TOO_LARGE: u32 = 9
export const SCAN_JSON: u32 = 10
export const SCAN_JSON_TYPE: u32 = 11
export const SCAN_JSON_DEPTH: u32 = 12
/** Not the record's fault: the linear memory is full. */
export const SCAN_MEMORY: u32 = 13

/** What a call ended with. */
export const ENDED_BLOCK: u32 = 0
export const ENDED_ROWS: u32 = 1
export const ENDED_MALFORMED: u32 = 2

export const NO_COLUMN: u32 = 0xffffffff

@unmanaged
export class Scan {
  columns: usize
  columnCount: u32
  recordBytesMax: u32
  rowsMax: u32
  from: usize
  end: usize
  final: u32
  /** Rows in the columns, before and after the call. */
  rows: u32
  next: usize
  fault: u32
  /** The byte where it was found. */
  faultAt: usize
  /** Which of `columns`, or NO_COLUMN. */
  faultColumn: u32
  /** Fields of a record that has too many or too few. */
  faultFields: u32
  recordStart: usize
  recordEnd: usize
  discard: u32
  /** Room for a text without its escapes: recordBytesMax. */
  scratch: usize
  /** NDJSON: the shape of the records (json-keys.ts). */
  shape: usize
  // What follows is CSV's.
  fieldCount: u32
  delimiter: u8
  quote: u8
  /** 1: a quoted field may hold line feeds. */
  multiline: u8
  /** The text that stands for null. */
  nullText: usize
  nullBytes: u32
  /** Ends of fields of a group of at most groupRows records. */
  marks: usize
  groupRows: u32
}

/** The position of the first such byte in [ptr, end), or end. */
export function findByte(ptr: usize, end: usize, byte: u8): usize {
  const wanted = i8x16.splat(byte)
  for (let p = ptr; p < end; p += 16) {
    const hits = i8x16.bitmask(i8x16.eq(v128.load(p), wanted))
    if (hits) return min(p + ctz<u32>(hits), end)
  }
  return end
}

/**
 * Ends a call at a malformed record whose structure is broken: it goes to its first line feed.
 * The fault may turn out to be that it is too large (S4).
 */
export function endMalformedLine(s: Scan, start: usize, fault: u32, at: usize): u32 {
  const line = findByte(start, s.end, 0x0a)
  s.discard = u32(line == s.end)
  return endMalformed(s, start, s.discard ? s.end : line + 1, fault, at)
}

/** Ends a call at a malformed record. */
export function endMalformed(s: Scan, start: usize, end: usize, fault: u32, at: usize): u32 {
  s.fault = fault
  s.faultAt = at
  s.recordStart = start
  s.recordEnd = end
  s.next = end
  return ENDED_MALFORMED
}
