// Random lives of a windowed aggregation: batches, watermarks, a clock, restarts; run against the model.
import * as fc from 'fast-check'
import { expect } from 'vitest'
import { Schema } from '../../src/columnar/schema.ts'
import { int32, int64, nullable, timestamp, utf8 } from '../../src/columnar/type.ts'
import type { Kernels } from '../../src/kernels/module.ts'
import { windowAggregateFields } from '../../src/operators/aggregate-type.ts'
import type { AggregateSpec } from '../../src/operators/operator-spec.ts'
import { createWindowAggregate } from '../../src/operators/window-aggregate.ts'
import {
  boundsOf,
  type TriggerSpec,
  type WindowAggregateSpec,
  type WindowSpec,
} from '../../src/operators/window-spec.ts'
import type { Row } from './operator-harness.ts'
import { WindowCluster } from './window-cluster.ts'
import { WindowModel } from './window-model.ts'

export type Step =
  | { readonly rows: readonly Row[] }
  | { readonly watermark: number }
  | { readonly now: number }
  | { readonly restart: number }

export interface Scenario {
  readonly window: WindowSpec
  readonly trigger?: TriggerSpec
  readonly allowedLatenessMs: number
  readonly unit: 'ms' | 'us'
  readonly keys: readonly string[]
  readonly batchRows: number
  /** Subtasks at the start. */
  readonly parallelism: number
  readonly steps: readonly Step[]
}

const AGGREGATES: readonly AggregateSpec[] = [
  { name: 'rows', function: 'count' },
  { name: 'total', function: 'sum', column: 'n' },
  { name: 'leastText', function: 'min', column: 's' },
]

const inputSchema = (unit: 'ms' | 'us'): Schema =>
  Schema.of({
    at: timestamp(unit),
    key: nullable(utf8()),
    other: int32(),
    n: int64({ as: 'number' }),
    s: nullable(utf8()),
  })

function aggregate(rows: readonly Row[]): Row {
  const texts = rows.map((row) => row['s'] as string | null).filter((text) => text !== null)
  return {
    rows: rows.length,
    total: rows.reduce((sum, row) => sum + (row['n'] as number), 0),
    leastText: texts.toSorted()[0] ?? null,
  }
}

/** Near each other mostly, so that windows get several rows; before the epoch too. */
const time = fc.oneof(
  { weight: 2, arbitrary: fc.integer({ min: -10, max: 20 }) },
  { weight: 1, arbitrary: fc.integer({ min: -40, max: 60 }) },
)

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      rows: fc.array(
        fc.record({
          at: time,
          key: fc.option(fc.constantFrom('a', 'b', 'a longer key than sixteen bytes')),
          other: fc.integer({ min: 0, max: 2 }),
          n: fc.integer({ min: -9, max: 9 }),
          s: fc.option(fc.constantFrom('', 'x', 'yy', 'a text longer than sixteen bytes')),
        }),
        { maxLength: 12 },
      ),
    }),
  },
  { weight: 3, arbitrary: fc.record({ watermark: time }) },
  { weight: 1, arbitrary: fc.record({ now: fc.integer({ min: 1, max: 20 }) }) },
  { weight: 1, arbitrary: fc.record({ restart: fc.integer({ min: 1, max: 3 }) }) },
)

/** A window's own trigger, of its own time whichever that is, said, left out, or purging. */
export const ownTrigger: fc.Arbitrary<TriggerSpec | undefined> = fc.constantFrom<
  (TriggerSpec | undefined)[]
>(undefined, { kind: 'eventTime' }, { kind: 'purging', trigger: { kind: 'eventTime' } })

export const purgingOrNot = (trigger: fc.Arbitrary<TriggerSpec>): fc.Arbitrary<TriggerSpec> =>
  fc
    .tuple(trigger, fc.boolean())
    .map(([each, isPurging]) => (isPurging ? { kind: 'purging', trigger: each } : each))

