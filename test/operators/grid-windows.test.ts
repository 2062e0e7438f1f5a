// Windows on a grid against a naive model: tumbling, sliding and cumulative, by event time and by the
// clock, under disorder, allowed lateness, late rows put aside, and restarts in other numbers of subtasks.
import * as fc from 'fast-check'
import { describe, it } from 'vitest'
import { Kernels } from '../../src/kernels/module.ts'
import { gridWindow } from './grid-window.ts'
import { scenarios, runScenario } from './window-scenario.ts'

const kernels = new Kernels()

describe('windows on a grid', () => {
  it('equal a naive model, with lateness, late rows and restarts', async () => {
    await fc.assert(
      fc.asyncProperty(scenarios(gridWindow), (scenario) => runScenario(kernels, scenario)),
      { numRuns: 1_000 },
    )
  })
})
