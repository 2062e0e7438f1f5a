// Runs one operator as a chain would: batches and watermarks in, rows out. The arena is reset after
// each batch and after each yield, as the slot does, so that an operator that keeps scratch is
// found out.
import { BatchBuilder } from '../../src/columnar/batch-builder.ts'
import type { RecordBatch, Selection } from '../../src/columnar/record-batch.ts'
import { RowReader } from '../../src/columnar/row-reader.ts'
import type { Schema } from '../../src/columnar/schema.ts'
import { systemClock } from '../../src/base/clock.ts'
import { DEFAULT_CONFIG } from '../../src/base/config.ts'
import type { Kernels } from '../../src/kernels/module.ts'
import { newMetrics, type Operator, type OperatorContext } from '../../src/operators/operator.ts'
import type { OperatorFactory } from '../../src/operators/operator.ts'

export type Row = Record<string, unknown>

export interface HarnessOptions<Config> {
  readonly kernels: Kernels
  readonly factory: OperatorFactory<Config>
  readonly config: Config
  readonly input: Schema
  readonly output: Schema
  readonly batchRows?: number
  readonly table?: (schema: Schema) => AsyncGenerator<RecordBatch>
}

export class OperatorHarness<Config> {
  readonly metrics = newMetrics()
  readonly #kernels: Kernels
  readonly #operator: Operator
  readonly #builder: BatchBuilder
  readonly #reader: RowReader
  #rows: Row[] = []
  /** Rows of each batch that came out. */
  readonly batchSizes: number[] = []

  constructor(options: HarnessOptions<Config>) {
    const { kernels, input, output } = options
    this.#kernels = kernels
    this.#builder = new BatchBuilder(kernels, input)
    this.#reader = new RowReader(kernels, output)
    const context: OperatorContext = {
      kernels,
      name: 'under test',
      subtaskIndex: 0,
      parallelism: 1,
      attempt: 0,
      config: { ...DEFAULT_CONFIG, batchRows: options.batchRows ?? DEFAULT_CONFIG.batchRows },
      clock: systemClock,
      inputs: [input],
      output,
      metrics: this.metrics,
      closure: undefined,
      userFunctions: new Map(),
      table: (_connector, _config, schema) => options.table!(schema),
      pending() {},
    }
    this.#operator = options.factory(options.config, context, {
      emit: (batch) => {
        this.batchSizes.push(batch.rowCount)
        this.#rows.push(...(this.#reader.rows(batch) as Row[]))
      },
      emitWatermark() {},
    })
  }

  async open(): Promise<void> {
    await this.#operator.open?.()
  }

  close(): void {
    void this.#operator.close?.()
  }

  /** Sends rows, some of them left out by a selection; returns what came out. */
  batch(rows: readonly Row[], isIn?: (row: Row, index: number) => boolean): Row[] {
    const mark = this.#kernels.mark()
    for (const row of rows) this.#builder.append(row)
    const batch = this.#builder.finish()
    this.#operator.processBatch(
      isIn === undefined ? batch : batch.withSelection(this.#selection(rows, isIn)),
      0,
    )
    this.#kernels.reset(mark)
    return this.#taken()
  }

  watermark(watermarkMs: number): Row[] {
    const mark = this.#kernels.mark()
    const firing = this.#operator.processWatermark?.(watermarkMs)
    if (firing !== undefined) {
      for (const _ of firing) {
        this.#kernels.reset(mark)
        this.#dirty()
      }
    }
    this.#kernels.reset(mark)
    return this.#taken()
  }

  /** Overwrites what the arena will give next. */
  #dirty(): void {
    const mark = this.#kernels.mark()
    const ptr = this.#kernels.scratch(1 << 16)
    this.#kernels.u8.fill(0xa5, ptr, ptr + (1 << 16))
    this.#kernels.reset(mark)
  }

  #selection(rows: readonly Row[], isIn: (row: Row, index: number) => boolean): Selection {
    const numbers = rows.flatMap((row, index) => (isIn(row, index) ? [index] : []))
    const ptr = this.#kernels.put(new Uint8Array(Uint32Array.from(numbers).buffer))
    return { rows: ptr, length: numbers.length }
  }

  #taken(): Row[] {
    const rows = this.#rows
    this.#rows = []
    return rows
  }
}
