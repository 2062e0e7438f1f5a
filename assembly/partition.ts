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
 * The row at a place: `T` is u32 under a selection, and u8 without one (a choice made when
 * compiled).
 */
function rowAt<T>(selection: usize, at: usize): usize {
  return sizeof<T>() == 4 ? <usize>load<u32>(selection + (at << 2)) : at
}

function count<T>(counts: usize, targets: usize, selection: usize, at: usize): void {
  const cell = counts + ((<usize>load<u16>(targets + (rowAt<T>(selection, at) << 1))) << 4)
  store<u32>(cell, load<u32>(cell) + 1)
}

function scatter<T>(counts: usize, targets: usize, selection: usize, at: usize, rows: usize): void {
  const row = rowAt<T>(selection, at)
  const cell = counts + ((<usize>load<u16>(targets + (row << 1))) << 4)
  const to = load<u32>(cell)
  store<u32>(cell, to + 1)
  store<u32>(rows + ((<usize>to) << 2), <u32>row)
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
  else partition<u8>(targets, 0, n, parts, counts, starts, rows)
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
  for (let i: usize = 0; i < quarter; i++) {
    count<T>(counts, targets, selection, i)
    count<T>(counts + 4, targets, selection, i + quarter)
    count<T>(counts + 8, targets, selection, i + 2 * quarter)
    count<T>(counts + 12, targets, selection, i + 3 * quarter)
  }
  for (let i = quarter << 2; i < <usize>n; i++) count<T>(counts + 12, targets, selection, i)
  accumulate(parts, counts, starts)
  for (let i: usize = 0; i < quarter; i++) {
    scatter<T>(counts, targets, selection, i, rows)
    scatter<T>(counts + 4, targets, selection, i + quarter, rows)
    scatter<T>(counts + 8, targets, selection, i + 2 * quarter, rows)
    scatter<T>(counts + 12, targets, selection, i + 3 * quarter, rows)
  }
  for (let i = quarter << 2; i < <usize>n; i++) scatter<T>(counts + 12, targets, selection, i, rows)
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
