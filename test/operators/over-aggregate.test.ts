// Aggregates over the rows up to each row, against a naive model that looks at each row's window: frames of
// rows, of time and without a bound, by arrival and by event time, across restores (watermarks begin anew).
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Schema } from '../../src/columnar/schema.ts'
import { bool, float64, int32, int64, nullable, timestamp, utf8 } from '../../src/columnar/type.ts'
import { Kernels } from '../../src/kernels/module.ts'
import type { AggregateSpec } from '../../src/operators/operator-spec.ts'
import { createOverAggregate } from '../../src/operators/over-aggregate.ts'
import {
  type OverAggregateSpec,
  type OverFrame,
  overSchema,
} from '../../src/operators/over-spec.ts'
import { keyOwners } from './key-owners.ts'
import { type HarnessOptions, OperatorHarness, type Row } from './operator-harness.ts'

const kernels = new Kernels()

const AGGREGATES: readonly AggregateSpec[] = [
  { name: 'rows', function: 'count' },
  { name: 'total', function: 'sum', column: 'x' },
  { name: 'average', function: 'mean', column: 'n' },
  { name: 'flagged', function: 'count', filter: 'flag' },
  { name: 'least', function: 'min', column: 'x' },
  { name: 'greatest', function: 'max', column: 'n' },
  { name: 'oldest', function: 'first', column: 'x' },
  { name: 'newest', function: 'last', column: 'x' },
]
const TEXTS: readonly AggregateSpec[] = [
  { name: 'greatestText', function: 'max', column: 's' },
  { name: 'firstText', function: 'first', column: 's' },
  { name: 'lastText', function: 'last', column: 's' },
  { name: 'texts', function: 'countDistinct', column: 's' },
]
/** What keeps values. */
const VALUES: readonly AggregateSpec[] = [
  { name: 'texts', function: 'countDistinct', column: 's' },
  { name: 'flaggedTexts', function: 'countDistinct', column: 's', filter: 'flag' },
  { name: 'middle', function: 'quantile', column: 'x', parameter: 0.5 },
  { name: 'high', function: 'quantile', column: 'n', parameter: 0.9, filter: 'flag' },
  { name: 'all', function: 'collect', column: 's', parameter: 1_000 },
  { name: 'numbers', function: 'collect', column: 'n', parameter: 1_000, filter: 'flag' },
  { name: 'most', function: 'topN', column: 'n', parameter: 2 },
]

const AGGREGATES_OF: Readonly<Record<Scenario['of'], readonly AggregateSpec[]>> = {
  some: AGGREGATES,
  texts: [...AGGREGATES, ...TEXTS],
  values: VALUES,
  all: [...VALUES.slice(1), ...AGGREGATES, ...TEXTS],
}

const COLUMNS = Schema.of({
  time: timestamp('ms'),
  key: nullable(utf8()),
  x: nullable(float64()),
  n: int64({ as: 'number' }),
  s: nullable(utf8()),
  flag: nullable(bool()),
  // Who is who.
  row: int32(),
})

const OF_VALUES = { byTime: true, of: 'values', keysMin: 1, batchRows: 99, every: 1 } as const

/** A batch of rows, or a watermark. */
type Step = { readonly rows: readonly Row[] } | { readonly watermarkMs: number }

interface Scenario {
  readonly frame: OverFrame
  readonly byTime: boolean
  readonly of: 'some' | 'texts' | 'values' | 'all'
  readonly keysMin: number
  readonly batchRows: number
  readonly every: number
  readonly steps: readonly Step[]
}

const text = fc.constantFrom('', 'a', 'b', 'a longer text than sixteen bytes', 'é')

const anyRow: fc.Arbitrary<Row> = fc.record({
  key: fc.constantFrom(null, 'k', 'k', 'l'),
  // How much later than the row before.
  time: fc.constantFrom(-30, -5, -1, 0, 0, 1, 2, 3, 7, 40),
  x: fc.option(fc.integer({ min: -9, max: 9 })),
  n: fc.integer({ min: -50, max: 50 }),
  s: fc.option(text),
  flag: fc.option(fc.boolean()),
})

const frame: fc.Arbitrary<OverFrame> = fc.oneof(
  fc.boolean().map((peers): OverFrame => ({ kind: 'unbounded', peers })),
  fc.integer({ min: 1, max: 5 }).map((rows): OverFrame => ({ kind: 'rows', rows })),
  fc.constantFrom(0, 1, 3, 10, 50).map((ms): OverFrame => ({ kind: 'range', ms })),
)

