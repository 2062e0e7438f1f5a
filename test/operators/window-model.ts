// Windows as Flink has them, row by row over arrays and Maps: what the operators over windows are compared
// with. A batch is told as a whole, because a window fires once a batch for rows that come late.
import type { GridWindowSpec, TriggerSpec, WindowSpec } from '../../src/operators/window-spec.ts'
import type { Row } from './operator-harness.ts'

export interface ModelOptions {
  readonly window: WindowSpec
  readonly trigger?: TriggerSpec
  readonly allowedLatenessMs: number
  readonly keys: readonly string[]
  /** A row's event time in milliseconds. */
  readonly timeMs: (row: Row) => number
  /** The aggregates of rows, in order of arrival. */
  readonly aggregate: (rows: readonly Row[]) => Row
}

interface Pane {
  readonly key: Row
  start: number
  end: number
  rows: Row[]
  /** Rows since the last firing by count. */
  counted: number
  /** When a continuous trigger fires next. */
  next: number
}

export interface ModelBatch {
  readonly fired: readonly Row[]
  readonly late: readonly Row[]
}

const FRESH = { counted: 0, next: Infinity }

/** What a window and a trigger mean, read here again: the operators' reading of them is under test. */
export const isByClock = (window: WindowSpec): boolean =>
  'time' in window && window.time === 'processing'
export const isGrid = (window: WindowSpec): window is GridWindowSpec =>
  window.kind === 'tumbling' || window.kind === 'sliding' || window.kind === 'cumulative'
const isTimed = (window: WindowSpec): boolean => isGrid(window) || window.kind === 'session'

interface Firing {
  readonly isPurging: boolean
  /** Fires at each so many rows; 0 when it does not count. */
  readonly count: number
  /** Fires at the multiples of this; 0 when it does not. */
  readonly intervalMs: number
  readonly isByClock: boolean
}

function firingOf(trigger: TriggerSpec | undefined): Firing {
  const isPurging = trigger?.kind === 'purging'
  const plain = isPurging ? trigger.trigger : trigger
  return {
    isPurging,
    count: plain?.kind === 'count' ? plain.count : 0,
    intervalMs: plain !== undefined && 'intervalMs' in plain ? plain.intervalMs : 0,
    isByClock: plain?.kind === 'continuousProcessingTime',
  }
}

const nextMultiple = (timeMs: number, intervalMs: number): number =>
  (Math.floor(timeMs / intervalMs) + 1) * intervalMs

/** The windows of a time, as [start, end). */
export function gridWindowsOf(spec: GridWindowSpec, ms: number): readonly [number, number][] {
  const { sizeMs, offsetMs } = spec
  const windows: [number, number][] = []
  if (spec.kind === 'cumulative') {
    const start = Math.floor((ms - offsetMs) / sizeMs) * sizeMs + offsetMs
    for (let end = start + spec.stepMs; end <= start + sizeMs; end += spec.stepMs) {
      if (ms < end) windows.push([start, end])
    }
    return windows
  }
  const slide = spec.kind === 'sliding' ? spec.slideMs : sizeMs
  const last = Math.floor((ms - offsetMs) / slide) * slide + offsetMs
  for (let start = last; start > ms - sizeMs; start -= slide) windows.push([start, start + sizeMs])
  return windows
}

export class WindowModel {
  readonly #options: ModelOptions
  #panes: Pane[] = []
  #watermark = -Infinity
  lateRows = 0

  constructor(options: ModelOptions) {
    this.#options = options
  }

