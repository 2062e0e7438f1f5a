// Interval joins against nested loops over all rows that came in time: random batches of both sides, nulls,
// disorder, bounds, watermarks, and snapshots restored at another parallelism.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Schema } from '../../src/columnar/schema.ts'
import { int32, nullable, timestamp, utf8 } from '../../src/columnar/type.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { createIntervalJoin } from '../../src/operators/interval-join.ts'
import type { IntervalJoinSpec } from '../../src/operators/join-spec.ts'
import { batchStep, CONDITION, restoreStep, watermarkStep } from './join-steps.ts'
import { columnsOrNull, equalOn, KeyedHarness, type Kind, KINDS, sorted } from './joins.ts'
import type { Row } from './operator-harness.ts'

const kernels = new Kernels()

/** Times are 'ms', or 'us' in steps of half a millisecond. */
function schemasOf(unit: 'ms' | 'us') {
  const left = { k: nullable(int32()), s: utf8(), v: int32(), t: timestamp(unit) }
  const right = { kr: nullable(int32()), w: int32(), tr: timestamp(unit) }
  const all = Object.entries({ ...left, ...right })
  return {
    names: [Object.keys(left), Object.keys(right)] as const,
    input: [Schema.of(left), Schema.of(right)],
    output: Schema.of(Object.fromEntries(all.map(([name, type]) => [name, nullable(type)]))),
  }
}

const anyRow = fc.record({
  k: fc.option(fc.integer({ min: 0, max: 2 }), { freq: 7 }),
  v: fc.integer({ min: 0, max: 2 }),
  t: fc.integer({ min: -20, max: 60 }),
})
const anyStep = fc.oneof(
  { weight: 3, arbitrary: batchStep(anyRow) },
  watermarkStep(12),
  restoreStep,
)
const bound = fc.record({ ms: fc.integer({ min: -8, max: 8 }), exclusive: fc.boolean() })
const casesOf = (kind: Kind) =>
  fc.record({
    kind: fc.constant(kind),
    where: fc.boolean(),
    unit: fc.constantFrom('ms' as const, 'us' as const),
    bounds: fc
      .tuple(bound, bound)
      .map(([a, b]) => (a.ms <= b.ms ? ([a, b] as const) : ([b, a] as const))),
    batchRows: fc.integer({ min: 1, max: 9 }),
    parallelism: fc.integer({ min: 1, max: 2 }),
    steps: fc.array(anyStep, { minLength: 1, maxLength: 14 }),
  })
type Case = ReturnType<typeof casesOf> extends fc.Arbitrary<infer T> ? T : never

interface Kept {
  readonly row: Row
  readonly time: number
  isMatched: boolean
  isOver: boolean
}

/** A naive interval join, with times in the smallest steps of the unit. */
class Model {
  readonly #test: Case
  readonly #names: readonly (readonly string[])[]
  readonly #perMs: number
  readonly #low: number
  readonly #high: number
  readonly #kept: readonly [Kept[], Kept[]] = [[], []]
  #first = -Infinity
  lateRows = 0

  constructor(test: Case, names: readonly (readonly string[])[]) {
    const [low, high] = test.bounds
    this.#test = test
    this.#names = names
    this.#perMs = test.unit === 'ms' ? 1 : 1_000
    this.#low = low.ms * this.#perMs + Number(low.exclusive)
    this.#high = high.ms * this.#perMs - Number(high.exclusive)
  }