export const scenarios = (
  window: fc.Arbitrary<WindowSpec>,
  trigger: fc.Arbitrary<TriggerSpec | undefined> = fc.constant(undefined),
): fc.Arbitrary<Scenario> =>
  fc
    .record({
      window,
      trigger,
      allowedLatenessMs: fc.constantFrom(0, 0, 3, 15),
      unit: fc.constantFrom('ms', 'us'),
      keys: fc.constantFrom(['key'], ['other'], ['key', 'other'], []),
      batchRows: fc.constantFrom(3, 16_384),
      parallelism: fc.integer({ min: 1, max: 3 }),
      steps: fc.array(step, { maxLength: 9 }),
    })
    .map(({ trigger: given, ...scenario }) => ({
      ...scenario,
      ...(given === undefined ? {} : { trigger: given }),
    }))

const sorted = (rows: readonly Row[]): string[] =>
  rows
    .map((row) =>
      JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? Number(value) : value)),
    )
    .toSorted()

/** Lives a scenario, and compares what comes out of each step: as sets, with how often each row is there. */
export async function runScenario(kernels: Kernels, scenario: Scenario): Promise<void> {
  const { window, trigger, allowedLatenessMs, unit, keys, batchRows, parallelism } = scenario
  const input = inputSchema(unit)
  const per = unit === 'us' ? 1_000 : 1
  const allocated = kernels.exports.allocated()
  const spec: WindowAggregateSpec = {
    kind: 'windowAggregate',
    keys,
    time: 'at',
    window,
    aggregates: AGGREGATES,
    allowedLatenessMs,
    ...(trigger === undefined ? {} : { trigger }),
    late: { tag: 'late', columns: input.names },
  }
  const cluster = new WindowCluster({
    kernels,
    factory: createWindowAggregate,
    config: spec,
    input,
    output: new Schema(windowAggregateFields(input, keys, AGGREGATES, boundsOf(window))),
    keys,
    sides: new Map([['late', input]]),
    batchRows,
  })
  await cluster.open(keys.length === 0 ? 1 : parallelism)
  const timeMs = (row: Row): number => Math.floor(Number(row['at']) / per)
  const model = new WindowModel({
    window,
    ...(trigger === undefined ? {} : { trigger }),
    allowedLatenessMs,
    keys,
    timeMs,
    aggregate,
  })
  let now = 0
  let watermark = -Infinity
  for (const each of [...scenario.steps, { watermark: Infinity }]) {
    if ('rows' in each) {
      const rows = each.rows.map((row) => ({
        ...row,
        at: unit === 'us' ? BigInt(row['at'] as number) * 1_000n + 7n : row['at'],
      }))
      const got = cluster.batch(rows)
      const want = model.batch(rows, now)
      expect(sorted(got.fired)).toEqual(sorted(want.fired))
      expect(sorted(got.late)).toEqual(sorted(want.late))
    } else if ('watermark' in each) {
      watermark = Math.max(watermark, each.watermark)
      const want = model.watermark(watermark)
      if (watermark === Infinity) want.push(...model.processingTime(Infinity))
      expect(sorted(cluster.watermark(watermark))).toEqual(sorted(want))
    } else if ('now' in each) {
      // The operator is told of each moment that it asked for; the model of every one.
      const want: Row[] = []
      for (const end = now + each.now; now < end;) want.push(...model.processingTime(++now))
      expect(sorted(cluster.processingTime(now))).toEqual(sorted(want))
    } else {
      await cluster.restart(keys.length === 0 ? 1 : each.restart)
      // The watermark begins anew for whoever starts again: it comes again, from behind.
      const behind = watermark - 5
      expect(sorted(cluster.watermark(behind))).toEqual(sorted(model.watermark(behind)))
      expect(sorted(cluster.watermark(watermark))).toEqual(sorted(model.watermark(watermark)))
    }
  }
  expect(cluster.lateRows).toBe(model.lateRows)
  expect(Math.max(0, ...cluster.batchSizes)).toBeLessThanOrEqual(batchRows)
  cluster.close()
  expect(kernels.exports.allocated() - allocated).toBeLessThanOrEqual(2 << 20)
}
