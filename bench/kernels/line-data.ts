// Lines for the benchmarks of the scanners and encoders: four columns, about 40 bytes a row as CSV
// and 70 as NDJSON.
import type { ColumnSpec } from '../../src/kernels/column-table.ts'
import type { Random } from '../random.ts'

export const COLUMNS: readonly ColumnSpec[] = [
  { name: 'id', kind: 'int64', nullable: false },
  { name: 'price', kind: 'float64', nullable: false },
  { name: 'name', kind: 'utf8', nullable: true },
  { name: 'time', kind: 'int64', nullable: false },
]

function lines(random: Random, rows: number, line: (row: LineRow) => string): Uint8Array {
  const text: string[] = []
  for (let i = 0; i < rows; i++) {
    const cents = random.int(0, 1_000_000)
    const row = {
      id: random.int(0, 10_000_000),
      price: cents / 100,
      name: `item-${random.int(0, 100_000)}`,
      time: 1_700_000_000_000 + random.int(0, 1e9),
    }
    text.push(line(row))
  }
  return new TextEncoder().encode(text.join(''))
}

export interface LineRow {
  readonly id: number
  readonly price: number
  readonly name: string
  readonly time: number
}

export const csvLine = ({ id, price, name, time }: LineRow): string =>
  `${id},${price},${name},${time}\n`

export const csvBytes = (random: Random, rows: number): Uint8Array => lines(random, rows, csvLine)

export const csvQuotedBytes = (random: Random, rows: number): Uint8Array =>
  lines(random, rows, ({ id, price, name, time }) => `${id},${price},"${name}, new",${time}\n`)

export const jsonBytes = (random: Random, rows: number): Uint8Array =>
  lines(random, rows, (row) => `${JSON.stringify(row)}\n`)

/** Columns to encode: id, name (offsets, bytes), time in ms, quantity. */
export function encodeInput(
  random: Random,
  rows: number,
): [BigInt64Array, Int32Array, Uint8Array, BigInt64Array, Int32Array] {
  const offsets = new Int32Array(rows + 1)
  const names = Array.from({ length: rows }, () => `item-${random.int(0, 100_000)}`)
  names.forEach((name, i) => {
    offsets[i + 1] = offsets[i]! + name.length
  })
  const times = random.int64(rows, 1_700_000_000_000, 1_800_000_000_000)
  return [
    random.int64(rows, 0, 10_000_000),
    offsets,
    new TextEncoder().encode(names.join('')),
    times,
    random.int32(rows, -1_000, 100_000),
  ]
}

/** No row takes more as text, with room for what an encoder keeps free. */
export const ENCODED_BYTES_MAX = 192

export const ENCODED: readonly ColumnSpec[] = [
  { name: 'id', kind: 'int64', nullable: false },
  { name: 'name', kind: 'utf8', nullable: false },
  { name: 'time', kind: 'timestamp', scale: 3, nullable: false },
  { name: 'quantity', kind: 'int32', nullable: false },
]
