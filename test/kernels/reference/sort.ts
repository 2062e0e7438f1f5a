// Scalar twin of sorting rows by time: the engine's own sort of row numbers, which is stable.

export function sortedByTime(times: BigInt64Array, rows: Uint32Array): Uint32Array {
  return rows.toSorted((a, b) => {
    const [x, y] = [times[a]!, times[b]!]
    return x < y ? -1 : Number(x > y)
  })
}
