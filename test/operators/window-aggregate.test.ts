// Windowed aggregates against a naive model: a list of rows for each (window, key), under random
// disorder, watermarks, sizes, slides, offsets, units and selections.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Schema } from '../../src/columnar/schema.ts'
import {
  float64,
  int32,
  int64,
  nullable,
  timestamp,
  type TimeUnit,
  utf8,
  bool,
} from '../../src/columnar/type.ts'
import { Kernels } from '../../src/kernels/module.ts'
import { windowAggregateFields } from '../../src/operators/aggregate-type.ts'
import type { AggregateSpec } from '../../src/operators/operator-spec.ts'
import type { GridWindowSpec } from '../../src/operators/window-spec.ts'
import { createWindowAggregate } from '../../src/operators/window-aggregate.ts'
import { OperatorHarness, type Row } from './operator-harness.ts'

const kernels = new Kernels()

const AGGREGATES: readonly AggregateSpec[] = [
  { name: 'rows', function: 'count' },
  { name: 'counted', function: 'count', column: 'x' },
  { name: 'total', function: 'sum', column: 'x' },
  { name: 'wholeTotal', function: 'sum', column: 'n' },
  { name: 'average', function: 'mean', column: 'x' },
  { name: 'least', function: 'min', column: 'x' },
  { name: 'greatest', function: 'max', column: 'n' },
  { name: 'leastText', function: 'min', column: 's' },
  { name: 'greatestText', function: 'max', column: 's' },
  { name: 'share', function: 'mean', column: 'flag' },
  { name: 'flagged', function: 'count', filter: 'flag' },
  { name: 'flaggedTotal', function: 'sum', column: 'n', filter: 'flag' },
]

interface Scenario {
  readonly unit: TimeUnit
  readonly window: GridWindowSpec
  readonly keys: readonly string[]
  readonly batchRows: number
  readonly steps: readonly ({ rows: Row[]; every: number } | { watermark: number })[]
}

const inputSchema = (unit: TimeUnit): Schema =>
  Schema.of({
    at: timestamp(unit),
    key: nullable(utf8()),
    other: int32(),
    // Whole numbers: sums of slices must not depend on the order of addition.
    x: nullable(float64()),
    n: int64(),
    s: nullable(utf8()),
    flag: nullable(bool()),
  })

const PER_MS = { s: 0.001, ms: 1, us: 1_000, ns: 1_000_000 }

function timeValue(unit: TimeUnit, ms: number): number | bigint {
  if (unit === 's') return Math.floor(ms / 1000) * 1000
  return unit === 'ms' ? ms : BigInt(ms) * BigInt(PER_MS[unit]) + BigInt(Math.abs(ms) % 1000)
}

/** The millisecond a row's time falls into. */
function msOf(unit: TimeUnit, at: unknown): number {
  if (typeof at === 'number') return at
  const per = BigInt(PER_MS[unit])
  const value = at as bigint
  return Number((value - (((value % per) + per) % per)) / per)
}

const text = fc.constantFrom('', 'a', 'b', 'ab', 'a longer text than sixteen bytes', 'ZZ', 'é')

const windowSpec = (scale: number): fc.Arbitrary<GridWindowSpec> =>
  fc
    .tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }), fc.integer())
    .map(([a, b, offset]) => {
      const sizeMs = Math.max(a, b) * scale
      const offsetMs = (offset % 100) * scale
      return a === b
        ? { kind: 'tumbling', sizeMs, offsetMs }
        : { kind: 'sliding', sizeMs, slideMs: Math.min(a, b) * scale, offsetMs }
    })

const scenario: fc.Arbitrary<Scenario> = fc
  .constantFrom<TimeUnit>('s', 'ms', 'us', 'ns')
  .chain((unit) => {
    const scale = unit === 's' ? 500 : 1
    const time = fc.integer({ min: -100 * scale, max: 300 * scale })
    const row = fc
      .record({
        at: time,
        key: fc.option(text),
        other: fc.integer({ min: 0, max: 2 }),
        x: fc.option(fc.integer({ min: -9, max: 9 })),
        n: fc.bigInt({ min: -50n, max: 50n }),
        s: fc.option(text),
        flag: fc.option(fc.boolean()),
      })
      .map((r): Row => ({ ...r, at: timeValue(unit, r.at) }))
    const step = fc.oneof(
      {
        weight: 2,
        arbitrary: fc.record({
          rows: fc.array(row, { maxLength: 150 }),
          every: fc.constantFrom(1, 2, 3),
        }),
      },
      { weight: 1, arbitrary: time.map((watermark) => ({ watermark })) },
    )
    return fc.record({
      unit: fc.constant(unit),
      window: windowSpec(scale),
      keys: fc.constantFrom(['key'], ['other'], ['key', 'other'], []),
      batchRows: fc.constantFrom(3, 8, 16_384),
      steps: fc.array(step, { maxLength: 12 }),
    })
  })

