// Aggregates without windows against a naive model: after each batch the changelog so far, read by a
// Map, is what aggregating all rows that are left gives. Over rows that stay and rows that are taken back.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OP_FIELD } from '../../src/columnar/changelog.ts'
import { Schema } from '../../src/columnar/schema.ts'
import { bool, float64, int32, int64, nullable, utf8 } from '../../src/columnar/type.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { groupAggregateFields } from '../../src/operators/aggregate-type.ts'
import { createGroupAggregate } from '../../src/operators/group-aggregate.ts'
import type { AggregateSpec, OperatorSpec } from '../../src/operators/operator-spec.ts'
import { expectChanges, expectFinal, sentBatches } from './changelog-checks.ts'
import { changesOf, leftOf, rowTexts } from './changelog-model.ts'
import { type HarnessOptions, OperatorHarness, type Row } from './operator-harness.ts'
import { live, parallelisms } from './restarts.ts'

const kernels = new Kernels()

type Spec = Extract<OperatorSpec, { readonly kind: 'groupAggregate' }>

const RETRACTABLE: readonly AggregateSpec[] = [
  { name: 'rows', function: 'count' },
  { name: 'counted', function: 'count', column: 'x' },
  { name: 'total', function: 'sum', column: 'x' },
  { name: 'wholeTotal', function: 'sum', column: 'n' },
  { name: 'average', function: 'mean', column: 'x' },
  { name: 'flagged', function: 'count', filter: 'flag' },
]
const ALL: readonly AggregateSpec[] = [
  ...RETRACTABLE,
  { name: 'least', function: 'min', column: 'x' },
  { name: 'greatest', function: 'max', column: 'n' },
  { name: 'greatestText', function: 'max', column: 's' },
  { name: 'lastText', function: 'last', column: 's' },
  { name: 'firstFlagged', function: 'first', column: 'x', filter: 'flag' },
  { name: 'anyFlag', function: 'any', column: 'flag' },
  { name: 'leastFlagged', function: 'min', column: 'x', filter: 'flag' },
]

const COLUMNS = Schema.of({
  key: nullable(utf8()),
  other: int32(),
  x: nullable(float64()),
  n: int64(),
  s: nullable(utf8()),
  flag: nullable(bool()),
})

interface Scenario {
  readonly keys: readonly string[]
  readonly isChangelog: boolean
  readonly batchRows: number
  /** Changes (with `$op`), a batch each; some rows are left out by a selection. */
  readonly batches: readonly (readonly Row[])[]
}

const text = fc.constantFrom('', 'a', 'b', 'a longer text than sixteen bytes', 'é')

const anyRow: fc.Arbitrary<Row> = fc.record({
  key: fc.option(text),
  other: fc.integer({ min: 0, max: 2 }),
  x: fc.option(fc.integer({ min: -9, max: 9 })),
  n: fc.bigInt({ min: -50n, max: 50n }),
  s: fc.option(text),
  flag: fc.option(fc.boolean()),
})

const scenario: fc.Arbitrary<Scenario> = fc
  .record({
    keys: fc.constantFrom(['key'], ['other'], ['key', 'other'], []),
    isChangelog: fc.boolean(),
    batchRows: fc.constantFrom(2, 3, 16_384),
    rows: fc.array(fc.tuple(anyRow, fc.integer({ min: -8, max: 7 })), { maxLength: 60 }),
    sizes: fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 6 }),
  })
  .map(({ rows, sizes, ...of }) => {
    const undo = rows.map(([, at]) => (of.isChangelog ? at : -1))
    const changes = changesOf(
      rows.map(([one]) => one),
      undo,
    )
    const batches: Row[][] = []
    for (let from = 0, i = 0; from < changes.length; i++) {
      const size = 1 + sizes[i % sizes.length]!
      batches.push(changes.slice(from, from + size))
      from += size
    }
    return { ...of, batches }
  })

