// The hash of texts in checksums of rows: it goes on from the hash of the columns before, as hash.ts
// does, but by words of 8 bytes in two chains, and need not stay what it is: no snapshot is cut by it.
//
// CS1  Null is a value of its own, whatever lies beneath it.
import { isSet } from './key-kind'
import { absorb, finish } from './value-hash'

const SEED_1: u64 = 0x9e3779b185ebca87
const SEED_2: u64 = 0xc2b2ae3d27d4eb4f
const NULL_BYTES: u64 = 0xffffffff

/** Hashes a utf8 or binary column into u32 a row. `seeds` is 0 for the first column, and may be `out`. */
export function checksumBytes(
  offsets: usize,
  data: usize,
  validity: usize,
  n: u32,
  seeds: usize,
  out: usize,
): void {
  let p = data + <usize>load<u32>(offsets)
  for (let i: usize = 0; i < <usize>n; i++) {
    const end = data + <usize>load<u32>(offsets + (i << 2), 4)
    const isThere = isSet(validity, i)
    const bytes = isThere ? <u64>(end - p) : NULL_BYTES
    let a = SEED_1 ^ <u64>(seeds ? load<u32>(seeds + (i << 2)) : 0)
    let b = SEED_2 ^ bytes
    if (isThere) {
      for (; p + 16 <= end; p += 16) {
        a = absorb(a, load<u64>(p))
        b = absorb(b, load<u64>(p, 8))
      }
      if (p + 8 <= end) {
        a = absorb(a, load<u64>(p))
        p += 8
      }
      const left = (<u64>(end - p)) << 3
      if (left) b = absorb(b, load<u64>(p) & (((<u64>1) << left) - 1))
    }
    store<u32>(out + (i << 2), <u32>(finish(a ^ rotl<u64>(b, 32)) >> 32))
    p = end
  }
}
