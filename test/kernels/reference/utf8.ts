// Utf8 columns in plain typed arrays, for the twins of the text kernels.

/** Row i is the bytes from offsets[i] to offsets[i + 1]. */
export interface Utf8Rows {
  readonly offsets: Int32Array
  readonly values: Uint8Array
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export function encodeRows(rows: readonly string[]): Utf8Rows {
  const offsets = new Int32Array(rows.length + 1)
  const parts = rows.map((row) => encoder.encode(row))
  parts.forEach((part, i) => (offsets[i + 1] = offsets[i]! + part.length))
  const values = new Uint8Array(offsets[rows.length]!)
  parts.forEach((part, i) => values.set(part, offsets[i]))
  return { offsets, values }
}

export function decodeRows({ offsets, values }: Utf8Rows): string[] {
  const rows: string[] = []
  for (let i = 0; i + 1 < offsets.length; i++) {
    rows.push(decoder.decode(values.subarray(offsets[i]!, offsets[i + 1]!)))
  }
  return rows
}

/** What a function of each row's text gives, written into `out`; returns its bytes. */
export function mapRows(
  { offsets, values }: Utf8Rows,
  map: (text: string, row: number) => string,
  out: Utf8Rows,
): number {
  let at = 0
  for (let i = 0; i + 1 < offsets.length; i++) {
    const text = decoder.decode(values.subarray(offsets[i]!, offsets[i + 1]!))
    at += encoder.encodeInto(map(text, i), out.values.subarray(at)).written
    out.offsets[i + 1] = at
  }
  return at
}
