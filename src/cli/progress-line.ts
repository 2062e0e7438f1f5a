// A running job as people would rather look at it: one line that redraws itself on a terminal, a plain
// line every few seconds when piped. Written to standard error, so that output stays clean.
import type { Clock } from '../base/clock.ts'
import type { JobProgress } from '../graph/submission.ts'

const TERMINAL_INTERVAL_MS = 100
const PIPED_INTERVAL_MS = 1_000

export interface ProgressOutput {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

export class ProgressLine {
  readonly #output: ProgressOutput
  readonly #clock: Clock
  readonly #progress: () => JobProgress
  readonly #label: string
  #cancelTimer: () => void = () => undefined
  #shown = 0
  #lastRows = 0
  #lastMs = 0
  #stopped = false

  constructor(output: ProgressOutput, clock: Clock, progress: () => JobProgress, label = '') {
    this.#output = output
    this.#clock = clock
    this.#progress = progress
    this.#label = label
  }

  start(): void {
    const interval = this.#output.isTTY === true ? TERMINAL_INTERVAL_MS : PIPED_INTERVAL_MS
    this.#cancelTimer = this.#clock.schedule(interval, () => {
      if (this.#stopped) return
      this.#show()
      this.start()
    })
  }

  /** Clears the line, so that what follows starts at its beginning. */
  stop(): void {
    this.#stopped = true
    this.#cancelTimer()
    if (this.#output.isTTY === true && this.#shown > 0) this.#output.write('\r\u001B[K')
  }

  #show(): void {
    const progress = this.#progress()
    const text = this.#label + progressText(progress, this.#rate(progress))
    if (this.#output.isTTY === true) {
      this.#output.write(`\r\u001B[K${text.slice(0, (this.#output.columns ?? 100) - 1)}`)
    } else {
      this.#output.write(`${text}\n`)
    }
    this.#shown++
  }

  /** Rows a second since the last line. */
  #rate(progress: JobProgress): number {
    const ms = progress.elapsedMs - this.#lastMs
    const rate = ms > 0 ? ((progress.rows - this.#lastRows) / ms) * 1_000 : 0
    this.#lastMs = progress.elapsedMs
    this.#lastRows = progress.rows
    return rate
  }
}

/** `1,245,184 rows  3.1 M/s  42 %  watermark 2001-03-04T05:00:00Z  ETA 2 s`. */
export function progressText(progress: JobProgress, rowsPerSecond: number): string {
  const parts = [`${grouped(progress.rows)} rows`, `${compactNumber(rowsPerSecond)} rows/s`]
  const { bytesTotal, bytesIn, elapsedMs, watermarkMs } = progress
  const share = bytesTotal === undefined || bytesTotal === 0 ? undefined : bytesIn / bytesTotal
  if (share !== undefined) parts.push(`${Math.min(100, Math.floor(share * 100))} %`)
  if (watermarkMs !== undefined) {
    parts.push(`watermark ${new Date(watermarkMs).toISOString().replace('.000', '')}`)
  }
  if (progress.windowsFired > 0) parts.push(`${grouped(progress.windowsFired)} windows`)
  if (share !== undefined && share > 0 && share < 1) {
    parts.push(`ETA ${durationText((elapsedMs / share) * (1 - share))}`)
  }
  return parts.join('   ')
}

export const grouped = (value: number): string => Math.round(value).toLocaleString('en-US')

/** `950`, `12.3 K`, `3.14 M`. */
export function compactNumber(value: number): string {
  if (value >= 1e9) return `${(value / 1e9).toPrecision(3)} G`
  if (value >= 1e6) return `${(value / 1e6).toPrecision(3)} M`
  if (value >= 1e3) return `${(value / 1e3).toPrecision(3)} K`
  return value.toFixed(0)
}

/** `13.5 MB`. */
export function bytesText(bytes: number): string {
  return bytes < 1e3 ? `${bytes} B` : `${compactNumber(bytes).replace('K', 'k')}B`
}

/** `850 ms`, `12 s`, `3 min 20 s`. */
export function durationText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  const seconds = Math.round(ms / 1_000)
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}
