// Columns under construction: where the scanners of CSV and NDJSON put the values of a row, and the
// layout in which their encoders get finished columns. One `Column` per column of the schema, one
// behind the other; a list or struct points at its children, which also lie one behind the other.
//
//   values    fixed width: one value a row | bool: bits | utf8, binary: `used` of `capacity` bytes
//   offsets   utf8, binary, list: rows + 1 i32
//   validity  0 for a column that is not nullable; else bits, all set at the start: only nulls
//   write
//
// U1  A row is written at its number; what a row wrote can be written again (a key that is there
//     twice, a row that failed half-way) after columnRewind(column, row).
// U2  A null's value is zero, its text empty, its list empty, and its struct's children are null.
// U3  Top-level columns have room for all rows of a batch. Text and the children of lists grow,
//     from the allocator; when it has no more, growth returns false and the scanner says
//     SCAN_MEMORY.
import { allocate, blockCapacity, release } from './arena'

export const KIND_BOOL: u8 = 1
export const KIND_I8: u8 = 2
export const KIND_I16: u8 = 3
export const KIND_I32: u8 = 4
export const KIND_I64: u8 = 5
export const KIND_U8: u8 = 6
export const KIND_U16: u8 = 7
export const KIND_U32: u8 = 8
export const KIND_U64: u8 = 9
export const KIND_F32: u8 = 10
export const KIND_F64: u8 = 11
export const KIND_DECIMAL64: u8 = 12
export const KIND_DECIMAL128: u8 = 13
export const KIND_TIMESTAMP: u8 = 14
export const KIND_DATE: u8 = 15
export const KIND_DURATION: u8 = 16
export const KIND_UTF8: u8 = 17
export const KIND_BINARY: u8 = 18
export const KIND_LIST: u8 = 19
export const KIND_STRUCT: u8 = 20

@unmanaged
export class Column {
  kind: u8
  nullable: u8
  /** Digits after the point: of a decimal its scale, of a time its unit's (0, 3, 6, 9). */
  scale: u8
  /** Digits of a decimal. */
  precision: u8
  values: usize
  validity: usize
  offsets: usize
  used: u32
  capacity: u32
  /** Rows of a list's child (a top-level column's rows are the batch's), and room for them. */
  rows: u32
  rowsMax: u32
  children: usize
  childCount: u32
  /** The position in a CSV record. */
  field: u32
  /** `,"name":` as NDJSON has it, with escapes, and its bytes. */
  key: usize
  keyBytes: u32
  /** The name itself, in UTF-8. */
  name: usize
  nameBytes: u32
  /** The last row that has a value, plus 1: what tells a missing key. */
  filled: u32
  nullCount: u32
  /** Of a struct: what an object of it looks like (json-keys.ts). */
  shape: usize
}

/** Bytes from one Column to the next. */
export const COLUMN_BYTES: usize = offsetof<Column>()

/** Bytes of a fixed-width value; 0 for bool, text, lists and structs. */
export function widthOf(kind: u8): u32 {
  switch (kind) {
    case KIND_I8:
    case KIND_U8:
      return 1
    case KIND_I16:
    case KIND_U16:
      return 2
    case KIND_I32:
    case KIND_U32:
    case KIND_F32:
    case KIND_DATE:
      return 4
    case KIND_I64:
    case KIND_U64:
    case KIND_F64:
    case KIND_DECIMAL64:
    case KIND_TIMESTAMP:
    case KIND_DURATION:
      return 8
    case KIND_DECIMAL128:
      return 16
    default:
      return 0
  }
}

export function columnAt(first: usize, index: u32): Column {
  return changetype<Column>(first + <usize>index * COLUMN_BYTES)
}

export function setNull(c: Column, row: u32): void {
  if (c.validity) {
    const byte = c.validity + (row >> 3)
    store<u8>(byte, <u32>load<u8>(byte) & ~(1 << (row & 7)))
  }
  const width = widthOf(c.kind)
  if (width) memory.fill(c.values + <usize>row * width, 0, width)
  else if (c.kind == KIND_BOOL) setBool(c, row, 0)
  else if (c.kind == KIND_STRUCT) {
    for (let i: u32 = 0; i < c.childCount; i++) setNull(columnAt(c.children, i), row)
  } else closeVariable(c, row)
}

