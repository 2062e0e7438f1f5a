// Rows through a function that answers later: asyncMap() and the look-up join of a function. After Flink's
// AsyncWaitOperator.
//
//   batch -> a call a row, in a queue -> started, up to the capacity -> a promise settles: mail
//   mail, alarm (a retry, a time-out), batch -> what may go out of the queue goes, as a batch; others start
//
// AW1  A row has one result, whatever its promises do: of a try that was given up nobody hears.
// AW2  Watermarks and idleness go through the queue: no row is late by its call.
// AW3  What waits is bounded: the capacity, the batch that filled it, and what a snapshot takes in.
// AW4  A snapshot has the rows whose results are not out; they are called for again.
import { DataflowError, isDataflowError } from '../base/errors.ts'
import type { StateWriter } from '../checkpoint/operator-state.ts'
import type { RecordBatch } from '../columnar/record-batch.ts'
import type { AsyncMapSpec, AsyncOperatorSpec } from './async-spec.ts'
import { callOf, readCalls, writeCalls } from './async-state.ts'
import { Call, CallQueue, type Mark } from './call-queue.ts'
import { CurrentTime, EventTimes } from './event-times.ts'
import { FunctionRuntime } from './function-runtime.ts'
import type { AsyncContext, RichFunction } from './functions.ts'
import type { Operator, OperatorContext, OperatorFactory, Output } from './operator.ts'
import { recordText } from './record-text.ts'
import { RowCollector } from './row-collector.ts'
import { SideRows } from './side-rows.ts'
import { counterOf } from './user-metrics.ts'
import { type Row, VisibleRows } from './visible-rows.ts'

/** The user's function, with what belongs to it, as a subtask has it. */
export interface AsyncCalls extends RichFunction {
  /** Rows, or a promise of them. */
  asyncInvoke(row: Row, context: AsyncContext): unknown
  timeout?(row: Row): unknown
  retryOn?(error: unknown): boolean
  retryOnResult?(rows: readonly unknown[]): boolean
}

type Outcome = { readonly rows: unknown } | { readonly error: unknown }

interface Settled {
  readonly call: Call
  readonly attempt: number
  readonly outcome: Outcome
}

export const createAsyncMap: OperatorFactory<AsyncMapSpec> = (spec, context, output) =>
  new AsyncWaitOperator(spec, context, output, (fn) => fn)

export class AsyncWaitOperator implements Operator {
  readonly holdsWatermarks = true
  readonly #spec: AsyncOperatorSpec
  readonly #context: OperatorContext
  readonly #output: Output
  readonly #runtime: FunctionRuntime<AsyncCalls>
  /** The function's name, for errors. */
  readonly #method: string
  readonly #wrap: (fn: AsyncCalls) => AsyncCalls
  readonly #capacity: number
  readonly #timeoutMs: number
  readonly #queue: CallQueue
  readonly #rows: VisibleRows
  readonly #times: EventTimes | undefined
  readonly #time = new CurrentTime()
  readonly #out: RowCollector
  readonly #sides: SideRows
  #function: AsyncCalls | undefined
  /** What settled since the last mail; at most one a started call. */
  #settled: Settled[] = []
  #watermarkMs = -Infinity
  #isIdle = false

  /** @param wrap makes of the user's function what is called */
  constructor(
    spec: AsyncOperatorSpec,
    context: OperatorContext,
    output: Output,
    wrap: (fn: AsyncCalls) => AsyncCalls,
  ) {
    const { kernels, config, inputs } = context
    const { batchRows } = config
    this.#spec = spec
    this.#context = context
    this.#output = output
    this.#method = spec.kind === 'asyncMap' ? 'asyncInvoke' : 'asyncLookup'
    this.#wrap = wrap
    this.#runtime = new FunctionRuntime<AsyncCalls>(context, undefined)
    this.#capacity = spec.capacity ?? config.asyncCallsMax
    this.#timeoutMs = spec.timeoutMs ?? config.asyncTimeoutMs
    this.#queue = new CallQueue(spec.ordered)
    this.#rows = new VisibleRows(kernels, inputs[0]!)
    this.#times = EventTimes.of(kernels, inputs[0]!)
    const time = this.#time
    const emit: Output['emit'] = (batch) => output.emit(batch)
    this.#out = new RowCollector({ kernels, schema: context.output, batchRows, time, emit })
    this.#sides = new SideRows(context, output, time)
  }

