// How a stream's watermarks come about, as data of the job: Flink's WatermarkStrategy. A strategy is given to
// assignTimestampsAndWatermarks(), or to fromSource(), which then makes watermarks split by split.
//
// WS1  A strategy is a value: each method gives another one.
// WS2  It is bound to a stream's columns when it is used; what is wrong is said there.
import { DataflowError } from '../base/errors.ts'
import type { Bool, Fields, RowOf, Timestamp } from '../columnar/type.ts'
import type { CustomWatermarkGenerator, WatermarkOutput } from '../operators/custom-watermarks.ts'
import type { WatermarkAlignment } from '../operators/watermark-spec.ts'
import { atCallSite } from './call-site.ts'
import type { Column, ColumnsOf } from './column.ts'
import { shown } from './given.ts'
import type { NamesOf } from './row-types.ts'
import { positiveTimeSpanMs, type TimeSpan, timeSpanMs } from './time-span.ts'

/** A generator of watermarks in the job's own code. */
export type WatermarkGenerator<F extends Fields = Fields> = CustomWatermarkGenerator<RowOf<F>>
export type { WatermarkOutput }

/** Event time: a timestamp column's name, or an expression that is a timestamp. */
export type EventTime<F extends Fields> =
  | NamesOf<F, Timestamp>
  | Column<Timestamp>
  | ((r: ColumnsOf<F>) => Column<Timestamp>)

/** Which rows are punctuations. */
export type Punctuation<F extends Fields> = Column<Bool> | ((r: ColumnsOf<F>) => Column<Bool>)

/** What a strategy has come to, before it is bound to columns. */
export interface StrategySettings {
  readonly time: string | Column | ((r: never) => Column)
  readonly generator:
    | { readonly kind: 'bounded'; readonly maxOutOfOrdernessMs: number }
    | { readonly kind: 'punctuated'; readonly when: Column | ((r: never) => Column) }
    | { readonly kind: 'custom'; readonly supplier: () => unknown }
  /** Off when it is false; where nothing is said, a partitioned endless source has one. */
  readonly idleTimeoutMs?: number | false
  readonly alignment?: WatermarkAlignment
}

/** Keeps the columns in the type: a strategy takes rows. */
declare const ROWS: unique symbol

export class WatermarkStrategy<in F extends Fields> {
  declare readonly [ROWS]?: (row: F) => void
  readonly settings: StrategySettings

  private constructor(settings: StrategySettings) {
    this.settings = settings
  }

  /**
   * Times never fall, in each split of a source for itself.
   * @param time a timestamp column, or an expression
   * @example
   * import { StreamExecutionEnvironment, timestamp, WatermarkStrategy } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const rows = env
   *   .fromCollection([{ time: 1_000 }], { schema: { time: timestamp('ms') } })
   *   .assignTimestampsAndWatermarks(WatermarkStrategy.forMonotonousTimestamps('time'))
   * for await (const row of rows.collect()) console.log(row.time)
   */
  static forMonotonousTimestamps<F extends Fields>(time: EventTime<F>): WatermarkStrategy<F> {
    return WatermarkStrategy.#of(time, { kind: 'bounded', maxOutOfOrdernessMs: 0 })
  }

  /**
   * A row comes at most so long after one with a later time.
   * @param time a timestamp column, or an expression
   * @param maxOutOfOrderness a time span: '5s'
   * @throws CONFIG_INVALID for a span that is none, or negative
   * @example
   * import { int64, StreamExecutionEnvironment, timestamp, WatermarkStrategy } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const rows = env
   *   .fromCollection([{ seconds: 5n }], { schema: { seconds: int64() } })
   *   .assignTimestampsAndWatermarks(
   *     WatermarkStrategy.forBoundedOutOfOrderness((r) => r.seconds.cast(timestamp('s')), '5s'),
   *   )
   * for await (const row of rows.collect()) console.log(row.seconds)
   */
  static forBoundedOutOfOrderness<F extends Fields>(
    time: EventTime<F>,
    maxOutOfOrderness: TimeSpan,
  ): WatermarkStrategy<F> {
    return atCallSite('forBoundedOutOfOrderness', () => {
      // Flink has the span alone, and the times in an assigner.
      if (maxOutOfOrderness === undefined) {
        throw new DataflowError(
          'CONFIG_INVALID',
          "forBoundedOutOfOrderness() takes the column of event time and a span, ('time', '5s'), " +
            `not only ${shown(time)}`,
        )
      }
      const maxOutOfOrdernessMs = outOfOrdernessMs(maxOutOfOrderness)
      return WatermarkStrategy.#of(time, { kind: 'bounded', maxOutOfOrdernessMs })
    })
  }