export function setBool(c: Column, row: u32, value: u32): void {
  const byte = c.values + (row >> 3)
  const bit = row & 7
  store<u8>(byte, (<u32>load<u8>(byte) & ~(1 << bit)) | (value << bit))
}

/** Ends row `row` of a text or a list where its data or child stands. */
export function closeVariable(c: Column, row: u32): void {
  const end = c.kind == KIND_LIST ? columnAt(c.children, 0).rows : c.used
  store<u32>(c.offsets + ((<usize>row) << 2), end, 4)
}

/** Forgets what was written at `row` and after it. */
export function columnRewind(c: Column, row: u32, rowsWritten: u32): void {
  c.filled = 0
  if (c.validity) {
    for (let r = row; r < rowsWritten; r++) {
      const byte = c.validity + (r >> 3)
      store<u8>(byte, <u32>load<u8>(byte) | (1 << (r & 7)))
    }
  }
  const kind = c.kind
  if (kind == KIND_UTF8 || kind == KIND_BINARY) {
    c.used = load<u32>(c.offsets + ((<usize>row) << 2))
  } else if (kind == KIND_LIST) {
    const child = columnAt(c.children, 0)
    const rows = load<u32>(c.offsets + ((<usize>row) << 2))
    columnRewind(child, rows, child.rows)
    child.rows = rows
  } else if (kind == KIND_STRUCT) {
    for (let i: u32 = 0; i < c.childCount; i++) {
      columnRewind(columnAt(c.children, i), row, rowsWritten)
    }
  }
}

/** Makes room for `bytes` more of text. A store may run up to 64 bytes over what was asked. */
export function reserveBytes(c: Column, bytes: u32): bool {
  const wanted = <u64>c.used + bytes
  return wanted <= c.capacity || growBytes(c, wanted)
}

function growBytes(c: Column, wanted: u64): bool {
  if (wanted > 0x7fffff00) return false
  // An eighth more than twice: the next size class, and seldom.
  const values = allocate(<usize>min<u64>(max<u64>(wanted, (<u64>c.capacity) << 1), 0x7fffff00))
  if (!values) return false
  memory.copy(values, c.values, c.used)
  release(c.values)
  c.values = values
  c.capacity = <u32>blockCapacity(values)
  return true
}

/** Makes room for row `rows - 1` of a list's child. */
export function reserveRows(c: Column, rows: u32): bool {
  return rows <= c.rowsMax || growRows(c, max<u32>(c.rowsMax << 1, 64))
}

/** Makes room for `rows` rows, a multiple of 64. */
export function growRows(c: Column, rows: u32): bool {
  if (rows > 0x4000000) return false
  const kind = c.kind
  const before = c.rowsMax
  if (c.nullable) {
    const validity = grown(c.validity, (before + 7) >> 3, (rows + 7) >> 3)
    if (!validity) return false
    memory.fill(validity + (before >> 3), 0xff, (rows >> 3) - (before >> 3))
    c.validity = validity
  }
  const width = widthOf(kind)
  if (width || kind == KIND_BOOL) {
    const values = width
      ? grown(c.values, before * width, rows * width)
      : grown(c.values, before >> 3, rows >> 3)
    if (!values) return false
    c.values = values
  } else if (kind == KIND_STRUCT) {
    for (let i: u32 = 0; i < c.childCount; i++) {
      if (!growRows(columnAt(c.children, i), rows)) return false
    }
  } else {
    const offsets = grown(c.offsets, before ? (before + 1) << 2 : 0, (rows + 1) << 2)
    if (!offsets) return false
    if (!before) store<u32>(offsets, 0)
    c.offsets = offsets
  }
  c.rowsMax = rows
  return true
}

function grown(ptr: usize, usedBytes: u32, bytes: u32): usize {
  const fresh = allocate(bytes)
  if (!fresh) return 0
  if (ptr) {
    memory.copy(fresh, ptr, usedBytes)
    release(ptr)
  }
  return fresh
}
