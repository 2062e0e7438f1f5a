// Windows as a job writes them: tumble('1h'), slide('10s', '2s').
import { DataflowError } from '../base/errors.ts'
import type { WindowSpec } from '../operators/operator-spec.ts'
import { positiveTimeSpanMs, type TimeSpan, timeSpanMs } from './time-span.ts'

/** How the grid of windows lies. */
export interface WindowOptions {
  /** Shifts the grid, which otherwise begins at 1970-01-01T00:00Z; a time span. */
  readonly offset?: TimeSpan
}

/**
 * Windows of one size, side by side: each row is in one of them, by its event time.
 * @param size how long a window is: '1h', '500ms', or milliseconds
 * @param options an offset of the grid
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
export function tumble(size: TimeSpan, options: WindowOptions = {}): WindowSpec {
  const sizeMs = positiveTimeSpanMs(size, 'the size of a tumbling window')
  return { kind: 'tumbling', sizeMs, offsetMs: offsetMs(options, sizeMs) }
}

/**
 * Windows of one size that begin at regular times: each row is in size / every of them.
 * @param size how long a window is: '10s', '500ms', or milliseconds; a multiple of `every`
 * @param every how far apart windows begin
 * @param options an offset of the grid
 * @throws CONFIG_INVALID for a size or slide that is none, or that do not go together
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
export function slide(size: TimeSpan, every: TimeSpan, options: WindowOptions = {}): WindowSpec {
  const sizeMs = positiveTimeSpanMs(size, 'the size of a sliding window')
  const slideMs = positiveTimeSpanMs(every, 'the slide of a window')
  if (slideMs > sizeMs) {
    throw new DataflowError(
      'CONFIG_INVALID',
      `windows of ${sizeMs} ms that begin every ${slideMs} ms leave gaps; make the slide shorter, ` +
        'or use tumble()',
    )
  }
  if (sizeMs % slideMs !== 0) {
    throw new DataflowError(
      'CONFIG_INVALID',
      `a window's size (${sizeMs} ms) must be a multiple of its slide (${slideMs} ms)`,
    )
  }
  return { kind: 'sliding', sizeMs, slideMs, offsetMs: offsetMs(options, slideMs) }
}

/** The offset, from 0 to below a period of the grid. */
function offsetMs({ offset = 0 }: WindowOptions, periodMs: number): number {
  const ms = timeSpanMs(offset, 'the offset of a window')
  return ((ms % periodMs) + periodMs) % periodMs
}
