// Shared: what a key of bytes is looked up by in the byte table: its first 16 bytes, and a hash of all.
// Not listed in index.ts.

/** Keys of so many bytes are whole in their prefix. */
export const INLINE: usize = 16

// A sliding window over 16 bytes of ones, then 16 of zeros: the mask of the first n bytes at 16 -
// n.
const masks: usize = memory.data<u64>([-1, -1, 0, 0])

const K1: u64 = 0x9e3779b97f4a7c15
const K2: u64 = 0xd6e8feb86659fd93

/** The first 16 bytes, zero-filled. */
export function prefixOf(p: usize, bytes: usize): v128 {
  return v128.and(v128.load(p), v128.load(masks + INLINE - min<usize>(bytes, INLINE)))
}

export function hashOf(prefix: v128, p: usize, bytes: usize): u64 {
  let h = (i64x2.extract_lane(prefix, 0) ^ (<u64>bytes * K2)) * K1
  h = (h ^ (h >> 32) ^ i64x2.extract_lane(prefix, 1)) * K2
  if (bytes > INLINE) {
    const last = p + bytes - 8
    for (let at = p + INLINE; at < last; at += 8) h = (h ^ (h >> 29) ^ load<u64>(at)) * K1
    h = (h ^ (h >> 29) ^ load<u64>(last)) * K1
  }
  return (h ^ (h >> 32)) * K1
}

/** The offset of a hash's slot: 32 bytes each. */
export function place(hash: u64, capacity: u32): usize {
  return (<usize>(hash >> (64 - <u64>ctz<u32>(capacity)))) << 5
}

/** Whether two keys that have the same prefix have the same bytes behind it. */
export function same(a: usize, b: usize, bytes: usize): bool {
  let at: usize = INLINE
  for (; at + 16 <= bytes; at += 16) {
    if (v128.any_true(v128.xor(v128.load(a + at), v128.load(b + at)))) return false
  }
  const rest = v128.xor(v128.load(a + at), v128.load(b + at))
  return !v128.any_true(v128.and(rest, v128.load(masks + INLINE - (bytes - at))))
}
