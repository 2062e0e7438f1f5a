// The kernels' sides of the benchmarks of scanners and encoders. A scan's result is a sum over some
// rows of each column: enough to see a difference, too little to be measured.
import { ColumnTable } from '../../src/kernels/column-table.ts'
import { CsvEncoder, encodeJson } from '../../src/kernels/line-encode.ts'
import { type CsvLines, type JsonLines, LineScanner } from '../../src/kernels/line-scan.ts'
import type { Kernels } from '../../src/kernels/module.ts'
import type { TwinColumn, TwinSpec } from '../../test/kernels/reference/twin-column.ts'
import type { KernelBatch, Side } from '../harness.ts'
import { COLUMNS, ENCODED, ENCODED_BYTES_MAX } from './line-data.ts'

const STEP = 1_024

export const TWIN_SPECS = COLUMNS.map(({ kind, nullable }) => ({ kind, nullable }) as TwinSpec)

export const CSV_LINES: CsvLines = {
  kind: 'csv',
  fieldCount: COLUMNS.length,
  delimiter: 44,
  quote: 34,
  multiline: true,
  nullText: new Uint8Array(),
}

export function scanSide(
  kernels: Kernels,
  lines: CsvLines | JsonLines,
  rowsMax: number,
): Side<KernelBatch<[Uint8Array], []>> {
  const columns = new ColumnTable(kernels, COLUMNS)
  columns.allocate(rowsMax)
  const scanner = new LineScanner(kernels, { lines, columns, rowsMax, recordBytesMax: 1 << 20 })
  return {
    run: ({ rows, in: [from], inBytes: [bytes] }) => {
      scanner.restart()
      const end = scanner.scan({ from, end: from + bytes, final: true })
      if (end === 'malformed') throw new Error(JSON.stringify(scanner.fault()))
      const [id, price, name, time] = columns.finish(scanner.rows)
      const { data } = kernels
      let sum = data.getInt32(name!.offsets + scanner.rows * 4, true)
      for (let row = 0; row < rows; row += STEP) {
        sum += Number(data.getBigInt64(id!.values + row * 8, true))
        sum += data.getFloat64(price!.values + row * 8, true)
        sum += Number(data.getBigInt64(time!.values + row * 8, true))
      }
      return sum
    },
  }
}

/** The same sum of a twin's columns. */
export function sumOf(columns: readonly TwinColumn[], rows: number): number {
  const [id, price, name, time] = columns
  let sum = name!.offsets[rows]!
  for (let row = 0; row < rows; row += STEP) {
    sum += Number(id!.integers[row]!)
    sum += price!.numbers[row]!
    sum += Number(time!.integers[row]!)
  }
  return sum
}

type EncodeInput = [BigInt64Array, Int32Array, Uint8Array, BigInt64Array, Int32Array]

/** Encodes straight into the batch's output, which is large enough. */
export function encodeSide(
  kernels: Kernels,
  format: 'csv' | 'json',
): Side<KernelBatch<EncodeInput, [Uint8Array]>> {
  const columns = new ColumnTable(kernels, ENCODED)
  const output = kernels.allocate(12)
  const csv = new CsvEncoder(kernels, { delimiter: 44, quote: 34, nullText: new Uint8Array() })
  return {
    run: ({ rows, in: [id, offsets, text, time, quantity], out: [out] }) => {
      const plain = { validity: 0, offsets: 0, children: [] }
      columns.point([
        { ...plain, values: id },
        { ...plain, values: text, offsets },
        { ...plain, values: time },
        { ...plain, values: quantity },
      ])
      const view = kernels.data
      view.setUint32(output, out, true)
      view.setUint32(output + 4, 0, true)
      view.setUint32(output + 8, rows * ENCODED_BYTES_MAX, true)
      const all = { selection: 0, length: rows }
      if (format === 'csv') csv.encode(columns, all, { ptr: output })
      else encodeJson(columns, all, { ptr: output })
      return kernels.data.getUint32(output + 4, true)
    },
  }
}
