// Joins a stream with a static table: the table is read whole when the operator opens, and each row
// of the stream takes the table's columns where the keys are equal.
//
// LJ1  A key is in the table once; twice is an error, because rows would silently be lost or
//      doubled.
// LJ2  Null equals nothing: table rows with a null key are left out, stream rows find none.
// LJ3  Since table rows with a key are numbered as they come, a key's id in the index is its row.
import { assert } from '../base/assert.ts'
import { DataflowError } from '../base/errors.ts'
import { ColumnBuffer } from '../columnar/column-buffer.ts'
import { compact, gatherOptional, gatherVector } from '../columnar/gather.ts'
import { rowsByKey } from '../columnar/key-rows.ts'
import { RecordBatch, type Selection } from '../columnar/record-batch.ts'
import { RowReader } from '../columnar/row-reader.ts'
import { Schema } from '../columnar/schema.ts'
import { type DataType, nullable, sameType, typeName } from '../columnar/type.ts'
import type { Vector } from '../columnar/vector.ts'
import { bitmapFromSelection, bitmapLogic, bitmapToSelection } from '../kernels/bitmap.ts'
import { takeBits } from '../kernels/take.ts'
import { KeyIndex } from '../state/key-index.ts'
import type { OperatorSpec } from './operator-spec.ts'
import type { Operator, OperatorContext, OperatorFactory, Output } from './operator.ts'

type LookupJoinSpec = Extract<OperatorSpec, { readonly kind: 'lookupJoin' }>

/** @throws COLUMN_NOT_FOUND, TYPE_MISMATCH, UNSUPPORTED */
export const createLookupJoin: OperatorFactory<LookupJoinSpec> = (spec, context, output) =>
  new LookupJoin(spec, context, output)

class LookupJoin implements Operator {
  readonly #spec: LookupJoinSpec
  readonly #context: OperatorContext
  readonly #output: Output
  readonly #tableSchema: Schema
  /** Positions of the keys in the stream and in the table. */
  readonly #streamKeys: readonly number[]
  readonly #tableKeys: readonly number[]
  /** Positions in the table of the columns that are taken. */
  readonly #taken: readonly number[]
  readonly #columns: readonly ColumnBuffer[]
  #keys: KeyIndex | undefined
  #table: readonly Vector[] = []

  constructor(spec: LookupJoinSpec, context: OperatorContext, output: Output) {
    const [input] = context.inputs
    assert(input !== undefined, 'a look-up join has one input')
    this.#spec = spec
    this.#context = context
    this.#output = output
    this.#tableSchema = new Schema(
      spec.tableColumns.map(({ name, type }) => ({ name, type: type as unknown as DataType })),
    )
    this.#streamKeys = spec.on.map(([name]) => input.indexOf(name))
    this.#tableKeys = spec.on.map(([, name]) => this.#tableSchema.indexOf(name))
    this.#taken = spec.take.map(([, name]) => this.#tableSchema.indexOf(name))
    this.#tableKeys.forEach((position, i) => {
      const a = input.fields[this.#streamKeys[i]!]!
      const b = this.#tableSchema.fields[position]!
      if (!sameType(a.type, b.type)) {
        throw new DataflowError(
          'TYPE_MISMATCH',
          `a look-up of '${a.name}' (${typeName(a.type)}) in the table's '${b.name}' ` +
            `(${typeName(b.type)}): cast one of them`,
          { context: { column: a.name } },
        )
      }
    })
    const types = this.#taken.map((position) => this.#tableSchema.fields[position]!.type)
    this.#columns = types.map((type) => new ColumnBuffer(context.kernels, type))
  }

  async open(): Promise<void> {
    const { kernels, table } = this.#context
    const types = this.#tableKeys.map((position) => this.#tableSchema.fields[position]!.type)
    // A null on either side is encoded as what it is, and is never in the index (LJ2).
    this.#keys = new KeyIndex(kernels, types.map(nullable))
    const { connector, config } = this.#spec
    for await (const batch of table(connector, config, this.#tableSchema)) {
      const mark = kernels.mark()
      this.#append(batch)
      kernels.reset(mark)
    }
    this.#table = this.#columns.map((column) => column.vector())
  }

  processBatch(incoming: RecordBatch): void {
    const { kernels, output } = this.#context
    assert(this.#keys !== undefined, 'a look-up join is used while it is open')
    const { selection, length } = incoming
    // A dense look-up costs the rows that are out, a compaction all columns of those that are in.
    const isSparse = selection !== undefined && selection.length * 2 < length
    const batch = isSparse ? compact(kernels, incoming) : incoming
    const columns = this.#streamKeys.map((position) => batch.columns[position]!)
    const rows = { rows: this.#keys.find(columns, batch.length), length: batch.length }
    const kept = this.#spec.join === 'left' ? batch.selection : this.#matched(batch, rows)
    if (kept?.length === 0) return
    const taken = this.#table.map((column) => gatherOptional(kernels, column, rows))
    const all = [...batch.columns, ...taken].map((column, i) => column.as(output.fields[i]!.type))
    this.#output.emit(new RecordBatch(output, batch.length, all, kept))
  }

  close(): void {
    this.#keys?.close()
    this.#keys = undefined
    for (const column of this.#columns) column.close()
  }

  /** The rows that are in and have a match. */
  #matched(batch: RecordBatch, rows: Selection): Selection | undefined {
    const { kernels } = this.#context
    const { bits, zeros } = takeBits(kernels, 0, rows)
    if (zeros === 0) return batch.selection
    const { selection, length } = batch
    if (selection === undefined) return bitmapToSelection(kernels, bits, length)
    const isIn = bitmapFromSelection(kernels, selection, length)
    return bitmapToSelection(kernels, bitmapLogic(kernels, 'and', bits, isIn, length), length)
  }

  #append(batch: RecordBatch): void {
    const { kernels } = this.#context
    const keys = this.#keys!
    const { keyed: selection } = rowsByKey(kernels, batch, this.#tableKeys)
    const dense = (position: number): Vector =>
      gatherVector(kernels, batch.columns[position]!, selection)
    const columns = this.#tableKeys.map(dense)
    const length = selection?.length ?? batch.length
    const before = keys.size
    const ids = keys.insert(columns, length)
    if (keys.size !== before + length) throw this.#duplicate(batch, selection, ids, before)
    this.#taken.forEach((position, i) => this.#columns[i]!.append(dense(position)))
  }

  /** The error of a key that is in the table before. */
  #duplicate(
    batch: RecordBatch,
    selection: Selection | undefined,
    ids: number,
    before: number,
  ): DataflowError {
    const { kernels } = this.#context
    const found = kernels.u32.subarray(ids / 4, ids / 4 + (selection?.length ?? batch.length))
    const row = found.findIndex((id, i) => id !== before + i)
    const names = this.#spec.on.map(([, name]) => name)
    const schema = this.#tableSchema.project(names)
    const key = new RowReader(kernels, schema)
    key.bind(batch.withSelection(selection).project(schema, this.#tableKeys))
    const values = names.map((name, i) => `${name} = ${String(key.value(i, row))}`)
    return new DataflowError(
      'RECORD_MALFORMED',
      `the look-up table has ${values.join(', ')} more than once; make its key unique, or join by ` +
        'join by more columns',
    )
  }
}
