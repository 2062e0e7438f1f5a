// Approximate distinct counts against their twin, to the last one; merged, and how far they are off.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Schema } from '../../src/columnar/schema.ts'
import { int64, utf8 } from '../../src/columnar/type.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { Accumulators } from '../operators/accumulators.ts'
import { HyperLogLog } from './reference/hyper-log-log.ts'

const kernels = new Kernels()
const NUMBERS = Schema.of({ value: int64() })
const SPECS = [{ name: 'about', function: 'approxCountDistinct', column: 'value' }] as const

const sketch = (schema = NUMBERS): Accumulators => new Accumulators(kernels, schema, SPECS)

function add(to: Accumulators, values: readonly unknown[]): void {
  for (let from = 0; from < values.length; from += 10_000) {
    const rows = values.slice(from, from + 10_000).map((value) => ({ value }))
    to.add(
      rows,
      rows.map(() => 0),
    )
  }
}

const estimate = (of: Accumulators): unknown => of.results([0])[0]!['about']

describe('approximate distinct counts', () => {
  it('are those of the twin, and merged those of all values, restored or not', () => {
    const values = fc
      .tuple(fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })), fc.nat({ max: 300 }))
      .map(([some, more]) => [...some, ...Array.from({ length: more }, (_, i) => BigInt(i * i))])
    fc.assert(
      fc.property(values, values, (first, second) => {
        const [a, b, c] = [sketch(), sketch(), sketch()]
        const [one, both] = [new HyperLogLog(), new HyperLogLog()]
        add(a, first)
        add(b, second)
        for (const value of first) one.add(BigInt.asUintN(64, value))
        expect(estimate(a)).toBe(one.estimate())
        for (const value of [...first, ...second]) both.add(BigInt.asUintN(64, value))
        c.restore(a.snapshot([0]), [0])
        for (const each of [a, c]) {
          each.mergeFrom(b, [0])
          expect(estimate(each)).toBe(both.estimate())
        }
        for (const each of [a, b, c]) each.close([0])
      }),
      { numRuns: 1_000 },
    )
  })

  it.each([1, 10, 64, 65, 500, 3_000, 20_000, 150_000])('of %i are 4 %% off at most', (count) => {
    const texts = sketch(Schema.of({ value: utf8() }))
    const numbers = sketch()
    add(
      numbers,
      Array.from({ length: count }, (_, i) => BigInt(i)),
    )
    add(
      texts,
      Array.from({ length: count }, (_, i) => `a user with number ${i}`),
    )
    for (const one of [texts, numbers]) {
      expect(Math.abs(Number(estimate(one)) - count)).toBeLessThanOrEqual(0.04 * count)
      one.close([0])
    }
  })

  it('hash as ever: snapshots hold sketches', () => {
    const [texts, numbers] = [sketch(Schema.of({ value: utf8() })), sketch()]
    add(
      texts,
      Array.from({ length: 5_000 }, (_, i) => `${i}`),
    )
    add(
      numbers,
      Array.from({ length: 5_000 }, (_, i) => BigInt(i)),
    )
    expect([estimate(texts), estimate(numbers)]).toEqual([5_004, 5_033])
    for (const one of [texts, numbers]) one.close([0])
  })
})
