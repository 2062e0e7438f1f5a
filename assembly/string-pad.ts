// Utf8 columns that grow: padding to a length, and repetition.
//
// PD1 A column or constant has a stride in bytes, 4 or 0, as in string.ts. Two passes: one lays out the
//     offsets and returns the bytes, as a float64 (they may not fit a column); the other writes them.
// PD2 Rows that are not valid under `validity` (0: all are) grow by nothing: what lies under a null, or in
//     a row that nobody wants, makes no column too large.
import { copyRun, countCodePoints, skipCodePoints } from './bytes'
import { isValid } from './validity'

/** Where each row begins when it is repeated so many times (below 0: not at all); the bytes there are. */
export function stringRepeatOffsets(
  offsets: usize,
  n: u32,
  counts: usize,
  countStride: u32,
  validity: usize,
  out: usize,
): f64 {
  let bytes: f64 = 0
  let at: u32 = 0
  store<u32>(out, 0)
  for (let row: u32 = 0; row < n; row++) {
    const place = offsets + ((<usize>row) << 2)
    const size = load<u32>(place, 4) - load<u32>(place)
    const count = isValid(validity, row) ? max<i32>(load<i32>(counts + row * countStride), 0) : 0
    bytes += <f64>size * <f64>count
    at += size * <u32>count
    store<u32>(out + ((<usize>row) << 2), at, 4)
  }
  return bytes
}

/** Each row as often as there is room for it. */
export function stringRepeat(
  offsets: usize,
  values: usize,
  n: u32,
  outOffsets: usize,
  outValues: usize,
): void {
  for (let row: u32 = 0; row < n; row++) {
    const at = (<usize>row) << 2
    const start = load<u32>(offsets + at)
    const size = load<u32>(offsets + at, 4) - start
    const to = outValues + load<u32>(outOffsets + at)
    fillRun(to, outValues + load<u32>(outOffsets + at, 4), values + start, size)
  }
}

/** Where each row begins when it has at least that many code points; the bytes there are. */
export function stringPadOffsets(
  offsets: usize,
  values: usize,
  n: u32,
  lengths: usize,
  lengthStride: u32,
  fillOffsets: usize,
  fillValues: usize,
  fillStride: u32,
  validity: usize,
  out: usize,
): f64 {
  let bytes: f64 = 0
  let at: u32 = 0
  store<u32>(out, 0)
  for (let row: u32 = 0; row < n; row++) {
    const place = offsets + ((<usize>row) << 2)
    const start = load<u32>(place)
    const size = load<u32>(place, 4) - start
    const length = isValid(validity, row) ? load<i32>(lengths + row * lengthStride) : 0
    const points = <i32>countCodePoints(values + start, size)
    let padding: u64 = 0
    if (length > points) {
      const fill = fillOffsets + row * fillStride
      const from = load<u32>(fill)
      padding = paddingBytes(fillValues + from, load<u32>(fill, 4) - from, length - points)
    }
    bytes += <f64>size + <f64>padding
    at += size + <u32>padding
    store<u32>(out + ((<usize>row) << 2), at, 4)
  }
  return bytes
}

// Bytes of that many code points of a text that is repeated; of an empty one there are none.
function paddingBytes(fill: usize, size: u32, points: u32): u64 {
  if (size <= 1) return <u64>(points * size)
  const each = countCodePoints(fill, size)
  if (!each) return 0
  const rest = skipCodePoints(fill, fill + size, points % each) - fill
  return <u64>(points / each) * <u64>size + <u64>rest
}

/** Each row with the room before it (or with `atEnd` behind it) filled. */
export function stringPad(
  atEnd: bool,
  offsets: usize,
  values: usize,
  n: u32,
  fillOffsets: usize,
  fillValues: usize,
  fillStride: u32,
  outOffsets: usize,
  outValues: usize,
): void {
  let to = outValues
  for (let row: u32 = 0; row < n; row++) {
    const at = (<usize>row) << 2
    const start = load<u32>(offsets + at)
    const size = load<u32>(offsets + at, 4) - start
    const end = outValues + load<u32>(outOffsets + at, 4)
    const fill = fillOffsets + row * fillStride
    const from = load<u32>(fill)
    const fillSize = load<u32>(fill, 4) - from
    // What is copied too far is written over by what follows.
    if (atEnd) copyRun(to, values + start, size)
    const gap = atEnd ? to + size : to
    fillRun(gap, atEnd ? end : end - size, fillValues + from, fillSize)
    if (!atEnd) copyRun(end - size, values + start, size)
    to = end
  }
}

// Writes a text again and again; up to 15 bytes behind the end are written too.
function fillRun(to: usize, end: usize, text: usize, size: u32): void {
  if (to == end) return
  if (size == 1) {
    const byte = i8x16.splat(load<u8>(text))
    for (; to < end; to += 16) v128.store(to, byte)
    return
  }
  copyRun(to, text, min<u32>(size, <u32>(end - to)))
  // What is there is copied behind itself: twice as much each time.
  let done = size
  for (const bytes = <u32>(end - to); done < bytes; done <<= 1) {
    copyRun(to + done, to, min<u32>(done, bytes - done))
  }
}
