// Runs one operator as a chain would: batches and watermarks in, rows out. The arena is reset after
// each batch and after each yield, as the slot does, so that an operator that keeps scratch is
// found out. Several inputs, side outputs, a clock of its own, and snapshots as tables of state.
import { BatchBuilder } from '../../src/columnar/batch-builder.ts'
import type { RecordBatch, Selection } from '../../src/columnar/record-batch.ts'
import { RowReader } from '../../src/columnar/row-reader.ts'
import type { Schema } from '../../src/columnar/schema.ts'
import type { OperatorSnapshot } from '../../src/checkpoint/operator-state.ts'
import { RestoredState, SnapshotWriter } from '../../src/checkpoint/state-tables.ts'
import { DEFAULT_CONFIG } from '../../src/base/config.ts'
import type { Kernels } from '../../src/kernels/module.ts'
import { newMetrics, type Operator, type OperatorContext } from '../../src/operators/operator.ts'
import type { OperatorFactory } from '../../src/operators/operator.ts'

export type Row = Record<string, unknown>

export interface HarnessOptions<Config> {
  readonly kernels: Kernels
  readonly factory: OperatorFactory<Config>
  readonly config: Config
  /** One schema, or one an input. */
  readonly input: Schema | readonly Schema[]
  readonly output: Schema
  readonly sides?: ReadonlyMap<string, Schema>
  readonly closure?: unknown
  readonly subtaskIndex?: number
  readonly parallelism?: number
  /** Goes on from these snapshots (of all subtasks that there were). */
  readonly restore?: readonly OperatorSnapshot[]
  readonly batchRows?: number
  readonly stateCompactionKeysMin?: number
  /** Input waits to be taken, whenever the operator asks. */
  readonly hasInput?: boolean
  readonly table?: (schema: Schema) => AsyncGenerator<RecordBatch>
}

const PLACE = { subtaskIndex: 0, parallelism: 1, maxParallelism: DEFAULT_CONFIG.maxParallelism }

export class OperatorHarness<Config> {
  readonly metrics = newMetrics()
  readonly #kernels: Kernels
  readonly #operator: Operator
  readonly #builders: readonly BatchBuilder[]
  readonly #reader: RowReader
  readonly #place: typeof PLACE
  #rows: Row[] = []
  #watermarkMs = -Infinity
  #nowMs = 0
  #alarmMs = Infinity
  /** Rows of each batch that came out. */
  readonly batchSizes: number[] = []
  /** Rows that went to side outputs, in order. */
  readonly side: { readonly tag: string; readonly row: Row }[] = []
  /** What a generator of watermarks put out. */
  readonly watermarks: (number | 'idle' | 'active')[] = []
  readonly #mail: (() => Generator<void> | void)[] = []
  /** What the operator asked the subtask to wait for. */
  readonly pending: Promise<void>[] = []

