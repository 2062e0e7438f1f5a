// Quantiles against sorted values: few exactly, many within the bound of src/sdk/aggregate-quantile.ts; of all
// rows, merged from parts, and restored.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Schema } from '../../src/columnar/schema.ts'
import { float64 } from '../../src/columnar/type.ts'
import { Kernels } from '../../src/kernels/module.ts'
import type { AggregateSpec } from '../../src/operators/operator-spec.ts'
import { Accumulators } from '../operators/accumulators.ts'

const kernels = new Kernels()
const SCHEMA = Schema.of({ value: float64() })
const FRACTIONS = [0, 0.01, 0.25, 0.5, 0.9, 0.99, 1]
const SPECS: readonly AggregateSpec[] = FRACTIONS.map((parameter) => ({
  name: `q${parameter}`,
  function: 'quantile',
  column: 'value',
  parameter,
}))

const sketch = (): Accumulators => new Accumulators(kernels, SCHEMA, SPECS)

function add(to: Accumulators, values: readonly number[]): void {
  for (let from = 0; from < values.length; from += 10_000) {
    const rows = values.slice(from, from + 10_000).map((value) => ({ value }))
    to.add(
      rows,
      rows.map(() => 0),
    )
  }
}

const quantiles = (of: Accumulators): number[] => Object.values(of.results([0])[0]!) as number[]

/** How far the ranks of answers are off, at most, as a share of the count. */
function rankError(values: readonly number[], answers: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const countBelow = (isBelow: (x: number) => boolean): number => {
    let [low, high] = [0, sorted.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (isBelow(sorted[middle]!)) low = middle + 1
      else high = middle
    }
    return low
  }
  const errors = answers.map((answer, i) => {
    const rank = FRACTIONS[i]! * (sorted.length - 1)
    const first = countBelow((x) => x < answer) - 1
    const last = countBelow((x) => x <= answer)
    return Math.max(0, first - rank, rank - last) / sorted.length
  })
  return Math.max(...errors)
}

const boundOf = (count: number): number => Math.max(0, Math.ceil(Math.log2(count / 512)) / 512)

/** A generator of numbers of its own: no chance in a test's bounds. */
function* numbers(seed: number): Generator<number> {
  for (let x = seed; ;) {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0
    yield x / 2 ** 32
  }
}

const SHAPES: Readonly<Record<string, (i: number, random: number) => number>> = {
  random: (_, random) => random,
  rising: (i) => i,
  falling: (i) => -i,
  'of a few values': (_, random) => Math.floor(random * 5),
  'of a long tail': (_, random) => 1 / (1 - random) ** 2,
  'that alternate': (i) => (i % 2 === 0 ? i : -i),
}

describe('quantiles', () => {
  it('of up to 512 values are exact, however they come together', () => {
    const values = fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { maxLength: 256 })
    fc.assert(
      fc.property(values, values, (first, second) => {
        const [a, b, c] = [sketch(), sketch(), sketch()]
        add(a, first)
        add(b, second)
        c.restore(a.snapshot([0]), [0])
        const sorted = [...first, ...second].toSorted((x, y) => x - y)
        for (const each of [a, c]) {
          each.mergeFrom(b, [0])
          quantiles(each).forEach((got, i) => {
            if (sorted.length === 0) return expect(got).toBeNull()
            const rank = FRACTIONS[i]! * (sorted.length - 1)
            const low = sorted[Math.floor(rank)]!
            const high = sorted[Math.ceil(rank)]!
            const want = low + (high - low) * (rank - Math.floor(rank))
            return expect(Math.abs(got - want)).toBeLessThanOrEqual(1e-12 * (1 + Math.abs(want)))
          })
        }
        for (const each of [a, b, c]) each.close([0])
      }),
      { numRuns: 1_000 },
    )
  })

  it.each(Object.keys(SHAPES))('of many values %s have ranks within the bound', (shape) => {
    for (const count of [600, 5_000, 100_000]) {
      const random = numbers(count)
      const values = Array.from({ length: count }, (_, i) =>
        SHAPES[shape]!(i, random.next().value as number),
      )
      const [whole, restored] = [sketch(), sketch()]
      const parts = [0, 1, 2].map(() => sketch())
      add(whole, values)
      parts.forEach((part, p) =>
        add(
          part,
          values.filter((_, i) => i % 3 === p),
        ),
      )
      restored.restore(parts[0]!.snapshot([0]), [0])
      for (const part of parts.slice(1)) restored.mergeFrom(part, [0])
      // As a rule far less than the bound; that is what is measured here.
      const rule = Math.min(boundOf(count), 0.003)
      expect(rankError(values, quantiles(whole))).toBeLessThanOrEqual(rule)
      expect(rankError(values, quantiles(restored))).toBeLessThanOrEqual(rule)
      for (const each of [whole, restored, ...parts]) each.close([0])
    }
  })
})
