// Row numbers sorted by their times against the engine's own stable sort.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Kernels } from '../../src/kernels/module.ts'
import { sortByTime } from '../../src/kernels/sort.ts'
import { inArena, place } from './linear-memory.ts'
import { sortedByTime } from './reference/sort.ts'

const kernels = new Kernels()

const LEAST = -(2n ** 63n)
const time = fc.oneof(
  fc.bigInt({ min: -5n, max: 5n }),
  fc.bigInt({ min: 1_700_000_000_000n, max: 1_700_000_100_000n }),
  fc.bigInt({ min: LEAST, max: -LEAST - 1n }),
  fc.constantFrom(LEAST, -LEAST - 1n),
)

describe('rows by time', () => {
  it('are sorted as a stable sort does', () => {
    fc.assert(
      fc.property(fc.array(time, { maxLength: 60 }), fc.nat({ max: 3 }), (values, skip) => {
        const times = BigInt64Array.from(values)
        const rows = Uint32Array.from(values.keys()).filter((row) => row % 4 >= skip)
        inArena(kernels, () => {
          const at = place(kernels, rows)
          sortByTime(kernels, place(kernels, times), at, rows.length)
          const sorted = kernels.u32.slice(at >>> 2, (at >>> 2) + rows.length)
          expect(sorted).toEqual(sortedByTime(times, rows))
        })
      }),
      { numRuns: 1_000 },
    )
  })
})
