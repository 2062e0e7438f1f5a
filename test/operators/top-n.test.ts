// The first rows of a key against a naive model: after each batch the changelog so far is what sorting all
// rows that are left gives, with and without ranks and ties, over rows that stay and a changelog.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OP_FIELD } from '../../src/columnar/changelog.ts'
import type { SortColumn } from '../../src/columnar/order-key.ts'
import { Schema } from '../../src/columnar/schema.ts'
import { float64, int32, nullable, utf8 } from '../../src/columnar/type.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { topNSchema } from '../../src/operators/changelog-schema.ts'
import type { OperatorSpec } from '../../src/operators/operator-spec.ts'
import { createTopN } from '../../src/operators/top-n.ts'
import { expectChanges, expectFinal, sentBatches } from './changelog-checks.ts'
import { changesOf, leftOf, Materialized, rowTexts } from './changelog-model.ts'
import { type HarnessOptions, OperatorHarness, type Row } from './operator-harness.ts'
import { live, parallelisms } from './restarts.ts'

const kernels = new Kernels()

type Spec = Extract<OperatorSpec, { readonly kind: 'topN' }>

const COLUMNS = Schema.of({
  key: nullable(utf8()),
  x: nullable(float64()),
  s: nullable(utf8()),
  // Who is who among equals.
  row: int32(),
})

interface Scenario {
  readonly spec: Spec
  readonly isChangelog: boolean
  readonly batchRows: number
  readonly every: number
  readonly batches: readonly (readonly Row[])[]
}

const text = fc.constantFrom('', 'a', 'a\0', 'a\0b', 'b', 'a longer text than sixteen bytes', 'é')

const anyRow: fc.Arbitrary<Row> = fc.record({
  key: fc.option(fc.constantFrom('k', 'l')),
  x: fc.option(fc.constantFrom(-1.5, -0, 0, 2, Number.NaN, Infinity)),
  s: fc.option(text),
})

const by: fc.Arbitrary<readonly SortColumn[]> = fc.uniqueArray(
  fc.record({ column: fc.constantFrom('x', 's', 'key'), descending: fc.boolean() }),
  { minLength: 1, maxLength: 2, selector: ({ column }) => column },
)

const spec: fc.Arbitrary<Spec> = fc
  .record({
    keys: fc.constantFrom<string[]>(['key'], []),
    limit: fc.integer({ min: 1, max: 4 }),
    by,
    rank: fc.constantFrom('place', undefined),
    ties: fc.boolean(),
  })
  .map(({ rank, ties, ...of }) => ({
    kind: 'topN',
    ...of,
    ...(rank === undefined ? {} : { rank }),
    ...(ties ? { ties } : {}),
  }))

const scenario: fc.Arbitrary<Scenario> = fc
  .record({
    spec,
    isChangelog: fc.boolean(),
    batchRows: fc.constantFrom(2, 3, 16_384),
    every: fc.constantFrom(1, 1, 2),
    rows: fc.array(fc.tuple(anyRow, fc.integer({ min: -8, max: 7 })), { maxLength: 60 }),
    sizes: fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 6 }),
  })
  .map(({ rows, sizes, every, ...of }) => {
    const changes = changesOf(
      rows.map(([one], row) => ({ ...one, row })),
      rows.map(([, at]) => (of.isChangelog ? at : -1)),
    )
    const batches: Row[][] = []
    for (let from = 0, i = 0; from < changes.length; i++) {
      const size = 1 + sizes[i % sizes.length]!
      batches.push(changes.slice(from, from + size))
      from += size
    }
    // Leaving rows out of a changelog would take back what is not there.
    return { ...of, every: of.isChangelog ? 1 : every, batches }
  })

function optionsOf({ spec: config, isChangelog, batchRows }: Omit<Scenario, 'batches' | 'every'>) {
  const input = isChangelog ? new Schema([...COLUMNS.fields, OP_FIELD]) : COLUMNS
  const options: HarnessOptions<Spec> = {
    kernels,
    factory: createTopN,
    config,
    input,
    output: topNSchema(input, config),
    batchRows,
  }
  return options
}

/** Below 0, 0 or above 0; nulls last, NaN greatest, text by its bytes. */
function compare(a: Row, b: Row, order: readonly SortColumn[]): number {
  for (const { column, descending } of order) {
    const [x, y] = [a[column], b[column]]
    if (x === null || y === null) {
      if (x !== y) return x === null ? 1 : -1
      continue
    }
    const sign =
      typeof x === 'string'
        ? Buffer.compare(Buffer.from(x), Buffer.from(y as string))
        : compareNumbers(x as number, y as number)
    if (sign !== 0) return descending ? -sign : sign
  }
  return 0
}

