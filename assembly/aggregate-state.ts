// Accumulators from columns again: what a restore does. aggregate-result.ts writes such columns.
import { keepBytes } from './aggregate-bytes'
import { HEAP } from './aggregate-program'
import { isSet } from './key-kind'

/** Sets the accumulators at `offset` of n rows from values of 8 bytes, or of 16 when `isWide`. */
export function aggregateSetFixed(
  rows: usize,
  n: u32,
  offset: usize,
  isWide: bool,
  values: usize,
): void {
  for (let i: usize = 0; i < <usize>n; i++) {
    const p = <usize>load<u32>(rows + (i << 2)) + offset
    if (isWide) v128.store(p, v128.load(values + (i << 4)))
    else store<u64>(p, load<u64>(values + (i << 3)))
  }
}

/**
 * Sets accumulators of bytes, which hold nothing yet, from a column; null is no value yet. Returns
 * false when memory is exhausted.
 */
export function aggregateSetBytes(
  program: usize,
  rows: usize,
  n: u32,
  offset: usize,
  offsets: usize,
  values: usize,
  validity: usize,
): bool {
  const heap: usize = load<u32>(program, HEAP)
  for (let i: usize = 0; i < <usize>n; i++) {
    if (validity && !isSet(validity, i)) continue
    const start = load<u32>(offsets + (i << 2))
    const p = <usize>load<u32>(rows + (i << 2)) + offset
    if (!keepBytes(heap, p, values + start, load<u32>(offsets + (i << 2), 4) - start)) return false
  }
  return true
}

/** Writes a validity bitmap: set where an accumulator holds bytes. Returns how many are set. */
export function aggregateHeld(rows: usize, n: u32, offset: usize, out: usize): u32 {
  let set: u32 = 0
  memory.fill(out, 0, (n + 7) >> 3)
  for (let i: usize = 0; i < <usize>n; i++) {
    if (!load<u32>(<usize>load<u32>(rows + (i << 2)) + offset)) continue
    store<u8>(out + (i >> 3), load<u8>(out + (i >> 3)) | (1 << (<u8>i & 7)))
    set++
  }
  return set
}
