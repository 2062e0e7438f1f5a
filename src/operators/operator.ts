// The contract of every operator. An operator is one step of a chain: it takes batches and watermarks,
// and pushes batches on. It lives in one subtask, in one slot, and is called by the chain only.
//
// O1  One call at a time, to completion; between calls nothing else touches an operator's state.
// O2  An input batch lives until the call returns, or until what it gave has run to its end. What is kept is
//     copied.
// O3  A watermark promises that no row at or before it follows. The chain forwards it to the next
//     operator once processWatermark() has finished, unless the operator generates watermarks itself.
// O4  Processing time comes by onProcessingTime() only, and never steps back.
// O5  State is written whole when a snapshot is asked for, and read back in open().
// O6  Work that may emit much (a window that fires, a hot key of a join) is a generator: it yields after
//     each batch, and the chain goes on with it only while the outputs have credit. Scratch memory ends
//     at each yield. Of a batch that is for the first operator of a chain; behind another one the work
//     runs at once, so that what emits much out of one batch should begin a chain (two inputs do).
// O7  What happens outside (a promise settles) enters by mail: context.mailbox() makes it a step.
import type { Clock } from '../base/clock.ts'
import type { JobConfig } from '../base/config.ts'
import type { Json } from '../base/json.ts'
import type { StateReader, StateWriter } from '../checkpoint/operator-state.ts'
import type { RecordBatch } from '../columnar/record-batch.ts'
import type { Schema } from '../columnar/schema.ts'
import type { Kernels } from '../kernels/module.ts'
import type { UserMetrics } from './user-metrics.ts'

/** Where an operator pushes what it makes: the next operator of the chain, or its end. */
export interface Output {
  emit(batch: RecordBatch): void
  /** To whoever reads the side output `tag` (context.sides); nobody: nothing happens. */
  emitSide(tag: string, batch: RecordBatch): void
  /** Only for operators that generate watermarks. Milliseconds; +Infinity ends event time. */
  emitWatermark(watermarkMs: number): void
  /** The same piece by piece, within a generator (O6); also for operators that hold watermarks. */
  forwardWatermark(watermarkMs: number): Generator<void>
  /** Only for operators that generate watermarks: nobody is to wait for this stream's, or again. */
  emitIdle(idle: boolean): void
}

/** Counters of one operator in one subtask. Plain numbers: read by the slot's reporter between calls. */
export interface OperatorMetrics {
  rowsIn: number
  rowsOut: number
  batchesIn: number
  /** Bytes a source read from outside. */
  bytesIn: number
  /** Bytes a sink wrote. */
  bytesOut: number
  /** Rows that came after their window was closed, and were dropped. */
  lateRows: number
  /** Results of windows: one a key and window. */
  windowsFired: number
  /** Row objects made for user closures. */
  rowObjects: number
  /** Malformed records that were skipped or sent to the dead letters. */
  malformedRecords: number
  /** What user functions count and report, by name. */
  readonly user: UserMetrics
}

export const newMetrics = (): OperatorMetrics => ({
  rowsIn: 0,
  rowsOut: 0,
  batchesIn: 0,
  bytesIn: 0,
  bytesOut: 0,
  lateRows: 0,
  windowsFired: 0,
  rowObjects: 0,
  malformedRecords: 0,
  user: new Map(),
})

/** What an operator knows of the world. */
export interface OperatorContext {
  readonly kernels: Kernels
  /** The operator's name, as in plans and errors. */
  readonly name: string
  readonly subtaskIndex: number
  readonly parallelism: number
  readonly attempt: number
  readonly config: JobConfig
  readonly clock: Clock
  /** The watermark that the operator got last, milliseconds; -Infinity before the first. */
  readonly watermarkMs: number
  /** Processing time: the clock's, milliseconds since the epoch, but never less than before. */
  processingTimeMs(): number
  /** Something waits to be taken by the subtask: what is late is held up here, not at its origin. */
  readonly hasInput: boolean
  /** Asks for onProcessingTime() once processing time has reached `timeMs`; the earliest asked for counts. */
  wakeAt(timeMs: number): void
  /**
   * Runs `work` as a step of this operator: from anywhere, any time (a promise has settled). Work is done
   * in the order of the calls, once the outputs have credit; at the job's end what is left is dropped, and
   * a snapshot does not have it. The caller bounds how much waits.
   */
  mailbox(work: () => Generator<void> | void): void
  /** What the operator had written in the snapshot that the job goes on from. */
  readonly restored: StateReader | undefined
  /** The side outputs that somebody reads, by tag. */
  readonly sides: ReadonlyMap<string, Schema>
  /** One schema an input. */
  readonly inputs: readonly Schema[]
  readonly output: Schema
  readonly metrics: OperatorMetrics
  /** The user's closure for this operator; there is one exactly when its spec says so. */
  readonly closure: unknown
  /** Compiled AssemblyScript functions, by the URL of their `.as.ts` file. */
  readonly userFunctions: ReadonlyMap<string, WebAssembly.Module>
  /** Reads a bounded source whole (a look-up join's table); each batch lives until the next. */
  table(connector: string, config: Json, schema: Schema): AsyncGenerator<RecordBatch>
  /** The subtask takes no further input until the promise settles; a rejection fails it. */
  pending(work: Promise<void>): void
}

export interface Operator {
  /** True when this operator makes the watermarks: incoming ones (but the last) are dropped. */
  readonly generatesWatermarks?: boolean
  /**
   * True when it passes on each watermark itself (output.forwardWatermark), the last one too, when the rows
   * before it are out. The subtask ends after that, and until then goes on with its mail and alarms.
   */
  readonly holdsWatermarks?: boolean
  /** While it is true, no input is taken; mail and alarms come. It changes within steps only. */
  readonly isFull?: boolean
  open?(): void | Promise<void>
  /** May give the rest of its work, when there is much to emit (O6). */
  processBatch(batch: RecordBatch, input: number): Generator<void> | void
  processWatermark?(watermarkMs: number): Generator<void> | void
  /** Its input is idle, or no longer. Who has this method passes it on (output.emitIdle), or does not. */
  processIdle?(idle: boolean): void
  /**
   * Processing time has reached what wakeAt() asked for. At the end of input, after the final watermark,
   * every operator is told +Infinity: what waits for processing time is then due. (Those that hold
   * watermarks are not: their time goes on.)
   */
  onProcessingTime?(nowMs: number): Generator<void> | void
  /** Writes its whole state; nothing that it emitted before is in flight within the chain. */
  snapshot?(into: StateWriter): void
  /** All inputs have ended (after the final watermark). A sink publishes here. */
  finish?(): void | Promise<void>
  /** Always called once, also after a failure or a cancel: give everything back. */
  close?(): void | Promise<void>
}

/** Makes an operator from its spec's config. What it throws is a plan that does not fit its schemas. */
export type OperatorFactory<Config> = (
  config: Config,
  context: OperatorContext,
  output: Output,
) => Operator
