// Scalar twins of order keys: values as bytes whose order is the values'.

/** A 64-bit integer, big endian with its sign turned. */
export function orderedInt64(value: bigint, descending: boolean): Uint8Array {
  const bytes = new Uint8Array(8)
  const turned = BigInt.asUintN(64, value) ^ (1n << 63n)
  new DataView(bytes.buffer).setBigUint64(0, descending ? BigInt.asUintN(64, ~turned) : turned)
  return bytes
}

/** Rows of a descending text and an int32 end to end, and where each begins; bytes in all. */
export function orderedPairs(
  offsets: Int32Array,
  texts: Uint8Array,
  numbers: Int32Array,
  out: Uint8Array,
  starts: Int32Array,
): number {
  const view = new DataView(out.buffer, out.byteOffset)
  let at = 0
  for (let row = 0; row < numbers.length; row++) {
    starts[row] = at
    for (let i = offsets[row]!; i < offsets[row + 1]!; i++) {
      const byte = texts[i]!
      out[at++] = byte ^ 0xff
      if (byte === 0) out[at++] = 0
    }
    out[at] = 0xff
    out[at + 1] = 0xff
    view.setUint32(at + 2, numbers[row]! ^ 0x80000000)
    at += 6
  }
  starts[numbers.length] = at
  return at
}
