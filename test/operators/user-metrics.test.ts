// Metrics of functions: what a report says, sums over subtasks, and histograms against sorted values.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LogHistogram } from '../../src/operators/histogram.ts'
import {
  metricGroup,
  metricTotals,
  reportOf,
  type UserMetrics,
} from '../../src/operators/user-metrics.ts'

describe('a histogram', () => {
  const value = fc.oneof(
    fc.double({ min: -1e6, max: 1e6, noNaN: true }),
    fc.integer({ min: -5, max: 5 }),
    fc.double({ noNaN: true, noDefaultInfinity: true, min: 1e-300, max: 1e300 }),
  )

  it('knows quantiles to 1 %, of one subtask or of several', () => {
    fc.assert(
      fc.property(fc.array(fc.array(value), { minLength: 1, maxLength: 3 }), (subtasks) => {
        const all = new LogHistogram()
        for (const values of subtasks) {
          const histogram = new LogHistogram()
          for (const one of values) histogram.update(one)
          all.add(histogram.report())
        }
        const sorted = subtasks.flat().toSorted((a, b) => a - b)
        const { count, min, max, ...rest } = all.statistics()
        expect(count).toBe(sorted.length)
        expect([min, max]).toEqual([sorted[0] ?? null, sorted.at(-1) ?? null])
        if (count === 0) return
        for (const [name, fraction] of [
          ['p50', 0.5],
          ['p95', 0.95],
          ['p99', 0.99],
        ] as const) {
          const exact = sorted[Math.max(1, Math.ceil(fraction * count)) - 1]!
          expect(Math.abs(rest[name]! - exact)).toBeLessThanOrEqual(Math.abs(exact) * 0.01 + 1e-308)
        }
      }),
      { numRuns: 1_000 },
    )
  })

  it('is bounded: of very many sizes the least become one', () => {
    const histogram = new LogHistogram()
    for (let exponent = -300; exponent < 300; exponent += 0.005) histogram.update(10 ** exponent)
    const { count, buckets } = histogram.report()
    expect(buckets.length).toBeLessThanOrEqual(4_096)
    expect(buckets.reduce((sum, [, some]) => sum + some, 0)).toBe(count)
    expect(Math.log10(histogram.statistics().p99!)).toBeCloseTo(294, 1)
  })

  it('leaves out what is no finite number', () => {
    const histogram = new LogHistogram()
    for (const one of [NaN, Infinity, 3, -Infinity]) histogram.update(one)
    expect(histogram.statistics()).toEqual({
      count: 1,
      min: 3,
      max: 3,
      mean: 3,
      p50: 3,
      p95: 3,
      p99: 3,
    })
  })
})

describe('metrics of a function', () => {
  it('add up over subtasks; a gauge is shown of each, and its failure is none of the job', () => {
    const subtasks = [0, 1].map((subtask) => {
      const metrics: UserMetrics = new Map()
      const group = metricGroup(metrics)
      group.counter('rows').inc(3)
      group.counter('rows').inc()
      group.gauge('lag', () => subtask * 10)
      group.gauge('broken', () => {
        throw new Error('no')
      })
      group.histogram('ms').update(subtask + 1)
      if (subtask === 1) group.counter('only here').inc()
      return reportOf(metrics)
    })
    expect(metricTotals(subtasks)).toMatchObject({
      rows: { kind: 'counter', value: 8 },
      lag: { kind: 'gauge', values: [0, 10] },
      broken: { kind: 'gauge', values: [null, null] },
      ms: { kind: 'histogram', count: 2, mean: 1.5 },
      'only here': { kind: 'counter', value: 1 },
    })
  })

  it('have one kind for a name', () => {
    const group = metricGroup(new Map())
    group.counter('rows')
    expect(() => group.gauge('rows', () => 1)).toThrow(
      /'rows' of this function is a counter already/,
    )
    expect(() => group.histogram('rows')).toThrow(/give this one another name/)
    group.gauge('lag', () => 1)
    group.gauge('lag', () => 2)
    expect(() => group.counter('lag')).toThrow(/is a gauge already/)
  })
})
