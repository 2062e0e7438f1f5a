// Temporal joins against a look through all versions that came: random batches of both sides, versions that
// are ended, nulls, disorder, watermarks, and snapshots restored at another parallelism.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OP_FIELD, ROW_OPS } from '../../src/columnar/changelog.ts'
import { Schema } from '../../src/columnar/schema.ts'
import { int32, nullable, timestamp, utf8 } from '../../src/columnar/type.ts'
import { Kernels } from '../../src/kernels/module.ts'
import type { TemporalJoinSpec } from '../../src/operators/join-spec.ts'
import { createTemporalJoin } from '../../src/operators/temporal-join.ts'
import { batchStep, CONDITION, restoreStep, watermarkStep } from './join-steps.ts'
import { columnsOrNull, KeyedHarness, sorted } from './joins.ts'
import type { Row } from './operator-harness.ts'

const LEFT = { k: nullable(utf8()), v: int32(), t: timestamp('ms') }
const RIGHT = { kr: nullable(utf8()), w: int32(), tr: timestamp('ms') }
const NAMES = [Object.keys(LEFT), Object.keys(RIGHT)] as const
const OUTPUT = Schema.of(
  Object.fromEntries(Object.entries({ ...LEFT, ...RIGHT }).map(([n, t]) => [n, nullable(t)])),
)

const kernels = new Kernels()

const anyRow = fc.record({
  k: fc.option(fc.constantFrom('', 'eur', 'a currency with a long name'), { freq: 7 }),
  v: fc.integer({ min: 0, max: 2 }),
  t: fc.integer({ min: -20, max: 60 }),
  op: fc.constantFrom(...Object.values(ROW_OPS)),
})
const anyStep = fc.oneof(
  { weight: 4, arbitrary: batchStep(anyRow) },
  watermarkStep(20),
  restoreStep,
)
const cases = fc.record({
  kind: fc.constantFrom('inner' as const, 'left' as const),
  where: fc.boolean(),
  changing: fc.boolean(),
  batchRows: fc.integer({ min: 1, max: 9 }),
  parallelism: fc.integer({ min: 1, max: 2 }),
  steps: fc.array(anyStep, { minLength: 1, maxLength: 16 }),
})
type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never

/** All versions, in the order in which they came, and the left rows that wait. */
class Model {
  readonly #test: Case
  readonly #versions: Row[] = []
  #waiting: Row[] = []
  #watermark = -Infinity
  lateRows = 0

  constructor(test: Case) {
    this.#test = test
  }

  addVersion(row: Row): void {
    this.#versions.push(row)
  }

  add(row: Row): Row[] {
    if ((row['t'] as number) <= this.#watermark) this.lateRows++
    else if (row['k'] === null) return this.#test.kind === 'left' ? [result(row, undefined)] : []
    else this.#waiting.push(row)
    return []
  }

  watermark(watermark: number): Row[] {
    this.#watermark = watermark
    const isDue = (row: Row): boolean => (row['t'] as number) <= watermark
    const due = this.#waiting.filter(isDue)
    this.#waiting = this.#waiting.filter((row) => !isDue(row))
    return due.flatMap((row) => {
      const version = this.#versionOf(row)
      const meets = version !== undefined && (!this.#test.where || row['v'] !== version['w'])
      if (meets) return [result(row, version)]
      return this.#test.kind === 'left' ? [result(row, undefined)] : []
    })
  }

  #versionOf(row: Row): Row | undefined {
    let latest: Row | undefined
    for (const version of this.#versions) {
      if (version['kr'] !== row['k'] || (version['tr'] as number) > (row['t'] as number)) continue
      if (latest === undefined || version['tr']! >= latest['tr']!) latest = version
    }
    const op = this.#test.changing ? latest?.['$op'] : ROW_OPS.insert
    return op === ROW_OPS.delete || op === ROW_OPS.updateBefore ? undefined : latest
  }
}

const result = (l: Row, r: Row | undefined): Row => ({
  ...columnsOrNull(l, NAMES[0]),
  ...columnsOrNull(r, NAMES[1]),
})

async function check(test: Case): Promise<void> {
  const right = Schema.of(RIGHT)
  const config: TemporalJoinSpec = {
    kind: 'temporalJoin',
    type: test.kind,
    on: [['k', 'kr']],
    columns: NAMES.flatMap((names, side) =>
      names.map((name) => ({ name, side: side as 0 | 1, column: name })),
    ),
    ...(test.where ? { where: CONDITION } : {}),
    time: ['t', 'tr'],
  }
  const options = {
    kernels,
    factory: createTemporalJoin,
    config,
    input: [Schema.of(LEFT), test.changing ? new Schema([...right.fields, OP_FIELD]) : right],
    output: OUTPUT,
    batchRows: test.batchRows,
  }
  const keys = [['k'], ['kr']]
  let harness = await new KeyedHarness(options, keys, test.parallelism).open()
  const model = new Model(test)
  let watermark = -10
  let sent = -Infinity
  let late = 0
  for (const step of [...test.steps, { kind: 'end' } as const]) {
    if (step.kind === 'batch') {
      // Right rows come in time: what a version that is late meets is no promise.
      const rows = step.rows
        .filter(({ t }) => step.side === 0 || t > watermark)
        .map(({ k, v, t, op }): Row =>
          step.side === 0 ? { k, v, t } : { kr: k, w: v, tr: t, $op: op },
        )
      if (step.side === 1) rows.forEach((row) => model.addVersion(row))
      const expected = step.side === 0 ? rows.flatMap((row) => model.add(row)) : []
      expect(sorted(harness.batch(rows, step.side))).toEqual(sorted(expected))
    } else if (step.kind === 'restore') {
      late += harness.sum('lateRows')
      const restore = harness.snapshot()
      harness.close()
      harness = await new KeyedHarness({ ...options, restore }, keys, step.parallelism).open()
      expect(harness.watermark(sent - step.back)).toEqual([])
    } else {
      watermark = step.kind === 'end' ? Infinity : watermark + step.by
      sent = watermark
      expect(sorted(harness.watermark(watermark))).toEqual(sorted(model.watermark(watermark)))
    }
  }
  expect(late + harness.sum('lateRows')).toBe(model.lateRows)
  harness.close()
}

describe('a temporal join', () => {
  it('gives each left row the version of its time, once the watermark is there', async () => {
    const before = kernels.exports.allocated()
    await fc.assert(fc.asyncProperty(cases, check), { numRuns: 1_000 })
    expect(kernels.exports.allocated() - before).toBeLessThan(4 << 20)
  }, 60_000)
})
