// The twins of the encoders: values to CSV and NDJSON text, by what JavaScript has for it.
import type { ColumnSpec } from '../../../src/kernels/column-table.ts'

/** NDJSON of rows. */
export function jsonText(
  specs: readonly ColumnSpec[],
  rows: readonly (readonly unknown[])[],
): string {
  return rows.map((row) => `${jsonObject(specs, row)}\n`).join('')
}

function jsonObject(specs: readonly ColumnSpec[], values: readonly unknown[]): string {
  const fields = specs.map(
    (spec, i) => `${JSON.stringify(spec.name)}:${jsonValue(spec, values[i])}`,
  )
  return `{${fields.join(',')}}`
}

function jsonValue(spec: ColumnSpec, value: unknown): string {
  if (value === null) return 'null'
  switch (spec.kind) {
    case 'utf8':
      return JSON.stringify(value)
    case 'float32':
    case 'float64':
      return JSON.stringify(value)
    case 'timestamp':
    case 'date':
    case 'binary':
      return `"${plainText(spec, value)}"`
    case 'list':
      return jsonList(spec.children![0]!, value as unknown[])
    case 'struct':
      return jsonObject(
        spec.children!,
        spec.children!.map((child) => (value as Record<string, unknown>)[child.name]),
      )
    default:
      return plainText(spec, value)
  }
}

function jsonList(spec: ColumnSpec, items: readonly unknown[]): string {
  return `[${items.map((item) => jsonValue(spec, item)).join(',')}]`
}

export interface CsvTextStyle {
  readonly delimiter: string
  readonly nullText: string
}

/** CSV of rows. */
export function csvText(
  specs: readonly ColumnSpec[],
  rows: readonly (readonly unknown[])[],
  style: CsvTextStyle,
): string {
  const line = (row: readonly unknown[]): string =>
    specs.map((spec, i) => csvField(spec, row[i], style)).join(style.delimiter)
  return rows.map((row) => `${line(row)}\n`).join('')
}

function csvField(spec: ColumnSpec, value: unknown, style: CsvTextStyle): string {
  if (value === null) return style.nullText
  const text = plainText(spec, value)
  if (spec.kind !== 'utf8') return text === '' ? '""' : text
  const mustQuote =
    text === '' || text === style.nullText || /["\r\n]/.test(text) || text.includes(style.delimiter)
  return mustQuote ? `"${text.replaceAll('"', '""')}"` : text
}

function plainText(spec: ColumnSpec, value: unknown): string {
  switch (spec.kind) {
    case 'decimal64':
    case 'decimal128':
      return fixed(value as bigint, spec.scale!)
    case 'timestamp':
      return timestampText(value as bigint, spec.scale!)
    case 'date':
      return new Date(Number(value) * 86_400_000).toISOString().slice(0, 10)
    case 'binary':
      return Buffer.from(value as number[]).toString('base64')
    default:
      return String(value)
  }
}

function fixed(value: bigint, scale: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0')
  const sign = value < 0n ? '-' : ''
  if (scale === 0) return sign + digits
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

function timestampText(value: bigint, decimals: number): string {
  const ticks = 10n ** BigInt(decimals)
  let seconds = value / ticks
  let fraction = value % ticks
  if (fraction < 0n) {
    fraction += ticks
    seconds--
  }
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, 19)
  return decimals === 0 ? `${whole}Z` : `${whole}.${fraction.toString().padStart(decimals, '0')}Z`
}
