// What functions count and report of themselves, by name: counters, gauges, histograms. In a subtask they are
// live; a report has them as data; totals are over the subtasks of an operator.
import { unreachable } from '../base/assert.ts'
import { DataflowError } from '../base/errors.ts'
import type { Counter, Histogram, MetricGroup } from './functions.ts'
import { type HistogramReport, type HistogramStatistics, LogHistogram } from './histogram.ts'

export type UserMetric =
  | { readonly kind: 'counter'; value: number }
  | { readonly kind: 'gauge'; readonly read: () => number }
  | { readonly kind: 'histogram'; readonly histogram: LogHistogram }

/** The metrics of one operator in one subtask. */
export type UserMetrics = Map<string, UserMetric>

/** A metric as data. A gauge that gives no finite number, or throws, is null. */
export type MetricReport =
  | { readonly kind: 'counter'; readonly value: number }
  | { readonly kind: 'gauge'; readonly value: number | null }
  | ({ readonly kind: 'histogram' } & HistogramReport)

/** A metric over all subtasks: a counter's sum, a gauge's value in each, the histogram of all. */
export type MetricTotal =
  | { readonly kind: 'counter'; readonly value: number }
  | { readonly kind: 'gauge'; readonly values: readonly (number | null)[] }
  | ({ readonly kind: 'histogram' } & HistogramStatistics)

/** What a function gets of its operator's metrics. */
export const metricGroup = (metrics: UserMetrics): MetricGroup => ({
  counter: (name) => counterOf(metrics, name),
  gauge(name, read) {
    const known = metrics.get(name)
    if (known !== undefined && known.kind !== 'gauge') throw taken(name, known)
    metrics.set(name, { kind: 'gauge', read })
  },
  histogram: (name) => histogramOf(metrics, name),
})

/** @throws CONFIG_INVALID for a name that another kind of metric has */
export function counterOf(metrics: UserMetrics, name: string): Counter {
  const metric = metrics.get(name) ?? { kind: 'counter' as const, value: 0 }
  if (metric.kind !== 'counter') throw taken(name, metric)
  metrics.set(name, metric)
  return {
    get count() {
      return metric.value
    },
    inc: (by = 1) => {
      metric.value += by
    },
  }
}

function histogramOf(metrics: UserMetrics, name: string): Histogram {
  const metric = metrics.get(name) ?? { kind: 'histogram' as const, histogram: new LogHistogram() }
  if (metric.kind !== 'histogram') throw taken(name, metric)
  metrics.set(name, metric)
  return metric.histogram
}

const taken = (name: string, { kind }: UserMetric): DataflowError =>
  new DataflowError(
    'CONFIG_INVALID',
    `the metric '${name}' of this function is a ${kind} already; give this one another name`,
  )

export function reportOf(metrics: UserMetrics): Record<string, MetricReport> {
  return Object.fromEntries([...metrics].map(([name, metric]) => [name, dataOf(metric)]))
}

function dataOf(metric: UserMetric): MetricReport {
  switch (metric.kind) {
    case 'counter':
      return { ...metric }
    case 'gauge':
      return { kind: 'gauge', value: gaugeValue(metric.read) }
    case 'histogram':
      return { kind: 'histogram', ...metric.histogram.report() }
    default:
      return unreachable(metric)
  }
}

function gaugeValue(read: () => number): number | null {
  try {
    const value: unknown = read()
    return typeof value === 'number' && Number.isFinite(value) ? value : null
  } catch {
    // A report is no place to fail at: what the function itself does wrong its own calls show.
    return null
  }
}

/** @param reports those of an operator's subtasks, by their number */
export function metricTotals(
  reports: readonly Readonly<Record<string, MetricReport>>[],
): Record<string, MetricTotal> {
  const names = new Set(reports.flatMap((report) => Object.keys(report)))
  return Object.fromEntries([...names].map((name) => [name, totalOf(name, reports)]))
}

function totalOf(
  name: string,
  reports: readonly Readonly<Record<string, MetricReport>>[],
): MetricTotal {
  const all = reports.map((report) => report[name])
  const kind = all.find((one) => one !== undefined)!.kind
  switch (kind) {
    case 'counter':
      return {
        kind,
        value: all.reduce((sum, one) => sum + (one?.kind === kind ? one.value : 0), 0),
      }
    case 'gauge':
      return { kind, values: all.map((one) => (one?.kind === kind ? one.value : null)) }
    case 'histogram': {
      const histogram = new LogHistogram()
      for (const one of all) if (one?.kind === kind) histogram.add(one)
      return { kind, ...histogram.statistics() }
    }
    default:
      return unreachable(kind)
  }
}
