// Windows as a job writes them: tumble('1h'), slide('10s', '2s'), session('30m').
import { DataflowError, didYouMean } from '../base/errors.ts'
import type {
  CountWindowSpec,
  GlobalWindowSpec,
  TimeWindowSpec,
  WindowTime,
} from '../operators/window-spec.ts'
import { checkedTimeZone } from '../time/zone-offsets.ts'
import { checkOptions, optionNames } from './given.ts'
import { positiveTimeSpanMs, type TimeSpan, timeSpanMs } from './time-span.ts'
import { checkedCount } from './trigger.ts'

/** How the grid of windows lies, and which clock it goes by. */
export interface WindowOptions {
  /** Shifts the grid, which otherwise begins at 1970-01-01T00:00Z; a time span. */
  readonly offset?: TimeSpan
  /** 'processing' goes by the clock of the machine, and needs no event time; 'event' unless said. */
  readonly time?: WindowTime
  /**
   * An IANA name such as 'Europe/Berlin': windows go by the wall clock there, days from midnight to
   * midnight (23 or 25 hours long when the clocks change). Of shorter windows those in the hour that comes
   * twice have the rows of both; those in the hour that never comes are empty. UTC unless said.
   */
  readonly timeZone?: string
}

const OPTIONS = optionNames<WindowOptions>({ offset: true, time: true, timeZone: true })
const SESSION_OPTIONS = optionNames<Pick<WindowOptions, 'time'>>({ time: true })
const DYNAMIC_OPTIONS = ['gap', ...SESSION_OPTIONS]

/** Windows that have a start and an end: results begin with windowStart and windowEnd. */
export type TimeWindow = TimeWindowSpec

/**
 * Windows of one size, side by side: each row is in one of them, by its event time.
 * @param size how long a window is: '1h', '500ms', or milliseconds
 * @param options an offset of the grid; `time: 'processing'` to go by the clock
 * @throws CONFIG_INVALID for a size that is none
 * @example
 * import { count, StreamExecutionEnvironment, timestamp, tumble, utf8 } from 'millrace'
 * const env = StreamExecutionEnvironment.getExecutionEnvironment()
 * const clicks = env
 *   .fromCollection([{ time: 5_000, page: 'a' }], { schema: { time: timestamp('ms'), page: utf8() } })
 *   .assignWatermarks('time')
 *   .keyBy('page')
 *   .window(tumble('1m'))
 *   .aggregate({ clicks: count() })
 * for await (const row of clicks.collect()) console.log(row.page, row.windowStart, row.clicks)
 */
export function tumble(size: TimeSpan, options: WindowOptions = {}): TimeWindow {
  const sizeMs = positiveTimeSpanMs(size, 'the size of a tumbling window')
  return { kind: 'tumbling', sizeMs, ...grid(options, sizeMs, 'tumble()') }
}

/**
 * Windows of one size that begin at regular times: each row is in size / every of them.
 * @param size how long a window is: '10s', '500ms', or milliseconds
 * @param every how far apart windows begin; at most the size
 * @param options an offset of the grid; `time: 'processing'` to go by the clock
 * @throws CONFIG_INVALID for a size or slide that is none, or that leaves gaps
 * @example
 * import { max, slide, StreamExecutionEnvironment, timestamp, float64, utf8 } from 'millrace'
 * const env = StreamExecutionEnvironment.getExecutionEnvironment()
 * const schema = { time: timestamp('ms'), sensor: utf8(), heat: float64() }
 * const peaks = env
 *   .fromCollection([{ time: 5_000, sensor: 'a', heat: 21.5 }], { schema })
 *   .assignWatermarks('time', { maxOutOfOrderness: '2s' })
 *   .keyBy('sensor')
 *   .window(slide('10s', '2s'))
 *   .aggregate({ peak: max('heat') })
 * for await (const row of peaks.collect()) console.log(row.sensor, row.peak)
 */