  add(side: 0 | 1, row: Row, time: number): Row[] {
    if (time < this.#first) {
      this.lateRows++
      return []
    }
    const own: Kept = { row, time, isMatched: false, isOver: false }
    const matches = this.#kept[1 - side]!.filter((other) =>
      side === 0 ? this.#meet(own, other) : this.#meet(other, own),
    )
    for (const match of matches) match.isMatched = own.isMatched = true
    if (row[side === 0 ? 'k' : 'kr'] === null) {
      return this.#isOuter(side) ? [this.#alone(side, own)] : []
    }
    this.#kept[side].push(own)
    return matches.map((match) =>
      side === 0 ? this.#result(own, match) : this.#result(match, own),
    )
  }

  watermark(watermark: number): Row[] {
    this.#first = (watermark + 1) * this.#perMs
    const over = ([0, 1] as const).map((side) => {
      const reach = side === 0 ? this.#high : -this.#low
      return this.#kept[side].filter(({ time, isOver }) => !isOver && time + reach < this.#first)
    })
    return over.flatMap((rows, side) => {
      for (const row of rows) row.isOver = true
      const alone = rows.filter(({ isMatched }) => !isMatched)
      return this.#isOuter(side as 0 | 1) ? alone.map((row) => this.#alone(side, row)) : []
    })
  }

  #meet(l: Kept, r: Kept): boolean {
    const apart = r.time - l.time
    return (
      equalOn([['k', 'kr']])(l.row, r.row) &&
      apart >= this.#low &&
      apart <= this.#high &&
      (!this.#test.where || l.row['v'] !== r.row['w'])
    )
  }

  #isOuter(side: 0 | 1): boolean {
    return this.#test.kind === 'full' || this.#test.kind === (side === 0 ? 'left' : 'right')
  }

  #alone = (side: number, { row }: Kept): Row =>
    side === 0 ? this.#both(row, undefined) : this.#both(undefined, row)

  #result = (l: Kept, r: Kept): Row => this.#both(l.row, r.row)

  #both(l: Row | undefined, r: Row | undefined): Row {
    return { ...columnsOrNull(l, this.#names[0]!), ...columnsOrNull(r, this.#names[1]!) }
  }
}

async function check(test: Case): Promise<void> {
  const { names, input, output } = schemasOf(test.unit)
  const [lower, upper] = test.bounds
  const config: IntervalJoinSpec = {
    kind: 'intervalJoin',
    type: test.kind,
    on: [['k', 'kr']],
    columns: names.flatMap((all, side) =>
      all.map((name) => ({ name, side: side as 0 | 1, column: name })),
    ),
    ...(test.where ? { where: CONDITION } : {}),
    time: ['t', 'tr'],
    lower,
    upper,
  }
  const { batchRows } = test
  const options = { kernels, factory: createIntervalJoin, config, input, output, batchRows }
  const keys = [['k'], ['kr']]
  let harness = await new KeyedHarness(options, keys, test.parallelism).open()
  const model = new Model(test, names)
  let watermark = -10
  let sent = -Infinity
  let late = 0
  const timeOf = (t: number): { readonly steps: number; readonly value: number | bigint } =>
    test.unit === 'ms' ? { steps: t, value: t } : { steps: t * 500, value: BigInt(t * 500) }
  for (const step of [...test.steps, { kind: 'end' } as const]) {
    if (step.kind === 'batch') {
      const rows = step.rows.map(({ k, v, t }): Row => {
        const { value } = timeOf(t)
        return step.side === 0 ? { k, s: `text ${v}`, v, t: value } : { kr: k, w: v, tr: value }
      })
      const expected = step.rows.flatMap(({ t }, i) =>
        model.add(step.side, rows[i]!, timeOf(t).steps),
      )
      expect(sorted(harness.batch(rows, step.side))).toEqual(sorted(expected))
    } else if (step.kind === 'restore') {
      late += harness.sum('lateRows')
      const restore = harness.snapshot()
      harness.close()
      harness = await new KeyedHarness({ ...options, restore }, keys, step.parallelism).open()
      // Event time does not go back with it; rows that could meet nobody when they came are due.
      expect(sorted(harness.watermark(sent - step.back))).toEqual(sorted(model.watermark(sent)))
    } else {
      watermark = step.kind === 'end' ? Infinity : watermark + step.by
      sent = watermark
      const results = harness.watermark(watermark)
      expect(sorted(results)).toEqual(sorted(model.watermark(watermark)))
    }
  }
  expect(late + harness.sum('lateRows')).toBe(model.lateRows)
  harness.close()
}

describe('an interval join', () => {
  it.each(KINDS)(
    'gives what nested loops give, rows without a match when nobody can meet them: %s',
    async (kind) => {
      const before = kernels.exports.allocated()
      await fc.assert(fc.asyncProperty(casesOf(kind), check))
      expect(kernels.exports.allocated() - before).toBeLessThan(4 << 20)
    },
    60_000,
  )
})