function optionsOf(of: Omit<Scenario, 'batches'>, aggregates = ALL): HarnessOptions<Spec> {
  const input = of.isChangelog ? new Schema([...COLUMNS.fields, OP_FIELD]) : COLUMNS
  return {
    kernels,
    factory: createGroupAggregate,
    config: { kind: 'groupAggregate', keys: of.keys, aggregates },
    input,
    output: new Schema(groupAggregateFields(input, of.keys, aggregates)),
    batchRows: of.batchRows,
  }
}

const present = <T>(rows: readonly Row[], name: string): T[] =>
  rows.map((one) => one[name] as T | null).filter((value) => value !== null)

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)

/** The values of a column in order of arrival: one that is taken back is the first that is equal. */
function arrived(changes: readonly Row[], name: string, isIn: (row: Row) => boolean): unknown[] {
  const values: unknown[] = []
  for (const change of changes) {
    const value = change[name]
    if (value === null || !isIn(change)) continue
    if (change['$op'] === 1 || change['$op'] === 3) values.splice(values.indexOf(value), 1)
    else values.push(value)
  }
  return values
}

/** What aggregating the rows that changes leave gives. */
function modelOf({ keys }: Pick<Scenario, 'keys'>, changes: readonly Row[]): Row[] {
  const keyOf = (one: Row): string => JSON.stringify(keys.map((name) => one[name]))
  const groups = Map.groupBy(leftOf(changes), keyOf)
  const changesOfKey = Map.groupBy(changes, keyOf)
  return [...groups].map(([key, group]) => {
    const x = present<number>(group, 'x')
    const n = present<bigint>(group, 'n')
    const s = present<string>(group, 's')
    const isFlagged = (one: Row): boolean => one['flag'] === true
    const flagged = present<number>(group.filter(isFlagged), 'x')
    const all = changesOfKey.get(key)!
    return {
      ...Object.fromEntries(keys.map((name) => [name, group[0]![name]])),
      rows: group.length,
      counted: x.length,
      total: x.length === 0 ? null : sum(x),
      wholeTotal: n.reduce((a, b) => a + b, 0n),
      average: x.length === 0 ? null : sum(x) / x.length,
      flagged: group.filter(isFlagged).length,
      least: x.length === 0 ? null : Math.min(...x),
      greatest: n.reduce((a, b) => (a > b ? a : b)),
      greatestText: s.toSorted().at(-1) ?? null,
      lastText: arrived(all, 's', () => true).at(-1) ?? null,
      firstFlagged: arrived(all, 'x', isFlagged)[0] ?? null,
      anyFlag: group.every((one) => one['flag'] === null) ? null : group.some(isFlagged),
      leastFlagged: flagged.length === 0 ? null : Math.min(...flagged),
    }
  })
}

const caseOf = (of: Scenario) => ({
  ...of,
  options: optionsOf(of),
  model: (seen: readonly Row[]) => modelOf(of, seen),
})