function compareNumbers(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b))
  return a < b ? -1 : Number(a > b)
}

function modelOf({ keys, limit, by: order, rank, ties }: Spec, rows: readonly Row[]): Row[] {
  const groups = Map.groupBy(rows, (one) => JSON.stringify(keys.map((name) => one[name])))
  return [...groups.values()].flatMap((group) => {
    const sorted = group.toSorted((a, b) => compare(a, b, order))
    const places = sorted.map((one, i) =>
      ties === true ? sorted.findIndex((other) => compare(other, one, order) === 0) + 1 : i + 1,
    )
    return sorted.flatMap((one, i) =>
      places[i]! > limit ? [] : [rank === undefined ? one : { ...one, [rank]: places[i] }],
    )
  })
}

const caseOf = (of: Scenario) => ({
  ...of,
  options: optionsOf(of),
  model: (seen: readonly Row[]) => modelOf(of.spec, leftOf(seen)),
})

describe('a top-N', () => {
  it('equals a naive model after every batch', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, (of) => expectChanges(caseOf(of))),
      { numRuns: 1_000 },
    )
  })

  it('gives the first rows once, in batch mode', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, fc.boolean(), (of, isStaying) =>
        expectFinal(caseOf(of), isStaying),
      ),
      { numRuns: 1_000 },
    )
  })

  it('goes on after restarts in other numbers of subtasks', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, parallelisms, async (of, counts) => {
        const { batches } = of
        const options = optionsOf(of)
        const { keys } = of.spec
        const life = { options, keys, batches: sentBatches(of), parallelisms: counts }
        await live(life, (rows, n) => {
          expect(rows).toEqual(rowTexts(modelOf(of.spec, leftOf(batches.slice(0, n).flat()))))
        })
      }),
    )
  })

  const one = (x: number, row: number, $op?: number): Row => ({
    key: 'k',
    x,
    s: null,
    row,
    ...($op === undefined ? {} : { $op }),
  })
  const highest = (limit: number): Spec => ({
    kind: 'topN',
    keys: ['key'],
    limit,
    by: [{ column: 'x', descending: true }],
  })

  it('of one row gives updates, of more gives rows that come and go', async () => {
    for (const limit of [1, 2]) {
      const options = optionsOf({ spec: highest(limit), isChangelog: false, batchRows: 64 })
      const harness = new OperatorHarness(options)
      await harness.open()
      harness.batch([one(1, 0), one(2, 1)])
      const out = harness.batch([one(3, 2)]).map((change) => [change['$op'], change['x']])
      expect(out).toEqual(
        limit === 1
          ? [
              [1, 2],
              [2, 3],
            ]
          : [
              [3, 1],
              [0, 3],
            ],
      )
      expect(harness.batch([one(0, 3)])).toEqual([])
      harness.close()
    }
  })

  it('keeps no more than the first rows when none is taken back', async () => {
    const options = optionsOf({ spec: highest(3), isChangelog: false, batchRows: 16_384 })
    const harness = new OperatorHarness(options)
    await harness.open()
    for (let round = 0; round < 50; round++) {
      harness.batch(Array.from({ length: 1_000 }, (_, i) => one(round * 1_000 + i, i)))
    }
    const rows = harness
      .snapshot()
      .tables[0]!.parts.reduce((sum, part) => sum + part.bytes.length, 0)
    expect(rows).toBeLessThan(4_000)
    harness.close()
  })

  it('works off a batch that changes much in steps of bounded size', async () => {
    const config: Spec = { ...highest(200), rank: 'place' }
    const options = optionsOf({ spec: config, isChangelog: false, batchRows: 64 })
    const harness = new OperatorHarness(options)
    await harness.open()
    const changelog = new Materialized()
    changelog.read(harness.batch(Array.from({ length: 300 }, (_, i) => one(-i, i))))
    // A new first row moves all the others.
    const out = harness.batch([one(1, 300)])
    expect(out).toHaveLength(400)
    changelog.read(out)
    expect(changelog.rows).toHaveLength(200)
    expect(Math.max(...harness.batchSizes)).toBeLessThanOrEqual(64)
    harness.close()
  })

  it('refuses to take back what is not there', async () => {
    const options = optionsOf({ spec: highest(2), isChangelog: true, batchRows: 64 })
    const harness = new OperatorHarness(options)
    await harness.open()
    expect(() => harness.batch([one(1, 0, 0), one(1, 1, 3)])).toThrow(
      expect.objectContaining({
        code: 'RECORD_MALFORMED',
        message: expect.stringMatching(/has not given, \{"key":"k","x":1,.*"row":1\}: the changes/),
        context: { row: 1 },
      }),
    )
    harness.close()
  })
})
