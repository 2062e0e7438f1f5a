// Shared by the decompressors. Not listed in index.ts.

/**
 * Copies `length` bytes from `offset` bytes before `to`. Both may overlap: what was just written is read
 * again. Up to 15 bytes behind the end are written, too.
 */
export function copyBack(to: usize, offset: usize, length: usize): void {
  const end = to + length
  if (offset >= 16) {
    for (; to < end; to += 16) v128.store(to, v128.load(to - offset))
  } else if (offset >= 8) {
    for (; to < end; to += 8) store<u64>(to, load<u64>(to - offset))
  } else {
    for (; to < end; to++) store<u8>(to, load<u8>(to - offset))
  }
}