  get isFull(): boolean {
    return this.#queue.size >= this.#capacity
  }

  async open(): Promise<void> {
    this.#function = this.#wrap(this.#runtime.function)
    await this.#runtime.open()
    if (this.#context.restored === undefined) return
    this.#watermarkMs = readCalls(this.#context, this.#queue) ?? -Infinity
    this.#context.mailbox(() => this.#drain())
  }

  *processBatch(batch: RecordBatch): Generator<void> {
    this.#rows.bind(batch)
    this.#times?.bind(batch)
    const count = batch.rowCount
    for (let row = 0; row < count; row++) {
      this.#queue.add(callOf(this.#rows, this.#times, row))
    }
    this.#context.metrics.rowObjects += count
    yield* this.#drain()
  }

  *processWatermark(watermarkMs: number): Generator<void> {
    // After a restore sources may begin with watermarks that were promised before.
    if (watermarkMs <= this.#watermarkMs) return
    this.#watermarkMs = watermarkMs
    this.#queue.mark().watermarkMs = watermarkMs
    yield* this.#drain()
  }

  processIdle(idle: boolean): void {
    if (this.#queue.isEmpty) this.#sayIdle(idle)
    else this.#queue.mark().idle = idle
  }

  *onProcessingTime(nowMs: number): Generator<void> {
    for (const call of this.#queue.pending()) {
      if (nowMs >= call.deadlineMs) this.#timedOut(call)
      else if (call.state === 'delayed' && nowMs >= call.retryAtMs) this.#invoke(call)
    }
    let nextMs = Infinity
    for (const { state, deadlineMs, retryAtMs } of this.#queue.pending()) {
      nextMs = Math.min(nextMs, deadlineMs, state === 'delayed' ? retryAtMs : Infinity)
    }
    if (nextMs !== Infinity) this.#context.wakeAt(nextMs)
    yield* this.#drain()
  }

  snapshot(into: StateWriter): void {
    this.#runtime.snapshot(into)
    writeCalls(this.#context, this.#queue, into)
  }

  async close(): Promise<void> {
    for (const call of this.#queue.pending()) call.abort(new Error('the job has ended'))
    this.#out.close()
    this.#sides.close()
    await this.#runtime.close()
  }

  /** Lets out all that may go, and starts what then has room. */
  *#drain(): Generator<void> {
    do {
      const queue = this.#queue
      for (let element = queue.next(); element !== undefined; element = queue.next()) {
        if (element instanceof Call) {
          this.#emit(element)
          if (this.#out.takeEmitted()) yield
        } else {
          yield* this.#pass(element)
        }
      }
    } while (this.#fill())
    this.#flush()
  }

  /** Starts calls while there is room; true when one was done at once. */
  #fill(): boolean {
    const context = this.#context
    let hasDone = false
    let nowMs: number | undefined
    while (this.#queue.started < this.#capacity) {
      const call = this.#queue.start()
      if (call === undefined) break
      nowMs ??= context.processingTimeMs()
      call.deadlineMs = nowMs + this.#timeoutMs
      this.#invoke(call)
      if (call.state === 'done') hasDone = true
      else context.wakeAt(call.deadlineMs)
    }
    return hasDone
  }

  #invoke(call: Call): void {
    const attempt = ++call.attempt
    call.state = 'running'
    let answer: unknown
    try {
      // A row of its own for each try: the function may change it.
      answer = this.#function!.asyncInvoke({ ...call.row }, call)
    } catch (error) {
      this.#settle(call, { error })
      return
    }
    if (!isThenable(answer)) {
      this.#settle(call, { rows: answer })
      return
    }
    answer.then(
      (rows) => this.#post({ call, attempt, outcome: { rows } }),
      (error: unknown) => this.#post({ call, attempt, outcome: { error } }),
    )
  }

  /** Comes from outside, at any time. */
  #post(settled: Settled): void {
    if (this.#settled.push(settled) > 1) return
    this.#context.mailbox(() => this.#takeMail())
  }

  *#takeMail(): Generator<void> {
    const settled = this.#settled
    this.#settled = []
    for (const { call, attempt, outcome } of settled) {
      if (call.state === 'running' && call.attempt === attempt) this.#settle(call, outcome)
    }
    yield* this.#drain()
  }

  #settle(call: Call, outcome: Outcome): void {
    const fn = this.#function!
    if ('error' in outcome) {
      const { error } = outcome
      if (isDataflowError(error)) throw this.#failure(error, call)
      if (this.#mayRetry(call) && (fn.retryOn?.(error) ?? true)) this.#delay(call)
      else this.#failed(call, error)
      return
    }
    const rows = rowsOf(outcome.rows)
    if (this.#mayRetry(call) && fn.retryOnResult?.(rows) === true) this.#delay(call)
    else this.#done(call, rows)
  }

  #mayRetry({ attempt }: Call): boolean {
    const { retry } = this.#spec
    return retry !== undefined && attempt < retry.attempts
  }

  #delay(call: Call): void {
    const { delayMs, backoff, maxDelayMs = Infinity } = this.#spec.retry!
    const waitMs = Math.min(delayMs * backoff ** (call.attempt - 1), maxDelayMs)
    call.state = 'delayed'
    call.retryAtMs = this.#context.processingTimeMs() + Math.ceil(waitMs)
    this.#count('retries')
    this.#context.wakeAt(call.retryAtMs)
  }

  #timedOut(call: Call): void {
    this.#count('timeouts')
    const timeoutMs = this.#timeoutMs
    const error = new DataflowError(
      'CALL_TIMED_OUT',
      `${this.#method} had no answer within ${timeoutMs} ms for ${recordText(call.row)} ` +
        `(tries: ${call.attempt}); give it a longer timeout, or a result by onTimeout`,
    )
    call.abort(error)
    const fn = this.#function!
    if (fn.timeout === undefined) {
      this.#failed(call, error)
      return
    }
    try {
      this.#done(call, rowsOf(fn.timeout({ ...call.row })))
    } catch (thrown) {
      this.#failed(call, thrown)
    }
  }

  #done(call: Call, rows: readonly unknown[]): void {
    call.results = rows
    this.#queue.done(call)
  }

