// Small objects of one operator's state (pages, accumulator rows, short strings, whole rows): size
// classes, four to a power of two, carved from blocks of the arena's allocator, whose own header of 128 B
// would outweigh them.
//
//   heap   chunk list, bump top, bump end, chunk bytes, large list
//          | free list of 16 B, 32 B, 48 B, 64 B, 80 B, 96 B, 112 B, 128 B, 160 B, ... 28 KiB, 32 KiB
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
/** Bytes of the largest class, and how many there are. */
const SMALL_MAX: usize = 1 << 15
const CLASSES: u32 = 40
const HEADER: usize = 16
const FIRST_CHUNK_BYTES: u32 = (1 << 16) - 128
const CHUNK_BYTES_MAX: u32 = (1 << 20) - 128

/** Objects of up to 64 B go by 16 B, larger ones by quarters of the power of two below them. */
function classOf(bytes: usize): u32 {
  const last = <u32>bytes - 1
  if (last < 64) return last >> 4
  const power = 31 - clz<u32>(last)
  return ((power - 5) << 2) + ((last >> (power - 2)) & 3)
}

function sizeOf(sizeClass: u32): usize {
  if (sizeClass < 4) return (<usize>sizeClass + 1) << 4
  const power = (sizeClass >> 2) + 5
  return ((<usize>1) << power) + ((<usize>(sizeClass & 3) + 1) << (power - 2))
}

/** A new heap, or 0 when memory is exhausted. */
export function heapNew(): usize {
  const heap = allocate(LISTS + (CLASSES << 2))
  if (!heap) return 0
  memory.fill(heap, 0, LISTS + (CLASSES << 2))
  store<u32>(heap, FIRST_CHUNK_BYTES, CHUNK_BYTES)
  return heap
}

/** Takes an object; 0 when memory is exhausted. */
export function heapAllocate(heap: usize, bytes: usize): usize {
  if (bytes > SMALL_MAX) return takeLarge(heap, bytes)
  const sizeClass = classOf(max<usize>(bytes, 1))
  const list = heap + LISTS + (sizeClass << 2)
  const free: usize = load<u32>(list)
  if (free) {
    store<u32>(list, load<u32>(free))
    return free
  }
  const size = sizeOf(sizeClass)
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
  if (bytes <= SMALL_MAX) {
    const list = heap + LISTS + (classOf(max<usize>(bytes, 1)) << 2)
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
