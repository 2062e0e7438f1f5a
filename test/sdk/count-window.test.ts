// Windows of a number of rows as a job writes them, over columns and over rows, against slices of arrays; in
// 1, 2 and 4 subtasks, and gone on from a snapshot in other numbers of them.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { count, int32, min, StreamExecutionEnvironment, sum, utf8 } from '../../src/index.ts'
import { JobHarness, testInput } from '../../src/testing.ts'

const SCHEMA = { key: utf8(), n: int32() }

interface TestRow {
  readonly key: string
  readonly n: number
}

/** The last `size` rows of a key, each `slide` rows. */
function windowsOf(rows: readonly TestRow[], size: number, slide: number) {
  const byKey = Map.groupBy(rows, ({ key }) => key)
  return [...byKey].flatMap(([key, own]) =>
    own.flatMap((_, i) => {
      if ((i + 1) % slide !== 0) return []
      const last = own.slice(Math.max(0, i + 1 - size), i + 1).map(({ n }) => n)
      const total = last.reduce((a, b) => a + b, 0)
      return [{ key, rows: last.length, total, least: Math.min(...last) }]
    }),
  )
}

const AGGREGATES = { rows: count(), total: sum('n'), least: min('n') }

const sorted = (rows: readonly object[]): string[] => rows.map((row) => JSON.stringify(row)).sort()

const batches = fc.array(
  fc.array(
    fc.record({
      key: fc.constantFrom('a', 'b', 'c', 'd'),
      n: fc.integer({ min: -9, max: 9 }),
    }),
    { minLength: 1, maxLength: 20 },
  ),
  { maxLength: 4 },
)

const windows = fc
  .tuple(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 8 }))
  .map(([a, b]) => ({ size: Math.max(a, b), slide: Math.min(a, b) }))

describe('countWindow()', () => {
  // Whole jobs: the operator has its 1,000 cases in triggered-windows.test.ts.
  it('in any number of subtasks is slices of arrays, across a restart', async () => {
    const anyParallelism = fc.constantFrom(1, 2, 4)
    await fc.assert(
      fc.asyncProperty(
        windows,
        batches,
        batches,
        fc.tuple(anyParallelism, anyParallelism),
        async ({ size, slide }, before, after, [parallelism, restored]) => {
          const input = testInput(SCHEMA)
          await using job = await JobHarness.start(
            (env) => {
              const keyed = env.fromSource(input).keyBy('key')
              const counted =
                size === slide ? keyed.countWindow(size) : keyed.countWindow(size, slide)
              return counted.aggregate(AGGREGATES)
            },
            { parallelism, config: { batchRows: 7 } },
          )
          for (const rows of before) await job.push(input, rows)
          const snapshot = await job.snapshot()
          for (const rows of after) await job.push(input, rows)
          await job.crash()
          await job.restore(snapshot, { parallelism: restored })
          await job.finish()
          const want = windowsOf([...before, ...after].flat(), size, slide)
          expect(sorted(job.output())).toEqual(sorted(want))
        },
      ),
      { numRuns: 100 },
    )
  })

  it('over rows gives what it gives over columns', async () => {
    const rows = Array.from({ length: 100 }, (_, i) => ({ key: `k${i % 3}`, n: (i * 7) % 11 }))
    const env = StreamExecutionEnvironment.getExecutionEnvironment()
    const least = env
      .fromCollection(rows, { schema: SCHEMA })
      .keyBy('key')
      .countWindow(6, 4)
      .reduce((a, b) => (a.n <= b.n ? a : b))
    const got = (await Array.fromAsync(least.collect())).map(({ key, n }) => ({ key, least: n }))
    const want = windowsOf(rows, 6, 4).map(({ key, least: n }) => ({ key, least: n }))
    expect(sorted(got)).toEqual(sorted(want))
  })

  it('of all rows is one group', async () => {
    const rows = Array.from({ length: 50 }, (_, i) => ({ key: `k${i % 3}`, n: i }))
    const env = StreamExecutionEnvironment.getExecutionEnvironment({ parallelism: 2 })
    const totals = env
      .fromCollection(rows, { schema: SCHEMA })
      .countWindowAll(20, 10)
      .aggregate({ rows: count(), total: sum('n') })
    const got = (await Array.fromAsync(totals.collect())).map(({ rows: n, total }) => [n, total])
    expect(got).toEqual([
      [10, 45],
      [20, 190],
      [20, 390],
      [20, 590],
      [20, 790],
    ])
  })

  const keyed = () =>
    StreamExecutionEnvironment.getExecutionEnvironment()
      .fromCollection([{ key: 'a', n: 1 }], { schema: SCHEMA })
      .keyBy('key')

  it.each([
    [0, undefined, /the size of a count window is 0; it is a whole number from 1 on/],
    [-3, undefined, /whole number from 1 on/],
    [1.5, undefined, /whole number from 1 on/],
    [Number.NaN, undefined, /whole number from 1 on/],
    [4, 0, /the slide of a count window is 0/],
    [4, 5, /windows of 4 rows every 5 leave gaps; make the slide shorter/],
  ])('of %s rows every %s is refused', (size, slide, message) => {
    expect(() => keyed().countWindow(size, slide)).toThrow(message)
  })

  it('of too many parts is refused, with what to use instead', () => {
    expect(() => keyed().countWindow(5_000, 1).aggregate({ rows: count() })).toThrow(
      /merged from 5000 parts, and at most 4096 \(COUNT_WINDOW_PARTS_MAX\).*over\(\{ rows \}\)/,
    )
    expect(() => keyed().countWindow(4_096, 1).aggregate({ rows: count() })).not.toThrow()
    expect(() => keyed().countWindow(1_000_000, 1_000).aggregate({ rows: count() })).not.toThrow()
  })
})
