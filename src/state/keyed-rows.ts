// Rows by id on their way into a snapshot and back: each id becomes its naming columns, and is found again
// by them, perhaps in another subtask, where it is another number.
import type { StateReader, StateWriter } from '../checkpoint/operator-state.ts'
import { BatchBuilder } from '../columnar/batch-builder.ts'
import { RecordBatch } from '../columnar/record-batch.ts'
import { RowReader } from '../columnar/row-reader.ts'
import { type Field, Schema } from '../columnar/schema.ts'
import type { Kernels } from '../kernels/module.ts'
import type { StateScope } from './state-table.ts'

export interface KeyedRowsTarget {
  readonly kernels: Kernels
  readonly into: StateWriter
  readonly scope: StateScope
  readonly batchRows: number
}

export class KeyedRows {
  readonly #target: KeyedRowsTarget
  readonly #name: string
  readonly #schema: Schema
  readonly #keys: readonly number[]
  readonly #builder: BatchBuilder
  readonly #ids: Uint32Array

  /** @param fields the columns of a row; the naming ones come before them */
  constructor(target: KeyedRowsTarget, name: string, fields: readonly Field[]) {
    this.#target = target
    this.#name = name
    this.#schema = new Schema([...target.scope.fields, ...fields])
    this.#keys = Array.from({ length: target.scope.keyCount }, (_, i) => i)
    this.#builder = new BatchBuilder(target.kernels, new Schema(fields))
    this.#ids = new Uint32Array(target.batchRows)
  }

  append(id: number, row: object): void {
    this.#ids[this.#builder.length] = id
    this.#builder.append(row)
    if (this.#builder.length === this.#target.batchRows) this.flush()
  }

  flush(): void {
    const { kernels, into, scope } = this.#target
    const n = this.#builder.length
    if (n === 0) return
    const mark = kernels.mark()
    const { columns } = this.#builder.finish()
    const ids = kernels.put(new Uint8Array(this.#ids.buffer, 0, n * 4))
    const batch = new RecordBatch(this.#schema, n, [...scope.columns(ids, n), ...columns])
    into.keyed(this.#name, batch, this.#keys)
    kernels.reset(mark)
  }

  /** The rows of a table that are this subtask's, by their ids here. */
  static *read(
    { kernels, scope }: Pick<KeyedRowsTarget, 'kernels' | 'scope'>,
    from: StateReader | undefined,
    name: string,
    fields: readonly Field[],
  ): Generator<{ readonly id: number; readonly row: Readonly<Record<string, unknown>> }> {
    const schema = new Schema(fields)
    const reader = new RowReader(kernels, schema)
    const named = scope.fields.length
    const positions = fields.map((_, i) => named + i)
    for (const batch of from?.table(name) ?? []) {
      const ids = scope.resolve(batch.columns.slice(0, named), batch.length)
      reader.bind(batch.project(schema, positions))
      for (let i = 0; i < batch.length; i++) yield { id: ids[i]!, row: reader.row(i) }
    }
  }
}
