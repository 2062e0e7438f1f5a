// Functions of rows over windows: reduce, aggregate, process, apply; by key or over all, with triggers,
// evictors, allowed lateness. After Flink's WindowOperator and EvictingWindowOperator.
//
//   row    -> its windows (sessions that it joins become one) -> contents -> trigger -> fire, purge
//   timer  -> trigger -> fire, purge -> the window goes, when its time has come
//
// RW1  A row is taken into its windows one after the other; each asks its trigger, so that a late row that
//      is allowed makes its window fire again at once. What fires has the time of the window's last moment.
// RW2  A window goes when the watermark has passed its last moment and the allowed lateness; by processing
//      time when the clock has reached its end. With it go its timers and all its state.
// RW3  A row all of whose windows are gone is late: counted, and put out aside where somebody reads it.
// RW4  A batch that goes out ends a step.
import { assert } from '../base/assert.ts'
import { DataflowError } from '../base/errors.ts'
import type { StateWriter } from '../checkpoint/operator-state.ts'
import { BatchBuilder } from '../columnar/batch-builder.ts'
import { gatherVector } from '../columnar/gather.ts'
import type { RecordBatch } from '../columnar/record-batch.ts'
import { Schema } from '../columnar/schema.ts'
import { float64, uint8 } from '../columnar/type.ts'
import { Vector } from '../columnar/vector.ts'
import type { Kernels } from '../kernels/module.ts'
import type { KeyedRowsTarget } from '../state/keyed-rows.ts'
import type { KeyScope } from '../state/key-scope.ts'
import { WindowScope } from '../state/window-scope.ts'
import type { TimeDomain, TimeQueries } from '../time/timer-service.ts'
import { EventTimes } from './event-times.ts'
import { Failures } from './failures.ts'
import { FunctionRuntime } from './function-runtime.ts'
import type { Operator, OperatorContext, OperatorFactory, Output } from './operator.ts'
import { type Pane, PaneSet } from './pane-set.ts'
import { RowCollector } from './row-collector.ts'
import { rowTrigger } from './row-triggers.ts'
import type { RowWindowSpec } from './row-window-spec.ts'
import { SideRows } from './side-rows.ts'
import { VisibleRows } from './visible-rows.ts'
import type { RowWindowFunction } from './window-adapters.ts'
import { WindowCalls } from './window-calls.ts'
import { windowContents } from './window-contents.ts'
import { FunctionWindowContext, WindowStates, WindowTriggerContext } from './window-contexts.ts'
import { WindowLife } from './window-life.ts'
import { isTimeWindow } from './window-spec.ts'
import { WindowTimers } from './window-timers.ts'

/** The key of what has none. */
const ALL = [{ name: '$all', type: uint8() }]

const PROGRESS_TABLE = 'windowProgress'
const PROGRESS = Schema.of({ watermark: float64(), nextNumber: float64() })

/** Times that a Date can say. */
const TIME_MAX_MS = 8.64e15

export const createRowWindows: OperatorFactory<RowWindowSpec> = (spec, context, output) =>
  new RowWindows(spec, context, output)

class RowWindows implements Operator {
  readonly #spec: RowWindowSpec
  readonly #operator: OperatorContext
  readonly #runtime: FunctionRuntime<RowWindowFunction>
  readonly #life: WindowLife
  readonly #keyColumns: readonly number[]
  readonly #rows: VisibleRows
  readonly #times: EventTimes | undefined
  readonly #out: RowCollector
  readonly #sides: SideRows
  readonly #failures: Failures
  readonly #keys: KeyScope
  readonly #scope: WindowScope
  readonly #panes: PaneSet
  readonly #timers: WindowTimers
  readonly #time: TimeQueries
  #calls: WindowCalls | undefined
  /** The watermark of the snapshot that it goes on from. */
  #restoredMs = -Infinity