export function slide(size: TimeSpan, every: TimeSpan, options: WindowOptions = {}): TimeWindow {
  const sizeMs = positiveTimeSpanMs(size, 'the size of a sliding window')
  const slideMs = positiveTimeSpanMs(every, 'the slide of a window')
  if (slideMs > sizeMs) {
    throw new DataflowError(
      'CONFIG_INVALID',
      `windows of ${sizeMs} ms that begin every ${slideMs} ms leave gaps; make the slide shorter, ` +
        'or use tumble()',
    )
  }
  return { kind: 'sliding', sizeMs, slideMs, ...grid(options, slideMs, 'slide()') }
}

/**
 * Windows that begin together and end one step after another, up to a greatest size: how a day's sum grows
 * by the hour.
 * @param maxSize how long the last of them is; a multiple of the step
 * @param step how much longer each is than the one before
 * @param options an offset of the grid; `time: 'processing'` to go by the clock
 * @throws CONFIG_INVALID for a size or step that is none, or that do not go together
 * @example
 * import { cumulate, StreamExecutionEnvironment, sum, timestamp, float64, utf8 } from 'millrace'
 * const env = StreamExecutionEnvironment.getExecutionEnvironment()
 * const schema = { time: timestamp('ms'), shop: utf8(), price: float64() }
 * const soFar = env
 *   .fromCollection([{ time: 5_000, shop: 'a', price: 3 }], { schema })
 *   .assignWatermarks('time')
 *   .keyBy('shop')
 *   .window(cumulate('1d', '1h'))
 *   .aggregate({ turnover: sum('price') })
 * for await (const row of soFar.collect()) console.log(row.shop, row.windowEnd, row.turnover)
 */
export function cumulate(
  maxSize: TimeSpan,
  step: TimeSpan,
  options: WindowOptions = {},
): TimeWindow {
  const sizeMs = positiveTimeSpanMs(maxSize, 'the greatest size of a cumulative window')
  const stepMs = positiveTimeSpanMs(step, 'the step of a cumulative window')
  if (sizeMs % stepMs !== 0) {
    throw new DataflowError(
      'CONFIG_INVALID',
      `a cumulative window's greatest size (${sizeMs} ms) must be a multiple of its step (${stepMs} ms)`,
    )
  }
  return { kind: 'cumulative', sizeMs, stepMs, ...grid(options, sizeMs, 'cumulate()') }
}

/** Sessions whose gap depends on the row: for windows of rows. */
export interface DynamicSession<in In> {
  readonly kind: 'session'
  readonly gap: (row: In) => number
  readonly time?: WindowTime
}

/**
 * Windows of a key that end when nothing has come for a gap: windowEnd is the last row's time and the gap. A
 * row between two of them makes them one.
 * @param gap how long nothing comes: '30m', or milliseconds
 * @param options `time: 'processing'` to go by the clock
 * @throws CONFIG_INVALID for a gap that is none
 * @example
 * import { count, session, StreamExecutionEnvironment, timestamp, utf8 } from 'millrace'
 * const env = StreamExecutionEnvironment.getExecutionEnvironment()
 * const visits = env
 *   .fromCollection([{ time: 5_000, user: 'a' }], { schema: { time: timestamp('ms'), user: utf8() } })
 *   .assignWatermarks('time')
 *   .keyBy('user')
 *   .window(session('30m'))
 *   .aggregate({ clicks: count() })
 * for await (const row of visits.collect()) console.log(row.user, row.windowStart, row.clicks)
 */
