// How lines are read and written in JavaScript, as one does it every day: text decoded and split,
// JSON.parse a line, rows put together from templates; into and from the same typed arrays as the
// kernels.
import { TwinColumn } from '../../test/kernels/reference/twin-column.ts'
import type { LineRow } from './line-data.ts'
import { TWIN_SPECS } from './line-sides.ts'

const decoder = new TextDecoder()
const encoder = new TextEncoder()

/** Columns of the four for a batch. */
export const newColumns = (rows: number): TwinColumn[] =>
  TWIN_SPECS.map((spec) => new TwinColumn(spec, rows))

/** Puts one row's values into the columns. */
export function put(columns: readonly TwinColumn[], row: number, values: LineRow): void {
  const [id, price, name, time] = columns
  id!.integers[row] = BigInt(values.id)
  price!.numbers[row] = values.price
  const bytes = encoder.encodeInto(values.name, room(name!, values.name.length))
  name!.used += bytes.written
  name!.offsets[row + 1] = name!.used
  name!.valid[row] = 1
  time!.integers[row] = BigInt(values.time)
}

function room(column: TwinColumn, length: number): Uint8Array {
  if (column.used + length * 3 > column.text.length) {
    const bigger = new Uint8Array(column.text.length * 2 + length * 3)
    bigger.set(column.text)
    column.text = bigger
  }
  return column.text.subarray(column.used)
}

/** Lines without quotes, by String.split. */
export function splitCsv(bytes: Uint8Array, rows: number): TwinColumn[] {
  const columns = newColumns(rows)
  const lines = decoder.decode(bytes).split('\n')
  for (let row = 0; row < rows; row++) {
    put(columns, row, splitLine(lines[row]!))
  }
  return columns
}

export function splitLine(line: string): LineRow {
  const [id, price, name, time] = line.split(',')
  return { id: Number(id), price: Number(price), name: name!, time: Number(time) }
}

/** One JSON.parse a line. */
export function parseJson(bytes: Uint8Array, rows: number): TwinColumn[] {
  const columns = newColumns(rows)
  const lines = decoder.decode(bytes).split('\n')
  for (let row = 0; row < rows; row++) put(columns, row, JSON.parse(lines[row]!) as LineRow)
  return columns
}

type EncodeInput = readonly [BigInt64Array, Int32Array, Uint8Array, BigInt64Array, Int32Array]

export function encodeCsvRows(rows: number, input: EncodeInput, out: Uint8Array): number {
  const [id, offsets, bytes, time, quantity] = input
  const names = decoder.decode(bytes)
  let text = ''
  for (let row = 0; row < rows; row++) {
    const name = names.slice(offsets[row], offsets[row + 1])
    const field = /[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name
    text += `${id[row]},${field},${new Date(Number(time[row])).toISOString()},${quantity[row]}\n`
  }
  return encoder.encodeInto(text, out).written
}

export function encodeJsonRows(rows: number, input: EncodeInput, out: Uint8Array): number {
  const [id, offsets, bytes, time, quantity] = input
  const names = decoder.decode(bytes)
  let text = ''
  for (let row = 0; row < rows; row++) {
    const name = JSON.stringify(names.slice(offsets[row], offsets[row + 1]))
    const instant = new Date(Number(time[row])).toISOString()
    text += `{"id":${id[row]},"name":${name},"time":"${instant}","quantity":${quantity[row]}}\n`
  }
  return encoder.encodeInto(text, out).written
}
