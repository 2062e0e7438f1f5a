// Scalar twin of the row store: copies of rows, each in an object of its own.

/** Copies encoded rows out, one by one; the sum of their bytes. */
export function putRows(offsets: Int32Array, values: Uint8Array, into: Uint8Array[]): number {
  let bytes = 0
  for (let row = 0; row + 1 < offsets.length; row++) {
    const copy = values.slice(offsets[row]!, offsets[row + 1]!)
    into[row] = copy
    bytes += copy.length
  }
  return bytes
}

/** Which rows are there on both sides with the same bytes. */
export const sameRows = (
  a: readonly Uint8Array[],
  b: readonly Uint8Array[],
  isThere: readonly boolean[],
): boolean[] =>
  a.map((row, i) => {
    const other = b[i]!
    return isThere[i]! && row.length === other.length && row.every((byte, at) => byte === other[at])
  })
