// Joins in windows against nested loops over the rows of each window: random batches of both sides, nulls,
// disorder, watermarks, windows of each kind on a grid, sessions, and snapshots restored at another parallelism.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Schema } from '../../src/columnar/schema.ts'
import { int32, nullable, timestamp, utf8 } from '../../src/columnar/type.ts'
import { Kernels } from '../../src/kernels/module.ts'
import type { WindowJoinSpec } from '../../src/operators/join-spec.ts'
import { createWindowJoin } from '../../src/operators/window-join.ts'
import type { GridWindowSpec, TimeWindowSpec } from '../../src/operators/window-spec.ts'
import { GRID_KINDS, gridWindow } from './grid-window.ts'
import { batchStep, CONDITION, restoreStep, watermarkStep } from './join-steps.ts'
import { columnsOrNull, equalOn, KeyedHarness, type Kind, nestedLoops, sorted } from './joins.ts'
import type { Row } from './operator-harness.ts'

const LEFT = { k: nullable(int32()), s: nullable(utf8()), v: int32(), t: timestamp('ms') }
const RIGHT = { kr: nullable(int32()), sr: nullable(utf8()), w: int32(), tr: timestamp('us') }
const NAMES = [Object.keys(LEFT), Object.keys(RIGHT)] as const
const BOUNDS = { windowStart: timestamp('ms'), windowEnd: timestamp('ms') }
const OUTPUT = Schema.of({
  ...BOUNDS,
  ...Object.fromEntries(Object.entries({ ...LEFT, ...RIGHT }).map(([n, t]) => [n, nullable(t)])),
})

const kernels = new Kernels()

interface Window {
  readonly start: number
  readonly end: number
}

/** The windows that a time is in. */
function windowsOf(window: GridWindowSpec, time: number): Window[] {
  const { sizeMs, offsetMs } = window
  if (window.kind === 'cumulative') {
    const start = Math.floor((time - offsetMs) / sizeMs) * sizeMs + offsetMs
    const ends = Array.from({ length: sizeMs / window.stepMs }, (_, i) => (i + 1) * window.stepMs)
    return ends.filter((end) => start + end > time).map((end) => ({ start, end: start + end }))
  }
  const slideMs = window.kind === 'sliding' ? window.slideMs : sizeMs
  const windows: Window[] = []
  let start = Math.floor((time - offsetMs) / slideMs) * slideMs + offsetMs
  for (; start + sizeMs > time; start -= slideMs) windows.push({ start, end: start + sizeMs })
  return windows
}

const anyRow = fc.record({
  k: fc.option(fc.integer({ min: 0, max: 2 }), { freq: 6 }),
  s: fc.option(fc.constantFrom('', 'a', 'a longer text than sixteen'), { freq: 6 }),
  v: fc.integer({ min: 0, max: 2 }),
  t: fc.integer({ min: -20, max: 60 }),
})
const anyStep = fc.oneof(
  { weight: 3, arbitrary: batchStep(anyRow) },
  watermarkStep(25),
  fc.record({ kind: fc.constant('clock' as const), by: fc.integer({ min: 1, max: 9 }) }),
  restoreStep,
)
const KINDS: Readonly<Record<string, fc.Arbitrary<TimeWindowSpec>>> = {
  ...Object.fromEntries(GRID_KINDS.map((kind) => [kind, gridWindow(kind)])),
  session: fc.integer({ min: 1, max: 15 }).map((gapMs) => ({ kind: 'session', gapMs })),
}
const by = (time: 'event' | 'processing') =>
  Object.entries(KINDS).map(
    ([kind, window]) =>
      [`${kind} by ${time} time`, window.map((each) => ({ ...each, time }))] as const,
  )
const WINDOWS = [...by('event'), ...by('processing')]

