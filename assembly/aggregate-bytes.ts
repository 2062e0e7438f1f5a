// Accumulators that hold a utf8 or binary value: a copy of its bytes in the state's heap.
//
//   accumulator   pointer u32 (0: no value yet), length u32, capacity u32, 0
//
// B1  The bytes are overwritten in place while they fit; capacities are powers of two, so that a
//     group's garbage never outweighs its value.
import { heapAllocate, heapFree } from './heap'
import { OP_FIRST_BYTES, OP_LAST_BYTES, OP_MIN_BYTES } from './aggregate-program'

function order(a: usize, aBytes: u32, b: usize, bBytes: u32): i32 {
  const shared: usize = min<u32>(aBytes, bBytes)
  for (let at: usize = 0; at < shared; at += 16) {
    const differ = i8x16.bitmask(i8x16.ne(v128.load(a + at), v128.load(b + at)))
    if (differ) {
      const first = at + <usize>ctz<i32>(differ)
      if (first >= shared) break
      return <i32>load<u8>(a + first) - <i32>load<u8>(b + first)
    }
  }
  return aBytes == bBytes ? 0 : aBytes < bBytes ? -1 : 1
}

export function keepBytes(heap: usize, accumulator: usize, p: usize, bytes: u32): bool {
  const capacity = load<u32>(accumulator, 8)
  let to: usize = load<u32>(accumulator)
  if (!to || bytes > capacity) {
    const wanted: u32 = bytes > 16 ? 1 << (32 - clz<u32>(bytes - 1)) : 16
    const fresh = heapAllocate(heap, wanted)
    if (!fresh) return false
    if (to) heapFree(heap, to, capacity)
    to = fresh
    store<u32>(accumulator, <u32>to)
    store<u32>(accumulator, wanted, 8)
  }
  memory.copy(to, p, bytes)
  store<u32>(accumulator, bytes, 4)
  return true
}

/** Offers a value to an accumulator; false when memory is exhausted. */
export function offerBytes(op: u32, heap: usize, accumulator: usize, p: usize, bytes: u32): bool {
  const held: usize = load<u32>(accumulator)
  if (held && op != OP_LAST_BYTES) {
    if (op == OP_FIRST_BYTES) return true
    const sign = order(p, bytes, held, load<u32>(accumulator, 4))
    if (op == OP_MIN_BYTES ? sign >= 0 : sign <= 0) return true
  }
  return keepBytes(heap, accumulator, p, bytes)
}

/** Gives the bytes of an accumulator back. */
export function dropBytes(heap: usize, accumulator: usize): void {
  const held: usize = load<u32>(accumulator)
  if (held) heapFree(heap, held, load<u32>(accumulator, 8))
  store<u32>(accumulator, 0)
}
