// Every aggregate over every type it takes, against the values themselves: through the window
// operator, as tumbling windows (rows into accumulators) and as sliding ones (accumulators into
// accumulators).
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Schema } from '../../src/columnar/schema.ts'
import {
  bool,
  type DataType,
  decimal,
  nullable,
  timestamp,
  typeName,
} from '../../src/columnar/type.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { aggregateType, windowAggregateFields } from '../../src/operators/aggregate-type.ts'
import type { AggregateFunctionName, AggregateSpec } from '../../src/operators/operator-spec.ts'
import { createWindowAggregate } from '../../src/operators/window-aggregate.ts'
import { ALL_LEAVES, valueOf } from '../columnar/random-rows.ts'
import { specsOf } from './aggregate-specs.ts'
import { OperatorHarness, type Row } from './operator-harness.ts'

const kernels = new Kernels()

/** A value as something that compares and adds up: integers of any width are bigint. */
function measure(type: DataType, value: unknown): number | bigint | string {
  if (value instanceof Date) return BigInt(value.getTime() / 86_400_000)
  if (typeof value === 'boolean') return value ? 1n : 0n
  if (type.kind === 'decimal') return BigInt((value as string).replace('.', ''))
  if (type.kind === 'utf8') return Buffer.from(value as string).toString('latin1')
  if (typeof value === 'number' && !type.kind.startsWith('float')) return BigInt(value)
  return value as number | bigint
}

/** Less in the order of min and max: a NaN is greater than all numbers. */
function less(a: number | bigint | string, b: number | bigint | string): boolean {
  return a < b || (Number.isNaN(b) && !Number.isNaN(a))
}

function expected(
  name: AggregateFunctionName,
  type: DataType,
  values: readonly unknown[],
): unknown {
  if (name === 'count') return values.length
  if (name === 'countDistinct' || name === 'approxCountDistinct') {
    // As text -0 is 0, and there is one NaN.
    return new Set(values.map((value) => `${measure(type, value)}`)).size
  }
  if (name === 'collect') return values
  if (name === 'topN') {
    const places = values.map((_, i) => i)
    const ranks = values.map((value) => measure(type, value))
    const order = (a: number, b: number): number =>
      less(ranks[b]!, ranks[a]!) ? -1 : Number(less(ranks[a]!, ranks[b]!))
    return places
      .toSorted(order)
      .slice(0, 3)
      .map((i) => values[i])
  }
  if (values.length === 0) return null
  const measures = values.map((value) => measure(type, value))
  switch (name) {
    case 'first':
      return values[0]
    case 'last':
      return values.at(-1)
    case 'any':
      return values.includes(true)
    case 'all':
      return !values.includes(false)
    case 'min':
    case 'max': {
      const isBetter = (a: number, b: number): boolean =>
        name === 'min' ? less(measures[a]!, measures[b]!) : less(measures[b]!, measures[a]!)
      return values[measures.reduce<number>((best, _, i) => (isBetter(i, best) ? i : best), 0)]
    }
    case 'sum':
      return typeof measures[0] === 'number'
        ? (measures as number[]).reduce((a, b) => a + b, 0)
        : (measures as bigint[]).reduce((a, b) => a + b)
    case 'quantile':
      return upperQuartile(type, measures as (number | bigint)[])
    case 'varPop':
    case 'varSamp':
    case 'stddevPop':
    case 'stddevSamp':
      return variance(name, type, measures as (number | bigint)[])
    default: {
      if (typeof measures[0] === 'number') {
        return (measures as number[]).reduce((a, b) => a + b, 0) / values.length
      }
      const sum = Number((measures as bigint[]).reduce((a, b) => a + b))
      const unit = type.kind === 'decimal' ? 10 ** type.scale : 1
      return sum / (values.length * unit)
    }
  }
}

function upperQuartile(type: DataType, measures: readonly (number | bigint)[]): number {
  const unit = type.kind === 'decimal' ? 10 ** type.scale : 1
  const sorted = measures.map(Number).toSorted((a, b) => (less(a, b) ? -1 : Number(less(b, a))))
  const rank = 0.75 * (sorted.length - 1)
  const low = Math.floor(rank)
  const [a, b] = [sorted[low]!, sorted[low + 1]]
  return (low === rank || b === undefined ? a : a + (b - a) * (rank - low)) / unit
}

/** In two passes, of numbers that are rounded first. */
function variance(
  name: AggregateFunctionName,
  type: DataType,
  measures: readonly (number | bigint)[],
): number | null {
  const unit = type.kind === 'decimal' ? 10 ** type.scale : 1
  const numbers = measures.map((x) => Number(x) / unit)
  const degrees = numbers.length - (name.endsWith('Samp') ? 1 : 0)
  if (degrees === 0) return null
  const mean = numbers.reduce((a, b) => a + b, 0) / numbers.length
  const squares = numbers.reduce((sum, x) => sum + (x - mean) ** 2, 0) / degrees
  return name.startsWith('stddev') ? Math.sqrt(squares) : squares
}

/** What came out, in the terms of expected(): sums as bigint, or the float itself. */
function actual(name: AggregateFunctionName, type: DataType, value: unknown): unknown {
  return name === 'sum' && value !== null
    ? measure(aggregateType('sum', type, false), value)
    : value
}

