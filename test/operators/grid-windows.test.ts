// Windows on a grid against a naive model: tumbling, sliding and cumulative, by event time and by the
// clock, under disorder, allowed lateness, late rows put aside, and restarts in other numbers of subtasks.
import * as fc from 'fast-check'
import { describe, it } from 'vitest'
import { Kernels } from '../../src/kernels/module.ts'
import { GRID_KINDS, gridWindow } from './grid-window.ts'
import { ownTrigger, runScenario, scenarios } from './window-scenario.ts'

const kernels = new Kernels()

describe('windows on a grid', () => {
  it.each(GRID_KINDS)(
    'equal a naive model, with lateness, late rows and restarts: %s',
    async (kind) => {
      await fc.assert(
        fc.asyncProperty(scenarios(gridWindow(kind), ownTrigger), (scenario) =>
          runScenario(kernels, scenario),
        ),
      )
    },
  )
})
