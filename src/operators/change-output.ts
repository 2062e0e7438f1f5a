// How operators with updating results emit: changes as batches of at most batchRows rows, with what each
// row does in '$op'. Both rows of an update are in one batch.
import { DataflowError } from '../base/errors.ts'
import { OP_COLUMN, OP_FIELD, ROW_OPS } from '../columnar/changelog.ts'
import { RecordBatch } from '../columnar/record-batch.ts'
import { RowReader } from '../columnar/row-reader.ts'
import { Vector } from '../columnar/vector.ts'
import type { Kernels } from '../kernels/module.ts'
import type { OperatorContext, Output } from './operator.ts'
import { recordText } from './record-text.ts'

/** Columns of rows [from, from + length) of what is emitted. */
export type ChangeColumns = (from: number, length: number) => readonly Vector[]

export class ChangeOutput {
  readonly #context: OperatorContext
  readonly #output: Output
  /** Undefined where all rows are inserted: the output's do not say what they do. */
  readonly #opPosition: number | undefined

  constructor(context: OperatorContext, output: Output) {
    this.#context = context
    this.#output = output
    const { output: schema } = context
    this.#opPosition = schema.has(OP_COLUMN) ? schema.indexOf(OP_COLUMN) : undefined
  }

  /**
   * Emits n changes.
   * @param ops u8 a row
   * @param columns gives the columns of some of the rows, without '$op', in the output's order
   */
  emit(ops: number, n: number, columns: ChangeColumns): void {
    for (let from = 0; from < n;) from = this.#slice(ops, from, n, columns)
  }

  /** The same, one batch a step: what `ops` and `columns` read must not be in the arena. */
  *emitting(ops: number, n: number, columns: ChangeColumns): Generator<void> {
    for (let from = 0; from < n;) {
      from = this.#slice(ops, from, n, columns)
      yield
    }
  }

  /** Emits one batch; where the next begins. */
  #slice(ops: number, from: number, n: number, columns: ChangeColumns): number {
    const { kernels, config, output } = this.#context
    let length = Math.min(Math.max(2, config.batchRows), n - from)
    if (kernels.u8[ops + from + length - 1] === ROW_OPS.updateBefore) length--
    const op = new Vector({ type: OP_FIELD.type, length, values: ops + from })
    const all = [...columns(from, length)]
    if (this.#opPosition !== undefined) all.splice(this.#opPosition, 0, op)
    const typed = all.map((column, i) => column.as(output.fields[i]!.type))
    this.#output.emit(new RecordBatch(output, length, typed))
    return from + length
  }
}

/** A row of a batch (its place among those that are in) that is taken back and is not there. */
export function notThere(kernels: Kernels, batch: RecordBatch, row: number): DataflowError {
  const reader = new RowReader(kernels, batch.schema)
  reader.bind(batch)
  const shown = Object.entries(reader.row(row)).filter(([name]) => !name.startsWith('$'))
  return new DataflowError(
    'RECORD_MALFORMED',
    `a changelog takes a row back that it has not given, ${recordText(Object.fromEntries(shown))}: ` +
      'the changes of a row must come by one way, and no rows may be left out of them but by ' +
      'where()',
    { context: { row } },
  )
}