const casesOf = (window: fc.Arbitrary<TimeWindowSpec>) =>
  fc.record({
    kind: fc.constantFrom<Kind>('inner', 'left', 'right', 'full'),
    on: fc.constantFrom<readonly (readonly [string, string])[]>(
      [['k', 'kr']],
      [['s', 'sr']],
      [
        ['s', 'sr'],
        ['k', 'kr'],
      ],
    ),
    where: fc.boolean(),
    window,
    batchRows: fc.integer({ min: 1, max: 9 }),
    parallelism: fc.integer({ min: 1, max: 2 }),
    steps: fc.array(anyStep, { minLength: 1, maxLength: 14 }),
  })
type Case = ReturnType<typeof casesOf> extends fc.Arbitrary<infer T> ? T : never

const specOf = ({ kind, on, where, window }: Case): WindowJoinSpec => ({
  kind: 'windowJoin',
  type: kind,
  on,
  columns: NAMES.flatMap((names, side) =>
    names.map((name) => ({ name, side: side as 0 | 1, column: name })),
  ),
  ...(where ? { where: CONDITION } : {}),
  window,
  ...(window.time === 'processing' ? {} : { time: ['t', 'tr'] as const }),
  bounds: ['windowStart', 'windowEnd'],
})

const named = (
  side: 0 | 1,
  { k, s, v, t }: { k: number | null; s: string | null; v: number; t: number },
): Row => (side === 0 ? { k, s, v, t } : { kr: k, sr: s, w: v, tr: BigInt(t) * 1000n })

type WindowRows = Window & { readonly rows: readonly [Row[], Row[]] }

/** A naive join in windows: rows by window (sessions: by key and window), until the window is over. */
class Model {
  readonly #test: Case
  #windows = new Map<string, WindowRows>()
  #watermark = -Infinity
  lateRows = 0

  constructor(test: Case) {
    this.#test = test
  }

  add(side: 0 | 1, row: Row, time: number): void {
    const key = this.#test.on.map((pair) => row[pair[side]])
    const isKept =
      !key.includes(null) ||
      this.#test.kind === 'full' ||
      this.#test.kind === (side === 0 ? 'left' : 'right')
    if (!isKept) return
    const { window } = this.#test
    const open =
      window.kind === 'session'
        ? this.#session(JSON.stringify(key), { start: time, end: time + window.gapMs })
        : this.#onGrid(window, time)
    for (const each of open) each.rows[side].push(row)
    if (open.length === 0) this.lateRows++
  }

  #onGrid(window: GridWindowSpec, time: number): WindowRows[] {
    const open = windowsOf(window, time).filter(({ end }) => end - 1 > this.#watermark)
    return open.map(({ start, end }) => this.#added(`${start} ${end}`, { start, end }))
  }

  /** The session of a row: those that it meets become one. */
  #session(key: string, own: Window): WindowRows[] {
    const met = [...this.#windows].filter(
      ([id, { start, end }]) => id.startsWith(`${key} `) && start <= own.end && end >= own.start,
    )
    const start = Math.min(own.start, ...met.map(([, each]) => each.start))
    const end = Math.max(own.end, ...met.map(([, each]) => each.end))
    if (end - 1 <= this.#watermark) return []
    for (const [id] of met) this.#windows.delete(id)
    const whole = this.#added(`${key} ${start}`, { start, end })
    for (const [, { rows }] of met) {
      whole.rows[0].push(...rows[0])
      whole.rows[1].push(...rows[1])
    }
    return [whole]
  }

  #added(id: string, { start, end }: Window): WindowRows {
    const window = this.#windows.get(id) ?? { start, end, rows: [[], []] as const }
    this.#windows.set(id, window as WindowRows)
    return window as WindowRows
  }

