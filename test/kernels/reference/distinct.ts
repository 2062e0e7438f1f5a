// Scalar twin of distinct counts: a Set a group. And the hashes of values, in bigint.

/** Adds the values of rows to their groups' sets. */
export function addDistinct<T>(ids: ArrayLike<number>, values: ArrayLike<T>, sets: Set<T>[]): void {
  for (let i = 0; i < ids.length; i++) sets[ids[i]!]!.add(values[i]!)
}
