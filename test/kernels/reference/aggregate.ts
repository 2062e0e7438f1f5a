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

/** The same with a validity bitmap. */
export function sumValid(
  ids: Uint32Array,
  values: Float64Array,
  validity: Uint8Array,
  n: number,
  sums: Float64Array,
  counts: Float64Array,
): void {
  for (let i = 0; i < n; i++) {
    if (((validity[i >> 3]! >> (i & 7)) & 1) === 0) continue
    const id = ids[i]!
    sums[id]! += values[i]!
    counts[id]! += 1
  }
}

/** Accumulators of the flights job, a column each. */
export interface Flights {
  readonly counts: Float64Array
  readonly sums: Float64Array
  readonly most: Float64Array
  readonly late: Float64Array
}

export const newFlights = (groups: number): Flights => ({
  counts: new Float64Array(groups),
  sums: new Float64Array(groups),
  most: new Float64Array(groups),
  late: new Float64Array(groups),
})

/** `words` are the low and high words of 64-bit integers that fit the low one. */
export function flights(
  { counts, sums, most, late }: Flights,
  ids: Uint32Array,
  words: Int32Array,
  isLate: Uint8Array,
  n: number,
): void {
  for (let i = 0; i < n; i++) {
    const id = ids[i]!
    const value = words[i * 2]!
    counts[id]! += 1
    sums[id]! += value
    if (value > most[id]!) most[id] = value
    late[id]! += (isLate[i >> 3]! >> (i & 7)) & 1
  }
}
