// Rows that an operator keeps: strings of the row codec, copied into a heap, each under an address.
//
//   row   bytes u32 | what the row codec wrote (row-codec.ts)
//
// RS1  An address (u32) is good until it is freed; 0 is no row.
// RS2  The row codec reads a kept row at address + 4.
import { equalRuns } from './bytes'
import { heapAllocate, heapClose, heapFree, heapNew } from './heap'

/** A new store, or 0 when memory is exhausted. */
export function rowStoreNew(): usize {
  return heapNew()
}

/** Copies exactly so many bytes: what lies behind them may be another row. */
function copyExactly(to: usize, from: usize, bytes: usize): void {
  if (bytes < 16) {
    if (bytes >= 8) {
      store<u64>(to, load<u64>(from))
      store<u64>(to + bytes - 8, load<u64>(from + bytes - 8))
    } else if (bytes >= 4) {
      store<u32>(to, load<u32>(from))
      store<u32>(to + bytes - 4, load<u32>(from + bytes - 4))
    } else {
      for (let i: usize = 0; i < bytes; i++) store<u8>(to + i, load<u8>(from + i))
    }
    return
  }
  const last = bytes - 16
  for (let i: usize = 0; i < last; i += 16) v128.store(to + i, v128.load(from + i))
  v128.store(to + last, v128.load(from + last))
}

/** Keeps n encoded rows; their addresses (u32) go to `out`. 0 when memory is exhausted, else 1. */
export function rowStorePut(heap: usize, offsets: usize, values: usize, n: u32, out: usize): u32 {
  let start: usize = load<u32>(offsets)
  for (let i: usize = 0; i < <usize>n; i++) {
    const end: usize = load<u32>(offsets + (i << 2), 4)
    const bytes = end - start
    const row = heapAllocate(heap, bytes + 4)
    if (!row) return 0
    store<u32>(row, <u32>bytes)
    copyExactly(row + 4, values + start, bytes)
    store<u32>(out + (i << 2), <u32>row)
    start = end
  }
  return 1
}

/** Frees rows; addresses of 0 are left out. */
export function rowStoreFree(heap: usize, rows: usize, n: u32): void {
  for (let i: usize = 0; i < <usize>n; i++) {
    const row: usize = load<u32>(rows + (i << 2))
    if (row) heapFree(heap, row, <usize>load<u32>(row) + 4)
  }
}

/** A bitmap of the places at which both addresses have rows with the same bytes. */
export function rowStoreSame(a: usize, b: usize, n: u32, out: usize): void {
  memory.fill(out, 0, (n + 7) >> 3)
  for (let i: usize = 0; i < <usize>n; i++) {
    const x: usize = load<u32>(a + (i << 2))
    const y: usize = load<u32>(b + (i << 2))
    if (!x || !y) continue
    const bytes = load<u32>(x)
    if (bytes != load<u32>(y) || !equalRuns(x + 4, y + 4, bytes)) continue
    const at = out + (i >> 3)
    store<u8>(at, <u32>load<u8>(at) | (1 << (<u32>i & 7)))
  }
}

/** Gives all rows back. */
export function rowStoreClose(heap: usize): void {
  heapClose(heap)
}
