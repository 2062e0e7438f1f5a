// The figures of a job operator by operator, out of its tasks' latest reports: sums over subtasks, and what
// functions count and report of themselves.
import type { JobGraph } from '../graph/job-graph.ts'
import type { OperatorProgress } from '../graph/submission.ts'
import { metricTotals } from '../operators/user-metrics.ts'
import type { OperatorReport, TaskReport } from '../runtime/slot-protocol.ts'

const FIGURES = [
  'rowsIn',
  'rowsOut',
  'bytesIn',
  'bytesOut',
  'lateRows',
  'windowsFired',
  'rowObjects',
  'malformedRecords',
] as const

/** Operators in the order of the graph. One without a report yet has zeros. */
export function operatorProgress(
  { vertices }: JobGraph,
  reports: Iterable<TaskReport>,
): OperatorProgress[] {
  const byTask = new Map([...reports].map((report) => [report.task, report]))
  return vertices.flatMap(({ id: vertex, parallelism, operators }) =>
    operators.map(({ id, name }, i) => {
      const own = Array.from({ length: parallelism }, (_, subtask) =>
        byTask.get(`${vertex}#${subtask}`),
      ).map((report) => report?.operators[i])
      const sumOf = (figure: (typeof FIGURES)[number]): number =>
        own.reduce((sum, metrics) => sum + (metrics?.[figure] ?? 0), 0)
      return {
        id,
        name,
        parallelism,
        ...(Object.fromEntries(FIGURES.map((figure) => [figure, sumOf(figure)])) as Figures),
        metrics: metricTotals(own.map((metrics) => metrics?.user ?? {})),
      }
    }),
  )
}

type Figures = Pick<OperatorReport, (typeof FIGURES)[number]>
