// The ends of a changelog against naive models: the final rows, counted or by key, and the upsert form.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OP_FIELD } from '../../src/columnar/changelog.ts'
import { Schema } from '../../src/columnar/schema.ts'
import { float64, int32, nullable, utf8 } from '../../src/columnar/type.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { createMaterialize } from '../../src/operators/materialize.ts'
import type { OperatorSpec } from '../../src/operators/operator-spec.ts'
import { createUpsert } from '../../src/operators/upsert.ts'
import { changesOf, leftOf, rowTexts } from './changelog-model.ts'
import { type HarnessOptions, OperatorHarness, type Row } from './operator-harness.ts'

const kernels = new Kernels()

type SpecOf<K> = Extract<OperatorSpec, { readonly kind: K }>

const COLUMNS = Schema.of({ key: nullable(utf8()), x: nullable(float64()), n: int32() })
const CHANGES = new Schema([OP_FIELD, ...COLUMNS.fields])

const anyRow: fc.Arbitrary<Row> = fc.record({
  key: fc.option(fc.constantFrom('', 'a', 'b', 'a longer text than sixteen bytes')),
  x: fc.option(fc.constantFrom(0, 0.5, Number.NaN)),
  n: fc.integer({ min: 0, max: 3 }),
})

interface Scenario {
  readonly batchRows: number
  readonly every: number
  readonly batches: readonly (readonly Row[])[]
}

const batched = (changes: readonly Row[], sizes: readonly number[]): Row[][] => {
  const batches: Row[][] = []
  for (let from = 0, i = 0; from < changes.length; i++) {
    const size = 1 + sizes[i % sizes.length]!
    batches.push(changes.slice(from, from + size))
    from += size
  }
  return batches
}

const changes = fc
  .array(fc.tuple(anyRow, fc.integer({ min: -8, max: 7 })), { maxLength: 60 })
  .map((rows) =>
    changesOf(
      rows.map(([one]) => one),
      rows.map(([, at]) => at),
    ),
  )

const scenario = (of: fc.Arbitrary<Row[]>): fc.Arbitrary<Scenario> =>
  fc.record({
    batchRows: fc.constantFrom(2, 3, 16_384),
    every: fc.constantFrom(1, 1, 3),
    batches: fc
      .tuple(of, fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 6 }))
      .map(([rows, sizes]) => batched(rows, sizes)),
  })

const materialize = (
  batchRows: number,
  keys: readonly string[] | undefined,
): HarnessOptions<SpecOf<'materialize'>> => ({
  kernels,
  factory: createMaterialize,
  config: { kind: 'materialize', ...(keys === undefined ? {} : { keys }) },
  input: CHANGES,
  output: COLUMNS,
  batchRows,
})

/** Any changes at all: by key only the last counts. */
const anyChanges = fc.array(
  fc.tuple(anyRow, fc.integer({ min: 0, max: 3 })).map(([one, $op]): Row => ({ ...one, $op })),
  { maxLength: 60 },
)

function lastByKey(all: readonly Row[]): Row[] {
  const byKey = new Map<unknown, Row>()
  for (const { $op, ...one } of all) {
    if ($op === 1 || $op === 3) byKey.delete(one['key'])
    else byKey.set(one['key'], one)
  }
  return [...byKey.values()]
}

