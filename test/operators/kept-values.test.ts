// Aggregates whose accumulators cannot take a row back, over changelogs: against what the rows that are left
// say, after every batch, over restores, with random rows that come and go.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OP_FIELD } from '../../src/columnar/changelog.ts'
import { Schema } from '../../src/columnar/schema.ts'
import { bool, date, decimal, float64, int32, nullable, utf8 } from '../../src/columnar/type.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { groupAggregateFields } from '../../src/operators/aggregate-type.ts'
import { createGroupAggregate } from '../../src/operators/group-aggregate.ts'
import type { AggregateSpec, OperatorSpec } from '../../src/operators/operator-spec.ts'
import { changesOf, Materialized, rowTexts } from './changelog-model.ts'
import { type HarnessOptions, OperatorHarness, type Row } from './operator-harness.ts'

const kernels = new Kernels()

type Spec = Extract<OperatorSpec, { readonly kind: 'groupAggregate' }>

const INPUT = new Schema([
  ...Schema.of({
    key: int32(),
    x: nullable(float64()),
    s: nullable(utf8()),
    d: nullable(date()),
    price: decimal(20, 2),
    flag: nullable(bool()),
  }).fields,
  OP_FIELD,
])

const KEPT: readonly AggregateSpec[] = [
  { name: 'different', function: 'countDistinct', column: 'x' },
  { name: 'differentText', function: 'countDistinct', column: 's' },
  { name: 'differentFlagged', function: 'countDistinct', column: 'x', filter: 'flag' },
  { name: 'differentPrices', function: 'countDistinct', column: 'price' },
  { name: 'least', function: 'min', column: 'x' },
  { name: 'textOfLeast', function: 'argMin', column: 's', by: 'x' },
  { name: 'dayOfGreatest', function: 'argMax', column: 'd', by: 'price', filter: 'flag' },
  { name: 'all', function: 'collect', column: 's', parameter: 1_000 },
  { name: 'flagged', function: 'collect', column: 'x', parameter: 1_000, filter: 'flag' },
  { name: 'greatest', function: 'topN', column: 'price', parameter: 3 },
  { name: 'two', function: 'topN', column: 's', parameter: 2 },
  { name: 'quarter', function: 'quantile', column: 'x', parameter: 0.25 },
  { name: 'median', function: 'quantile', column: 'price', parameter: 0.5, filter: 'flag' },
]

const DAYS = [0, 1, 2].map((day) => new Date(day * 86_400_000))

const anyRow: fc.Arbitrary<Row> = fc.record({
  key: fc.nat({ max: 2 }),
  x: fc.option(fc.integer({ min: -3, max: 3 })),
  s: fc.option(fc.constantFrom('', 'a', 'b', 'a text that is longer than sixteen bytes')),
  d: fc.option(fc.constantFrom(...DAYS)),
  price: fc.integer({ min: 10, max: 99 }).map((cents) => `1.${cents}`),
  flag: fc.option(fc.boolean()),
})

interface Scenario {
  readonly batchRows: number
  readonly batches: readonly (readonly Row[])[]
  /** After which batch the state is written and read back. */
  readonly restoreAt: number
}

const scenario: fc.Arbitrary<Scenario> = fc
  .record({
    batchRows: fc.constantFrom(2, 3, 16_384),
    rows: fc.array(fc.tuple(anyRow, fc.integer({ min: -8, max: 7 })), { maxLength: 60 }),
    size: fc.integer({ min: 1, max: 20 }),
    restoreAt: fc.nat({ max: 8 }),
  })
  .map(({ rows, size, ...of }) => {
    const changes = changesOf(
      rows.map(([row]) => row),
      rows.map(([, undo]) => undo),
    )
    const count = Math.ceil(changes.length / size)
    const batches = Array.from({ length: count }, (_, i) => changes.slice(i * size, (i + 1) * size))
    return { ...of, batches }
  })

function optionsOf(batchRows: number, aggregates: readonly AggregateSpec[]): HarnessOptions<Spec> {
  return {
    kernels,
    factory: createGroupAggregate,
    config: { kind: 'groupAggregate', keys: ['key'], aggregates },
    input: INPUT,
    output: new Schema(groupAggregateFields(INPUT, ['key'], aggregates)),
    batchRows,
  }
}

