// SQL's LIKE over utf8 columns: a pattern that was compiled to segments, against each row.
//
// LK1  A program is u32 words: the number of segments (the texts between %, the first and the last may be
//      empty), then each segment: its parts, its code points, and a part's three words: how many code
//      points of any kind come first (_), where its text lies (from the program's start), its bytes.
// LK2  The first segment is where the row begins, the last where it ends; each between them is taken where
//      it is first found. Its length in code points is fixed, so a later place could not help the rest.
// LK3  Bytes under null rows are worked on like others, and need not be UTF-8; validity is the caller's.
import { equalRuns, findRun, lastCodePoints } from './bytes'

const PART_BYTES: usize = 12

let program: usize = 0

/** Which rows the pattern takes. */
export function stringLike(
  compiled: usize,
  offsets: usize,
  values: usize,
  n: u32,
  out: usize,
): void {
  program = compiled
  let start = load<u32>(offsets)
  let next = offsets + 4
  for (let row: u32 = 0; row < n; row += 64) {
    const rows = min<u32>(64, n - row)
    let word: u64 = 0
    for (let i: u32 = 0; i < rows; i++) {
      const end = load<u32>(next)
      word |= u64(isLike(values + start, values + end)) << i
      start = end
      next += 4
    }
    store<u64>(out + (row >> 3), word)
  }
}

function isLike(start: usize, end: usize): bool {
  const segments = load<u32>(program)
  let segment = program + 4
  let p = matchParts(segment + 8, partsEnd(segment), start, end)
  if (segments == 1) return p == end
  for (let i: u32 = 2; i < segments && p; i++) {
    segment = partsEnd(segment)
    p = findSegment(segment, p, end)
  }
  if (!p) return false
  segment = partsEnd(segment)
  // With too few code points left, it does not match from where they begin either.
  const last = lastCodePoints(p, end, load<u32>(segment, 4))
  return matchParts(segment + 8, partsEnd(segment), last, end) == end
}

function partsEnd(segment: usize): usize {
  return segment + 8 + <usize>load<u32>(segment) * PART_BYTES
}

// Where the parts end in a row when they match at p; 0 when they do not.
function matchParts(part: usize, last: usize, p: usize, end: usize): usize {
  for (; part < last; part += PART_BYTES) {
    p = skip(p, end, load<u32>(part))
    const bytes = load<u32>(part, 8)
    if (!p || bytes > <u32>(end - p)) return 0
    if (!equalRuns(p, program + load<u32>(part, 4), bytes)) return 0
    p += bytes
  }
  return p
}

// Where a segment ends that was found at p or behind it; 0 when there is none.
function findSegment(segment: usize, p: usize, end: usize): usize {
  const part = segment + 8
  const bytes = load<u32>(part, 8)
  p = skip(p, end, load<u32>(part))
  // Of nothing but _, which any code points are.
  if (!p || !bytes) return p
  while (true) {
    const place = findRun(p, <u32>(end - p), program + load<u32>(part, 4), bytes)
    if (place < 0) return 0
    p += place
    const rest = matchParts(part + PART_BYTES, partsEnd(segment), p + bytes, end)
    if (rest) return rest
    p++
  }
}

// Behind that many code points; 0 when there are not so many.
function skip(p: usize, end: usize, count: u32): usize {
  for (; count; count--) {
    if (p >= end) return 0
    const lead = load<u8>(p)
    p = min<usize>(p + (lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4), end)
  }
  return p
}
