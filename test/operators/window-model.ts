// Windows as Flink has them, row by row over arrays and Maps: what the operators over windows are compared
// with. A batch is told as a whole, because a window fires once a batch for rows that come late.
import {
  type GridWindowSpec,
  isGridWindow,
  type WindowSpec,
  windowTime,
} from '../../src/operators/window-spec.ts'
import type { Row } from './operator-harness.ts'

export interface ModelOptions {
  readonly window: WindowSpec
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
}

export interface ModelBatch {
  readonly fired: readonly Row[]
  readonly late: readonly Row[]
}

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
    const isProcessing = windowTime(this.#options.window) === 'processing'
    if (isProcessing) this.#watermark = nowMs - 1
    const late: Row[] = []
    const touched = new Set<Pane>()
    for (const row of rows) {
      const ms = isProcessing ? nowMs : this.#options.timeMs(row)
      const panes = this.#panesOf(row, ms)
      if (panes.length === 0) late.push(row)
      for (const pane of panes) {
        pane.rows.push(row)
        touched.add(pane)
      }
    }
    this.lateRows += late.length
    const again = [...touched].filter(
      (pane) => this.#panes.includes(pane) && pane.end - 1 <= this.#watermark,
    )
    return { fired: again.map((pane) => this.#result(pane)), late }
  }

  watermark(watermarkMs: number): Row[] {
    return windowTime(this.#options.window) === 'event' ? this.#advance(watermarkMs) : []
  }

  processingTime(nowMs: number): Row[] {
    return windowTime(this.#options.window) === 'processing' ? this.#advance(nowMs - 1) : []
  }

  #advance(watermarkMs: number): Row[] {
    const before = this.#watermark
    if (watermarkMs <= before) return []
    this.#watermark = watermarkMs
    const due = this.#panes.filter(({ end }) => end - 1 > before && end - 1 <= watermarkMs)
    this.#panes = this.#panes.filter((pane) => this.#isAlive(pane.end))
    return due.map((pane) => this.#result(pane))
  }

  #isAlive(end: number): boolean {
    return end - 1 + this.#options.allowedLatenessMs > this.#watermark
  }

  #panesOf(row: Row, ms: number): Pane[] {
    const { window, keys } = this.#options
    const key = Object.fromEntries(keys.map((name) => [name, row[name]]))
    const same = (pane: Pane) => keys.every((name) => Object.is(pane.key[name], key[name]))
    if (isGridWindow(window)) {
      const alive = gridWindowsOf(window, ms).filter(([, end]) => this.#isAlive(end))
      return alive.map(([start, end]) => {
        const known = this.#panes.find(
          (pane) => pane.start === start && pane.end === end && same(pane),
        )
        return known ?? this.#added({ key, start, end, rows: [] })
      })
    }
    if (window.kind !== 'session') throw new Error(`the model knows no ${window.kind}`)
    return this.#session({ key, start: ms, end: ms + window.gapMs, rows: [] }, same)
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
    this.#panes = this.#panes.filter((each) => !others.includes(each))
    return [pane]
  }

  #added(pane: Pane): Pane {
    this.#panes.push(pane)
    return pane
  }

  #result({ key, start, end, rows }: Pane): Row {
    return { windowStart: start, windowEnd: end, ...key, ...this.#options.aggregate(rows) }
  }
}