const scenario: fc.Arbitrary<Scenario> = fc
  .record({
    frame,
    byTime: fc.boolean(),
    of: fc.constantFrom('some', 'texts', 'values', 'all'),
    // Few: windows, values and keys of no more use are looked for after each watermark.
    keysMin: fc.constantFrom(1, 65_536),
    batchRows: fc.constantFrom(1, 2, 5, 16_384),
    every: fc.constantFrom(1, 1, 2),
    rows: fc.array(anyRow, { maxLength: 60 }),
    sizes: fc.array(fc.integer({ min: 0, max: 15 }), { minLength: 1, maxLength: 6 }),
    lag: fc.constantFrom(0, 3, 20),
  })
  .map(({ rows, sizes, lag, ...of }) => {
    const byTime = of.byTime || of.frame.kind === 'range'
    const peers = of.frame.kind === 'unbounded' && of.frame.peers && byTime
    const used = of.frame.kind === 'unbounded' ? { ...of.frame, peers } : of.frame
    const steps: Step[] = []
    let time = 0
    let latest = 0
    const timed = rows.map((one, row) => {
      time += one['time'] as number
      return { ...one, row, time }
    })
    for (let from = 0, i = 0; from < timed.length; i++) {
      const size = 1 + sizes[i % sizes.length]!
      const part = timed.slice(from, from + size)
      steps.push({ rows: part })
      latest = Math.max(latest, ...part.map((one) => one.time))
      steps.push({ watermarkMs: latest - lag })
      from += size
    }
    return { ...of, byTime, frame: used, steps: [...steps, { watermarkMs: Infinity }] }
  })

function optionsOf(of: Omit<Scenario, 'steps' | 'every'>): HarnessOptions<OverAggregateSpec> {
  const aggregates = AGGREGATES_OF[of.of]
  const config: OverAggregateSpec = {
    kind: 'overAggregate',
    keys: ['key'],
    frame: of.frame,
    ...(of.byTime ? { time: 'time' } : {}),
    aggregates,
    columns: ['row', 'key', 'time'],
  }
  const output = overSchema(COLUMNS, config)
  const { batchRows, keysMin: stateCompactionKeysMin } = of
  const some = { kernels, factory: createOverAggregate, config, input: COLUMNS, output }
  return { ...some, batchRows, stateCompactionKeysMin }
}

const timeOf = (row: Row): number => Number(row['time'])

/** Rows of a key up to place i (all of them in order), by the frame. */
function windowOf(rows: readonly Row[], i: number, { frame: of }: Scenario): readonly Row[] {
  const time = timeOf(rows[i]!)
  if (of.kind === 'rows') return rows.slice(Math.max(0, i + 1 - of.rows), i + 1)
  if (of.kind === 'range') {
    return rows.filter((one) => timeOf(one) >= time - of.ms && timeOf(one) <= time)
  }
  return of.peers ? rows.filter((one) => timeOf(one) <= time) : rows.slice(0, i + 1)
}

const present = <T>(rows: readonly Row[], name: string): T[] =>
  rows.map((one) => one[name] as T | null).filter((value) => value !== null)

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)

/** Between the values at two neighbouring ranks. */
function quantileOf(values: readonly number[], fraction: number): number | null {
  if (values.length === 0) return null
  const sorted = values.toSorted((a, b) => a - b)
  const rank = (sorted.length - 1) * fraction
  const [low, high] = [sorted[Math.floor(rank)]!, sorted[Math.ceil(rank)]!]
  return low + (high - low) * (rank - Math.floor(rank))
}

function valuesOf(rows: readonly Row[]): Row {
  const flagged = rows.filter((one) => one['flag'] === true)
  const n = present<number>(rows, 'n')
  return {
    texts: new Set(present(rows, 's')).size,
    flaggedTexts: new Set(present(flagged, 's')).size,
    middle: quantileOf(present<number>(rows, 'x'), 0.5),
    high: quantileOf(present<number>(flagged, 'n'), 0.9),
    all: present(rows, 's'),
    numbers: present(flagged, 'n'),
    most: n.toSorted((a, b) => b - a).slice(0, 2),
  }
}

