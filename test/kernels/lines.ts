// What the tests of the line kernels share: run a scanner over bytes cut into blocks, as a reader
// does, and collect rows and faults; read built columns as JavaScript values.
import { type ColumnSpec, ColumnTable } from '../../src/kernels/column-table.ts'
import {
  type CsvLines,
  type FaultKind,
  type JsonLines,
  LineScanner,
} from '../../src/kernels/line-scan.ts'
import type { BuiltColumn } from '../../src/kernels/column-table.ts'
import { Kernels } from '../../src/kernels/module.ts'

export const kernels = new Kernels()
export const encoder = new TextEncoder()
const LF = 10

export interface Collected {
  readonly rows: unknown[][]
  readonly faults: {
    readonly kind: FaultKind
    readonly start: number
    readonly end: number
    readonly column: string | undefined
  }[]
  /** Rows of each batch. */
  readonly batches: number[]
}

export interface ScanAllOptions {
  readonly lines: CsvLines | JsonLines
  readonly specs: readonly ColumnSpec[]
  readonly rowsMax?: number
  readonly recordBytesMax?: number
  /** Bytes of the blocks, used in turn. */
  readonly blocks?: readonly number[]
  /** Start of the bytes in memory, past an aligned address. */
  readonly misalign?: number
}

/** Scans all of the bytes, block by block, with malformed records listed and skipped. */
export function scanAll(bytes: Uint8Array, options: ScanAllOptions): Collected {
  const { specs, rowsMax = 64, blocks = [1 << 20] } = options
  const columns = new ColumnTable(kernels, specs)
  columns.allocate(rowsMax)
  const recordBytesMax = options.recordBytesMax ?? 1 << 20
  const scanner = new LineScanner(kernels, {
    lines: options.lines,
    columns,
    rowsMax,
    recordBytesMax,
  })
  const needsFeed = bytes.length > 0 && bytes.at(-1) !== LF
  const input = needsFeed ? Uint8Array.from([...bytes, LF]) : bytes
  const base = kernels.allocate(input.length + 64)
  const start = base + (options.misalign ?? 0)
  kernels.u8.set(input, start)
  const collected: Collected = { rows: [], faults: [], batches: [] }
  const flush = (): void => {
    const rows = scanner.rows
    const built = columns.finish(rows)
    collected.batches.push(rows)
    for (let row = 0; row < rows; row++) {
      collected.rows.push(built.map((column, i) => valueAt(specs[i]!, column, row)))
    }
    scanner.restart()
  }
  let at = start
  let seen = start
  let discard = false
  for (let turn = 0; at < start + input.length || seen < start + input.length; turn++) {
    seen = Math.min(Math.max(seen, at) + blocks[turn % blocks.length]!, start + input.length)
    const final = seen === start + input.length
    if (discard) {
      const feed = kernels.u8.subarray(at, seen).indexOf(LF)
      const fault = collected.faults.at(-1)! as { end: number }
      at = feed < 0 ? seen : at + feed + 1
      fault.end = at - start
      if (feed < 0) continue
      discard = false
    }
    for (;;) {
      const end = scanner.scan({ from: at, end: seen, final })
      at = scanner.next
      if (end === 'block') break
      if (end === 'rows') {
        flush()
        continue
      }
      const fault = scanner.fault()
      collected.faults.push({
        kind: fault.kind,
        start: fault.recordStart - start,
        end: fault.recordEnd - start,
        column: fault.column,
      })
      discard = fault.discard
      if (discard) break
    }
  }
  flush()
  scanner.close()
  columns.close()
  kernels.release(base)
  return collected
}

/** A row's value in a built column. */
export function valueAt(spec: ColumnSpec, column: BuiltColumn, row: number): unknown {
  const { data, u8 } = kernels
  const { values, offsets } = column
  if (column.validity !== 0 && ((u8[column.validity + (row >> 3)]! >> (row & 7)) & 1) === 0) {
    return null
  }
  switch (spec.kind) {
    case 'bool':
      return ((u8[values + (row >> 3)]! >> (row & 7)) & 1) === 1
    case 'int8':
      return data.getInt8(values + row)
    case 'uint8':
      return data.getUint8(values + row)
    case 'int16':
      return data.getInt16(values + row * 2, true)
    case 'uint16':
      return data.getUint16(values + row * 2, true)
    case 'int32':
    case 'date':
      return data.getInt32(values + row * 4, true)
    case 'uint32':
      return data.getUint32(values + row * 4, true)
    case 'int64':
    case 'timestamp':
    case 'duration':
    case 'decimal64':
      return data.getBigInt64(values + row * 8, true)
    case 'uint64':
      return data.getBigUint64(values + row * 8, true)
    case 'decimal128':
      return (
        (data.getBigInt64(values + row * 16 + 8, true) << 64n) |
        data.getBigUint64(values + row * 16, true)
      )
    case 'float32':
      return data.getFloat32(values + row * 4, true)
    case 'float64':
      return data.getFloat64(values + row * 8, true)
    case 'struct':
      return Object.fromEntries(
        spec.children!.map((child, i) => [child.name, valueAt(child, column.children[i]!, row)]),
      )
    default: {
      const start = data.getInt32(offsets + row * 4, true)
      const end = data.getInt32(offsets + row * 4 + 4, true)
      if (spec.kind === 'list') {
        return Array.from({ length: end - start }, (_, i) =>
          valueAt(spec.children![0]!, column.children[0]!, start + i),
        )
      }
      const bytes = u8.slice(values + start, values + end)
      return spec.kind === 'binary' ? [...bytes] : new TextDecoder().decode(bytes)
    }
  }
}

export function csvLines(options: Partial<CsvLines> & { readonly fieldCount: number }): CsvLines {
  return {
    kind: 'csv',
    delimiter: 44,
    quote: 34,
    multiline: true,
    nullText: new Uint8Array(),
    ...options,
  }
}
