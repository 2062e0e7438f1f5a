// What accumulators are besides adding up: data that a snapshot takes and gives back, and sums that
// take rows back. Against the same accumulators without the detour.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Schema } from '../../src/columnar/schema.ts'
import { bool, float64, int64, nullable, typeName } from '../../src/columnar/type.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { canRetract } from '../../src/operators/aggregate-type.ts'
import { ALL_LEAVES, valueOf } from '../columnar/random-rows.ts'
import { Accumulators } from './accumulators.ts'
import { AGGREGATE_NAMES, smallValueOf, specsOf } from './aggregate-specs.ts'
import type { Row } from './operator-harness.ts'

const kernels = new Kernels()
/** Each is a case of its own: a run has ten, beside one without rows. */
const GROUPS = Array.from({ length: 11 }, (_, i) => i)
const RUNS = { numRuns: 1_000 / (GROUPS.length - 1) }

const rowsOf = (value: fc.Arbitrary<unknown>): fc.Arbitrary<(Row & { group: number })[]> =>
  fc.array(fc.record({ value, kept: fc.option(fc.boolean()), group: fc.nat({ max: 9 }) }), {
    maxLength: 140,
  })

const groupsOf = (rows: readonly { group: number }[]): number[] => rows.map(({ group }) => group)

/** Runs with accumulators, and sees that they give everything back. */
function withAccumulators(made: readonly Accumulators[], run: () => void): void {
  try {
    run()
  } finally {
    for (const one of made) one.close(GROUPS)
  }
}

describe.each(Object.values(ALL_LEAVES).map((type) => [typeName(type), type] as const))(
  'the state of aggregates of %s',
  (_, type) => {
    it('is the same after a snapshot and a restore', () => {
      // Sums of random integers overflow; they have the other property.
      const isExact = type.kind.startsWith('float') || type.kind === 'bool'
      const names = isExact
        ? AGGREGATE_NAMES
        : AGGREGATE_NAMES.filter((name) => !['sum', 'mean'].includes(name))
      const schema = Schema.of({ value: type, kept: nullable(bool()) })
      const specs = specsOf(type, names)
      fc.assert(
        fc.property(rowsOf(valueOf(type)), fc.nat({ max: 140 }), (rows, cut) => {
          const straight = new Accumulators(kernels, schema, specs)
          const before = new Accumulators(kernels, schema, specs)
          const after = new Accumulators(kernels, schema, specs)
          withAccumulators([straight, before, after], () => {
            const [head, tail] = [rows.slice(0, cut), rows.slice(cut)]
            for (const part of [head, tail]) straight.add(part, groupsOf(part))
            before.add(head, groupsOf(head))
            after.restore(before.snapshot(GROUPS), GROUPS)
            after.add(tail, groupsOf(tail))
            const seen = [...new Set(groupsOf(rows))]
            expect(after.results(seen)).toEqual(straight.results(seen))
          })
        }),
        RUNS,
      )
    })
  },
)

const SUMMED = Object.values(ALL_LEAVES).filter(
  (type) => specsOf(type, ['mean']).length > 0 || type.kind === 'duration',
)

describe.each(SUMMED.map((type) => [typeName(type), type] as const))(
  'aggregates of %s',
  (_, type) => {
    it('take rows back', () => {
      const schema = Schema.of({ value: type, kept: nullable(bool()) })
      const specs = specsOf(type, AGGREGATE_NAMES.filter(canRetract))
      const inputs = fc.tuple(rowsOf(smallValueOf(type)), fc.infiniteStream(fc.boolean()))
      fc.assert(
        fc.property(inputs, ([rows, chances]) => {
          const changed = new Accumulators(kernels, schema, specs, { isRetracting: true })
          const straight = new Accumulators(kernels, schema, specs)
          withAccumulators([changed, straight], () => {
            const isGone = rows.map(() => chances.next().value)
            const gone = rows.filter((_row, i) => isGone[i])
            const rest = rows.filter((_row, i) => !isGone[i])
            straight.add(rest, groupsOf(rest))
            changed.add(gone, groupsOf(gone))
            // Those that stay come in the batch in which the others go.
            const all = [...gone, ...rest]
            const isAdded = all.map((row) => !gone.includes(row))
            changed.change(all, groupsOf(all), isAdded)
            const results = [changed, straight].map((one) => one.results(GROUPS).map(rounded))
            expect(results[0]).toEqual(results[1])
          })
        }),
        RUNS,
      )
    })
  },
)

/** Variances are exact but for rounding. */
const rounded = (row: Row): Row =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      /^(var|stddev)/.test(name) && value !== null ? Math.round(Number(value) * 1e4) / 1e4 : value,
    ]),
  )

it('a row that is taken back from a sum near its limit is told like one that is added', () => {
  const schema = Schema.of({ value: int64() })
  const specs = [{ name: 'total', function: 'sum', column: 'value' }] as const
  const sums = new Accumulators(kernels, schema, specs, { isRetracting: true })
  withAccumulators([sums], () => {
    sums.add([{ value: -(2n ** 63n) + 1n }], [0])
    expect(() => sums.change([{ value: 2n }], [0], [false])).toThrow(/sum of 'value'.*too large/)
  })
})

it('a function that cannot take rows back is refused, with those that can', () => {
  const schema = Schema.of({ value: float64() })
  const specs = [{ name: 'one', function: 'approxCountDistinct', column: 'value' }] as const
  expect(() => new Accumulators(kernels, schema, specs, { isRetracting: true })).toThrow(
    /'one' is approxCountDistinct\(\) of a stream whose rows change.*countDistinct\(\) does/,
  )
})
