// Windows and time spans: what they take, and the moment at which they do not.
import { describe, expect, it } from 'vitest'
import { cumulate, slide, type TimeSpan, tumble } from '../../src/index.ts'
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
