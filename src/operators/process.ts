// Runs process functions: rows of one or two inputs, keyed or not, state, timers, side outputs.
//
//   batch      -> ids of its keys, by one kernel call -> for each row: current id, function, rows out
//   watermark  -> timers that are due, in order -> onTimer, rows out, a yield after each batch
//
// PF1  Rows are processed in order; what a call emits has the timestamp of its row or timer.
// PF2  A batch that goes out ends a step: a function may make many rows of one batch.
// PF3  What the function throws is USER_CODE_FAILED with the method, the row and what it looks like, unless
//      the job says otherwise: then the row is dropped and counted, or goes to a side output. What the
//      call had emitted or put into state before stays.
import { DataflowError } from '../base/errors.ts'
import type { StateWriter } from '../checkpoint/operator-state.ts'
import { gatherVector } from '../columnar/gather.ts'
import type { RecordBatch } from '../columnar/record-batch.ts'
import { type DataType, type TimeUnit, withNullable } from '../columnar/type.ts'
import type { TimeDomain } from '../time/timer-service.ts'
import { EventTimes } from './event-times.ts'
import { Failures } from './failures.ts'
import { FunctionContext, type KeySource } from './function-context.ts'
import { FunctionRuntime } from './function-runtime.ts'
import type { Collector, RichFunction } from './functions.ts'
import type { Operator, OperatorContext, OperatorFactory, Output } from './operator.ts'
import type { ProcessInputSpec, ProcessSpec } from './process-spec.ts'
import { RowCollector } from './row-collector.ts'
import { SideRows } from './side-rows.ts'
import { VisibleRows } from './visible-rows.ts'

type Call = (row: unknown, context: FunctionContext, out: Collector<unknown>) => void

type OnTimer = (timeMs: number, context: FunctionContext, out: Collector<unknown>) => void

type AnyFunction = RichFunction & { readonly [method: string]: unknown }

/** One input: its rows, their times, and where their keys are. */
interface Input extends KeySource {
  readonly method: string
  readonly times: EventTimes | undefined
  /** Key columns by position in the input. */
  readonly keyColumns: readonly number[]
}

export const createProcess: OperatorFactory<ProcessSpec> = (spec, context, output) =>
  new ProcessOperator(spec, context, output)

class ProcessOperator implements Operator {
  readonly #spec: ProcessSpec
  readonly #operator: OperatorContext
  readonly #runtime: FunctionRuntime<AnyFunction>
  readonly #inputs: readonly Input[]
  readonly #out: RowCollector
  readonly #sides: SideRows
  readonly #context: FunctionContext
  readonly #failures: Failures
  #calls: readonly Call[] = []
  #onTimer: OnTimer | undefined
  /** Of event times. */
  readonly #unit: TimeUnit

