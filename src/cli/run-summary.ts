// A finished run in figures: a few lines for people, one JSON object for machines.
import type { JobResult, OperatorProgress } from '../graph/submission.ts'
import { bytesText, compactNumber, durationText, grouped } from './progress-line.ts'

/** The figures of a run. The names are the JSON's: they are part of the command line's contract. */
export interface RunSummary {
  readonly job: string
  readonly jobId: string
  readonly parallelism: number
  readonly rows: number
  readonly rowsPerSecond: number
  readonly elapsedMs: number
  readonly bytesRead: number
  readonly bytesWritten: number
  readonly rowsOut: number
  readonly windowsFired: number
  readonly lateRows: number
  readonly malformedRecords: number
  readonly rowObjects: number
  readonly peakMemoryBytes: number
  /** From submission; null when no window fired. */
  readonly firstWindowMs: number | null
  /** From the start of the process; null when no window fired. */
  readonly startToFirstWindowMs: number | null
  readonly operators: readonly OperatorProgress[]
}

export interface RunFacts {
  readonly result: JobResult
  readonly parallelism: number
  readonly peakMemoryBytes: number
  /** From the start of the process to the job's submission. */
  readonly startupMs: number
}

export function summarize({
  result,
  parallelism,
  peakMemoryBytes,
  startupMs,
}: RunFacts): RunSummary {
  const { firstWindowMs, elapsedMs } = result
  return {
    job: result.name,
    jobId: result.jobId,
    parallelism,
    rows: result.rows,
    rowsPerSecond: elapsedMs > 0 ? Math.round((result.rows / elapsedMs) * 1_000) : 0,
    elapsedMs: Math.round(elapsedMs),
    bytesRead: result.bytesIn,
    bytesWritten: result.bytesOut,
    rowsOut: result.rowsOut,
    windowsFired: result.windowsFired,
    lateRows: result.lateRows,
    malformedRecords: result.malformedRecords,
    rowObjects: result.rowObjects,
    peakMemoryBytes,
    firstWindowMs: firstWindowMs === undefined ? null : Math.round(firstWindowMs),
    startToFirstWindowMs:
      firstWindowMs === undefined ? null : Math.round(startupMs + firstWindowMs),
    operators: result.operators,
  }
}

/** The lines under a finished job. */
export function summaryText(summary: RunSummary): string {
  const rows: [string, string][] = [
    ['rows read', `${grouped(summary.rows)}, ${compactNumber(summary.rowsPerSecond)} a second`],
    ['bytes', `${bytesText(summary.bytesRead)} read, ${bytesText(summary.bytesWritten)} written`],
    ['rows written', grouped(summary.rowsOut)],
    ['windows fired', grouped(summary.windowsFired)],
    ['row objects', grouped(summary.rowObjects)],
    ['peak memory', bytesText(summary.peakMemoryBytes)],
    ['time', durationText(summary.elapsedMs)],
  ]
  if (summary.startToFirstWindowMs !== null) {
    rows.push(['first window', `${durationText(summary.startToFirstWindowMs)} after the start`])
  }
  if (summary.lateRows > 0) rows.push(['late rows', `${grouped(summary.lateRows)} dropped`])
  if (summary.malformedRecords > 0) {
    rows.push(['malformed', `${grouped(summary.malformedRecords)} records set aside`])
  }
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, text]) => `${name.padEnd(width)}   ${text}`).join('\n')
}
