// Scalar twin of the row codec: one row of key values as bytes.
import type { RowCodecField } from '../../../src/kernels/row-codec.ts'

type KeyValue = number | boolean | Uint8Array | null

function encodeValue(kind: RowCodecField['kind'], value: KeyValue): Uint8Array {
  if (kind === 'bytes') {
    const bytes = (value as Uint8Array | null) ?? new Uint8Array()
    const out = new Uint8Array(4 + bytes.length)
    new DataView(out.buffer).setUint32(0, bytes.length, true)
    out.set(bytes, 4)
    return out
  }
  if (kind === 'bool') return Uint8Array.of(value === true ? 1 : 0)
  const number = (value as number | null) ?? 0
  if (kind === 'float64') return new Uint8Array(Float64Array.of(number + 0).buffer)
  return new Uint8Array(Uint32Array.of(number).buffer)
}

/** Fields of the kinds 4, float64, bool and bytes. */
export function encodeRow(
  fields: readonly RowCodecField[],
  values: readonly KeyValue[],
): Uint8Array {
  const parts = fields.flatMap(({ kind, nullable }, i) => {
    const value = encodeValue(kind, values[i]!)
    return nullable ? [Uint8Array.of(values[i] === null ? 1 : 0), value] : [value]
  })
  return new Uint8Array(Buffer.concat(parts))
}

/**
 * An int32 and a utf8 column, neither nullable: the codec as one writes it for two known columns.
 */
export function encodePairs(
  numbers: Int32Array,
  offsets: Int32Array,
  values: Uint8Array,
  n: number,
  data: Uint8Array,
  ends: Int32Array,
): number {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  let to = 0
  ends[0] = 0
  for (let i = 0; i < n; i++) {
    const start = offsets[i]!
    const end = offsets[i + 1]!
    view.setInt32(to, numbers[i]!, true)
    view.setUint32(to + 4, end - start, true)
    to += 8
    for (let at = start; at < end; at++) data[to++] = values[at]!
    ends[i + 1] = to
  }
  return to
}

/** The same rows back to columns; returns the bytes of the texts. */
export function decodePairs(
  data: Uint8Array,
  ends: Int32Array,
  n: number,
  numbers: Int32Array,
  offsets: Int32Array,
  values: Uint8Array,
): number {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  let to = 0
  offsets[0] = 0
  for (let i = 0; i < n; i++) {
    const start = ends[i]!
    numbers[i] = view.getInt32(start, true)
    const end = start + 8 + view.getUint32(start + 4, true)
    for (let at = start + 8; at < end; at++) values[to++] = data[at]!
    offsets[i + 1] = to
  }
  return to
}
