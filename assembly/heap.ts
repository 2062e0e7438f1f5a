// Small objects of one operator's state (pages, accumulator rows, short strings): size classes of
// powers of two, carved from blocks of the arena's allocator, whose own header of 128 B would
// outweigh them.
//
//   heap   chunk list, bump top, bump end, large list | free list of 16 B, 32 B, ... 32 KiB
//   chunk  next u32, 12 B unused | objects ...
//   large  next u32, previous u32, 8 B unused | one object
//
// P1  An object's owner knows its size: heapFree() is told it, and objects have no header.
// P2  Objects are 16-byte aligned and not zeroed. 64 bytes behind one may be read, never written.
// P3  heapClose() gives back all at once.
import { allocate, release } from './arena'

const CHUNKS: usize = 0
const TOP: usize = 4
const END: usize = 8
const LARGE: usize = 12
const CHUNK_BYTES: usize = 16
const LISTS: usize = 20
const CLASS_MIN: u32 = 4
const CLASS_MAX: u32 = 15
const HEADER: usize = 16
const FIRST_CHUNK_BYTES: u32 = (1 << 16) - 128
const CHUNK_BYTES_MAX: u32 = (1 << 20) - 128

function classOf(bytes: usize): u32 {
  return max<u32>(CLASS_MIN, 32 - clz<u32>(<u32>bytes - 1))
}

/** A new heap, or 0 when memory is exhausted. */
export function heapNew(): usize {
  const heap = allocate(64)
  if (!heap) return 0
  memory.fill(heap, 0, LISTS + ((CLASS_MAX - CLASS_MIN + 1) << 2))
  store<u32>(heap, FIRST_CHUNK_BYTES, CHUNK_BYTES)
  return heap
}

/** Takes an object; 0 when memory is exhausted. */
export function heapAllocate(heap: usize, bytes: usize): usize {
  const sizeClass = classOf(max<usize>(bytes, 1))
  if (sizeClass > CLASS_MAX) return takeLarge(heap, bytes)
  const list = heap + LISTS + ((sizeClass - CLASS_MIN) << 2)
  const free: usize = load<u32>(list)
  if (free) {
    store<u32>(list, load<u32>(free))
    return free
  }
  const size = (<usize>1) << sizeClass
  let top: usize = load<u32>(heap, TOP)
  if (top + size > <usize>load<u32>(heap, END)) {
    top = takeChunk(heap)
    if (!top) return 0
  }
  store<u32>(heap, <u32>(top + size), TOP)
  return top
}

function takeChunk(heap: usize): usize {
  const bytes = load<u32>(heap, CHUNK_BYTES)
  const chunk = allocate(bytes)
  if (!chunk) return 0
  store<u32>(heap, min<u32>(CHUNK_BYTES_MAX, ((bytes + 128) << 1) - 128), CHUNK_BYTES)
  store<u32>(chunk, load<u32>(heap, CHUNKS))
  store<u32>(heap, <u32>chunk, CHUNKS)
  store<u32>(heap, <u32>(chunk + bytes), END)
  return chunk + HEADER
}

function takeLarge(heap: usize, bytes: usize): usize {
  const block = allocate(bytes + HEADER)
  if (!block) return 0
  const next: usize = load<u32>(heap, LARGE)
  store<u32>(block, <u32>next)
  store<u32>(block, 0, 4)
  if (next) store<u32>(next, <u32>block, 4)
  store<u32>(heap, <u32>block, LARGE)
  return block + HEADER
}

/** Gives an object back, with the size it was taken with. */
export function heapFree(heap: usize, object: usize, bytes: usize): void {
  const sizeClass = classOf(max<usize>(bytes, 1))
  if (sizeClass <= CLASS_MAX) {
    const list = heap + LISTS + ((sizeClass - CLASS_MIN) << 2)
    store<u32>(object, load<u32>(list))
    store<u32>(list, <u32>object)
    return
  }
  const block = object - HEADER
  const next: usize = load<u32>(block)
  const previous: usize = load<u32>(block, 4)
  if (next) store<u32>(next, <u32>previous, 4)
  if (previous) store<u32>(previous, <u32>next)
  else store<u32>(heap, <u32>next, LARGE)
  release(block)
}

/** Gives everything back, the heap itself included. */
export function heapClose(heap: usize): void {
  releaseList(load<u32>(heap, CHUNKS))
  releaseList(load<u32>(heap, LARGE))
  release(heap)
}

function releaseList(block: usize): void {
  while (block) {
    const next: usize = load<u32>(block)
    release(block)
    block = next
  }
}
