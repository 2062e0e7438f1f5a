// From a slice's index to the slice: open addressing in the slice table's map (slice-layout.ts).
import { allocate, release } from './arena'
import {
  CAPACITY,
  CREATED,
  INDEX,
  MAP,
  MAPPED,
  NEXT_CREATED,
  SLICES,
  makeSlice,
} from './slice-layout'

/** Where the probing for an index starts. */
export function mapPlace(index: i64, capacity: u32): usize {
  return <usize>((<u64>index * 0x9e3779b97f4a7c15) >> (64 - <u64>ctz<u32>(capacity)))
}

function growMap(table: usize): bool {
  const old: usize = load<u32>(table, MAP)
  const oldCapacity = load<u32>(table, CAPACITY)
  const capacity = oldCapacity << 1
  const map = allocate((<usize>capacity) << 4)
  if (!map) return false
  memory.fill(map, 0, (<usize>capacity) << 4)
  for (let i: usize = 0; i < <usize>oldCapacity; i++) {
    const from = old + (i << 4)
    if (!load<u32>(from, 8)) continue
    let at = mapPlace(load<i64>(from), capacity)
    while (load<u32>(map + (at << 4), 8)) at = (at + 1) & <usize>(capacity - 1)
    v128.store(map + (at << 4), v128.load(from))
  }
  release(old)
  store<u32>(table, <u32>map, MAP)
  store<u32>(table, capacity, CAPACITY)
  return true
}

/** Makes the slice of an index that has none; 0 when memory is exhausted. */
export function addSlice(table: usize, index: i64): usize {
  const slices = load<u32>(table, SLICES) + 1
  if (slices > load<u32>(table, CAPACITY) >> 1 && !growMap(table)) return 0
  const slice = makeSlice(table)
  if (!slice) return 0
  store<i64>(slice, index, INDEX)
  store<u32>(slice, 1, MAPPED)
  store<u32>(slice, load<u32>(table, CREATED), NEXT_CREATED)
  store<u32>(table, <u32>slice, CREATED)
  store<u32>(table, slices, SLICES)
  const map: usize = load<u32>(table, MAP)
  const capacity = load<u32>(table, CAPACITY)
  let at = mapPlace(index, capacity)
  while (load<u32>(map + (at << 4), 8)) at = (at + 1) & <usize>(capacity - 1)
  store<i64>(map + (at << 4), index)
  store<u32>(map + (at << 4), <u32>slice, 8)
  return slice
}

/** Takes a slice out of the map; those behind it move up, so that no probe meets a gap. */
export function unmap(table: usize, slice: usize): void {
  const map: usize = load<u32>(table, MAP)
  const capacity = load<u32>(table, CAPACITY)
  const mask = <usize>(capacity - 1)
  let gap = mapPlace(load<i64>(slice, INDEX), capacity)
  while (<usize>load<u32>(map + (gap << 4), 8) != slice) gap = (gap + 1) & mask
  let at = (gap + 1) & mask
  while (load<u32>(map + (at << 4), 8)) {
    const home = mapPlace(load<i64>(map + (at << 4)), capacity)
    if (((at - home) & mask) >= ((at - gap) & mask)) {
      v128.store(map + (gap << 4), v128.load(map + (at << 4)))
      gap = at
    }
    at = (at + 1) & mask
  }
  v128.store(map + (gap << 4), i64x2.splat(0))
  store<u32>(table, load<u32>(table, SLICES) - 1, SLICES)
}

/** The slice of an index; 0 when it has none. */
export function findSlice(table: usize, index: i64): usize {
  const map: usize = load<u32>(table, MAP)
  const capacity = load<u32>(table, CAPACITY)
  let at = mapPlace(index, capacity)
  while (load<i64>(map + (at << 4)) != index && load<u32>(map + (at << 4), 8)) {
    at = (at + 1) & <usize>(capacity - 1)
  }
  return load<u32>(map + (at << 4), 8)
}
