// Memory of one slot: blocks for what lives on (state, frames), and an arena for what one batch needs.
//
//   block   | header 64 B: class u32, next u32 | payload, 64-byte aligned ... | PADDING |
//   arena   chunk -> chunk -> chunk, each a block; allocation bumps, reset(mark) unwinds
//
// M1  A block's payload is a power of two (at least 128 B), so that tables of powers of two waste nothing;
//     freed blocks wait in one list a class.
// M2  Every payload is 64-byte aligned and followed by PADDING readable, writable bytes.
// M3  arenaReset(mark) frees all that was allocated since that mark, in any chunk, and nothing else.
// M4  Memory grows by half of what there is, within the limit: each growth detaches all views and makes
//     the engine look for garbage, while pages that nobody has touched cost nothing.
// M5  Out of memory is a returned 0, never a trap: the binding turns it into MEMORY_EXHAUSTED.

const HEADER: usize = 64
const PADDING: usize = 64
const CLASSES: i32 = 32
const MIN_CLASS: u32 = 7
const CHUNK_BYTES: usize = 1 << 20
const GROWTH_PAGES_MIN: i32 = 256

const freeLists: usize = memory.data(CLASSES * 4, 16)
let top: usize = 0
let allocatedBytes: usize = 0
let pagesMax: i32 = 65_536

// The current chunk: [chunkStart, chunkEnd), the next free byte, and a stack of older chunks linked
// through the block header (offset 4: previous chunk, offset 8: its bump position when it was left).
let chunk: usize = 0
let chunkTop: usize = 0
let chunkEnd: usize = 0
// One emptied chunk is kept, so that a batch on a chunk's border does not free and take it each time.
let spare: usize = 0

function classOf(bytes: usize): u32 {
  return max<u32>(MIN_CLASS, bytes > 1 ? 32 - clz<u32>(<u32>bytes - 1) : 0)
}

/** Bytes of a whole block. */
function sizeOf(sizeClass: u32): usize {
  return ((<usize>1) << sizeClass) + HEADER + PADDING
}

/** Bytes a payload may use at that block (its capacity, which is at least what was asked for). */
export function blockCapacity(ptr: usize): usize {
  return (<usize>1) << load<u32>(ptr - HEADER)
}

/** Memory grows beyond so many pages of 64 KiB only by what is asked for. */
export function memoryLimit(pages: u32): void {
  pagesMax = <i32>pages
}

/** Takes a block of at least `bytes`; 0 when the memory's maximum is reached. */
export function allocate(bytes: usize): usize {
  if (bytes > 0x7fffff00) return 0
  const sizeClass = classOf(bytes)
  const list = freeLists + ((<usize>sizeClass) << 2)
  let block = load<u32>(list) as usize
  const size = sizeOf(sizeClass)
  if (block) {
    store<u32>(list, load<u32>(block, 4))
  } else {
    if (!top) top = (__heap_base + 63) & ~63
    const wanted = <u64>top + <u64>size
    const have = (<u64>memory.size()) << 16
    if (wanted > have) {
      const pages = <i32>((wanted - have + 0xffff) >> 16)
      const now = memory.size()
      const more = min<i32>(max<i32>(now >> 1, GROWTH_PAGES_MIN), pagesMax - now)
      const generous = max<i32>(pages, more)
      if (memory.grow(generous) < 0 && memory.grow(pages) < 0) return 0
    }
    block = top
    top += size
  }
  store<u32>(block, sizeClass)
  store<u32>(block, 0, 4)
  allocatedBytes += size
  return block + HEADER
}

/** Gives a block back. The pointer must come from allocate(); 0 is allowed. */
export function release(ptr: usize): void {
  if (!ptr) return
  const block = ptr - HEADER
  const sizeClass = load<u32>(block)
  const list = freeLists + ((<usize>sizeClass) << 2)
  store<u32>(block, load<u32>(list), 4)
  store<u32>(list, <u32>block)
  allocatedBytes -= sizeOf(sizeClass)
}

/** Bytes in blocks that are taken now (headers and padding included). */
export function allocated(): usize {
  return allocatedBytes
}

/** The arena's position: give it to arenaReset() to free all that came after. */
export function arenaMark(): usize {
  return chunkTop
}

/** Takes `bytes` from the arena, 64-byte aligned, with padding behind; 0 when memory is exhausted. */
export function arenaAllocate(bytes: usize): usize {
  const need = (bytes + PADDING + 63) & ~63
  if (chunk && chunkTop + need <= chunkEnd) {
    const ptr = chunkTop
    chunkTop += need
    return ptr
  }
  return pushChunk(bytes, need)
}

function pushChunk(bytes: usize, need: usize): usize {
  let fresh: usize
  if (spare && need <= blockCapacity(spare)) {
    fresh = spare
    spare = 0
  } else {
    fresh = allocate(max(bytes + PADDING, CHUNK_BYTES))
    if (!fresh) return 0
  }
  store<u32>(fresh - HEADER, <u32>chunk, 4)
  store<u32>(fresh - HEADER, <u32>chunkTop, 8)
  chunk = fresh
  chunkEnd = fresh + blockCapacity(fresh) + PADDING
  chunkTop = fresh + need
  return fresh
}

/** Frees what was taken since the mark. A mark of 0 empties the arena. */
export function arenaReset(mark: usize): void {
  while (chunk && !(mark >= chunk && mark <= chunkEnd)) {
    const older = load<u32>(chunk - HEADER, 4) as usize
    if (!older && mark) break
    const olderTop = load<u32>(chunk - HEADER, 8) as usize
    if (spare || blockCapacity(chunk) > CHUNK_BYTES << 1) release(chunk)
    else spare = chunk
    chunk = older
    chunkTop = olderTop
    chunkEnd = older ? older + blockCapacity(older) + PADDING : 0
  }
  if (chunk) chunkTop = mark
}
