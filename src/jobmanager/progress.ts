// A job's progress out of its tasks' latest reports: sums, and the lowest of the sources' watermarks.
import type { JobGraph } from '../graph/job-graph.ts'
import type { JobProgress, JobState } from '../graph/submission.ts'
import type { OperatorReport, TaskReport } from '../runtime/slot-protocol.ts'

export interface ProgressFacts {
  readonly state: JobState
  readonly graph: JobGraph
  readonly reports: Iterable<TaskReport>
  readonly bytesTotal: number | undefined
  readonly elapsedMs: number
  readonly firstWindowMs: number | undefined
}

export function progressOf(facts: ProgressFacts): JobProgress {
  const kinds = new Map(
    facts.graph.vertices.map((vertex) => [
      vertex.id,
      vertex.operators.map((operator) => operator.spec.kind),
    ]),
  )
  const totals = { rows: 0, bytesIn: 0, bytesOut: 0, rowsOut: 0 }
  const sums = { windowsFired: 0, lateRows: 0, rowObjects: 0, malformedRecords: 0 }
  let watermarkMs: number | undefined
  for (const report of facts.reports) {
    const operatorKinds = kinds.get(report.task.slice(0, report.task.lastIndexOf('#'))) ?? []
    if (operatorKinds[0] === 'source' && Number.isFinite(report.watermarkMs)) {
      watermarkMs = Math.min(watermarkMs ?? Infinity, report.watermarkMs)
    }
    report.operators.forEach((metrics, i) => {
      totals.bytesIn += metrics.bytesIn
      totals.bytesOut += metrics.bytesOut
      if (operatorKinds[i] === 'source') totals.rows += metrics.rowsOut
      if (operatorKinds[i] === 'sink') totals.rowsOut += metrics.rowsIn
      addTo(sums, metrics)
    })
  }
  const { state, bytesTotal, elapsedMs, firstWindowMs } = facts
  return { state, ...totals, ...sums, bytesTotal, watermarkMs, elapsedMs, firstWindowMs }
}

type Sums = {
  -readonly [K in 'windowsFired' | 'lateRows' | 'rowObjects' | 'malformedRecords']: number
}

function addTo(sums: Sums, metrics: OperatorReport): void {
  sums.windowsFired += metrics.windowsFired
  sums.lateRows += metrics.lateRows
  sums.rowObjects += metrics.rowObjects
  sums.malformedRecords += metrics.malformedRecords
}