  batch(rows: readonly Row[], nowMs: number): ModelBatch {
    const { window, trigger } = this.#options
    const firing = firingOf(trigger)
    if (isByClock(window)) this.#watermark = Math.max(this.#watermark, nowMs - 1)
    const late: Row[] = []
    const fired: Row[] = []
    const touched = new Set<Pane>()
    for (const row of rows) {
      const ms = isByClock(window) ? nowMs : this.#options.timeMs(row)
      const panes = this.#panesOf(row, ms)
      if (panes.length === 0) late.push(row)
      for (const pane of panes) {
        pane.rows.push(row)
        touched.add(pane)
        if (window.kind === 'count') fired.push(...this.#counted(pane))
        else if (firing.count > 0 && ++pane.counted >= firing.count) {
          pane.counted = 0
          fired.push(this.#fire(pane))
        }
        const time = firing.isByClock ? nowMs : this.#options.timeMs(row)
        if (pane.next === Infinity && firing.intervalMs > 0) {
          pane.next = nextMultiple(time, firing.intervalMs)
        }
      }
    }
    this.lateRows += late.length
    if (firing.count === 0 && window.kind !== 'count') {
      const again = [...touched].filter(
        (pane) => this.#panes.includes(pane) && pane.end - 1 <= this.#watermark,
      )
      fired.push(...again.map((pane) => this.#fire(pane)))
    }
    return { fired, late }
  }

  watermark(watermarkMs: number): Row[] {
    const { window, trigger } = this.#options
    if (isByClock(window) || window.kind === 'count') return []
    const fired = this.#advance(watermarkMs)
    if (!firingOf(trigger).isByClock) fired.push(...this.#continuous(watermarkMs))
    return fired
  }

  processingTime(nowMs: number): Row[] {
    const { window, trigger } = this.#options
    const fired = isByClock(window) ? this.#advance(nowMs - 1) : []
    if (firingOf(trigger).isByClock) fired.push(...this.#continuous(nowMs))
    return fired
  }

  #advance(watermarkMs: number): Row[] {
    const before = this.#watermark
    if (watermarkMs <= before) return []
    this.#watermark = watermarkMs
    const due = this.#panes.filter(({ end }) => end - 1 > before && end - 1 <= watermarkMs)
    this.#panes = this.#panes.filter((pane) => this.#isAlive(pane.end))
    if (firingOf(this.#options.trigger).count > 0) return []
    return due.flatMap((pane) => (pane.rows.length === 0 ? [] : [this.#fire(pane)]))
  }

  #continuous(timeMs: number): Row[] {
    const { intervalMs } = firingOf(this.#options.trigger)
    if (intervalMs === 0 || timeMs === Infinity) return []
    return this.#panes.flatMap((pane) => {
      if (pane.end - 1 <= this.#watermark || pane.next > timeMs) return []
      pane.next = nextMultiple(timeMs, intervalMs)
      return pane.rows.length === 0 ? [] : [this.#fire(pane)]
    })
  }

  /** A window of a number of rows: the last ones of a key, each so many. */
  #counted(pane: Pane): Row[] {
    const { window } = this.#options
    if (window.kind !== 'count') return []
    const { size, slide = size } = window
    if (++pane.counted % slide !== 0) return []
    return [this.#result({ ...pane, rows: pane.rows.slice(-size) })]
  }

  #fire(pane: Pane): Row {
    const result = this.#result(pane)
    if (firingOf(this.#options.trigger).isPurging) pane.rows = []
    return result
  }

  #isAlive(end: number): boolean {
    const { window, allowedLatenessMs } = this.#options
    return end - 1 + (isByClock(window) ? 0 : allowedLatenessMs) > this.#watermark
  }

  #panesOf(row: Row, ms: number): Pane[] {
    const { window, keys } = this.#options
    const key = Object.fromEntries(keys.map((name) => [name, row[name]]))
    const same = (pane: Pane) => keys.every((name) => Object.is(pane.key[name], key[name]))
    if (isGrid(window)) {
      const alive = gridWindowsOf(window, ms).filter(([, end]) => this.#isAlive(end))
      return alive.map(([start, end]) => {
        const known = this.#panes.find(
          (pane) => pane.start === start && pane.end === end && same(pane),
        )
        return known ?? this.#added({ ...FRESH, key, start, end, rows: [] })
      })
    }
    if (window.kind !== 'session') {
      const known = this.#panes.find(same)
      return [known ?? this.#added({ ...FRESH, key, start: 0, end: Infinity, rows: [] })]
    }
    return this.#session({ ...FRESH, key, start: ms, end: ms + window.gapMs, rows: [] }, same)
  }

  #session(fresh: Pane, same: (pane: Pane) => boolean): Pane[] {
    const near = this.#panes
      .filter((pane) => same(pane) && pane.start <= fresh.end && pane.end >= fresh.start)
      .toSorted((a, b) => a.start - b.start)
    const end = Math.max(fresh.end, ...near.map((pane) => pane.end))
    if (!this.#isAlive(end)) return []
    const [first, ...others] = near
    const pane = first ?? this.#added(fresh)
    pane.start = Math.min(fresh.start, ...near.map(({ start }) => start))
    pane.end = end
    pane.rows.push(...others.flatMap(({ rows }) => rows))
    // As Flink's triggers merge their state.
    pane.counted += others.reduce((sum, { counted }) => sum + counted, 0)
    pane.next = Math.min(pane.next, ...others.map(({ next }) => next))
    this.#panes = this.#panes.filter((each) => !others.includes(each))
    return [pane]
  }

  #added(pane: Pane): Pane {
    this.#panes.push(pane)
    return pane
  }

  #result({ key, start, end, rows }: Pane): Row {
    const bounds = isTimed(this.#options.window) ? { windowStart: start, windowEnd: end } : {}
    return { ...bounds, ...key, ...this.#options.aggregate(rows) }
  }
}