  constructor(spec: ProcessSpec, context: OperatorContext, output: Output) {
    const { kernels, config } = context
    this.#spec = spec
    this.#operator = context
    this.#inputs = spec.inputs.map((input, i) => inputOf(context, input, i))
    this.#unit = this.#inputs.find(({ times }) => times !== undefined)?.times?.unit ?? 'ms'
    const keys = keyFields(spec, context)
    this.#runtime = new FunctionRuntime<AnyFunction>(context, keys)
    const { time, keyed } = this.#runtime
    const { batchRows } = config
    const emit: Output['emit'] = (batch) => output.emit(batch)
    this.#out = new RowCollector({ kernels, schema: context.output, batchRows, time, emit })
    this.#sides = new SideRows(context, output, time)
    this.#failures = new Failures(spec.onError, this.#sides, context.metrics)
    this.#context = new FunctionContext({
      time,
      sides: this.#sides,
      timers: keyed?.timers ?? timeQueries(context),
      scope: keyed?.scope,
      getState: (descriptor) => this.#runtime.getState(descriptor),
      broadcastState: (descriptor) => this.#runtime.operatorStates.broadcast(descriptor),
      forEachId: (descriptor, visit) => {
        if (keyed !== undefined) keyed.backend.forEachId(descriptor, keyed.scope, visit)
      },
    })
  }

  async open(): Promise<void> {
    const fn = this.#runtime.function
    this.#calls = this.#spec.inputs.map(({ method }) => this.#method(fn, method) as Call)
    if (typeof fn.onTimer === 'function') {
      this.#onTimer = fn.onTimer.bind(fn) as OnTimer
    }
    await this.#runtime.open()
  }

  *processBatch(batch: RecordBatch, inputNumber: number): Generator<void> {
    const input = this.#inputs[inputNumber]!
    const call = this.#calls[inputNumber]!
    const { time, keyed } = this.#runtime
    const { rows, times } = input
    const count = batch.rowCount
    const ids = this.#ids(batch, input)
    times?.bind(batch)
    rows.bind(batch)
    this.#operator.metrics.rowObjects += count
    const context = this.#context
    context.source = input
    if (times === undefined) time.none()
    for (let row = 0; row < count;) {
      try {
        for (; row < count; row++) {
          if (ids !== undefined) keyed!.scope.current = ids[row]!
          times?.read(row, time)
          context.row = row
          call(rows.row(row), context, this.#out)
          if (this.#out.takeEmitted()) yield
        }
      } catch (error) {
        this.#failed(error, input, row)
        row++
      }
    }
    this.#endCall()
  }

  *processWatermark(watermarkMs: number): Generator<void> {
    yield* this.#fire('event', watermarkMs)
  }

  *onProcessingTime(nowMs: number): Generator<void> {
    yield* this.#fire('processing', nowMs)
  }

  snapshot(into: StateWriter): void {
    this.#runtime.snapshot(into)
  }

  async close(): Promise<void> {
    this.#out.close()
    this.#sides.close()
    await this.#runtime.close()
  }

  /** The ids of the batch's keys. */
  #ids(batch: RecordBatch, { keyColumns }: Input): Uint32Array | undefined {
    const { keyed, context } = this.#runtime
    if (keyed === undefined || keyColumns.length === 0) return undefined
    const mark = context.kernels.mark()
    const columns = keyColumns.map((column) => {
      const vector = batch.columns[column]!
      return batch.selection === undefined
        ? vector
        : gatherVector(context.kernels, vector, batch.selection)
    })
    const ids = keyed.scope.resolve(columns, batch.rowCount)
    context.kernels.reset(mark)
    return ids
  }

  *#fire(domain: TimeDomain, nowMs: number): Generator<void> {
    const { keyed } = this.#runtime
    if (keyed === undefined) return
    const firing = keyed.timers.fire(domain, nowMs, (timeMs) => this.#timer(timeMs, domain))
    for (const _ of firing) yield
    this.#endCall()
  }

  /** Calls onTimer; true when a batch went out. */
  #timer(timeMs: number, domain: TimeDomain): boolean {
    const context = this.#context
    context.source = undefined
    context.timeDomain = domain
    const { time } = this.#runtime
    time.at(timeMs, this.#unit)
    try {
      this.#onTimer?.(timeMs, context, this.#out)
    } catch (error) {
      this.#failed(error, undefined, 0)
    }
    return this.#out.takeEmitted()
  }

  #endCall(): void {
    const { keyed } = this.#runtime
    if (keyed !== undefined) keyed.scope.current = -1
    this.#context.source = undefined
    this.#out.flush()
    this.#sides.flush()
    this.#out.takeEmitted()
    this.#runtime.tidyUp()
  }

  /** What the job says of an error of the function's own. Ours are always thrown on. */
  #failed(error: unknown, input: Input | undefined, row: number): void {
    this.#failures.take(
      error,
      input === undefined
        ? { call: 'onTimer', where: 'for key', record: () => this.#timerRecord() }
        : { call: input.method, row, record: () => input.rows.row(row) },
    )
  }

  #timerRecord(): Record<string, unknown> {
    const { keyed } = this.#runtime
    const key = this.#context.currentKey
    const names = keyed!.scope.fields.map(({ name }) => name)
    return names.length === 1 ? { [names[0]!]: key } : (key as Record<string, unknown>)
  }

  #method(fn: AnyFunction, method: string): (...parameters: never[]) => unknown {
    const found = fn[method]
    if (typeof found === 'function') return found.bind(fn) as (...parameters: never[]) => unknown
    throw new DataflowError('CONFIG_INVALID', `the function has no method ${method}()`)
  }
}

function inputOf(
  { kernels, inputs }: OperatorContext,
  { method, keys, broadcast }: ProcessInputSpec,
  number: number,
): Input {
  const schema = inputs[number]!
  const rows = new VisibleRows(kernels, schema)
  return {
    method,
    rows,
    isBroadcast: broadcast === true,
    times: EventTimes.of(kernels, schema),
    keyColumns: keys.map((key) => schema.indexOf(key)),
    keys: keys.map((name) => ({ name, column: rows.schema.indexOf(name) })),
  }
}

/** The columns of the key: those of the first keyed input, nullable where any input's are. */
function keyFields({ inputs }: ProcessSpec, context: OperatorContext) {
  const keyed = inputs.flatMap(({ keys }, i) =>
    keys.length === 0 ? [] : [keys.map((key) => context.inputs[i]!.field(key))],
  )
  const [first] = keyed
  return first?.map(({ name, type }, k) => {
    const isNullable = keyed.some((fields) => fields[k]!.type.nullable)
    return { name, type: withNullable(type, isNullable) as DataType }
  })
}

/** Time for a function without a key: it can be asked for, and timers are refused. */
function timeQueries(context: OperatorContext) {
  const refuse = (): never => {
    throw new DataflowError('STATE_MISUSED', 'a timer needs a key: call keyBy() before process()')
  }
  return {
    currentWatermark: () => context.watermarkMs,
    currentProcessingTime: () => context.processingTimeMs(),
    registerEventTimeTimer: refuse,
    registerProcessingTimeTimer: refuse,
    deleteEventTimeTimer: refuse,
    deleteProcessingTimeTimer: refuse,
  }
}
