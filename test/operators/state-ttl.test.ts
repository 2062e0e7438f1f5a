// The time to live of aggregates, deduplication and top-N against a naive model: the rows of a key fall into
// lives, which end when nothing comes for long enough, and each life has results of its own.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OP_FIELD } from '../../src/columnar/changelog.ts'
import { Schema } from '../../src/columnar/schema.ts'
import { int32, nullable, timestamp, utf8 } from '../../src/columnar/type.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { groupAggregateFields } from '../../src/operators/aggregate-type.ts'
import { topNSchema } from '../../src/operators/changelog-schema.ts'
import { createDeduplicate } from '../../src/operators/deduplicate.ts'
import { createGroupAggregate } from '../../src/operators/group-aggregate.ts'
import type { OperatorFactory } from '../../src/operators/operator.ts'
import { createTopN } from '../../src/operators/top-n.ts'
import { Materialized, rowTexts } from './changelog-model.ts'
import { KeyedHarness } from './joins.ts'
import { OperatorHarness, type Row } from './operator-harness.ts'

const kernels = new Kernels()
const TTL_MS = 10

const INPUT = Schema.of({ key: nullable(utf8()), at: timestamp('ms'), x: int32(), row: int32() })
const CHANGES = new Schema([...INPUT.fields, OP_FIELD])

/** What is run, and what it gives for the rows of one life of one key. */
interface Kind {
  readonly factory: OperatorFactory<never>
  readonly config: object
  readonly output: Schema
  resultsOf(rows: readonly Row[]): Row[]
}

const x = (row: Row): number => Number(row['x'])
const at = (row: Row): number => Number(row['at'])

const AGGREGATES = [
  { name: 'n', function: 'count' },
  { name: 'total', function: 'sum', column: 'x' },
  { name: 'most', function: 'max', column: 'x' },
  { name: 'last', function: 'last', column: 'row' },
] as const

const dedup = (keep: 'first' | 'last', time?: 'at'): Kind => ({
  factory: createDeduplicate as OperatorFactory<never>,
  config: { kind: 'deduplicate', keys: ['key'], keep, ...(time === undefined ? {} : { time }) },
  output: keep === 'first' && time === undefined ? INPUT : CHANGES,
  resultsOf(rows) {
    const sorted = time === undefined ? rows : rows.toSorted((a, b) => at(a) - at(b))
    return sorted.length === 0 ? [] : [sorted.at(keep === 'first' ? 0 : -1)!]
  },
})

const TOP = {
  kind: 'topN',
  keys: ['key'],
  limit: 2,
  by: [{ column: 'x', descending: true }],
} as const

const KINDS: Readonly<Record<string, Kind>> = {
  aggregate: {
    factory: createGroupAggregate as OperatorFactory<never>,
    config: { kind: 'groupAggregate', keys: ['key'], aggregates: AGGREGATES },
    output: new Schema(groupAggregateFields(INPUT, ['key'], AGGREGATES)),
    resultsOf: (rows) =>
      rows.slice(0, 1).map(({ key }) => ({
        key,
        n: rows.length,
        total: rows.reduce((sum, row) => sum + x(row), 0),
        most: Math.max(...rows.map(x)),
        last: rows.at(-1)!['row'],
      })),
  },
  'the first': dedup('first'),
  'the last': dedup('last'),
  'the first by time': dedup('first', 'at'),
  'the last by time': dedup('last', 'at'),
  topN: {
    factory: createTopN as OperatorFactory<never>,
    config: TOP,
    output: topNSchema(INPUT, TOP),
    resultsOf: (rows) => rows.toSorted((a, b) => x(b) - x(a)).slice(0, 2),
  },
}

interface Step {
  readonly rows: readonly Row[]
  readonly passMs: number
  /** Subtasks after a restart; null: none. */
  readonly restart: number | null
}

const step: fc.Arbitrary<Step> = fc.record({
  rows: fc.array(
    fc.record({
      key: fc.constantFrom(null, 'a', 'b', 'c'),
      at: fc.integer({ min: 0, max: 5 }),
      x: fc.integer({ min: -5, max: 5 }),
    }),
    { maxLength: 6 },
  ),
  passMs: fc.constantFrom(0, 1, 3, 4, 9, 10, 25),
  restart: fc.constantFrom(null, null, null, null, null, null, 1, 2, 3),
})

describe('a time to live', () => {
  it.each(Object.entries(KINDS))('ends the lives of keys: %s', async (_, kind) => {
    const { factory, config, output, resultsOf } = kind
    const options = {
      kernels,
      factory: factory as unknown as OperatorFactory<object>,
      config: { ...config, stateTtlMs: TTL_MS },
      input: [INPUT],
      output,
    }
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 9 }), async (steps) => {
        let harness = await new KeyedHarness(options, [['key']], 1).open()
        const changelog = new Materialized()
        const lives = new Map<unknown, { touchedMs: number; all: Row[][] }>()
        let nowMs = 0
        let row = 0
        for (const { rows, passMs, restart } of steps) {
          nowMs += passMs
          expect(harness.processingTime(nowMs)).toEqual([])
          const batch = rows.map((one): Row => ({ ...one, row: row++ }))
          // A batch comes at one moment: what is over is so before its first row.
          for (const one of batch) {
            const life = lives.get(one['key']) ?? { touchedMs: -Infinity, all: [] }
            if (nowMs - life.touchedMs >= TTL_MS) life.all.push([])
            life.all.at(-1)!.push(one)
            life.touchedMs = nowMs
            lives.set(one['key'], life)
          }
          changelog.read(harness.batch(batch, 0))
          const expected = [...lives.values()].flatMap(({ all }) => all.flatMap(resultsOf))
          expect(changelog.rows).toEqual(rowTexts(expected))
          if (restart === null) continue
          const restore = harness.snapshot()
          harness.close()
          harness = new KeyedHarness({ ...options, restore }, [['key']], restart)
          harness.processingTime(nowMs)
          await harness.open()
        }
        harness.close()
      }),
      { numRuns: 1_000 },
    )
  })

  it.each(Object.entries(KINDS))('forgets what is over: %s', async (_, { config, ...kind }) => {
    const harness = new OperatorHarness<object>({
      kernels,
      factory: kind.factory as unknown as OperatorFactory<object>,
      config: { ...config, stateTtlMs: TTL_MS },
      input: INPUT,
      output: kind.output,
    })
    await harness.open()
    const batchOf = (first: number): Row[] =>
      Array.from({ length: 7_000 }, (__, i) => ({ key: `key ${first + i}`, at: i, x: i, row: i }))
    let most = 0
    for (let round = 0; round < 40; round++) {
      harness.processingTime(round * 6)
      expect(harness.batch(batchOf(round * 7_000))).toHaveLength(7_000)
      if (round === 20) most = kernels.exports.allocated()
    }
    expect(kernels.exports.allocated()).toBeLessThanOrEqual(most)
    harness.processingTime(1_000)
    const bytes = harness
      .snapshot()
      .tables.flatMap(({ parts }) => parts)
      .reduce((sum, { bytes: part }) => sum + part.length, 0)
    expect(bytes).toBeLessThan(4_000_000)
    harness.close()
  })
})
