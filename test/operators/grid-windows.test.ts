// Windows on a grid against a naive model: tumbling, sliding and cumulative, by event time and by the
// clock, under disorder, allowed lateness, late rows put aside, and restarts in other numbers of subtasks.
import * as fc from 'fast-check'
import { describe, it } from 'vitest'
import { Kernels } from '../../src/kernels/module.ts'
import type { GridWindowSpec } from '../../src/operators/window-spec.ts'
import { scenarios, runScenario } from './window-scenario.ts'

const kernels = new Kernels()

const gridWindow: fc.Arbitrary<GridWindowSpec> = fc
  .record({
    kind: fc.constantFrom('tumbling', 'sliding', 'cumulative'),
    a: fc.integer({ min: 1, max: 12 }),
    b: fc.integer({ min: 1, max: 12 }),
    offsetMs: fc.integer({ min: -20, max: 20 }),
    time: fc.constantFrom('event', 'event', 'processing'),
  })
  .map(({ kind, a, b, offsetMs, time }): GridWindowSpec => {
    const clock = time === 'processing' ? { time: 'processing' as const } : {}
    if (kind === 'tumbling') return { kind, sizeMs: a, offsetMs, ...clock }
    if (kind === 'sliding') {
      return { kind, sizeMs: Math.max(a, b), slideMs: Math.min(a, b), offsetMs, ...clock }
    }
    return { kind: 'cumulative', sizeMs: a * (1 + (b % 4)), stepMs: a, offsetMs, ...clock }
  })

describe('windows on a grid', () => {
  it('equal a naive model, with lateness, late rows and restarts', async () => {
    await fc.assert(
      fc.asyncProperty(scenarios(gridWindow), (scenario) => runScenario(kernels, scenario)),
      { numRuns: 1_000 },
    )
  })
})