/**
 * The values of some columns that count, in order of arrival. What is taken back is the first that is equal
 * in all of them, which is what an aggregate knows.
 */
function arrived(changes: readonly Row[], names: readonly string[], filter?: string): Row[] {
  const rows: Row[] = []
  const textOf = (row: Row) => JSON.stringify(names.map((name) => row[name]))
  for (const change of changes) {
    if (names.some((name) => change[name] === null)) continue
    if (filter !== undefined && change[filter] !== true) continue
    if (change['$op'] !== 1 && change['$op'] !== 3) rows.push(change)
    else
      rows.splice(
        rows.findIndex((row) => textOf(row) === textOf(change)),
        1,
      )
  }
  return rows
}

const ranked = (rows: readonly Row[], name: string, isDescending: boolean): Row[] =>
  rows.toSorted((a, b) => {
    const [one, two] = [a[name] as number | string, b[name] as number | string]
    if (one === two) return 0
    return one < two === isDescending ? 1 : -1
  })

/** The least as text by its bytes: the texts here are ASCII. */
function resultOf({ function: of, column, by, filter, parameter }: AggregateSpec, changes: Row[]) {
  const names = by === undefined ? [column!] : [column!, by]
  const rows = arrived(changes, names, filter)
  switch (of) {
    case 'countDistinct':
      return new Set(rows.map((row) => row[column!])).size
    case 'collect':
      return rows.map((row) => row[column!])
    case 'topN':
      return ranked(rows, column!, true)
        .slice(0, parameter)
        .map((row) => row[column!])
    case 'quantile': {
      const values = ranked(rows, column!, false).map((row) => Number(row[column!]))
      const rank = parameter! * (values.length - 1)
      const [low, high] = [values[Math.floor(rank)], values[Math.ceil(rank)]]
      return low === undefined ? null : low + (high! - low) * (rank - Math.floor(rank))
    }
    case 'argMax':
      return ranked(rows, by!, true)[0]?.[column!] ?? null
    default:
      return ranked(rows, by ?? column!, false)[0]?.[column!] ?? null
  }
}

function modelOf(aggregates: readonly AggregateSpec[], changes: readonly Row[]): Row[] {
  return [...Map.groupBy(changes, (row) => row['key'])].flatMap(([key, group]) => {
    const isThere = group.reduce((n, { $op }) => n + ($op === 1 || $op === 3 ? -1 : 1), 0) > 0
    if (!isThere) return []
    const results = aggregates.map((one) => [one.name, resultOf(one, group)])
    return [{ key, ...Object.fromEntries(results) }]
  })
}

/** Runs a scenario; what its results are after each batch. */
async function run(
  { batches, batchRows, restoreAt }: Scenario,
  aggregates: readonly AggregateSpec[],
  check: (changelog: Materialized, seen: readonly Row[]) => void,
): Promise<void> {
  const allocated = kernels.exports.allocated()
  let harness = new OperatorHarness(optionsOf(batchRows, aggregates))
  await harness.open()
  const changelog = new Materialized()
  const seen: Row[] = []
  for (const [i, batch] of batches.entries()) {
    seen.push(...batch)
    changelog.read(harness.batch(batch))
    check(changelog, seen)
    if (i !== restoreAt) continue
    const restore = [harness.snapshot()]
    harness.close()
    harness = new OperatorHarness({ ...optionsOf(batchRows, aggregates), restore })
    await harness.open()
  }
  harness.close()
  expect(kernels.exports.allocated() - allocated).toBeLessThanOrEqual(2 << 20)
}

const row = (of: Partial<Row>): Row => ({
  key: 1,
  x: null,
  s: null,
  d: null,
  price: '1.00',
  flag: true,
  $op: 0,
  ...of,
})