describe('materialised rows', () => {
  it('are those that were inserted more often than taken back', async () => {
    await fc.assert(
      fc.asyncProperty(scenario(changes), async ({ batchRows, batches }) => {
        const allocated = kernels.exports.allocated()
        const harness = new OperatorHarness(materialize(batchRows, undefined))
        await harness.open()
        for (const batch of batches) expect(harness.batch(batch)).toEqual([])
        expect(harness.watermark(7)).toEqual([])
        expect(harness.watermarks).toEqual([])
        expect(rowTexts(harness.watermark(Infinity))).toEqual(rowTexts(leftOf(batches.flat())))
        expect(Math.max(0, ...harness.batchSizes)).toBeLessThanOrEqual(batchRows)
        harness.close()
        expect(kernels.exports.allocated() - allocated).toBeLessThanOrEqual(2 << 20)
      }),
      { numRuns: 1_000 },
    )
  })

  it('are counted whatever the order of an insertion and its retraction', async () => {
    const order = changes.chain((all) =>
      fc.shuffledSubarray(all, { minLength: all.length }).map((shuffled) => ({ all, shuffled })),
    )
    await fc.assert(
      fc.asyncProperty(order, async ({ all, shuffled }) => {
        const harness = new OperatorHarness(materialize(4, undefined))
        await harness.open()
        for (const batch of batched(shuffled, [6])) harness.batch(batch)
        expect(rowTexts(harness.watermark(Infinity))).toEqual(rowTexts(leftOf(all)))
        harness.close()
      }),
      { numRuns: 1_000 },
    )
  })

  it('are, by key, what came last of each', async () => {
    await fc.assert(
      fc.asyncProperty(scenario(anyChanges), async ({ batchRows, every, batches }) => {
        const allocated = kernels.exports.allocated()
        const harness = new OperatorHarness(materialize(batchRows, ['key']))
        await harness.open()
        const isIn = (_: Row, i: number): boolean => i % every === 0
        for (const batch of batches) {
          expect(harness.batch(batch, every === 1 ? undefined : isIn)).toEqual([])
        }
        const seen = batches.flatMap((batch) => batch.filter(isIn))
        expect(rowTexts(harness.watermark(Infinity))).toEqual(rowTexts(lastByKey(seen)))
        harness.close()
        expect(kernels.exports.allocated() - allocated).toBeLessThanOrEqual(2 << 20)
      }),
      { numRuns: 1_000 },
    )
  })

  it('go on after a restore, in one subtask and in three', async () => {
    const lists = fc.array(changes, { maxLength: 4 })
    const check = async (
      all: readonly Row[],
      keys: readonly string[] | undefined,
    ): Promise<void> => {
      const half = all.length >> 1
      const before = new OperatorHarness(materialize(5, keys))
      await before.open()
      before.batch(all.slice(0, half))
      const restore = [before.snapshot()]
      before.close()
      const expected = keys === undefined ? leftOf(all) : lastByKey(all)
      const after = new OperatorHarness({ ...materialize(5, keys), restore })
      await after.open()
      after.batch(all.slice(half))
      expect(rowTexts(after.watermark(Infinity))).toEqual(rowTexts(expected))
      after.close()
      const rows: Row[] = []
      for (const subtaskIndex of [0, 1, 2]) {
        const options = { ...materialize(5, keys), restore, subtaskIndex, parallelism: 3 }
        const part = new OperatorHarness(options)
        await part.open()
        rows.push(...part.watermark(Infinity))
        part.close()
      }
      const first = all.slice(0, half)
      const left = keys === undefined ? leftOf(first) : lastByKey(first)
      expect(rowTexts(rows)).toEqual(rowTexts(left))
    }
    await fc.assert(
      fc.asyncProperty(lists, fc.constantFrom(undefined, ['key']), (all, keys) =>
        check(all.flat(), keys),
      ),
    )
  })

  it('forget rows that are there no more', async () => {
    const harness = new OperatorHarness({ ...materialize(16_384, undefined) })
    await harness.open()
    const sizes: number[] = []
    for (let round = 0; round < 20; round++) {
      const rows = Array.from({ length: 16_000 }, (_, i) => ({ key: `${round} ${i}`, x: 1, n: 1 }))
      harness.batch(rows.map((one) => ({ ...one, $op: 0 })))
      harness.batch(rows.slice(1).map((one) => ({ ...one, $op: 3 })))
      sizes.push(kernels.exports.allocated())
    }
    // 320,000 different rows came; memory stays below what the first of them took.
    expect(Math.max(...sizes.slice(8))).toBeLessThanOrEqual(Math.max(...sizes.slice(0, 8)) * 1.1)
    expect(harness.watermark(Infinity)).toHaveLength(20)
    harness.close()
  })
})

describe('the upsert form', () => {
  const upsert = (): OperatorHarness<SpecOf<'upsert'>> =>
    new OperatorHarness({
      kernels,
      factory: createUpsert,
      config: { kind: 'upsert', keys: ['key'] },
      input: CHANGES,
      output: CHANGES,
    })

  it('leaves by key what the whole changelog leaves, and has no row before an update', async () => {
    await fc.assert(
      fc.asyncProperty(scenario(anyChanges), async ({ every, batches }) => {
        const harness = upsert()
        await harness.open()
        const isIn = (_: Row, i: number): boolean => i % every === 0
        const out = batches.flatMap((batch) => harness.batch(batch, every === 1 ? undefined : isIn))
        expect(out.some((one) => one['$op'] === 1)).toBe(false)
        const seen = batches.flatMap((batch) => batch.filter(isIn))
        expect(rowTexts(lastByKey(out))).toEqual(rowTexts(lastByKey(seen)))
        harness.close()
      }),
      { numRuns: 1_000 },
    )
  })

  it('makes a deletion of a row before an update whose row after went elsewhere', async () => {
    const harness = upsert()
    await harness.open()
    const one = (key: string, n: number, $op: number): Row => ({ key, x: null, n, $op })
    const out = harness.batch([one('a', 1, 1), one('a', 2, 2), one('a', 2, 1), one('b', 2, 2)])
    expect(out.map((row) => [row['$op'], row['key'], row['n']])).toEqual([
      [2, 'a', 2],
      [3, 'a', 2],
      [2, 'b', 2],
    ])
    harness.close()
  })
})
