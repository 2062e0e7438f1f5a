// Random windows on a grid of time, by event time and by the clock.
import * as fc from 'fast-check'
import type { GridWindowSpec } from '../../src/operators/window-spec.ts'

export const GRID_KINDS = ['tumbling', 'sliding', 'cumulative'] as const

export const gridWindow = (kind: (typeof GRID_KINDS)[number]): fc.Arbitrary<GridWindowSpec> =>
  fc
    .record({
      a: fc.integer({ min: 1, max: 12 }),
      b: fc.integer({ min: 1, max: 12 }),
      offsetMs: fc.integer({ min: -20, max: 20 }),
      time: fc.constantFrom('event', 'event', 'processing'),
    })
    .map(({ a, b, offsetMs, time }): GridWindowSpec => {
      const clock = time === 'processing' ? { time: 'processing' as const } : {}
      if (kind === 'tumbling') return { kind, sizeMs: a, offsetMs, ...clock }
      if (kind === 'sliding') {
        return { kind, sizeMs: Math.max(a, b), slideMs: Math.min(a, b), offsetMs, ...clock }
      }
      return { kind: 'cumulative', sizeMs: a * (1 + (b % 4)), stepMs: a, offsetMs, ...clock }
    })
