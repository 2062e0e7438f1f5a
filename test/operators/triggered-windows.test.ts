// Windows with triggers against a naive model: each kind of window with each kind of trigger, purging and
// not, and windows of a number of rows; under disorder, allowed lateness, and restarts in other numbers of
// subtasks. What fires as it does without a trigger is in grid-windows.test.ts.
import * as fc from 'fast-check'
import { describe, it } from 'vitest'
import { Kernels } from '../../src/kernels/module.ts'
import type { TriggerSpec, WindowSpec } from '../../src/operators/window-spec.ts'
import { GRID_KINDS, gridWindow } from './grid-window.ts'
import { purgingOrNot, runScenario, type Scenario, scenarios } from './window-scenario.ts'

const kernels = new Kernels()

const every = (kind: 'continuousEventTime' | 'continuousProcessingTime') =>
  fc.integer({ min: 1, max: 9 }).map((intervalMs): TriggerSpec => ({ kind, intervalMs }))

const TRIGGERS: Readonly<Record<string, fc.Arbitrary<TriggerSpec>>> = {
  count: fc.integer({ min: 1, max: 4 }).map((count) => ({ kind: 'count', count })),
  'continuous event time': every('continuousEventTime'),
  'continuous processing time': every('continuousProcessingTime'),
}

const WINDOWS: Readonly<Record<string, fc.Arbitrary<WindowSpec>>> = {
  ...Object.fromEntries(GRID_KINDS.map((kind) => [kind, gridWindow(kind)])),
  session: fc
    .record({
      gapMs: fc.integer({ min: 1, max: 20 }),
      time: fc.constantFrom('event' as const, 'event' as const, 'processing' as const),
    })
    .map((each) => ({ kind: 'session', ...each })),
  global: fc.constant({ kind: 'global' }),
}

/** As the SDK has it: windows by the clock have no event time to fire by. */
function isPossible({ window, trigger }: Scenario): boolean {
  const { kind } = trigger?.kind === 'purging' ? trigger.trigger : (trigger ?? { kind: 'none' })
  return kind !== 'continuousEventTime' || !('time' in window && window.time === 'processing')
}

const scenariosOf = (window: string, trigger: string): fc.Arbitrary<Scenario> =>
  scenarios(WINDOWS[window]!, purgingOrNot(TRIGGERS[trigger]!)).filter(isPossible)

const check = async (cases: fc.Arbitrary<Scenario>): Promise<void> =>
  fc.assert(fc.asyncProperty(cases, (scenario) => runScenario(kernels, scenario)))

describe.each(Object.keys(WINDOWS))('windows with triggers: %s', (window) => {
  it.each(Object.keys(TRIGGERS))('equal a naive model: %s', async (trigger) => {
    await check(scenariosOf(window, trigger))
  })
})

describe('windows with triggers', () => {
  it('of everything fire at the end without a trigger', async () => {
    await check(scenarios(WINDOWS['global']!))
  })

  it('of a number of rows equal a naive model', async () => {
    const count = fc
      .tuple(fc.integer({ min: 1, max: 6 }), fc.option(fc.integer({ min: 1, max: 6 })))
      .map(([size, slide]): WindowSpec =>
        slide === null
          ? { kind: 'count', size }
          : { kind: 'count', size, slide: Math.min(slide, size) },
      )
    await check(scenarios(count))
  })
})