  constructor(options: HarnessOptions<Config>) {
    const { kernels, output, sides = new Map<string, Schema>() } = options
    const inputs = Array.isArray(options.input) ? options.input : [options.input]
    this.#kernels = kernels
    this.#builders = inputs.map((schema) => new BatchBuilder(kernels, schema))
    this.#reader = new RowReader(kernels, output)
    const { subtaskIndex = 0, parallelism = 1 } = options
    this.#place = { ...PLACE, subtaskIndex, parallelism }
    const now = () => this.#nowMs
    const watermark = () => this.#watermarkMs
    const { restore } = options
    const context: OperatorContext = {
      kernels,
      name: 'under test',
      subtaskIndex,
      parallelism,
      attempt: 0,
      config: {
        ...DEFAULT_CONFIG,
        batchRows: options.batchRows ?? DEFAULT_CONFIG.batchRows,
        stateCompactionKeysMin:
          options.stateCompactionKeysMin ?? DEFAULT_CONFIG.stateCompactionKeysMin,
      },
      clock: { now, monotonic: now, schedule: () => () => undefined },
      get watermarkMs() {
        return watermark()
      },
      processingTimeMs: now,
      hasInput: options.hasInput ?? false,
      wakeAt: (timeMs) => {
        this.#alarmMs = Math.min(this.#alarmMs, timeMs)
      },
      restored: restore && new RestoredState(kernels, restore, this.#place),
      sides,
      inputs,
      output,
      metrics: this.metrics,
      closure: options.closure,
      userFunctions: new Map(),
      table: (_connector, _config, schema) => options.table!(schema),
      pending: (work) => void this.pending.push(work),
      mailbox: (work) => void this.#mail.push(work),
    }
    const sideReaders = new Map(
      [...sides].map(([tag, each]) => [tag, new RowReader(kernels, each)]),
    )
    this.#operator = options.factory(options.config, context, {
      emit: (batch) => {
        if (batch.rowCount === 0) return
        this.batchSizes.push(batch.rowCount)
        this.#rows.push(...(this.#reader.rows(batch) as Row[]))
      },
      emitSide: (tag, batch) => {
        const rows = sideReaders.get(tag)?.rows(batch) ?? []
        this.side.push(...rows.map((row) => ({ tag, row: row as Row })))
      },
      emitWatermark: (watermarkMs) => void this.watermarks.push(watermarkMs),
      forwardWatermark: (watermarkMs) => this.#forward(watermarkMs),
      emitIdle: (idle) => void this.watermarks.push(idle ? 'idle' : 'active'),
    })
  }

  async open(): Promise<void> {
    await this.#operator.open?.()
  }

  close(): void {
    void this.#operator.close?.()
  }

  /** Sends rows, some of them left out by a selection; returns what came out. */
  batch(rows: readonly Row[], isIn?: (row: Row, index: number) => boolean, input = 0): Row[] {
    const mark = this.#kernels.mark()
    const builder = this.#builders[input]!
    for (const row of rows) builder.append(row)
    const batch = builder.finish()
    const sent = isIn === undefined ? batch : batch.withSelection(this.#selection(rows, isIn))
    const scratch = this.#kernels.mark()
    const rest = this.#operator.processBatch(sent, input)
    this.#kernels.reset(scratch)
    // The batch lives until its work is done, and nothing else does.
    this.#dirty()
    this.#run(rest)
    this.#kernels.reset(mark)
    return this.#taken()
  }

  /** It takes no input now. */
  get isFull(): boolean {
    return this.#operator.isFull === true
  }

  watermark(watermarkMs: number): Row[] {
    this.#watermarkMs = watermarkMs
    this.#run(this.#operator.processWatermark?.(watermarkMs))
    if (watermarkMs === Infinity && this.#operator.holdsWatermarks !== true) {
      this.#run(this.#operator.onProcessingTime?.(Infinity))
    }
    return this.#taken()
  }

  idle(idle: boolean): void {
    this.#operator.processIdle?.(idle)
  }

  /** Works off the operator's mail. */
  mail(): Row[] {
    for (let work = this.#mail.shift(); work !== undefined; work = this.#mail.shift()) {
      this.#run(work())
    }
    return this.#taken()
  }

  /** Moves processing time on; the operator is told of each alarm that is due on the way. */
  processingTime(nowMs: number): Row[] {
    while (this.#alarmMs <= nowMs) {
      this.#nowMs = Math.max(this.#nowMs, this.#alarmMs)
      this.#alarmMs = Infinity
      this.#run(this.#operator.onProcessingTime?.(this.#nowMs))
    }
    this.#nowMs = nowMs
    return this.#taken()
  }

  /** The clock moves on, and the operator is not told yet: its alarms wait. */
  clock(nowMs: number): void {
    this.#nowMs = nowMs
  }

  snapshot(): OperatorSnapshot {
    const mark = this.#kernels.mark()
    const writer = new SnapshotWriter(this.#kernels, this.#place)
    this.#operator.snapshot?.(writer)
    this.#kernels.reset(mark)
    return writer.finish()
  }

  *#forward(watermarkMs: number): Generator<void> {
    this.watermarks.push(watermarkMs)
    yield
  }

  #run(firing: Generator<void> | void): void {
    const mark = this.#kernels.mark()
    if (firing !== undefined) {
      for (const _ of firing) {
        this.#kernels.reset(mark)
        this.#dirty()
      }
    }
    this.#kernels.reset(mark)
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
