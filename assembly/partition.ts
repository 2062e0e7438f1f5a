// Rows grouped by target, for an exchange: a histogram and a scatter of row numbers, never a sort.
//
//   counts  four histograms, one a quarter of the rows: cell [target * 4 + quarter]
//   starts  u32 a target, and the end: target t has rows[starts[t] .. starts[t + 1])
//
// P1  Stable: a target's rows keep their order, because quarters follow one another within a
//     target.
// P2  Four quarters advance side by side: with few targets each counter would otherwise wait for
//     its own last store (store-to-load forwarding), which costs more than the work.

/**
 * A place is walked by its address: in the selection, 4 bytes a row (`T` is u32), or without one in the
 * targets, 2 bytes (u16); a choice made when compiled. Returns the place's cell in a quarter's counts.
 */
function cellAt<T>(counts: usize, targets: usize, p: usize): usize {
  const target = sizeof<T>() == 4 ? load<u16>(targets + ((<usize>load<u32>(p)) << 1)) : load<u16>(p)
  return counts + ((<usize>target) << 4)
}

function count(cell: usize): void {
  store<u32>(cell, load<u32>(cell) + 1)
}

/** The row is the selection's, or without one the place's number. */
function scatter<T>(cell: usize, p: usize, place: usize, rows: usize): void {
  const to = load<u32>(cell)
  store<u32>(cell, to + 1)
  store<u32>(rows + ((<usize>to) << 2), sizeof<T>() == 4 ? load<u32>(p) : <u32>place)
}

/**
 * Writes the permutation that groups rows by target, and where each target starts.
 * `targets` is u16 a row of the batch; with a selection (not 0) the `n` rows are those it names.
 * `counts` is scratch: 16 bytes a target.
 */
export function partitionRows(
  targets: usize,
  selection: usize,
  n: u32,
  parts: u32,
  counts: usize,
  starts: usize,
  rows: usize,
): void {
  memory.fill(counts, 0, (<usize>parts) << 4)
  if (selection) partition<u32>(targets, selection, n, parts, counts, starts, rows)
  else partition<u16>(targets, 0, n, parts, counts, starts, rows)
}

function partition<T>(
  targets: usize,
  selection: usize,
  n: u32,
  parts: u32,
  counts: usize,
  starts: usize,
  rows: usize,
): void {
  const quarter: usize = n >> 2
  const first = sizeof<T>() == 4 ? selection : targets
  const second = quarter * sizeof<T>()
  const third = second << 1
  const fourth = second + third
  // Each quarter has a base of its own: WebAssembly adds nothing to an address for free that may wrap.
  const counts2 = counts + 4
  const counts3 = counts + 8
  const counts4 = counts + 12
  for (let p = first; p < first + second; p += sizeof<T>()) {
    count(cellAt<T>(counts, targets, p))
    count(cellAt<T>(counts2, targets, p + second))
    count(cellAt<T>(counts3, targets, p + third))
    count(cellAt<T>(counts4, targets, p + fourth))
  }
  const rest = first + fourth + second
  const end = first + <usize>n * sizeof<T>()
  for (let p = rest; p < end; p += sizeof<T>()) count(cellAt<T>(counts4, targets, p))
  accumulate(parts, counts, starts)
  let i: usize = 0
  for (let p = first; p < first + second; p += sizeof<T>(), i++) {
    scatter<T>(cellAt<T>(counts, targets, p), p, i, rows)
    scatter<T>(cellAt<T>(counts2, targets, p + second), p + second, i + quarter, rows)
    scatter<T>(cellAt<T>(counts3, targets, p + third), p + third, i + 2 * quarter, rows)
    scatter<T>(cellAt<T>(counts4, targets, p + fourth), p + fourth, i + 3 * quarter, rows)
  }
  i = quarter << 2
  for (let p = rest; p < end; p += sizeof<T>(), i++) {
    scatter<T>(cellAt<T>(counts4, targets, p), p, i, rows)
  }
}

/** Turns counts into the places where each quarter of each target starts. */
function accumulate(parts: u32, counts: usize, starts: usize): void {
  let sum: u32 = 0
  for (let t: usize = 0; t < <usize>parts; t++) {
    store<u32>(starts + (t << 2), sum)
    const cells = counts + (t << 4)
    for (let quarter: usize = 0; quarter < 16; quarter += 4) {
      const rows = load<u32>(cells + quarter)
      store<u32>(cells + quarter, sum)
      sum += rows
    }
  }
  store<u32>(starts + ((<usize>parts) << 2), sum)
}
