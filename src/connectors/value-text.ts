// Values of a column as a table shows them to a reader: numbers with separators, times in ISO 8601.
import { unreachable } from '../base/assert.ts'
import { isCoarse } from '../columnar/row-value.ts'
import { type DataType, type TimeUnit, UNITS_PER_SECOND } from '../columnar/type.ts'

const NULL = 'null'
const TEXT_CHARS_MAX = 48
const BINARY_BYTES_MAX = 16
const FRACTION_DIGITS = 3
// Years, ids and ports read better without; so does everything that is short.
const SEPARATED_FROM = 10_000

const separated = new Intl.NumberFormat('en-US', { maximumFractionDigits: FRACTION_DIGITS })
const plain = new Intl.NumberFormat('en-US', {
  maximumFractionDigits: FRACTION_DIGITS,
  useGrouping: false,
})

/** True where a column of this type reads best aligned at its right. */
export const isNumeric = (type: DataType): boolean =>
  /^(u?int|float|decimal|duration)/.test(type.kind)

/** A value, as ColumnReader gives it, in one line. */
export function valueText(type: DataType, value: unknown): string {
  if (value === null) return NULL
  switch (type.kind) {
    case 'bool':
      return String(value)
    case 'int8':
    case 'int16':
    case 'int32':
    case 'int64':
    case 'uint8':
    case 'uint16':
    case 'uint32':
    case 'uint64':
    case 'float32':
    case 'float64':
      return numberText(value as number | bigint)
    case 'decimal':
      return value as string
    case 'utf8':
      return shortened(value as string)
    case 'binary':
      return binaryText(value as Uint8Array)
    case 'date':
      return (value as Date).toISOString().slice(0, 10)
    case 'timestamp':
      return timestampText(value as number | bigint, type.unit)
    case 'duration':
      return `${numberText(value as number | bigint)} ${isCoarse(type.unit) ? 'ms' : type.unit}`
    case 'list':
      return `[${(value as unknown[]).map((item) => valueText(type.item, item)).join(', ')}]`
    case 'struct': {
      const row = value as Readonly<Record<string, unknown>>
      const fields = Object.entries(type.fields)
      return `{${fields.map(([name, t]) => `${name}: ${valueText(t, row[name])}`).join(', ')}}`
    }
    default:
      return unreachable(type)
  }
}

function numberText(value: number | bigint): string {
  const isLong = value >= SEPARATED_FROM || value <= -SEPARATED_FROM
  if (typeof value === 'bigint') return isLong ? separated.format(value) : String(value)
  const size = Math.abs(value)
  const isTiny = size > 0 && size < 10 ** -FRACTION_DIGITS
  if (isTiny || size >= 1e15 || Number.isNaN(value)) return String(Number(value.toPrecision(4)))
  return (isLong ? separated : plain).format(value)
}

function timestampText(value: number | bigint, unit: TimeUnit): string {
  if (typeof value === 'number') return isoText(value, '')
  const perSecond = BigInt(UNITS_PER_SECOND[unit])
  const fraction = ((value % perSecond) + perSecond) % perSecond
  const ms = Number((value - fraction) / perSecond) * 1000
  const digits = fraction.toString().padStart(unit === 'us' ? 6 : 9, '0')
  return isoText(ms, fraction === 0n ? '' : `.${digits.replace(/0+$/, '')}`)
}

/** `2001-01-01T00:00:00Z`, with a fraction only where there is one. */
function isoText(ms: number, fraction: string): string {
  const date = new Date(ms)
  if (Number.isNaN(date.getTime())) return `${ms} ms`
  return date.toISOString().replace(/(\.000)?Z$/, `${fraction}Z`)
}

// A line break or an escape sequence in a value must not reach the terminal.
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g

function shortened(text: string): string {
  const short = text.length > TEXT_CHARS_MAX ? `${text.slice(0, TEXT_CHARS_MAX - 1)}…` : text
  return short.replace(CONTROL, (char) => JSON.stringify(char).slice(1, -1))
}

function binaryText(bytes: Uint8Array): string {
  const hex = [...bytes.subarray(0, BINARY_BYTES_MAX)].map((b) => b.toString(16).padStart(2, '0'))
  const rest = bytes.length > BINARY_BYTES_MAX ? `… (${bytes.length} bytes)` : ''
  return hex.join('') + rest
}