  /**
   * Some rows are punctuations: no row with their time or an earlier one follows their batch.
   * @param time a timestamp column, or an expression
   * @param when which rows they are
   * @example
   * import { bool, StreamExecutionEnvironment, timestamp, WatermarkStrategy } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const schema = { time: timestamp('ms'), last: bool() }
   * const rows = env
   *   .fromCollection([{ time: 1_000, last: true }], { schema })
   *   .assignTimestampsAndWatermarks(WatermarkStrategy.punctuated('time', (r) => r.last))
   * for await (const row of rows.collect()) console.log(row.time)
   */
  static punctuated<F extends Fields>(
    time: EventTime<F>,
    when: Punctuation<F>,
  ): WatermarkStrategy<F> {
    return WatermarkStrategy.#of(time, { kind: 'punctuated', when: when as Column })
  }

  /**
   * Watermarks by a generator of the job's own. It makes an object a row.
   * @param time a timestamp column, or an expression
   * @param supplier makes a generator; each subtask, and each split of a source, has its own
   * @throws CONFIG_INVALID when it is no function
   * @example
   * import { StreamExecutionEnvironment, timestamp, WatermarkStrategy } from 'millrace'
   * const env = StreamExecutionEnvironment.getExecutionEnvironment()
   * const rows = env
   *   .fromCollection([{ time: 1_000 }], { schema: { time: timestamp('ms') } })
   *   .assignTimestampsAndWatermarks(
   *     WatermarkStrategy.forGenerator('time', () => ({
   *       onEvent: (_row, timestampMs, output) => output.emitWatermark(timestampMs - 1),
   *     })),
   *   )
   * for await (const row of rows.collect()) console.log(row.time)
   */
  static forGenerator<F extends Fields>(
    time: EventTime<F>,
    supplier: () => WatermarkGenerator<F>,
  ): WatermarkStrategy<F> {
    return atCallSite('forGenerator', () => {
      if (typeof supplier !== 'function') {
        throw new DataflowError(
          'CONFIG_INVALID',
          'forGenerator() takes a function that makes a generator: each subtask needs its own',
        )
      }
      return WatermarkStrategy.#of(time, { kind: 'custom', supplier })
    })
  }

  /**
   * Nobody waits for a subtask (of a source: for a split) that had no rows for so long.
   * @param timeout a time span of processing time
   * @throws CONFIG_INVALID when it is not longer than nothing
   */
  withIdleness(timeout: TimeSpan): WatermarkStrategy<F> {
    return atCallSite('withIdleness', () =>
      this.#with({ idleTimeoutMs: positiveTimeSpanMs(timeout, 'the idle timeout') }),
    )
  }

  /** Waits for every subtask and split, however long it has no rows. */
  withoutIdleness(): WatermarkStrategy<F> {
    return this.#with({ idleTimeoutMs: false })
  }

  /**
   * The sources of a group stay close: one that is too far ahead in event time stops reading until the
   * others have caught up. For fromSource().
   * @param group the sources with this name belong together
   * @param maxDrift a time span: how far ahead of the group's lowest watermark one may be
   * @throws CONFIG_INVALID
   */
  withWatermarkAlignment(group: string, maxDrift: TimeSpan): WatermarkStrategy<F> {
    return atCallSite('withWatermarkAlignment', () => {
      if (group === '') throw new DataflowError('CONFIG_INVALID', 'an alignment group has no name')
      const maxDriftMs = positiveTimeSpanMs(maxDrift, 'the drift of an alignment group')
      return this.#with({ alignment: { group, maxDriftMs } })
    })
  }

  static #of<F extends Fields>(
    time: EventTime<F>,
    generator: StrategySettings['generator'],
  ): WatermarkStrategy<F> {
    return new WatermarkStrategy({ time: time as string, generator })
  }

  #with(more: Partial<StrategySettings>): WatermarkStrategy<F> {
    return new WatermarkStrategy({ ...this.settings, ...more })
  }
}

/** @throws CONFIG_INVALID for what is no strategy */
export function checkStrategy(given: unknown): void {
  if (given instanceof WatermarkStrategy) return
  throw new DataflowError(
    'CONFIG_INVALID',
    "a strategy is WatermarkStrategy.forBoundedOutOfOrderness('time', '5s') and its kin, and " +
      `this is ${shown(given)}`,
  )
}

/** @throws CONFIG_INVALID */
export function outOfOrdernessMs(span: TimeSpan): number {
  const ms = timeSpanMs(span, 'maxOutOfOrderness')
  if (ms < 0) throw new DataflowError('CONFIG_INVALID', 'maxOutOfOrderness is negative')
  return ms
}
