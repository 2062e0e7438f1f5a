// Scalar twin of the moments of groups: count, mean and squared distances, one row after the other, and the
// same backwards.

export interface Moments {
  readonly counts: Float64Array
  readonly means: Float64Array
  readonly squares: Float64Array
}

export const newMoments = (groups: number): Moments => ({
  counts: new Float64Array(groups),
  means: new Float64Array(groups),
  squares: new Float64Array(groups),
})

export function addMoments(
  { counts, means, squares }: Moments,
  ids: ArrayLike<number>,
  values: ArrayLike<number>,
): void {
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!
    const n = ++counts[id]!
    const distance = values[i]! - means[id]!
    means[id]! += distance / n
    squares[id]! += distance * (values[i]! - means[id]!)
  }
}

/** Takes values back. */
export function removeMoments(
  { counts, means, squares }: Moments,
  ids: ArrayLike<number>,
  values: ArrayLike<number>,
): void {
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!
    const n = --counts[id]!
    const distance = values[i]! - means[id]!
    const moved = means[id]! - distance / n
    const left = squares[id]! - distance * (values[i]! - moved)
    means[id] = n === 0 ? 0 : moved
    squares[id] = n < 2 ? 0 : Math.max(0, left)
  }
}