  constructor(spec: RowWindowSpec, context: OperatorContext, output: Output) {
    const { kernels, config, inputs, output: schema } = context
    const [input] = inputs as [Schema]
    this.#spec = spec
    this.#operator = context
    this.#life = new WindowLife(spec.window, spec.allowedLatenessMs ?? 0)
    this.#keyColumns = spec.keys.map((key) => input.indexOf(key))
    this.#rows = new VisibleRows(kernels, input)
    this.#times = EventTimes.of(kernels, input)
    const keys = spec.keys.length === 0 ? ALL : spec.keys.map((key) => input.field(key))
    this.#runtime = new FunctionRuntime<RowWindowFunction>(context, keys)
    const { time, keyed } = this.#runtime
    this.#keys = keyed!.scope
    this.#scope = new WindowScope(kernels, this.#keys, !isTimeWindow(spec.window))
    this.#panes = new PaneSet(this.#scope, this.#keys)
    this.#timers = new WindowTimers(this.#panes, (timeMs) => context.wakeAt(timeMs))
    this.#time = {
      currentWatermark: () => Math.max(context.watermarkMs, this.#restoredMs),
      currentProcessingTime: () => context.processingTimeMs(),
    }
    const emit: Output['emit'] = (batch) => output.emit(batch)
    const { batchRows } = config
    this.#out = new RowCollector({ kernels, schema, batchRows, time, emit })
    this.#sides = new SideRows(context, output, time)
    this.#failures = new Failures(spec.onError, this.#sides, context.metrics)
  }

