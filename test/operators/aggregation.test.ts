// Every aggregate over every type it takes, against the values themselves: through the window
// operator, as tumbling windows (rows into accumulators) and as sliding ones (accumulators into
// accumulators).
import { isDeepStrictEqual } from 'node:util'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Schema } from '../../src/columnar/schema.ts'
import {
  bool,
  type DataType,
  decimal,
  int32,
  nullable,
  timestamp,
  typeName,
} from '../../src/columnar/type.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { aggregateType, windowAggregateFields } from '../../src/operators/aggregate-type.ts'
import type { AggregateFunctionName, AggregateSpec } from '../../src/operators/operator-spec.ts'
import { createWindowAggregate } from '../../src/operators/window-aggregate.ts'
import { ALL_LEAVES, valueOf } from '../columnar/random-rows.ts'
import { smallValueOf, specsOf } from './aggregate-specs.ts'
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
function mayOverflow(type: DataType, rows: readonly Row[]): boolean {
  const values = rows.map((row) => row['value']).filter((value) => value !== null)
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

interface Scenario {
  /** The rows of each group: an empty list is a group that nobody has seen. */
  readonly groups: readonly (readonly Row[])[]
  readonly slices: number
  /** Windows of a key; else of all rows, and then there is one group. */
  readonly isKeyed: boolean
}

/** The results of each group's first window; undefined of a group without rows. */
async function resultsOf(
  type: DataType,
  specs: readonly AggregateSpec[],
  { groups, slices, isKeyed }: Scenario,
): Promise<(Row | undefined)[]> {
  const input = Schema.of({
    at: timestamp('ms'),
    group: int32(),
    value: type,
    kept: nullable(bool()),
  })
  const window =
    slices === 1
      ? ({ kind: 'tumbling', sizeMs: 12, offsetMs: 0 } as const)
      : ({ kind: 'sliding', sizeMs: 12, slideMs: 12 / slices, offsetMs: 0 } as const)
  const keys = isKeyed ? ['group'] : []
  const harness = new OperatorHarness({
    kernels,
    factory: createWindowAggregate,
    config: { kind: 'windowAggregate', keys, time: 'at', window, aggregates: specs },
    input,
    output: new Schema(windowAggregateFields(input, keys, specs)),
  })
  await harness.open()
  try {
    harness.batch(groups.flatMap((rows, group) => rows.map((row) => ({ ...row, group }))))
    const results = harness.watermark(Infinity).filter((row) => row['windowStart'] === 0)
    return groups.map((_, group) => results.find((row) => !isKeyed || row['group'] === group))
  } finally {
    harness.close()
  }
}

const GROUPS = 20

const scenarios = (type: DataType, groups: number): fc.Arbitrary<Scenario> => {
  const isSummed = /int|decimal|duration/.test(type.kind)
  const values = [valueOf(type), ...(isSummed ? [smallValueOf(type)] : [])]
  const rows = fc.oneof(
    ...values.map((value) =>
      fc.array(fc.record({ value, kept: fc.option(fc.boolean()) }), {
        maxLength: groups === 1 ? 140 : 12,
      }),
    ),
  )
  return fc.record({
    // Times rise with the rows, so that the order of slices is the order of rows.
    groups: fc.array(
      rows.map((all) => all.map((row, i) => ({ ...row, at: Math.floor((i * 12) / all.length) }))),
      { minLength: groups, maxLength: groups },
    ),
    slices: fc.constantFrom(1, 3),
    isKeyed: fc.constant(groups > 1),
  })
}

/** A result that is not what its rows give, with what they give. */
function wrongOf(
  { name, function: aggregate, filter }: AggregateSpec,
  type: DataType,
  result: Row,
  rows: readonly Row[],
  slices: number,
): readonly [string, unknown, unknown] | undefined {
  const taken = rows.filter((row) => filter === undefined || row['kept'] === true)
  const values = taken.map((row) => row['value']).filter((value) => value !== null)
  const got = actual(aggregate, type, result[name])
  const want = expected(aggregate, type, values)
  let isRight = isDeepStrictEqual(got, want)
  if (!isRight && typeof want === 'number' && typeof got === 'number') {
    // Slices add up in another order.
    const isAdded = slices > 1 && (aggregate === 'sum' || aggregate === 'mean')
    if (/^(?:var|stddev)/.test(aggregate)) isRight = nearSpread(aggregate, got, want, type, values)
    else if (aggregate === 'quantile') isRight = Math.abs(got - want) <= Math.abs(want) * 1e-12
    else if (aggregate === 'approxCountDistinct') isRight = Math.abs(got - want) <= 2
    else if (isAdded) isRight = near(got, want, values)
  }
  return isRight ? undefined : [name, got, want]
}

describe.each(Object.values(ALL_LEAVES).map((type) => [typeName(type), type] as const))(
  'aggregates of %s',
  (_, type) => {
    const all = specsOf(type)
    const check = async (of: Scenario): Promise<void> => {
      const doesOverflow = of.groups.some((rows) => mayOverflow(type, rows))
      const specs = all.filter((spec) => !doesOverflow || !['sum', 'mean'].includes(spec.function))
      const results = await resultsOf(type, specs, of)
      const wrong = of.groups.flatMap((rows, group) => {
        const result = results[group]
        // Of no rows there is no window.
        expect(result === undefined).toBe(rows.length === 0)
        if (result === undefined) return []
        return specs.flatMap((spec) => {
          const each = wrongOf(spec, type, result, rows, of.slices)
          return each === undefined
            ? []
            : [{ group, function: each[0], got: each[1], want: each[2] }]
        })
      })
      expect(wrong).toEqual([])
    }

    it('are those of the values of each group', async () => {
      await fc.assert(fc.asyncProperty(scenarios(type, GROUPS), check), { numRuns: 1_000 / GROUPS })
    })

    it('are those of all values', async () => {
      await fc.assert(fc.asyncProperty(scenarios(type, 1), check), { numRuns: 50 })
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
  // The squares of tiny values have fewer digits.
  return Math.abs(a - b) <= scale * 1e-13 + values.length * 8 * Number.MIN_VALUE
}

it('the mean of a decimal beyond 64 bits is rounded once', async () => {
  const type = decimal(38, 10)
  const specs = [{ name: 'mean', function: 'mean', column: 'value' }] as const
  const rows = [{ at: 0, value: '-25474123009211048072477722.1281021953', kept: null }]
  const [result] = await resultsOf(type, specs, { groups: [rows], slices: 1, isKeyed: false })
  expect(result!['mean']).toBe(-2.547412300921105e25)
})
