// The range of event times against its scalar twin.
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { Kernels } from '../../src/kernels/module.ts'
import { timestampRange } from '../../src/kernels/timestamp.ts'
import { bitsOf, bools, inArena, lengths, place } from './linear-memory.ts'
import * as twin from './reference/timestamp.ts'

const kernels = new Kernels()

it('the range of event times equals the twin, whatever is null', () => {
  const time = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
  const inputs = lengths(4, 200).chain((n) =>
    fc.tuple(
      fc.array(time, { minLength: n, maxLength: n }),
      fc.option(bools(n)),
      fc.nat({ max: 7 }),
    ),
  )
  fc.assert(
    fc.property(inputs, ([times, valid, misalignment]) =>
      inArena(kernels, () => {
        const values = BigInt64Array.from(times)
        const bits = valid === null ? undefined : bitsOf(valid)
        const validity = bits === undefined ? 0 : place(kernels, bits)
        const at = place(kernels, values, misalignment)
        expect(timestampRange(kernels, at, validity, values.length)).toEqual(
          twin.timestampRange(values, bits, values.length),
        )
      }),
    ),
  )
})
