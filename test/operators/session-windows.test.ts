// Sessions against a naive model: merging, by event time and by the clock, under disorder, allowed
// lateness, purging, late rows put aside, and restarts in other numbers of subtasks.
import * as fc from 'fast-check'
import { describe, it } from 'vitest'
import { Kernels } from '../../src/kernels/module.ts'
import type { SessionWindowSpec } from '../../src/operators/window-spec.ts'
import { ownTrigger, runScenario, scenarios } from './window-scenario.ts'

const kernels = new Kernels()

const session: fc.Arbitrary<SessionWindowSpec> = fc
  .record({
    gapMs: fc.integer({ min: 1, max: 20 }),
    time: fc.constantFrom('event', 'event', 'event', 'processing'),
  })
  .map(({ gapMs, time }) => ({
    kind: 'session',
    gapMs,
    ...(time === 'processing' ? { time: 'processing' as const } : {}),
  }))

describe('sessions', () => {
  it('equal a naive model, with lateness, late rows and restarts', async () => {
    await fc.assert(
      fc.asyncProperty(scenarios(session, ownTrigger), (scenario) =>
        runScenario(kernels, scenario),
      ),
    )
  })
})