function aggregatesOf(rows: readonly Row[], of: Scenario['of']): Row {
  if (of === 'values') return valuesOf(rows)
  const x = present<number>(rows, 'x')
  const n = present<number>(rows, 'n')
  const s = present<string>(rows, 's')
  const some = {
    rows: rows.length,
    total: x.length === 0 ? null : sum(x),
    average: sum(n) / n.length,
    flagged: rows.filter((one) => one['flag'] === true).length,
    least: x.length === 0 ? null : Math.min(...x),
    greatest: Math.max(...n),
    oldest: x[0] ?? null,
    newest: x.at(-1) ?? null,
  }
  if (of === 'some') return some
  return {
    ...(of === 'all' ? valuesOf(rows) : {}),
    ...some,
    greatestText: s.toSorted().at(-1) ?? null,
    firstText: s[0] ?? null,
    lastText: s.at(-1) ?? null,
    texts: new Set(s).size,
  }
}

/** The results in order, and how many rows are late. */
function modelOf(of: Scenario): { readonly results: Row[]; readonly late: number } {
  const all: Row[] = []
  let watermarkMs = -Infinity
  let late = 0
  for (const step of of.steps) {
    if ('watermarkMs' in step) watermarkMs = Math.max(watermarkMs, step.watermarkMs)
    else {
      const rows = step.rows.filter((_, i) => i % of.every === 0)
      const inTime = of.byTime ? rows.filter((one) => timeOf(one) > watermarkMs) : rows
      late += rows.length - inTime.length
      all.push(...inTime)
    }
  }
  const ordered = of.byTime ? all.toSorted((a, b) => timeOf(a) - timeOf(b)) : all
  const keys = Map.groupBy(ordered, (one) => one['key'])
  const results = ordered.map((one) => {
    const rows = keys.get(one['key'])!
    const { row, key, time } = one
    const found = aggregatesOf(windowOf(rows, rows.indexOf(one), of), of.of)
    return { row, key, time, ...found }
  })
  return { results, late }
}

/** Sums of a quantile may round. */
const plain = (rows: readonly Row[]): Row[] =>
  rows.map((row) => {
    const high = row['high'] as number | null | undefined
    return { ...row, time: timeOf(row) + 0, high: high == null ? high : high.toFixed(9) }
  })

function runStep(harness: OperatorHarness<OverAggregateSpec>, step: Step, every: number): Row[] {
  if ('watermarkMs' in step) return harness.watermark(step.watermarkMs)
  if (every === 1) return harness.batch(step.rows)
  return harness.batch(step.rows, (_, i) => i % every === 0)
}

/** Watermarks never step back. */
const rising = ({ steps, ...of }: Scenario): Scenario => {
  let most = -Infinity
  return {
    ...of,
    steps: steps.map((step) => {
      if (!('watermarkMs' in step)) return step
      most = Math.max(most, step.watermarkMs)
      return { watermarkMs: most }
    }),
  }
}

const byRow = (a: Row, b: Row): number => Number(a['row']) - Number(b['row'])

