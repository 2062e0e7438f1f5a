// The end of a stream: hands batches to a sink's writer, without the hidden columns ('$...') but for what
// the rows of a changelog do, when the sink takes changes.
import { OP_COLUMN } from '../columnar/changelog.ts'
import type { RecordBatch } from '../columnar/record-batch.ts'
import { Schema } from '../columnar/schema.ts'
import type { Sink, SinkWriter } from '../connectors/connector.ts'
import type { Operator, OperatorContext } from '../operators/operator.ts'

export class SinkOperator implements Operator {
  readonly #writer: SinkWriter
  readonly #context: OperatorContext
  readonly #schema: Schema
  readonly #visible: readonly number[]

  /** @param takesChanges the sink is told what each row of a changelog does */
  constructor(sink: Sink, context: OperatorContext, takesChanges: boolean) {
    const input = context.inputs[0]!
    this.#context = context
    const visible = input.names.flatMap((name, i) => (name.startsWith('$') ? [] : [i]))
    const hasOp = takesChanges && input.has(OP_COLUMN)
    this.#visible = hasOp ? [...visible, input.indexOf(OP_COLUMN)] : visible
    this.#schema = new Schema(this.#visible.map((i) => input.fields[i]!))
    const { kernels, config, subtaskIndex, parallelism, metrics } = context
    this.#writer = sink.writer({
      kernels,
      config,
      subtaskIndex,
      parallelism,
      metrics,
      schema: this.#schema,
    })
  }

  open(): void | Promise<void> {
    return this.#writer.open?.()
  }

  processBatch(batch: RecordBatch): void {
    const visible =
      this.#visible.length === batch.columns.length
        ? batch
        : batch.project(this.#schema, this.#visible)
    this.#context.metrics.rowsOut += visible.rowCount
    const writing = this.#writer.write(visible)
    if (writing !== undefined) this.#context.pending(writing)
  }

  finish(): void | Promise<void> {
    return this.#writer.finish()
  }

  close(): void | Promise<void> {
    return this.#writer.close()
  }
}