  watermark(watermark: number): Row[] {
    this.#watermark = watermark
    const over = [...this.#windows].filter(([, { end }]) => end - 1 <= watermark)
    return over.flatMap(([text, { start, end, rows }]) => {
      this.#windows.delete(text)
      return nestedLoops(
        this.#test.kind,
        ...rows,
        (l, r) => equalOn(this.#test.on)(l, r) && (!this.#test.where || l['v'] !== r['w']),
        (l, r) => ({
          windowStart: start,
          windowEnd: end,
          ...columnsOrNull(l, NAMES[0]),
          ...columnsOrNull(r, NAMES[1]),
        }),
      )
    })
  }
}

async function check(test: Case): Promise<void> {
  const options = {
    kernels,
    factory: createWindowJoin,
    config: specOf(test),
    input: [Schema.of(LEFT), Schema.of(RIGHT)],
    output: OUTPUT,
    batchRows: test.batchRows,
  }
  const keys = [test.on.map(([name]) => name), test.on.map(([, name]) => name)]
  let harness = await new KeyedHarness(options, keys, test.parallelism).open()
  const model = new Model(test)
  const isByClock = test.window.time === 'processing'
  let watermark = -10
  let sent = -Infinity
  let now = 0
  let late = 0
  for (const step of [...test.steps, { kind: 'end' } as const]) {
    if (step.kind === 'batch') {
      const rows = step.rows.map((row) => named(step.side, row))
      step.rows.forEach(({ t }, i) => model.add(step.side, rows[i]!, isByClock ? now : t))
      expect(harness.batch(rows, step.side)).toEqual([])
    } else if (step.kind === 'restore') {
      late += harness.sum('lateRows')
      const restore = harness.snapshot()
      harness.close()
      harness = new KeyedHarness({ ...options, restore }, keys, step.parallelism)
      harness.processingTime(now)
      await harness.open()
      expect(harness.watermark(sent - step.back)).toEqual([])
    } else if (step.kind === 'clock') {
      now += step.by
      const want = isByClock ? model.watermark(now - 1) : []
      expect(sorted(harness.processingTime(now))).toEqual(sorted(want))
    } else {
      watermark = step.kind === 'end' ? Infinity : watermark + step.by
      sent = watermark
      const isFiring = !isByClock || step.kind === 'end'
      const want = isFiring ? model.watermark(watermark) : []
      expect(sorted(harness.watermark(watermark))).toEqual(sorted(want))
    }
    expect(Math.max(0, ...harness.batchSizes)).toBeLessThanOrEqual(test.batchRows)
  }
  expect(late + harness.sum('lateRows')).toBe(model.lateRows)
  harness.close()
}

describe('a join in windows', () => {
  it.each(WINDOWS)(
    'gives what nested loops over each give, once it is over: %s',
    async (_, window) => {
      const before = kernels.exports.allocated()
      await fc.assert(fc.asyncProperty(casesOf(window), check))
      expect(kernels.exports.allocated() - before).toBeLessThan(4 << 20)
    },
    60_000,
  )

  it.each([1, 2, 3])(
    'goes on with the sessions that a slower subtask still held (%d subtasks)',
    async (parallelism) => {
      const window = { kind: 'session', gapMs: 10, time: 'processing' } as const
      const on = [['k', 'kr']] as const
      const options = {
        kernels,
        factory: createWindowJoin,
        config: specOf({ kind: 'inner', on, where: false, window } as unknown as Case),
        input: [Schema.of(LEFT), Schema.of(RIGHT)],
        output: OUTPUT,
        batchRows: 4,
      }
      const before = await new KeyedHarness(options, [['k'], ['kr']], 2).open()
      for (const side of [0, 1] as const) {
        const rows = Array.from({ length: 10 }, (_, k) => named(side, { k, s: null, v: k, t: 0 }))
        before.batch(rows, side)
      }
      const first = before.processingTime(30, ['woken', 'standing'])
      const restore = before.snapshot()
      before.close()
      const after = new KeyedHarness({ ...options, restore }, [['k'], ['kr']], parallelism)
      after.processingTime(30)
      await after.open()
      const rest = after.processingTime(31)
      after.close()
      expect([first.length > 0, rest.length > 0]).toEqual([true, true])
      const keys = [...first, ...rest].map(({ k }) => k as number)
      expect(keys.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    },
  )
})