describe('aggregates without windows', () => {
  it('equal a naive model after every batch', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, (of) => expectChanges(caseOf(of))),
      { numRuns: 1_000 },
    )
  })

  it('give all results once, in batch mode', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, fc.boolean(), (of, isStaying) =>
        expectFinal(caseOf(of), isStaying),
      ),
      { numRuns: 1_000 },
    )
  })

  const changelogOf = (keys: readonly string[]) =>
    ({ keys, isChangelog: true, batchRows: 16_384 }) as const
  const one = (other: number, n: number, $op = 0): Row => ({
    key: 'k',
    other,
    x: n,
    n: BigInt(n),
    s: null,
    flag: true,
    $op,
  })

  it('give the net change of a batch: nothing when the results are as before', async () => {
    const harness = new OperatorHarness(optionsOf(changelogOf(['other'])))
    await harness.open()
    expect(harness.batch([one(1, 5), one(1, 7), one(2, 1)]).map((row) => row['$op'])).toEqual([
      0, 0,
    ])
    expect(harness.batch([one(1, 3), one(1, 3, 3)])).toEqual([])
    const out = harness.batch([one(1, 5, 3), one(2, 1, 3), one(3, 1), one(3, 1, 3)])
    expect(out.map((row) => [row['$op'], row['other'], row['rows'], row['total']])).toEqual([
      [1, 1, 2, 12],
      [2, 1, 1, 7],
      [3, 2, 1, 1],
    ])
    harness.close()
  })

  it('see a row that is taken back before it comes, once both are there', async () => {
    const harness = new OperatorHarness(optionsOf(changelogOf(['other']), RETRACTABLE))
    await harness.open()
    expect(harness.batch([one(1, 5, 3)])).toEqual([])
    expect(harness.batch([one(1, 5)])).toEqual([])
    expect(harness.batch([one(1, 6)]).map((row) => [row['$op'], row['total']])).toEqual([[0, 6]])
    harness.close()
  })

  it('begin anew, without the rounding of the sum before, when a key is empty', async () => {
    const harness = new OperatorHarness(optionsOf(changelogOf(['other'])))
    await harness.open()
    const x = (value: number, $op = 0): Row => ({ ...one(1, 0, $op), x: value })
    harness.batch([x(0.1), x(0.2)])
    harness.batch([x(0.1, 3), x(0.2, 3)])
    expect(harness.batch([x(0.5)])[0]!['total']).toBe(0.5)
    harness.close()
  })

  it('go on after restarts in other numbers of subtasks', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, parallelisms, async (of, counts) => {
        const { keys, batches } = of
        const options = optionsOf(of)
        const life = { options, keys, batches: sentBatches(of), parallelisms: counts }
        await live(life, (rows, n) => {
          expect(rows).toEqual(rowTexts(modelOf(of, batches.slice(0, n).flat())))
        })
      }),
    )
  })

  it('forget keys without rows when they are the half, and what they kept', async () => {
    const aggregates: readonly AggregateSpec[] = [
      { name: 'most', function: 'max', column: 'x' },
      { name: 'different', function: 'countDistinct', column: 'x' },
    ]
    const harness = new OperatorHarness(optionsOf(changelogOf(['other']), aggregates))
    await harness.open()
    const keys = Array.from({ length: 70_000 }, (_, other) => other)
    const changes = ($op: number) => (other: number) => ({ ...one(other, other % 7, $op), s: 's' })
    for (const $op of [0, 3]) {
      const some = $op === 0 ? keys : keys.filter((other) => other % 1_000 !== 5)
      for (let from = 0; from < some.length; from += 10_000) {
        harness.batch(some.slice(from, from + 10_000).map(changes($op)))
      }
    }
    const out = harness.batch([one(5_005, 9), one(5_005, 0, 3), one(7, 1)])
    expect(out.map(({ $op, other, most, different }) => [$op, other, most, different])).toEqual([
      [1, 5_005, 0, 1],
      [2, 5_005, 9, 1],
      [0, 7, 1, 1],
    ])
    expect(harness.batch([one(9_005, 7), one(9_005, 7)]).map((row) => row['different'])).toEqual([
      1, 2,
    ])
    harness.close()
  })

  it('refuse a value that is taken back and is not there, where values are kept', async () => {
    const harness = new OperatorHarness(optionsOf(changelogOf(['other'])))
    await harness.open()
    expect(() => harness.batch([one(1, 5), one(1, 6, 3)])).toThrow(
      expect.objectContaining({ code: 'RECORD_MALFORMED', context: { row: 1 } }),
    )
    harness.close()
  })

  it('report a sum that does not fit', async () => {
    const harness = new OperatorHarness(optionsOf(changelogOf([])))
    await harness.open()
    const big = { ...one(1, 0), n: 2n ** 63n - 1n }
    expect(() => harness.batch([big, { ...big, n: 1n }])).toThrow(
      expect.objectContaining({ code: 'ARITHMETIC_OVERFLOW' }),
    )
    harness.close()
  })
})
