// Values side by side in an accumulator's own memory: the base of sets and lists in accumulators.
//
//   accumulator   values u32 (0: none yet), used bytes u32, capacity u32, zero u32 | count u64 | two u32 of
//                 its user, as is zero
//   values        8 or 16 bytes each; of texts and bytes: length u32, bytes
//
// V1  The first twelve bytes are those of an accumulator of bytes (aggregate-bytes.ts), so that what
//     exports, imports and drops one does it with these.
// V2  Capacities double, and fill the block that the heap takes for them.
import { heapAllocate, heapFree } from './heap'

export const LIST_VALUES: usize = 0
export const LIST_USED: usize = 4
export const LIST_CAPACITY: usize = 8
/** Of a set of values of 8 bytes that has an index: 1 when 0 is in it. */
export const LIST_ZERO: usize = 12
export const LIST_COUNT: usize = 16
export const LIST_INDEX: usize = 24
export const LIST_INDEX_SIZE: usize = 28
export const LIST_BYTES: usize = 32

/** What the heap and the arena put around a large object: with it, a block is a power of two. */
const OVERHEAD: u32 = 144
const SMALL_MAX: u32 = 1 << 15
const BYTES_MAX: u32 = 1 << 30

/** The bytes to ask the heap for where at least so many are needed; 0 when nobody can have them. */
export function roomFor(bytes: u32): u32 {
  if (bytes > BYTES_MAX) return 0
  const size: u32 = bytes > 16 ? 1 << (32 - clz<u32>(bytes - 1)) : 16
  if (size <= SMALL_MAX) return size
  return bytes <= size - OVERHEAD ? size - OVERHEAD : (size << 1) - OVERHEAD
}

/** Makes room for so many more bytes behind the values; their place, or 0 when memory is exhausted. */
export function listRoom(heap: usize, list: usize, bytes: u32): usize {
  const used = load<u32>(list, LIST_USED)
  const capacity = load<u32>(list, LIST_CAPACITY)
  let values: usize = load<u32>(list, LIST_VALUES)
  if (!values || used + bytes > capacity) {
    const wanted = roomFor(used + bytes)
    const fresh = wanted ? heapAllocate(heap, wanted) : 0
    if (!fresh) return 0
    if (values) {
      memory.copy(fresh, values, used)
      heapFree(heap, values, capacity)
    }
    values = fresh
    store<u32>(list, <u32>fresh, LIST_VALUES)
    store<u32>(list, wanted, LIST_CAPACITY)
  }
  return values + used
}

/** Puts a value of so many bytes behind the others; width 0 is one with its length. */
export function listAppend(heap: usize, list: usize, width: u32, p: usize, bytes: u32): bool {
  const size = width ? width : bytes + 4
  const to = listRoom(heap, list, size)
  if (!to) return false
  if (width == 8) store<u64>(to, load<u64>(p))
  else if (width == 16) v128.store(to, v128.load(p))
  else {
    store<u32>(to, bytes)
    memory.copy(to + 4, p, bytes)
  }
  store<u32>(list, load<u32>(list, LIST_USED) + size, LIST_USED)
  store<u64>(list, load<u64>(list, LIST_COUNT) + 1, LIST_COUNT)
  return true
}

/** Bytes that the value at that place takes. */
export function listStep(width: u32, at: usize): u32 {
  return width ? width : load<u32>(at) + 4
}
