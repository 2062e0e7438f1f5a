// Windows and time spans: what they take, and the moment at which they do not.
import { describe, expect, it } from 'vitest'
import {
  count,
  cumulate,
  globalWindow,
  int32,
  nullable,
  outputTag,
  session,
  slide,
  StreamExecutionEnvironment,
  type TimeSpan,
  type TimeWindow,
  timestamp,
  tumble,
} from '../../src/index.ts'
import { timeSpanMs } from '../../src/sdk/time-span.ts'

describe('a time span', () => {
  it.each<[TimeSpan, number]>([
    ['500ms', 500],
    ['10s', 10_000],
    ['1.5s', 1_500],
    ['0.1s', 100],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['2d', 172_800_000],
    [250, 250],
    ['-1h', -3_600_000],
  ])('%s is %d ms', (span, ms) => {
    expect(timeSpanMs(span, 'it')).toBe(ms)
  })

  it.each<[unknown, RegExp]>([
    ['10', /it is '10'; write it as '10s'/],
    ['1 hour', /write it as/],
    ['1.5ms', /not a whole number of milliseconds/],
    [Number.NaN, /not a whole number/],
    [undefined, /write it as/],
  ])('%s is none', (span, message) => {
    expect(() => timeSpanMs(span as TimeSpan, 'it')).toThrowError(message)
  })
})

describe('windows', () => {
  it('have an offset within their period', () => {
    expect(tumble('1h', { offset: '15m' })).toEqual({
      kind: 'tumbling',
      sizeMs: 3_600_000,
      offsetMs: 900_000,
    })
    expect(tumble('1h', { offset: '-15m' })).toMatchObject({ offsetMs: 2_700_000 })
    expect(tumble('1h', { offset: '61m' })).toMatchObject({ offsetMs: 60_000 })
    expect(slide('10s', '2s', { offset: '3s' })).toEqual({
      kind: 'sliding',
      sizeMs: 10_000,
      slideMs: 2_000,
      offsetMs: 1_000,
    })
  })

  it('of size zero or less are refused', () => {
    expect(() => tumble(0)).toThrowError(
      'the size of a tumbling window is 0 ms; it must be longer than 0',
    )
    expect(() => tumble('-1s')).toThrowError('longer than 0')
    expect(() => slide('10s', 0)).toThrowError('the slide of a window is 0 ms')
  })

  it('whose slide is longer than they are are refused; one that does not divide them is none', () => {
    expect(slide('10s', '10s')).toMatchObject({ slideMs: 10_000 })
    expect(() => slide('10s', '11s')).toThrowError(/leave gaps/)
    expect(slide('10s', '3s')).toMatchObject({ sizeMs: 10_000, slideMs: 3_000 })
    expect(() => cumulate('10s', '3s')).toThrowError(
      '(10000 ms) must be a multiple of its step (3000 ms)',
    )
  })
})

describe('what is asked of windows', () => {
  const schema = { time: nullable(timestamp('ms')), n: int32() }
  const rows = (times: readonly (number | null)[]) =>
    StreamExecutionEnvironment.getExecutionEnvironment().fromCollection(
      times.map((time, n) => ({ time, n })),
      { schema },
    )
  const keyed = () => rows([0]).assignWatermarks('time').keyBy('n')

  it('is refused where it means nothing: lateness', () => {
    expect(() => keyed().window(tumble('1s')).allowedLateness(-1)).toThrow(
      'the allowed lateness is -1 ms, which is less than 0',
    )
    expect(() =>
      keyed()
        .window(tumble('1s'))
        .allowedLateness('soon' as TimeSpan),
    ).toThrow(/the allowed lateness is 'soon'; write it as '10s'/)
    expect(() => keyed().window(tumble('1s')).allowedLateness(0)).not.toThrow()
  })

  it.each([
    ['windows by the clock', () => keyed().window(tumble('1s', { time: 'processing' }))],
    ['one window of everything', () => keyed().window(globalWindow())],
    ['windows of a number of rows', () => keyed().countWindow(2)],
  ])('is refused where no row is late: %s', (_, windows) => {
    const late = outputTag('late', schema)
    expect(() => windows().allowedLateness('1s')).toThrow(
      /rows are late by event time only: allow no lateness \(allowedLateness\(\) at /,
    )
    expect(() => windows().sideOutputLateData(late)).toThrow(
      /rows are late by event time only: there are none to put aside/,
    )
  })

  it('is refused for late rows of other columns, where it is asked', () => {
    const tag = outputTag('late', { time: timestamp('ms') })
    const windows = keyed().window(tumble('1s'))
    expect(() => windows.sideOutputLateData(tag as never)).toThrow(
      /late rows have the columns \(.*n: int32\), and the output tag 'late' has \(.*\).* at test\/sdk/,
    )
  })

  it.each<[string, TimeWindow]>([
    ['tumbling', tumble('1s')],
    ['sliding', slide('2s', '1s')],
    ['session', session('1s')],
    ['tumbling of a zone', tumble('1d', { timeZone: 'Europe/Berlin' })],
  ])('%s: a row without a time is refused, with how to leave it out', async (_, window) => {
    const results = rows([5, null, 7])
      .assignWatermarks('time')
      .windowAll(window)
      .aggregate({ rows: count() })
    await expect(Array.fromAsync(results.collect())).rejects.toThrow(
      /no event time: 'time' is null; row 1 of its batch.*filter such rows out before, where\(/,
    )
    const whole = rows([5, null, 7])
      .where((r) => r.time.isNotNull())
      .assignWatermarks('time')
      .windowAll(window)
      .aggregate({ rows: count() })
    const counts = (await Array.fromAsync(whole.collect())).map((each) => Number(each.rows))
    expect(new Set(counts)).toEqual(new Set([2]))
  })
})
