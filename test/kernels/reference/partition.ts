// Scalar twins of key groups and of the partition.

/** Key group and owner as integers of JavaScript. */
export function keyGroupTargets(
  hashes: Uint32Array,
  n: number,
  maxParallelism: number,
  parallelism: number,
  out: Uint16Array,
): void {
  for (let i = 0; i < n; i++) {
    out[i] = Math.floor(((hashes[i]! % maxParallelism) * parallelism) / maxParallelism)
  }
}

/** Histogram and scatter, one row after the other. */
export function partitionRows(
  targets: Uint16Array,
  selection: Uint32Array | undefined,
  n: number,
  starts: Uint32Array,
  rows: Uint32Array,
): void {
  starts.fill(0)
  for (let i = 0; i < n; i++) {
    starts[targets[selection === undefined ? i : selection[i]!]! + 1]! += 1
  }
  for (let t = 1; t < starts.length; t++) starts[t]! += starts[t - 1]!
  const next = starts.slice()
  for (let i = 0; i < n; i++) {
    const row = selection === undefined ? i : selection[i]!
    const target = targets[row]!
    rows[next[target]!++] = row
  }
}
