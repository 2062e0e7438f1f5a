// Evictors as a job writes them: which rows of a window stay, each time it fires. After Flink's.
import { DataflowError } from '../base/errors.ts'
import type { Evictor, TimestampedValue } from '../operators/window-functions.ts'
import { positiveTimeSpanMs, type TimeSpan } from './time-span.ts'
import { checkedCount } from './trigger.ts'

/** When an evictor looks at a window's rows. */
export interface EvictorOptions {
  /** After the function has seen them, for the next firing; before, unless said. */
  readonly after?: boolean
}

type Kept<In> = (rows: readonly TimestampedValue<In>[]) => readonly TimestampedValue<In>[]

const evictor = <In>(description: string, kept: Kept<In>, { after = false }: EvictorOptions) =>
  after
    ? { description: `${description} for the next firing`, evictAfter: kept }
    : { description, evictBefore: kept }

/**
 * Keeps the last rows of a window, so many.
 * @param count rows, 1 or more
 * @param options `after`: once the function has seen them
 * @throws CONFIG_INVALID
 * @example
 * import { countEvictor, countTrigger, globalWindow, StreamExecutionEnvironment } from 'millrace'
 * const env = StreamExecutionEnvironment.getExecutionEnvironment()
 * const sums = env
 *   .fromCollection([{ n: 1 }, { n: 2 }, { n: 3 }])
 *   .windowAll(globalWindow())
 *   .trigger(countTrigger(1))
 *   .evictor(countEvictor(2))
 *   .reduce((a, b) => ({ n: a.n + b.n }))
 * for await (const row of sums.collect()) console.log(row.n)
 */
export function countEvictor<In>(count: number, options: EvictorOptions = {}): Evictor<In> {
  const most = checkedCount(count, 'the count of an evictor')
  return evictor(`the last ${most} rows`, (rows) => rows.slice(-most), options)
}

/**
 * Keeps the rows of a window that are less than a time older than its latest one.
 * @param span a time span
 * @param options `after`: once the function has seen them
 * @throws CONFIG_INVALID
 * @example
 * import { timeEvictor } from 'millrace'
 * console.log(timeEvictor('10s').description)
 */
export function timeEvictor<In>(span: TimeSpan, options: EvictorOptions = {}): Evictor<In> {
  const spanMs = positiveTimeSpanMs(span, 'the time of an evictor')
  const kept: Kept<In> = (rows) => {
    const latest = rows.reduce((most, { timestamp }) => Math.max(most, timestamp), -Infinity)
    return rows.filter(({ timestamp }) => timestamp > latest - spanMs)
  }
  return evictor(`rows of the last ${spanMs} ms`, kept, options)
}

/**
 * Keeps the rows that differ from the last one by less than a threshold.
 * @param delta the difference of a row and the last one
 * @param threshold what the difference is compared with
 * @param options `after`: once the function has seen them
 * @throws CONFIG_INVALID
 * @example
 * import { countTrigger, deltaEvictor, globalWindow, StreamExecutionEnvironment } from 'millrace'
 * const env = StreamExecutionEnvironment.getExecutionEnvironment()
 * const near = env
 *   .fromCollection([{ x: 1 }, { x: 9 }, { x: 10 }])
 *   .windowAll(globalWindow())
 *   .trigger(countTrigger(3))
 *   .evictor(deltaEvictor((row, last) => last.x - row.x, 5))
 *   .reduce((a, b) => ({ x: a.x + b.x }))
 * for await (const row of near.collect()) console.log(row.x)
 */
export function deltaEvictor<In>(
  delta: (row: In, last: In) => number,
  threshold: number,
  options: EvictorOptions = {},
): Evictor<In> {
  if (typeof threshold !== 'number' || Number.isNaN(threshold)) {
    throw new DataflowError('CONFIG_INVALID', `the threshold of an evictor is ${threshold}`)
  }
  const kept: Kept<In> = (rows) => {
    const last = rows.at(-1)
    if (last === undefined) return rows
    return rows.filter(({ value }) => delta(value, last.value) < threshold)
  }
  return evictor(`rows that differ by less than ${threshold}`, kept, options)
}
