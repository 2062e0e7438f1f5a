// The progress line: how figures, rates and times are written.
import { describe, expect, it } from 'vitest'
import type { Clock } from '../../src/base/clock.ts'
import {
  bytesText,
  compactNumber,
  durationText,
  ProgressLine,
  progressText,
} from '../../src/cli/progress-line.ts'
import type { JobProgress } from '../../src/graph/submission.ts'

const progress: JobProgress = {
  state: 'running',
  rows: 1_245_184,
  bytesIn: 4_200,
  bytesOut: 0,
  bytesTotal: 10_000,
  rowsOut: 0,
  windowsFired: 12_345,
  lateRows: 0,
  rowObjects: 0,
  malformedRecords: 0,
  watermarkMs: Date.UTC(2001, 2, 4, 5),
  elapsedMs: 420,
  firstWindowMs: 100,
}

/** A clock that runs its timers when told. */
function manualClock(): Clock & { tick(): void } {
  let due: (() => void)[] = []
  return {
    now: () => 0,
    monotonic: () => 0,
    schedule(_delayMs, callback) {
      due.push(callback)
      return () => {
        due = due.filter((other) => other !== callback)
      }
    },
    tick() {
      for (const callback of due.splice(0)) callback()
    },
  }
}

describe('progress', () => {
  it('shows rows, rate, share, watermark, windows and ETA', () => {
    expect(progressText(progress, 3_140_000)).toBe(
      '1,245,184 rows   3.14 M rows/s   42 %   watermark 2001-03-04T05:00:00Z   12,345 windows   ETA 580 ms',
    )
  })

  it('claims no share and no ETA when nobody knows the total', () => {
    const { watermarkMs: _, ...rest } = { ...progress, bytesTotal: undefined }
    expect(progressText({ ...rest, watermarkMs: undefined }, 10)).toBe(
      '1,245,184 rows   10 rows/s   12,345 windows',
    )
  })

  it('redraws one line on a terminal and clears it at the end', () => {
    const clock = manualClock()
    const written: string[] = []
    const output = { isTTY: true, columns: 40, write: (text: string) => written.push(text) }
    const line = new ProgressLine(output, clock, () => progress)
    line.start()
    clock.tick()
    line.stop()
    clock.tick()
    expect(written).toEqual(['\r\u001B[K1,245,184 rows   2.96 M rows/s   42 %  ', '\r\u001B[K'])
  })

  it('writes plain lines when piped', () => {
    const clock = manualClock()
    const written: string[] = []
    const line = new ProgressLine({ write: (text) => written.push(text) }, clock, () => progress)
    line.start()
    clock.tick()
    clock.tick()
    line.stop()
    expect(written).toHaveLength(2)
    expect(written.join('')).not.toContain('\u001B')
  })

  it('writes quantities that fit a line', () => {
    expect([0, 999, 12_345, 3_141_592, 2e10].map(compactNumber)).toEqual([
      '0',
      '999',
      '12.3 K',
      '3.14 M',
      '20.0 G',
    ])
    expect([12, 13_493_022].map(bytesText)).toEqual(['12 B', '13.5 MB'])
    expect([850, 12_400, 200_000].map(durationText)).toEqual(['850 ms', '12 s', '3 min 20 s'])
  })
})
