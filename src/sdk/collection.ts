// Rows of the client as Arrow IPC bytes, and the bytes of collect() as rows again. Values are checked by
// the builders and readers of columns, so that a collection means what a row function's result means.
//
// K1  A value that does not fit is refused when the collection is given, by row and column.
// K2  Columns are kept as Arrow buffers until the job is submitted; the job's threads get one IPC stream.
import type * as Arrow from 'apache-arrow'
import { DataflowError } from '../base/errors.ts'
import { BatchBuilder } from '../columnar/batch-builder.ts'
import { RecordBatch } from '../columnar/record-batch.ts'
import { RowReader } from '../columnar/row-reader.ts'
import { Schema } from '../columnar/schema.ts'
import {
  bool,
  byteWidth,
  type DataType,
  type Fields,
  float64,
  int64,
  isVariable,
  type RowOf,
  timestamp,
  utf8,
  withNullable,
} from '../columnar/type.ts'
import { Vector } from '../columnar/vector.ts'
import { Kernels } from '../kernels/module.ts'
import {
  type ArrowModule,
  isEncoded,
  loadArrow,
  toArrowFields,
  toArrowType,
} from './arrow-types.ts'

/** Rows an IPC batch holds. */
const BATCH_ROWS = 16_384

/** A column's buffers, outside linear memory. */
interface ColumnBuffers {
  readonly type: DataType
  readonly length: number
  readonly nullCount: number
  readonly validity: Uint8Array | undefined
  readonly values: Uint8Array<ArrayBuffer> | undefined
  readonly offsets: Uint8Array<ArrayBuffer> | undefined
  readonly children: readonly ColumnBuffers[]
}

let shared: Kernels | undefined
/** The client's own linear memory, made when it is first needed. */
const clientKernels = (): Kernels => (shared ??= new Kernels())

/**
 * The schema of plain rows: number is float64, bigint int64, string utf8, boolean bool, Date a timestamp
 * in milliseconds; null or a missing value makes a column nullable.
 * @throws TYPE_MISMATCH for what needs a declared schema
 */
export function inferSchema(rows: readonly object[]): Schema {
  const types = new Map<string, { kind: string; type: DataType }>()
  const seen = new Map<string, number>()
  rows.forEach((row, i) => {
    for (const [name, value] of Object.entries(row)) {
      if (value === null || value === undefined) {
        if (!seen.has(name)) seen.set(name, 0)
        continue
      }
      const type = inferType(value)
      const kind = type?.kind ?? 'none'
      const known = types.get(name)
      if (type === undefined || (known !== undefined && known.kind !== kind)) {
        const was = known === undefined ? '' : ` after ${known.kind}`
        throw new DataflowError(
          'TYPE_MISMATCH',
          `row ${i}, column '${name}': no column type for ${describe(value)}${was}; ` +
            'declare it: fromCollection(rows, { schema })',
          { context: { column: name, row: i } },
        )
      }
      types.set(name, { kind, type })
      seen.set(name, (seen.get(name) ?? 0) + 1)
    }
  })
  const fields = [...seen].map(([name, count]) => {
    const type = types.get(name)?.type
    if (type === undefined) {
      throw new DataflowError(
        'TYPE_MISMATCH',
        `column '${name}' is null in every row, so it has no type; declare it: ` +
          'fromCollection(rows, { schema })',
        { context: { column: name } },
      )
    }
    return { name, type: withNullable(type, count < rows.length) }
  })
  if (fields.length === 0) {
    throw new DataflowError(
      'SCHEMA_MISMATCH',
      'there are no rows to tell the columns from; declare them: fromCollection(rows, { schema })',
    )
  }
  return new Schema(fields)
}

function inferType(value: unknown): DataType | undefined {
  switch (typeof value) {
    case 'number':
      return float64()
    case 'bigint':
      return int64()
    case 'string':
      return utf8()
    case 'boolean':
      return bool()
    default:
      return value instanceof Date ? timestamp('ms') : undefined
  }
}

const describe = (value: unknown): string =>
  Array.isArray(value) ? 'an array' : typeof value === 'object' ? 'an object' : typeof value

/**
 * Checks rows against a schema, and gives what makes their IPC bytes.
 * @throws TYPE_MISMATCH, UNSAFE_INTEGER with row and column
 */
export function stageRows(rows: Iterable<unknown>, schema: Schema): () => Promise<Uint8Array> {
  const kernels = clientKernels()
  const builder = new BatchBuilder(kernels, schema)
  const batches: (readonly ColumnBuffers[])[] = []
  const flush = (): void => {
    const mark = kernels.mark()
    batches.push(builder.finish().columns.map((vector) => copyOut(kernels, vector)))
    kernels.reset(mark)
  }
  try {
    for (const row of rows) {
      builder.append(row)
      if (builder.length === BATCH_ROWS) flush()
    }
    if (builder.length > 0) flush()
  } finally {
    builder.close()
  }
  return async () => ipcOf(await loadArrow(), schema, batches)
}

function copyOut(kernels: Kernels, vector: Vector): ColumnBuffers {
  const { type, length, validity, values, offsets } = vector
  const bitmapBytes = (length + 7) >> 3
  const hasOffsets = isVariable(type) || type.kind === 'list'
  const dataBytes = isVariable(type)
    ? vector.dataBytes(kernels)
    : type.kind === 'bool'
      ? bitmapBytes
      : length * byteWidth(type)
  const isNested = type.kind === 'list' || type.kind === 'struct'
  return {
    type,
    length,
    nullCount: validity === 0 ? 0 : vector.nullCount,
    validity: validity === 0 ? undefined : kernels.take(validity, bitmapBytes),
    values: isNested ? undefined : kernels.take(values, dataBytes),
    offsets: hasOffsets ? kernels.take(offsets, (length + 1) * 4) : undefined,
    children: vector.children.map((child) => copyOut(kernels, child)),
  }
}

