// Windows of a time zone, around changes of its clocks, against the wall clock that Intl writes: what is in
// them, where they begin and end, and that they fire with the first watermark that reaches their end. Under
// disorder between watermarks, and restarts in other numbers of subtasks.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Schema } from '../../src/columnar/schema.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { windowAggregateFields } from '../../src/operators/aggregate-type.ts'
import type { AggregateSpec } from '../../src/operators/operator-spec.ts'
import { createWindowAggregate } from '../../src/operators/window-aggregate.ts'
import type { WindowAggregateSpec } from '../../src/operators/window-spec.ts'
import { KINDS, rowsOf, SCHEMA, type TestRow } from '../sdk/zone-windows.ts'
import { localTime, ZONES } from '../time/naive-zone.ts'
import type { Row } from './operator-harness.ts'
import { WindowCluster } from './window-cluster.ts'

const kernels = new Kernels()
const INPUT = Schema.of(SCHEMA)
const AGGREGATES: readonly AggregateSpec[] = [
  { name: 'rows', function: 'count' },
  { name: 'total', function: 'sum', column: 'n' },
]

interface Scenario {
  readonly zone: (typeof ZONES)[number]
  readonly kind: string
  readonly parallelism: number
  /** Each after the ones before, but in any order of its own. */
  readonly batches: readonly (readonly TestRow[])[]
  /** How long before the next batch a watermark comes. */
  readonly slackMs: number
  /** Subtasks after each batch; null: no restart. */
  readonly restarts: readonly (number | null)[]
}

/** Rows in order of time, cut in pieces, each of which keeps the order in which its rows were made. */
function cut(rows: readonly TestRow[], sizes: readonly number[]): TestRow[][] {
  const sorted = rows.toSorted((a, b) => a.at - b.at)
  let from = 0
  return sizes
    .map((size) => sorted.slice(from, (from += size)))
    .map((piece) => rows.filter((row) => piece.includes(row)))
}

const scenariosOf = (kinds: readonly string[]): fc.Arbitrary<Scenario> =>
  fc.constantFrom(...ZONES).chain((zone) =>
    fc
      .record({
        rows: rowsOf(zone, { maxLength: 14 }),
        sizes: fc.array(fc.nat(6), { maxLength: 4 }),
        zone: fc.constant(zone),
        kind: fc.constantFrom(...kinds),
        parallelism: fc.constantFrom(1, 1, 2, 3),
        slackMs: fc.constantFrom(1, 1, 60_000, 3_600_000),
        restarts: fc.array(fc.constantFrom(null, null, null, null, null, 1, 2, 3), {
          minLength: 5,
          maxLength: 5,
        }),
      })
      .map(({ rows, sizes, ...rest }) => ({
        ...rest,
        batches: cut(rows, [...sizes, rows.length]),
      })),
  )

/** Rows and total of each window on the wall clock and key. */
function naive({ zone, kind, batches }: Scenario): Map<string, Row> {
  const results = new Map<string, Row>()
  for (const { at, key, n } of batches.flat()) {
    for (const [start, end] of KINDS[kind]!.of(localTime(zone, at))) {
      const id = `${start} ${end} ${key}`
      const { rows = 0, total = 0 } = (results.get(id) ?? {}) as { rows?: number; total?: number }
      results.set(id, { rows: rows + 1, total: total + n })
    }
  }
  return results
}

/** Are two moments the first and the end of a window on the wall clock? An hour may be there never, or twice. */
function boundsOf(zone: string, from: number, to: number) {
  const [before, first, last, after] = [from - 1, from, to - 1, to].map((ms) => localTime(zone, ms))
  return (start: number, end: number): boolean =>
    before! < start &&
    first! >= start &&
    first! < end &&
    last! >= start &&
    last! < end &&
    after! >= end
}

async function run(scenario: Scenario): Promise<void> {
  const { zone, kind, parallelism, batches, slackMs, restarts } = scenario
  const config: WindowAggregateSpec = {
    kind: 'windowAggregate',
    keys: ['key'],
    time: 'at',
    window: KINDS[kind]!.window(zone),
    aggregates: AGGREGATES,
  }
  const cluster = new WindowCluster({
    kernels,
    factory: createWindowAggregate,
    config,
    input: INPUT,
    output: new Schema(windowAggregateFields(INPUT, ['key'], AGGREGATES)),
    keys: ['key'],
    sides: new Map(),
    batchRows: 16_384,
  })
  await cluster.open(parallelism)
  const want = naive(scenario)
  let before = -Infinity
  for (const [i, batch] of batches.entries()) {
    cluster.batch(batch.map((row): Row => ({ ...row })))
    const restart = restarts[i] ?? null
    if (restart !== null) {
      await cluster.restart(restart)
      cluster.watermark(before)
    }
    const rest = batches.slice(i + 1).flat()
    const isLast = i === batches.length - 1
    const next = isLast ? Infinity : Math.min(...rest.map(({ at }) => at)) - slackMs
    // When nothing comes any more the watermark stays, until the input has ended.
    const watermark = next === Infinity && !isLast ? before : Math.max(before, next)
    for (const row of cluster.watermark(watermark)) {
      const { windowStart, windowEnd, key, rows, total } = row
      const [from, to] = [Number(windowStart), Number(windowEnd)]
      expect(to - 1 <= watermark && to - 1 > before, `${from} to ${to} at ${watermark}`).toBe(true)
      const isIts = boundsOf(zone, from, to)
      const id = [...want.keys()].find((each) => {
        const [start, end, own] = each.split(' ')
        return own === key && isIts(Number(start), Number(end))
      })
      expect({ rows, total: Number(total) }).toEqual(want.get(id ?? ''))
      want.delete(id!)
    }
    before = watermark
  }
  expect(cluster.lateRows).toBe(0)
  expect([...want]).toEqual([])
  cluster.close()
}

/** The kinds of windows by what is on the grid. */
const BY_KIND = Map.groupBy(Object.keys(KINDS), (name) => KINDS[name]!.window('UTC').kind)

describe('windows of a time zone', () => {
  it.each([...BY_KIND])('are those of the wall clock: %s', async (_, kinds) => {
    await fc.assert(fc.asyncProperty(scenariosOf(kinds), run))
  })
})
