// Aggregates by key over sessions: windows that end when nothing has come for a gap, by event time or by
// the clock.
//
//   batch      -> key ids -> accumulators of sessions -> update -> merge what has become one session
//   watermark  -> sessions that are over -> columns -> batches
//
// SW1  Rows are taken one after the other, in order of arrival, as Flink takes them. A session fires when
//      the watermark reaches its last moment, and again for late rows while it lives: once a batch.
// SW2  A row is late when the session that it is in, or would begin, lives no more: dropped and counted.
// SW3  What first() and last() are of a session that was several follows their order in time.
// SW4  Emission is bounded: at most batchRows rows a batch, and after each the generator yields.
// SW5  A purging trigger empties the accumulators of what has fired; the session lives on, and fires again
//      with the late rows alone.
// SW6  By the clock each subtask was woken at a time of its own when a snapshot was taken. A session that is
//      in the state has not fired: what is over fires when the job goes on.
import { assert } from '../base/assert.ts'
import type { StateWriter } from '../checkpoint/operator-state.ts'
import type { RecordBatch } from '../columnar/record-batch.ts'
import { bitmapBytes } from '../kernels/bitmap.ts'
import type { SessionMerges } from '../kernels/session-table.ts'
import { KeyCompaction } from '../state/key-compaction.ts'
import type { Operator, OperatorContext, Output } from './operator.ts'
import { rowsReset } from '../kernels/trigger.ts'
import {
  closeSessions,
  fireAgain,
  fireOver,
  freeSessions,
  openSessions,
  readSessions,
  SESSION_FIELDS,
  type SessionParts,
  writeSessions,
} from './session-parts.ts'
import { WindowInput } from './window-input.ts'
import { firingOf, type SessionWindowSpec, type WindowAggregateSpec } from './window-spec.ts'
import { WindowState } from './window-state.ts'

interface State extends SessionParts {
  /** Accumulators as they start. */
  readonly template: number
}

export class SessionWindows implements Operator {
  readonly #context: OperatorContext
  readonly #output: Output
  readonly #input: WindowInput
  readonly #gapMs: number
  readonly #purges: boolean
  readonly #tables: WindowState
  readonly #compaction: KeyCompaction
  #state: State | undefined
  #watermarkMs = -Infinity

  constructor(
    spec: WindowAggregateSpec & { readonly window: SessionWindowSpec },
    context: OperatorContext,
    output: Output,
  ) {
    this.#context = context
    this.#output = output
    this.#input = new WindowInput(spec, context, output)
    this.#gapMs = spec.window.gapMs
    this.#purges = firingOf(spec.trigger).purging
    const { aggregation, keyColumns } = this.#input
    this.#tables = new WindowState({ context, aggregation, keyColumns, own: SESSION_FIELDS })
    this.#compaction = new KeyCompaction(context.kernels)
  }

  open(): void {
    const { kernels } = this.#context
    const { aggregation } = this.#input
    const options = {
      context: this.#context,
      output: this.#output,
      input: this.#input,
      gapMs: this.#gapMs,
    }
    const parts = openSessions(options, aggregation.template)
    const template = kernels.allocate(aggregation.template.length)
    kernels.u8.set(aggregation.template, template)
    this.#state = { ...parts, template }
    this.#restore()
  }

  processBatch(batch: RecordBatch): Generator<void> | void {
    const { kernels } = this.#context
    const { keys, sessions, program } = this.#opened()
    const input = this.#input
    const n = batch.rowCount
    const dense = input.dense(batch)
    const times = input.times(dense, n, this.#watermarkMs + 1)
    const ids = keys.insert(input.keyColumns.map(dense), n)
    const rows = kernels.scratch(n * 4)
    const kept = kernels.scratch(bitmapBytes(n) + 8)
    const assigned = sessions.assign({ times, ids, n, idCount: keys.size, rows, kept })
    if (assigned.kind === 'outOfRange') throw input.outOfRange(assigned.row)
    const late = sessions.lateRows
    input.update(program, dense, rows, late === 0 ? 0 : kept, n)
    this.#merge(assigned.merges)
    const again = sessions.again(n)
    this.#free()
    input.late(batch, kept, late)
    if (input.isProcessingTime) {
      this.#context.wakeAt(this.#context.processingTimeMs() + this.#gapMs)
    }
    if (again.length === 0) return undefined
    return fireAgain(this.#context, this.#opened(), again, () => this.#flush())
  }

  *processWatermark(watermarkMs: number): Generator<void> {
    if (this.#input.isProcessingTime || watermarkMs <= this.#watermarkMs) return
    yield* this.#advance(watermarkMs)
  }

  *onProcessingTime(nowMs: number): Generator<void> {
    if (!this.#input.isProcessingTime) return
    // A session's last moment is the one before its end, and that has passed.
    yield* this.#advance(Math.max(nowMs - 1, this.#watermarkMs))
    this.#wake()
  }

  snapshot(into: StateWriter): void {
    writeSessions(this.#context, this.#opened(), this.#tables, into)
    this.#tables.writeProgress(into, this.#watermarkMs)
  }

  close(): void {
    if (this.#state === undefined) return
    const { template } = this.#state
    closeSessions(this.#state)
    this.#state = undefined
    this.#context.kernels.release(template)
  }

  #opened(): State {
    assert(this.#state !== undefined, 'a window operator is used while it is open')
    return this.#state
  }

  #restore(): void {
    this.#watermarkMs = this.#tables.readProgress()
    const { isProcessingTime } = this.#input
    const firedMs = isProcessingTime ? -Infinity : this.#watermarkMs
    readSessions(this.#context, this.#opened(), this.#tables, firedMs)
    if (isProcessingTime) this.#wake()
  }

  #merge({ from, to, length }: SessionMerges): void {
    const { program } = this.#opened()
    // One by one: what has been merged into may be merged on.
    for (let i = 0; i < length; i++) {
      const overflow = program.merge(from + i * 4, to + i * 4, 1)
      if (overflow !== undefined) throw this.#input.aggregation.overflow(overflow)
    }
  }

  /** Fires sessions that are over, and lets those go that live no more. */
  *#advance(watermarkMs: number): Generator<void> {
    this.#watermarkMs = watermarkMs
    const parts = this.#opened()
    yield* fireOver(parts, watermarkMs, { keep: (n) => n, flush: () => this.#flush() })
    this.#free()
    this.#compaction.run(parts.keys, parts.sessions)
  }

  #flush(): void {
    const { results } = this.#opened()
    const n = results.length
    results.flush()
    if (this.#purges) this.#purge(results.gathered, n)
    this.#free()
  }

  #purge(rows: number, n: number): void {
    const { program, template } = this.#opened()
    const { template: fresh, holdsBytes } = this.#input.aggregation
    if (holdsBytes) program.release(rows, n)
    rowsReset(this.#context.kernels, { rows, n, offset: 0 }, template, fresh.length)
  }

  #free(): void {
    freeSessions(this.#opened(), this.#input, this.#context.config.batchRows)
  }

  #wake(): void {
    // Its last moment is over a millisecond later.
    this.#context.wakeAt(this.#opened().sessions.nextDueMs + 1)
  }
}