  /** What the job says of a call that has failed. */
  #failed(call: Call, error: unknown): void {
    const { onError } = this.#spec
    if (onError.kind === 'fail') throw this.#failure(error, call)
    this.#context.metrics.malformedRecords++
    if (onError.kind === 'side') call.failure = messageOf(error)
    this.#queue.done(call)
  }

  /** The error of a call, with the record; that of a call without an answer has it. */
  #failure(error: unknown, { row, attempt }: Call): DataflowError {
    if (isDataflowError(error) && error.code === 'CALL_TIMED_OUT') return error
    const tries = attempt > 1 ? ` (tries: ${attempt})` : ''
    return new DataflowError(
      isDataflowError(error) ? error.code : 'USER_CODE_FAILED',
      `${this.#method} failed for ${recordText(row)}${tries}: ${messageOf(error)}`,
      { cause: error },
    )
  }

  #emit(call: Call): void {
    this.#time.set(call.time)
    const { onError } = this.#spec
    if (call.failure !== undefined && onError.kind === 'side') {
      this.#sides.put(onError.tag, { ...call.row, error: call.failure })
    }
    try {
      for (const row of call.results) this.#out.collect(row)
    } catch (error) {
      if (!isDataflowError(error)) throw error
      const { column } = error.context
      throw new DataflowError(
        error.code,
        `the answer for ${recordText(call.row)}: ${error.message}`,
        { cause: error, context: column === undefined ? {} : { column } },
      )
    }
  }

  /** What came between two calls goes on. */
  *#pass({ watermarkMs, idle }: Mark): Generator<void> {
    this.#flush()
    if (watermarkMs !== undefined) {
      this.#sayIdle(false)
      yield* this.#output.forwardWatermark(watermarkMs)
    }
    if (idle !== undefined) this.#sayIdle(idle)
  }

  #sayIdle(idle: boolean): void {
    if (idle === this.#isIdle) return
    this.#isIdle = idle
    this.#output.emitIdle(idle)
  }

  #flush(): void {
    this.#out.flush()
    this.#sides.flush()
    this.#out.takeEmitted()
  }

  #count(name: string): void {
    counterOf(this.#context.metrics.user, name).inc()
  }
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'

const rowsOf = (answer: unknown): readonly unknown[] => (Array.isArray(answer) ? answer : [answer])

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)
