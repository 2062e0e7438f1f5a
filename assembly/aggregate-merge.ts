// Accumulators into accumulators: what a sliding window does with its slices, and the end of a
// slice.
import { dropHeld, holdsMemory, mergeHeld } from './aggregate-held'
import { mergeOne } from './aggregate-pair'
import {
  DONE,
  ENTRIES,
  ENTRY_BYTES,
  ENTRY_COUNT_OFFSET,
  ENTRY_OFFSET,
  ENTRY_OP,
  EXHAUSTED,
  FAILED,
  HEAP,
  PROGRAM_HEADER,
} from './aggregate-program'

const BLOCK: usize = 64

/**
 * Merges n accumulator rows into n others (pointers, u32 each); `from` comes after `to` in the
 * order of rows. Returns as aggregateUpdate() does, with the row that overflows among the n.
 */
export function aggregateMerge(program: usize, from: usize, to: usize, n: u32): u32 {
  const heap: usize = load<u32>(program, HEAP)
  const entries = program + PROGRAM_HEADER
  const count = load<u32>(program, ENTRIES)
  // Entry by entry over a block, so that the operation's branch is one the processor has just
  // taken.
  for (let at: usize = 0; at < <usize>n; at += BLOCK) {
    const end = min<usize>(at + BLOCK, n)
    for (let e: u32 = 0; e < count; e++) {
      const entry = entries + <usize>e * ENTRY_BYTES
      const op = load<u32>(entry, ENTRY_OP)
      const offset: usize = load<u32>(entry, ENTRY_OFFSET)
      const counter: usize = load<u32>(entry, ENTRY_COUNT_OFFSET)
      for (let i = at; i < end; i++) {
        const a: usize = load<u32>(from + (i << 2))
        const b: usize = load<u32>(to + (i << 2))
        if (holdsMemory(op)) {
          const status = mergeHeld(entry, heap, a + offset, b + offset)
          if (status == DONE) continue
          store<u32>(program, e, FAILED)
          return status == EXHAUSTED ? status : <u32>i
        } else if (!mergeOne(op, a, b, offset, counter)) {
          store<u32>(program, e, FAILED)
          return <u32>i
        }
      }
    }
  }
  return DONE
}

/** Gives back what n accumulator rows hold outside themselves. */
export function aggregateRelease(program: usize, rows: usize, n: u32): void {
  const heap: usize = load<u32>(program, HEAP)
  const entries = program + PROGRAM_HEADER
  const end = entries + <usize>load<u32>(program, ENTRIES) * ENTRY_BYTES
  for (let entry = entries; entry < end; entry += ENTRY_BYTES) {
    if (!holdsMemory(load<u32>(entry, ENTRY_OP))) continue
    const offset: usize = load<u32>(entry, ENTRY_OFFSET)
    for (let i: usize = 0; i < <usize>n; i++) {
      dropHeld(entry, heap, <usize>load<u32>(rows + (i << 2)) + offset)
    }
  }
}