/** True when some integer sum of them may leave its type: an error, which has a test of its own. */
function mayOverflow(type: DataType, values: readonly unknown[]): boolean {
  const measures = values.map((value) => measure(type, value))
  if (typeof measures[0] !== 'bigint') return false
  const isNumber =
    type.kind === 'duration'
      ? type.unit.length < 2 || type.unit === 'ms'
      : 'as' in type && type.as === 'number'
  const most = type.kind === 'decimal' ? 10n ** 38n : 2n ** (isNumber ? 53n : 63n)
  const spread = (measures as bigint[]).reduce((sum, x) => sum + (x < 0n ? -x : x), 0n)
  return spread >= most
}

async function resultOf(
  type: DataType,
  specs: readonly AggregateSpec[],
  rows: readonly Row[],
  slices: number,
): Promise<Row> {
  const input = Schema.of({ at: timestamp('ms'), value: type, kept: nullable(bool()) })
  const window =
    slices === 1
      ? ({ kind: 'tumbling', sizeMs: 12, offsetMs: 0 } as const)
      : ({ kind: 'sliding', sizeMs: 12, slideMs: 12 / slices, offsetMs: 0 } as const)
  const harness = new OperatorHarness({
    kernels,
    factory: createWindowAggregate,
    config: { kind: 'windowAggregate', keys: [], time: 'at', window, aggregates: specs },
    input,
    output: new Schema(windowAggregateFields(input, [], specs)),
  })
  await harness.open()
  try {
    harness.batch(rows)
    return harness.watermark(Infinity).find((row) => row['windowStart'] === 0)!
  } finally {
    harness.close()
  }
}

const rowsOf = (type: DataType): fc.Arbitrary<{ rows: Row[]; slices: number }> =>
  fc
    .tuple(
      fc.array(fc.record({ value: valueOf(type), kept: fc.option(fc.boolean()) }), {
        minLength: 1,
        maxLength: 140,
      }),
      fc.constantFrom(1, 3),
    )
    // Times rise with the rows, so that the order of slices is the order of rows.
    .map(([rows, slices]) => ({
      slices,
      rows: rows.map((row, i) => ({ ...row, at: Math.floor((i * 12) / rows.length) })),
    }))

describe.each(Object.values(ALL_LEAVES).map((type) => [typeName(type), type] as const))(
  'aggregates of %s',
  (_, type) => {
    it('are those of its values', async () => {
      const all = specsOf(type)
      await fc.assert(
        fc.asyncProperty(rowsOf(type), async ({ rows, slices }) => {
          const values = rows.map((row) => row['value']).filter((value) => value !== null)
          const doesOverflow = mayOverflow(type, values)
          const specs = doesOverflow
            ? all.filter((spec) => !['sum', 'mean'].includes(spec.function))
            : all
          const result = await resultOf(type, specs, rows, slices)
          for (const { name, function: of, filter } of specs) {
            const taken = rows.filter((row) => filter === undefined || row['kept'] === true)
            const present = taken.map((row) => row['value']).filter((value) => value !== null)
            const got = actual(of, type, result[name])
            const want = expected(of, type, present)
            // Slices add up in another order.
            const isAdded = slices > 1 && (of === 'sum' || of === 'mean')
            if (/^(?:var|stddev)/.test(of) && typeof want === 'number') {
              expect([name, nearSpread(of, Number(got), want, type, present)]).toEqual([name, true])
            } else if (of === 'quantile' && typeof want === 'number') {
              const isNear = Math.abs(Number(got) - want) <= Math.abs(want) * 1e-12
              expect([name, isNear || Object.is(got, want)]).toEqual([name, true])
            } else if (of === 'approxCountDistinct') {
              expect(Math.abs(Number(got) - Number(want))).toBeLessThanOrEqual(2)
            } else if (isAdded && typeof want === 'number' && typeof got === 'number') {
              expect([name, near(got, want, values)]).toEqual([name, true])
            } else expect([name, got]).toEqual([name, want])
          }
        }),
        { numRuns: 40 },
      )
    })
  },
)

/** Equal but for the order of addition. Where sums may leave the range of floats anything goes. */
function near(got: number, want: number, values: readonly unknown[]): boolean {
  const sum = values.reduce<number>((all, value) => all + Math.abs(Number(value)), 0)
  return Object.is(got, want) || !Number.isFinite(sum) || Math.abs(got - want) <= sum * 1e-12
}

/** Variances are as good as the squares of what they are of. */
function nearSpread(
  name: AggregateFunctionName,
  got: number,
  want: number,
  type: DataType,
  values: readonly unknown[],
): boolean {
  const unit = type.kind === 'decimal' ? 10 ** type.scale : 1
  const sizes = values.map((value) => Math.abs(Number(measure(type, value)) / unit))
  const scale = Math.max(...sizes) ** 2 * values.length
  if (!Number.isFinite(scale)) return true
  const [a, b] = name.startsWith('stddev') ? [got ** 2, want ** 2] : [got, want]
  return Math.abs(a - b) <= scale * 1e-13
}

it('the mean of a decimal beyond 64 bits is rounded once', async () => {
  const type = decimal(38, 10)
  const specs = [{ name: 'mean', function: 'mean', column: 'value' }] as const
  const rows = [{ at: 0, value: '-25474123009211048072477722.1281021953', kept: null }]
  const result = await resultOf(type, specs, rows, 1)
  expect(result['mean']).toBe(-2.547412300921105e25)
})
