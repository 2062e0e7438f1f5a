// Scalar twin of the range of an event-time column. 64-bit integers are bigint, as JavaScript has
// them.
export function timestampRange(
  values: BigInt64Array,
  validity: Uint8Array | undefined,
  n: number,
): { readonly least: bigint; readonly greatest: bigint } | undefined {
  let least: bigint | undefined
  let greatest: bigint | undefined
  for (let i = 0; i < n; i++) {
    if (validity !== undefined && ((validity[i >> 3]! >> (i & 7)) & 1) === 0) continue
    const value = values[i]!
    if (least === undefined || value < least) least = value
    if (greatest === undefined || value > greatest) greatest = value
  }
  return least === undefined ? undefined : { least, greatest: greatest! }
}
