// Aggregates by key over sessions that fire by a trigger of their own: by a number of rows, or at
// regular times before their end; emptied with each firing if it says so.
//
//   batch      -> pieces of rows: up to a row that makes sessions one, and that row -> accumulators of
//                 sessions -> update -> count, fire
//   watermark  -> sessions that are over, and those whose time to fire has come -> batches
//
// TN1  A session's accumulators have the trigger's words behind them (kernels/trigger.ts). Of sessions that
//      become one the counts are added up, and the earlier time to fire stays, as in Flink.
// TN2  A count fires in the midst of a batch, with the bounds that the session has then, and not at its end.
//      A count that was reached by becoming one fires with the next row.
// TN3  A continuous trigger fires at each multiple of its interval, at the session's end, and for rows that
//      come after it, once a batch. What passes several of these at once fires once.
// TN4  By the clock a session that is in the state has not come to its end (SW6 in session-windows.ts).
import { assert } from '../base/assert.ts'
import type { StateWriter } from '../checkpoint/operator-state.ts'
import type { DenseColumns } from '../columnar/dense-columns.ts'
import { batchPart } from '../columnar/gather.ts'
import type { RecordBatch } from '../columnar/record-batch.ts'
import { bitmapBytes } from '../kernels/bitmap.ts'
import {
  triggerDue,
  triggerFilled,
  triggerMerge,
  type TriggerRows,
  triggerWords,
} from '../kernels/trigger.ts'
import { fireCounted } from './count-rounds.ts'
import { FiredCopies } from './fired-copies.ts'
import { KeyCompaction } from '../state/key-compaction.ts'
import type { Operator, OperatorContext, Output } from './operator.ts'
import {
  addResults,
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
import { setTriggerWords, touchTriggers, TRIGGER_FIELDS, triggerColumns } from './trigger-state.ts'
import { WindowInput } from './window-input.ts'
import {
  firingOf,
  type SessionWindowSpec,
  type TriggerFiring,
  type WindowAggregateSpec,
} from './window-spec.ts'
import { WindowState } from './window-state.ts'

interface State extends SessionParts {
  readonly copies: FiredCopies
}

/** Of a window there is none. */
const WORD_FIELDS = TRIGGER_FIELDS.slice(1)

/** A batch, or a part of it: u32 key ids and accumulators, i64 times, starts and ends by row. */
interface Piece {
  readonly batch: RecordBatch
  readonly dense: DenseColumns
  readonly ids: number
  readonly times: number
  readonly rows: number
  readonly starts: number
  readonly ends: number
  readonly n: number
}

export class TriggeredSessions implements Operator {
  readonly #context: OperatorContext
  readonly #output: Output
  readonly #input: WindowInput
  readonly #gapMs: number
  readonly #firing: TriggerFiring
  readonly #tables: WindowState
  readonly #compaction: KeyCompaction
  /** Where the trigger's words are, behind the accumulators. */
  readonly #words: number
  #state: State | undefined
  #watermarkMs = -Infinity
  /** When the first session fires before its end. */
  #nextMs = Infinity

  constructor(
    spec: WindowAggregateSpec & { readonly window: SessionWindowSpec },
    context: OperatorContext,
    output: Output,
  ) {
    this.#context = context
    this.#output = output
    this.#input = new WindowInput(spec, context, output)
    this.#gapMs = spec.window.gapMs
    this.#firing = firingOf(spec.trigger)
    const { aggregation, keyColumns } = this.#input
    this.#words = aggregation.template.length
    const own = [...SESSION_FIELDS, ...WORD_FIELDS]
    this.#tables = new WindowState({ context, aggregation, keyColumns, own })
    this.#compaction = new KeyCompaction(context.kernels)
  }

  open(): void {
    const { aggregation } = this.#input
    const options = {
      context: this.#context,
      output: this.#output,
      input: this.#input,
      gapMs: this.#gapMs,
    }
    const template = Uint8Array.from([...aggregation.template, ...triggerWords()])
    const parts = openSessions(options, template)
    this.#state = { ...parts, copies: new FiredCopies(this.#context, parts.program, aggregation) }
    this.#restore()
  }

  processBatch(batch: RecordBatch): Generator<void> | void {
    const { kernels } = this.#context
    const { keys, sessions, results } = this.#opened()
    const input = this.#input
    const n = batch.rowCount
    const dense = input.dense(batch)
    const times = input.times(dense, n, this.#watermarkMs + 1)
    const ids = keys.insert(input.keyColumns.map(dense), n)
    const rows = kernels.scratch(n * 4)
    const [starts, ends] = [kernels.scratch(n * 8), kernels.scratch(n * 8)]
    const kept = kernels.scratch(bitmapBytes(n) + 8)
    const whole = { batch, dense, ids, times, rows, starts, ends, n }
    for (let from = 0; from < n;) {
      const rest = { ...part(whole, from, n - from), idCount: keys.size, kept }
      const assigned = sessions.assignUpToMerge(rest, rest)
      if (assigned.kind === 'outOfRange') throw input.outOfRange(from + assigned.row)
      const { done, merge } = assigned
      const late = sessions.lateRows
      const plain = merge === undefined ? done : done - 1
      this.#take(this.#piece(whole, from, plain), kept, late)
      if (merge !== undefined) {
        this.#merge(merge)
        this.#take(this.#piece(whole, from + plain, 1), 0, 0)
      }
      from += done
    }
    if (results.length > 0) this.#flush()
    const again = sessions.again(n)
    this.#free()
    if (input.isProcessingTime) {
      this.#context.wakeAt(this.#context.processingTimeMs() + this.#gapMs)
    }
    this.#wakeToFire()
    // Who counts fires by that only.
    if (again.length === 0 || this.#firing.count > 0) return undefined
    return fireAgain(this.#context, this.#opened(), again, () => this.#flush())
  }

  *processWatermark(watermarkMs: number): Generator<void> {
    if (this.#input.isProcessingTime) return
    if (watermarkMs > this.#watermarkMs) yield* this.#advance(watermarkMs)
    if (this.#firing.time === 'event') yield* this.#fireDue(watermarkMs)
  }

  *onProcessingTime(nowMs: number): Generator<void> {
    if (this.#input.isProcessingTime) {
      // A session's last moment is the one before its end, and that has passed.
      yield* this.#advance(Math.max(nowMs - 1, this.#watermarkMs))
    }
    if (this.#firing.time === 'processing' && nowMs !== Infinity) yield* this.#fireDue(nowMs)
    this.#wake()
  }

  snapshot(into: StateWriter): void {
    const { kernels } = this.#context
    const offset = this.#words
    writeSessions(this.#context, this.#opened(), this.#tables, into, (rows, n) =>
      triggerColumns(kernels, { rows, n, offset }, 0).slice(1),
    )
    this.#tables.writeProgress(into, this.#watermarkMs)
  }

  close(): void {
    if (this.#state === undefined) return
    const { copies } = this.#state
    closeSessions(this.#state)
    copies.close()
    this.#state = undefined
  }

  #opened(): State {
    assert(this.#state !== undefined, 'a window operator is used while it is open')
    return this.#state
  }

  #restore(): void {
    const { kernels } = this.#context
    const offset = this.#words
    this.#watermarkMs = this.#tables.readProgress()
    const firedMs = this.#input.isProcessingTime ? -Infinity : this.#watermarkMs
    readSessions(this.#context, this.#opened(), this.#tables, firedMs, (rows, n, own) => {
      setTriggerWords(kernels, { rows, n, offset }, own)
      // Whoever fires next says when that is.
      this.#nextMs = -Infinity
    })
    this.#wake()
  }

  /** Rows of a batch; all of them are the batch. */
  #piece(whole: Piece, from: number, n: number): Piece {
    if (n === whole.n) return whole
    const batch = batchPart(this.#context.kernels, whole.batch, from, n)
    return { ...part(whole, from, n), batch, dense: this.#input.dense(batch) }
  }

  /** @param kept bitmap of the rows that are not late; 0: all */
  #take(piece: Piece, kept: number, late: number): void {
    const { batch, dense, ids, rows, starts, ends, n } = piece
    if (n === 0) return
    const { kernels } = this.#context
    const parts = this.#opened()
    const input = this.#input
    input.bind(parts.program, dense, n)
    input.late(batch, kept, late)
    const counted = { rows, n, offset: this.#words }
    if (this.#firing.count === 0) {
      input.updateBound(parts.program, rows, late === 0 ? 0 : kept, n)
      this.#touch(counted, piece.times)
      return
    }
    fireCounted(counted, {
      kernels,
      input,
      parts,
      copies: parts.copies,
      firing: this.#firing,
      ids,
      boundsOf: (row) => [kernels.i64[starts / 8 + row]!, kernels.i64[ends / 8 + row]!],
      flush: () => this.#flush(),
    })
  }

  #touch(rows: TriggerRows, times: number): void {
    const millis = (): number => this.#input.millis(times, rows.n)
    const earliest = touchTriggers(this.#context, rows, this.#firing, millis)
    this.#nextMs = Math.min(this.#nextMs, earliest)
  }

  /** What two sessions hold is the one's that they have become. */
  #merge({ from, to }: { readonly from: number; readonly to: number }): void {
    const { kernels } = this.#context
    const { program } = this.#opened()
    const pointers = kernels.put(new Uint8Array(Uint32Array.of(from, to).buffer))
    const overflow = program.merge(pointers, pointers + 4, 1)
    if (overflow !== undefined) throw this.#input.aggregation.overflow(overflow)
    triggerMerge(kernels, from + this.#words, to + this.#words, this.#firing.count)
  }

  /** Fires sessions that are over, and lets those go that live no more. */
  *#advance(watermarkMs: number): Generator<void> {
    this.#watermarkMs = watermarkMs
    const parts = this.#opened()
    yield* fireOver(parts, watermarkMs, {
      keep: (n) => this.#filled(n),
      flush: () => this.#flush(),
    })
    this.#free()
    this.#compaction.run(parts.keys, parts.sessions)
  }

  /** Keeps of n sessions, listed behind the results, those that rows have come to; how many. */
  #filled(n: number): number {
    // Who counts fires by that only.
    if (this.#firing.count > 0) return 0
    const { ids, rows } = this.#opened().results
    return triggerFilled(this.#context.kernels, ids, { rows, n, offset: this.#words })
  }

  /** Fires what is due before its session's end. */
  *#fireDue(nowMs: number): Generator<void> {
    if (this.#nextMs > nowMs) return
    const { kernels } = this.#context
    const parts = this.#opened()
    const { sessions, results } = parts
    const { intervalMs } = this.#firing
    // A block: scratch ends with each yield.
    const earliest = kernels.allocate(8)
    kernels.f64[earliest / 8] = Infinity
    const next = sessions.walk()
    for (;;) {
      const { room, ids, rows } = results
      const found = next(room, rows)
      const open = { rows, n: this.#stillOpen(rows, found), offset: this.#words }
      addResults(parts, triggerDue(kernels, ids, open, { nowMs, intervalMs, earliest }))
      if (found < room) break
      if (results.room === 0) yield this.#flush()
    }
    if (results.length > 0) yield this.#flush()
    this.#nextMs = kernels.f64[earliest / 8]!
    kernels.release(earliest)
  }

  /** Keeps of n sessions (u32 pointers) those that are not over, which allowed lateness lets live on. */
  #stillOpen(rows: number, n: number): number {
    if (this.#input.latenessMs === 0) return n
    const { kernels } = this.#context
    const mark = kernels.mark()
    const ids = kernels.scratch(n * 4)
    const [starts, ends] = [kernels.scratch(n * 8), kernels.scratch(n * 8)]
    this.#opened().sessions.bounds(rows, n, { ids, starts, ends })
    let kept = 0
    for (let i = 0; i < n; i++) {
      if (Number(kernels.i64[ends / 8 + i]!) - 1 <= this.#watermarkMs) continue
      kernels.u32[rows / 4 + kept++] = kernels.u32[rows / 4 + i]!
    }
    kernels.reset(mark)
    return kept
  }

  #flush(): void {
    const { results, copies } = this.#opened()
    copies.flush(results, this.#firing, this.#words)
  }

  #free(): void {
    freeSessions(this.#opened(), this.#input, this.#context.config.batchRows)
  }

  /** Asks to be told when the clock makes something fire. */
  #wake(): void {
    // Its last moment is over a millisecond later.
    if (this.#input.isProcessingTime) {
      this.#context.wakeAt(this.#opened().sessions.nextDueMs + 1)
    }
    this.#wakeToFire()
  }

  #wakeToFire(): void {
    if (this.#firing.time === 'processing') this.#context.wakeAt(this.#nextMs)
  }
}

/** Rows from one on: where what is kept by row is. */
function part(whole: Piece, from: number, n: number): Piece {
  return {
    ...whole,
    ids: whole.ids + from * 4,
    times: whole.times + from * 8,
    rows: whole.rows + from * 4,
    starts: whole.starts + from * 8,
    ends: whole.ends + from * 8,
    n,
  }
}