describe('an OVER aggregation', () => {
  it('equals a naive model, row by row and in order', async () => {
    await fc.assert(
      fc.asyncProperty(scenario.map(rising), async (of) => {
        const allocated = kernels.exports.allocated()
        const harness = new OperatorHarness(optionsOf(of))
        await harness.open()
        const out = of.steps.flatMap((step) => runStep(harness, step, of.every))
        const { results, late } = modelOf(of)
        expect(plain(out)).toEqual(plain(results))
        expect(harness.metrics.lateRows).toBe(late)
        if (of.byTime) {
          expect(Math.max(0, ...harness.batchSizes)).toBeLessThanOrEqual(of.batchRows)
        }
        harness.close()
        expect(kernels.exports.allocated() - allocated).toBeLessThanOrEqual(2 << 20)
      }),
      { numRuns: 1_000 },
    )
  })

  it('goes on after a restore, in one subtask and in three', async () => {
    const check = async (of: Scenario): Promise<void> => {
      const half = of.steps.length >> 1
      const expected = plain(modelOf({ ...of, every: 1 }).results)
      const before = new OperatorHarness(optionsOf(of))
      await before.open()
      const first = of.steps.slice(0, half).flatMap((step) => runStep(before, step, 1))
      const restore = [before.snapshot()]
      before.close()
      const rest = [{ watermarkMs: -10_000 }, ...of.steps.slice(half)]
      const after = new OperatorHarness({ ...optionsOf(of), restore })
      await after.open()
      const second = rest.flatMap((step) => runStep(after, step, 1))
      // Rows of one time and other keys may change places: state is written by key group.
      expect(second.map(timeOf)).toEqual(expected.slice(first.length).map(timeOf))
      expect(plain([...first, ...second]).toSorted(byRow)).toEqual(expected.toSorted(byRow))
      after.close()
      const inParts: Row[] = []
      for (const subtaskIndex of [0, 1, 2]) {
        const place = { subtaskIndex, parallelism: 3 }
        const part = new OperatorHarness({ ...optionsOf(of), restore, ...place })
        await part.open()
        for (const step of rest) {
          if ('watermarkMs' in step) inParts.push(...part.watermark(step.watermarkMs))
          else {
            const keys = step.rows.map(({ key }) => ({ key }))
            const targets = { maxParallelism: 128, targets: 3 }
            const owners = keyOwners(kernels, COLUMNS.project(['key']), keys, targets)
            inParts.push(...part.batch(step.rows.filter((_, i) => owners[i] === subtaskIndex)))
          }
        }
        part.close()
      }
      expect(plain([...first, ...inParts]).toSorted(byRow)).toEqual(expected.toSorted(byRow))
    }
    await fc.assert(fc.asyncProperty(scenario.map(rising), check))
  })

  it('keeps the values of more than 1,000 rows, over a restore', async () => {
    const of = { ...OF_VALUES, byTime: false }
    const last: OverFrame = { kind: 'rows', rows: 1_001 }
    const config: OverAggregateSpec = {
      ...optionsOf({ ...of, frame: last }).config,
      aggregates: VALUES.filter(({ function: one }) => one !== 'collect'),
    }
    const output = overSchema(COLUMNS, config)
    const options = { ...optionsOf({ ...of, frame: last }), config, output }
    const rows = Array.from({ length: 2_400 }, (_, row) => {
      const n = (row * 7_919) % 1_213
      return { key: null, time: 0, x: n % 7, n, s: `${n % 400}`, flag: row % 3 === 0, row }
    })
    const before = new OperatorHarness(options)
    await before.open()
    const out = before.batch(rows.slice(0, 1_300))
    const restore = [before.snapshot()]
    before.close()
    const after = new OperatorHarness({ ...options, restore })
    await after.open()
    out.push(...after.batch(rows.slice(1_300, 1_301)), ...after.batch(rows.slice(1_301)))
    after.close()
    const expected = rows.map(({ row, key, time }, i) => {
      const {
        all: _all,
        numbers: _numbers,
        ...values
      } = valuesOf(rows.slice(Math.max(0, i - 1_000), i + 1))
      return { row, key, time, ...values }
    })
    expect(plain(out)).toEqual(plain(expected))
  })

  it('begins anew with keys that get the ids of forgotten ones', async () => {
    const rowAt = (row: number, key: string, time: number): Row => {
      return { row, key, time, x: null, n: row, s: `${row}`, flag: true }
    }
    const of: Scenario = {
      ...OF_VALUES,
      frame: { kind: 'range', ms: 1 },
      steps: [
        { rows: [rowAt(0, 'gone', 0), rowAt(1, 'stays', 22)] },
        { watermarkMs: 22 },
        { rows: [rowAt(2, 'fresh', 32), rowAt(3, 'stays', 33), rowAt(4, 'fresh', 62)] },
        { watermarkMs: Infinity },
      ],
    }
    const harness = new OperatorHarness(optionsOf(of))
    await harness.open()
    const out = of.steps.flatMap((step) => runStep(harness, step, 1))
    harness.close()
    expect(plain(out)).toEqual(plain(modelOf(of).results))
  })

  it('refuses a window of more values than collect() takes', async () => {
    const options = optionsOf({ ...OF_VALUES, frame: { kind: 'range', ms: 10 } })
    const aggregates: readonly AggregateSpec[] = [
      { name: 'all', function: 'collect', column: 'n', parameter: 2 },
    ]
    const config = { ...options.config, aggregates }
    const output = overSchema(COLUMNS, config)
    const harness = new OperatorHarness({ ...options, config, output })
    await harness.open()
    const rows = [0, 5, 11, 12].map((time, row) => {
      return { key: 'k', time, x: 0, n: row, s: '', flag: null, row }
    })
    harness.batch(rows)
    expect(harness.watermark(11).map(({ all }) => all)).toEqual([[0], [0, 1], [1, 2]])
    expect(() => harness.watermark(Infinity)).toThrow(
      expect.objectContaining({ code: 'RECORD_TOO_LARGE' }),
    )
    harness.close()
  })
})
