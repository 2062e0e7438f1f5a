// NDJSON from bytes to columns: one object a line, in one pass (json-value.ts), row after row.
//
// N1  A line ends at a line feed; lines of blanks are no records. Other text than one object is
//     SCAN_JSON.
// N2  A malformed line ends the call with all before it in the columns and nothing of it.
// N3  Only lines that end in the block are looked at, so that no token can run out of it.
import { columnAt, columnRewind } from './column-table'
import { jsonFault, jsonFaultAt, jsonFaultKind, skipBlank } from './json-lex'
import { Shape } from './json-keys'
import { beginRecords, jsonFaultColumn, readObject } from './json-value'
import {
  ENDED_BLOCK,
  ENDED_ROWS,
  endMalformedLine,
  findByte,
  NO_COLUMN,
  SCAN_JSON,
  SCAN_OK,
  SCAN_TOO_LARGE,
  Scan,
} from './scan-state'

/** Reads a block (scan-state.ts) and returns ENDED_*. */
export function jsonScan(state: usize): u32 {
  const s = changetype<Scan>(state)
  const shape = changetype<Shape>(s.shape)
  const lines = endOfLines(s.from, s.end)
  let p = s.from
  s.fault = SCAN_OK
  s.faultColumn = NO_COLUMN
  s.discard = 0
  beginRecords(s.scratch, s.recordBytesMax)
  while (true) {
    s.next = p
    if (p >= lines) {
      if (<usize>(s.end - p) <= s.recordBytesMax) return ENDED_BLOCK
      return endMalformedLine(s, p, SCAN_TOO_LARGE, p)
    }
    const first = skipBlank(p)
    const byte = load<u8>(first)
    if (byte == 0x0a) {
      p = first + 1
      continue
    }
    if (s.rows >= s.rowsMax) return ENDED_ROWS
    const end = byte == 0x7b ? readObject(shape, s.rows, first + 1) : jsonFault(SCAN_JSON, first)
    const behind = end ? skipBlank(end) : 0
    if (!end || load<u8>(behind) != 0x0a || behind - p > s.recordBytesMax) {
      if (end) jsonFault(SCAN_JSON, behind)
      return endAtLine(s, p)
    }
    s.rows++
    p = behind + 1
  }
}

// Behind the last line feed of the block; its start when there is none.
function endOfLines(from: usize, end: usize): usize {
  let p = end
  while (p > from && load<u8>(p - 1) != 0x0a) p--
  return p
}

function endAtLine(s: Scan, start: usize): u32 {
  for (let i: u32 = 0; i < s.columnCount; i++) {
    columnRewind(columnAt(s.columns, i), s.rows, s.rows + 1)
  }
  if (findByte(start, s.end, 0x0a) - start > s.recordBytesMax) {
    return endMalformedLine(s, start, SCAN_TOO_LARGE, start)
  }
  s.faultColumn = <u32>jsonFaultColumn()
  return endMalformedLine(s, start, jsonFaultKind(), jsonFaultAt())
}