/** The model: what Flink would do, one row at a time. */
class Model {
  readonly #scenario: Scenario
  readonly #keyIds = new Map<string, number>()
  readonly #windows = new Map<number, Map<string, Row[]>>()
  #watermark = -Infinity
  late = 0

  constructor(of: Scenario) {
    this.#scenario = of
  }

  add(row: Row): void {
    const { window, unit, keys } = this.#scenario
    const key = JSON.stringify(keys.map((name) => row[name]))
    if (!this.#keyIds.has(key)) this.#keyIds.set(key, this.#keyIds.size)
    const ms = msOf(unit, row['at'])
    const slide = window.kind === 'sliding' ? window.slideMs : window.sizeMs
    let isLate = true
    const last = Math.floor((ms - window.offsetMs) / slide) * slide + window.offsetMs
    for (let start = last; start > ms - window.sizeMs; start -= slide) {
      if (start + window.sizeMs - 1 <= this.#watermark) continue
      isLate = false
      const groups = this.#windows.get(start) ?? new Map<string, Row[]>()
      this.#windows.set(start, groups)
      groups.set(key, [...(groups.get(key) ?? []), row])
    }
    if (isLate) this.late++
  }

  advance(watermarkMs: number): Row[] {
    const { window, keys } = this.#scenario
    this.#watermark = Math.max(this.#watermark, watermarkMs)
    const due = [...this.#windows].filter(([start]) => start + window.sizeMs - 1 <= watermarkMs)
    return due
      .toSorted(([a], [b]) => a - b)
      .flatMap(([start, groups]) => {
        this.#windows.delete(start)
        return [...groups]
          .toSorted(([a], [b]) => this.#keyIds.get(a)! - this.#keyIds.get(b)!)
          .map(([, rows]) => ({
            windowStart: start,
            windowEnd: start + window.sizeMs,
            ...Object.fromEntries(keys.map((name) => [name, rows[0]![name]])),
            ...aggregated(rows),
          }))
      })
  }
}

const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
const whole = (values: readonly bigint[]): bigint => values.reduce((a, b) => a + b, 0n)

function aggregated(rows: readonly Row[]): Row {
  const x = present<number>(rows, 'x')
  const n = present<bigint>(rows, 'n')
  const s = present<string>(rows, 's').toSorted()
  const flags = present<boolean>(rows, 'flag')
  const flagged = rows.filter((row) => row['flag'] === true)
  return {
    rows: rows.length,
    counted: x.length,
    total: x.length === 0 ? null : total(x),
    wholeTotal: whole(n),
    average: x.length === 0 ? null : total(x) / x.length,
    least: x.length === 0 ? null : Math.min(...x),
    greatest: n.reduce((a, b) => (a > b ? a : b)),
    leastText: s[0] ?? null,
    greatestText: s.at(-1) ?? null,
    share: flags.length === 0 ? null : flags.filter(Boolean).length / flags.length,
    flagged: flagged.length,
    flaggedTotal: flagged.length === 0 ? null : whole(present<bigint>(flagged, 'n')),
  }
}

function present<T>(rows: readonly Row[], name: string): T[] {
  return rows.map((row) => row[name] as T | null).filter((value) => value !== null)
}

function harnessOf({ unit, window, keys, batchRows }: Scenario, aggregates = AGGREGATES) {
  const input = inputSchema(unit)
  return new OperatorHarness({
    kernels,
    factory: createWindowAggregate,
    config: { kind: 'windowAggregate', keys, time: 'at', window, aggregates },
    input,
    output: new Schema(windowAggregateFields(input, keys, aggregates)),
    batchRows,
  })
}

const rowAt = (at: number | bigint | null, other = 1): Row => ({
  at,
  key: 'k',
  other,
  x: 1,
  n: 1n,
  s: 'text of a row, longer than sixteen bytes',
  flag: true,
})

describe('windowed aggregates', () => {
  it('equal a naive model, batch by batch and watermark by watermark', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (of) => {
        const allocated = kernels.exports.allocated()
        const harness = harnessOf(of)
        await harness.open()
        const model = new Model(of)
        let watermark = -Infinity
        for (const step of [...of.steps, { watermark: Infinity }]) {
          if ('rows' in step) {
            const isIn = (_: Row, i: number): boolean => i % step.every === 0
            step.rows.filter(isIn).forEach((row) => model.add(row))
            expect(harness.batch(step.rows, step.every === 1 ? undefined : isIn)).toEqual([])
          } else {
            watermark = Math.max(watermark, step.watermark)
            expect(harness.watermark(watermark)).toEqual(model.advance(watermark))
          }
        }
        expect(harness.metrics.lateRows).toBe(model.late)
        expect(harness.metrics.windowsFired).toBe(
          harness.batchSizes.reduce((all, rows) => all + rows, 0),
        )
        expect(Math.max(0, ...harness.batchSizes)).toBeLessThanOrEqual(of.batchRows)
        harness.close()
        expect(kernels.exports.allocated() - allocated).toBeLessThanOrEqual(2 << 20)
      }),
      { numRuns: 1_000 },
    )
  })

  const single = { unit: 'ms', keys: ['other'], batchRows: 16_384, steps: [] } as const
  const hour: GridWindowSpec = { kind: 'tumbling', sizeMs: 3_600_000, offsetMs: 0 }

  it('forget dead keys, and give the living the same results and order', async () => {
    const keysPerWindow = 40_000
    const harness = harnessOf({ ...single, window: { ...hour, sizeMs: 10 } })
    await harness.open()
    const sizes: number[] = []
    for (let window = 0; window < 12; window++) {
      // Half of the keys go on into the next window, in another order; the others are never seen
      // again.
      const first = (window * keysPerWindow) / 2
      const rows = Array.from({ length: keysPerWindow }, (_, i) =>
        rowAt(window * 10 + (i % 10), first + ((i * 7919) % keysPerWindow)),
      )
      expect(harness.batch(rows)).toEqual([])
      if (window === 0) continue
      const out = harness.watermark(window * 10 - 1)
      expect(out.length).toBe(keysPerWindow)
      expect(new Set(out.map((row) => row['other'])).size).toBe(keysPerWindow)
      expect(out.every((row) => row['rows'] === 1 && row['windowEnd'] === window * 10)).toBe(true)
      expect(Math.min(...out.map((row) => row['other'] as number))).toBe(first - keysPerWindow / 2)
      sizes.push(kernels.exports.allocated())
    }
    // Keys of 12 windows would be 260,000; memory stays where it was after the first few.
    expect(sizes.at(-1)).toBeLessThanOrEqual(sizes[4]! * 1.1)
    harness.close()
  })

  it('refuse a row without a time, and name column and row', async () => {
    const input = Schema.of({ ...inputSchema('ms').toFields(), at: nullable(timestamp('ms')) })
    const aggregates: readonly AggregateSpec[] = [{ name: 'rows', function: 'count' }]
    const harness = new OperatorHarness({
      kernels,
      factory: createWindowAggregate,
      config: { kind: 'windowAggregate', keys: [], time: 'at', window: hour, aggregates },
      input,
      output: new Schema(windowAggregateFields(input, [], aggregates)),
    })
    await harness.open()
    expect(() => harness.batch([rowAt(1), rowAt(2), rowAt(null)])).toThrow(
      expect.objectContaining({
        code: 'RECORD_MALFORMED',
        context: { column: 'at', row: 2 },
      }),
    )
    harness.close()
  })

  it('report a sum that does not fit 64 bits, whether rows or slices make it', async () => {
    const big = { ...rowAt(0), n: 2n ** 63n - 1n }
    for (const window of [hour, { ...hour, kind: 'sliding', slideMs: 1_800_000 } as const]) {
      const harness = harnessOf({ ...single, window })
      await harness.open()
      const far = { ...big, at: window.kind === 'sliding' ? 1_800_000 : 1 }
      const overflow = expect.objectContaining({
        code: 'ARITHMETIC_OVERFLOW',
        message: expect.stringContaining("'n' (int64)"),
      })
      expect(() => {
        harness.batch([big, { ...far, n: 1n }])
        harness.watermark(Infinity)
      }).toThrow(overflow)
      harness.close()
    }
  })

  it.each([
    [{ kind: 'tumbling', sizeMs: 0, offsetMs: 0 }, 'whole ms from 1 on'],
    [{ kind: 'tumbling', sizeMs: 1.5, offsetMs: 0 }, 'whole ms from 1 on'],
    [{ kind: 'sliding', sizeMs: 10, slideMs: 11, offsetMs: 0 }, 'leave gaps'],
  ] as const)('refuse %j', (window, message) => {
    expect(() => harnessOf({ ...single, window })).toThrow(message)
  })

  it('refuse a time that is no timestamp', () => {
    const input = inputSchema('ms')
    const config = {
      kind: 'windowAggregate',
      keys: [],
      time: 'n',
      window: hour,
      aggregates: [],
    } as const
    const make = () =>
      new OperatorHarness({ kernels, factory: createWindowAggregate, config, input, output: input })
    expect(make).toThrow(/'n' is int64; cast it/)
  })
})
