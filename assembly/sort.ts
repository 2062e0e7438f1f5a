// Rows in the order of their times: a radix sort, 11 bits at a time, least digit first, of as many digits
// as the times differ in. Rows of equal times stay in their order. What is in order is left as it is.
const DIGIT_BITS: u64 = 11
const DIGITS: usize = 1 << 11
const starts: usize = memory.data(2048 * 4, 16)

/**
 * Sorts n row numbers (u32 at `rows`) by the times (i64) that are found at these numbers.
 * @param room n times 24 bytes
 */
export function sortByTime(times: usize, rows: usize, n: u32, room: usize): void {
  if (n == 0) return
  const count: usize = n
  let least: i64 = i64.MAX_VALUE
  let most: i64 = i64.MIN_VALUE
  let previous: i64 = i64.MIN_VALUE
  let isSorted = true
  for (let i: usize = 0; i < count; i++) {
    const time = load<i64>(times + ((<usize>load<u32>(rows + (i << 2))) << 3))
    if (time < previous) isSorted = false
    previous = time
    least = min<i64>(least, time)
    most = max<i64>(most, time)
  }
  if (isSorted) return
  let keys = room
  let otherKeys = room + (count << 3)
  let order = room + (count << 4)
  let otherOrder = order + (count << 2)
  for (let i: usize = 0; i < count; i++) {
    const row = load<u32>(rows + (i << 2))
    store<u32>(order + (i << 2), row)
    store<u64>(keys + (i << 3), <u64>(load<i64>(times + ((<usize>row) << 3)) - least))
  }
  const span = <u64>(most - least)
  for (let shift: u64 = 0; shift < 64 && span >> shift; shift += DIGIT_BITS) {
    scatter(keys, order, count, shift, otherKeys, otherOrder)
    let swapped = keys
    keys = otherKeys
    otherKeys = swapped
    swapped = order
    order = otherOrder
    otherOrder = swapped
  }
  memory.copy(rows, order, count << 2)
}

function scatter(
  keys: usize,
  order: usize,
  count: usize,
  shift: u64,
  toKeys: usize,
  toOrder: usize,
): void {
  memory.fill(starts, 0, DIGITS << 2)
  for (let i: usize = 0; i < count; i++) {
    const at = starts + (digitOf(load<u64>(keys + (i << 3)), shift) << 2)
    store<u32>(at, load<u32>(at) + 1)
  }
  let start: u32 = 0
  for (let digit: usize = 0; digit < DIGITS; digit++) {
    const at = starts + (digit << 2)
    const held = load<u32>(at)
    store<u32>(at, start)
    start += held
  }
  for (let i: usize = 0; i < count; i++) {
    const key = load<u64>(keys + (i << 3))
    const at = starts + (digitOf(key, shift) << 2)
    const to: usize = load<u32>(at)
    store<u32>(at, <u32>to + 1)
    store<u64>(toKeys + (to << 3), key)
    store<u32>(toOrder + (to << 2), load<u32>(order + (i << 2)))
  }
}

function digitOf(key: u64, shift: u64): usize {
  return <usize>((key >> shift) & 2047)
}
