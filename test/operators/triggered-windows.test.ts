// Windows with triggers against a naive model: counts, regular firings by event time and by the clock,
// purging, one window of everything, and windows of a number of rows; under disorder, allowed lateness,
// and restarts in other numbers of subtasks.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Kernels } from '../../src/kernels/module.ts'
import { type TriggerSpec, type WindowSpec, windowTime } from '../../src/operators/window-spec.ts'
import { gridWindow } from './grid-window.ts'
import { runScenario, type Scenario, scenarios } from './window-scenario.ts'

const kernels = new Kernels()

const inner: fc.Arbitrary<TriggerSpec> = fc.oneof(
  fc.record({ kind: fc.constant('count' as const), count: fc.integer({ min: 1, max: 4 }) }),
  fc.record({
    kind: fc.constantFrom('continuousEventTime' as const, 'continuousProcessingTime' as const),
    intervalMs: fc.integer({ min: 1, max: 9 }),
  }),
  fc.constantFrom({ kind: 'eventTime' as const }, { kind: 'processingTime' as const }),
)

const trigger: fc.Arbitrary<TriggerSpec> = fc
  .tuple(inner, fc.boolean())
  .map(([each, purging]) => (purging ? { kind: 'purging', trigger: each } : each))

/** As the SDK has it: what does not go together is refused there. */
function isPossible({ window, trigger: given }: Scenario): boolean {
  const { kind } = given?.kind === 'purging' ? given.trigger : (given ?? { kind: 'none' })
  const time = windowTime(window)
  if (kind === 'eventTime') return time === 'event'
  if (kind === 'processingTime') return time === 'processing'
  return kind !== 'continuousEventTime' || time !== 'processing'
}

const check = async (window: fc.Arbitrary<WindowSpec>, runs: number): Promise<void> =>
  fc.assert(
    fc.asyncProperty(scenarios(window, trigger).filter(isPossible), (scenario) =>
      runScenario(kernels, scenario),
    ),
    { numRuns: runs },
  )

describe('windows with triggers', () => {
  it('on a grid equal a naive model', async () => {
    await check(gridWindow, 1_000)
  })

  it('of everything equal a naive model', async () => {
    await check(fc.constant({ kind: 'global' }), 300)
  })

  it('of everything fire at the end without a trigger', async () => {
    await fc.assert(
      fc.asyncProperty(scenarios(fc.constant({ kind: 'global' as const })), (scenario) =>
        runScenario(kernels, scenario),
      ),
      { numRuns: 100 },
    )
  })

  it('of a number of rows equal a naive model', async () => {
    const count = fc
      .tuple(fc.integer({ min: 1, max: 6 }), fc.option(fc.integer({ min: 1, max: 6 })))
      .map(([size, slide]): WindowSpec =>
        slide === null
          ? { kind: 'count', size }
          : { kind: 'count', size, slide: Math.min(slide, size) },
      )
    await fc.assert(
      fc.asyncProperty(scenarios(count), (scenario) => runScenario(kernels, scenario)),
      { numRuns: 1_000 },
    )
  })

  it('sample what the property is about', () => {
    const kinds = fc.sample(scenarios(gridWindow, trigger).filter(isPossible), 200)
    expect(new Set(kinds.map((each) => each.trigger?.kind)).size).toBeGreaterThan(4)
  })
})
