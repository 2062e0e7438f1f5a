// The life of columns under construction (column-table.ts): memory for a batch's rows, once; then
// reset and finish for each batch; and back to the allocator at the end.
import { release } from './arena'
import { columnAt, growRows, KIND_BOOL, KIND_LIST } from './column-table'

/** Room for `rows` rows in fresh columns. False when memory is exhausted. */
export function columnsAllocate(first: usize, count: u32, rows: u32): bool {
  for (let i: u32 = 0; i < count; i++) {
    if (!growRows(columnAt(first, i), (rows + 63) & ~63)) return false
  }
  return true
}

/** Empties the columns for a new batch; memory stays. */
export function columnsReset(first: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    const c = columnAt(first, i)
    c.used = 0
    c.rows = 0
    c.filled = 0
    c.nullCount = 0
    if (c.validity) memory.fill(c.validity, 0xff, c.rowsMax >> 3)
    if (c.kind == KIND_BOOL && c.values) memory.fill(c.values, 0, c.rowsMax >> 3)
    if (c.offsets) store<u32>(c.offsets, 0)
    columnsReset(c.children, c.childCount)
  }
}

/** Ends a batch of `rows` rows: nulls are counted, and bits behind the last row are zero. */
export function columnsFinish(first: usize, count: u32, rows: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    const c = columnAt(first, i)
    c.rows = rows
    if (c.validity) c.nullCount = rows - closeBits(c.validity, rows)
    if (c.kind == KIND_BOOL && c.values) closeBits(c.values, rows)
    if (c.kind == KIND_LIST) {
      columnsFinish(c.children, 1, columnAt(c.children, 0).rows)
    } else {
      columnsFinish(c.children, c.childCount, rows)
    }
  }
}

// Zeroes the last byte's unused bits and counts the set ones.
function closeBits(bits: usize, rows: u32): u32 {
  if (rows & 7) {
    const last = bits + (rows >> 3)
    store<u8>(last, <u32>load<u8>(last) & ((1 << (rows & 7)) - 1))
  }
  const bytes = (rows + 7) >> 3
  let count: u32 = 0
  let at: u32 = 0
  for (; at + 8 <= bytes; at += 8) count += <u32>popcnt<u64>(load<u64>(bits + at))
  for (; at < bytes; at++) count += popcnt<u32>(load<u8>(bits + at))
  return count
}

/** Gives the memory of the columns and their children back. */
export function columnsRelease(first: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    const c = columnAt(first, i)
    release(c.values)
    release(c.validity)
    release(c.offsets)
    c.values = 0
    c.validity = 0
    c.offsets = 0
    c.capacity = 0
    c.rowsMax = 0
    columnsRelease(c.children, c.childCount)
  }
}