  async open(): Promise<void> {
    const { kernels, restored } = this.#operator
    const target = { kernels, scope: this.#scope }
    this.#readProgress()
    this.#panes.restore(target, restored)
    this.#timers.restore(target, restored)
    this.#calls = this.#windowCalls()
    await this.#runtime.open()
  }

  *processBatch(batch: RecordBatch): Generator<void> {
    const { metrics } = this.#operator
    const calls = this.#opened()
    const ids = this.#ids(batch)
    const count = batch.rowCount
    this.#times?.bind(batch)
    this.#rows.bind(batch)
    // The rows of a batch come at one moment of the clock.
    const nowMs = this.#operator.processingTimeMs()
    metrics.rowObjects += count
    for (let row = 0; row < count; row++) {
      this.#keys.current = ids[row]!
      try {
        this.#element(calls, row, nowMs)
      } catch (error) {
        this.#failures.take(error, { call: calls.call, row, record: () => this.#rows.row(row) })
      }
      if (this.#out.takeEmitted()) yield
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
    const { kernels, config } = this.#operator
    this.#runtime.snapshot(into)
    const { batchRows } = config
    const target: KeyedRowsTarget = { kernels, into, scope: this.#scope, batchRows }
    this.#panes.snapshot(target)
    this.#timers.snapshot(target)
    const builder = new BatchBuilder(kernels, PROGRESS)
    const { nextNumber } = this.#scope
    builder.append({ watermark: this.#time.currentWatermark(), nextNumber })
    into.union(PROGRESS_TABLE, builder.finish())
    builder.close()
  }

  async close(): Promise<void> {
    this.#out.close()
    this.#sides.close()
    this.#calls?.leave()
    this.#scope.absence = 'after close'
    await this.#runtime.close()
  }

  #opened(): WindowCalls {
    assert(this.#calls !== undefined, 'a window operator is used while it is open')
    return this.#calls
  }

  #windowCalls(): WindowCalls {
    const runtime = this.#runtime
    const { metrics } = this.#operator
    const { window, keys, trigger } = this.#spec
    const states = new WindowStates(this.#scope, (descriptor) =>
      runtime.getState(descriptor, this.#scope),
    )
    const fn = runtime.function
    const contexts = {
      time: this.#time,
      timers: this.#timers,
      states,
      sides: this.#sides,
      life: this.#life,
      isMerging: window.kind === 'session',
      hasOnMerge: fn.merge !== undefined,
      globalState: runtime.getState.bind(runtime),
    }
    const end = this.#life.clock === 'processing' ? 'processingTime' : 'eventTime'
    const contents = runtime.getState<unknown>(fn.parts.contents, this.#scope)
    return new WindowCalls({
      window,
      life: this.#life,
      isKeyed: keys.length > 0,
      keys: this.#keys,
      panes: this.#panes,
      timers: this.#timers,
      states,
      time: this.#time,
      rowTime: runtime.time,
      out: this.#out,
      functionContext: new FunctionWindowContext(contexts),
      triggerContext: new WindowTriggerContext(contexts),
      fn,
      trigger: fn.trigger ?? rowTrigger(trigger ?? { kind: end }, this.#life.clock),
      contents: windowContents(fn, contents, this.#time),
      onFired: () => {
        metrics.windowsFired++
      },
    })
  }

  #readProgress(): void {
    const { kernels, restored } = this.#operator
    for (const { columns, length } of restored?.table(PROGRESS_TABLE) ?? []) {
      const [watermarks, numbers] = columns.map(({ values }) => values >>> 3) as [number, number]
      for (let row = 0; row < length; row++) {
        this.#restoredMs = Math.max(this.#restoredMs, kernels.f64[watermarks + row]!)
        this.#scope.nextNumber = Math.max(this.#scope.nextNumber, kernels.f64[numbers + row]!)
      }
    }
  }

  /** The ids of the batch's keys. */
  #ids(batch: RecordBatch): Uint32Array {
    const { kernels } = this.#operator
    const mark = kernels.mark()
    const n = batch.rowCount
    const columns =
      this.#keyColumns.length === 0
        ? [zeros(kernels, n)]
        : this.#keyColumns.map((column) =>
            gatherVector(kernels, batch.columns[column]!, batch.selection),
          )
    const ids = this.#keys.resolve(columns, n)
    kernels.reset(mark)
    return ids
  }

  #element(calls: WindowCalls, row: number, nowMs: number): void {
    calls.call = 'window'
    const { time } = this.#runtime
    if (this.#times === undefined) time.none()
    else this.#times.read(row, time)
    const eventMs = this.#life.clock === 'event' ? checkedTime(time.ms) : (time.ms ?? nowMs)
    const value = this.#rows.row(row)
    const timestamp = this.#life.clock === 'processing' ? nowMs : eventMs
    if (calls.element(this.#keys.current, value, timestamp)) return
    this.#operator.metrics.lateRows++
    const { lateTag } = this.#spec
    if (lateTag === undefined) return
    time.at(eventMs, 'ms')
    this.#sides.put(lateTag, value)
  }

  *#fire(domain: TimeDomain, nowMs: number): Generator<void> {
    const calls = this.#opened()
    const onTimer = (pane: Pane, timeMs: number): boolean => {
      this.#keys.current = this.#scope.keyIdOf(pane.id)
      try {
        calls.onTimer(pane, timeMs, domain)
      } catch (error) {
        this.#timerFailed(error, calls)
      }
      try {
        calls.afterTimer(pane, timeMs, domain)
      } catch (error) {
        this.#timerFailed(error, calls)
      }
      return this.#out.takeEmitted()
    }
    yield* this.#timers.fire(domain, nowMs, onTimer)
    this.#endCall()
  }

  #timerFailed(error: unknown, { call, window }: WindowCalls): void {
    const record = (): Record<string, unknown> => ({
      ...(isTimeWindow(this.#spec.window)
        ? { windowStart: window.start, windowEnd: window.end }
        : {}),
      ...this.#keyRecord(),
    })
    this.#failures.take(error, { call, where: 'for the window', record })
  }

  #keyRecord(): Record<string, unknown> {
    const { keys } = this.#spec
    if (keys.length === 0) return {}
    const key = this.#keys.keyOf(this.#keys.current)
    return keys.length === 1 ? { [keys[0]!]: key } : (key as Record<string, unknown>)
  }

  #endCall(): void {
    this.#keys.current = -1
    this.#calls?.leave()
    this.#out.flush()
    this.#sides.flush()
    this.#out.takeEmitted()
    this.#runtime.tidyUp()
  }
}

const zeros = (kernels: Kernels, length: number): Vector => {
  const values = kernels.scratch(length)
  kernels.u8.fill(0, values, values + length)
  return new Vector({ type: uint8(), length, values })
}

/** @throws RECORD_MALFORMED for a row that is in no window */
function checkedTime(timeMs: number | undefined): number {
  if (timeMs !== undefined && Math.abs(timeMs) <= TIME_MAX_MS) return timeMs
  throw new DataflowError(
    'RECORD_MALFORMED',
    `the event time is ${timeMs === undefined ? 'null' : 'out of range'}: such a row is in no ` +
      'window; leave it out with where()',
  )
}
