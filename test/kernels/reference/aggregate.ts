// Scalar twin of grouped aggregation: accumulators in arrays by dense group id.

/** Adds the values of the rows that are in to their groups' sums, and counts them. */
export function sumAndCount(
  ids: Uint32Array,
  values: Float64Array,
  isIn: readonly boolean[] | undefined,
  sums: Float64Array,
  counts: Float64Array,
): void {
  for (let i = 0; i < ids.length; i++) {
    if (isIn !== undefined && !isIn[i]!) continue
    const id = ids[i]!
    sums[id]! += values[i]!
    counts[id]! += 1
  }
}
