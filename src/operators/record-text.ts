// A record in an error's message: short, whatever is in it.

const LENGTH_MAX = 200

/** The record as JSON, cut off where it is long. */
export function recordText(row: unknown): string {
  const text = JSON.stringify(row, (_, value: unknown) => {
    if (typeof value === 'bigint') return String(value)
    return value instanceof Uint8Array ? `${value.length} bytes` : value
  })
  if (text === undefined) return String(row)
  return text.length <= LENGTH_MAX ? text : `${text.slice(0, LENGTH_MAX)}...`
}
