// Offsets of variable-width columns that came from outside: checked once, so that every kernel after
// may trust them.

/** 1 when the n + 1 offsets start at 0 or above, never fall, and end within `bytes`. */
export function offsetsAreValid(offsets: usize, n: u32, bytes: u32): u32 {
  let last = load<i32>(offsets)
  let bad = last >> 31
  for (let row: usize = 1; row <= <usize>n; row++) {
    const offset = load<i32>(offsets + (row << 2))
    // Negative exactly when the offset fell; no branch a row.
    bad |= offset - last
    bad |= offset
    last = offset
  }
  return bad >= 0 && <u32>last <= bytes ? 1 : 0
}