function ipcOf(
  arrow: ArrowModule,
  schema: Schema,
  batches: readonly (readonly ColumnBuffers[])[],
): Uint8Array {
  const fields = new arrow.Schema(toArrowFields(arrow, schema.toFields()))
  const made = batches.map((columns) => {
    const length = columns[0]!.length
    const children = columns.map((column) => dataOf(arrow, column))
    const type = new arrow.Struct(fields.fields)
    return new arrow.RecordBatch(
      fields,
      arrow.makeData({ type, length, nullCount: 0, children }) as Arrow.Data<Arrow.Struct>,
    )
  })
  return arrow.tableToIPC(new arrow.Table(fields, made), 'stream')
}

function dataOf(arrow: ArrowModule, column: ColumnBuffers): Arrow.Data {
  const { type, length, nullCount, validity, values, offsets, children } = column
  const buffers = [
    offsets && new Int32Array(offsets.buffer),
    values && valueArray(type, values),
    validity,
  ]
  return new arrow.Data(
    toArrowType(arrow, type),
    0,
    length,
    nullCount,
    buffers as unknown as Arrow.Data,
    children.map((child) => dataOf(arrow, child)),
  )
}

/** The typed array that apache-arrow has for a type. Decimals are 128 bits wide there. */
function valueArray(type: DataType, values: Uint8Array<ArrayBuffer>): ArrayBufferView {
  switch (byteWidth(type)) {
    case 8:
      if (type.kind === 'float64') return new Float64Array(values.buffer)
      if (type.kind === 'uint64') return new BigUint64Array(values.buffer)
      return type.kind === 'decimal' ? widened(values) : new BigInt64Array(values.buffer)
    case 16:
      return new Uint32Array(values.buffer)
    case 4:
      if (type.kind === 'float32') return new Float32Array(values.buffer)
      return type.kind === 'uint32' ? new Uint32Array(values.buffer) : new Int32Array(values.buffer)
    case 2:
      return type.kind === 'uint16' ? new Uint16Array(values.buffer) : new Int16Array(values.buffer)
    case 1:
      return type.kind === 'uint8' ? values : new Int8Array(values.buffer)
    default:
      return values
  }
}

function widened(values: Uint8Array<ArrayBuffer>): Uint32Array {
  const narrow = new BigInt64Array(values.buffer)
  const wide = new BigInt64Array(narrow.length * 2)
  narrow.forEach((value, i) => {
    wide[i * 2] = value
    wide[i * 2 + 1] = value >> 63n
  })
  return new Uint32Array(wide.buffer)
}

function narrowed(words: Uint32Array): Uint32Array {
  return words.filter((_, i) => i % 4 < 2)
}

/** The IPC bytes of a table, with encoded columns (dictionaries) as plain ones. */
export async function ipcOfTable(table: Arrow.Table): Promise<Uint8Array> {
  const arrow = await loadArrow()
  if (!table.schema.fields.some(({ type }) => isEncoded(type))) {
    return arrow.tableToIPC(table, 'stream')
  }
  const columns = Object.fromEntries(
    table.schema.fields.map((field, i) => {
      const column = table.getChildAt(i)!
      return [
        field.name,
        isEncoded(field.type) ? arrow.vectorFromArray([...column], new arrow.Utf8()) : column,
      ]
    }),
  )
  return arrow.tableToIPC(new arrow.Table(columns), 'stream')
}

/** The rows of an Arrow IPC stream with the columns of a schema, a batch at a time. */
export async function* rowsOfIpc<F extends Fields>(
  bytes: Uint8Array,
  schema: Schema,
): AsyncGenerator<RowOf<F>[]> {
  const arrow = await loadArrow()
  const kernels = clientKernels()
  const reader = new RowReader<F>(kernels, schema)
  for (const batch of arrow.RecordBatchReader.from(bytes)) {
    const mark = kernels.mark()
    const columns = schema.fields.map(({ type }, i) =>
      copyIn(kernels, type, batch.data.children[i]!),
    )
    const rows = reader.rows(new RecordBatch(schema, batch.numRows, columns))
    kernels.reset(mark)
    yield rows
  }
}

function copyIn(kernels: Kernels, type: DataType, data: Arrow.Data): Vector {
  const { length, nullBitmap, nullCount } = data
  const raw = data.values as ArrayBufferView | undefined
  const isNarrow = type.kind === 'decimal' && byteWidth(type) === 8
  const values = raw !== undefined && isNarrow ? narrowed(raw as Uint32Array) : raw
  const itemTypes =
    type.kind === 'list' ? [type.item] : type.kind === 'struct' ? Object.values(type.fields) : []
  return new Vector({
    type,
    length,
    ...(nullCount > 0 ? { nullCount, validity: put(kernels, nullBitmap) } : {}),
    values: itemTypes.length > 0 ? 0 : put(kernels, values),
    offsets: data.valueOffsets === undefined ? 0 : put(kernels, data.valueOffsets),
    children: itemTypes.map((item, i) => copyIn(kernels, item, data.children[i]!)),
  })
}

function put(kernels: Kernels, view: ArrayBufferView | undefined): number {
  if (view === undefined) return kernels.put(new Uint8Array())
  return kernels.put(new Uint8Array(view.buffer, view.byteOffset, view.byteLength))
}