export function session(gap: TimeSpan, options?: { readonly time?: WindowTime }): TimeWindow
/**
 * The same with a gap of each row's own: a session ends when each of its rows has waited for its gap. For
 * functions of rows: reduce(), process(), apply(), aggregate() with an AggregateFunction.
 * @param options `gap`: a function from a row to milliseconds, 1 or more; `time` as above
 * @throws CONFIG_INVALID
 * @example
 * import { session, StreamExecutionEnvironment, timestamp, utf8 } from 'millrace'
 * const env = StreamExecutionEnvironment.getExecutionEnvironment()
 * const visits = env
 *   .fromCollection([{ time: 5_000, user: 'a' }], { schema: { time: timestamp('ms'), user: utf8() } })
 *   .assignWatermarks('time')
 *   .keyBy('user')
 *   .window(session({ gap: (row) => (row.user === 'a' ? 60_000 : 1_000) }))
 *   .reduce((first) => first)
 * for await (const row of visits.collect()) console.log(row.user, row.time)
 */
export function session<In>(options: {
  readonly gap: (row: In) => number
  readonly time?: WindowTime
}): DynamicSession<In>
export function session<In>(
  gap: TimeSpan | { readonly gap: (row: In) => number; readonly time?: WindowTime },
  options: { readonly time?: WindowTime } = {},
): TimeWindow | DynamicSession<In> {
  if (typeof gap !== 'object' || gap === null) {
    const gapMs = positiveTimeSpanMs(gap, 'the gap of a session')
    checkOptions(options, 'session()', SESSION_OPTIONS)
    return { kind: 'session', gapMs, ...clock(options) }
  }
  checkOptions(gap, 'session()', DYNAMIC_OPTIONS)
  if (typeof gap.gap === 'function') return { kind: 'session', gap: gap.gap, ...clock(gap) }
  throw new DataflowError(
    'CONFIG_INVALID',
    "the gap of a session is a function of a row, { gap: (row) => 60_000 }, or a time span: '30m'",
  )
}

/**
 * One window of everything. It fires at the end of input, and before as a trigger says: countTrigger(100),
 * continuousProcessingTimeTrigger('1s'). Results have no windowStart and windowEnd.
 * @example
 * import { count, globalWindow, StreamExecutionEnvironment } from 'millrace'
 * const env = StreamExecutionEnvironment.getExecutionEnvironment()
 * const all = env
 *   .fromCollection([{ n: 1 }, { n: 2 }])
 *   .windowAll(globalWindow())
 *   .aggregate({ rows: count() })
 * for await (const row of all.collect()) console.log(row.rows)
 */
export function globalWindow(): GlobalWindowSpec {
  return { kind: 'global' }
}

/**
 * Windows of a number of rows, for countWindow() and countWindowAll().
 * @throws CONFIG_INVALID for what is no number of rows, or leaves gaps
 */
export function countWindowOf(size: number, slideRows: number | undefined): CountWindowSpec {
  checkedCount(size, 'the size of a count window')
  if (slideRows === undefined) return { kind: 'count', size }
  checkedCount(slideRows, 'the slide of a count window')
  if (slideRows > size) {
    throw new DataflowError(
      'CONFIG_INVALID',
      `windows of ${size} rows every ${slideRows} leave gaps; make the slide shorter`,
    )
  }
  return { kind: 'count', size, slide: slideRows }
}

function grid(given: WindowOptions, periodMs: number, call: string) {
  checkOptions(given, call, OPTIONS)
  const { offset = 0, ...options } = given
  const { timeZone } = options
  const zone = timeZone === undefined ? {} : { timeZone: checkedTimeZone(timeZone) }
  return { offsetMs: offsetMs({ offset }, periodMs), ...clock(options), ...zone }
}

function clock({ time }: { readonly time?: WindowTime }): { readonly time?: 'processing' } {
  if (time !== undefined && time !== 'event' && time !== 'processing') {
    const hint = didYouMean(String(time), ['event', 'processing'])
    throw new DataflowError('CONFIG_INVALID', `windows go by 'event' or 'processing' time.${hint}`)
  }
  return time === 'processing' ? { time } : {}
}

/** The offset, from 0 to below a period of the grid. */
function offsetMs({ offset = 0 }: WindowOptions, periodMs: number): number {
  const ms = timeSpanMs(offset, 'the offset of a window')
  return ((ms % periodMs) + periodMs) % periodMs
}
