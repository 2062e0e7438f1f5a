// Rows of the client as Arrow IPC bytes, and the bytes of collect() as rows again. Values are checked by
// the builders and readers of columns, so that a collection means what a row function's result means.
//
// K1  A value that does not fit is refused when the collection is given, by row and column.
// K2  Columns are kept as Arrow buffers until the job is submitted; the job's threads get one IPC stream.
// K3  What reads and writes IPC is loaded when it is first needed: it takes 100 ms.
import type { Table as ArrowTable } from 'apache-arrow'
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

/** Rows an IPC batch holds. */
const BATCH_ROWS = 16_384

/** A column's buffers, outside linear memory. */
interface ColumnBuffers {
  readonly type: DataType
  readonly length: number
  readonly nullCount: number
  readonly validity: Uint8Array | undefined
  readonly values: Uint8Array | undefined
  readonly offsets: Uint8Array | undefined
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
  return () => ipcOf(schema, batches)
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

async function ipcOf(
  schema: Schema,
  batches: readonly (readonly ColumnBuffers[])[],
): Promise<Uint8Array> {
  const { BatchEncoder, encodeSchemaMessage, END_OF_STREAM } =
    await import('../columnar/ipc-encode.ts')
  const kernels = clientKernels()
  const encoder = new BatchEncoder(kernels)
  const parts: Uint8Array[] = [encodeSchemaMessage(schema)]
  for (const columns of batches) {
    const mark = kernels.mark()
    const vectors = columns.map((column) => copyIn(kernels, column))
    const { bytes } = encoder.encode(new RecordBatch(schema, columns[0]!.length, vectors))
    // The encoder's bytes are valid until its next batch.
    parts.push(bytes.slice())
    kernels.reset(mark)
  }
  parts.push(END_OF_STREAM)
  const whole = new Uint8Array(parts.reduce((total, part) => total + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

function copyIn(kernels: Kernels, column: ColumnBuffers): Vector {
  const { type, length, nullCount, validity, values, offsets, children } = column
  return new Vector({
    type,
    length,
    nullCount,
    validity: validity === undefined ? 0 : kernels.put(validity),
    values: values === undefined ? 0 : kernels.put(values),
    offsets: offsets === undefined ? 0 : kernels.put(offsets),
    children: children.map((child) => copyIn(kernels, child)),
  })
}

/** The IPC bytes of a table. */
export async function ipcOfTable(table: ArrowTable): Promise<Uint8Array> {
  const { tableToIPC } = await import('apache-arrow')
  return tableToIPC(table, 'stream')
}

/** The rows of an Arrow IPC stream with the columns of a schema, a batch at a time. */
export async function* rowsOfIpc<F extends Fields>(
  bytes: Uint8Array,
  schema: Schema,
): AsyncGenerator<RowOf<F>[]> {
  const { IpcReader, readIpcLayout } = await import('../columnar/ipc-reader.ts')
  const kernels = clientKernels()
  const random = {
    size: bytes.length,
    read: (into: Uint8Array, position: number) =>
      into.set(bytes.subarray(position, position + into.length)),
  }
  const reader = new IpcReader(kernels, random, readIpcLayout(random), schema)
  const rows = new RowReader<F>(kernels, schema)
  try {
    for (let batch = reader.loadNext(); batch !== undefined; batch = reader.loadNext()) {
      const mark = kernels.mark()
      const made = rows.rows(batch.slice(0, batch.length))
      kernels.reset(mark)
      yield made
    }
  } finally {
    reader.close()
  }
}
