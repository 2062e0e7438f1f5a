// Long sliding windows over dense streams, whose slices are merged by groups: against the naive model, with
// rows that come late into what has been merged, allowed lateness, gaps, and restarts.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Kernels } from '../../src/kernels/module.ts'
import { SlidingMerge } from '../../src/operators/sliding-merge.ts'
import type { GridWindowSpec } from '../../src/operators/window-spec.ts'
import { runScenario, type Scenario, type Step } from './window-scenario.ts'

const kernels = new Kernels()

/** Once in so many times; else null. */
const rarely = <T>(value: fc.Arbitrary<T>, times: number): fc.Arbitrary<T | null> =>
  fc.oneof({ weight: times - 1, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: value })

/** A bout of rows near the watermark, then the watermark moves on. */
const bout = fc.record({
  ahead: fc.array(fc.integer({ min: -1, max: 6 }), { minLength: 1, maxLength: 6 }),
  late: rarely(fc.integer({ min: 1, max: 12 }), 3),
  forward: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 1, max: 3 }) },
    { weight: 1, arbitrary: fc.integer({ min: 4, max: 30 }) },
  ),
  restart: rarely(fc.integer({ min: 1, max: 3 }), 20),
})

const scenario: fc.Arbitrary<Scenario> = fc
  .record({
    sizeMs: fc.integer({ min: 2, max: 14 }),
    slideMs: fc.integer({ min: 1, max: 4 }),
    offsetMs: fc.integer({ min: 0, max: 3 }),
    bouts: fc.array(bout, { minLength: 4, maxLength: 12 }),
    allowedLatenessMs: fc.constantFrom(0, 0, 5),
    batchRows: fc.constantFrom(3, 16_384),
  })
  .map(({ sizeMs, slideMs, offsetMs, bouts, ...rest }) => {
    const window: GridWindowSpec = {
      kind: 'sliding',
      sizeMs: Math.max(sizeMs, slideMs),
      slideMs: Math.min(sizeMs, slideMs),
      offsetMs: offsetMs % Math.min(sizeMs, slideMs),
    }
    let watermark = 0
    const steps = bouts.flatMap(({ ahead, late, forward, restart }): Step[] => {
      const times = ahead.map((each) => watermark + 1 + Math.max(0, each))
      if (late !== null) times.push(watermark - late)
      const rows = times.map((at, i) => ({
        at,
        key: ['a', 'b', null][(at + i) % 3] ?? null,
        other: 0,
        n: at * 3 + i,
        s: at % 4 === 0 ? null : `text ${at % 5} longer than sixteen bytes`,
      }))
      watermark += forward
      return [{ rows }, { watermark }, ...(restart === null ? [] : [{ restart }])]
    })
    return { window, unit: 'ms', keys: ['key'], parallelism: 1, steps, ...rest }
  })

describe('sliding windows of many slices', () => {
  it('equal a naive model', async () => {
    await fc.assert(fc.asyncProperty(scenario, (each) => runScenario(kernels, each)))
  })

  it('cost a constant number of merges a window', () => {
    const merges = (perWindow: number): number => {
      let count = 0
      const windows = 1_000
      const merge = new SlidingMerge({
        slices: { detached: () => 1, rowCount: () => 10 },
        walk: {
          merge: (merged) => {
            count += merged.length
          },
          release: () => undefined,
        },
        grid: { firstSlice: (window) => window, endSlice: (window) => window + perWindow },
        live: {
          between: (first, end) =>
            Array.from({ length: end - first }, (_, i) => ({ index: first + i, ptr: 1 })),
        },
      })
      for (let window = 0; window < windows; window++) merge.merged(window)
      return count / windows
    }
    expect(merges(10)).toBeLessThan(5)
    expect(merges(100)).toBeLessThan(5)
    expect(merges(300)).toBeLessThan(7)
  })
})