describe('aggregates of rows that change', () => {
  it('know the values that are left', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, (of) =>
        run(of, KEPT, (changelog, seen) =>
          expect(changelog.rows).toEqual(rowTexts(modelOf(KEPT, seen))),
        ),
      ),
      { numRuns: 1_000 },
    )
  })

  it('give variances of the values that are left, but for rounding', async () => {
    const specs: readonly AggregateSpec[] = [
      { name: 'varPop', function: 'varPop', column: 'x' },
      { name: 'stddevSamp', function: 'stddevSamp', column: 'x' },
      { name: 'ofPrices', function: 'varPop', column: 'price', filter: 'flag' },
    ]
    const squares = (values: number[]): number => {
      const mean = values.reduce((a, b) => a + b, 0) / values.length
      return values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
    }
    // The root of what rounding leaves of nothing is 1e-8.
    const rounded = (value: number | null) => value && Math.round(value * 1e6) / 1e6
    const expected = (changes: readonly Row[]) =>
      [...Map.groupBy(changes, ({ key }) => key)].map(([key, group]) => {
        const x = arrived(group, ['x']).map((one) => one['x'] as number)
        const prices = arrived(group, ['price'], 'flag').map((one) => Number(one['price']))
        return {
          key,
          varPop: x.length === 0 ? null : rounded(squares(x) / x.length),
          stddevSamp: x.length < 2 ? null : rounded(Math.sqrt(squares(x) / (x.length - 1))),
          ofPrices: prices.length === 0 ? null : rounded(squares(prices) / prices.length),
        }
      })
    await fc.assert(
      fc.asyncProperty(scenario, (of) =>
        run(of, specs, (changelog, seen) => {
          const got = changelog.rows.map((text) => {
            const { key, ...values } = JSON.parse(text) as Record<string, number | null>
            const results = Object.entries(values).map(([name, one]) => [name, rounded(one)])
            return { key, ...Object.fromEntries(results) } as Row
          })
          const keys = new Set(got.map(({ key }) => key))
          expect(rowTexts(got)).toEqual(rowTexts(expected(seen).filter(({ key }) => keys.has(key))))
        }),
      ),
      { numRuns: 1_000 },
    )
  })

  it('forget values that are there no more', async () => {
    const aggregates = KEPT.slice(0, 1)
    const harness = new OperatorHarness(optionsOf(16_384, aggregates))
    await harness.open()
    const last = (changes: readonly Row[]) => harness.batch(changes).at(-1)!['different']
    for (let from = 0; from < 200_000; from += 10_000) {
      const xs = Array.from({ length: 10_000 }, (_, i) => from + i)
      harness.batch(xs.map((x) => row({ x })))
      harness.batch(xs.filter((x) => x % 1_000 > 0).map((x) => row({ x, $op: 3 })))
    }
    expect(last([row({ x: -1 })])).toBe(201)
    const back = [row({ x: 5_000, $op: 3 }), row({ x: 5_000 }), row({ x: 6_000, $op: 3 })]
    expect(last(back)).toBe(200)
    harness.close()
  })

  it.each(['countDistinct', 'quantile', 'varPop'] as const)(
    'refuse what was not there: %s',
    async (of) => {
      const spec = { name: 'one', function: of, column: 'x' }
      const specs: readonly AggregateSpec[] = [
        of === 'quantile' ? { ...spec, parameter: 0.5 } : spec,
      ]
      const harness = new OperatorHarness(optionsOf(16_384, specs))
      await harness.open()
      // Neither rows whose value does not count nor rows that are left out shift it.
      const rows = [row({ x: 1 }), row({ x: null }), row({ x: 2 }), row({ x: 6, key: 2, $op: 3 })]
      expect(() => harness.batch(rows, (_, i) => i !== 0)).toThrow(
        expect.objectContaining({
          code: 'RECORD_MALFORMED',
          message: expect.stringMatching(/has not given, \{"key":2,"x":6,.*\}: the changes/),
          context: { row: 2 },
        }),
      )
      harness.close()
    },
  )

  it('refuse more values than collect() takes', async () => {
    const specs: readonly AggregateSpec[] = [
      { name: 'some', function: 'collect', column: 'x', parameter: 2 },
    ]
    const harness = new OperatorHarness(optionsOf(16_384, specs))
    await harness.open()
    harness.batch([row({ x: 1 }), row({ x: 2 }), row({ x: 3 }), row({ x: 1, $op: 3 })])
    expect(() => harness.batch([row({ x: 4 })])).toThrow(
      /collect\(\) has more than 2 values of 'x'/,
    )
    harness.close()
  })
})
