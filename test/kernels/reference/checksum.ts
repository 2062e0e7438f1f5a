// Scalar twin of the hash of texts in checksums: oracle of the tests, opponent of the benchmarks.
const PRIME_1 = 0x9e3779b185ebca87n
const PRIME_2 = 0xc2b2ae3d27d4eb4fn
const NULL_BYTES = 0xffffffffn

const u64 = (x: bigint): bigint => BigInt.asUintN(64, x)

const rotl = (x: bigint, by: bigint): bigint => u64((x << by) | (x >> (64n - by)))

const absorb = (h: bigint, word: bigint): bigint =>
  u64(rotl(u64(h ^ u64(word * PRIME_2)), 31n) * PRIME_1)

function finish(h: bigint): bigint {
  h = u64((h ^ (h >> 33n)) * 0xff51afd7ed558ccdn)
  h = u64((h ^ (h >> 33n)) * 0xc4ceb9fe1a85ec53n)
  return h ^ (h >> 33n)
}

/** The 8 bytes at a place, or as many as there are. */
function wordAt(data: Uint8Array, at: number, end: number): bigint {
  let word = 0n
  for (let i = Math.min(end, at + 8) - 1; i >= at; i--) word = (word << 8n) | BigInt(data[i]!)
  return word
}

/** Hashes of n texts, which go on from seeds; the null ones are those whose bit is not set. */
export function checksumBytes(
  offsets: Int32Array,
  data: Uint8Array,
  validity: Uint8Array | undefined,
  n: number,
  seeds: Uint32Array | undefined,
  out: Uint32Array,
): void {
  for (let i = 0; i < n; i++) {
    const isNull = validity !== undefined && ((validity[i >> 3]! >> (i & 7)) & 1) === 0
    const start = offsets[i]!
    const end = isNull ? start : offsets[i + 1]!
    let a = PRIME_1 ^ BigInt(seeds?.[i] ?? 0)
    let b = PRIME_2 ^ (isNull ? NULL_BYTES : BigInt(end - start))
    // Words go to the two chains in turn; one that is not whole goes to the second.
    for (let at = start, turn = 0; at < end; at += 8, turn++) {
      const word = wordAt(data, at, end)
      if (turn % 2 === 0 && at + 8 <= end) a = absorb(a, word)
      else b = absorb(b, word)
    }
    out[i] = Number(finish(a ^ rotl(b, 32n)) >> 32n)
  }
}
