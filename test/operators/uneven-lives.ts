// Lives of an operator over windows by the clock whose subtasks are not as far as one another when a snapshot is
// taken: some have not been woken yet, and the clocks of some stand. Rows with their times, and the naive windows
// of them.
//
// Sessions end at odd times and rows come at even ones: a row at the very end of a session would be in it or
// not, by whether its subtask has been woken.
import * as fc from 'fast-check'
import { expect } from 'vitest'
import type { Schema } from '../../src/columnar/schema.ts'
import type { TimeWindowSpec } from '../../src/operators/window-spec.ts'
import { GRID_KINDS, gridWindow } from './grid-window.ts'
import { KeyedHarness, type Pace } from './joins.ts'
import type { HarnessOptions, Row } from './operator-harness.ts'
import { gridWindowsOf } from './window-model.ts'

type Step =
  | { readonly rows: readonly Row[]; readonly side: 0 | 1 }
  | { readonly by: number; readonly paces: readonly Pace[] }
  | { readonly restart: number; readonly back: number }

export interface Life {
  readonly window: TimeWindowSpec
  readonly batchRows: number
  readonly parallelism: number
  readonly steps: readonly Step[]
}

const ALL_WOKEN: readonly Pace[] = ['woken', 'woken', 'woken']
const pace = fc.constantFrom<Pace>('woken', 'asleep', 'standing')
const rows = fc.array(
  fc.record({
    key: fc.option(fc.integer({ min: 0, max: 9 }), { freq: 10 }),
    n: fc.integer({ min: 0, max: 2 }),
  }),
  { maxLength: 8 },
)
const by = fc.constantFrom(2, 2, 4, 12)
const oneStep = (back: fc.Arbitrary<number>): fc.Arbitrary<Step> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ rows, side: fc.constantFrom<0 | 1>(0, 1) }) },
    {
      weight: 4,
      arbitrary: fc.record({
        by,
        paces: fc.oneof(fc.constant(ALL_WOKEN), fc.tuple(pace, pace, pace)),
      }),
    },
    { weight: 2, arbitrary: fc.record({ restart: fc.integer({ min: 1, max: 3 }), back }) },
  )

/** Each subtask is as far as none other when a snapshot is taken. */
const staggered: fc.Arbitrary<readonly Step[]> = fc
  .record({ by: fc.tuple(by, by, by), restart: fc.integer({ min: 1, max: 3 }) })
  .map(({ by: [first, second, third], restart }) => [
    { rows: Array.from({ length: 10 }, (_, key) => ({ key, n: 1 })), side: 0 },
    { by: first, paces: ALL_WOKEN },
    { by: second, paces: ['woken', 'woken', 'asleep'] },
    { by: third, paces: ['woken', 'asleep', 'asleep'] },
    { restart, back: 0 },
  ])
const steps = (back: fc.Arbitrary<number>): fc.Arbitrary<readonly Step[]> => {
  const one = oneStep(back).map((each) => [each])
  return fc
    .array(fc.oneof({ weight: 9, arbitrary: one }, { weight: 1, arbitrary: staggered }), {
      minLength: 2,
      maxLength: 14,
    })
    .map((each) => each.flat())
}

export const WINDOWS: Readonly<Record<string, fc.Arbitrary<TimeWindowSpec>>> = {
  ...Object.fromEntries(
    GRID_KINDS.map((kind) => [
      kind,
      gridWindow(kind).map((window): TimeWindowSpec => ({ ...window, time: 'processing' })),
    ]),
  ),
  session: fc
    .integer({ min: 0, max: 8 })
    .map((half) => ({ kind: 'session', gapMs: half * 2 + 1, time: 'processing' })),
}

/** @param back how far the clock of those who go on is behind */
export const lives = (
  window: fc.Arbitrary<TimeWindowSpec>,
  back: fc.Arbitrary<number> = fc.constant(0),
): fc.Arbitrary<Life> =>
  fc.record({
    window,
    batchRows: fc.constantFrom(2, 3, 16_384),
    parallelism: fc.constantFrom(1, 2, 3, 3),
    steps: steps(back),
  })

/** A row that came, and when. */
export interface Came {
  readonly row: Row
  readonly side: 0 | 1
  readonly atMs: number
}

interface ModelWindow {
  readonly start: number
  readonly end: number
  readonly came: readonly Came[]
}

/** The windows of rows that have the same key, in the order in which they came. */
export function windowsOf(window: TimeWindowSpec, came: readonly Came[]): ModelWindow[] {
  if (window.kind !== 'session') {
    const bounds = new Map(
      came.flatMap(({ atMs }) => gridWindowsOf(window, atMs)).map((each) => [String(each), each]),
    )
    return [...bounds.values()].map(([start, end]) => {
      return { start, end, came: came.filter(({ atMs }) => atMs >= start && atMs < end) }
    })
  }
  const sessions: { start: number; end: number; came: Came[] }[] = []
  for (const each of came) {
    const last = sessions.at(-1)
    const end = each.atMs + window.gapMs
    if (last === undefined || each.atMs > last.end) {
      sessions.push({ start: each.atMs, end, came: [each] })
    } else {
      last.came.push(each)
      last.end = end
    }
  }
  return sessions
}

/**
 * Lives a life, and asks of all that has come out whether it is what the windows that are over give: each
 * time that all subtasks have been woken, and at the end.
 */
export async function live<Config>(
  life: Life,
  options: HarnessOptions<Config> & { readonly input: readonly Schema[] },
  keys: readonly (readonly string[])[],
  check: (got: readonly Row[], came: readonly Came[], nowMs: number) => void,
): Promise<void> {
  const allocated = options.kernels.exports.allocated()
  const all = { ...options, batchRows: life.batchRows }
  let harness = await new KeyedHarness(all, keys, life.parallelism).open()
  const came: Came[] = []
  const got: Row[] = []
  let nowMs = 0
  let clocks = [0, 0, 0]
  for (const each of life.steps) {
    if ('rows' in each) {
      const side = options.input.length === 1 ? 0 : each.side
      const owners = harness.ownersOf(each.rows, side)
      each.rows.forEach((row, i) => came.push({ row, side, atMs: clocks[owners[i]!]! }))
      got.push(...harness.batch(each.rows, side))
    } else if ('by' in each) {
      nowMs += each.by
      clocks = clocks.map((ms, i) => (each.paces[i] === 'standing' ? ms : nowMs))
      got.push(...harness.processingTime(nowMs, each.paces))
      if (each.paces === ALL_WOKEN) check(got, came, nowMs)
    } else {
      const restore = harness.snapshot()
      harness.close()
      harness = new KeyedHarness({ ...all, restore }, keys, each.restart)
      nowMs = Math.max(0, nowMs - each.back)
      harness.processingTime(nowMs)
      clocks = [nowMs, nowMs, nowMs]
      await harness.open()
    }
  }
  got.push(...harness.watermark(Infinity))
  check(got, came, Infinity)
  expect(harness.sum('lateRows')).toBe(0)
  expect(Math.max(0, ...harness.batchSizes)).toBeLessThanOrEqual(life.batchRows)
  harness.close()
  await Promise.resolve()
  expect(options.kernels.exports.allocated() - allocated).toBeLessThanOrEqual(2 << 20)
}
