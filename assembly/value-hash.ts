// Hashes of single values, for sets inside accumulators: 64 bits, all of them good. Nothing that is kept
// beyond a restore depends on them but sketches of distinct counts (approxCountDistinct), so they are
// stable: test/kernels/hyper-log-log.test.ts holds what they give.
const PRIME_1: u64 = 0x9e3779b185ebca87
const PRIME_2: u64 = 0xc2b2ae3d27d4eb4f

/** The finisher of MurmurHash3 (Appleby): each bit of the input decides half of the output's. */
export function finish(h: u64): u64 {
  h = (h ^ (h >> 33)) * 0xff51afd7ed558ccd
  h = (h ^ (h >> 33)) * 0xc4ceb9fe1a85ec53
  return h ^ (h >> 33)
}

export function absorb(h: u64, word: u64): u64 {
  return rotl<u64>(h ^ (word * PRIME_2), 31) * PRIME_1
}

export function hashOf64(value: u64): u64 {
  return finish(value ^ PRIME_1)
}

export function hashOf128(p: usize): u64 {
  return finish(absorb(absorb(PRIME_1, load<u64>(p)), load<u64>(p, 8)))
}

/** Of a run of bytes; up to 7 bytes behind it are read. */
export function hashOfRun(p: usize, bytes: u32): u64 {
  let h: u64 = PRIME_1 ^ <u64>bytes
  let left = bytes
  for (; left >= 8; left -= 8, p += 8) h = absorb(h, load<u64>(p))
  if (left) h = absorb(h, load<u64>(p) & (((<u64>1) << ((<u64>left) << 3)) - 1))
  return finish(h)
}
